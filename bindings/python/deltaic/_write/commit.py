"""Settings of a commit as options of the C interface."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .transaction import CommitProperties, PostCommitHookProperties


def commit_values(
    commit_properties: CommitProperties | None, post_commithook_properties: PostCommitHookProperties | None
) -> dict[str, Any]:
    """Options for what a commit says, how often it is tried, and what follows it."""
    values: dict[str, Any] = {}
    if commit_properties is not None:
        for key, text in _custom_metadata(commit_properties.custom_metadata).items():
            values[f"commit.{key}"] = text
        values["max_retries"] = commit_properties.max_commit_retries
    if post_commithook_properties is not None:
        values["checkpoint"] = post_commithook_properties.create_checkpoint
        values["cleanup_expired_logs"] = post_commithook_properties.cleanup_expired_logs
    return values


def _custom_metadata(custom_metadata: Mapping[str, Any] | None) -> dict[str, str]:
    """The values as JSON. Which keys and kinds of values a commit takes is for the library to say."""
    if custom_metadata is not None and not isinstance(custom_metadata, Mapping):
        raise ValueError(f"custom_metadata must be a mapping, not {type(custom_metadata).__name__}")
    texts = {}
    for key, value in (custom_metadata or {}).items():
        if not isinstance(key, str):
            raise ValueError(f"custom_metadata keys must be strings, not {key!r}")
        try:
            texts[key] = json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValueError(f"custom_metadata value for {key!r} must be JSON: {error}") from None
    return texts


def transaction_values(commit_properties: CommitProperties | None) -> dict[str, Any]:
    """Options for the application transactions of a commit."""
    transactions = commit_properties.app_transactions if commit_properties else None
    return {f"txn.{transaction.app_id}": transaction.version for transaction in transactions or []}


def property_values(configuration: Mapping[str, str | None] | None) -> dict[str, Any]:
    """Options for table properties."""
    return {f"property.{key}": value for key, value in (configuration or {}).items()}
