#!/usr/bin/env python3
"""What running deltaic ingest as a service costs: benchmarks/ingest_service.py [--only commits,visible,restart,...].

- commits: seconds a commit takes at `-l 0.2`, 2,000 messages/s, from the log of the process.
- visible: from Kafka's acknowledgement of a message to the table version that has it, at `-l 5`.
- restart: from the start of a process after kill -9 to its first commit, 10 times, on the table of `commits`.
- idle: CPU seconds per hour, and memory, of a process whose topic is silent.
- topics: 500 topics into 500 tables in one process: until all have a commit, then 10,000 messages/s over all of them at
  `-l 5`, then silence. Memory, CPU, and that each message is there once.
- backlog: 1,000,000 messages that wait in 500 topics, from the start of the process to the commit of the last one.

Prints a line of JSON for each. Needs testservers/kafka.sh ($DELTAIC_TESTSERVERS). Some 5 minutes with the broker on the
same machine.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import threading
import time
import typing

import deltalake
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from ingest import ENVIRONMENT, PROGRAM, SCHEMA, Broker, build, message, started_broker

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds_of(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Service:
    """One process of deltaic ingest, looked at from outside."""

    running: typing.ClassVar[list["Service"]] = []

    def __init__(self, broker: Broker, folder: pathlib.Path, *arguments):
        self.log = folder / f"log-{time.monotonic_ns()}"
        command = list(map(str, [PROGRAM, *arguments, "-k", broker.address]))
        with self.log.open("w") as out:
            self.process = subprocess.Popen(command, env=ENVIRONMENT, stdout=out, stderr=subprocess.STDOUT)
        self.running.append(self)

    def cpu_seconds(self) -> float:
        return cpu_seconds_of(self.process.pid)

    def mib(self, what: str) -> int:
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(what + r":\s+(\d+)", text).group(1)) // 1024

    def commit_ms(self) -> list[int]:
        return [int(ms) for ms in re.findall(r"committed in (\d+) ms", self.log.read_text())]

    @classmethod
    def kill_all(cls) -> None:
        for service in cls.running:
            if service.process.poll() is None:
                service.process.kill()
                service.process.wait()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0, self.log.read_text()[-2000:]


class Feed:
    """Messages at a steady rate, in the order of topics; knows when each was acknowledged."""

    def __init__(self, broker: Broker, topics: list[str], per_second: int, linger_ms: int = 5):
        self.producer = Producer({"bootstrap.servers": broker.address, "linger.ms": linger_ms})
        self.topics, self.per_second = topics, per_second
        self.acknowledged: dict[int, float] = {}  # by offset, of the first topic
        self.sent = 0

    def run(self, seconds: float) -> None:
        begin, first = time.monotonic(), self.sent
        while (now := time.monotonic() - begin) < seconds:
            while self.sent - first < int(now * self.per_second):
                self.send()
            self.producer.poll(0.01)
        assert self.producer.flush(30) == 0

    def send(self) -> None:
        topic = self.topics[self.sent % len(self.topics)]
        done = self.on_delivery if topic == self.topics[0] else None
        while True:
            try:
                self.producer.produce(topic, message(self.sent), partition=0, on_delivery=done)
                break
            except BufferError:  # the broker is behind
                self.producer.poll(0.05)
        self.sent += 1

    def on_delivery(self, error, sent) -> None:
        assert error is None, error
        self.acknowledged[sent.offset()] = time.monotonic()


def spread(values: list[float]) -> dict:
    ordered = sorted(values)
    return {
        "p50": round(statistics.median(ordered), 3),
        "p99": round(ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)], 3),
        "max": round(ordered[-1], 3),
    }


def newest(table: pathlib.Path) -> int:
    return max((int(file.stem) for file in (table / "_delta_log").glob("*[0-9].json")), default=-1)


def report(what: str, **figures) -> None:
    print(json.dumps({"what": what, "load": round(os.getloadavg()[0], 1), **figures}), flush=True)


def commits(broker: Broker, folder: pathlib.Path, seconds: int) -> str:
    topic = broker.topic()
    service = Service(broker, folder, topic, folder / "commits", "--schema", SCHEMA, "-l", "0.2")
    Feed(broker, [topic], 2000).run(seconds)
    time.sleep(1)
    service.stop()
    taken = service.commit_ms()
    report("commits", count=len(taken), **{f"{name}_ms": round(ms) for name, ms in spread(taken).items()})
    return topic


def visible(broker: Broker, folder: pathlib.Path, seconds: int) -> None:
    topic, table = broker.topic(), folder / "visible"
    service = Service(broker, folder, topic, table, "--schema", SCHEMA, "-l", "5")
    feed = Feed(broker, [topic], 2000)
    is_over, seen, delays = threading.Event(), 0, []

    def watch():
        nonlocal seen
        version = -1
        while not is_over.is_set():
            while (table / f"_delta_log/{version + 1:020}.json").exists():
                now, version = time.monotonic(), version + 1
                for line in (table / f"_delta_log/{version:020}.json").read_text().splitlines():
                    position = json.loads(line).get("txn", {}).get("version", -1)
                    delays.extend(now - feed.acknowledged.pop(i) for i in range(seen, position + 1))
                    seen = max(seen, position + 1)
            time.sleep(0.005)

    watching = threading.Thread(target=watch)
    watching.start()
    feed.run(seconds)
    while seen < feed.sent and service.process.poll() is None:
        time.sleep(0.1)
    is_over.set()
    watching.join()
    service.stop()
    assert len(delays) == feed.sent
    report("produce to visible at -l 5", messages=len(delays), **{f"{k}_s": v for k, v in spread(delays).items()})


def restart(broker: Broker, folder: pathlib.Path, topic: str) -> None:
    table = folder / "commits"
    took = []
    for _ in range(10):
        version = newest(table)
        broker.produce(topic, [message(0)])
        begin = time.monotonic()
        flags = ["-l", "0.05", "-K", "group.instance.id=one"]  # a member of its own name needs no new session
        service = Service(broker, folder, topic, table, *flags, "-g", "restart")
        while newest(table) == version:
            assert service.process.poll() is None, service.log.read_text()[-2000:]
            time.sleep(0.002)
        took.append(time.monotonic() - begin)
        service.process.kill()
        service.process.wait()
    report("restart to first commit", versions=newest(table), **{f"{k}_s": v for k, v in spread(took).items()})


def idle(broker: Broker, folder: pathlib.Path, seconds: int) -> None:
    topic = broker.topic()
    service = Service(broker, folder, topic, folder / "idle", "--schema", SCHEMA)
    time.sleep(3)
    before = service.cpu_seconds()
    time.sleep(seconds)
    used = service.cpu_seconds() - before
    report("idle", cpu_seconds_per_hour=round(used / seconds * 3600, 1), rss_mib=service.mib("VmRSS"))
    service.stop()


def make_topics(broker: Broker, names: list[str]) -> None:
    admin = AdminClient({"bootstrap.servers": broker.address})
    for made in admin.create_topics([NewTopic(name, 1, 1) for name in names], operation_timeout=60).values():
        made.result()


def config_of(folder: pathlib.Path, names: list[str]) -> pathlib.Path:
    text = f'schema = "{SCHEMA}"\nallowed-latency = 5\n'
    text += "".join(f'[[route]]\ntopic = "{name}"\ntable = "{folder}/{names[0]}/{name}"\n' for name in names)
    path = folder / f"{names[0]}.toml"
    path.write_text(text)
    return path


def check_each_once(folder: pathlib.Path, names: list[str], count: int) -> None:
    rows = 0
    for name in names:
        table = deltalake.DeltaTable(f"{folder}/{names[0]}/{name}")
        ids = table.to_pyarrow_table(columns=["id"])["id"].to_pylist()
        assert len(ids) == len(set(ids))
        rows += len(ids)
    assert rows == count, (rows, count)


def rows_so_far(service: Service) -> int:
    return sum(map(int, re.findall(r": version \d+: (\d+) rows", service.log.read_text())))


def wait_for_rows(service: Service, count: int) -> float:
    """\return how long it took."""
    begin = time.monotonic()
    while rows_so_far(service) < count:
        assert service.process.poll() is None, service.log.read_text()[-2000:]
        assert time.monotonic() - begin < 300
        time.sleep(0.1)
    return time.monotonic() - begin


def feed_steadily(broker: Broker, folder: pathlib.Path, names: list[str], per_second: int, seconds: int, first: int):
    """By a program in C, since one in Python is behind at a few thousand a second. An answer a second of each topic
    keeps the broker, which has the same cores, from being busy with answering alone.

    \return how many were sent, and how long that took."""
    feed = [build("kafka_feed", folder), broker.address, per_second, seconds, first, "linger.ms=1000"]
    names = "".join(f"{name}\n" for name in names)
    done = subprocess.run(list(map(str, feed)), input=names, capture_output=True, text=True, check=True)
    sent, took = done.stdout.split()
    return int(sent), float(took)


def many_topics(broker: Broker, folder: pathlib.Path, seconds: int, count: int, per_second: int) -> None:
    names = [f"many-{i}" for i in range(count)]
    make_topics(broker, names)
    broker_pid = int(next(pathlib.Path(broker.env["TESTSERVERS_DIR"]).glob("**/pid")).read_text())
    first, _ = feed_steadily(broker, folder, names, count, 1, 0)
    service = Service(broker, folder, "--config", config_of(folder, names), "--memory-limit", "256MiB")
    figures = {"all_committed_s": round(wait_for_rows(service, first), 1)}
    before, commits_before = service.cpu_seconds(), len(service.commit_ms())
    broker_before = cpu_seconds_of(broker_pid)
    sent, took = feed_steadily(broker, folder, names, per_second, seconds, first)
    figures["sent_per_second"] = round(sent / took)
    figures["last_one_committed_after_s"] = round(wait_for_rows(service, first + sent), 1)
    taken = service.commit_ms()[commits_before:]
    used = service.cpu_seconds() - before
    figures["cores_used"] = round(used / took, 2)
    figures["cores_used_by_broker"] = round((cpu_seconds_of(broker_pid) - broker_before) / took, 2)
    figures["cpu_seconds_per_million"] = round(used / sent * 1e6, 1)
    figures["cpu_ms_per_commit"] = round(used / len(taken) * 1000, 2)
    figures["commits_per_second"] = round(len(taken) / took, 1)
    figures["commit_ms"] = spread(taken)
    before = service.cpu_seconds()
    time.sleep(seconds)
    figures["idle_cpu_seconds_per_hour"] = round((service.cpu_seconds() - before) / seconds * 3600, 1)
    figures["peak_mib"], figures["rss_mib"] = service.mib("VmHWM"), service.mib("VmRSS")
    service.stop()
    check_each_once(folder, names, first + sent)
    report(f"{count} topics in one process", messages=first + sent, **figures)


def backlog(broker: Broker, folder: pathlib.Path, count: int, messages: int) -> None:
    """As fast as it can: what a restart after an hour has before it."""
    names = [f"backlog-{i}" for i in range(count)]
    make_topics(broker, names)
    feed = Feed(broker, names, 0, linger_ms=1000)
    for _ in range(messages):
        feed.send()
        feed.producer.poll(0)
    assert feed.producer.flush(120) == 0
    begin = time.monotonic()
    service = Service(broker, folder, "--config", config_of(folder, names), "--memory-limit", "256MiB")
    wait_for_rows(service, messages)
    took = time.monotonic() - begin
    figures = {"messages_per_second": round(messages / took), "cpu_seconds": round(service.cpu_seconds(), 1)}
    figures |= {"commits": len(service.commit_ms()), "peak_mib": service.mib("VmHWM")}
    service.stop()
    check_each_once(folder, names, messages)
    report(f"backlog of {count} topics", messages=messages, **figures)


def main(arguments) -> None:
    folder = pathlib.Path(tempfile.mkdtemp())
    only = set(arguments.only.split(","))
    broker = started_broker(folder)
    try:
        if only & {"commits", "restart"}:
            topic = commits(broker, folder, arguments.seconds)
        if "visible" in only:
            visible(broker, folder, arguments.seconds)
        if "restart" in only:
            restart(broker, folder, topic)
        if "idle" in only:
            idle(broker, folder, arguments.seconds)
        if "topics" in only:
            many_topics(broker, folder, arguments.seconds, arguments.topics, arguments.per_second)
        if "backlog" in only:
            backlog(broker, folder, arguments.topics, arguments.backlog)
    finally:
        Service.kill_all()
        broker.do("stop")
        shutil.rmtree(folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="commits,visible,restart,idle,topics,backlog")
    parser.add_argument("--seconds", type=int, default=30, help="of each")
    parser.add_argument("--topics", type=int, default=500)
    parser.add_argument("--per-second", type=int, default=10_000, help="messages over all topics")
    parser.add_argument("--backlog", type=int, default=1_000_000, help="messages")
    main(parser.parse_args())
