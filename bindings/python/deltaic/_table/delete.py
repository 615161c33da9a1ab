"""DELETE."""

from __future__ import annotations

from typing import Any

from .._arguments import HOOK_THEN_COMMIT, by_position
from .._handle import HasTable
from .._options import options_of
from .._write.changes import DELETE_METRICS, change_metrics, change_values
from .._write.properties import WriterProperties
from .._write.transaction import CommitProperties, PostCommitHookProperties


def delete(
    self: HasTable,
    predicate: str | None = None,
    writer_properties: WriterProperties | None = None,
    *args: Any,
    commit_properties: CommitProperties | None = None,
    post_commithook_properties: PostCommitHookProperties | None = None,
) -> dict[str, Any]:
    """Deletes the rows that match.

    Args:
        predicate: SQL; all rows by default.
        writer_properties: settings of the Parquet files that are rewritten.
        commit_properties: metadata and retries of the commit.
        post_commithook_properties: whether a checkpoint is written.

    Returns:
        num_added_files, num_removed_files, num_deleted_rows, num_copied_rows, execution_time_ms, scan_time_ms,
        rewrite_time_ms.
    """
    last = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
    settings = by_position("delete", args, last, HOOK_THEN_COMMIT)
    values = {"where": predicate, **change_values(writer_properties, **settings)}
    return change_metrics(self._table.native.delete(options_of(values)), DELETE_METRICS)
