"""Settings of a commit, and commits of files that something else has written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ._arguments import by_position
from ._handle import TableHandle
from ._options import names_of, options_of, uri_of
from ._write.commit import commit_values, property_values
from ._write.files import action_lines
from ._write.transaction import AddAction, CommitProperties, PostCommitHookProperties, RemoveAction, Transaction
from .schema import Schema

__all__ = [
    "AddAction",
    "CommitProperties",
    "PostCommitHookProperties",
    "RemoveAction",
    "Transaction",
    "create_table_with_add_actions",
]


def create_table_with_add_actions(
    table_uri: str,
    schema: Schema,
    add_actions: list[AddAction],
    mode: Literal["error", "append", "overwrite", "ignore"] = "error",
    partition_by: list[str] | str | None = None,
    name: str | None = None,
    description: str | None = None,
    configuration: Mapping[str, str | None] | None = None,
    storage_options: dict[str, str] | None = None,
    *args: Any,
    commit_properties: CommitProperties | None = None,
    post_commithook_properties: PostCommitHookProperties | None = None,
) -> None:
    """Creates a table of files that are in its folder already.

    Args:
        table_uri: where.
        schema: of the table.
        add_actions: the files.
        mode: where a table exists: "error" and "append" raise, "overwrite" replaces it, "ignore" leaves it.
        partition_by: the columns that the table is partitioned by.
        name: a name for the table.
        description: a description.
        configuration: table properties.
        storage_options: settings of the storage.
        commit_properties: metadata and retries of the commit.
        post_commithook_properties: whether a checkpoint is written.
    """
    last = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
    settings = by_position("create_table_with_add_actions", args, last)
    if mode not in ("error", "append", "overwrite", "ignore"):
        raise ValueError(f'mode must be "error", "append", "overwrite" or "ignore", not {mode!r}')
    given = schema if isinstance(schema, Schema) else Schema.from_arrow(schema)
    values = {
        "mode": "error" if mode == "append" else mode,
        "schema_json": given.to_json(),
        "name": name,
        "description": description,
        "files": action_lines(add_actions) or None,
        **property_values(configuration),
        **commit_values(**settings),
    }
    table = TableHandle.at(uri_of(table_uri), storage_options)
    table.native.create(None, options_of(values, {"partition_by": names_of(partition_by)}))
