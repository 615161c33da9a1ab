"""Credentials by a function of the program: asked in time, again when refused, from any thread, and never shown."""

import concurrent.futures
import datetime
import time

import pyarrow as pa
import pytest
from conftest import KEY, SECRET
from deltaic import DeltaTable, write_deltalake
from deltaic.exceptions import DeltaError
from servers import Proxy

ROWS = pa.table({"id": pa.array(range(10), pa.int64())})
KEYS = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}


class Provider:
    """Gives what it is told to, and counts."""

    def __init__(self, *given):
        self.given = list(given)
        self.calls = 0

    def __call__(self):
        self.calls += 1
        one = self.given.pop(0) if len(self.given) > 1 else self.given[0]
        if isinstance(one, Exception):
            raise one
        return one


def in_an_hour() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)


@pytest.fixture
def place(options):
    """Storage options without keys."""
    return {name: value for name, value in options.items() if "key" not in name}


FORMS = {
    "options": KEYS,
    "short names": {"access_key_id": KEY, "secret_access_key": SECRET, "token": None},
    "as obstore": {"access_key_id": KEY, "secret_access_key": SECRET, "expires_at": in_an_hour()},
    "as Polars": (KEYS, int(time.time()) + 3600),
    "as Polars, for ever": (KEYS, None),
    "time as text": {**KEYS, "expires_at": in_an_hour().isoformat()},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_credentials(uri, place, form):
    provider = Provider(FORMS[form])
    write_deltalake(uri, ROWS, storage_options={**place, "credential_provider": provider})
    assert provider.calls == 1
    table = DeltaTable(uri, storage_options=place, credential_provider=provider)
    assert table.to_pyarrow_table().num_rows == 10
    table.delete("id < 5")
    assert table.to_pyarrow_table().num_rows == 5
    assert provider.calls == 2, "once for each table that is opened"


def test_refused_keys_are_asked_for_once_more(uri, place):
    write_deltalake(uri, ROWS, storage_options={**place, **KEYS})
    wrong = {"aws_access_key_id": KEY, "aws_secret_access_key": "canary-of-yesterday"}
    provider = Provider(wrong, KEYS)
    table = DeltaTable(uri, storage_options=place, credential_provider=provider)
    assert table.to_pyarrow_table().num_rows == 10
    assert provider.calls == 2
    with pytest.raises(DeltaError, match="SignatureDoesNotMatch") as error:
        DeltaTable(uri, storage_options=place, credential_provider=Provider(wrong))
    assert "canary" not in str(error.value)


def test_keys_that_expire_in_the_midst_are_replaced(uri, place, faults, faulty):
    write_deltalake(uri, ROWS, storage_options={**place, **KEYS})
    provider = Provider(KEYS)
    behind = {name: value for name, value in faulty.items() if "key" not in name}
    table = DeltaTable(uri, storage_options=behind, credential_provider=provider)
    body = "<?xml version='1.0'?><Error><Code>ExpiredToken</Code><Message>expired</Message></Error>"
    faults.rules({"method": "GET", "target": "parquet", "times": 1, "action": "status", "code": 400, "body": body})
    assert table.to_pyarrow_table().num_rows == 10
    assert provider.calls == 2 and faults.acted() == 1


def test_threads_share_what_one_of_them_fetched(uri, place):
    for _ in range(4):
        write_deltalake(uri, ROWS, mode="append", storage_options={**place, **KEYS})
    provider = Provider((KEYS, int(time.time()) + 3600))
    table = DeltaTable(uri, storage_options=place, credential_provider=provider)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda _: table.to_pyarrow_table().num_rows, range(24)))
    assert set(counts) == {40}
    assert provider.calls == 1


@pytest.mark.parametrize(
    "given, says",
    [
        (RuntimeError("the vault is sealed\nsecond line"), "RuntimeError: the vault is sealed"),
        ("text", "not a dict of storage options"),
        ({"aws_access_key_id": KEY}, "aws_secret_access_key"),
        ({"aws_access_key_id": 7}, "no text for 'aws_access_key_id'"),
        ({**KEYS, "aws_regoin": "canary"}, "aws_regoin"),
        ({**KEYS, "expires_at": 1}, "expired already"),
        ({}, "aws_access_key_id"),
    ],
)
def test_what_goes_wrong_in_it_is_one_line(uri, place, given, says):
    with pytest.raises(DeltaError, match=says) as error:
        DeltaTable(uri, storage_options=place, credential_provider=Provider(given))
    text = str(error.value)
    assert len(text.splitlines()) == 1
    assert "canary" not in text and "second line" not in text and SECRET not in text


def test_not_a_function_and_twice_and_where_there_is_no_cloud(uri, place, tmp_path):
    with pytest.raises(TypeError, match="credential_provider"):
        DeltaTable(uri, storage_options=place, credential_provider="keys")
    with pytest.raises(ValueError, match="twice"):
        DeltaTable(uri, storage_options={"credential_provider": Provider(KEYS)}, credential_provider=Provider(KEYS))
    with pytest.raises(DeltaError, match="credentials provider"):
        DeltaTable(str(tmp_path), credential_provider=Provider(KEYS))


def test_the_function_is_let_go(uri, place):
    import gc
    import weakref

    provider = Provider(KEYS)
    write_deltalake(uri, ROWS, storage_options={**place, "credential_provider": provider})
    kept = weakref.ref(provider)
    del provider
    gc.collect()
    assert kept() is None


def test_azure(azure, uri):
    path = uri.removeprefix("s3://test/")
    place = {name: value for name, value in azure.items() if not name.endswith("_key")}
    key = azure["azure_storage_account_key"]
    wrong = {"azure_storage_sas_token": "sv=2021-06-08&sig=Y2FuYXJ5"}
    provider = Provider(wrong, {"azure_storage_account_key": key, "expires_at": in_an_hour()})
    write_deltalake(f"az://test/{path}", ROWS, storage_options={**place, "credential_provider": provider})
    # Two requests begin at once, and the second of them may be refused after new ones came for the first.
    assert provider.calls in (2, 3), "the first were refused"
    table = DeltaTable(f"az://test/{path}", storage_options=place, credential_provider=provider)
    assert table.to_pyarrow_table().num_rows == 10
    with pytest.raises(DeltaError) as error:
        DeltaTable(f"az://test/{path}", storage_options=place, credential_provider=Provider(wrong))
    assert "Y2FuYXJ5" not in str(error.value)


def test_google(gcs, uri, folder):
    path = uri.removeprefix("s3://test/")
    proxy = Proxy(folder, gcs.port)
    try:
        place = {"google_base_url": f"http://127.0.0.1:{proxy.port}", "allow_http": "true"}
        provider = Provider({"token": "canary-1"}, {"google_bearer_token": "canary-2", "expires_at": in_an_hour()})
        proxy.rules(
            {"header": {"authorization": "canary-1"}, "times": 99, "action": "status", "code": 401, "body": "{}"}
        )
        write_deltalake(f"gs://test/{path}", ROWS, storage_options={**place, "credential_provider": provider})
        assert provider.calls == 2 and proxy.acted() >= 1
    finally:
        proxy.stop()
