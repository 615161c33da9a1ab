"""What delete, update and merge give to the C interface and make of its metrics."""

from __future__ import annotations

import json
from typing import Any

from .commit import commit_values, transaction_values
from .properties import WriterProperties
from .transaction import CommitProperties, PostCommitHookProperties

DELETE_METRICS = {
    "num_added_files": "numAddedFiles",
    "num_removed_files": "numRemovedFiles",
    "num_deleted_rows": "numDeletedRows",
    "num_copied_rows": "numCopiedRows",
    "execution_time_ms": "executionTimeMs",
    "scan_time_ms": "scanTimeMs",
    "rewrite_time_ms": "rewriteTimeMs",
}
UPDATE_METRICS = {
    "num_added_files": "numAddedFiles",
    "num_removed_files": "numRemovedFiles",
    "num_updated_rows": "numUpdatedRows",
    "num_copied_rows": "numCopiedRows",
    "execution_time_ms": "executionTimeMs",
    "scan_time_ms": "scanTimeMs",
}
MERGE_METRICS = {
    "num_source_rows": "numSourceRows",
    "num_target_rows_inserted": "numTargetRowsInserted",
    "num_target_rows_updated": "numTargetRowsUpdated",
    "num_target_rows_deleted": "numTargetRowsDeleted",
    "num_target_rows_copied": "numTargetRowsCopied",
    "num_output_rows": "numOutputRows",
    "num_target_files_scanned": "numTargetFilesScanned",
    "num_target_files_skipped_during_scan": "numTargetFilesSkipped",
    "num_target_files_added": "numTargetFilesAdded",
    "num_target_files_removed": "numTargetFilesRemoved",
    "execution_time_ms": "executionTimeMs",
    "scan_time_ms": "scanTimeMs",
    "rewrite_time_ms": "rewriteTimeMs",
}

RESTORE_METRICS = {"numRemovedFile": "numRemovedFiles", "numRestoredFile": "numRestoredFiles"}


def change_values(
    writer_properties: WriterProperties | None,
    commit_properties: CommitProperties | None,
    post_commithook_properties: PostCommitHookProperties | None,
) -> dict[str, Any]:
    """Options for the files and the commit."""
    return {
        **commit_values(commit_properties, post_commithook_properties),
        **transaction_values(commit_properties),
        **(writer_properties._values() if writer_properties else {}),
    }


def change_metrics(metrics_json: str, names: dict[str, str]) -> dict[str, Any]:
    """Metrics of the C interface by the names of this package."""
    metrics = json.loads(metrics_json)
    # What nobody counted is left out.
    return {name: metrics[key] for name, key in names.items() if metrics[key] is not None}
