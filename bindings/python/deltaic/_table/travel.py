"""Other versions of the table."""

from __future__ import annotations

from datetime import datetime

from .. import _native
from .._handle import HasTable, TableHandle
from .._options import time_text


def load_as_version(self: HasTable, version: int | str | datetime) -> None:
    """Loads another version, by its number or as of a time.

    Args:
        version: a number; or a time, as a datetime (UTC where it has no zone) or text such as
            "2024-01-31T10:00:00Z": the newest version committed then or before.
    """
    load_version_or_time(self._table, version)


def load_version_or_time(table: TableHandle, version: int | str | datetime) -> None:
    """Loads a version into a handle, by its number or as of a time."""
    if isinstance(version, bool) or not isinstance(version, (int, str, datetime)):
        raise TypeError("Invalid datatype provided for version, only int, str or datetime are accepted.")
    if isinstance(version, int):
        table.load_version(version)
    else:
        table.load_timestamp(_native.parse_timestamp(time_text(version)))


def update_incremental(self: HasTable) -> None:
    """Loads the newest version, reading only what is new in the log."""
    self._table.native.load()
