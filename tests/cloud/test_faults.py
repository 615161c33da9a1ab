"""What goes wrong between a table and S3: each fault once, and what must come of it."""

import json
import threading
import time

import deltalake
import pyarrow as pa
import pytest
from deltaic import DeltaTable, write_deltalake
from deltaic.exceptions import DeltaError

ROWS = pa.table({"id": pa.array(range(10), pa.int64())})
COMMIT = {"method": "PUT", "target": r"/_delta_log/\d+\.json"}


@pytest.fixture
def table(uri, options):
    """At version 0, with ten rows."""
    write_deltalake(uri, ROWS, storage_options=options)
    return uri


def commits_and_rows(uri, options) -> tuple[int, int]:
    """Told by another implementation."""
    table = deltalake.DeltaTable(uri, storage_options=options)
    return table.version(), pa.table(table.to_pyarrow_table()).num_rows


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "status", "code": 503},
        {"action": "status", "code": 500},
        {"action": "status", "code": 429},
        {"action": "status_after", "code": 503},
        {"action": "status_after", "code": 500},
        {"action": "reset"},
        {"action": "reset_after"},
        {"action": "close"},
    ],
    ids=lambda fault: f"{fault['action']}-{fault.get('code', '')}".strip("-"),
)
def test_commit_is_made_once_whatever_happens_to_its_answer(table, options, faults, faulty, fault):
    faults.rules({**COMMIT, "times": 1, **fault})
    write_deltalake(table, ROWS, mode="append", storage_options=faulty)
    assert faults.acted() == 1
    assert commits_and_rows(table, options) == (1, 20)


@pytest.mark.parametrize("action", ["status", "status_after", "reset", "reset_after", "close", "cut", "length"])
def test_any_other_request_may_fail_once(table, options, faults, faulty, action):
    """Reads, listings, uploads: tried again, nothing lost or doubled."""
    extra = {"cut": {"bytes": 10}, "length": {"add": 5}, "status": {"code": 503}, "status_after": {"code": 500}}
    for method, target in [("GET", "list-type"), ("GET", "json"), ("GET", "parquet"), ("PUT", "parquet")]:
        faults.rules({"method": method, "target": target, "times": 1, "action": action, **extra.get(action, {})})
        write_deltalake(table, ROWS, mode="overwrite", storage_options=faulty)
        assert DeltaTable(table, storage_options=faulty).to_pyarrow_table().num_rows == 10
    assert commits_and_rows(table, options) == (4, 10)


def test_error_document_in_a_successful_listing_is_no_empty_table(table, faults, faulty):
    slow_down = "<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>x</Message></Error>"
    rule = {"target": "list-type", "action": "status", "code": 200, "body": slow_down}
    faults.rules({**rule, "times": 1})
    assert DeltaTable(table, storage_options=faulty).version() == 0
    faults.rules(rule)
    with pytest.raises(DeltaError, match="SlowDown"):
        DeltaTable(table, storage_options={**faulty, "max_retries": "2"})


def test_retry_after_is_waited_for(table, faults, faulty):
    faults.rules({"target": "list-type", "times": 1, "action": "status", "code": 503, "headers": {"Retry-After": "1"}})
    start = time.monotonic()
    DeltaTable(table, storage_options=faulty)
    assert time.monotonic() - start >= 1


def test_expired_token_is_fetched_anew_once(table, faults, faulty):
    expired = "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"
    rule = {"target": "list-type", "action": "status", "code": 400, "body": expired}
    faults.rules({**rule, "times": 1})
    assert DeltaTable(table, storage_options=faulty).version() == 0
    faults.rules(rule)
    with pytest.raises(DeltaError, match="ExpiredToken.*log in again"):
        DeltaTable(table, storage_options=faulty)
    assert faults.acted() == 2


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"action": "set_headers", "headers": {"Content-Range": "bytes 1-5/99"}}, "asked for bytes"),
        ({"action": "set_headers", "headers": {"Content-Range": "nonsense"}}, "Content-Range"),
        # The range is signed: a proxy that drops it makes no good request.
        ({"action": "whole"}, "SignatureDoesNotMatch"),
    ],
    ids=["another range", "no range", "range dropped"],
)
def test_answer_with_other_bytes_is_refused(table, faults, faulty, fault, message):
    faults.rules({"method": "GET", "target": "parquet", **fault})
    with pytest.raises((DeltaError, OSError), match=message):
        DeltaTable(table, storage_options=faulty).to_pyarrow_table()


def test_store_that_is_down_is_said_to_be(table, faults, faulty):
    faults.rules({"action": "status", "code": 503})
    with pytest.raises(DeltaError, match="503.*try again"):
        DeltaTable(table, storage_options={**faulty, "max_retries": "1"})


def test_redirect_is_not_followed(table, faults, faulty, s3):
    faults.rules({"target": "list-type", "action": "redirect", "location": f"http://127.0.0.1:{s3.port}/test"})
    with pytest.raises(DeltaError, match="307"):
        DeltaTable(table, storage_options=faulty)


def test_many_writers_with_faults_lose_and_double_nothing(table, options, faults, faulty):
    """8 writers, 4 appends each, a fault in twenty requests of each kind."""
    faults.rules(
        {"probability": 0.02, "action": "reset_after"},
        {"probability": 0.02, "action": "status_after", "code": 503},
        {"probability": 0.02, "action": "status", "code": 503},
        {"probability": 0.02, "action": "reset"},
    )
    acknowledged, failures = [], []

    def write(writer: int):
        for i in range(4):
            value = writer * 1000 + i + 100
            try:
                write_deltalake(
                    table, pa.table({"id": pa.array([value], pa.int64())}), mode="append", storage_options=faulty
                )
                acknowledged.append(value)
            except DeltaError as error:
                failures.append((value, str(error)))

    threads = [threading.Thread(target=write, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    faults.rules()
    found = DeltaTable(table, storage_options=options).to_pyarrow_table()["id"].to_pylist()
    assert len(found) == len(set(found)), "a row twice"
    assert set(acknowledged) <= set(found), "an acknowledged row is gone"
    assert not failures, json.dumps(failures)


def test_bad_input_is_one_line_that_says_what_now(uri, options, s3, deltaic):
    cases = [
        ({"aws_secret_access_key": "wrong-canary"}, "aws_secret_access_key"),
        ({"aws_access_key_id": "nobody"}, "access key"),
        ({"aws_endpoint": "http://127.0.0.1:1"}, "cannot connect to http://127.0.0.1:1"),
        ({"aws_endpoint": "http://no-such-host.invalid"}, "cannot find http://no-such-host.invalid"),
        ({"allow_http": "false"}, "allow_http=true"),
        ({"aws_regoin": "x"}, "aws_region"),
        ({"aws_endpoint": f"https://127.0.0.1:{s3.port}", "max_retries": "0"}, f"https://127.0.0.1:{s3.port}"),
    ]
    for changes, wanted in cases:
        done = deltaic("info", uri, storage={**options, **changes})
        assert done.returncode != 0, changes
        assert wanted in done.stderr, done.stderr
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    done = deltaic("info", "s3://no-such-bucket/t")
    assert "NoSuchBucket" in done.stderr, done.stderr


def test_no_secret_reaches_a_message(uri, options, faults, deltaic):
    """Every secret is a canary, and every way to fail is tried."""
    secrets = {"aws_secret_access_key": "canary-secret", "aws_session_token": "canary-token"}
    storage = {**options, **secrets, "aws_endpoint": faults.endpoint, "init_backoff": "1ms", "max_retries": "1"}
    told = []
    for rule in [
        None,
        {"action": "status", "code": 503},
        {"action": "reset"},
        {"action": "status", "code": 400, "body": "<garbage"},
    ]:
        faults.rules(*([rule] if rule else []))
        told.append(deltaic("info", uri, storage=storage).stderr)
        with pytest.raises((DeltaError, OSError)) as caught:
            DeltaTable(uri, storage_options=storage)
        told.append(repr(caught.value) + str(caught.value))
    told.append(deltaic("info", uri, storage={**storage, "aws_server_side_encryption": "canary-kind"}).stderr)
    told.append(deltaic("info", "s3://user:canary-uri@bucket/t", storage=storage).stderr)
    assert all(told)
    assert "canary" not in "\n".join(told)


def test_cancelled_or_closed_connections_do_not_stay(table, options):
    """A table that is used again after a pause longer than a server keeps connections."""
    opened = DeltaTable(table, storage_options={**options, "pool_idle_timeout": "1s"})
    time.sleep(1.2)
    opened.update_incremental()
    assert opened.to_pyarrow_table().num_rows == 10
