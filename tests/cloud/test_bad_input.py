"""What people get wrong, on every store: each is one line that says what, where and what now, without a secret."""

import pathlib
import subprocess
import uuid

import pytest
from command_line import CITIES, cities, deltaic, rows

CANARY = "canary-secret"


@pytest.fixture(scope="module")
def clock(folder) -> dict[str, str]:
    """An environment whose clock is 20 minutes late."""
    library = folder / "wrong_clock.so"
    source = pathlib.Path(__file__).parent / "wrong_clock.c"
    made = subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return {"LD_PRELOAD": str(library), "CLOCK_OFFSET": "-1200"}


def line_of(uri, options, env=None) -> str:
    ran = deltaic("info", uri, options={"max_retries": "1", **options}, env=env)
    assert ran.code != 0, ran.out
    assert len(ran.err.strip().splitlines()) == 1, ran.err
    assert CANARY not in ran.err
    return ran.err


@pytest.mark.parametrize(
    "change, says",
    [
        ({"aws_access_key_id": "nobody"}, ["the store says", "check aws_access_key_id"]),
        ({"aws_secret_access_key": CANARY}, ["SignatureDoesNotMatch", "aws_secret_access_key"]),
        ({"aws_region": "eu-nowhere-9"}, ["aws_region"]),
        ({"aws_session_token": CANARY, "aws_access_key_id": "temporary"}, ["s3://test/"]),
        ({"aws_endpoint": "http://127.0.0.1:9"}, ["127.0.0.1:9", "connect"]),
        ({"aws_endpoint": "http://no.such.host.invalid"}, ["no.such.host.invalid"]),
        ({"allow_http": "false"}, ["allow_http=true"]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_s3(options, uri, change, says):
    said = line_of(uri, {**options, **change})
    for text in says:
        assert text in said, said


def test_buckets_that_are_not_there(options, azure):
    said = line_of("s3://no-such-bucket/t", options)
    assert "NoSuchBucket" in said and "bucket" in said
    said = line_of("az://no-such-container/t", azure)
    assert "ContainerNotFound" in said and "container" in said


def test_expired_credentials_that_nobody_renews(faulty, faults, uri, options):
    assert deltaic("write", uri, CITIES, options=options).code == 0
    body = "<?xml version='1.0'?><Error><Code>ExpiredToken</Code><Message>It has expired.</Message></Error>"
    faults.rules({"times": 99, "action": "status", "code": 400, "body": body})
    said = line_of(uri, faulty)
    assert "ExpiredToken" in said and "log in again" in said


def test_clock_that_is_20_minutes_late_is_put_right(options, azure, uri, clock):
    """The store's own time is adopted, once."""
    assert deltaic("write", uri, CITIES, options=options, env=clock).code == 0
    assert rows(uri, options=options, env=clock) == cities()
    place = f"az://test/{uuid.uuid4().hex}"
    assert deltaic("write", place, CITIES, options=azure, env=clock).code == 0
    assert rows(place, options=azure, env=clock) == cities()


def test_clock_is_late_indeed_and_the_store_minds(faulty, faults, uri, options, clock):
    assert deltaic("write", uri, CITIES, options=options).code == 0
    faults.rules()
    assert rows(uri, options=faulty, env=clock) == cities()
    assert 403 in [one.get("status") for one in faults.log()], "else the test above shows nothing"


@pytest.mark.parametrize(
    "change, says",
    [
        ({"azure_storage_account_key": "Y2FuYXJ5LXNlY3JldA=="}, ["Azure says Auth", "az://test/t"]),
        ({"azure_storage_endpoint": "http://127.0.0.1:9/devstoreaccount1"}, ["127.0.0.1:9", "connect"]),
        ({"azure_storage_account_name": "no_account!"}, []),
    ],
    ids=["key", "network", "account"],
)
def test_azure(azure, change, says):
    said = line_of("az://test/t", {**azure, **change})
    for text in says:
        assert text in said, said
    assert "Y2FuYXJ5" not in said
