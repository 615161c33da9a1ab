"""After every run, whole or killed, the keys in Redis equal the source at the cursor's version."""

import json
import random
import signal
import subprocess
import time

import pytest
from conftest import PROGRAM, TIMES, some_rows
from test_postgres import change_something


@pytest.fixture
def target(redis):
    redis.run("FLUSHALL")
    return redis


def expected(rows):
    out = {}
    for i, name, score in rows:
        row = {"id": str(i), "name": name, "score": None if score is None else repr(score)}
        out[f"scores:{i}"] = {k: v for k, v in row.items() if v is not None}
    return out


def found(target):
    rows = target.rows("scores")
    return {key: {**row, "score": repr(float(row["score"]))} for key, row in rows.items()}


def test_snapshot_then_changes_then_nothing(source, target):
    source.write(some_rows(range(50)))
    target.run("HSET", "scores:999", "name", "stale")
    assert source.sync(target.url)["action"] == "snapshot"
    assert found(target) == expected(source.rows())
    source.run("update", source.path, "--set", "id=49 - id")
    source.run("delete", source.path, "--where", "id < 10")
    done = source.sync(target.url)
    assert (done["action"], done["from"], done["to"]) == ("incremental", 0, 2)
    assert found(target) == expected(source.rows())
    assert source.sync(target.url)["action"] == "nothing"
    status = source.sync(target.url, "--status")
    assert (status["version"], status["sameTable"]) == (2, True)


def test_json_values_and_upsert(source, target):
    source.write([(1, "a\0b", 0.5)])
    target.run("SET", "scores:7", "mine")
    source.sync(target.url, "--value", "json", "--mode", "upsert")
    assert json.loads(target.run("GET", "scores:1")) == {"id": 1, "name": "a\0b", "score": 0.5}
    assert target.run("GET", "scores:7").strip() == "mine"
    assert "modes mirror and upsert" in source.sync(target.url, "--mode", "append", code=2)


def test_two_runners_at_once(source, target):
    source.write(some_rows(range(2000)))
    command = [str(PROGRAM), "sync", str(source.path), target.url, "--into", "scores", "--key", "id", "--json"]
    for step in range(3):
        running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        said = [process.communicate()[0] for process in running]
        assert [process.returncode for process in running] == [0, 0, 0]
        assert sum('"action":"nothing"' in line for line in said) == 2
        assert found(target) == expected(source.rows())
        source.run("update", source.path, "--set", f"score={step}", "--where", "id < 10")


def test_killed_runners_leave_all_or_nothing(source, target):
    """DELTAIC_TORTURE=100 kills a thousand."""
    chance = random.Random(9)
    source.write(some_rows(range(600)))
    command = [str(PROGRAM), "sync", str(source.path), target.url, "--into", "scores", "--key", "id"]
    started = time.monotonic()
    source.sync(target.url)
    usual = time.monotonic() - started
    killed = 0
    for _ in range(10 * TIMES):
        change_something(source, chance)
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, usual))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        # A connection that was cut may still have an EXEC to run: until no other client is there.
        while len(target.run("CLIENT", "LIST").splitlines()) > 1:
            time.sleep(0.01)
        assert found(target) == expected(source.rows(target.cursor("scores")))
    source.sync(target.url)
    assert found(target) == expected(source.rows())
    assert killed > 0
