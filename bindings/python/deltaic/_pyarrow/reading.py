"""Rows as pyarrow tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow
import pyarrow.dataset
import pyarrow.parquet

from .._filters import to_sql
from .._handle import TableHandle
from .._scan import open_scan
from . import expressions
from .fragments import make_dataset


def read_table(
    table: TableHandle,
    columns: list[str] | None,
    filters: list[Any],
    dictionary_strings: bool | list[str],
    metadata_columns: Sequence[str] | None,
) -> pyarrow.Table:
    """The rows that match all of `filters`: tuples, SQL, or pyarrow expressions."""
    where, expression = _split(table, filters)
    columns = columns if columns is None or isinstance(columns, str) else own_names(columns, table.schema().names)
    wanted = None if columns is None else columns if isinstance(columns, str) else list(dict.fromkeys(columns))
    if expression is not None:
        tree = expressions.parse(expression)
        used = None if tree is None else expressions.columns_of(tree)
        pushed = None if tree is None else expressions.to_sql(tree, table.schema())
        where = " AND ".join(f"({part})" for part in (where, pushed) if part) or None
        if wanted is not None:
            wanted = None if used is None else wanted + sorted(used.difference(wanted))
    stream = open_scan(table, wanted, where, metadata_columns, dictionary_strings, ordered=True)
    if columns is not None and metadata_columns:
        columns = columns + [f"_metadata.{name.removeprefix('_metadata.')}" for name in metadata_columns]
    if expression is None:
        rows = stream._read_all()
        return rows if columns is None else rows.select(columns)
    scanner = pyarrow.dataset.Scanner.from_batches(stream.to_reader(), columns=columns, filter=expression)
    return stream._run(scanner.to_table)


def own_names(columns: Iterable[str], names: list[str]) -> list[str]:
    """The columns as the table spells them: upper and lower case are the same, unless both are there."""
    spelled = {name.lower(): name for name in names}
    return [column if column in names else spelled.get(str(column).lower(), column) for column in columns]


def read_table_through(
    table: TableHandle, columns: list[str] | None, partitions: Any, filters: Any, filesystem: Any
) -> pyarrow.Table:
    """The same, where pyarrow reads the files through `filesystem`; `partitions` only leaves out files."""
    if isinstance(filters, str):
        raise NotImplementedError("with a filesystem, pyarrow reads: filters are tuples or an expression, not SQL")
    where, expression = _split(table, [partitions, filters])
    if filters is not None and expression is None:
        expression = pyarrow.parquet.filters_to_expression(filters)
    dataset = make_dataset(table, where, filesystem, None, table.schema()._to_pyarrow())
    columns = columns if columns is None else own_names(columns, table.schema().names)
    return dataset.to_table(columns=columns, filter=expression)


def _split(table: TableHandle, filters: list[Any]) -> tuple[str | None, pyarrow.dataset.Expression | None]:
    """The filters that are tuples or SQL as one SQL predicate, and the pyarrow expression among them."""
    expression = None
    texts = []
    schema = table.schema()
    for item in filters:
        if isinstance(item, pyarrow.dataset.Expression):
            expression = item
        elif item is not None:
            texts.append(to_sql(item, schema))
    return " AND ".join(f"({sql})" for sql in texts if sql) or None, expression
