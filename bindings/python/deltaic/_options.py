"""Python values as options of the C interface."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import unquote

from . import _native
from ._credentials import fresh_credentials_of


def options_of(
    values: Mapping[str, Any] | None = None, lists: Mapping[str, Iterable[str] | None] | None = None
) -> _native.Options:
    """Options from a mapping; None is left out, booleans become "true" and "false"."""
    options = _native.Options()
    for key, value in (values or {}).items():
        if value is not None:
            options.set(key, str(value).lower() if isinstance(value, bool) else str(value))
    for key, items in (lists or {}).items():
        if items is not None:
            if isinstance(items, str):
                raise TypeError(f"{key} is a list of names, not the text {items!r}")
            options.set_empty_list(key)
            for item in items:
                options.add(key, item)
    return options


def storage_of(storage_options: Mapping[str, Any] | None) -> _native.Options | None:
    """The options of a storage; None for none."""
    if not storage_options:
        return None
    given = dict(storage_options)
    provider = given.pop("credential_provider", None)
    options = options_of(given)
    if provider is not None:
        options.set_credentials(fresh_credentials_of(provider))
    return options


def uri_of(table_uri: str | os.PathLike[str]) -> str:
    """A path or URI as text."""
    uri = os.fspath(table_uri)
    if not isinstance(uri, str):
        raise TypeError(f"a table's place is a str or a Path, not {uri!r}")
    return uri


def root_of(table_uri: str) -> str:
    """The root of a table on the local disk as a path; other roots stay URIs."""
    return unquote(table_uri.removeprefix("file://")) if table_uri.startswith("file://") else table_uri


def file_of(table_uri: str, log_path: str) -> str:
    """A file that the log names: its decoded path below the root, or an absolute path or URI outside of it."""
    path = unquote(log_path)
    if path.startswith("file:"):
        path = "/" + path.removeprefix("file:").lstrip("/")
    return path.removeprefix(root_of(table_uri) + "/")


def names_of(names: Iterable[str] | str | None) -> list[str] | None:
    """One name, or several, as a list."""
    return [names] if isinstance(names, str) else None if names is None else list(names)


def time_text(time: str | datetime | None) -> str | None:
    """A time as the C interface reads it; UTC where it has no zone."""
    if not isinstance(time, datetime):
        return time
    return (time if time.tzinfo else time.replace(tzinfo=timezone.utc)).isoformat()
