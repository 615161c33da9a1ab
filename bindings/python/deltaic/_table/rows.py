"""The rows, as Arrow streams and in parts."""

from __future__ import annotations

import json
from datetime import datetime
from functools import partial
from typing import Any, Literal

from .._handle import HasTable, reading
from .._options import options_of, time_text
from .._scan import open_scan
from ..exceptions import TableNotFoundError, not_yet
from ..rows import Rows, Shape
from ..stream import Stream
from ..task import ScanTask
from .travel import load_version_or_time

MetadataColumn = Literal["file_path", "row_index", "row_id", "row_commit_version"]


def count(self: HasTable) -> int:
    """The number of rows, from the log alone where it knows."""
    return self._table.count(None)


def scan(
    self: HasTable,
    columns: list[str] | None = None,
    predicate: str | None = None,
    *,
    metadata_columns: list[MetadataColumn] | None = None,
    max_memory_bytes: int | None = None,
    timezone: str | None = None,
) -> Stream:
    """The rows, read while they are consumed. The order is not guaranteed.

    Args:
        columns: the columns to read; all by default.
        predicate: SQL; exactly the rows that match.
        metadata_columns: more columns, of what rows are, named ``_metadata.row_id`` and so on. ``row_id`` and
            ``row_commit_version`` need a table with row tracking; ``row_index`` counts deleted rows too.
        max_memory_bytes: what may be read ahead of the consumer; by the machine's memory by default.
        timezone: of texts, dates and parts of timestamps in `predicate`, as Spark's session time zone:
            ``"Europe/Oslo"``, ``"+02:00"``; UTC by default.
    """
    settings = {"max_memory_bytes": max_memory_bytes, "timezone": timezone}
    return open_scan(self._table, columns, predicate, metadata_columns, **settings)


def rows(
    self: HasTable,
    columns: list[str] | None = None,
    predicate: str | None = None,
    *,
    version: int | str | datetime | None = None,
    shape: Shape = "dict",
    limit: int | None = None,
    ordered: bool = False,
    metadata_columns: list[MetadataColumn] | None = None,
    max_memory_bytes: int | None = None,
    threads: int | None = None,
    timezone: str | None = None,
) -> Rows:
    """The rows as Python values, read while they are consumed; needs no other package.

    Timestamps come as datetimes in UTC, those without a zone as naive ones, dates as dates, decimals as Decimals,
    binary as bytes, arrays as lists, structs as dicts, maps as dicts (as lists of pairs where keys are arrays, structs
    or maps), variants as what they hold, null as None.

    Args:
        columns: the columns to read; all by default.
        predicate: SQL; exactly the rows that match.
        version: another version than the loaded one, as for `load_as_version`. The table stays at its own.
        shape: what a row is: "dict", "tuple" or "namedtuple".
        limit: rows at most.
        ordered: by partition, file and row.
        metadata_columns: as for `scan`.
        max_memory_bytes: what may be read ahead of the consumer; by the machine's memory by default.
        threads: that read; one for each core by default.
        timezone: as for `scan`.
    """
    table = self._table
    if version is not None:
        table = table.copy()
        load_version_or_time(table, version)
    settings = {"limit": limit, "ordered": ordered or None, "max_memory_bytes": max_memory_bytes, "threads": threads}
    scan = partial(open_scan, table, columns, predicate, metadata_columns, True, timezone=timezone, **settings)
    return reading(scan).rows(shape)


def scan_tasks(
    self: HasTable,
    columns: list[str] | None = None,
    predicate: str | None = None,
    *,
    metadata_columns: list[MetadataColumn] | None = None,
    tasks: int | None = None,
    target_bytes: int | None = None,
) -> list[ScanTask]:
    """A scan in parts of about equal size, which other processes can run. Their rows together are those of the
    scan.

    Args:
        columns: the columns to read; all by default.
        predicate: SQL; exactly the rows that match. ``CURRENT_TIMESTAMP`` in it is the time of this call.
        metadata_columns: as for `scan`.
        tasks: how many parts at most. Large files are cut, but not their row groups, so a part may have no row.
        target_bytes: the size of a part, in place of `tasks`; 128 MiB by default.
    """
    values = {"where": predicate, "tasks": tasks, "target_bytes": target_bytes}
    options = options_of(values, {"columns": columns, "metadata_columns": metadata_columns})
    return [ScanTask(data) for data in self._table.native.scan_tasks(options)]


def explain(self: HasTable, columns: list[str] | None = None, predicate: str | None = None) -> dict[str, Any]:
    """What `scan` with these arguments would read. Files are listed and opened, but no row is read.

    Returns:
        columns, columnsRead (from data files: without partition columns), predicate (SQL as it was understood, or
        None), filesTotal, filesPrunedByPartition, filesPrunedByStats, filesToRead, rowGroupsTotal and
        rowGroupsSkipped (of the files to read), rowsToRead (at most), bytesToRead (of the columns, as stored); also
        table and version.
    """
    options = options_of({"where": predicate}, {"columns": columns})
    return json.loads(reading(lambda: self._table.native.explain_scan(options)))


def load_cdf(
    self: HasTable,
    starting_version: int = 0,
    ending_version: int | None = None,
    starting_timestamp: str | None = None,
    ending_timestamp: str | None = None,
    columns: list[str] | None = None,
    predicate: str | None = None,
    allow_out_of_range: bool = False,
) -> Stream:
    """The change data feed: the rows that a range of versions inserted, deleted and updated.

    The columns are the table's at the last version of the range, then ``_change_type`` ("insert", "delete",
    "update_preimage", "update_postimage"), ``_commit_version`` and ``_commit_timestamp``. Rows come by version,
    read while they are consumed. ``delta.enableChangeDataFeed`` must have been on in all of the range.

    Args:
        starting_version: the first version.
        ending_version: the last version; the newest by default, and where it is beyond it.
        starting_timestamp: from the first commit at or after this time on, such as "2024-01-31T10:00:00Z".
        ending_timestamp: up to the last commit at or before this time. Of a version and a time for the same end,
            the narrower counts.
        columns: the columns to read; all by default.
        predicate: SQL over all of these columns; files and versions that cannot match are not read.
        allow_out_of_range: no rows instead of an exception where the range is outside of the table's versions.
    """
    values = {
        "from_version": None if starting_timestamp is not None and starting_version == 0 else starting_version,
        "from_timestamp": time_text(starting_timestamp),
        "to_version": ending_version,
        "to_timestamp": time_text(ending_timestamp),
        "where": predicate,
        "allow_out_of_range": allow_out_of_range,
    }
    try:
        return Stream(self._table.native.changes(options_of(values, {"columns": columns})))
    except TableNotFoundError as error:
        raise self._table.missing_version(error) from None


def arrow_c_stream(self: HasTable, requested_schema: object | None = None) -> object:
    """All rows as an Arrow stream capsule; a new scan each time."""
    return open_scan(self._table, None, None).__arrow_c_stream__(requested_schema)


def arrow_c_schema(self: HasTable) -> object:
    """The columns as an Arrow schema capsule."""
    return self._table.native.schema()


def datafusion_table_provider(self: HasTable, session: Any | None = None) -> Any:
    """Raises NotYetSupportedError: DataFusion takes the table as a pyarrow dataset, or as an Arrow stream."""
    raise not_yet("DeltaTable.__datafusion_table_provider__")
