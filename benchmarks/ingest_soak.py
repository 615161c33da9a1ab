#!/usr/bin/env python3
"""deltaic ingest for half an hour, and whether its memory stays flat: benchmarks/ingest_soak.py [--minutes 30].

One process, three routes of 4 partitions each, 10,000 JSON messages a second together, a commit a second and
compaction every minute: events that are appended, one of 5,000 of them bad; events into a table partitioned by country;
and changes and deletions of 50,000 keys, upserted. Prints messages, commits, CPU seconds and resident memory every
minute. At the end each message must be in its table or the dead letters once, each key be as its last change left it,
and memory after the first third may not have grown by more than a tenth by the last third: else exit code 1. Needs
testservers/kafka.sh ($DELTAIC_TESTSERVERS).
"""

import argparse
import itertools
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
KEYS = 50_000
SAMPLE_SECONDS = 2
# Of five messages.
TURNS = ["events", "split", "events", "changes", "events"]


class Traffic:
    """What was sent to each topic so far."""

    def __init__(self, broker: Broker):
        # What was read long ago is deleted: the disk need not hold the whole run.
        old = {"retention.bytes": str(256 << 20), "segment.bytes": str(64 << 20)}
        self.topics = {name: broker.topic(PARTITIONS, **old) for name in sorted(set(TURNS))}
        self.producer = Producer({"bootstrap.servers": broker.address, "linger.ms": 20})
        self.sent = dict.fromkeys(self.topics, 0)
        self.newest: dict[int, int] = {}  # by key: of its last change
        # From then on the broker knows them all.
        for name in TURNS:
            self.send(name)
        assert self.producer.flush(60) == 0

    def total(self) -> int:
        return sum(self.sent.values())

    def send(self, name: str) -> None:
        i = self.sent[name]
        self.sent[name] += 1
        if name == "changes":
            return self.change(i)
        bad = name == "events" and i % BAD_EVERY == 0
        self.produce(name, b'{"broken' if bad else message(i), None, i % PARTITIONS)

    def change(self, i: int) -> None:
        id_ = i * 7919 % KEYS
        key, value = json.dumps({"id": id_}), json.dumps({"id": id_, "n": i, "text": f"change {i}"})
        self.newest[id_] = i
        if i % 10 == 9:
            value = None
            del self.newest[id_]
        self.produce("changes", value, key, id_ % PARTITIONS)

    def produce(self, name: str, value, key, partition: int) -> None:
        while True:
            try:
                return self.producer.produce(self.topics[name], value, key, partition=partition)
            except BufferError:  # the broker is behind
                self.producer.poll(0.05)

    def run(self, per_second: int, until: threading.Event) -> None:
        begin, turns = time.monotonic(), itertools.cycle(TURNS)
        while not until.is_set():
            while self.total() < (time.monotonic() - begin) * per_second:
                self.send(next(turns))
            self.producer.poll(0.02)
        assert self.producer.flush(60) == 0


def write_config(folder: pathlib.Path, topics: dict[str, str]) -> pathlib.Path:
    own = {
        "events": f'schema = "{SCHEMA}"\ndlq-table = "{folder}/dlq"\n',
        "split": f'schema = "{SCHEMA}"\npartition-by = ["country"]\n',
        "changes": 'schema = "id long, n long, text string"\nmode = "upsert"\nkey-columns = ["id"]\n',
    }
    text = "allowed-latency = 1\ncompact-interval = 60\n"
    for name, topic in topics.items():
        text += f'[[route]]\ntopic = "{topic}"\ntable = "{folder}/{name}"\n{own[name]}'
    path = folder / "soak.toml"
    path.write_text(text)
    return path


def wait_until_read(table: pathlib.Path, count: int) -> None:
    """SIGTERM commits what was read, and leaves what was not to the next run."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        loaded = deltalake.DeltaTable(str(table))
        ends = [loaded.transaction_version(f"kafka_delta_ingest-{p}") for p in range(PARTITIONS)]
        if sum(-1 if end is None else end for end in ends) + PARTITIONS == count:
            return
        time.sleep(1)
    raise AssertionError(f"{table.name}: at {ends} of {count} messages after two minutes")


def select(folder: pathlib.Path, name: str, what: str):
    table = deltalake.DeltaTable(str(folder / name))
    got = deltalake.QueryBuilder().register("t", table).execute(f"SELECT {what} FROM t").read_all()
    return {column: got[column].to_pylist() for column in got.column_names}


def check(folder: pathlib.Path, traffic: Traffic) -> None:
    counts = "count(*) AS n, count(DISTINCT id) AS ids, count(DISTINCT country) AS countries"
    bad = len(range(0, traffic.sent["events"], BAD_EVERY))
    for name, expected in [("events", traffic.sent["events"] - bad), ("split", traffic.sent["split"])]:
        got = select(folder, name, counts)
        assert got["n"] == got["ids"] == [expected] and got["countries"] == [4], (name, got, expected)
    letters = deltalake.DeltaTable(str(folder / "dlq")).to_pyarrow_table(columns=["partition", "offset"]).to_pylist()
    places = {(letter["partition"], letter["offset"]) for letter in letters}
    assert len(letters) == len(places) == bad, (len(letters), len(places), bad)
    got = select(folder, "changes", "id, n")
    assert len(got["id"]) == len(traffic.newest), (len(got["id"]), len(traffic.newest))
    assert dict(zip(got["id"], got["n"], strict=True)) == traffic.newest


def watch(service: Service, traffic: Traffic, minutes: float) -> list[int]:
    """Resident memory in MiB, every other second."""
    samples, begin, next_line = [], time.monotonic(), 60.0
    while (now := time.monotonic() - begin) < minutes * 60:
        time.sleep(SAMPLE_SECONDS)
        assert service.process.poll() is None, service.log.read_text()[-2000:]
        samples.append(service.mib("VmRSS"))
        if now >= next_line or now + SAMPLE_SECONDS >= minutes * 60:
            line = {"minute": round(now / 60), "messages": traffic.total(), "commits": len(service.commit_ms())}
            line |= {"rss_mib": samples[-1], "peak_mib": service.mib("VmHWM")}
            line |= {"cpu_seconds": round(service.cpu_seconds(), 1), "load": round(os.getloadavg()[0], 1)}
            print(json.dumps(line), flush=True)
            next_line += 60
    return samples


def main(arguments) -> int:
    folder = pathlib.Path(tempfile.mkdtemp())
    broker = started_broker(folder)
    is_over = threading.Event()
    try:
        traffic = Traffic(broker)
        config = write_config(folder, traffic.topics)
        service = Service(broker, folder, "--config", config, "--memory-limit", arguments.memory_limit)
        feeding = threading.Thread(target=traffic.run, args=(arguments.per_second, is_over))
        feeding.start()
        samples = watch(service, traffic, arguments.minutes)
        is_over.set()
        feeding.join()
        for name, count in traffic.sent.items():
            wait_until_read(folder / name, count)
        service.stop()
        check(folder, traffic)
    finally:
        is_over.set()
        Service.kill_all()
        broker.do("stop")
        shutil.rmtree(folder)
    third = len(samples) // 3
    early, late = statistics.median(samples[third : 2 * third]), statistics.median(samples[2 * third :])
    is_flat = late <= early * 1.1
    print(json.dumps({**traffic.sent, "second_third_mib": early, "last_third_mib": late, "is_flat": is_flat}))
    return 0 if is_flat else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--per-second", type=int, default=10_000)
    parser.add_argument("--memory-limit", default="256MiB")
    sys.exit(main(parser.parse_args()))
