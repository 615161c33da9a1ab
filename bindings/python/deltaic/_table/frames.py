"""The rows as tables, data frames and datasets of pyarrow, pandas and polars, which are imported only here."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._filters import FilePruningPredicateType, FilterType
from .._first_use import FIRST_USE
from .._handle import HasTable
from .._scan import open_scan
from .files import pruning
from .rows import MetadataColumn

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow
    import pyarrow.dataset
    import pyarrow.fs


def to_pyarrow_table(
    self: HasTable,
    partitions: FilterType | None = None,
    columns: list[str] | None = None,
    filesystem: str | pyarrow.fs.FileSystem | None = None,
    filters: FilterType | pyarrow.dataset.Expression | None = None,
    *,
    dictionary_strings: bool | list[str] = False,
    metadata_columns: list[MetadataColumn] | None = None,
) -> pyarrow.Table:
    """The rows as a pyarrow table, in the order of the files.

    Args:
        partitions: deprecated; use `filters`.
        columns: the columns, in this order, repeated where they are named twice.
        filesystem: where the files are, rooted at the table: pyarrow reads them, as `to_pyarrow_dataset` says. By
            default they are read through the table's own storage.
        filters: tuples such as ``[("a", ">", 1)]``, SQL, or a pyarrow expression. They leave out files and row
            groups too.
        dictionary_strings: columns of strings that come as dictionaries: less memory and time where values
            repeat. A list names them. True takes partition columns, and those of which one of the first files,
            the largest, has few values.
        metadata_columns: as for `scan`; they come last.
    """
    with FIRST_USE:
        from .._pyarrow.reading import read_table, read_table_through

    if partitions is not None:
        warnings.warn("`partitions` is deprecated; use `filters` instead", DeprecationWarning, stacklevel=2)
    if filesystem is not None:
        return read_table_through(self._table, columns, partitions, filters, filesystem)
    return read_table(self._table, columns, [partitions, filters], dictionary_strings, metadata_columns)


def to_pandas(
    self: HasTable,
    partitions: FilterType | None = None,
    columns: list[str] | None = None,
    filesystem: str | pyarrow.fs.FileSystem | None = None,
    filters: FilterType | pyarrow.dataset.Expression | None = None,
    types_mapper: Callable[[pyarrow.DataType], Any] | None = None,
) -> pandas.DataFrame:
    """The rows as a pandas data frame. Arguments as for `to_pyarrow_table`.

    Args:
        types_mapper: from a pyarrow type to a pandas extension type.
    """
    with FIRST_USE:
        import pandas  # noqa: F401  which pyarrow would import else
    table = to_pyarrow_table(self, partitions, columns, filesystem, filters)
    return table.to_pandas(types_mapper=types_mapper)


def to_polars(
    self: HasTable,
    columns: list[str] | None = None,
    predicate: str | None = None,
    *,
    metadata_columns: list[MetadataColumn] | None = None,
    ordered: bool = False,
) -> polars.DataFrame:
    """The rows as a polars data frame. Text comes in the form that polars has inside, so that nothing is copied.

    Args:
        columns: the columns to read; all by default.
        predicate: SQL; exactly the rows that match.
        metadata_columns: as for `scan`.
        ordered: in the order of the files; otherwise as they come.
    """
    import polars

    return polars.DataFrame(
        open_scan(self._table, columns, predicate, metadata_columns, string_views=True, ordered=ordered)
    )


def to_pyarrow_dataset(
    self: HasTable,
    partitions: FilterType | None = None,
    filesystem: str | pyarrow.fs.FileSystem | None = None,
    parquet_read_options: pyarrow.dataset.ParquetReadOptions | None = None,
    schema: pyarrow.Schema | None = None,
    as_large_types: bool = False,
    file_pruning_predicate: FilePruningPredicateType | None = None,
) -> pyarrow.dataset.Dataset:
    """The rows of this version as a pyarrow dataset, for duckdb, polars, pyarrow and others.

    Each read is a scan of this package: it streams, applies deletion vectors and column mapping, and leaves out
    the files, row groups and columns that the reader's expressions do not need. With `filesystem` or
    `parquet_read_options` it is a dataset that pyarrow itself reads, which is not for tables with column mapping or
    deletion vectors.

    Args:
        partitions: deprecated; use `file_pruning_predicate`.
        filesystem: where the files are, rooted at the table.
        parquet_read_options: pyarrow's.
        schema: in place of the table's: columns are cast, and those it lacks are left out.
        as_large_types: strings, binaries and lists with 64 bit offsets.
        file_pruning_predicate: as for `file_uris`; rows that do not match are left out too where this package
            reads.
    """
    where = pruning(self._table, partitions, file_pruning_predicate)
    if filesystem is None and parquet_read_options is None:
        with FIRST_USE:
            from .._pyarrow.dataset import Dataset

        return Dataset(self._table, where, schema, as_large_types)
    with FIRST_USE:
        from .._pyarrow.fragments import make_dataset

    schema = schema or self._table.schema()._to_pyarrow(as_large_types=as_large_types)
    return make_dataset(self._table, where, filesystem, parquet_read_options, schema)
