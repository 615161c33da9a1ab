"""Thrift's compact encoding, as much as a Parquet footer needs: read into lists, changed, written back.

A struct is a list of [field id, type, value], a list is (element type, [values]). Source: the Apache Thrift
compact protocol specification.
"""

import struct

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)


class Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def varint(self) -> int:
        shift = value = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def zigzag(self) -> int:
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def value(self, kind: int):
        match kind:
            case 1 | 2:
                return kind == TRUE
            case 3:
                return self.byte()
            case 4 | 5 | 6:
                return self.zigzag()
            case 7:
                self.at += 8
                return struct.unpack("<d", self.data[self.at - 8 : self.at])[0]
            case 8:
                size = self.varint()
                self.at += size
                return self.data[self.at - size : self.at]
            case 9:
                head = self.byte()
                size = head >> 4 if head >> 4 < 15 else self.varint()
                return (head & 15, [self.value(head & 15) for _ in range(size)])
            case 12:
                return self.struct()
        raise ValueError(f"type {kind}")

    def struct(self) -> list:
        fields, last = [], 0
        while head := self.byte():
            last = last + (head >> 4) if head >> 4 else self.zigzag()
            fields.append([last, head & 15, self.value(head & 15)])
        return fields


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def zigzag(value: int) -> bytes:
    return varint((value << 1) ^ (value >> 63))


def write(kind: int, value) -> bytes:
    match kind:
        case 1 | 2:
            return b""
        case 3:
            return bytes([value])
        case 4 | 5 | 6:
            return zigzag(value)
        case 7:
            return struct.pack("<d", value)
        case 8:
            return varint(len(value)) + value
        case 9:
            element, values = value
            head = bytes([min(len(values), 15) << 4 | element])
            size = varint(len(values)) if len(values) >= 15 else b""
            return head + size + b"".join(write(element, v) for v in values)
        case 12:
            out, last = b"", 0
            for field, kind_of, inner in value:
                step = field - last
                out += bytes([step << 4 | kind_of]) if 0 < step < 16 else bytes([kind_of]) + zigzag(field)
                out += write(kind_of, inner)
                last = field
            return out + b"\0"
    raise ValueError(f"type {kind}")


def field(record: list, number: int):
    return next(f for f in record if f[0] == number)


def change_footer(file: bytes, change) -> bytes:
    """A Parquet file whose footer went through `change(footer)`."""
    size = int.from_bytes(file[-8:-4], "little")
    footer = Reader(file[-8 - size : -8]).struct()
    change(footer)
    written = write(STRUCT, footer)
    return file[: -8 - size] + written + len(written).to_bytes(4, "little") + b"PAR1"
