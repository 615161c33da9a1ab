"""Rows in the canonical form of the conformance tables: one JSON text each."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import pyarrow as pa
from variant import variant_text

_ESCAPES = {chr(code): f"\\u{code:04x}" for code in range(0x20)}
_ESCAPES |= {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_TABLE = str.maketrans(_ESCAPES)
_VARIANT = "arrow.parquet.variant"


def canonical_rows(table: pa.Table) -> list[str]:
    """A text for each row, keys in the order of the schema."""
    table = table.combine_chunks()
    keys = [quoted(name) + ":" for name in table.schema.names]
    columns = [
        texts(column.chunk(0), field) if column.num_chunks else []
        for column, field in zip(table.columns, table.schema, strict=True)
    ]
    if not columns:
        return ["{}"] * table.num_rows
    return ["{" + ",".join(map(str.__add__, keys, row)) + "}" for row in zip(*columns, strict=True)]


def digest_of(rows: list[str]) -> str:
    """SHA-256 over the rows sorted by their bytes, a line each."""
    digest = hashlib.sha256()
    for row in sorted(row.encode() for row in rows):
        digest.update(row + b"\n")
    return digest.hexdigest()


def texts(array: pa.Array, field: pa.Field) -> list[str]:
    """The canonical text of each value."""
    found = _valid_texts(array, field)
    if array.null_count == 0:
        return found
    return [text if valid else "null" for text, valid in zip(found, array.is_valid().to_pylist(), strict=True)]


def _valid_texts(array: pa.Array, field: pa.Field) -> list[str]:
    """The texts; of nulls, anything."""
    kind, types = array.type, pa.types
    if getattr(kind, "extension_name", None) == _VARIANT:
        return _variants(array.storage)
    if types.is_struct(kind):
        is_variant = (field.metadata or {}).get(b"ARROW:extension:name") == _VARIANT.encode()
        return _variants(array) if is_variant else _structs(array)
    if types.is_map(kind):
        return _maps(array)
    if types.is_list(kind) or types.is_large_list(kind):
        items = texts(array.values, kind.value_field)
        return [f"[{','.join(items[begin:end])}]" for begin, end in _spans(array)]
    if types.is_null(kind):
        return ["null"] * len(array)
    if types.is_date32(kind):
        return ["" if days is None else f'"{date_text(days)}"' for days in array.cast(pa.int32()).to_pylist()]
    if types.is_timestamp(kind):
        zone = "Z" if kind.tz else ""
        micros = array.cast(pa.timestamp("us", kind.tz)).cast(pa.int64()).to_pylist()
        return ["" if value is None else f'"{timestamp_text(value, zone)}"' for value in micros]
    return ["" if value is None else _scalar_text(value, kind) for value in array.to_pylist()]


def _scalar_text(value: Any, kind: pa.DataType) -> str:
    types = pa.types
    if types.is_boolean(kind):
        return "true" if value else "false"
    if types.is_floating(kind):
        return float_text(value, 9 if types.is_float32(kind) else 17)
    if types.is_decimal(kind):
        return f'"{value.copy_abs() if not value else value:f}"'
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bytes):
        return f'"{value.hex()}"'
    return str(value)


def quoted(text: str) -> str:
    """A JSON string where only what must be escaped is."""
    return f'"{text.translate(_TABLE)}"'


def float_text(value: float, digits: int) -> str:
    """As C's printf has it, with names for what is no number."""
    if math.isnan(value):
        return '"NaN"'
    if math.isinf(value):
        return '"Infinity"' if value > 0 else '"-Infinity"'
    return f"{value:.{digits}g}"


def _structs(array: pa.StructArray) -> list[str]:
    fields = list(array.type)
    keys = [quoted(field.name) + ":" for field in fields]
    parts = [texts(array.field(i), field) for i, field in enumerate(fields)]
    return ["{" + ",".join(map(str.__add__, keys, row)) + "}" for row in zip(*parts, strict=True)]


def _maps(array: pa.MapArray) -> list[str]:
    keys = texts(array.keys, array.type.key_field)
    items = texts(array.items, array.type.item_field)
    pairs = [f"[{key},{item}]" for key, item in zip(keys, items, strict=True)]
    return [f"[{','.join(sorted(pairs[begin:end], key=str.encode))}]" for begin, end in _spans(array)]


def _spans(array: Any) -> list[tuple[int, int]]:
    offsets = array.offsets.to_pylist()
    return list(zip(offsets[:-1], offsets[1:], strict=True))


def _variants(array: pa.StructArray) -> list[str]:
    pairs = zip(array.field("metadata").to_pylist(), array.field("value").to_pylist(), strict=True)
    return ["" if not value else '{"$variant":' + variant_text(metadata, value) + "}" for metadata, value in pairs]


def date_text(days: int) -> str:
    """A day since 1970-01-01, of any year."""
    # Howard Hinnant's days-to-civil, which has no first or last year.
    days += 719_468
    era, day_of_era = divmod(days, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted_month + 2) // 5 + 1
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9
    year = year_of_era + era * 400 + (month <= 2)
    sign = "" if 0 <= year <= 9999 else "-" if year < 0 else "+"
    return f"{sign}{abs(year):04d}-{month:02d}-{day:02d}"


def timestamp_text(micros: int, zone: str) -> str:
    """Microseconds since 1970-01-01T00:00:00."""
    seconds, fraction = divmod(micros, 1_000_000)
    days, second = divmod(seconds, 86_400)
    clock = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.{fraction:06d}"
    return f"{date_text(days)}T{clock}{zone}"
