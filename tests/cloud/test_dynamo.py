"""Commits agreed on in DynamoDB: by several writers, and after writers that died half way. deltalake 1.6.6 has no such
writer any more; it reads the tables."""

import json
import subprocess
import sys
import time

import deltalake
import lock_table
import pyarrow as pa
import pytest
import servers
from conftest import options_of
from deltaic import DeltaTable, write_deltalake
from deltaic.exceptions import DeltaError
from lock_table import COMMIT, PUT_ITEM


@pytest.fixture(scope="module")
def proxies(folder, pair):
    """Before S3, and before DynamoDB."""
    started = [
        servers.Proxy(folder, pair.port),
        servers.Proxy(folder, int(pair.dynamo.rsplit(":", 1)[1])),
    ]
    yield started
    for server in started:
        server.stop()


def locked(s3: str, dynamo: str) -> dict[str, str]:
    return lock_table.options(options_of(s3), dynamo)


@pytest.fixture
def locks(pair) -> dict[str, str]:
    return locked(f"http://127.0.0.1:{pair.port}", pair.dynamo)


@pytest.fixture
def faulty_locks(proxies) -> dict[str, str]:
    for proxy in proxies:
        proxy.rules()
    retries = {"init_backoff": "10ms", "max_backoff": "20ms", "max_retries": "1"}
    yield {**locked(proxies[0].endpoint, proxies[1].endpoint), **retries}
    for proxy in proxies:
        proxy.rules()


def rows(first: int, count: int = 5) -> pa.Table:
    return pa.table({"id": pa.array(range(first, first + count), pa.int64())})


def ids(uri, options) -> list[int]:
    return sorted(DeltaTable(uri, storage_options=options).to_pyarrow_table()["id"].to_pylist())


def peers_ids(uri, options) -> list[int]:
    plain = {name: value for name, value in options.items() if "DYNAMO" not in name and "LOCKING" not in name}
    table = deltalake.DeltaTable(uri, storage_options=plain).to_pyarrow_table()
    return sorted(pa.table(table)["id"].to_pylist())


def entries(pair, uri) -> list[dict]:
    return lock_table.entries(pair.dynamo, uri)


def test_entries_are_those_of_spark(pair, locks, uri):
    write_deltalake(uri, rows(0), storage_options=locks)
    write_deltalake(uri, rows(5), mode="append", storage_options=locks)
    found = entries(pair, uri)
    assert [entry["fileName"] for entry in found] == [f"{version:020}.json" for version in range(2)]
    for entry in found:
        assert set(entry) == {"tablePath", "fileName", "tempPath", "complete", "expireTime"}
        assert entry["complete"] == "true"
        assert entry["tempPath"].startswith(f".tmp/{entry['fileName']}.")
        assert 86_000 < int(entry["expireTime"]) - time.time() < 86_500


def test_no_request_has_a_condition(proxies, faulty_locks, uri):
    """So that it works on stores that know none."""
    write_deltalake(uri, rows(0), storage_options=faulty_locks)
    write_deltalake(uri, rows(5), mode="append", storage_options=faulty_locks)
    assert not [one for one in proxies[0].log() if "if-none-match" in one]
    assert len([one for one in proxies[0].log() if one["method"] == "PUT"]) >= 4


APPEND = """
import json, sys
import pyarrow as pa
package, uri, first, count, options = sys.argv[1:]
module = __import__(package)
for i in range(int(count)):
    rows = pa.table({"id": pa.array([int(first) + i], pa.int64())})
    module.write_deltalake(uri, rows, mode="append", storage_options=json.loads(options))
"""


def start_appends(package, uri, first, count, options):
    command = [sys.executable, "-c", APPEND, package, uri, str(first), str(count), json.dumps(options)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def test_processes_append_at_the_same_time(pair, locks, uri):
    write_deltalake(uri, rows(0, 1), storage_options=locks)
    writers = [
        start_appends("deltaic", uri, 1000, 10, locks),
        start_appends("deltaic", uri, 2000, 10, locks),
    ]
    for writer in writers:
        _, err = writer.communicate(timeout=120)
        assert writer.returncode == 0, err
    wanted = [0, *range(1000, 1010), *range(2000, 2010)]
    assert ids(uri, locks) == wanted
    assert peers_ids(uri, locks) == wanted
    assert len(entries(pair, uri)) == 21


# What a writer does, in order: it is killed once that is done. Which proxy sees it, and whether the commit stands.
STEPS = {
    "temporary file": (0, {"method": "PUT", "target": r"/\.tmp/"}, False),
    "entry": (1, PUT_ITEM, True),
    "commit": (0, {"method": "PUT", "target": COMMIT}, True),
    "completion": (1, {**PUT_ITEM, "skip": 1}, True),
}


@pytest.mark.parametrize("step", STEPS)
def test_writer_killed_after(step, proxies, locks, faulty_locks, uri):
    """Its commit is there if it was entered, once, and the next writer goes on after it."""
    write_deltalake(uri, rows(0), storage_options=locks)
    which, rule, is_committed = STEPS[step]
    proxies[which].rules({**rule, "action": "delay", "ms": 120_000})
    writer = start_appends("deltaic", uri, 100, 1, faulty_locks)
    deadline = time.monotonic() + 60
    while not proxies[which].acted() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.3)  # the server has it, and the answer is on its way
    writer.kill()
    writer.wait()
    for proxy in proxies:
        proxy.rules()
    write_deltalake(uri, rows(200), mode="append", storage_options=locks)
    wanted = [*range(5), *([100] if is_committed else []), *range(200, 205)]
    assert ids(uri, locks) == wanted
    assert peers_ids(uri, locks) == wanted


def test_reader_finishes_a_half_done_commit(pair, proxies, locks, faulty_locks, uri):
    write_deltalake(uri, rows(0), storage_options=locks)
    proxies[0].rules({"method": "PUT", "target": COMMIT, "action": "status", "code": 403})
    write_deltalake(uri, rows(5), mode="append", storage_options=faulty_locks)
    assert proxies[0].acted() > 0
    assert [entry["complete"] for entry in entries(pair, uri)] == ["true", "false"]
    assert ids(uri, locks) == list(range(10))
    assert [entry["complete"] for entry in entries(pair, uri)] == ["true", "true"]


@pytest.mark.parametrize("action", ["reset_after", "status_after"])
def test_entry_whose_answer_is_lost_is_one_commit(proxies, locks, faulty_locks, uri, action):
    write_deltalake(uri, rows(0), storage_options=locks)
    put = {"header": {"x-amz-target": "PutItem"}, "times": 1}
    proxies[1].rules({**put, "action": action, **({"code": 500} if action == "status_after" else {})})
    write_deltalake(uri, rows(5), mode="append", storage_options=faulty_locks)
    assert proxies[1].acted() == 1
    assert ids(uri, locks) == list(range(10))
    assert DeltaTable(uri, storage_options=locks).version() == 1


def test_table_of_locks_that_is_not_there_is_named(locks, uri):
    with pytest.raises(DeltaError, match="there is no DynamoDB table absent"):
        write_deltalake(uri, rows(0), storage_options={**locks, "DELTA_DYNAMO_TABLE_NAME": "absent"})


def test_entries_of_a_deleted_table_are_said(pair, locks, uri):
    entry = {"tablePath": uri, "fileName": f"{0:020}.json", "tempPath": ".tmp/x", "complete": "true"}
    item = {name: {"S": value} for name, value in entry.items()}
    lock_table.ask(pair.dynamo, "PutItem", {"TableName": lock_table.TABLE, "Item": item})
    with pytest.raises(DeltaError, match="entries of a table that was deleted"):
        write_deltalake(uri, rows(0), storage_options=locks)


def test_unknown_provider_is_refused(locks, uri):
    with pytest.raises(DeltaError, match="aws_s3_locking_provider"):
        DeltaTable(uri, storage_options={**locks, "AWS_S3_LOCKING_PROVIDER": "zookeeper"})
