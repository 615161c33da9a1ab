"""Which columns of a table have statistics in its log."""

from __future__ import annotations

from typing import Any

from .._handle import TableHandle
from ..schema import Field, Schema, StructType

_DEFAULT_INDEXED = 32


def columns_with_statistics(table: TableHandle) -> list[tuple[str, ...]]:
    """The paths of the columns that writers keep statistics of, by the table's properties."""
    metadata = table.metadata()
    leaves = leaf_paths(table.schema(), metadata["partitionColumns"])
    configuration: dict[str, Any] = metadata["configuration"]
    named = configuration.get("delta.dataSkippingStatsColumns")
    if named is not None:
        prefixes = [_parse(column) for column in _split(named, ",")]
        return [leaf for leaf in leaves if any(leaf[: len(prefix)] == prefix for prefix in prefixes)]
    number = int(configuration.get("delta.dataSkippingNumIndexedCols", _DEFAULT_INDEXED))
    return leaves if number < 0 else leaves[:number]


def leaf_paths(schema: Schema, partition_columns: list[str]) -> list[tuple[str, ...]]:
    """The paths of data columns that are no structs; lists and maps count as one."""
    found: list[tuple[str, ...]] = []

    def walk(fields: list[Field], path: tuple[str, ...]) -> None:
        for field in fields:
            here = (*path, field.name)
            if isinstance(field.type, StructType):
                walk(field.type.fields, here)
            else:
                found.append(here)

    walk([field for field in schema.fields if field.name not in partition_columns], ())
    return found


def _split(text: str, separator: str) -> list[str]:
    """The parts between separators outside of backticks."""
    parts, quoted = [""], False
    for character in text:
        quoted ^= character == "`"
        if character == separator and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _parse(column: str) -> tuple[str, ...]:
    """The names in "a.`b.c`"."""
    return tuple(part.strip("`").replace("``", "`") for part in _split(column, "."))
