"""What this package does differently where it stands in for ``deltalake``, for the whole process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Settings of our own storages; others belong to storages that only deltalake has.
_OWN_STORAGE_OPTIONS = frozenset(["read_outside_files"])

_like_deltalake = False


def tolerate_what_deltalake_does() -> None:
    """From now on."""
    global _like_deltalake
    _like_deltalake = True


def table_uri_of(uri: str) -> str:
    """The root of a table as ``table_uri`` shows it."""
    return f"{uri}/" if _like_deltalake and not uri.endswith("/") else uri


def storage_options_of(uri: str, storage_options: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Without the settings of other storages, which deltalake ignores for a local table."""
    if not _like_deltalake or not storage_options or ("://" in uri and not uri.startswith(("file://", "memory://"))):
        return storage_options
    return {key: value for key, value in storage_options.items() if key in _OWN_STORAGE_OPTIONS}
