#!/usr/bin/env python3
"""deltaic ingest for half an hour, and whether its memory stays flat: benchmarks/ingest_soak.py [--minutes 30].

10,000 JSON messages a second into 4 partitions, one of 5,000 of them bad, with a commit a second, dead letters and
compaction every minute. Prints messages, commits, CPU seconds and resident memory every minute. At the end each message
must be in the table or the dead letters once, and memory after the first third may not grow by more than a tenth by the
last third: else exit code 1. Needs testservers/kafka.sh ($DELTAIC_TESTSERVERS).
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import threading
import time

import deltalake
from confluent_kafka import Producer
from ingest_service import Service

from ingest import PARTITIONS, SCHEMA, Broker, message, started_broker

BAD_EVERY = 5000
SAMPLE_SECONDS = 2


def feed(broker: Broker, topic: str, per_second: int, until: threading.Event, sent: list[int]) -> None:
    producer = Producer({"bootstrap.servers": broker.address, "linger.ms": 20})
    begin = time.monotonic()
    while not until.is_set():
        while sent[0] < (time.monotonic() - begin) * per_second:
            i = sent[0]
            producer.produce(topic, b'{"broken' if i % BAD_EVERY == 0 else message(i), partition=i % PARTITIONS)
            sent[0] += 1
        producer.poll(0.02)
    assert producer.flush(60) == 0


def wait_until_read(table: pathlib.Path, count: int) -> None:
    """SIGTERM commits what was read, and leaves what was not to the next run."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        loaded = deltalake.DeltaTable(str(table))
        ends = [loaded.transaction_version(f"kafka_delta_ingest-{p}") for p in range(PARTITIONS)]
        if sum(-1 if end is None else end for end in ends) + PARTITIONS == count:
            return
        time.sleep(1)
    raise AssertionError(f"at {ends} of {count} messages after a minute")


def check(folder: pathlib.Path, count: int) -> None:
    table = deltalake.DeltaTable(str(folder / "t"))
    query = "SELECT count(*) AS n, count(DISTINCT id) AS ids, min(id) AS low, max(id) AS high FROM t"
    got = deltalake.QueryBuilder().register("t", table).execute(query).read_all()
    letters = deltalake.DeltaTable(str(folder / "dlq")).to_pyarrow_table(columns=["partition", "offset"]).to_pylist()
    places = {(letter["partition"], letter["offset"]) for letter in letters}
    bad = len(range(0, count, BAD_EVERY))
    n, ids = (got[name][0].as_py() for name in ("n", "ids"))
    assert n == ids == count - bad, (n, ids, count - bad)
    assert len(letters) == len(places) == bad, (len(letters), len(places), bad)


def main(arguments) -> int:
    folder = pathlib.Path(tempfile.mkdtemp())
    broker = started_broker(folder)
    is_over, sent, samples = threading.Event(), [0], []
    try:
        # What was read long ago is deleted: the disk need not hold the whole run.
        old = {"retention.bytes": str(256 << 20), "segment.bytes": str(64 << 20)}
        topic = broker.topic(PARTITIONS, **old)
        flags = ["--schema", SCHEMA, "-l", "1", "--dlq-table", folder / "dlq", "--compact-interval", "60"]
        service = Service(broker, folder, topic, folder / "t", *flags)
        feeding = threading.Thread(target=feed, args=(broker, topic, arguments.per_second, is_over, sent))
        feeding.start()
        begin = time.monotonic()
        next_line = 60.0
        while (now := time.monotonic() - begin) < arguments.minutes * 60:
            time.sleep(SAMPLE_SECONDS)
            assert service.process.poll() is None, service.log.read_text()[-2000:]
            samples.append(service.mib("VmRSS"))
            if now >= next_line or now + SAMPLE_SECONDS >= arguments.minutes * 60:
                line = {"minute": round(now / 60), "messages": sent[0], "commits": len(service.commit_ms())}
                line |= {"rss_mib": samples[-1], "peak_mib": service.mib("VmHWM")}
                line |= {"cpu_seconds": round(service.cpu_seconds(), 1), "load": round(os.getloadavg()[0], 1)}
                print(json.dumps(line), flush=True)
                next_line += 60
        is_over.set()
        feeding.join()
        wait_until_read(folder / "t", sent[0])
        service.stop()
        check(folder, sent[0])
    finally:
        is_over.set()
        Service.kill_all()
        broker.do("stop")
        shutil.rmtree(folder)
    third = len(samples) // 3
    early, late = statistics.median(samples[third : 2 * third]), statistics.median(samples[2 * third :])
    is_flat = late <= early * 1.1
    print(json.dumps({"messages": sent[0], "second_third_mib": early, "last_third_mib": late, "is_flat": is_flat}))
    return 0 if is_flat else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--per-second", type=int, default=10_000)
    sys.exit(main(parser.parse_args()))
