"""New tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._arguments import by_position
from .._handle import TableHandle
from .._options import names_of, options_of
from .._tolerance import configuration_of
from .._write.commit import commit_values, property_values
from .._write.transaction import CommitProperties, PostCommitHookProperties
from ..exceptions import InvalidArgumentError
from ..schema import Schema

_BY_POSITION = ("commit_properties", "post_commithook_properties", "raise_if_key_not_exists")


def create_table(
    table: TableHandle,
    schema: Schema | Any,
    mode: str,
    partition_by: list[str] | str | None,
    name: str | None,
    description: str | None,
    configuration: Mapping[str, str | None] | None,
    args: tuple[Any, ...],
    commit_properties: CommitProperties | None,
    post_commithook_properties: PostCommitHookProperties | None,
    raise_if_key_not_exists: bool,
) -> TableHandle:
    """`DeltaTable.create` at the place of `table`, which it gives back with the new version loaded."""
    configuration = configuration_of(
        lambda: schema if isinstance(schema, Schema) else Schema.from_arrow(schema), configuration
    )
    last = dict(zip(_BY_POSITION, (commit_properties, post_commithook_properties, None), strict=True))
    last = by_position("create", args, last, _BY_POSITION)
    if last["raise_if_key_not_exists"] is None:
        last["raise_if_key_not_exists"] = raise_if_key_not_exists
    foreign = [key for key in configuration or {} if not key.startswith("delta.")]
    if last["raise_if_key_not_exists"] and foreign:
        raise InvalidArgumentError(
            f"not a Delta table property: {', '.join(foreign)}; pass raise_if_key_not_exists=False to set it anyway"
        )
    values = {
        "mode": "error" if mode == "append" else mode,
        "name": name,
        "description": description,
        "schema_json": schema.to_json() if isinstance(schema, Schema) else None,
        **property_values(configuration),
        **commit_values(last["commit_properties"], last["post_commithook_properties"]),
    }
    capsule = None if isinstance(schema, Schema) else schema.__arrow_c_schema__()
    table.native.create(capsule, options_of(values, {"partition_by": names_of(partition_by)}))
    return table
