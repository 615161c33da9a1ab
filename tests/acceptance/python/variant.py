"""A variant value as canonical JSON. Source: parquet-format, VariantEncoding.md."""

from __future__ import annotations

import decimal
import struct


def variant_text(metadata: bytes, value: bytes) -> str:
    """The value, object keys sorted by their bytes."""
    return _text(_names(metadata), value, 0)


def _uint(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _names(metadata: bytes) -> list[str]:
    width = (metadata[0] >> 6) + 1
    count = _uint(metadata, 1, width)
    offsets = [_uint(metadata, 1 + width * (i + 1), width) for i in range(count + 1)]
    base = 1 + width * (count + 2)
    return [metadata[base + begin : base + end].decode() for begin, end in zip(offsets, offsets[1:], strict=False)]


def _text(names: list[str], data: bytes, at: int) -> str:
    from canonical_rows import quoted

    basic, header = data[at] & 3, data[at] >> 2
    if basic == 0:
        return _primitive(header, data, at + 1)
    if basic == 1:
        return quoted(data[at + 1 : at + 1 + header].decode())
    is_object = basic == 2
    width = (header & 3) + 1
    id_width = (header >> 2 & 3) + 1 if is_object else 0
    count_width = 4 if header >> (4 if is_object else 2) & 1 else 1
    count = _uint(data, at + 1, count_width)
    ids_at = at + 1 + count_width
    offsets_at = ids_at + count * id_width
    values_at = offsets_at + (count + 1) * width
    values = [_text(names, data, values_at + _uint(data, offsets_at + i * width, width)) for i in range(count)]
    if not is_object:
        return f"[{','.join(values)}]"
    keys = [names[_uint(data, ids_at + i * id_width, id_width)] for i in range(count)]
    members = sorted(zip(keys, values, strict=True), key=lambda member: member[0].encode())
    return "{" + ",".join(f"{quoted(key)}:{value}" for key, value in members) + "}"


def _primitive(kind: int, data: bytes, at: int) -> str:
    from canonical_rows import date_text, float_text, quoted, timestamp_text

    if kind in (0, 1, 2):
        return ("null", "true", "false")[kind]
    if kind in (3, 4, 5, 6):
        size = 1 << (kind - 3)
        return str(int.from_bytes(data[at : at + size], "little", signed=True))
    if kind == 7:
        return float_text(struct.unpack_from("<d", data, at)[0], 17)
    if kind in (8, 9, 10):
        size = 4 << (kind - 8)
        unscaled = int.from_bytes(data[at + 1 : at + 1 + size], "little", signed=True)
        with decimal.localcontext(decimal.Context(prec=60)):
            text = f"{decimal.Decimal(unscaled).scaleb(-data[at]):f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if kind == 11:
        return f'"{date_text(struct.unpack_from("<i", data, at)[0])}"'
    if kind in (12, 13):
        return f'"{timestamp_text(struct.unpack_from("<q", data, at)[0], "Z" if kind == 12 else "")}"'
    if kind == 14:
        return float_text(struct.unpack_from("<f", data, at)[0], 9)
    size = _uint(data, at, 4)
    if kind == 15:
        return f'"{data[at + 4 : at + 4 + size].hex()}"'
    if kind == 16:
        return quoted(data[at + 4 : at + 4 + size].decode())
    raise ValueError(f"no canonical form for the variant type {kind}")
