"""A table's files as a dataset that pyarrow itself reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow
import pyarrow.dataset
import pyarrow.fs

from .._handle import TableHandle
from .._options import file_of
from .._scan import list_files
from ..exceptions import DeltaProtocolError
from .filesystems import filesystem_of
from .guarantees import guarantees

# pyarrow knows no deletion vectors, and takes shredded variants for structs.
_PYARROW_CANNOT_READ = ("columnMapping", "deletionVectors", "variant")


def make_dataset(
    table: TableHandle,
    where: str | None,
    filesystem: Any,
    parquet_read_options: Any,
    schema: pyarrow.Schema,
) -> pyarrow.dataset.Dataset:
    """A dataset over the files, with what the log says of their rows as expressions."""
    features = table.protocol()["readerFeatures"] or []
    metadata = table.metadata()
    unreadable = sorted(feature for feature in features if feature.startswith(_PYARROW_CANNOT_READ))
    if unreadable or metadata["configuration"].get("delta.columnMapping.mode", "none") != "none":
        raise DeltaProtocolError(
            f"pyarrow datasets cannot read a table with {', '.join(unreadable) or 'columnMapping'}; "
            "to_pyarrow_table() and scan() can"
        )
    root, filesystem = root_and_filesystem(table, filesystem)
    read_format = pyarrow.dataset.ParquetFileFormat(read_options=parquet_read_options)
    files = list_files(table, "actions_flat", where)._read_all()
    # By the paths of the same listing: two listings need not have one order.
    paths = [file_of(table.uri(), path) for path in files["path"].to_pylist()]
    fragments = [
        read_format.make_fragment(_place(root, path), filesystem, guarantee)
        for path, guarantee in zip(paths, guarantees(files, schema, metadata["partitionColumns"]), strict=True)
    ]
    schema = _with_dictionaries(schema, read_format.read_options.dictionary_columns)
    return pyarrow.dataset.FileSystemDataset(fragments, schema, read_format, filesystem)


def _place(root: str, path: str) -> str:
    """A file within the file system."""
    if "://" in path:
        raise NotImplementedError(f"pyarrow's own reader gets at no files outside of the table, as {path} is")
    return path if path.startswith("/") else root + path


def _with_dictionaries(schema: pyarrow.Schema, columns: Iterable[str] | None) -> pyarrow.Schema:
    """`schema` with the columns that pyarrow is told to read as dictionaries."""
    for name in columns or ():
        place = schema.get_field_index(name)
        if place >= 0:
            field = schema.field(place)
            schema = schema.set(place, field.with_type(pyarrow.dictionary(pyarrow.int32(), field.type)))
    return schema


def root_and_filesystem(table: TableHandle, filesystem: Any) -> tuple[str, Any]:
    if filesystem is None:
        return filesystem_of(table)
    if isinstance(filesystem, str):
        filesystem, path = pyarrow.fs.FileSystem.from_uri(filesystem)
        return path.rstrip("/") + "/", filesystem
    return "", pyarrow.fs._ensure_filesystem(filesystem)
