"""Settings of a commit, and the files it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["AddAction", "CommitProperties", "PostCommitHookProperties", "RemoveAction", "Transaction"]


@dataclass
class Transaction:
    """A version of an application, committed with the rows: whoever repeats the write can see that it is in already.

    Attributes:
        app_id: names the application, or a part of it that writes by itself.
        version: grows with each write; ``DeltaTable.transaction_version(app_id)`` gives the last one.
        last_updated: milliseconds since 1970-01-01; the time of the commit is what readers see.
    """

    app_id: str
    version: int
    last_updated: int | None = None


@dataclass(init=True)
class PostCommitHookProperties:
    """What follows a commit."""

    create_checkpoint: bool
    cleanup_expired_logs: bool | None

    def __init__(self, create_checkpoint: bool = True, cleanup_expired_logs: bool | None = None) -> None:
        """
        Args:
            create_checkpoint: write a checkpoint every ``delta.checkpointInterval`` versions.
            cleanup_expired_logs: whether that checkpoint deletes commits older than ``delta.logRetentionDuration``;
                by default as the table's ``delta.enableExpiredLogCleanup`` has it.
        """
        self.create_checkpoint = create_checkpoint
        self.cleanup_expired_logs = cleanup_expired_logs


@dataclass(init=True)
class CommitProperties:
    """What a commit says about itself, and how often it is tried again."""

    custom_metadata: dict[str, Any] | None
    max_commit_retries: int | None
    app_transactions: list[Transaction] | None

    def __init__(
        self,
        custom_metadata: dict[str, Any] | None = None,
        max_commit_retries: int | None = None,
        app_transactions: list[Transaction] | None = None,
    ) -> None:
        """
        Args:
            custom_metadata: keys of the commit's ``commitInfo``; the values are written as JSON.
            max_commit_retries: how often a commit is tried again when other writers came first.
            app_transactions: versions of applications that are committed with the rows.
        """
        self.custom_metadata = custom_metadata
        self.max_commit_retries = max_commit_retries
        self.app_transactions = app_transactions


@dataclass
class AddAction:
    """A data file that a commit adds.

    Attributes:
        path: below the table's root.
        size: bytes.
        partition_values: as text, None for null.
        modification_time: milliseconds since 1970-01-01.
        data_change: False where the rows were in the table before.
        stats: statistics as JSON.
    """

    path: str
    size: int
    partition_values: Mapping[str, str | None]
    modification_time: int
    data_change: bool
    stats: str


@dataclass
class RemoveAction:
    """A data file that a commit removes.

    Attributes:
        path: below the table's root.
        data_change: False where the rows stay in the table.
        deletion_timestamp: milliseconds since 1970-01-01.
        size: bytes.
        partition_values: as text, None for null.
    """

    path: str
    data_change: bool
    deletion_timestamp: int
    size: int | None = None
    partition_values: Mapping[str, str | None] | None = None
