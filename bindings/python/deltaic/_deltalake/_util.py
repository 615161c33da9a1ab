"""Helpers of deltalake that other libraries take from it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from .._arguments import by_position

__all__ = ["deprecate_positional_commit_args", "encode_partition_value"]


def encode_partition_value(val: Any) -> str:
    """A partition value as the log has it. Raises ValueError for what none can be."""
    match val:
        case bool():
            return str(val).lower()
        case str():
            return val
        case int() | float():
            return str(val)
        case datetime():
            return val.isoformat(sep=" ")
        case date():
            return val.isoformat()
        case bytes():
            return val.decode("unicode_escape", "backslashreplace")
    raise ValueError(f"Could not encode partition value for type: {val}")


def deprecate_positional_commit_args(
    method_name: str,
    args: tuple[Any, ...],
    commit_properties: Any = None,
    post_commithook_properties: Any = None,
    legacy_order: tuple[str, ...] = ("commit_properties", "post_commithook_properties"),
) -> tuple[Any, Any]:
    """The two arguments, where they came by position too."""
    given = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
    settings = by_position(method_name, args, given, legacy_order)
    return settings["commit_properties"], settings["post_commithook_properties"]
