"""Files that are written now and committed later, or that something else has written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .._filters import FilterType, to_sql
from .._options import names_of, options_of
from ..exceptions import SchemaMismatchError
from ..schema import Schema
from .commit import commit_values, transaction_values
from .transaction import AddAction, CommitProperties, PostCommitHookProperties, RemoveAction


def commit_actions(
    table: Any,
    actions: Sequence[AddAction | RemoveAction],
    mode: str,
    schema: Schema | Any,
    partition_by: list[str] | str | None,
    partition_filters: FilterType | None,
    commit_properties: CommitProperties | None,
    post_commithook_properties: PostCommitHookProperties | None,
) -> None:
    """`DeltaTable.create_write_transaction`."""
    if mode not in ("append", "overwrite"):
        raise ValueError(f'mode must be "append" or "overwrite", not {mode!r}')
    given = schema if isinstance(schema, Schema) else Schema.from_arrow(schema)
    is_new = _columns(given) != _columns(table.schema())
    if is_new and (mode == "append" or partition_filters):
        raise SchemaMismatchError(f"the files have the columns {given}, the table has {table.schema()}")
    _check_partitions(table, names_of(partition_by))
    values = {
        "mode": mode,
        "schema_json": given.to_json() if is_new else None,
        "replace_where": to_sql(partition_filters, table.schema(), empty_is_null=True) if partition_filters else None,
        **commit_values(commit_properties, post_commithook_properties),
        **transaction_values(commit_properties),
    }
    table.native.commit_files(action_lines(actions), options_of(values))


def action_lines(actions: Sequence[AddAction | RemoveAction]) -> str:
    """The actions as the log has them, one a line."""
    return "".join(json.dumps(_action(action)) + "\n" for action in actions)


def _columns(schema: Schema) -> list[tuple[str, object]]:
    return [(field.name, field.type) for field in schema.fields]


def _check_partitions(table: Any, partition_by: list[str] | None) -> None:
    partitions = table.metadata()["partitionColumns"]
    if partition_by and partition_by != partitions:
        raise SchemaMismatchError(f"the files are partitioned by {partition_by}, the table by {partitions}")


def _action(action: AddAction | RemoveAction) -> dict[str, Any]:
    if isinstance(action, AddAction):
        return {
            "add": {
                "path": action.path,
                "partitionValues": dict(action.partition_values),
                "size": action.size,
                "modificationTime": action.modification_time,
                "dataChange": action.data_change,
                "stats": action.stats,
            }
        }
    if isinstance(action, RemoveAction):
        return {"remove": {"path": action.path, "dataChange": action.data_change}}
    raise TypeError(f"actions must be AddAction or RemoveAction, not {type(action).__name__}")
