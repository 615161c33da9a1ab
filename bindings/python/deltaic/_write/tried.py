"""Values that become null where they do not fit their column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..schema import PrimitiveType, Schema, StructType

_SQL = {"long": "BIGINT", "integer": "INT", "short": "SMALLINT", "byte": "TINYINT"}


def tried(assignments: Mapping[str, str], schema: Schema) -> dict[str, str]:
    """SQL by column, each with a cast that gives null for what is none of the column's type.

    Columns of structs, lists and maps are left as they are, as are names that the table lacks.
    """
    return {name: _tried(sql, _type_of(name.split("."), schema)) for name, sql in assignments.items()}


def tried_columns(columns: Iterable[str], schema: Schema, source_alias: str) -> dict[str, str]:
    """The same for columns of the source that the table has too, each for the one of its name."""
    known = {field.name.lower() for field in schema.fields}
    quoted = {name: f"{source_alias}.`{name.replace('`', '``')}`" for name in columns if name.lower() in known}
    return {name: _tried(sql, _type_of([name], schema)) for name, sql in quoted.items()}


def _tried(sql: str, type_name: str | None) -> str:
    return f"TRY_CAST(({sql}) AS {_SQL.get(type_name, type_name.upper())})" if type_name else sql


def type_at(name: str, schema: Schema) -> Any:
    """The type of a column, a.b for a member of a struct; None where the table lacks it."""
    return _find(name.split("."), schema)


def _type_of(path: list[str], schema: Schema) -> str | None:
    """The name of a plain type; None for others."""
    kind = _find(path, schema)
    return kind.type if isinstance(kind, PrimitiveType) else None


def _find(path: list[str], fields: Any) -> Any:
    """The type at `path` below a schema or struct."""
    found = next((field.type for field in fields.fields if field.name.lower() == path[0].lower()), None)
    if len(path) == 1:
        return found
    return _find(path[1:], found) if isinstance(found, StructType) else None
