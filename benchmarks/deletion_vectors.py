"""Gives a table on local disk deletion vectors, as Spark stores them, without any Delta library."""

import base64
import json
import struct
import uuid
import zlib
from pathlib import Path

import numpy as np

_MAGIC = 1681511377
_COOKIE_WITHOUT_RUNS = 12346
_LARGEST_ARRAY = 4096


def _container(low: np.ndarray) -> bytes:
    if len(low) <= _LARGEST_ARRAY:
        return low.astype("<u2").tobytes()
    bits = np.zeros(1 << 16, np.uint8)
    bits[low] = 1
    return np.packbits(bits, bitorder="little").tobytes()


def _bitmap(rows: np.ndarray) -> bytes:
    """A Roaring bitmap of 32 bits in the portable format, without runs."""
    high = rows >> 16
    keys = np.unique(high)
    parts = [rows[high == key] & 0xFFFF for key in keys]
    containers = [_container(part) for part in parts]
    head = struct.pack("<II", _COOKIE_WITHOUT_RUNS, len(keys))
    head += b"".join(struct.pack("<HH", key, len(part) - 1) for key, part in zip(keys, parts, strict=True))
    at, offsets = len(head) + 4 * len(keys), []
    for container in containers:
        offsets.append(at)
        at += len(container)
    return head + struct.pack(f"<{len(offsets)}I", *offsets) + b"".join(containers)


def _write_vector(table: Path, rows: np.ndarray) -> dict:
    data = struct.pack("<IQI", _MAGIC, 1, 0) + _bitmap(rows)
    name = uuid.uuid4()
    checksum = struct.pack(">I", zlib.crc32(data))
    body = b"\1" + struct.pack(">I", len(data)) + data + checksum
    (table / f"deletion_vector_{name}.bin").write_bytes(body)
    text = base64.b85encode(name.bytes).decode()  # in another alphabet than Z85's
    ours = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
    z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
    return {
        "storageType": "u",
        "pathOrInlineDv": text.translate(str.maketrans(ours, z85)),
        "offset": 1,
        "sizeInBytes": len(data),
        "cardinality": len(rows),
    }


def delete_rows(table: Path, every: int) -> None:
    """Deletes each `every`th row of each file by one commit more; the table's log is that of commit 0 alone."""
    actions = [json.loads(line) for line in (table / f"_delta_log/{0:020}.json").read_text().splitlines()]
    features = ["deletionVectors"]
    protocol = {
        "minReaderVersion": 3,
        "minWriterVersion": 7,
        "readerFeatures": features,
        "writerFeatures": features,
    }
    lines = [{"protocol": protocol}]
    for add in [action["add"] for action in actions if "add" in action]:
        rows = np.arange(every // 2, json.loads(add["stats"])["numRecords"], every, dtype=np.uint32)
        remove = {"path": add["path"], "deletionTimestamp": add["modificationTime"], "dataChange": True}
        lines += [{"remove": remove}, {"add": add | {"deletionVector": _write_vector(table, rows)}}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (table / f"_delta_log/{1:020}.json").write_text(text)
