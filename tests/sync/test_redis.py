"""After every run, whole or killed, the keys in Redis equal the source at the cursor's version."""

import json
import random
import signal
import socket
import subprocess
import threading
import time

import pytest
from conftest import PROGRAM, TIMES, Redis, some_rows
from databases import TlsRedisServer, redis_of
from test_postgres import change_something


class TlsRedis(TlsRedisServer):
    rows = Redis.rows


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


@pytest.fixture(scope="module")
def tls():
    yield from redis_of(TlsRedis)


def test_tls(source, tls, monkeypatch):
    source.write(some_rows(range(5000)))
    assert source.sync(tls.tls_url, "--ca-file", tls.ca_file)["action"] == "snapshot"
    assert found(tls) == expected(source.rows())
    source.run("update", source.path, "--set", "id=4999 - id")
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.ca_file))
    assert source.sync(tls.tls_url)["action"] == "incremental"
    assert found(tls) == expected(source.rows())


def test_tls_that_is_not_trusted(source, tls, redis):
    source.write([(1, "a", 0.5)])
    ca = ("--ca-file", tls.ca_file)
    by_address = tls.tls_url.replace("localhost", "127.0.0.1")
    cases = {
        "certificate in certificate chain; --ca-file FILE names": (tls.tls_url,),
        "not trusted: IP address mismatch": (by_address, *ca),
        "no certificates can be read from": (tls.tls_url, "--ca-file", "/nowhere/ca.pem"),
        "does not begin with rediss://": (tls.tls_url.replace("rediss", "redis"), *ca),
        "WRONGPASS": (tls.tls_url.replace("canary-password", "canary-wrong"), *ca),
    }
    for says, arguments in cases.items():
        message = source.sync(*arguments, code=None)
        assert says in message and "canary" not in message, message
    with socket.create_server(("127.0.0.1", 0)) as plain:
        answer = threading.Thread(target=lambda: plain.accept()[0].sendall(b"-ERR unknown command\r\n" * 9))
        answer.start()
        message = source.sync(f"rediss://localhost:{plain.getsockname()[1]}", code=None)
        answer.join()
        assert "TLS: wrong version number" in message, message
