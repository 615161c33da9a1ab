#!/usr/bin/env python3
"""deltaic ingest beside librdkafka alone: benchmarks/ingest.py [MESSAGES], a broker on the same machine.

Makes a topic of 4 partitions with JSON messages of about 202 bytes and 9 fields, reads it once with a consumer that
drops what it gets (librdkafka under confluent-kafka, so some of its time is Python's), and twice into a local table.
Prints messages per second, CPU seconds per million and peak memory of each. Needs testservers/kafka.sh
($DELTAIC_TESTSERVERS).
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/ingest"))

from conftest import ENVIRONMENT, PROGRAM, Broker, kafka  # noqa: E402

PARTITIONS = 4
SCHEMA = "id long, user_id string, event string, ts timestamp, amount double, ok boolean, country string, page string, "
SCHEMA += "session string"
MESSAGE = (
    '{"id":%d,"user_id":"user-%06d","event":"%s","ts":"2024-05-01T%02d:%02d:%02d.%06dZ","amount":%d.%02d,"ok":%s,'
    '"country":"%s","page":"/products/item-%d","session":"%032x"}'
)


def message(i: int) -> bytes:
    clock = (i // 3600 % 24, i // 60 % 60, i % 60, i % 1000000)
    values = (i, i * 7919 % 100000, ("click", "view", "buy")[i % 3], *clock, i % 500, i % 100)
    values += ("true" if i % 2 else "false", ("DE", "FR", "US", "JP")[i // 5 % 4], i * 31 % 5000, i * 7919)
    return (MESSAGE % values).encode()


def drop(address: str, topic: str, count: int) -> dict:
    """In a process of its own, so that its CPU time can be told."""
    pid = os.fork()
    if pid == 0:
        consumer = kafka.Consumer({"bootstrap.servers": address, "group.id": uuid.uuid4().hex})
        consumer.assign([kafka.TopicPartition(topic, p, kafka.OFFSET_BEGINNING) for p in range(PARTITIONS)])
        got = 0
        while got < count:
            got += len(consumer.consume(100000, 0.5))
        os._exit(0)
    return waited(pid, count)


def waited(pid: int, count: int) -> dict:
    begin = time.monotonic()
    _, status, usage = os.wait4(pid, 0)
    seconds = time.monotonic() - begin
    assert status == 0, status
    cpu = usage.ru_utime + usage.ru_stime
    return {
        "messages_per_second": round(count / seconds),
        "cpu_seconds_per_million": round(cpu / count * 1e6, 2),
        "peak_mib": round(usage.ru_maxrss / 1024),
    }


def main(count: int) -> None:
    folder = pathlib.Path(tempfile.mkdtemp())
    broker = Broker(folder)
    broker.do("start")
    try:
        topic = broker.topic(PARTITIONS)
        broker.produce(topic, map(message, range(count)), PARTITIONS)
        print(
            json.dumps({"what": "librdkafka, consume and drop (through Python)", **drop(broker.address, topic, count)})
        )
        for run in range(2):
            command = [
                PROGRAM,
                topic,
                folder / f"t{run}",
                "-k",
                broker.address,
                "-g",
                f"g{run}",
                "-e",
                "--schema",
                SCHEMA,
            ]
            process = subprocess.Popen(list(map(str, command)), env=ENVIRONMENT, stderr=subprocess.DEVNULL)
            print(json.dumps({"what": "deltaic ingest", **waited(process.pid, count)}), flush=True)
    finally:
        broker.do("stop")
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000)
