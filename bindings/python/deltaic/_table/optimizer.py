"""OPTIMIZE."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from .._arguments import HOOK_THEN_COMMIT, by_position
from .._filters import FilterConjunctionType, to_sql
from .._handle import HasTable
from .._options import options_of
from .._write.commit import commit_values
from .._write.properties import WriterProperties
from .._write.transaction import CommitProperties, PostCommitHookProperties

__all__ = ["TableOptimizer"]

_METRICS = (
    "numFilesAdded",
    "numFilesRemoved",
    "filesAdded",
    "filesRemoved",
    "partitionsOptimized",
    "numBatches",
    "totalConsideredFiles",
    "totalFilesSkipped",
    "preserveInsertionOrder",
    "plannerStrategy",
)


def _metrics(given: Mapping[str, Any]) -> dict[str, Any]:
    """The keys and the kinds of values of deltalake."""
    metrics = {name: given[name] for name in _METRICS}
    for name in ("filesAdded", "filesRemoved"):
        metrics[name] = json.dumps(given[name], separators=(",", ":"))
    metrics["preservedStableOrder"] = given["preserveInsertionOrder"]
    metrics["maxBinSpanFiles"] = given["maxBinSpanFiles"]
    return metrics


def _interval_ms(min_commit_interval: int | timedelta | None) -> int | None:
    """Milliseconds of a timedelta, or of a number of seconds."""
    if isinstance(min_commit_interval, timedelta):
        return int(min_commit_interval / timedelta(milliseconds=1))
    return None if min_commit_interval is None else min_commit_interval * 1000


def _values(
    target_size: int | None,
    max_concurrent_tasks: int | None,
    max_spill_size: int | None,
    min_commit_interval: int | timedelta | None,
    writer_properties: WriterProperties | None,
) -> dict[str, Any]:
    """Options for the work."""
    return {
        **(writer_properties._values() if writer_properties else {}),
        "target_file_size_bytes": target_size,
        "max_concurrent_tasks": max_concurrent_tasks,
        "max_memory_bytes": max_spill_size,
        "min_commit_interval_ms": _interval_ms(min_commit_interval),
    }


def _check_spill(max_spill_size: int | None, max_temp_directory_size: int | None) -> None:
    for name, size in [("max_spill_size", max_spill_size), ("max_temp_directory_size", max_temp_directory_size)]:
        if size is not None and size <= 0:
            raise ValueError(f"{name} must be positive, not {size}")


class TableOptimizer:
    """What improves the files of a table: ``table.optimize.compact()``."""

    def __init__(self, table: HasTable) -> None:
        self.table = table

    def compact(
        self,
        partition_filters: FilterConjunctionType | None = None,
        target_size: int | None = None,
        max_concurrent_tasks: int | None = None,
        max_spill_size: int | None = None,
        max_temp_directory_size: int | None = None,
        min_commit_interval: int | timedelta | None = None,
        writer_properties: WriterProperties | None = None,
        *args: Any,
        commit_properties: CommitProperties | None = None,
        post_commithook_properties: PostCommitHookProperties | None = None,
    ) -> dict[str, Any]:
        """Puts the rows of small files into large ones.

        Args:
            partition_filters: tuples over partition columns; others are left alone.
            target_size: bytes of a file.
            max_concurrent_tasks: files written at once.
            max_spill_size: bytes of memory that rows on their way may take; nothing goes to disk.
            max_temp_directory_size: bytes of disk, of which none is needed.
            min_commit_interval: seconds after which what is done is committed; by default all of it in one commit.
            writer_properties: settings of the Parquet files.
            commit_properties: metadata and retries of the commit.
            post_commithook_properties: whether a checkpoint is written.

        Returns:
            numFilesAdded, numFilesRemoved, filesAdded, filesRemoved (sizes, as JSON), partitionsOptimized, numBatches,
            totalConsideredFiles, totalFilesSkipped, preserveInsertionOrder, plannerStrategy, preservedStableOrder,
            maxBinSpanFiles.
        """
        last = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
        settings = by_position("compact", args, last, HOOK_THEN_COMMIT)
        _check_spill(max_spill_size, max_temp_directory_size)
        values = _values(target_size, max_concurrent_tasks, max_spill_size, min_commit_interval, writer_properties)
        return self._run(partition_filters, {**values, **commit_values(**settings)})

    def __call__(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Deprecated: `compact`."""
        warnings.warn("optimize() is deprecated, use optimize.compact()", DeprecationWarning, stacklevel=2)
        return self.compact(*args, **kwargs)

    def _run(
        self,
        partition_filters: FilterConjunctionType | None,
        values: Mapping[str, Any],
        columns: Iterable[str] | None = None,
    ) -> dict[str, Any]:
        where = to_sql(partition_filters, self.table.schema(), empty_is_null=True)
        options = options_of({"where": where, **values}, {"zorder_columns": columns})
        metrics = json.loads(self.table._table.native.optimize(options))
        return _metrics(metrics)

    def z_order(
        self,
        columns: Iterable[str],
        partition_filters: FilterConjunctionType | None = None,
        target_size: int | None = None,
        max_concurrent_tasks: int | None = None,
        max_spill_size: int | None = None,
        max_temp_directory_size: int | None = None,
        min_commit_interval: int | timedelta | None = None,
        writer_properties: WriterProperties | None = None,
        *args: Any,
        commit_properties: CommitProperties | None = None,
        post_commithook_properties: PostCommitHookProperties | None = None,
    ) -> dict[str, Any]:
        """Puts rows with near values of `columns` into the same files. Other arguments as for `compact`.

        Args:
            columns: the columns.
        """
        last = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
        settings = by_position("z_order", args, last, HOOK_THEN_COMMIT)
        _check_spill(max_spill_size, max_temp_directory_size)
        values = _values(target_size, max_concurrent_tasks, max_spill_size, min_commit_interval, writer_properties)
        order = {"kind": "zorder", "max_spill_bytes": max_temp_directory_size}
        return self._run(partition_filters, {**values, **order, **commit_values(**settings)}, columns)
