#!/usr/bin/env python3
"""deltaic ingest of the same rows as JSON, Avro and Protobuf: benchmarks/ingest_formats.py [MESSAGES].

Makes a topic of 4 partitions for each format with the rows of benchmarks/ingest.py, and reads each twice, in turn, into
a local table; then upserts as many keyed changes as --changes says into a table of --rows rows. Prints messages per
second from start to end of each process, CPU seconds per million and peak memory. Needs testservers/kafka.sh
($DELTAIC_TESTSERVERS).
"""

import argparse
import datetime
import io
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile

import deltalake
import fastavro
import pyarrow as pa
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from ingest import ENVIRONMENT, PARTITIONS, PROGRAM, SCHEMA, Broker, message, waited

AVRO = {
    "type": "record",
    "name": "Event",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "user_id", "type": "string"},
        {"name": "event", "type": "string"},
        {"name": "ts", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "amount", "type": "double"},
        {"name": "ok", "type": "boolean"},
        {"name": "country", "type": "string"},
        {"name": "page", "type": "string"},
        {"name": "session", "type": "string"},
    ],
}
PROTO = """syntax = "proto3";
message Event {
  int64 id = 1; string user_id = 2; string event = 3; int64 ts = 4; double amount = 5; bool ok = 6; string country = 7;
  string page = 8; string session = 9;
}
"""
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def event_class():
    f = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="event.proto", syntax="proto3")
    event = file.message_type.add(name="Event")
    numbers = {"id": f.TYPE_INT64, "ts": f.TYPE_INT64, "amount": f.TYPE_DOUBLE, "ok": f.TYPE_BOOL}
    for number, field in enumerate(AVRO["fields"], 1):
        name = field["name"]
        event.field.add(name=name, number=number, type=numbers.get(name, f.TYPE_STRING), label=1)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("Event"))


def record(i: int) -> dict:
    row = json.loads(message(i))
    at = datetime.datetime.fromisoformat(row["ts"])
    row["ts"] = (at - EPOCH) // datetime.timedelta(microseconds=1)
    return row


def avro(count: int):
    schema = fastavro.parse_schema(AVRO)
    for i in range(count):
        out = io.BytesIO()
        fastavro.schemaless_writer(out, schema, record(i))
        yield out.getvalue()


def protobuf(count: int):
    event = event_class()
    for i in range(count):
        yield event(**record(i)).SerializeToString()


def run(*command) -> subprocess.Popen:
    return subprocess.Popen(list(map(str, command)), env=ENVIRONMENT, stderr=subprocess.DEVNULL)


def formats(broker: Broker, folder: pathlib.Path, count: int, compression: str) -> None:
    (folder / "event.avsc").write_text(json.dumps(AVRO))
    (folder / "event.proto").write_text(PROTO)
    made = {
        "json": (map(message, range(count)), []),
        "avro": (avro(count), ["--avro", folder / "event.avsc"]),
        "protobuf": (protobuf(count), ["--protobuf", folder / "event.proto"]),
    }
    topics = {}
    for name, (messages, _) in made.items():
        topics[name] = broker.topic(PARTITIONS, **{"compression.type": compression})
        broker.produce(topics[name], messages, PARTITIONS)
    for turn in range(2):
        for name, (_, flags) in made.items():
            where = [topics[name], folder / f"{name}{turn}", "-k", broker.address, "-g", f"{name}{turn}", "-e"]
            process = run(PROGRAM, *where, "--schema", SCHEMA, *flags)
            figures = waited(process.pid, count)
            got = deltalake.DeltaTable(str(folder / f"{name}{turn}")).to_pyarrow_dataset().count_rows()
            assert got == count, got
            print(json.dumps({"what": name, "load": round(os.getloadavg()[0], 1), **figures}), flush=True)


def upserts(broker: Broker, folder: pathlib.Path, rows: int, changes: int) -> None:
    table = folder / "upserts"
    schema = pa.schema([("id", pa.int64()), ("name", pa.string()), ("amount", pa.float64())])

    def batches():
        for first in range(0, rows, 1_000_000):
            ids = range(first, min(first + 1_000_000, rows))
            yield pa.record_batch([pa.array(ids), pa.array(f"n{i}" for i in ids), pa.array(map(float, ids))], schema)

    configuration = {"delta.enableDeletionVectors": "true"}
    deltalake.DeltaTable.create(str(table), schema, configuration=configuration)
    deltalake.write_deltalake(str(table), pa.RecordBatchReader.from_batches(schema, batches()), mode="append")
    topic = broker.topic(PARTITIONS)
    r = random.Random(1)
    keys = r.sample(range(rows + rows // 10), changes)
    broker.produce(topic, ({"id": i, "name": "changed", "amount": 0.5} for i in keys), PARTITIONS)
    process = run(PROGRAM, topic, table, "-k", broker.address, "-e", "--mode", "upsert", "--key-columns", "id")
    figures = waited(process.pid, changes)
    got = deltalake.DeltaTable(str(table)).version()
    print(json.dumps({"what": f"{changes} upserts into {rows} rows", "version": got, **figures}), flush=True)


def main(arguments) -> None:
    folder = pathlib.Path(tempfile.mkdtemp())
    broker = Broker(folder)
    broker.do("start")
    try:
        formats(broker, folder, arguments.messages, arguments.compression)
        upserts(broker, folder, arguments.rows, arguments.changes)
    finally:
        broker.do("stop")
        shutil.rmtree(folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("messages", nargs="?", type=int, default=2_000_000)
    parser.add_argument("--compression", default="uncompressed", choices=["uncompressed", "lz4", "zstd"])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--changes", type=int, default=100_000)
    main(parser.parse_args())
