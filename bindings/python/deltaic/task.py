"""Parts of a scan that other processes run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from . import _native
from ._options import options_of, storage_of
from .stream import Stream

if TYPE_CHECKING:
    import pandas
    import pyarrow

__all__ = ["ScanTask"]


class ScanTask:
    """A part of a scan: some files, or row groups of them, that any process can read without reading the log.

    Pickle it, or send its `bytes`; where it arrives, any Arrow library takes it: ``pyarrow.table(task)``,
    ``polars.DataFrame(task)``. It holds no credentials: a process that needs some calls `open`. Reading it again is a
    new scan.
    """

    def __init__(self, data: bytes) -> None:
        """From the bytes of another, made by the same version of this package."""
        self._bytes = data
        self._facts: dict[str, Any] = json.loads(_native.task_json(data))

    @property
    def bytes(self) -> bytes:
        """The task, for another process."""
        return self._bytes

    @property
    def table_uri(self) -> str:
        """The root of the table, as a URI without credentials."""
        return self._facts["table"]

    @property
    def version(self) -> int:
        """The version of the table."""
        return self._facts["version"]

    @property
    def columns(self) -> list[str]:
        """The columns of the rows."""
        return self._facts["columns"]

    @property
    def metadata_columns(self) -> list[str]:
        """The columns after those, named as in the rows: ``_metadata.row_id``."""
        return self._facts["metadataColumns"]

    @property
    def predicate(self) -> str | None:
        """SQL; only rows that match are given."""
        return self._facts["predicate"]

    @property
    def num_files(self) -> int:
        """The files that are read, or read in part."""
        return self._facts["numFiles"]

    @property
    def size_bytes(self) -> int:
        """What the files, or the parts of them, take by the log."""
        return self._facts["bytes"]

    def open(self, storage_options: dict[str, str] | None = None) -> Stream:
        """The rows, read while they are consumed. The order is not guaranteed.

        Args:
            storage_options: settings of the storage.
        """
        return self._open(storage_options)

    def _open(self, storage_options: dict[str, str] | None, **settings: Any) -> Stream:
        return Stream(_native.task_open(self._bytes, storage_of(storage_options), options_of(settings)))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The rows as an Arrow stream capsule; a new scan each time."""
        return self.open().__arrow_c_stream__(requested_schema)

    def to_pyarrow_table(self, storage_options: dict[str, str] | None = None) -> pyarrow.Table:
        """The rows as a pyarrow table, in the order of the files."""
        return self._open(storage_options, ordered=True)._read_all()

    def to_pandas(self, storage_options: dict[str, str] | None = None) -> pandas.DataFrame:
        """The rows as a pandas data frame."""
        return self._open(storage_options, ordered=True).to_pandas()

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self._bytes,))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ScanTask) and self._bytes == other._bytes

    def __hash__(self) -> int:
        return hash(self._bytes)

    def __repr__(self) -> str:
        return (
            f"ScanTask({self.table_uri!r}, version={self.version}, num_files={self.num_files}, "
            f"size_bytes={self.size_bytes})"
        )
