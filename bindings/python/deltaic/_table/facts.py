"""What is loaded: version, schema, metadata, protocol, history."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from .._handle import HasTable, TableHandle
from .._options import options_of
from ..schema import Schema

__all__ = ["DeltaTableConfig", "Metadata", "ProtocolVersions"]


class Metadata:
    """What the log says about the table as a whole."""

    def __init__(self, table: TableHandle) -> None:
        self._values = table.metadata()

    @property
    def id(self) -> str:
        """The unique identifier of the table."""
        return self._values["id"]

    @property
    def name(self) -> str | None:
        """The name that a user gave."""
        return self._values["name"]

    @property
    def description(self) -> str | None:
        """The description that a user gave."""
        return self._values["description"]

    @property
    def partition_columns(self) -> list[str]:
        """The columns that the table is partitioned by."""
        return self._values["partitionColumns"]

    @property
    def created_time(self) -> int | None:
        """When the table was created, in milliseconds since 1970-01-01 UTC."""
        return self._values["createdTime"]

    @property
    def configuration(self) -> dict[str, str]:
        """The table's properties."""
        return self._values["configuration"]

    def __repr__(self) -> str:
        return (
            f"Metadata(id: {self.id}, name: {self.name}, description: {self.description}, "
            f"partition_columns: {self.partition_columns}, created_time: {self.created_time}, "
            f"configuration: {self.configuration})"
        )


class ProtocolVersions(NamedTuple):
    """What a reader and a writer of the table must know."""

    min_reader_version: int
    min_writer_version: int
    writer_features: list[str] | None
    reader_features: list[str] | None


class DeltaTableConfig(NamedTuple):
    """How a table was loaded: files are always read when they are asked for, and the log through its own buffers."""

    without_files: bool
    log_buffer_size: int
    skip_stats: bool = False


def version(self: HasTable) -> int:
    """The version that is loaded."""
    return self._table.version()


def table_uri(self: HasTable) -> str:
    """The root of the table, as a URI without credentials."""
    return self._table.table_uri()


def schema(self: HasTable) -> Schema:
    """The columns."""
    return self._table.schema()


def metadata(self: HasTable) -> Metadata:
    """Identifier, name, partition columns, properties."""
    return Metadata(self._table)


def protocol(self: HasTable) -> ProtocolVersions:
    """What a reader and a writer of the table must know."""
    protocol = self._table.protocol()
    return ProtocolVersions(
        protocol["minReaderVersion"],
        protocol["minWriterVersion"],
        protocol["writerFeatures"],
        protocol["readerFeatures"],
    )


def history(self: HasTable, limit: int | None = None) -> list[dict[str, Any]]:
    """The commits that the log still has, newest first: each one's ``commitInfo`` with its version.

    Where commits have a time of their own (``inCommitTimestamp``), that is their ``timestamp``: time travel goes by
    it.

    Args:
        limit: how many at most.
    """
    entries = json.loads(self._table.native.history_json(options_of({"limit": limit})))
    return [_history_entry(entry["version"], entry["timestamp"], entry["commitInfo"] or {}) for entry in entries]


def _history_entry(version: int, timestamp: int, info: dict[str, Any]) -> dict[str, Any]:
    entry = {"timestamp": timestamp, **info, "version": version}
    if "inCommitTimestamp" in info:
        entry["timestamp"] = timestamp
    return entry


def table_config(self: HasTable) -> DeltaTableConfig:
    """Settings of loading, all of which are fixed here."""
    return DeltaTableConfig(without_files=False, log_buffer_size=0)


def transaction_version(self: HasTable, app_id: str) -> int | None:
    """The last version that application `app_id` committed; None for none."""
    version = self._table.native.transaction_version(app_id)
    return None if version < 0 else version


def domain_metadata(self: HasTable) -> dict[str, str]:
    """The configuration of each domain that has metadata, as the log has it, mostly JSON."""
    return json.loads(self._table.native.domains_json())
