"""pyarrow's filter expressions, as SQL for a scan.

Everything here may leave rows in, never out: pyarrow evaluates its expression once more over what was read. So a part
that has no
equal in SQL is left away where that only lets more rows through, and `Translation.exact` says where it does not.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import pyarrow
import pyarrow.ipc

from .. import _native
from .._filters import literal
from .._native import Expr
from ..schema import PrimitiveType, Schema, StructType

_COMPARISONS = {
    "equal": "=",
    "not_equal": "<>",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
}
_SWAPPED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_INTEGERS = frozenset(["byte", "short", "integer", "long"])
_FLOATS = frozenset(["float", "double"])
_MOST_VALUES = 10_000
_MOST_DEPTH = 50  # of AND, OR and NOT inside one another
_MATCH_NULL, _SKIP_NULL = 0, 1  # of SetLookupOptions.null_matching_behavior


class Literal(NamedTuple):
    value: pyarrow.Scalar


class Column(NamedTuple):
    path: tuple[str, ...]


class Call(NamedTuple):
    function: str
    args: list[Any]
    options: dict[str, Any]


Node = Literal | Column | Call


def parse(expression: pyarrow.compute.Expression) -> Node | None:
    """The tree of an expression; None where pyarrow cannot write it down (columns by number)."""
    # Pickled, an expression is a batch whose metadata is the tree in prefix form and whose columns are the literals.
    try:
        buffer = expression.__reduce__()[1][0]
        batch = pyarrow.ipc.open_file(buffer).get_batch(0)
    except (pyarrow.ArrowException, NotImplementedError, TypeError):
        return None
    return _read(_native.schema_metadata(batch.schema.__arrow_c_schema__()), batch)


def _read(entries: list[tuple[str, str]], batch: pyarrow.RecordBatch) -> Node | None:
    open_calls: list[Call] = []
    remaining = iter(entries)
    for key, value in remaining:
        if key == "call":
            open_calls.append(Call(value, [], {}))
            continue
        if key == "options":
            options = batch.column(int(value))
            open_calls[-1].options.update((field.name, options.field(i)[0]) for i, field in enumerate(options.type))
            continue
        node: Node
        if key == "literal":
            node = Literal(batch.column(int(value))[0])
        elif key == "field_ref":
            node = Column((value,))
        elif key == "nested_field_ref":
            node = Column(tuple(next(remaining)[1] for _ in range(int(value))))
        else:
            node = open_calls.pop()
        if not open_calls:
            return node
        open_calls[-1].args.append(node)
    return None


def columns_of(node: Node) -> set[str]:
    """The top-level columns that an expression uses."""
    names, waiting = set(), [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Column):
            names.add(item.path[0])
        elif isinstance(item, Call):
            waiting += item.args
    return names


class Translation(NamedTuple):
    """An expression that is true wherever the original is; None for "always". Exact: and only there, and null only
    where it is."""

    expr: Expr | None
    exact: bool


_UNKNOWN = Translation(None, False)


def to_sql(node: Node, schema: Schema) -> str | None:
    """SQL that holds for every row for which the expression is true; None for no restriction."""
    expr = _translate(node, schema, _MOST_DEPTH).expr
    return None if expr is None else expr.sql()


def _translate(node: Node, schema: Schema, depth: int) -> Translation:
    if depth == 0:
        return _UNKNOWN
    if isinstance(node, Literal):
        known = node.value.is_valid and pyarrow.types.is_boolean(node.value.type)
        return Translation(Expr.bool(node.value.as_py()), True) if known else _UNKNOWN
    if isinstance(node, Column):
        is_flag = _type_of(node, schema) == "boolean"
        return Translation(_comparison("=", node, Expr.bool(True)), True) if is_flag else _UNKNOWN
    for names in (("and_kleene", "and"), ("or_kleene", "or")):
        if node.function in names:
            parts = [_translate(arg, schema, depth - 1) for arg in _operands(node, names)]
            known = [part.expr for part in parts if part.expr is not None]
            if names[1] == "or" and len(known) < len(parts):
                return _UNKNOWN
            return Translation(_joined(names[1], known), all(part.exact for part in parts))
    if node.function == "invert":
        inner = _translate(node.args[0], schema, depth - 1)
        return Translation(Expr.call("not", [inner.expr]), True) if inner.exact else _UNKNOWN
    if node.function in _COMPARISONS:
        return _translate_comparison(_COMPARISONS[node.function], *node.args, schema)
    if node.function in ("is_null", "is_valid"):
        return _translate_null_test(node, schema)
    if node.function == "is_in":
        return _translate_membership(node, schema)
    return _UNKNOWN


def _operands(node: Call, names: tuple[str, ...]) -> list[Node]:
    """What a chain of `a AND (b AND c)`, or of ORs, joins: such chains can be long."""
    operands, waiting = [], [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Call) and item.function in names:
            waiting += reversed(item.args)
        else:
            operands.append(item)
    return operands


def _joined(function: str, parts: list[Expr]) -> Expr | None:
    return None if not parts else parts[0] if len(parts) == 1 else Expr.call(function, parts)


def _comparison(function: str, column: Column, value: Expr) -> Expr:
    return Expr.call(function, [Expr.column(list(column.path)), value])


def _translate_comparison(function: str, left: Node, right: Node, schema: Schema) -> Translation:
    if isinstance(left, Literal):
        function, left, right = _SWAPPED[function], right, left
    if not isinstance(left, Column) or not isinstance(right, Literal):
        return _UNKNOWN
    name = _type_of(left, schema)
    value = _value(right.value, name)
    if value is None:
        return _UNKNOWN
    # NaN is the greatest number in SQL, and greater than none for pyarrow.
    exact = not (name in _FLOATS and function in (">", ">="))
    return Translation(_comparison(function, left, value), exact)


def _translate_null_test(node: Call, schema: Schema) -> Translation:
    column = node.args[0]
    name = _type_of(column, schema) if isinstance(column, Column) else None
    counts_nan = node.function == "is_null" and node.options["nan_is_null"].as_py()
    if name is None or (counts_nan and name in _FLOATS):
        return _UNKNOWN
    function = "is null" if node.function == "is_null" else "is not null"
    return Translation(Expr.call(function, [Expr.column(list(column.path))]), True)


def _translate_membership(node: Call, schema: Schema) -> Translation:
    column = node.args[0]
    values = node.options["value_set"]
    if not isinstance(column, Column) or values is None or len(values) > _MOST_VALUES:
        return _UNKNOWN
    name = _type_of(column, schema)
    items = [item for item in values.values if item.is_valid]
    literals = [_value(item, name) for item in items]
    if name is None or any(value is None for value in literals):
        return _UNKNOWN
    behavior = node.options["null_matching_behavior"].as_py()
    path = list(column.path)
    # pyarrow's answer for null is never null, as long as it is asked in one of these two ways.
    parts = [Expr.call("in", [Expr.column(path), *literals])] if literals else [Expr.bool(False)]
    member = Expr.call("and", [*parts, Expr.call("is not null", [Expr.column(path)])])
    if len(items) < len(values) and behavior != _SKIP_NULL:
        member = Expr.call("or", [member, Expr.call("is null", [Expr.column(path)])])
    # 0.0 equals -0.0 in SQL, and is another member for pyarrow.
    has_zero = name in _FLOATS and any(item.as_py() == 0 for item in items)
    return Translation(member, behavior in (_MATCH_NULL, _SKIP_NULL) and not has_zero)


def _type_of(column: Column, schema: Schema) -> str | None:
    """The name of the column's primitive type, "nested" for another; None for an unknown column."""
    data_type: Any = schema
    for name in column.path:
        fields = {field.name: field for field in data_type.fields} if isinstance(data_type, StructType) else {}
        if name not in fields:
            return None
        data_type = fields[name].type
    return data_type.type if isinstance(data_type, PrimitiveType) else "nested"


def _value(scalar: pyarrow.Scalar, column_type: str | None) -> Expr | None:
    """A literal that compares with a column of this type as pyarrow would do it; None where that is not certain."""
    kind, types = scalar.type, pyarrow.types
    if not scalar.is_valid or column_type is None:
        return None
    if types.is_integer(kind):
        value = scalar.as_py()
        if column_type in _INTEGERS or column_type.startswith("decimal("):
            return literal(value)
        return Expr.double(float(value)) if column_type in _FLOATS and abs(value) <= 2**24 else None
    if types.is_floating(kind):
        value = scalar.as_py()
        return Expr.double(value) if column_type in _FLOATS and not math.isnan(value) else None
    if types.is_timestamp(kind):
        expected = "timestamp" if kind.tz else "timestamp_ntz"
        micros = _micros(scalar.value, kind.unit)
        return Expr.timestamp(micros, kind.tz is not None) if column_type == expected and micros is not None else None
    same_type = (
        (column_type == "string" and (types.is_string(kind) or types.is_large_string(kind) or kind == "string_view"))
        or (column_type == "binary" and (types.is_binary(kind) or types.is_large_binary(kind)))
        or (column_type == "boolean" and types.is_boolean(kind))
        or (column_type == "date" and types.is_date32(kind))
        or (column_type.startswith("decimal(") and types.is_decimal(kind))
    )
    return literal(scalar.as_py()) if same_type else None


def _micros(value: int, unit: str) -> int | None:
    if unit == "ns":
        return value // 1000 if value % 1000 == 0 else None
    micros = value * {"us": 1, "ms": 1000, "s": 1_000_000}[unit]
    return micros if -(2**63) <= micros < 2**63 else None
