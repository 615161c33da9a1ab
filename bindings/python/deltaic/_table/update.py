"""UPDATE."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from .._arguments import HOOK_THEN_COMMIT, by_position
from .._filters import literal
from .._handle import HasTable
from .._options import options_of
from .._write.changes import UPDATE_METRICS, change_metrics, change_values
from .._write.properties import WriterProperties
from .._write.transaction import CommitProperties, PostCommitHookProperties
from .._write.tried import tried, type_at
from ..schema import ArrayType, MapType, PrimitiveType, Schema, StructType

NewValue = int | float | str | bytes | bool | Decimal | date | datetime | list[Any] | dict[Any, Any] | None
"""What a column may become."""


def update(
    self: HasTable,
    updates: dict[str, str] | None = None,
    new_values: dict[str, NewValue] | None = None,
    predicate: str | None = None,
    writer_properties: WriterProperties | None = None,
    error_on_type_mismatch: bool = True,
    *args: Any,
    commit_properties: CommitProperties | None = None,
    post_commithook_properties: PostCommitHookProperties | None = None,
) -> dict[str, Any]:
    """Changes the rows that match.

    Args:
        updates: SQL for each column that changes: ``{"price": "price * 2"}``.
        new_values: Python values in place of `updates`. A list is for an array, a dictionary for a struct, where
            members that it lacks become null, or for a map, which may be a list of pairs too.
        predicate: SQL; all rows by default.
        writer_properties: settings of the Parquet files that are rewritten.
        error_on_type_mismatch: an error where a value does not fit its column, in place of null.
        commit_properties: metadata and retries of the commit.
        post_commithook_properties: whether a checkpoint is written.

    Returns:
        num_added_files, num_removed_files, num_updated_rows, num_copied_rows, execution_time_ms, scan_time_ms.
    """
    last = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
    settings = by_position("update", args, last, HOOK_THEN_COMMIT)
    changes = assignments(updates, new_values, self._table.schema())
    if not error_on_type_mismatch:
        changes = tried(changes, self._table.schema())
    values = {
        "where": predicate,
        **{f"set.{name}": sql for name, sql in changes.items()},
        **change_values(writer_properties, **settings),
    }
    return change_metrics(self._table.native.update(options_of(values)), UPDATE_METRICS)


def assignments(
    updates: Mapping[str, str] | None, new_values: Mapping[str, Any] | None, schema: Schema
) -> dict[str, str]:
    """SQL for each column, from the one of both that is given."""
    if updates is None and new_values is None:
        raise ValueError("Either updates or new_values need to be passed to update the table.")
    if updates is not None and new_values is not None:
        raise ValueError("Passing updates and new_values at same time is not allowed, pick one.")
    if updates is None:
        return {name: sql_of(value, type_at(name, schema)) for name, value in (new_values or {}).items()}
    for name, sql in updates.items():
        if not isinstance(name, str) or not isinstance(sql, str):
            raise TypeError(f"updates are SQL texts, not {sql!r} for {name!r}; did you mean new_values?")
    return dict(updates)


def sql_of(value: Any, kind: Any = None) -> str:
    """A Python value as SQL, for a column of type `kind`. Raises TypeError for one that SQL has no literal for."""
    if value is None:
        return "NULL"
    if isinstance(kind, PrimitiveType) and isinstance(value, (Mapping, list, tuple)):
        raise TypeError(f"new_values has {value!r} for a column of type {kind.type}")
    if getattr(value, "ndim", 0) > 0:  # of numpy
        value = value.tolist()
    if isinstance(kind, MapType) and isinstance(value, (Mapping, list, tuple)):
        pairs = value.items() if isinstance(value, Mapping) else value
        return f"MAP({', '.join(f'{sql_of(k, kind.key_type)}, {sql_of(v, kind.value_type)}' for k, v in pairs)})"
    if isinstance(value, Mapping):
        return _struct_of(value, kind)
    if isinstance(value, (list, tuple)):
        element = kind.element_type if isinstance(kind, ArrayType) else None
        return f"ARRAY({', '.join(sql_of(item, element) for item in value)})"
    try:
        return literal(value).sql()
    except ValueError as error:
        raise TypeError(str(error).replace("a filter", "new_values")) from None


def _struct_of(value: Mapping[str, Any], kind: Any) -> str:
    types = {field.name: field.type for field in kind.fields} if isinstance(kind, StructType) else dict.fromkeys(value)
    unknown = [name for name in value if name not in types]
    if unknown:
        raise ValueError(f"the column has no member {unknown[0]!r}; its members are {', '.join(types)}")
    members = [f"{literal(name).sql()}, {sql_of(value.get(name), member)}" for name, member in types.items()]
    return f"NAMED_STRUCT({', '.join(members)})"
