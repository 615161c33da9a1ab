"""Filters as lists of tuples, in disjunctive normal form, turned into a predicate.

``[("a", "=", 1), ("b", "in", ["x", "y"])]`` means both; ``[[...], [...]]`` means one list or the other.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Collection, Sequence
from typing import Any

from ._native import Expr
from .schema import PrimitiveType, Schema

FilterLiteralType = tuple[str, str, Any]
FilterConjunctionType = list[FilterLiteralType]
FilterDNFType = list[FilterConjunctionType]
FilterType = FilterConjunctionType | FilterDNFType
FilePruningPredicateType = str | FilterType

_COMPARISONS = {"=": "=", "==": "=", "!=": "<>", "<>": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_EPOCH_DATE = datetime.date(1970, 1, 1)
_EPOCH = datetime.datetime(1970, 1, 1)
_INT64 = range(-(2**63), 2**63)


def to_sql(filters: FilePruningPredicateType | None, schema: Schema, *, empty_is_null: bool = False) -> str | None:
    """The SQL predicate for `filters`; text is one already. None for no filter.

    Args:
        schema: of the table; a value that is no text is compared as text with a column of strings.
        empty_is_null: ``''`` stands for a null partition value.
    """
    if filters is None or isinstance(filters, str):
        return filters or None
    if not isinstance(filters, Sequence):
        raise TypeError(f"filters are a list of (column, op, value) tuples, not {type(filters).__name__}")
    if len(filters) == 0:
        return None
    conjunctions = _conjunctions(filters)
    return _any([_all([_comparison(item, schema, empty_is_null) for item in group]) for group in conjunctions]).sql()


def _conjunctions(filters: Sequence[Any]) -> list[Sequence[Any]]:
    if all(_is_literal(item) for item in filters):
        return [filters]
    for group in filters:
        if isinstance(group, str) or not isinstance(group, Sequence) or not all(_is_literal(item) for item in group):
            raise ValueError(
                "filters must be a list of (column, op, value) tuples, or a list of such lists, not a mix of both"
            )
        if not group:
            raise ValueError("empty conjunction in filters; pass no filter to match everything")
    return list(filters)


def _is_literal(item: Any) -> bool:
    return isinstance(item, tuple) and len(item) == 3 and isinstance(item[1], str)


def _all(parts: list[Expr]) -> Expr:
    return parts[0] if len(parts) == 1 else Expr.call("and", parts)


def _any(parts: list[Expr]) -> Expr:
    return parts[0] if len(parts) == 1 else Expr.call("or", parts)


def _comparison(item: FilterLiteralType, schema: Schema, empty_is_null: bool) -> Expr:
    name, operator, value = item
    column, is_string = _column(name, schema)
    operator = " ".join(operator.lower().split())
    if operator in ("in", "not in"):
        return _membership(column, operator, value, is_string, empty_is_null)
    if operator not in _COMPARISONS:
        raise ValueError(f"unknown operator {operator!r} in filter on {name!r}; use =, !=, <, <=, >, >=, in or not in")
    function = _COMPARISONS[operator]
    if value is None or (empty_is_null and value == ""):
        if function not in ("=", "<>"):
            raise ValueError(f"filter on {name!r}: null cannot be compared by {operator!r}, only by = and !=")
        return Expr.call("is null" if function == "=" else "is not null", [column])
    return Expr.call(function, [column, literal(value, is_string)])


def _membership(column: Expr, operator: str, values: Any, is_string: bool, empty_is_null: bool) -> Expr:
    if isinstance(values, (str, bytes)) or not isinstance(values, Collection):
        raise ValueError(f"{operator!r} needs a list, a set or a tuple of values, not {values!r}")
    some = [value for value in values if value is not None and not (empty_is_null and value == "")]
    parts = []
    if some:
        parts.append(Expr.call("in", [column, *(literal(value, is_string) for value in some)]))
    if len(some) < len(values):
        parts.append(Expr.call("is null", [column]))
    if not parts:
        return Expr.bool(operator == "not in")
    member = _any(parts)
    return member if operator == "in" else Expr.call("not", [member])


def _column(name: Any, schema: Schema) -> tuple[Expr, bool]:
    """The column, and whether it holds strings. A name that is no column but has dots is a path into structs."""
    fields = {field.name: field for field in schema.fields}
    if isinstance(name, str):
        path = [name] if name in fields else name.split(".")
    else:
        path = list(name)
    field = None
    for part in path:
        field = fields.get(part)
        fields = {inner.name: inner for inner in getattr(field.type, "fields", [])} if field else {}
    return Expr.column(path), field is not None and field.type == PrimitiveType("string")


def literal(value: Any, as_text: bool = False) -> Expr:
    """A Python value as a literal of a predicate."""
    if isinstance(value, str):
        if "\0" in value:  # which no text of SQL may hold
            return Expr.parse(f"CAST(X'{value.encode().hex()}' AS STRING)")
        return Expr.string(value)
    if hasattr(value, "item") and not isinstance(value, (bytes, bytearray)):
        value = value.item()  # a scalar of numpy
    if isinstance(value, bool):
        return Expr.string(str(value).lower()) if as_text else Expr.bool(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return Expr.binary(bytes(value))
    if as_text and isinstance(value, (int, float, decimal.Decimal, datetime.date)):
        return Expr.string(value.isoformat(sep=" ") if isinstance(value, datetime.datetime) else str(value))
    if isinstance(value, int):
        return Expr.int64(value) if value in _INT64 else Expr.decimal(str(value))
    if isinstance(value, float):
        return Expr.double(value)
    if isinstance(value, decimal.Decimal):
        return Expr.decimal(format(value, "f"))
    if isinstance(value, datetime.datetime):
        has_zone = value.tzinfo is not None
        local = value.astimezone(datetime.timezone.utc).replace(tzinfo=None) if has_zone else value
        return Expr.timestamp((local - _EPOCH) // datetime.timedelta(microseconds=1), has_zone)
    if isinstance(value, datetime.date):
        return Expr.date((value - _EPOCH_DATE).days)
    raise ValueError(f"a filter cannot hold a value of type {type(value).__name__}: {value!r}")
