"""Rows on their way: what a scan or a change data feed gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from . import _native
from ._first_use import FIRST_USE
from ._tolerance import rows_of
from .exceptions import of_reading
from .rows import Rows, Shape
from .schema import Schema, _Capsule

if TYPE_CHECKING:
    import pandas
    import pyarrow

__all__ = ["Stream"]


def _pyarrow() -> Any:
    try:
        with FIRST_USE:
            import pyarrow
    except ImportError as error:
        raise ImportError(
            "this needs pyarrow (pip install pyarrow); without it hand the object to anything that takes "
            "__arrow_c_stream__, such as polars or duckdb"
        ) from error
    return pyarrow


class Stream:
    """Rows that are read while they are consumed, once.

    Any Arrow library takes it: ``pyarrow.table(stream)``, ``polars.DataFrame(stream)``, duckdb, pandas. Iteration
    gives pyarrow
    record batches. One thread at a time.
    """

    def __init__(self, source: _native.Scan | object) -> None:
        self._scan = source if isinstance(source, _native.Scan) else None
        self._capsule: object | None = source.stream() if isinstance(source, _native.Scan) else source
        self._schema_capsule = _native.stream_schema(self._capsule)
        self._reader: Any = None

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The rows as an Arrow stream capsule; once.

        Args:
            requested_schema: a schema capsule of the same columns. Those whose types there are other forms of the same
                values come in them: views, large offsets, dictionaries, other widths, units, zones and precisions,
                nested too. The others come as they are.

        Raises:
            ValueError: the schema has other columns, or the rows were handed out already.
        """
        capsule, self._capsule = self._capsule, None
        if capsule is None:
            raise ValueError("the stream was consumed already; a new scan reads the rows again")
        if requested_schema is None:
            return capsule
        return _native.stream_with_schema(capsule, requested_schema)

    @property
    def schema(self) -> Schema:
        """The columns of the rows."""
        return Schema.from_arrow(_Capsule(self._schema_capsule))

    @property
    def closed(self) -> bool:
        """True once the rows have been handed out."""
        return self._capsule is None and self._reader is None

    def metrics(self) -> dict[str, int]:
        """What the scan did: files left out and read, row groups left out, rows and bytes. Exact once the rows have
        ended.

        Keys: filesTotal, filesPrunedByPartition, filesPrunedByStats, filesRead, rowGroupsTotal, rowGroupsSkipped,
            rowsRead,
        rowsReturned, bytesRead, pagesTotal, pagesPruned, pagesPassedOver. Empty where the rows come from no scan.
        """
        return json.loads(self._scan.metrics_json()) if self._scan else {}

    def rows(self, shape: Shape = "dict") -> Rows:
        """The rows as Python values; see `DeltaTable.rows`.

        Args:
            shape: "dict", "tuple" or "namedtuple".
        """
        return Rows(self.__arrow_c_stream__(), self._scan, shape)

    def to_reader(self) -> pyarrow.RecordBatchReader:
        """The rows as a pyarrow reader. Needs pyarrow."""
        if self._reader is None:
            self._reader = _pyarrow().RecordBatchReader.from_stream(self)
        return self._reader

    def read_all(self) -> pyarrow.Table:
        """All rows that are left as a pyarrow table. Needs pyarrow."""
        return rows_of(self._read_all())

    def _read_all(self) -> pyarrow.Table:
        """The same, whatever this package stands in for."""
        return self._run(self.to_reader().read_all)

    def read_next_batch(self) -> pyarrow.RecordBatch:
        """The next rows; StopIteration at the end. Needs pyarrow."""
        return rows_of(self._run(self.to_reader().read_next_batch))

    def to_pandas(self, **options: Any) -> pandas.DataFrame:
        """All rows that are left as a pandas data frame. Needs pyarrow and pandas."""
        with FIRST_USE:
            import pandas  # noqa: F401  which pyarrow would import else
            import pyarrow.pandas_compat  # noqa: F401  likewise
        return self._read_all().to_pandas(**options)

    def __iter__(self) -> Iterator[pyarrow.RecordBatch]:
        return self

    def __next__(self) -> pyarrow.RecordBatch:
        return self.read_next_batch()

    def _run(self, read: Any) -> Any:
        """Runs a function of the reader; what failed inside the scan is raised as the scan's own exception."""
        try:
            return read()
        except StopIteration:
            raise
        except Exception:
            error = self._scan.error() if self._scan else None
            if error is None:
                raise
            raise of_reading(error) from None

    def __repr__(self) -> str:
        return f"Stream({self.schema!r})"
