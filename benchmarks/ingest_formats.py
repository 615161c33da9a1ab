#!/usr/bin/env python3
"""deltaic ingest of the same rows as JSON, Avro and Protobuf, plain and compressed: benchmarks/ingest_formats.py.

    ingest_formats.py [MESSAGES] [--formats json,avro,protobuf] [--codecs uncompressed,lz4,zstd] [--runs 3]

For each format and codec it makes a topic of 4 partitions with the rows of benchmarks/ingest.py, and reads it in turn
by librdkafka alone (kafka_drop.c, which drops all) and into a local table. Prints a table: the best rate of each from
start to end of the process, the median, CPU seconds per million, peak memory, and which targets are missed. Needs
testservers/kafka.sh ($DELTAIC_TESTSERVERS); 2,000,000 messages take some 10 minutes, most of them to make the topics.
"""

import argparse
import contextlib
import datetime
import io
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile

import deltalake
import fastavro
from confluent_kafka.admin import AdminClient
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from ingest import ENVIRONMENT, PARTITIONS, PROGRAM, SCHEMA, TUNING, Broker, build_drop, message, started_broker, waited

LEAST_PER_SECOND, MOST_CPU_SECONDS, MOST_MIB = 370_000, 4.2, 256
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


def json_messages(count: int):
    return map(message, range(count))


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


FORMATS = {
    "json": (json_messages, []),
    "avro": (avro, ["--avro", "event.avsc"]),
    "protobuf": (protobuf, ["--protobuf", "event.proto"]),
}


def figures_of(command: list, folder: pathlib.Path, count: int) -> dict:
    process = subprocess.Popen(
        list(map(str, command)), cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return waited(process.pid, count)


@contextlib.contextmanager
def filled_topic(broker: Broker, messages: list[bytes], codec: str):
    topic = broker.topic(PARTITIONS, **{"compression.type": codec})
    broker.produce(topic, messages, PARTITIONS)
    os.sync()
    yield topic
    admin = AdminClient({"bootstrap.servers": broker.address})
    for done in admin.delete_topics([topic]).values():
        done.result()


def compare(broker: Broker, folder: pathlib.Path, topic: str, what: tuple[str, str], count: int, runs: int) -> dict:
    name, codec = what
    got = {"drop": [], "ingest": []}
    for run in range(runs):
        table = folder / f"{name}-{codec}-{run}"
        drop = [folder / "kafka_drop", broker.address, topic, PARTITIONS, count, *TUNING]
        got["drop"].append(figures_of(drop, folder, count))
        command = [PROGRAM, topic, table, "-k", broker.address, "-g", table.name, "-e", "--schema", SCHEMA]
        got["ingest"].append(figures_of([*command, *FORMATS[name][1]], folder, count))
        rows = deltalake.DeltaTable(str(table)).to_pyarrow_dataset().count_rows()
        assert rows == count, f"{rows} rows of {count} messages"
        shutil.rmtree(table)
    rates = {side: [run["messages_per_second"] for run in runs] for side, runs in got.items()}
    return {
        "format": name,
        "codec": codec,
        "load": round(os.getloadavg()[0], 1),
        "librdkafka best": max(rates["drop"]),
        "librdkafka cpu": min(run["cpu_seconds_per_million"] for run in got["drop"]),
        "best": max(rates["ingest"]),
        "median": round(statistics.median(rates["ingest"])),
        "cpu": statistics.median(run["cpu_seconds_per_million"] for run in got["ingest"]),
        "peak": max(run["peak_mib"] for run in got["ingest"]),
    }


def missed(row: dict) -> str:
    out = []
    if row["median"] < LEAST_PER_SECOND:
        out.append("rate")
    if row["cpu"] > MOST_CPU_SECONDS:
        out.append("CPU")
    if row["peak"] > MOST_MIB:
        out.append("memory")
    return ", ".join(out)


def print_table(rows: list[dict]) -> None:
    print(
        "\n| format | codec | librdkafka alone, messages/s | CPU-s per million | deltaic ingest, best | median "
        "| share of librdkafka's | CPU-s per million | peak MiB | load | missed |\n|---|---|" + "---:|" * 8 + "---|"
    )
    for row in rows:
        share = row["best"] / row["librdkafka best"]
        print(
            f"| {row['format']} | {row['codec']} | {row['librdkafka best']:,} | {row['librdkafka cpu']} "
            f"| {row['best']:,} | {row['median']:,} | {share:.2f} | {row['cpu']:.2f} | {row['peak']} | {row['load']} "
            f"| {missed(row)} |"
        )
    print(
        f"\nTargets: {LEAST_PER_SECOND:,} messages/s (median), at most {MOST_CPU_SECONDS} CPU-s per million, "
        f"at most {MOST_MIB} MiB; half of librdkafka's own rate is the moonshot.",
        flush=True,
    )


def main(arguments) -> None:
    folder = pathlib.Path(tempfile.mkdtemp())
    broker = started_broker(folder)
    try:
        build_drop(folder)
        (folder / "event.avsc").write_text(json.dumps(AVRO))
        (folder / "event.proto").write_text(PROTO)
        rows = []
        for name in arguments.formats.split(","):
            messages = list(FORMATS[name][0](arguments.messages))
            for codec in arguments.codecs.split(","):
                with filled_topic(broker, messages, codec) as topic:
                    rows.append(compare(broker, folder, topic, (name, codec), arguments.messages, arguments.runs))
                print(json.dumps(rows[-1]), flush=True)
        print_table(rows)
    finally:
        broker.do("stop")
        shutil.rmtree(folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("messages", nargs="?", type=int, default=2_000_000)
    parser.add_argument("--formats", default=",".join(FORMATS))
    parser.add_argument("--codecs", default="uncompressed,lz4,zstd")
    parser.add_argument("--runs", type=int, default=3)
    main(parser.parse_args())
