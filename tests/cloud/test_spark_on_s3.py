"""Spark on the same S3 tables: by turns with its own log store, and at once where commits are agreed on in DynamoDB.

For the latter Spark needs the package delta-storage-s3-dynamodb, or the jar that $DELTAIC_S3_DYNAMODB_JAR names
(folder `storage-s3-dynamodb` of delta, compiled); without it those tests are skipped by name.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import lock_table
import pyarrow as pa
import pytest
import servers
from conftest import KEY, SECRET, options_of
from deltaic import DeltaTable, write_deltalake
from lock_table import COMMIT, PUT_ITEM

OURS, COMMITS = map(int, os.environ.get("DELTAIC_SPARK_RACE", "4x10").split("x"))
SCRIPT = str(servers.ROOT / "tests/cloud/spark_on_s3.py")


class Spark:
    """The process of spark_on_s3.py."""

    def __init__(self, folder, **given):
        settings = {"folder": str(folder), "key": KEY, "secret": SECRET, **given}
        self.process = subprocess.Popen(
            [sys.executable, SCRIPT, json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.said = []
        threading.Thread(target=lambda: self.said.extend(self.process.stderr), daemon=True).start()
        first = self.line()
        if first != "ready":
            pytest.skip(first["missing"])

    def line(self):
        line = self.process.stdout.readline()
        assert line, "".join(self.said)[-2000:]
        return json.loads(line)

    def start(self, do: str, uri: str, **order) -> None:
        self.process.stdin.write(json.dumps({"do": do, "uri": uri, **order}) + "\n")
        self.process.stdin.flush()

    def answer(self) -> list[int]:
        answer = self.line()
        assert "answer" in answer, answer["error"]
        return answer["answer"]

    def append(self, uri: str, first: int, count: int = 5, commits: int = 1) -> list[int]:
        self.start("append", uri, first=first, count=count, commits=commits)
        return self.answer()

    def read(self, uri: str) -> list[int]:
        self.start("read", uri)
        return self.answer()

    def kill(self) -> None:
        """With its Java, at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()


@pytest.fixture(scope="module")
def alone(s3, tmp_path_factory):
    """Spark with the log store that it has by itself."""
    session = Spark(tmp_path_factory.mktemp("spark"), endpoint=f"http://127.0.0.1:{s3.port}")
    yield session
    session.stop()


@pytest.fixture(scope="module")
def sparks_proxies(folder, pair):
    """Between Spark and S3, and between Spark and DynamoDB."""
    started = [servers.Proxy(folder, pair.port), servers.Proxy(folder, int(pair.dynamo.rsplit(":", 1)[1]), "--tls")]
    yield started
    for server in started:
        server.stop()


@pytest.fixture(scope="module")
def locking(sparks_proxies, tmp_path_factory):
    """Spark with S3DynamoDBLogStore."""
    s3, dynamo = (proxy.endpoint for proxy in sparks_proxies)
    session = Spark(tmp_path_factory.mktemp("spark"), endpoint=s3, dynamo=dynamo, locks=lock_table.TABLE)
    yield session
    session.stop()


@pytest.fixture(autouse=True)
def no_rules_left(request):
    yield
    for name in ("sparks_proxies", "our_proxies"):
        for proxy in request.getfixturevalue(name) if name in request.fixturenames else ():
            proxy.rules()


@pytest.fixture
def locks(pair) -> dict[str, str]:
    return lock_table.options(options_of(f"http://127.0.0.1:{pair.port}"), pair.dynamo)


@pytest.fixture(scope="module")
def our_proxies(folder, pair):
    """Between a writer of ours and S3, and DynamoDB."""
    started = [servers.Proxy(folder, pair.port), servers.Proxy(folder, int(pair.dynamo.rsplit(":", 1)[1]))]
    yield started
    for server in started:
        server.stop()


@pytest.fixture
def uri(uri) -> str:
    """As Spark names it, since the entries in DynamoDB have this text."""
    return uri.replace("s3://", "s3a://")


def append(uri, options, first: int, count: int = 5) -> list[int]:
    rows = pa.table({"id": pa.array(range(first, first + count), pa.int64())})
    write_deltalake(uri, rows, mode="append", storage_options=options)
    return list(range(first, first + count))


def ids(uri, options) -> list[int]:
    return sorted(DeltaTable(uri, storage_options=options).to_pyarrow_table()["id"].to_pylist())


def take_turns(spark, uri, options) -> None:
    wanted = []
    for turn in range(2):
        wanted += append(uri, options, 100 * turn)
        assert spark.read(uri) == wanted
        wanted += spark.append(uri, 100 * turn + 50)
        assert ids(uri, options) == wanted


def test_by_turns(alone, options, uri):
    take_turns(alone, uri, options)
    DeltaTable(uri, storage_options=options).create_checkpoint()
    assert len(alone.read(uri)) == 20


def test_by_turns_agreed_on_in_dynamo(locking, pair, locks, uri):
    take_turns(locking, uri, locks)
    found = lock_table.entries(pair.dynamo, uri)
    assert [entry["fileName"] for entry in found] == [f"{version:020}.json" for version in range(4)]
    assert {(entry["complete"], *sorted(entry)) for entry in found} == {("true", *sorted(found[0]))}


WRITER = """
import json, sys
import pyarrow as pa
from deltaic import write_deltalake
uri, first, commits, options = sys.argv[1:]
for i in range(int(first), int(first) + int(commits)):
    rows = pa.table({"id": pa.array([i], pa.int64())})
    write_deltalake(uri, rows, mode="append", storage_options=json.loads(options))
    print(i, flush=True)
"""


def start_writer(uri, first: int, commits: int, options):
    command = [sys.executable, "-c", WRITER, uri, str(first), str(commits), json.dumps(options)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_at_once(locking, pair, locks, uri):
    """Each acknowledged commit is there once, and so is each row."""
    acknowledged = append(uri, locks, 0, 1)
    locking.start("append", uri, first=1_000_000, count=1, commits=COMMITS)
    writers = [start_writer(uri, 1000 * (n + 1), COMMITS, locks) for n in range(OURS)]
    for writer in writers:
        out, err = writer.communicate(timeout=600)
        assert writer.returncode == 0, err[-2000:]
        acknowledged += map(int, out.split())
    acknowledged += locking.answer()
    assert len(acknowledged) == 1 + (OURS + 1) * COMMITS
    assert ids(uri, locks) == sorted(acknowledged) == locking.read(uri)
    assert DeltaTable(uri, storage_options=locks).version() == (OURS + 1) * COMMITS
    assert len(lock_table.entries(pair.dynamo, uri)) == 1 + (OURS + 1) * COMMITS


def states(pair, uri) -> list[str]:
    return [entry["complete"] for entry in lock_table.entries(pair.dynamo, uri)]


COPY = {"method": "PUT", "target": COMMIT}
# What fails in Spark's writer, after the entry stands: it leaves the rest to whoever comes next.
LEFT_UNDONE = {
    "copy": (0, COPY | {"action": "status", "code": 403}),
    "completion": (1, PUT_ITEM | {"skip": 1, "action": "status", "code": 400}),
}


@pytest.mark.parametrize("step", LEFT_UNDONE)
@pytest.mark.parametrize("next_does", ["read", "append"])
def test_what_spark_left_undone_is_finished(step, next_does, locking, sparks_proxies, pair, locks, uri):
    wanted = append(uri, locks, 0)
    which, rule = LEFT_UNDONE[step]
    sparks_proxies[which].rules(rule)
    locking.start("append", uri, first=100, count=5, commits=1)
    # After a copy that failed Spark says so, and the commit stands all the same: its entry is there.
    assert ("error" in locking.line()) == (step == "copy")
    wanted += range(100, 105)
    assert sparks_proxies[which].acted() > 0
    sparks_proxies[which].rules()
    assert states(pair, uri) == ["true", "false"]
    if next_does == "append":
        wanted += append(uri, locks, 200)
    assert ids(uri, locks) == wanted
    assert set(states(pair, uri)) == {"true"}
    assert locking.read(uri) == wanted


def wait_for(proxy) -> None:
    """Until it holds a request back whose work the server has done."""
    deadline = time.monotonic() + 60
    while not proxy.acted() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert proxy.acted()
    time.sleep(0.3)


HELD = {"action": "delay", "ms": 120_000}
KILLED_AFTER = {"entry": (1, PUT_ITEM | HELD), "copy": (0, COPY | HELD)}


@pytest.mark.parametrize("step", KILLED_AFTER)
def test_spark_finishes_what_a_killed_writer_of_ours_began(step, locking, our_proxies, pair, locks, uri):
    wanted = append(uri, locks, 0)
    which, rule = KILLED_AFTER[step]
    our_proxies[which].rules(rule)
    s3, dynamo = (proxy.endpoint for proxy in our_proxies)
    writer = start_writer(uri, 100, 1, lock_table.options(options_of(s3), dynamo))
    wait_for(our_proxies[which])
    writer.kill()
    writer.wait()
    our_proxies[which].rules()
    assert states(pair, uri) == ["true", "false"]
    wanted += [100, *locking.append(uri, 200)]
    assert locking.read(uri) == wanted
    assert ids(uri, locks) == wanted
    assert set(states(pair, uri)) == {"true"}


def test_killed_spark_is_finished_by_ours(locking, sparks_proxies, pair, locks, uri):
    """The last of this file: that Spark is gone then."""
    wanted = append(uri, locks, 0)
    sparks_proxies[0].rules(COPY | HELD)
    locking.start("append", uri, first=100, count=5, commits=1)
    wait_for(sparks_proxies[0])
    locking.kill()
    sparks_proxies[0].rules()
    assert states(pair, uri) == ["true", "false"]
    wanted += [*range(100, 105), *append(uri, locks, 200)]
    assert ids(uri, locks) == wanted
    assert set(states(pair, uri)) == {"true"}
