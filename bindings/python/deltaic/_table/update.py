"""UPDATE."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .._arguments import HOOK_THEN_COMMIT, by_position
from .._filters import literal
from .._handle import HasTable
from .._options import options_of
from .._write.changes import UPDATE_METRICS, change_metrics, change_values
from .._write.properties import WriterProperties
from .._write.transaction import CommitProperties, PostCommitHookProperties
from .._write.tried import tried


def update(
    self: HasTable,
    updates: dict[str, str] | None = None,
    new_values: dict[str, int | float | str | datetime | bool | list[Any]] | None = None,
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
        new_values: Python values in place of `updates`.
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
    changes = assignments(updates, new_values)
    if not error_on_type_mismatch:
        changes = tried(changes, self._table.schema())
    values = {
        "where": predicate,
        **{f"set.{name}": sql for name, sql in changes.items()},
        **change_values(writer_properties, **settings),
    }
    return change_metrics(self._table.native.update(options_of(values)), UPDATE_METRICS)


def assignments(updates: Mapping[str, str] | None, new_values: Mapping[str, Any] | None) -> dict[str, str]:
    """SQL for each column, from the one of both that is given."""
    if (updates is None) == (new_values is None):
        raise ValueError("update() takes either updates, which are SQL, or new_values, which are Python values")
    if updates is None:
        return {name: sql_of(value) for name, value in (new_values or {}).items()}
    for name, sql in updates.items():
        if not isinstance(name, str) or not isinstance(sql, str):
            raise TypeError(f"updates are SQL texts, not {sql!r} for {name!r}; did you mean new_values?")
    return dict(updates)


def sql_of(value: Any) -> str:
    """A Python value as SQL. Raises TypeError for one that SQL has no literal for."""
    if value is None:
        return "NULL"
    if isinstance(value, (list, tuple)):
        return f"array({', '.join(map(sql_of, value))})"
    try:
        return literal(value).sql()
    except ValueError as error:
        raise TypeError(str(error).replace("a filter", "new_values")) from None
