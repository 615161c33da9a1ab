"""Commits of files that something else has written."""

from __future__ import annotations

from typing import Any

from .._arguments import by_position
from .._filters import FilterType
from .._handle import HasTable
from .._write.transaction import AddAction, CommitProperties, PostCommitHookProperties, RemoveAction
from ..exceptions import not_yet
from ..schema import Schema


def create_write_transaction(
    self: HasTable,
    actions: list[AddAction | RemoveAction],
    mode: str,
    schema: Schema | Any,
    partition_by: list[str] | str | None = None,
    partition_filters: FilterType | None = None,
    *args: Any,
    commit_properties: CommitProperties | None = None,
    post_commithook_properties: PostCommitHookProperties | None = None,
) -> None:
    """Commits files that are in the table's folder already.

    Args:
        actions: the files that are added, and those that are removed.
        mode: "append" or "overwrite".
        schema: of the rows in the files.
        partition_by: the partition columns of the table.
        partition_filters: with "overwrite", the partitions that are replaced.
        commit_properties: metadata and retries of the commit.
        post_commithook_properties: whether a checkpoint is written.
    """
    last = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
    by_position("create_write_transaction", args, last)
    raise not_yet("DeltaTable.create_write_transaction")
