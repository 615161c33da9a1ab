"""Makes tables that are nothing but a log, in the way Spark leaves them, without any Delta library."""

import datetime
import json
import random
import uuid
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SEED = 20_240_229
MODIFIED_MS = 1_700_000_000_000
# Spark cuts row groups by bytes; for rows of this size that comes to about so many.
ROWS_PER_GROUP = 200_000

_COLUMNS = [("id", "long"), ("at", "timestamp"), ("amount", "double"), ("customer", "string"), ("day", "date")]
SCHEMA_STRING = json.dumps(
    {"type": "struct", "fields": [{"name": n, "type": t, "nullable": True, "metadata": {}} for n, t in _COLUMNS]},
    separators=(",", ":"),
)
PROTOCOL = {"minReaderVersion": 1, "minWriterVersion": 2}
METADATA = {
    "id": "5fba94ed-9794-4965-ba6e-6ee3c0d22af9",
    "name": None,
    "description": None,
    "format": {"provider": "parquet", "options": {}},
    "schemaString": SCHEMA_STRING,
    "partitionColumns": ["day"],
    "configuration": {},
    "createdTime": MODIFIED_MS,
}


_ADD_TYPE = pa.struct(
    [
        ("path", pa.string()),
        ("partitionValues", pa.map_(pa.string(), pa.string())),
        ("size", pa.int64()),
        ("modificationTime", pa.int64()),
        ("dataChange", pa.bool_()),
        ("tags", pa.map_(pa.string(), pa.string())),
        ("stats", pa.string()),
    ]
)


def partition_value(number: int) -> str:
    return (datetime.date(2022, 1, 1) + datetime.timedelta(days=number)).isoformat()


def _add(number: int, partitions: int, rng: random.Random) -> dict:
    day = partition_value(number % partitions)
    name = uuid.UUID(int=rng.getrandbits(128), version=4)
    low = number * 10_000
    stats = (
        f'{{"numRecords":10000,"minValues":{{"id":{low},"at":"{day}T00:00:{number % 60:02}.000Z",'
        f'"amount":{number % 97}.25,"customer":"customer {number % 5_000:06}"}},'
        f'"maxValues":{{"id":{low + 9_999},"at":"{day}T23:59:59.999Z",'
        f'"amount":{number % 97 + 900}.75,"customer":"customer {number % 5_000 + 90_000:06}"}},'
        f'"nullCount":{{"id":0,"at":0,"amount":{number % 13},"customer":0}}}}'
    )
    return {
        "path": f"day={day}/part-{number % 200:05}-{name}.c000.snappy.parquet",
        "partitionValues": {"day": day},
        "size": 300_000 + number % 50_000,
        "modificationTime": MODIFIED_MS + number,
        "dataChange": True,
        "stats": stats,
    }


def _commit_text(version: int, actions: list[dict]) -> str:
    info = {
        "commitInfo": {
            "timestamp": MODIFIED_MS + version,
            "operation": "WRITE",
            "operationParameters": {"mode": "Append"},
        }
    }
    return "".join(json.dumps(action, separators=(",", ":")) + "\n" for action in [info, *actions])


def write_checkpointed_table(table: Path, files: int, partitions: int) -> None:
    """One checkpoint at version 10 with `files` live files, in no order, as Spark's replay by hash leaves them."""
    log = table / "_delta_log"
    log.mkdir(parents=True)
    rng = random.Random(SEED)
    numbers = list(range(files))
    rng.shuffle(numbers)
    metadata_type = pa.struct(
        [
            ("id", pa.string()),
            ("name", pa.string()),
            ("description", pa.string()),
            ("format", pa.struct([("provider", pa.string()), ("options", pa.map_(pa.string(), pa.string()))])),
            ("schemaString", pa.string()),
            ("partitionColumns", pa.list_(pa.string())),
            ("configuration", pa.map_(pa.string(), pa.string())),
            ("createdTime", pa.int64()),
        ]
    )
    protocol_type = pa.struct([("minReaderVersion", pa.int32()), ("minWriterVersion", pa.int32())])
    txn_type = pa.struct([("appId", pa.string()), ("version", pa.int64()), ("lastUpdated", pa.int64())])
    remove_type = pa.struct([("path", pa.string()), ("deletionTimestamp", pa.int64()), ("dataChange", pa.bool_())])
    types = {
        "txn": txn_type,
        "add": _ADD_TYPE,
        "remove": remove_type,
        "metaData": metadata_type,
        "protocol": protocol_type,
    }
    schema = pa.schema(list(types.items()))
    maps = {"partitionValues", "options", "configuration"}

    def arrow_value(action: dict) -> dict:
        return {
            k: list(v.items()) if k in maps else arrow_value(v) if isinstance(v, dict) else v for k, v in action.items()
        }

    def batch(column: str, actions: list[dict]) -> pa.RecordBatch:
        values = pa.array([arrow_value(action) for action in actions], types[column])
        return pa.record_batch(
            [values if name == column else pa.nulls(len(actions), kind) for name, kind in types.items()], schema=schema
        )

    # Spark writes plain version 1 data pages with Snappy.
    checkpoint = log / f"{10:020}.checkpoint.parquet"
    with pq.ParquetWriter(checkpoint, schema, compression="snappy", store_schema=False) as writer:
        pending = [batch("protocol", [PROTOCOL]), batch("metaData", [METADATA])]
        for start in range(0, files, ROWS_PER_GROUP):
            for inner in range(start, min(start + ROWS_PER_GROUP, files), 50_000):
                chosen = numbers[inner : min(inner + 50_000, files)]
                pending.append(batch("add", [_add(number, partitions, rng) for number in chosen]))
            writer.write_table(pa.Table.from_batches(pending), row_group_size=ROWS_PER_GROUP + 2)
            pending = []
    last = _add(numbers[0], partitions, random.Random(SEED + 1))
    (log / f"{10:020}.json").write_text(_commit_text(10, [{"add": last}]))
    hint = {"version": 10, "size": files + 2, "sizeInBytes": checkpoint.stat().st_size, "numOfAddFiles": files}
    (log / "_last_checkpoint").write_text(json.dumps(hint, separators=(",", ":")))


def write_commit(table: Path, version: int, files: int, partitions: int) -> None:
    """One more commit that adds `files` files."""
    rng = random.Random(SEED + version)
    adds = [{"add": _add(10_000_000 + version * files + i, partitions, rng)} for i in range(files)]
    (table / "_delta_log" / f"{version:020}.json").write_text(_commit_text(version, adds))


def write_uncheckpointed_table(table: Path, commits: int, files_per_commit: int, partitions: int) -> None:
    """`commits` commits that add files, and no checkpoint."""
    log = table / "_delta_log"
    log.mkdir(parents=True)
    rng = random.Random(SEED)
    for version in range(commits):
        start = [{"protocol": PROTOCOL}, {"metaData": METADATA}] if version == 0 else []
        adds = [{"add": _add(version * files_per_commit + i, partitions, rng)} for i in range(files_per_commit)]
        (log / f"{version:020}.json").write_text(_commit_text(version, start + adds))


def _adds(first: int, count: int, partitions: int, seed: int) -> pa.Array:
    """`count` adds from number `first` on, made as columns: ten million would be slow one by one."""
    rng = np.random.default_rng(seed)
    numbers = rng.permutation(count) + first
    days = pc.take(pa.array([partition_value(i) for i in range(partitions)]), pa.array(numbers % partitions))
    text = [
        pc.cast(pa.array(values), pa.string()) for values in (numbers % 200, *rng.integers(1 << 62, size=(2, count)))
    ]
    path = pc.binary_join_element_wise("day=", days, "/part-", *text, ".c000.snappy.parquet", "")
    low, high = (pc.cast(pa.array(values), pa.string()) for values in (numbers * 10_000, numbers * 10_000 + 9_999))
    stats = pc.binary_join_element_wise(
        '{"numRecords":10000,"minValues":{"id":', low, '},"maxValues":{"id":', high, '},"nullCount":{"id":0}}', ""
    )
    offsets = pa.array(np.arange(count + 1, dtype=np.int32))
    columns = {
        "path": path,
        "partitionValues": pa.MapArray.from_arrays(offsets, pc.take(pa.array(["day"]), pa.array(numbers * 0)), days),
        "size": pa.array(300_000 + numbers % 50_000),
        "modificationTime": pa.array(MODIFIED_MS + numbers),
        "dataChange": pa.array(np.ones(count, bool)),
        "tags": pa.nulls(count, _ADD_TYPE.field("tags").type),
        "stats": stats,
    }
    return pa.StructArray.from_arrays([columns[f.name] for f in _ADD_TYPE], fields=list(_ADD_TYPE))


def write_sidecar_table(table: Path, sidecars: int, files: int, partitions: int) -> None:
    """A V2 checkpoint at version 10, in JSON, with `sidecars` sidecars of `files` files each."""
    folder = table / "_delta_log/_sidecars"
    folder.mkdir(parents=True)
    protocol = {"minReaderVersion": 3, "minWriterVersion": 7}
    protocol |= {"readerFeatures": ["v2Checkpoint"], "writerFeatures": ["v2Checkpoint"]}
    actions = [{"checkpointMetadata": {"version": 10}}, {"protocol": protocol}, {"metaData": METADATA}]
    for part in range(sidecars):
        name = f"{uuid.UUID(int=SEED + part, version=4)}.parquet"
        rows = pa.table({"add": _adds(part * files, files, partitions, SEED + part)})
        pq.write_table(rows, folder / name, row_group_size=ROWS_PER_GROUP, store_schema=False)
        size = (folder / name).stat().st_size
        actions.append({"sidecar": {"path": name, "sizeInBytes": size, "modificationTime": MODIFIED_MS}})
    text = "".join(json.dumps(action, separators=(",", ":")) + "\n" for action in actions)
    (table / f"_delta_log/{10:020}.checkpoint.{uuid.UUID(int=SEED, version=4)}.json").write_text(text)
    (table / f"_delta_log/{10:020}.json").write_text(_commit_text(10, []))
