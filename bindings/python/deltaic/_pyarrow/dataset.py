"""A table as a pyarrow dataset that is read by scans of this package."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import pyarrow
import pyarrow.dataset
import pyarrow.fs

from .._handle import TableHandle
from .._options import options_of
from .._scan import list_uris
from ..schema import Schema
from ..stream import Stream
from . import expressions
from .fragments import make_dataset, root_and_filesystem
from .spool import SPOOLED, Spool

__all__ = ["Dataset"]


class Dataset(pyarrow.dataset.FileSystemDataset):
    """The rows of one version of a table, for all that takes a pyarrow dataset: duckdb, polars, `write_dataset`.

    Each read is a new scan, with deletion vectors, column mapping and type widening applied. Of filters and columns
    that pyarrow
    expressions ask for, files, row groups and columns that are not needed are never read. Stays at its version,
    whatever becomes
    of the DeltaTable it was made from. Safe to share between threads.
    """

    def __init__(
        self,
        table: TableHandle,
        where: str | None = None,
        schema: pyarrow.Schema | None = None,
        as_large_types: bool = False,
        condition: pyarrow.dataset.Expression | None = None,
    ) -> None:
        self._source = table.copy()
        self._where = where
        self._table_schema = self._source.schema()
        own = self._table_schema._to_pyarrow()
        wanted = schema or (self._table_schema._to_pyarrow(as_large_types=True) if as_large_types else own)
        self._cast = not wanted.equals(own)
        # Filters are over the columns as they are cast: only where values stay can the scan apply them.
        same = [field for field in self._table_schema.fields if _same_values(own.field(field.name), wanted)]
        self._pushable = Schema(same) if self._cast else self._table_schema
        self._filter = condition
        # What goes past the methods below sees one file, which is written when it is opened.
        spool = pyarrow.fs.PyFileSystem(Spool(functools.partial(_load, self._source, where, wanted, condition)))
        file_format = pyarrow.dataset.IpcFileFormat()
        super().__init__([file_format.make_fragment(SPOOLED, spool)], wanted, file_format, spool)

    # ---- reading

    def scanner(
        self,
        columns: list[str] | dict[str, pyarrow.dataset.Expression] | None = None,
        filter: pyarrow.dataset.Expression | None = None,
        batch_size: int | None = None,
        *_args: Any,
        use_threads: bool = True,
        memory_pool: pyarrow.MemoryPool | None = None,
        **_settings: Any,
    ) -> pyarrow.dataset.Scanner:
        """A scanner that reads once. Settings of pyarrow's Parquet reader have no effect."""
        return self._open(columns, filter, batch_size, use_threads=use_threads, memory_pool=memory_pool)[1]

    def _open(
        self, columns: Any, filter: Any, batch_size: int | None = None, limit: int | None = None, **settings: Any
    ) -> tuple[Stream, pyarrow.dataset.Scanner]:
        condition = _both(self._filter, filter)
        names, where = self._pushdown(columns, condition)
        # In the order of the files, as pyarrow's own datasets: rows have a place, and `take` means something.
        values = {"where": where, "ordered": True, "batch_rows": batch_size, "limit": limit}
        options = options_of(values, {"columns": names})
        stream = Stream(self._source.native.scan(options))
        reader = stream.to_reader()
        if self._cast:
            reader = reader.cast(pyarrow.schema([self.schema.field(name) for name in names]))
        settings = {key: value for key, value in settings.items() if value is not None}
        if batch_size is not None:
            settings["batch_size"] = batch_size
        scanner = pyarrow.dataset.Scanner.from_batches(
            reader, columns=self.schema.names if columns is None else columns, filter=condition, **settings
        )
        return stream, scanner

    def _pushdown(self, columns: Any, condition: Any) -> tuple[list[str], str | None]:
        """The columns that must be read, and SQL for what of the filter needs no pyarrow."""
        filter_tree = None if condition is None else expressions.parse(condition)
        trees = [filter_tree] if condition is not None else []
        trees += [expressions.parse(item) for item in columns.values()] if isinstance(columns, dict) else []
        if columns is None or any(tree is None for tree in trees):
            used = set(self.schema.names)
        else:
            used = set() if isinstance(columns, dict) else set(columns)
            used = used.union(*map(expressions.columns_of, trees))
        pushed = None if filter_tree is None else expressions.to_sql(filter_tree, self._pushable)
        where = " AND ".join(f"({part})" for part in (self._where, pushed) if part) or None
        return [name for name in self.schema.names if name in used], where

    def to_table(self, columns: Any = None, filter: Any = None, *args: Any, **settings: Any) -> pyarrow.Table:
        """All rows, in memory, in the order of the files."""
        stream, scanner = self._open(columns, filter, *args[:1], **_known(settings))
        return stream._run(scanner.to_table)

    def to_batches(
        self, columns: Any = None, filter: Any = None, *args: Any, **settings: Any
    ) -> Iterator[pyarrow.RecordBatch]:
        """The rows, read while they are consumed."""
        stream, scanner = self._open(columns, filter, *args[:1], **_known(settings))
        batches = iter(scanner.to_batches())
        while True:
            try:
                batch = stream._run(batches.__next__)
            except StopIteration:
                return
            yield batch

    def head(self, num_rows: int, columns: Any = None, filter: Any = None, **settings: Any) -> pyarrow.Table:
        """Some rows; reading stops once they are there."""
        limit = num_rows if filter is None and self._filter is None else None
        stream, scanner = self._open(columns, filter, limit=limit, **_known(settings))
        return stream._run(lambda: scanner.head(num_rows))

    def count_rows(self, filter: Any = None, **settings: Any) -> int:
        """The number of rows; without a filter from the log alone where it knows."""
        if filter is None and self._filter is None:
            return self._source.count(self._where)
        stream, scanner = self._open([], filter, **_known(settings))
        return stream._run(scanner.count_rows)

    def take(self, indices: Any, columns: Any = None, filter: Any = None, **settings: Any) -> pyarrow.Table:
        """Rows by their place in `to_table()`; reads all that come before."""
        return self.to_table(columns, filter, **settings).take(indices)

    # ---- other datasets

    def filter(self, expression: pyarrow.dataset.Expression) -> Dataset:
        """The same dataset, where every read leaves out rows for which `expression` is not true."""
        return type(self)(self._source, self._where, self.schema, condition=_both(self._filter, expression))

    def replace_schema(self, schema: pyarrow.Schema) -> Dataset:
        """The same dataset with columns cast to, or left out as, `schema` says."""
        return type(self)(self._source, self._where, schema, condition=self._filter)

    def sort_by(self, sorting: Any, **settings: Any) -> pyarrow.dataset.InMemoryDataset:
        """The sorted rows, in memory."""
        return pyarrow.dataset.dataset(self.to_table()).sort_by(sorting, **settings)

    def join(self, right_dataset: Any, *args: Any, **settings: Any) -> pyarrow.dataset.InMemoryDataset:
        """The rows joined with those of another dataset, in memory."""
        return pyarrow.dataset.dataset(self.to_table()).join(_in_memory(right_dataset), *args, **settings)

    def join_asof(self, right_dataset: Any, *args: Any, **settings: Any) -> pyarrow.dataset.InMemoryDataset:
        """The rows joined by the nearest key with those of another dataset, in memory."""
        return pyarrow.dataset.dataset(self.to_table()).join_asof(_in_memory(right_dataset), *args, **settings)

    # ---- files

    @property
    def files(self) -> list[str]:
        """The data files that may hold rows, as absolute paths or URIs."""
        return list_uris(self._source, self._where)

    @property
    def filesystem(self) -> pyarrow.fs.FileSystem:
        """Where the fragments are. Raises NotImplementedError for a storage, or a login, that pyarrow lacks."""
        return root_and_filesystem(self._source, None)[1]

    def get_fragments(self, filter: Any = None) -> Iterator[pyarrow.dataset.Fragment]:
        """Files for pyarrow's own reader. Raises DeltaProtocolError for a table that it would not read right."""
        plain = make_dataset(self._source, self._where, None, None, self.schema)
        return plain.get_fragments(_both(self._filter, filter))

    def __reduce__(self) -> tuple[Any, ...]:
        """Other processes load the same version again."""
        return (_load, (self._source, self._where, self.schema, self._filter))

    def __repr__(self) -> str:
        return f"Dataset({self._source.uri()!r}, version={self._source.version()})"


def _load(table: TableHandle, where: str | None, schema: pyarrow.Schema, condition: Any) -> Dataset:
    return Dataset(table, where, schema, condition=condition)


def _same_values(own: pyarrow.Field, wanted: pyarrow.Schema) -> bool:
    place = wanted.get_field_index(own.name)
    types = {pyarrow.large_string(): pyarrow.string(), pyarrow.large_binary(): pyarrow.binary()}
    return place >= 0 and types.get(wanted.field(place).type, wanted.field(place).type).equals(own.type)


def _both(left: Any, right: Any) -> Any:
    return right if left is None else left if right is None else left & right


def _known(settings: dict[str, Any]) -> dict[str, Any]:
    return {key: settings[key] for key in ("batch_size", "use_threads", "memory_pool") if key in settings}


def _in_memory(dataset: Any) -> Any:
    return pyarrow.dataset.dataset(dataset.to_table()) if isinstance(dataset, Dataset) else dataset
