"""SQL over tables. Needs duckdb, which runs the queries."""

from __future__ import annotations

import re
from typing import Any

from ._first_use import FIRST_USE
from .exceptions import DeltaError
from .stream import Stream
from .table import DeltaTable

__all__ = ["QueryBuilder"]


# Rows of one table, whole.
_ALL_COLUMNS = re.compile(
    r"\s*select\s+\*\s+from\s+(?P<table>\w+)(\s+(where|order\s+by|limit)\b((?!\b(union|except|intersect)\b).)*)?\s*;?\s*",
    re.IGNORECASE | re.DOTALL,
)


class QueryBuilder:
    """SQL over Delta tables, in DuckDB's dialect::

        QueryBuilder().register("flights", DeltaTable("flights")).execute("SELECT count(*) FROM flights").read_all()

    Where pyarrow is installed, a query reads only the files, row groups and columns that it needs.
    """

    def __init__(self, session_config: dict[str, str] | None = None) -> None:
        """
        Args:
            session_config: settings of DuckDB, such as ``{"memory_limit": "1GB", "threads": "2"}``.

        Raises:
            ImportError: duckdb is not installed.
        """
        try:
            with FIRST_USE:
                import duckdb
        except ImportError as error:
            raise ImportError("QueryBuilder needs duckdb (pip install duckdb)") from error
        self._failure = duckdb.Error
        self._sources: dict[str, Any] = {}
        try:
            self._connection = duckdb.connect(config=session_config or {})
        except duckdb.Error as error:
            raise DeltaError(str(error)) from error

    def register(self, table_name: str, delta_table: DeltaTable) -> QueryBuilder:
        """Makes a table known to queries, at the version that it has loaded.

        Args:
            table_name: its name in queries.
            delta_table: the table.
        """
        try:
            self._sources[table_name] = delta_table.to_pyarrow_dataset()
        except ImportError:
            self._sources[table_name] = DeltaTable._of(delta_table._table.copy())
        return self

    def execute(self, sql: str) -> Stream:
        """The rows of a query, computed while they are consumed.

        Raises:
            DeltaError: the query does not parse, or names what is not there.
        """
        # A connection has one open result, and streams of several queries may be read in turns.
        connection = self._connection.cursor()
        try:
            for name, source in self._sources.items():
                connection.register(name, source)
            result = connection.sql(sql)
            if result is None:
                raise DeltaError("the statement gives no rows; a query is needed")
            return Stream(self._as_in_table(sql, result) or result.__arrow_c_stream__())
        except self._failure as error:
            raise DeltaError(str(error)) from error

    def _as_in_table(self, sql: str, result: Any) -> Any:
        """The rows with what DuckDB drops of a table's columns, NOT NULL and metadata; None where a query may have
        made columns of its own."""
        match = _ALL_COLUMNS.fullmatch(sql)
        source = self._sources.get(match["table"]) if match else None
        if source is None or not hasattr(source, "schema") or callable(source.schema):
            return None
        import pyarrow

        reader = pyarrow.RecordBatchReader.from_stream(result)
        if reader.schema.names != source.schema.names:
            return None
        fields = [
            pyarrow.field(field.name, _type_of(field.type, known.type), known.nullable, _said_of(known))
            for field, known in zip(reader.schema, source.schema, strict=True)
        ]
        schema = pyarrow.schema(fields)
        batches = (
            pyarrow.RecordBatch.from_arrays(
                [column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)], schema=schema
            )
            for batch in reader
        )
        return pyarrow.RecordBatchReader.from_batches(schema, batches).__arrow_c_stream__()


def _said_of(field: Any) -> dict[bytes, bytes] | None:
    """The metadata of a column but for what maps it to files."""
    mapping = (b"delta.columnMapping.", b"PARQUET:")
    said = {key: value for key, value in (field.metadata or {}).items() if not key.startswith(mapping)}
    return said or None


def _type_of(given: Any, known: Any) -> Any:
    """Instants in the table's zone, whatever the name that DuckDB has for it; else as DuckDB gives them."""
    import pyarrow

    are_instants = all(pyarrow.types.is_timestamp(kind) and kind.tz is not None for kind in (given, known))
    return known if are_instants else given
