"""Tables with features that this package reads and does not write, made by hand."""

import json
import pathlib
import struct
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
from conftest import on_disk


def log(uri: str, *actions: dict) -> None:
    folder = on_disk(uri) / "_delta_log"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{0:020}.json").write_text("".join(json.dumps(action) + "\n" for action in actions))


def metadata(fields: list[dict], partition_columns: list[str], **configuration: str) -> dict:
    schema = json.dumps({"type": "struct", "fields": fields})
    return {
        "metaData": {
            "id": "t",
            "format": {"provider": "parquet", "options": {}},
            "schemaString": schema,
            "partitionColumns": partition_columns,
            "configuration": configuration,
        }
    }


def add(uri: str, name: str, rows: pa.Table, partition_values: dict, **more) -> dict:
    path = on_disk(uri) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, path)
    stats = json.dumps({"numRecords": rows.num_rows})
    entry = {"path": name, "partitionValues": partition_values, "size": path.stat().st_size, "modificationTime": 0}
    return {"add": {**entry, "dataChange": True, "stats": stats, **more}}


def deletion_vector_file(path: pathlib.Path, rows: list[int]) -> dict:
    """Writes a vector of `rows` below 65536 (one array container), and gives what a descriptor says of it."""
    bitmap = struct.pack("<IIHHI", 12346, 1, 0, len(rows) - 1, 16) + struct.pack(f"<{len(rows)}H", *rows)
    vector = struct.pack("<IQI", 1681511377, 1, 0) + bitmap
    path.write_bytes(b"\x01" + struct.pack(">I", len(vector)) + vector + struct.pack(">I", zlib.crc32(vector)))
    return {"offset": 1, "sizeInBytes": len(vector), "cardinality": len(rows)}


def deletion_vector_table(uri: str) -> None:
    """The longs 0 to 7, of which 1, 3 and 5 are deleted."""
    on_disk(uri).mkdir(parents=True)
    name = on_disk(uri) / "deletion_vector_1.bin"
    vector = {"storageType": "p", "pathOrInlineDv": name.as_uri(), **deletion_vector_file(name, [1, 3, 5])}
    rows = pa.table({"n": pa.array(range(8), pa.int64())})
    features = ["deletionVectors"]
    log(
        uri,
        {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": features,
                      "writerFeatures": features}},
        metadata([{"name": "n", "type": "long", "nullable": True, "metadata": {}}], []),
        add(uri, "a.parquet", rows, {}, deletionVector=vector),
    )  # fmt: skip


def mapped_table(uri: str) -> None:
    """Columns "new name" (1, 2, 3) and "p" (a, a, null), the latter a partition column, by physical names."""

    def field(name: str, kind: str, number: int) -> dict:
        mapping = {"delta.columnMapping.id": number, "delta.columnMapping.physicalName": f"col-{number}"}
        return {"name": name, "type": kind, "nullable": True, "metadata": mapping}

    fields = [field("new name", "integer", 1), field("p", "string", 2)]
    one = pa.table({"col-1": pa.array([1, 2], pa.int32())})
    other = pa.table({"col-1": pa.array([3], pa.int32())})
    log(
        uri,
        {"protocol": {"minReaderVersion": 2, "minWriterVersion": 5}},
        metadata(fields, ["p"], **{"delta.columnMapping.mode": "name", "delta.columnMapping.maxColumnId": "2"}),
        add(uri, "x/a.parquet", one, {"col-2": "a"}),
        add(uri, "y/b.parquet", other, {"col-2": None}),
    )
