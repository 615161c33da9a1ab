"""Filters as lists of tuples, in disjunctive normal form, turned into a predicate.

``[("a", "=", 1), ("b", "in", ["x", "y"])]`` means both; ``[[...], [...]]`` means one list or the other.
"""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ._native import Expr
from ._tolerance import message_of
from .schema import PrimitiveType, Schema

FilterLiteralType = tuple[str, str, Any]
FilterConjunctionType = list[FilterLiteralType]
FilterDNFType = list[FilterConjunctionType]
FilterType = FilterConjunctionType | FilterDNFType
PartitionFilterType = list[tuple[str, str, str | list[str]]]
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
    if value is None or (empty_is_null and isinstance(value, str) and value == ""):
        if function not in ("=", "<>"):
            raise ValueError(f"filter on {name!r}: null cannot be compared by {operator!r}, only by = and !=")
        return Expr.call("is null" if function == "=" else "is not null", [column])
    below = below_value(value, is_string)
    if below is None:
        return Expr.call(function, [column, literal(value, is_string)])
    # Between two values that a column can hold: equal to none, and above the lower one.
    if function == "=":
        return Expr.bool(False)
    if function == "<>":
        return Expr.call("is not null", [column])
    return Expr.call("<=" if function in ("<", "<=") else ">", [column, below])


def _membership(column: Expr, operator: str, values: Any, is_string: bool, empty_is_null: bool) -> Expr:
    if isinstance(values, (str, bytes)) or not (isinstance(values, Iterable) and hasattr(values, "__len__")):
        raise ValueError(f"{operator!r} needs a list, a set or a tuple of values, not {values!r}")
    values = list(values)
    some = [item for item in values if item is not None and not (empty_is_null and isinstance(item, str) and not item)]
    literals = [literal(item, is_string) for item in some if below_value(item, is_string) is None]
    parts = [Expr.call("in", [column, *literals])] if literals else []
    if len(some) < len(values):
        parts.append(Expr.call("is null", [column]))
    if parts:
        member = _any(parts)
        return member if operator == "in" else Expr.call("not", [member])
    if operator == "not in" and some:
        return Expr.call("is not null", [column])  # of values that no column can hold
    return Expr.bool(operator == "not in")


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
    """A Python value as a literal of a predicate.

    Raises:
        ValueError: SQL has no such value.
    """
    if isinstance(value, str):
        if "\0" in value:  # which no text of SQL may hold
            return Expr.parse(f"CAST(X'{value.encode().hex()}' AS STRING)")
        return Expr.string(value)
    moment = _moment_of(value)
    if moment is not None:
        if as_text:
            return Expr.string(str(getattr(value, "asm8", value)).replace("T", " "))
        return Expr.timestamp(moment.micros, moment.has_zone)
    if not as_text and _is_numpy(value, "datetime64"):
        return Expr.date(int(value.astype("datetime64[D]").astype("int64")))
    value = _plain(value)
    if isinstance(value, bool):
        return Expr.string(str(value).lower()) if as_text else Expr.bool(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return Expr.binary(bytes(value))
    if as_text and isinstance(value, (int, float, decimal.Decimal, datetime.date)):
        return Expr.string(value.isoformat(sep=" ") if isinstance(value, datetime.datetime) else str(value))
    if isinstance(value, int):
        return Expr.int64(value) if value in _INT64 else _decimal(value, str(value))
    if isinstance(value, float):
        return Expr.double(value)
    if isinstance(value, decimal.Decimal):
        return _decimal(value, format(value, "f"))
    if isinstance(value, datetime.datetime):
        return Expr.timestamp(_micros(value), value.tzinfo is not None)
    if isinstance(value, datetime.date):
        return Expr.date((value - _EPOCH_DATE).days)
    raise _refusal(value)


def below_value(value: Any, as_text: bool = False) -> Expr | None:
    """The next lower value that a column can hold; None for a value that a column can hold itself."""
    moment = None if as_text else _moment_of(value)
    return Expr.timestamp(moment.micros, moment.has_zone) if moment is not None and moment.has_more else None


class _Moment(NamedTuple):
    micros: int
    """Since 1970-01-01; rounded down."""
    has_more: bool
    """It was rounded."""
    has_zone: bool


# Attoseconds in the units of numpy that are a fixed time.
_ATTOSECONDS = {"h": 3_600 * 10**18, "m": 60 * 10**18}
_ATTOSECONDS |= {"s": 10**18, "ms": 10**15, "us": 10**12, "ns": 10**9, "ps": 10**6, "fs": 10**3, "as": 1}


def _moment_of(value: Any) -> _Moment | None:
    """What numpy's datetime64 and pandas' Timestamp are, which `datetime` holds only in part; None for all else."""
    has_zone = getattr(value, "tzinfo", None) is not None
    value = getattr(value, "asm8", value)  # of pandas: in UTC
    if not _is_numpy(value, "datetime64"):
        return None
    if str(value) == "NaT":
        raise ValueError("a filter cannot hold NaT; None stands for null")
    unit, count = _numpy_unit(value)
    if unit not in _ATTOSECONDS:
        return None  # a date
    micros, rest = divmod(int(value.astype("int64")) * count * _ATTOSECONDS[unit], _ATTOSECONDS["us"])
    if not -(2**63) <= micros < 2**63:
        raise ValueError(f"a filter cannot hold {value!r}: timestamps have 64 bits of microseconds")
    return _Moment(micros, rest != 0, has_zone)


def _numpy_unit(value: Any) -> tuple[str, int]:
    """The unit of a datetime64, and how many of them it counts in: "datetime64[10ms]"."""
    match = re.fullmatch(r"datetime64\[(\d*)([A-Za-z]+)\]", str(value.dtype))
    if match is None:
        raise _refusal(value)
    return match[2], int(match[1] or 1)


def _is_numpy(value: Any, name: str) -> bool:
    return type(value).__module__ == "numpy" and type(value).__name__ == name


def _plain(value: Any) -> Any:
    """A scalar of numpy as what Python itself has; other values as they are."""
    if type(value).__module__ != "numpy":
        return value
    if _is_numpy(value, "timedelta64") or getattr(value, "ndim", 0) != 0:
        raise _refusal(value)
    return value.item()


def _micros(value: datetime.datetime) -> int:
    """Since 1970-01-01; in UTC where it has a zone."""
    micro = datetime.timedelta(microseconds=1)
    offset = value.utcoffset() or datetime.timedelta(0)
    # Apart, since the difference may be no datetime any more.
    return (value.replace(tzinfo=None) - _EPOCH) // micro - offset // micro


def _decimal(value: int | decimal.Decimal, digits: str) -> Expr:
    if isinstance(value, decimal.Decimal) and not value.is_finite():
        raise ValueError(f"a filter cannot hold {value!r}: decimals are numbers")
    try:
        return Expr.decimal(digits)
    except ValueError:
        raise ValueError(f"a filter cannot hold {value!r}: decimals have at most 38 digits") from None


def _refusal(value: Any) -> ValueError:
    return ValueError(message_of(f"a filter cannot hold a value of type {type(value).__name__}: {value!r}"))
