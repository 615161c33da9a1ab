"""Arrow types, as nodes of the Arrow C data interface, to and from the protocol's type names.

A node is ``(format, name, flags, metadata, children, dictionary)``; ``_native`` turns nodes into schema capsules and
back.
The same table in C++ is ``src/data/values/type_mapping.cc``, which decides when data is written.
"""

from __future__ import annotations

import json
from typing import Any

FLAG_NULLABLE = 2

# (format, name, flags, metadata, children, dictionary)
Node = tuple[str, str, int, dict[str, str], list[Any], Any | None]

_FORMAT_OF = {
    "string": "u",
    "long": "l",
    "integer": "i",
    "short": "s",
    "byte": "c",
    "float": "f",
    "double": "g",
    "boolean": "b",
    "binary": "z",
    "date": "tdD",
    "timestamp": "tsu:UTC",
    "timestamp_ntz": "tsu:",
    "void": "n",
}
# A type of the protocol's future: Arrow has it, and its data is written as microseconds.
_FORMAT_OF_NANOS = {"timestamp_nanos": "tsn:UTC"}
_LARGE_FORMAT_OF = {"u": "U", "z": "Z", "+l": "+L"}
_NAME_OF = {
    **{form: name for name, form in _FORMAT_OF.items()},
    **{"U": "string", "vu": "string", "Z": "binary", "vz": "binary"},
    **{"C": "short", "S": "integer", "I": "long", "L": "long", "e": "float", "tdm": "date"},
}
_EXTENSION_NAME, _EXTENSION_METADATA = "ARROW:extension:name", "ARROW:extension:metadata"
_VARIANT = {_EXTENSION_NAME: "arrow.parquet.variant", _EXTENSION_METADATA: ""}
_LIST_PREFIXES = ("+l", "+L", "+vl", "+vL", "+w:")


def format_of(primitive: str) -> str:
    """The Arrow format of a primitive type's name."""
    if primitive.startswith("decimal("):
        return "d:" + primitive[len("decimal(") : -1]
    return (_FORMAT_OF | _FORMAT_OF_NANOS)[primitive]


def _primitive_of(form: str) -> str:
    if form.startswith("ts"):
        return "timestamp" if form.split(":", 1)[1] else "timestamp_ntz"
    if form.startswith("d:"):
        precision, scale = (int(number) for number in form[2:].split(",")[:2])
        if not 0 <= scale <= precision <= 38:
            raise TypeError(f"decimal({precision},{scale}) has no Delta type: precision is at most 38")
        return f"decimal({precision},{scale})"
    if form.startswith("w:"):
        return "binary"
    if form in _NAME_OF:
        return _NAME_OF[form]
    raise TypeError(f"Arrow type with format {form!r} has no Delta type; cast the column first")


def type_of_node(node: Node) -> Any:
    """The protocol's JSON value for a type: a name, or a dict for array, map and struct."""
    form, _, _, metadata, children, dictionary = node
    if dictionary is not None:
        return type_of_node(dictionary)
    if metadata.get(_EXTENSION_NAME) == _VARIANT[_EXTENSION_NAME]:
        return "variant"
    if form == "+s":
        return {"type": "struct", "fields": [field_of_node(child) for child in children]}
    if form == "+m":
        key, value = children[0][4]
        return {
            "type": "map",
            "keyType": type_of_node(key),
            "valueType": type_of_node(value),
            "valueContainsNull": bool(value[2] & FLAG_NULLABLE),
        }
    if form == "+r":
        return type_of_node(children[1])
    if form.startswith(_LIST_PREFIXES):
        element = children[0]
        return {
            "type": "array",
            "elementType": type_of_node(element),
            "containsNull": bool(element[2] & FLAG_NULLABLE),
        }
    return _primitive_of(form)


def field_of_node(node: Node) -> dict[str, Any]:
    """The protocol's JSON value for a field."""
    _, name, flags, metadata, _, _ = node
    return {
        "name": name,
        "type": type_of_node(node),
        "nullable": bool(flags & FLAG_NULLABLE),
        "metadata": {
            key: value_of_text(key, text) for key, text in metadata.items() if not key.startswith(_NOT_OF_THE_TABLE)
        },
    }


# Metadata of Arrow fields is text, and that of tables JSON. A text that is one of numbers, objects and so on goes
# through as that; other texts as they are. src/data/values/field_metadata.cc does the same where data is written.

# What Arrow, Parquet and polars say of a field for themselves.
_NOT_OF_THE_TABLE = ("ARROW:", "PARQUET:", "_PL_")
# Texts also where they look like a number or an object.
_ALWAYS_TEXT = frozenset(
    ["comment", "CURRENT_DEFAULT", "EXISTS_DEFAULT", "delta.generationExpression", "delta.invariants"]
    + ["delta.columnMapping.physicalName", "__CHAR_VARCHAR_TYPE_STRING"]
)


def value_of_text(key: str, text: str) -> Any:
    """The JSON value of what Arrow's metadata holds; `text_of_value` turns it back."""
    if key in _ALWAYS_TEXT:
        return text
    try:
        value = json.loads(text, parse_constant=_no_json)
    except ValueError:
        return text
    return value if value is not None and text_of_value(key, value) == text else text


def _no_json(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def text_of_value(key: str, value: Any) -> str:
    """A JSON value of a field's metadata as Arrow holds it."""
    if isinstance(value, str) and (key in _ALWAYS_TEXT or value_of_text(key, value) == value):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def node_of_type(json_type: Any, name: str = "", nullable: bool = True, large: bool = False) -> Node:
    """The node of a type given as the protocol's JSON value.

    Args:
        large: strings, binaries and arrays with 64 bit offsets.
    """
    flags = FLAG_NULLABLE if nullable else 0
    if json_type == "variant":
        parts: list[Node] = [("z", part, 0, {}, [], None) for part in ("metadata", "value")]
        return ("+s", name, flags, _VARIANT, parts, None)
    if isinstance(json_type, str):
        form = format_of(json_type)
        return (_LARGE_FORMAT_OF.get(form, form) if large else form, name, flags, {}, [], None)
    kind = json_type["type"]
    if kind == "struct":
        return ("+s", name, flags, {}, [node_of_field(field, large) for field in json_type["fields"]], None)
    if kind == "array":
        element = node_of_type(json_type["elementType"], "element", json_type["containsNull"], large)
        return ("+L" if large else "+l", name, flags, {}, [element], None)
    key = node_of_type(json_type["keyType"], "key", False, large)
    value = node_of_type(json_type["valueType"], "value", json_type["valueContainsNull"], large)
    return ("+m", name, flags, {}, [("+s", "entries", 0, {}, [key, value], None)], None)


def node_of_field(field: dict[str, Any], large: bool = False) -> Node:
    """The node of a field given as the protocol's JSON value."""
    form, name, flags, extension, children, dictionary = node_of_type(
        field["type"], field["name"], field["nullable"], large
    )
    metadata = extension | {key: text_of_value(key, value) for key, value in field.get("metadata", {}).items()}
    return (form, name, flags, metadata, children, dictionary)
