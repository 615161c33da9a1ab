"""Files that are written now and committed later, or that something else has written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from .._arguments import by_position
from .._filters import FilterType
from .._handle import HasTable
from .._options import options_of
from .._write.commit import commit_values, transaction_values
from .._write.data import stream_capsule_of
from .._write.files import commit_actions
from .._write.properties import WriterProperties
from .._write.transaction import AddAction, CommitProperties, PostCommitHookProperties, RemoveAction
from ..schema import Schema
from ..written_files import WrittenFiles, text_of


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

    That their rows keep the rules of the table is the caller's word; that they are there is looked at. With
    `app_transactions` that the table has come to already, nothing is committed, so that a call whose answer was lost
    can be made again.

    Args:
        actions: the files that are added, and with "append" those that are removed.
        mode: "append" or "overwrite".
        schema: of the rows in the files, which is the table's; that of the table from then on where all is overwritten.
        partition_by: the partition columns of the table.
        partition_filters: with "overwrite", the partitions that are replaced.
        commit_properties: metadata, retries and application transactions of the commit.
        post_commithook_properties: whether a checkpoint is written.

    Raises:
        SchemaMismatchError: `schema` is not the table's.
        InvalidArgumentError: a file is not there, or of another size or partition than said.
    """
    last = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
    settings = by_position("create_write_transaction", args, last)
    commit_actions(self._table, actions, mode, schema, partition_by, partition_filters, **settings)


def write_files(
    self: HasTable,
    data: Any,
    *,
    target_file_size: int | None = None,
    writer_properties: WriterProperties | None = None,
    max_memory_bytes: int | None = None,
) -> WrittenFiles:
    """Writes rows as files of this table and commits nothing: `commit_files` does, in any process.

    Rows are made to fit and checked as `write_deltalake` does.

    Args:
        data: as `write_deltalake` takes it.
        target_file_size: bytes of a data file.
        writer_properties: settings of the Parquet files.
        max_memory_bytes: of rows that are not in files yet.
    """
    values = {
        "target_file_size_bytes": target_file_size,
        "max_memory_bytes": max_memory_bytes,
        **(writer_properties._values() if writer_properties else {}),
    }
    files, _ = self._table.native.write_files(stream_capsule_of(data), options_of(values))
    return WrittenFiles(files.encode())


def commit_files(
    self: HasTable,
    files: WrittenFiles | Iterable[WrittenFiles],
    mode: Literal["append", "overwrite"] = "append",
    *,
    predicate: str | None = None,
    operation: str | None = None,
    metrics: Mapping[str, str] | None = None,
    commit_properties: CommitProperties | None = None,
    post_commithook_properties: PostCommitHookProperties | None = None,
) -> int | None:
    """Commits files of `write_files`, of any number of processes, as one version.

    Args:
        files: what `write_files` gave.
        mode: "append", or "overwrite", which removes the other files of the table.
        predicate: with "overwrite", remove only files of partitions that match, as all new ones must.
        operation: what the commit calls itself in the history; "WRITE" by default.
        metrics: of the operation, in place of those of a write.
        commit_properties: metadata, retries and application transactions. Where the table has come to all of the
            transactions already, nothing is committed, so that a call whose answer was lost can be made again.
        post_commithook_properties: whether a checkpoint is written.

    Returns:
        The version that was committed; None where the transactions were there.

    Raises:
        CommitFailedError: the columns or rules of the table have changed since the files were written, or another
            commit removed what is overwritten.
    """
    values = {
        "mode": mode,
        "replace_where": predicate,
        "operation": operation,
        **{f"metric.{name}": value for name, value in (metrics or {}).items()},
        **commit_values(commit_properties, post_commithook_properties),
        **transaction_values(commit_properties),
    }
    return json.loads(self._table.native.commit_files(text_of(files), options_of(values)))["version"]


def discard_files(self: HasTable, files: WrittenFiles | Iterable[WrittenFiles]) -> int:
    """Deletes files that will not be committed, and gives their number. None is deleted if the table has one."""
    return json.loads(self._table.native.discard_files(text_of(files)))["numFiles"]
