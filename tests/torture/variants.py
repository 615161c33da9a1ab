"""Variants encoded and decoded in a few lines, by parquet-format's VariantEncoding.md, apart from what is tested."""

import decimal
import struct
from typing import Any

SIZES = {0: 0, 1: 0, 2: 0, 3: 1, 4: 2, 5: 4, 6: 8, 7: 8, 8: 5, 9: 9, 10: 17, 14: 4}


def number(data: bytes) -> int:
    return int.from_bytes(data, "little")


def numbers(data: bytes, size: int) -> list[int]:
    return [number(data[at : at + size]) for at in range(0, len(data), size)]


# ---- encoding


def encode(value: Any) -> tuple[bytes, bytes]:
    """Metadata and value. Objects are dicts, arrays lists; floats are double and whole numbers long."""
    names = sorted(names_of(value), key=str.encode)
    texts = [name.encode() for name in names]
    ends = [sum(map(len, texts[:n])) for n in range(len(texts) + 1)]
    header = bytes([0b11010001]) + struct.pack("<I", len(names))
    return header + b"".join(struct.pack("<I", end) for end in ends) + b"".join(texts), bytes_of(value, names)


def names_of(value: Any) -> set[str]:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set(value if isinstance(value, dict) else ()).union(*map(names_of, below))


def bytes_of(value: Any, names: list[str]) -> bytes:
    if value is None or isinstance(value, bool):
        return bytes([0 if value is None else 1 << 2 if value else 2 << 2])
    if isinstance(value, int):
        return bytes([6 << 2]) + struct.pack("<q", value)
    if isinstance(value, float):
        return bytes([7 << 2]) + struct.pack("<d", value)
    if isinstance(value, str):
        text = value.encode()
        return bytes([16 << 2]) + struct.pack("<I", len(text)) + text
    items = sorted(value.items(), key=lambda item: item[0].encode()) if isinstance(value, dict) else None
    parts = [bytes_of(item, names) for item in (value if items is None else [item for _, item in items])]
    ids = b"" if items is None else b"".join(struct.pack("<I", names.index(name)) for name, _ in items)
    offsets = b"".join(struct.pack("<I", sum(map(len, parts[:n]))) for n in range(len(parts) + 1))
    header = 0b11111 if items is None else 0b1111110
    return bytes([header]) + struct.pack("<I", len(parts)) + ids + offsets + b"".join(parts)


# ---- decoding


def decode(metadata: bytes, value: bytes) -> Any:
    """What encode() was given. Decimals come as such."""
    size = (metadata[0] >> 6) + 1
    count = number(metadata[1 : 1 + size])
    begin = 1 + size + size * (count + 1)
    ends = numbers(metadata[1 + size : begin], size)
    names = [metadata[begin + a : begin + b].decode() for a, b in zip(ends, ends[1:], strict=False)]
    return value_of(value, names)


def value_of(data: bytes, names: list[str]) -> Any:
    header = data[0] >> 2
    if data[0] & 3 == 0:
        return scalar_of(header, data[1:])
    if data[0] & 3 == 1:
        return data[1 : 1 + header].decode()
    is_object = data[0] & 3 == 2
    count_size = 4 if header >> (4 if is_object else 2) & 1 else 1
    id_size = (header >> 2 & 3) + 1 if is_object else 0
    size = (header & 3) + 1
    count = number(data[1 : 1 + count_size])
    ids_end = 1 + count_size + count * id_size
    begin = ids_end + (count + 1) * size
    offsets = numbers(data[ids_end:begin], size)
    values = [value_of(data[begin + offset :], names) for offset in offsets[:-1]]
    if not is_object:
        return values
    keys = [names[id] for id in numbers(data[1 + count_size : ids_end], id_size)]
    assert keys == sorted(set(keys), key=str.encode), keys
    return dict(zip(keys, values, strict=True))


def scalar_of(kind: int, data: bytes) -> Any:
    if kind == 16:
        return data[4 : 4 + number(data[:4])].decode()
    data = data[: SIZES[kind]]
    if kind in (0, 1, 2):
        return {0: None, 1: True, 2: False}[kind]
    if kind in (7, 14):
        return struct.unpack("<d" if kind == 7 else "<f", data)[0]
    if kind in (8, 9, 10):
        unscaled = int.from_bytes(data[1:], "little", signed=True)
        return decimal.Decimal(unscaled).scaleb(-data[0], decimal.Context(prec=50))
    return int.from_bytes(data, "little", signed=True)
