"""The types and schemas of Delta tables, without any dependency.

They go to and from the protocol's JSON, and to and from Arrow through ``__arrow_c_schema__``, which pyarrow, polars,
duckdb and
others understand: ``pyarrow.schema(dt.schema())``.
"""

from __future__ import annotations

import json
import re
import warnings
from typing import Any, ClassVar, Literal

from . import _arrow_types, _native
from ._first_use import FIRST_USE
from ._tolerance import metadata_of, schema_of

__all__ = ["ArrayType", "DataType", "Field", "MapType", "PrimitiveType", "Schema", "StructType", "VariantType"]

_PRIMITIVES = frozenset([*_arrow_types._FORMAT_OF, *_arrow_types._FORMAT_OF_NANOS])
_DECIMAL = re.compile(r"decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)")


def _pyarrow() -> Any:
    try:
        with FIRST_USE:
            import pyarrow
    except ImportError as error:
        raise ImportError("to_arrow() needs pyarrow; __arrow_c_schema__ works without it") from error
    return pyarrow


def _dumps(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _loads(text: str) -> Any:
    return json.loads(text)


def _node_of(arrow: Any) -> _arrow_types.Node:
    """The node of any object with ``__arrow_c_schema__``."""
    if not hasattr(arrow, "__arrow_c_schema__"):
        raise TypeError(f"an object with __arrow_c_schema__ is needed, not {type(arrow).__name__}")
    return _native.schema_to_node(arrow.__arrow_c_schema__())


class _Type:
    """What all types share: value equality, JSON, Arrow."""

    type: Any

    def _json_value(self) -> Any:
        raise NotImplementedError

    @classmethod
    def _of_json_value(cls, value: Any) -> Any:
        data_type = _type_of(value)
        if type(data_type) is not cls:
            raise TypeError(f"a {cls.__name__} is needed, not {data_type!r}")
        return data_type

    def to_json(self) -> str:
        """The type in the protocol's JSON form."""
        return _dumps(self._json_value())

    def to_arrow(self) -> Any:
        """The equivalent pyarrow type. Needs pyarrow; ``__arrow_c_schema__`` does not."""
        return schema_of(_pyarrow().field(self).type)

    def __arrow_c_schema__(self) -> object:
        """The type as an Arrow schema capsule."""
        return _native.schema_from_node(_arrow_types.node_of_type(self._json_value()))

    def __eq__(self, other: object) -> bool:
        # A Schema equals the StructType of its fields.
        return isinstance(other, _Type) and self._json_value() == other._json_value()

    def __hash__(self) -> int:
        return hash(self.to_json())


class PrimitiveType(_Type):
    """A type without parts, by its name in the protocol.

    Valid names: string, long, integer, short, byte, float, double, boolean, binary, date, timestamp, timestamp_ntz,
    decimal(precision, scale) with a precision up to 38, void; timestamp_nanos, which no table of this version has.
    """

    def __init__(self, data_type: str) -> None:
        decimal = _DECIMAL.fullmatch(data_type)
        if decimal:
            precision, scale = int(decimal[1]), int(decimal[2])
            if not (1 <= precision <= 38 and scale <= precision):
                raise ValueError(f"invalid type string: {data_type}: precision is 1 to 38, scale 0 to the precision")
            data_type = f"decimal({precision},{scale})"
        elif data_type not in _PRIMITIVES:
            raise ValueError(f"invalid type string: {data_type}")
        self.type: str = data_type

    def _json_value(self) -> str:
        return self.type

    @staticmethod
    def from_json(type_json: str) -> PrimitiveType:
        """From a quoted name: ``'"integer"'``."""
        return PrimitiveType._of_json_value(_loads(type_json))

    @staticmethod
    def from_arrow(data_type: Any) -> PrimitiveType:
        """From any object with ``__arrow_c_schema__``. Raises TypeError for lists, maps and structs."""
        return PrimitiveType._of_json_value(_arrow_types.type_of_node(_node_of(data_type)))

    def __repr__(self) -> str:
        return f'PrimitiveType("{self.type}")'


class ArrayType(_Type):
    """A list: ``ArrayType("integer", contains_null=False)``."""

    type: ClassVar[Literal["array"]] = "array"

    def __init__(self, element_type: DataType | str, contains_null: bool = True) -> None:
        self.element_type: DataType = _as_type(element_type)
        self.contains_null: bool = contains_null

    def _json_value(self) -> dict[str, Any]:
        return {
            "type": "array",
            "elementType": self.element_type._json_value(),
            "containsNull": self.contains_null,
        }

    @staticmethod
    def from_json(type_json: str) -> ArrayType:
        """From ``{"type":"array","elementType":...,"containsNull":...}``."""
        return ArrayType._of_json_value(_loads(type_json))

    @staticmethod
    def from_arrow(data_type: Any) -> ArrayType:
        """From any object with ``__arrow_c_schema__``. Raises TypeError for other types."""
        return ArrayType._of_json_value(_arrow_types.type_of_node(_node_of(data_type)))

    def __repr__(self) -> str:
        return f"ArrayType({self.element_type!r}, contains_null={self.contains_null})"


class MapType(_Type):
    """A map: ``MapType("string", "long", value_contains_null=False)``."""

    type: ClassVar[Literal["map"]] = "map"

    def __init__(self, key_type: DataType | str, value_type: DataType | str, value_contains_null: bool = True) -> None:
        self.key_type: DataType = _as_type(key_type)
        self.value_type: DataType = _as_type(value_type)
        self.value_contains_null: bool = value_contains_null

    def _json_value(self) -> dict[str, Any]:
        return {
            "type": "map",
            "keyType": self.key_type._json_value(),
            "valueType": self.value_type._json_value(),
            "valueContainsNull": self.value_contains_null,
        }

    @staticmethod
    def from_json(type_json: str) -> MapType:
        """From ``{"type":"map","keyType":...,"valueType":...,"valueContainsNull":...}``."""
        return MapType._of_json_value(_loads(type_json))

    @staticmethod
    def from_arrow(data_type: Any) -> MapType:
        """From any object with ``__arrow_c_schema__``. Raises TypeError for other types."""
        return MapType._of_json_value(_arrow_types.type_of_node(_node_of(data_type)))

    def __repr__(self) -> str:
        return f"MapType({self.key_type!r}, {self.value_type!r}, value_contains_null={self.value_contains_null})"


class VariantType(_Type):
    """Values of any type, each with its own. In Arrow a struct of two binaries, ``arrow.parquet.variant``."""

    type: ClassVar[Literal["variant"]] = "variant"

    def _json_value(self) -> str:
        return "variant"

    @staticmethod
    def from_json(type_json: str) -> VariantType:
        """From ``'"variant"'``."""
        return VariantType._of_json_value(_loads(type_json))

    @staticmethod
    def from_arrow(data_type: Any) -> VariantType:
        """From any object with ``__arrow_c_schema__``. Raises TypeError for other types."""
        return VariantType._of_json_value(_arrow_types.type_of_node(_node_of(data_type)))

    def __repr__(self) -> str:
        return "VariantType()"


class Field:
    """A column of a table or a field of a struct: ``Field("a", "integer", nullable=False)``."""

    def __init__(
        self, name: str, type: DataType | str, nullable: bool = True, metadata: dict[str, Any] | None = None
    ) -> None:
        if not isinstance(name, str):
            raise TypeError(f"the name of a field is a str, not {name!r}")
        self.name: str = name
        self.type: DataType = _as_type(type)
        self.nullable: bool = nullable
        self._metadata: dict[str, Any] = metadata or {}

    @property
    def metadata(self) -> dict[str, Any]:
        """What is said of the field, by key."""
        return metadata_of(self._metadata)

    def _json_value(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "type": self.type._json_value(),
            "nullable": self.nullable,
            "metadata": self._metadata,
        }

    def to_json(self) -> str:
        """The field in the protocol's JSON form."""
        return _dumps(self._json_value())

    @staticmethod
    def from_json(field_json: str) -> Field:
        """From ``{"name":...,"type":...,"nullable":...,"metadata":{}}``."""
        return _field_of(_loads(field_json))

    def to_arrow(self) -> Any:
        """The equivalent pyarrow field. Needs pyarrow; ``__arrow_c_schema__`` does not."""
        return schema_of(_pyarrow().field(self))

    @staticmethod
    def from_arrow(field: Any) -> Field:
        """From any object with ``__arrow_c_schema__``, such as a pyarrow field."""
        return _field_of(_arrow_types.field_of_node(_node_of(field)))

    def __arrow_c_schema__(self) -> object:
        """The field as an Arrow schema capsule."""
        return _native.schema_from_node(_arrow_types.node_of_field(self._json_value()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Field) and self._json_value() == other._json_value()

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __repr__(self) -> str:
        metadata = f", metadata={self.metadata!r}" if self.metadata else ""
        return f"Field({self.name}, {self.type!r}, nullable={self.nullable}{metadata})"


class StructType(_Type):
    """Named fields: ``StructType([Field("x", "integer"), Field("y", "string")])``."""

    type: ClassVar[Literal["struct"]] = "struct"

    def __init__(self, fields: list[Field]) -> None:
        self.fields: list[Field] = list(fields)
        for field in self.fields:
            if not isinstance(field, Field):
                raise TypeError(f"a Field is needed, not {field!r}")

    def _json_value(self) -> dict[str, Any]:
        return {"type": "struct", "fields": [field._json_value() for field in self.fields]}

    @classmethod
    def _of_json_value(cls, value: Any) -> Any:
        return (
            cls(super()._of_json_value(value).fields)
            if cls is StructType
            else cls(StructType._of_json_value(value).fields)
        )

    @staticmethod
    def from_json(type_json: str) -> StructType:
        """From ``{"type":"struct","fields":[...]}``."""
        return StructType._of_json_value(_loads(type_json))

    @staticmethod
    def from_arrow(data_type: Any) -> StructType:
        """From any object with ``__arrow_c_schema__``. Raises TypeError for other types."""
        return StructType._of_json_value(_arrow_types.type_of_node(_node_of(data_type)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}([{', '.join(map(repr, self.fields))}])"


class Schema(StructType):
    """The columns of a table: ``Schema([Field("x", "integer")])``."""

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [field.name for field in self.fields]

    def field(self, i: int | str) -> Field:
        """A column by its place or name.

        Raises:
            KeyError, IndexError: there is none.
        """
        if isinstance(i, int):
            return self.fields[i]
        for field in self.fields:
            if field.name == i:
                return field
        raise KeyError(f"no column {i!r}; there are {', '.join(self.names)}")

    @property
    def invariants(self) -> list[tuple[str, str]]:
        """``(column, SQL)`` of every column invariant."""
        return [
            (field.name, json.loads(field.metadata["delta.invariants"])["expression"]["expression"])
            for field in self.fields
            if "delta.invariants" in field.metadata
        ]

    @staticmethod
    def from_json(schema_json: str) -> Schema:
        """From the JSON of a struct type, as the log has it."""
        return Schema._of_json_value(_loads(schema_json))

    def json(self) -> dict[str, Any]:
        """Deprecated: ``json.loads(schema.to_json())``."""
        warnings.warn("Schema.json() is deprecated; use json.loads(Schema.to_json())", DeprecationWarning, stacklevel=2)
        return self._json_value()

    def to_arrow(self, as_large_types: bool = False) -> Any:
        """The equivalent pyarrow schema. Needs pyarrow; ``__arrow_c_schema__`` does not.

        Args:
            as_large_types: strings, binaries and lists with 64 bit offsets.
        """
        return schema_of(self._to_pyarrow(as_large_types))

    def _to_pyarrow(self, as_large_types: bool = False) -> Any:
        """The same, whatever this package stands in for."""
        return _pyarrow().schema(_Capsule(self._capsule(as_large_types)))

    @staticmethod
    def from_arrow(data_type: Any) -> Schema:
        """From any object with ``__arrow_c_schema__``, such as a pyarrow schema."""
        return Schema._of_json_value(_arrow_types.type_of_node(_node_of(data_type)))

    def _capsule(self, large: bool) -> object:
        return _native.schema_from_node(_arrow_types.node_of_type(self._json_value(), nullable=False, large=large))

    def __arrow_c_schema__(self) -> object:
        """The schema as an Arrow schema capsule."""
        return self._capsule(large=False)


DataType = PrimitiveType | MapType | StructType | ArrayType | VariantType


class _Capsule:
    """Hands out a capsule that is made already."""

    def __init__(self, capsule: object) -> None:
        self._made = capsule

    def __arrow_c_schema__(self) -> object:
        return self._made


def _as_type(given: DataType | str) -> DataType:
    if isinstance(given, str):
        return VariantType() if given == VariantType.type else PrimitiveType(given)
    if isinstance(given, _Type):
        return given  # type: ignore[return-value]
    raise TypeError(f"a type, or the name of a primitive type, is needed, not {given!r}")


def _type_of(value: Any) -> DataType:
    """A type from the protocol's JSON value."""
    if isinstance(value, str):
        return _as_type(value)
    kind = value.get("type") if isinstance(value, dict) else None
    try:
        if kind == "array":
            return ArrayType(_type_of(value["elementType"]), contains_null=value["containsNull"])
        if kind == "map":
            key, item = _type_of(value["keyType"]), _type_of(value["valueType"])
            return MapType(key, item, value_contains_null=value["valueContainsNull"])
        if kind == "struct":
            return StructType([_field_of(field) for field in value["fields"]])
    except KeyError as error:
        raise ValueError(f"invalid {kind} type: {error} is missing") from None
    raise ValueError(f"invalid type: {_dumps(value)}")


def _field_of(value: Any) -> Field:
    """A field from the protocol's JSON value."""
    try:
        return Field(
            value["name"],
            _type_of(value["type"]),
            nullable=value.get("nullable", True),
            metadata=value.get("metadata") or {},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"invalid field: {error}") from None
