"""Housekeeping, and going back."""

from __future__ import annotations

import json
from datetime import datetime
from os import PathLike
from typing import Any

from .._arguments import by_position
from .._handle import HasTable, TableHandle
from .._options import options_of, time_text, uri_of
from .._write.changes import RESTORE_METRICS, change_metrics, change_values
from .._write.commit import commit_values
from .._write.transaction import CommitProperties, PostCommitHookProperties


def create_checkpoint(self: HasTable) -> None:
    """Writes a checkpoint of the version that is loaded."""
    self._table.native.checkpoint()


def restore(
    self: HasTable,
    target: int | datetime | str,
    *,
    ignore_missing_files: bool = False,
    protocol_downgrade_allowed: bool = False,
    commit_properties: CommitProperties | None = None,
    post_commithook_properties: PostCommitHookProperties | None = None,
) -> dict[str, Any]:
    """Makes an earlier version the newest.

    Args:
        target: a version or a time, as for `load_as_version`.
        ignore_missing_files: go on where data files are gone.
        protocol_downgrade_allowed: take the protocol of then too.
        commit_properties: metadata and retries of the commit.
        post_commithook_properties: whether a checkpoint is written.

    Returns:
        numRemovedFile, numRestoredFile.
    """
    values: dict[str, Any] = {
        "ignore_missing_files": ignore_missing_files,
        "protocol_downgrade_allowed": protocol_downgrade_allowed,
        **change_values(None, commit_properties, post_commithook_properties),
    }
    if isinstance(target, bool) or not isinstance(target, (int, str, datetime)):
        raise TypeError(f"restore() goes to a version or a time, an int, str or datetime, not to {target!r}")
    values["version" if isinstance(target, int) else "timestamp"] = (
        target if isinstance(target, int) else time_text(target)
    )
    return change_metrics(self._table.native.restore(options_of(values)), RESTORE_METRICS)


def vacuum(
    self: HasTable,
    retention_hours: int | None = None,
    dry_run: bool = True,
    enforce_retention_duration: bool = True,
    *args: Any,
    commit_properties: CommitProperties | None = None,
    post_commithook_properties: PostCommitHookProperties | None = None,
    full: bool = False,
    keep_versions: list[int] | None = None,
) -> list[str]:
    """Deletes files that no version within the retention needs.

    Args:
        retention_hours: the retention; ``delta.deletedFileRetentionDuration`` by default.
        dry_run: only list them.
        enforce_retention_duration: refuse a shorter retention than the table's.
        commit_properties: metadata and retries of the commits.
        post_commithook_properties: whether a checkpoint is written.
        full: also files that the log never knew.
        keep_versions: versions whose files stay.

    Returns:
        The paths of the files.
    """
    last = {
        "post_commithook_properties": post_commithook_properties,
        "commit_properties": commit_properties,
        "full": full,
        "keep_versions": keep_versions,
    }
    given = by_position("vacuum", args, last, tuple(last))
    if retention_hours is not None and retention_hours < 0:
        raise ValueError("The retention periods should be positive.")
    values = {
        "retention_ms": None if retention_hours is None else retention_hours * 3_600_000,
        "dry_run": dry_run,
        "enforce_retention_duration": enforce_retention_duration,
        "full": bool(given["full"]),
        **commit_values(given["commit_properties"], given["post_commithook_properties"]),
    }
    keep = given["keep_versions"]
    lists = {"keep_versions": None if keep is None else [str(version) for version in keep]}
    return json.loads(self._table.native.vacuum(options_of(values, lists)))["files"]


def repair(
    self: HasTable,
    dry_run: bool = False,
    *args: Any,
    commit_properties: CommitProperties | None = None,
    post_commithook_properties: PostCommitHookProperties | None = None,
    deep: bool = False,
) -> dict[str, Any]:
    """Removes files from the table that the storage lacks, or that are damaged.

    Args:
        dry_run: only list them.
        commit_properties: metadata and retries of the commit.
        post_commithook_properties: whether a checkpoint is written.
        deep: read all files. Else only those are read whose size is not what the log says.

    Returns:
        dry_run, files_removed.
    """
    last = {"post_commithook_properties": post_commithook_properties, "commit_properties": commit_properties}
    settings = by_position("repair", args, last, tuple(last))
    values = {"dry_run": dry_run, "deep": deep, **change_values(None, **settings)}
    done = json.loads(self._table.native.repair(options_of(values)))
    return {"dry_run": dry_run, "files_removed": done["removed"]}


def clone(
    self: HasTable,
    target: str | PathLike[str],
    deep: bool = False,
    *,
    storage_options: dict[str, str] | None = None,
    commit_properties: CommitProperties | None = None,
    post_commithook_properties: PostCommitHookProperties | None = None,
) -> dict[str, Any]:
    """Makes a new table with the rows of the version that is loaded.

    Args:
        target: where it is to be; no table may be there.
        deep: copy the files. Else the new table names those of this one, which must then not be vacuumed, and is
            read with the storage option ``read_outside_files``.
        storage_options: of the target; those of this table by default.
        commit_properties: metadata and retries of the commit.
        post_commithook_properties: whether a checkpoint is written.

    Returns:
        version, sourceNumOfFiles, sourceTableSize, numCopiedFiles, copiedFilesSize.
    """
    options = self._table.storage_options if storage_options is None else storage_options
    to = TableHandle.at(uri_of(target), options)
    values = {"deep": deep, **commit_values(commit_properties, post_commithook_properties)}
    return json.loads(self._table.native.clone(to.native, options_of(values)))


def doctor(self: HasTable, list_folder: bool = True) -> dict[str, Any]:
    """Looks at the state of the table: file sizes, partitions, deleted rows, statistics, the log, reclaimable space.

    Args:
        list_folder: False: the table's folder is not listed, so that ``reclaimable`` is None. A listing takes long
            on an object store with many files.

    Returns:
        What was found, as ``deltaic doctor --json`` gives it. ``findings`` is a list, the worst first, of dicts with
        id, severity (warning, note or good), title, detail and command (which mends it; None where nothing does).
    """
    return json.loads(self._table.native.doctor(options_of({"list_folder": list_folder})))


def generate(self: HasTable) -> None:
    """Writes the manifest of files that engines without Delta read."""
    self._table.native.manifest()


def cleanup_metadata(self: HasTable) -> None:
    """Deletes log files that are older than ``delta.logRetentionDuration``."""
    self._table.native.cleanup_log()


def compact_logs(self: HasTable, starting_version: int, ending_version: int) -> None:
    """Writes the commits from one version to another as one file of the log, beside them."""
    values = {"first_version": starting_version, "last_version": ending_version}
    self._table.native.compact_log(options_of(values))
