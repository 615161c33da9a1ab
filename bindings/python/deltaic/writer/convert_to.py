"""``convert_to_deltalake``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from .._arguments import by_position
from .._handle import TableHandle
from .._options import options_of, uri_of
from .._write.changes import change_values
from .._write.commit import property_values
from ..schema import Schema
from ..transaction import CommitProperties, PostCommitHookProperties

__all__ = ["convert_to_deltalake"]


def convert_to_deltalake(
    uri: str | Path,
    mode: Literal["error", "ignore"] = "error",
    partition_by: Schema | None = None,
    partition_strategy: Literal["hive", "directory"] | None = None,
    name: str | None = None,
    description: str | None = None,
    configuration: Mapping[str, str | None] | None = None,
    storage_options: dict[str, str] | None = None,
    *args: Any,
    collect_stats: bool = True,
    iceberg_metadata: str | None = None,
    commit_properties: CommitProperties | None = None,
    post_commithook_properties: PostCommitHookProperties | None = None,
) -> None:
    """Makes a folder of Parquet files, or an Iceberg table, a Delta table without copying anything.

    Args:
        uri: the folder; where it has an Iceberg table's ``metadata/``, the table is what that says.
        mode: where there is a table: "error" raises, "ignore" does nothing.
        partition_by: names and types of the columns in the paths of files.
        partition_strategy: "hive" for paths like ``year=2020/a.parquet``, "directory" for ``2020/a.parquet``.
        name: a name for the table.
        description: a description.
        configuration: table properties.
        storage_options: settings of the storage.
        collect_stats: read the statistics in the files.
        iceberg_metadata: of an Iceberg table, the ``metadata.json`` that is the table; the newest by default.
        commit_properties: metadata and retries of the commit.
        post_commithook_properties: whether a checkpoint is written.
    """
    last = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
    settings = by_position("convert_to_deltalake", args, last)
    if partition_by is not None and partition_strategy is None:
        raise ValueError("Partition strategy has to be provided with partition_by.")
    if partition_strategy not in (None, "hive", "directory"):
        raise ValueError("Partition strategy must be `hive` or `directory`.")
    if mode not in ("error", "ignore"):
        raise ValueError("mode must be `error` or `ignore`.")
    values = {
        "partition_schema_json": partition_by.to_json() if partition_by is not None else None,
        "partition_strategy": partition_strategy,
        "ignore_existing": mode == "ignore",
        "collect_stats": collect_stats,
        "iceberg_metadata": iceberg_metadata,
        "name": name,
        "description": description,
        **property_values(configuration),
        **change_values(None, **settings),
    }
    TableHandle.at(uri_of(uri), storage_options).native.convert(options_of(values))
