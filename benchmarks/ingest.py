#!/usr/bin/env python3
"""deltaic ingest beside librdkafka alone: benchmarks/ingest.py [MESSAGES], a broker on the same machine.

Makes a topic of 4 partitions with JSON messages of 219 bytes and 9 fields. Three times in turn it is read by
a program in C that drops all (kafka_drop.c: the same librdkafka, nothing else), and into a local table. Prints
messages per second from start to end of each process, CPU seconds per million, peak memory, and the best rate as a
share of librdkafka's own. Needs testservers/kafka.sh
($DELTAIC_TESTSERVERS).
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/ingest"))

from conftest import ENVIRONMENT, PROGRAM, Broker  # noqa: E402

PARTITIONS = 4
# What librdkafka fetches ahead is as deltaic ingest has it.
TUNING = ["queued.max.messages.kbytes=15360", "queued.min.messages=1000000", "fetch.queue.backoff.ms=5"]
SCHEMA = "id long, user_id string, event string, ts timestamp, amount double, ok boolean, country string, page string, "
SCHEMA += "session string"
MESSAGE = (
    '{"id":%d,"user_id":"user-%06d","event":"%s","ts":"2024-05-01T%02d:%02d:%02d.%06dZ","amount":%d.%02d,"ok":%s,'
    '"country":"%s","page":"/products/category-%d/item-%d","session":"%032x"}'
)


def message(i: int) -> bytes:
    clock = (i // 3600 % 24, i // 60 % 60, i % 60, i % 1000000)
    values = (i, i * 7919 % 100000, ("click", "view", "buy")[i % 3], *clock, i % 500, i % 100)
    values += (
        "true" if i % 2 else "false",
        ("DE", "FR", "US", "JP")[i // 5 % 4],
        i % 900 + 10000000,
        i * 31 % 5000,
        i * 7919,
    )
    return (MESSAGE % values).encode()


def build(name: str, folder: pathlib.Path) -> pathlib.Path:
    """A program of this folder, with the librdkafka that deltaic ingest loads."""
    program, library = folder / name, ENVIRONMENT["DELTAIC_LIBRDKAFKA"]
    link = [library, f"-Wl,-rpath,{os.path.dirname(library)}"] if "/" in library else ["-lrdkafka"]
    subprocess.run(["cc", "-O2", ROOT / f"benchmarks/{name}.c", "-o", program, *link], check=True)
    return program


def build_drop(folder: pathlib.Path) -> pathlib.Path:
    return build("kafka_drop", folder)


def started_broker(folder: pathlib.Path) -> Broker:
    """A broker that has had a group: the first one waits 3 s for the topic of group offsets to be made."""
    broker = Broker(folder)
    broker.do("start")
    topic = broker.topic(PARTITIONS)
    broker.produce(topic, [message(0)], PARTITIONS)
    command = [PROGRAM, topic, folder / "warm", "-k", broker.address, "-g", "warm", "-e", "--schema", SCHEMA]
    subprocess.run(list(map(str, command)), env=ENVIRONMENT, check=True, capture_output=True)
    return broker


def waited(pid: int, count: int) -> dict:
    begin = time.monotonic()
    peak_kib = 0
    while True:
        # ru_maxrss would count what this process held when it forked.
        try:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
        except OSError:
            status = ""
        peak_kib = max(peak_kib, *(int(n) for n in re.findall(r"VmHWM:\s+(\d+)", status)), 0)
        ended, code, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            break
        time.sleep(0.01)
    seconds = time.monotonic() - begin
    assert code == 0, code
    cpu = usage.ru_utime + usage.ru_stime
    return {
        "messages_per_second": round(count / seconds),
        "cpu_seconds_per_million": round(cpu / count * 1e6, 2),
        "peak_mib": round(peak_kib / 1024),
    }


def main(count: int, compression: str, runs: int) -> None:
    folder = pathlib.Path(tempfile.mkdtemp())
    broker = started_broker(folder)
    try:
        topic = broker.topic(PARTITIONS, **{"compression.type": compression})
        broker.produce(topic, map(message, range(count)), PARTITIONS)
        drop = build_drop(folder)
        best = {"librdkafka, consume and drop": 0, "deltaic ingest": 0}
        for run in range(runs):
            ingest = [PROGRAM, topic, folder / f"t{run}", "-k", broker.address, "-g", f"g{run}", "-e"]
            commands = {
                "librdkafka, consume and drop": [drop, broker.address, topic, PARTITIONS, count, *TUNING],
                "deltaic ingest": [*ingest, "--schema", SCHEMA],
            }
            for what, command in commands.items():
                process = subprocess.Popen(
                    list(map(str, command)),
                    env=ENVIRONMENT,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                figures = waited(process.pid, count)
                best[what] = max(best[what], figures["messages_per_second"])
                print(json.dumps({"what": what, "load": round(os.getloadavg()[0], 1), **figures}), flush=True)
            shutil.rmtree(folder / f"t{run}")
        limit, ours = best.values()
        print(json.dumps({"best": ours, "share_of_librdkafka": round(ours / limit, 2)}))
    finally:
        broker.do("stop")
        shutil.rmtree(folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("messages", nargs="?", type=int, default=2_000_000)
    parser.add_argument(
        "--compression", default="uncompressed", choices=["uncompressed", "lz4", "zstd", "snappy", "gzip"]
    )
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    main(arguments.messages, arguments.compression, arguments.runs)
