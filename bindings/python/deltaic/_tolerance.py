"""What this package does differently where it stands in for ``deltalake``, for the whole process."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ._first_use import FIRST_USE

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


def configuration_of(schema: Callable[[], Any], configuration: Mapping[str, str | None] | None) -> Any:
    """Properties of a new table. deltalake takes any column name, which other engines read with column mapping only."""
    if not _like_deltalake or (configuration and _MAPPING in configuration):
        return configuration
    if not any(_SPECIAL & set(name) for name in _names_in(json.loads(schema().to_json()))):
        return configuration
    return {**(configuration or {}), _MAPPING: "name"}


# What our messages say, and words of those that deltalake has for the same, by which programs know them.
_PHRASES: dict[str, str] = {
    r"both match one row of the table by": "duplicate relevant WHEN MATCHED",
    r"^a row breaks the (?:generated column|condition of|CHECK|invariant)|null in a column that may not be null": (
        "Invalid data found: 1 rows failed validation check."
    ),
    r"delta.appendOnly=true": (
        "The transaction includes Remove action with data change but Delta table is append-only"
    ),
    r"is partitioned by (\[.*\]), not by (\[.*\]);": (
        r"Generic error: Specified table partitioning does not match table partitioning: expected: \1, got: \2"
    ),
    r"needs the protocol versions \(3,7\).*allow that the versions increase": (
        "Generic DeltaTable error: Table feature enables reader and writer feature, but reader is not v3, and writer "
        "not v7. Set allow_protocol_versions_increase or increase versions explicitly through set_tbl_properties"
    ),
    r"allow that the versions increase": (
        "Generic DeltaTable error: Table feature enables writer feature, but min_writer is not v7. "
        "Set allow_protocol_versions_increase or increase version explicitly through set_tbl_properties"
    ),
    r"which this transaction removes too": "a concurrent transaction deleted data this operation read",
    r"the table has no such column; drop it, or merge": "Cannot cast schema, number of fields does not match",
    r"there is no column (\w+); there are": r"No field named \1.",
    r"^changes from version (\d+) on: the newest": r"Invalid table version: \1",
    r"is after the last commit, version": "is greater than latest commit timestamp",
    r"name the partition columns and their types": (
        "Generic error: The schema of partition columns must be provided to convert a Parquet table to a Delta table"
    ),
    r"cannot be added with delta.generationExpression": (
        "Schema evolved fields cannot have generated expressions. Recreate the table to achieve this. "
        "New columns cannot be a generated column"
    ),
    r"a table's name has 1 to 255": (
        "Table metadata is invalid: name: Table name cannot be empty and cannot exceed 255 characters"
    ),
    r"a table's description has at most 4000": (
        "Table metadata is invalid: description: Table description cannot exceed 4000 characters"
    ),
    r"^a filter cannot hold a value of type": "Could not encode partition value for type",
    r"option target_file_size_bytes takes": "target_file_size must be between 1 and 9223372036854775807",
    r"a retention of (\d+) hours is shorter than": "Invalid retention period",
}


def message_of(message: str) -> str:
    """The text of an exception, with what it would say in deltalake."""
    if not _like_deltalake:
        return message
    for pattern, phrase in _PHRASES.items():
        found = re.search(pattern, message)
        if found:
            # Names in lists are in quotation marks there.
            said = re.sub(r"\[([\w, ]+)\]", _quoted, found.expand(phrase))
            return f"{message} ({said})"
    return message


def _quoted(names: re.Match[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names[1].split(", ")) + "]"


def metadata_of(metadata: dict[str, Any]) -> dict[str, Any]:
    """Of a field, as it is handed out. deltalake gives what is no single value as JSON."""
    if not _like_deltalake or not any(isinstance(value, (dict, list)) for value in metadata.values()):
        return metadata
    return {key: json.dumps(value) if isinstance(value, (dict, list)) else value for key, value in metadata.items()}


def takes_what_is_never_reached() -> bool:
    """Of several clauses of a MERGE those after one without a condition."""
    return _like_deltalake


_MAPPING = "delta.columnMapping.mode"
_SPECIAL = set(" ,;{}()\n\t=")


def _names_in(node: Any) -> Iterator[str]:
    """Of all columns, and of all members of structs in them."""
    if isinstance(node, list):
        for item in node:
            yield from _names_in(item)
    elif isinstance(node, dict):
        if "nullable" in node:
            yield node["name"]
        for key in ("type", "fields", "elementType", "keyType", "valueType"):
            yield from _names_in(node.get(key))


def rows_of(rows: Any) -> Any:
    """A pyarrow table or batch that is handed out. deltalake gives objects of arro3, with texts as views."""
    if not _like_deltalake:
        return rows
    try:
        with FIRST_USE:
            from arro3.core import RecordBatch, Table
    except ImportError:
        return rows
    viewed = _with_views(rows)
    return (Table if type(rows).__name__ == "Table" else RecordBatch).from_arrow(viewed)


def _with_views(rows: Any) -> Any:
    import pyarrow

    views = {pyarrow.string(): pyarrow.string_view(), pyarrow.binary(): pyarrow.binary_view()}
    fields = [field.with_type(views.get(field.type, field.type)) for field in rows.schema]
    return rows.cast(pyarrow.schema(fields)) if fields != list(rows.schema) else rows


def schema_of(schema: Any) -> Any:
    """A pyarrow schema, field or type that is handed out, of arro3 where deltalake gives one."""
    if not _like_deltalake:
        return schema
    try:
        with FIRST_USE:
            from arro3 import core
    except ImportError:
        return schema
    return getattr(core, type(schema).__name__, core.DataType).from_arrow(schema)


def storage_options_of(uri: str, storage_options: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Without the settings of other storages, which deltalake ignores for a local table."""
    if not _like_deltalake or not storage_options or ("://" in uri and not uri.startswith(("file://", "memory://"))):
        return storage_options
    return {key: value for key, value in storage_options.items() if key in _OWN_STORAGE_OPTIONS}
