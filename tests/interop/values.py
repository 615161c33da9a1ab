"""Rows with the awkward values of every type, and how rows are compared: value for value, in no order."""

import datetime
import decimal
import math
from typing import Any

import pyarrow as pa

UTC = datetime.timezone.utc
AWKWARD_TEXTS = [
    None,
    "",
    " ",
    "a b",
    "a/b",
    "100%",
    "%20",
    "a=b",
    "12:30",
    "it's",
    'say "hi"',
    "back\\slash",
    "größe",
    "日本",
    "🦆",
    "a+b&c?d#e",
    "[x]{y}^z*",
    "..",
    "__HIVE_DEFAULT_PARTITION__x",
    "tab\there",
]


def decimals(texts: list[str | None], precision: int, scale: int) -> pa.Array:
    return pa.array([text and decimal.Decimal(text) for text in texts], pa.decimal128(precision, scale))


def times(texts: list[str | None], zone: str | None = None) -> pa.Array:
    """Times in microseconds, from ISO texts."""
    values = [text and datetime.datetime.fromisoformat(text) for text in texts]
    if zone:
        values = [value and value.replace(tzinfo=UTC) for value in values]
    return pa.array(values, pa.timestamp("us", zone))


def dates(texts: list[str | None]) -> pa.Array:
    return pa.array([text and datetime.date.fromisoformat(text) for text in texts])


TIMES = [
    "1970-01-01T00:00:00",
    "1969-12-31T23:59:59.999999",
    None,
    "9999-12-31T23:59:59.999999",
    "1900-01-01T00:00:00.000001",
    "2024-02-29T12:34:56.123456",
]

PRIMITIVES = pa.table(
    {
        "id": pa.array(range(6), pa.int64()),
        "i64": pa.array([0, None, -(2**63), 2**63 - 1, -1, 1], pa.int64()),
        "i32": pa.array([0, None, -(2**31), 2**31 - 1, -1, 1], pa.int32()),
        "i16": pa.array([0, None, -(2**15), 2**15 - 1, -1, 1], pa.int16()),
        "i8": pa.array([0, None, -128, 127, -1, 1], pa.int8()),
        "f32": pa.array([-0.0, None, math.inf, -math.inf, math.nan, 1.17549435e-38], pa.float32()),
        "f64": pa.array([-0.0, None, math.inf, -math.inf, math.nan, 1.7976931348623157e308], pa.float64()),
        "flag": pa.array([True, None, False, True, False, None]),
        "text": pa.array(["", None, "👩‍👩‍👧 \u0000 \n", "é", "\U0010ffff", "x" * 1000]),
        "bytes": pa.array([b"", None, b"\x00\xff", bytes(range(256)), b"a", b"\n"], pa.binary()),
        "day": dates(["1970-01-01", None, "1969-12-31", "9999-12-31", "1900-02-28", "2024-02-29"]),
        "at": times(TIMES, "UTC"),
        "local": times(TIMES),
        "small": decimals(["0.00", None, "-99999.99", "99999.99", "0.01", "-0.01"], 7, 2),
        "wide": decimals(
            ["0", None, "-" + "9" * 20 + "." + "9" * 18, "9" * 20 + "." + "9" * 18, "0." + "0" * 17 + "1", "-1.5"],
            38,
            18,
        ),
        "whole": decimals(["0", None, "9" * 38, "-" + "9" * 38, "1", "-1"], 38, 0),
        "never": pa.array([None] * 6, pa.string()),
    }
)

_PLACE = pa.struct(
    [("name", pa.string()), ("where", pa.struct([("x", pa.float64()), ("tags", pa.list_(pa.string()))]))]
)
NESTED = pa.table(
    {
        "id": pa.array(range(5), pa.int64()),
        "list": pa.array([[1, None, -(2**63)], None, [], [None], [2]], pa.list_(pa.int64())),
        "lists": pa.array([[["a"], None, []], None, [], [[None]], [["", "b"]]], pa.list_(pa.list_(pa.string()))),
        "place": pa.array(
            [
                {"name": "a", "where": {"x": 1.5, "tags": ["t", None]}},
                None,
                {"name": None, "where": None},
                {"name": "", "where": {"x": None, "tags": None}},
                {"name": "b", "where": {"x": math.nan, "tags": []}},
            ],
            _PLACE,
        ),
        "places": pa.array([[{"name": "a", "where": None}, None], None, [], [None], []], pa.list_(_PLACE)),
        "map": pa.array([[("k", 1), ("", None)], None, [], [("🦆", 2)], []], pa.map_(pa.string(), pa.int64())),
        "maps": pa.array(
            [[(1, [("in", [1, 2])])], None, [], [(2, None)], [(3, [])]],
            pa.map_(pa.int32(), pa.map_(pa.string(), pa.list_(pa.int32()))),
        ),
    }
)

_PARTITION_VALUES = {
    "text": pa.array(AWKWARD_TEXTS),
    "long": pa.array([0, None, -(2**63), 2**63 - 1], pa.int64()),
    "integer": pa.array([0, None, -(2**31), 2**31 - 1], pa.int32()),
    "short": pa.array([0, None, -(2**15), 2**15 - 1], pa.int16()),
    "byte": pa.array([0, None, -128, 127], pa.int8()),
    "float": pa.array([0.1, None, 1e10, -1.5], pa.float32()),
    "double": pa.array([0.1, None, 1e100, -1.5e-7], pa.float64()),
    "decimal": decimals(["0.00", None, "-99999.99", "12.50"], 7, 2),
    "boolean": pa.array([True, None, False]),
    "date": dates(["1969-12-31", None, "9999-12-31", "2024-02-29"]),
    "timestamp": times(TIMES, "UTC"),
    "timestamp_ntz": times(TIMES),
}
PARTITIONED = {
    name: pa.table({"id": pa.array(range(len(values)), pa.int64()), "p": values})
    for name, values in _PARTITION_VALUES.items()
}


def exact(value: Any) -> Any:
    """A value that equals another only where both are the same: NaN equals NaN, and -0.0 is not 0.0."""
    if isinstance(value, float):
        return f"float {value!r}"
    if isinstance(value, datetime.datetime) and value.tzinfo:
        return value.astimezone(UTC).isoformat()
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [exact(item) for item in value]
    return value


def exact_rows(table: Any, key: str = "id") -> list[dict[str, Any]]:
    """The rows of anything that gives Arrow, by `key`."""
    rows = pa.table(table).to_pylist()
    return [exact(row) for row in sorted(rows, key=lambda row: (row[key] is None, row[key]))]


def exact_changes(table: Any) -> list[dict[str, Any]]:
    """The rows of a change data feed, by version, kind and `id`."""
    rows = pa.table(table).to_pylist()
    return [exact(row) for row in sorted(rows, key=lambda r: (r["_commit_version"], r["_change_type"], r["id"]))]
