"""Many processes that come, go and stall; storage that fails: rows are there once all the same."""

import os
import pathlib
import random
import signal
import sys
import time

import deltalake
import pytest
from conftest import ROOT, assert_each_once

sys.path.insert(0, str(ROOT / "tests/cloud"))
import servers

STORM_SECONDS = int(os.environ.get("DELTAIC_INGEST_STORM_SECONDS", "8"))


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_rebalance_storm_with_zombies(broker, start, ingest, tmp_path, protocol):
    """6 processes over 12 partitions: killed, ended, started, and stopped for longer than their session lasts."""
    topic = broker.topic(12)
    flags = ["--schema", "id long", "-l", "0.1", "--max-rows-per-commit", "2000", "-g", topic]
    if protocol == "consumer":
        flags += ["-K", "group.protocol=consumer"]
    else:
        flags += ["-K", "session.timeout.ms=6000", "-K", "heartbeat.interval.ms=500"]
    moments = random.Random(11)
    running = [start(topic, tmp_path / "t", *flags) for _ in range(6)]
    stopped = {}
    produced = 0
    end = time.monotonic() + STORM_SECONDS
    while time.monotonic() < end:
        broker.produce(topic, ({"id": i} for i in range(produced, produced + 3000)), 12)
        produced += 3000
        time.sleep(moments.uniform(0.1, 0.8))
        i = moments.randrange(6)
        one = running[i]
        if i in stopped:
            if time.monotonic() > stopped[i]:
                one.process.send_signal(signal.SIGCONT)
                del stopped[i]
            continue
        action = moments.choice(["kill", "stall", "end"])
        if action == "stall":
            one.process.send_signal(signal.SIGSTOP)
            stopped[i] = time.monotonic() + moments.uniform(1, 8)
        else:
            one.process.send_signal(signal.SIGKILL if action == "kill" else signal.SIGTERM)
            one.wait()
            running[i] = start(topic, tmp_path / "t", *flags)
    for i, one in enumerate(running):
        if i in stopped:
            one.process.send_signal(signal.SIGCONT)
        one.process.send_signal(signal.SIGTERM)
    for one in running:
        assert one.wait(30) in (0, -signal.SIGTERM), one.text  # the latter where it had only just begun
    # A member that was killed holds its partitions until its session is over.
    ingest(topic, tmp_path / "t", "--schema", "id long", "-g", f"{topic}-last")
    assert_each_once(tmp_path / "t", produced)


@pytest.fixture(scope="module")
def storage(tmp_path_factory):
    folder = pathlib.Path(tmp_path_factory.mktemp("servers"))
    s3 = servers.Server("s3.sh", folder, "--bucket", "test")
    proxy = servers.Proxy(folder, s3.port)
    yield s3, proxy
    proxy.stop()
    s3.stop()


def options_of(endpoint: str) -> dict[str, str]:
    return {
        "aws_access_key_id": "testing",
        "aws_secret_access_key": "testing-secret",
        "aws_region": "us-east-1",
        "aws_endpoint": endpoint,
        "allow_http": "true",
    }


COMMIT = {"method": "PUT", "target": r"/_delta_log/\d+\.json"}


@pytest.mark.parametrize(
    "name, rules",
    [
        ("commits-503", [{**COMMIT, "times": 8, "action": "status", "code": 503}]),
        ("files-503", [{"method": "PUT", "target": "parquet", "times": 8, "action": "status", "code": 503}]),
        ("replies-lost", [{**COMMIT, "times": 3, "action": "reset_after"}]),
        ("all-503", [{"times": 8, "action": "status", "code": 503}]),
    ],
)
def test_storage_that_fails(broker, start, storage, name, rules):
    s3, proxy = storage
    proxy.rules()
    topic = broker.topic(2)
    flags = ["--schema", "id long", "-l", "0.2"]
    for key, value in {**options_of(proxy.endpoint), "max_retries": "2", "init_backoff": "10ms"}.items():
        flags += ["--storage-option", f"{key}={value}"]
    broker.produce(topic, ({"id": i} for i in range(1000)), 2)
    uri = f"s3://test/{name}-{os.getpid()}"
    ran = start(topic, uri, *flags)
    deadline = time.monotonic() + 60
    while "committed" not in ran.text and time.monotonic() < deadline:
        time.sleep(0.1)
    proxy.rules(*rules)
    broker.produce(topic, ({"id": i} for i in range(1000, 2000)), 2)
    table = None
    while time.monotonic() < deadline:
        table = deltalake.DeltaTable(uri, storage_options=options_of(f"http://127.0.0.1:{s3.port}"))
        if table.to_pyarrow_table().num_rows >= 2000:
            break
        time.sleep(0.3)
    assert proxy.acted() > 0
    assert ran.terminate() == 0, ran.text
    table.update_incremental()
    assert sorted(table.to_pyarrow_table()["id"].to_pylist()) == list(range(2000)), ran.text
