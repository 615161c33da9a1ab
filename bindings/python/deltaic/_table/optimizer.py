"""OPTIMIZE."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from .._arguments import HOOK_THEN_COMMIT, by_position
from .._filters import FilterConjunctionType
from .._handle import HasTable
from .._write.properties import WriterProperties
from .._write.transaction import CommitProperties, PostCommitHookProperties
from ..exceptions import not_yet

__all__ = ["TableOptimizer"]


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
            max_spill_size: bytes of memory before rows go to disk.
            max_temp_directory_size: bytes of disk for such rows.
            min_commit_interval: seconds after which what is done is committed.
            writer_properties: settings of the Parquet files.
            commit_properties: metadata and retries of the commit.
            post_commithook_properties: whether a checkpoint is written.
        """
        last = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
        by_position("compact", args, last, HOOK_THEN_COMMIT)
        raise not_yet("DeltaTable.optimize.compact")

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
        by_position("z_order", args, last, HOOK_THEN_COMMIT)
        raise not_yet("DeltaTable.optimize.z_order")
