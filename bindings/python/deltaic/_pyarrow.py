"""Reading with pyarrow. Imported only where a function needs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow
import pyarrow.dataset
import pyarrow.parquet

from . import _expressions
from ._filters import to_sql
from ._options import options_of, root_of
from .exceptions import DeltaProtocolError
from .stream import Stream

if TYPE_CHECKING:
    from .table import DeltaTable


# pyarrow knows no deletion vectors, and takes shredded variants for structs.
_PYARROW_CANNOT_READ = ("columnMapping", "deletionVectors", "variant")


def read_table(
    table: DeltaTable,
    columns: list[str] | None,
    filters: list[Any],
    dictionary_strings: bool | list[str],
    metadata_columns: Sequence[str] | None,
) -> pyarrow.Table:
    """The rows that match all of `filters`: tuples, SQL, or pyarrow expressions."""
    where, expression = _split(table, filters)
    columns = columns if columns is None or isinstance(columns, str) else list(columns)
    wanted = None if columns is None else columns if isinstance(columns, str) else list(dict.fromkeys(columns))
    if expression is not None:
        tree = _expressions.parse(expression)
        used = None if tree is None else _expressions.columns_of(tree)
        pushed = None if tree is None else _expressions.to_sql(tree, table.schema())
        where = " AND ".join(f"({part})" for part in (where, pushed) if part) or None
        if wanted is not None:
            wanted = None if used is None else wanted + sorted(used.difference(wanted))
    stream = table._scan(wanted, where, metadata_columns, dictionary_strings, ordered=True)
    if columns is not None and metadata_columns:
        columns = columns + [f"_metadata.{name.removeprefix('_metadata.')}" for name in metadata_columns]
    if expression is None:
        rows = stream.read_all()
        return rows if columns is None else rows.select(columns)
    scanner = pyarrow.dataset.Scanner.from_batches(stream.to_reader(), columns=columns, filter=expression)
    return stream._run(scanner.to_table)


def read_table_through(
    table: DeltaTable, columns: list[str] | None, partitions: Any, filters: Any, filesystem: Any
) -> pyarrow.Table:
    """The same, where pyarrow reads the files through `filesystem`; `partitions` only leaves out files."""
    if isinstance(filters, str):
        raise NotImplementedError("with a filesystem, pyarrow reads: filters are tuples or an expression, not SQL")
    where, expression = _split(table, [partitions, filters])
    if filters is not None and expression is None:
        expression = pyarrow.parquet.filters_to_expression(filters)
    dataset = make_dataset(table, where, filesystem, None, table.schema().to_arrow())
    return dataset.to_table(columns=columns, filter=expression)


def _split(table: DeltaTable, filters: list[Any]) -> tuple[str | None, pyarrow.dataset.Expression | None]:
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


def make_dataset(
    table: DeltaTable,
    where: str | None,
    filesystem: Any,
    parquet_read_options: Any,
    schema: pyarrow.Schema,
) -> pyarrow.dataset.Dataset:
    """A dataset over the files, with the partition values as expressions."""
    features = table.protocol().reader_features or []
    unreadable = sorted(feature for feature in features if feature.startswith(_PYARROW_CANNOT_READ))
    if unreadable or table.metadata().configuration.get("delta.columnMapping.mode", "none") != "none":
        raise DeltaProtocolError(
            f"pyarrow datasets cannot read a table with {', '.join(unreadable) or 'columnMapping'}; "
            "to_pyarrow_table() and scan() can"
        )
    root, filesystem = _root_and_filesystem(table, filesystem)
    read_format = pyarrow.dataset.ParquetFileFormat(read_options=parquet_read_options)
    files = Stream(table._table.files(options_of({"format": "actions_flat", "where": where}))).read_all()
    names = table.metadata().partition_columns
    values = [_values_of(files[f"partition.{name}"], schema.field(name).type) for name in names]
    paths = _paths(table, where)
    fragments = [
        read_format.make_fragment(root + path, filesystem, _partition_expression(names, row))
        for path, row in zip(paths, zip(*values, strict=True) if values else ((),) * len(paths), strict=True)
    ]
    return pyarrow.dataset.FileSystemDataset(fragments, schema, read_format, filesystem)


def _root_and_filesystem(table: DeltaTable, filesystem: Any) -> tuple[str, Any]:
    import pyarrow.fs

    if filesystem is None:
        if not table.table_uri.startswith("file://"):
            raise NotImplementedError("datasets over remote storage need a filesystem that is rooted at the table")
        return root_of(table.table_uri) + "/", pyarrow.fs.LocalFileSystem()
    if isinstance(filesystem, str):
        filesystem, path = pyarrow.fs.FileSystem.from_uri(filesystem)
        return path.rstrip("/") + "/", filesystem
    return "", pyarrow.fs._ensure_filesystem(filesystem)


def _paths(table: DeltaTable, where: str | None) -> list[str]:
    """Paths below the root, decoded, in the order of the other listings."""
    root = root_of(table.table_uri) + "/"
    return [uri.removeprefix(root) for uri in table.file_uris(file_pruning_predicate=where)]


def _values_of(column: pyarrow.ChunkedArray, arrow_type: pyarrow.DataType) -> list[pyarrow.Scalar]:
    return list(column.cast(arrow_type))


def _partition_expression(names: list[str], values: tuple[pyarrow.Scalar, ...]) -> Any:
    expression = None
    for name, value in zip(names, values, strict=True):
        field = pyarrow.dataset.field(name)
        part = field == value if value.is_valid else field.is_null()
        expression = part if expression is None else expression & part
    return expression
