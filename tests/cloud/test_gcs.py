"""Tables in Google Cloud Storage: fake-gcs-server plays its JSON interface, cloudauth.sh what hands out tokens."""

import json
import pathlib
import urllib.parse
import urllib.request
import uuid

import deltalake
import pyarrow as pa
import pytest
from command_line import CITIES, cities, deltaic, rows, run_contract
from servers import Proxy, ask
from store_tests import StoreTests


@pytest.fixture(scope="module")
def proxy(folder, gcs):
    server = Proxy(folder, gcs.port)
    yield server
    server.stop()


@pytest.fixture
def options(gcs):
    return {"google_base_url": f"http://127.0.0.1:{gcs.port}", "google_skip_signature": "true", "allow_http": "true"}


@pytest.fixture
def faulty(options, proxy):
    proxy.rules()
    return {**options, "google_base_url": f"http://127.0.0.1:{proxy.port}"}


@pytest.fixture
def uri():
    return f"gs://test/{uuid.uuid4().hex}"


class TestGcs(StoreTests):
    commit = {"method": "POST", "target": r"uploadType=media.*_delta_log%2F\d{20}\.json"}


def test_store_keeps_the_contract(gcs):
    run_contract("gs://test/contract", gcs.env)


def test_the_emulators_variable_is_enough(gcs, uri):
    env = {"STORAGE_EMULATOR_HOST": gcs.env["STORAGE_EMULATOR_HOST"]}
    assert deltaic("write", uri, CITIES, env=env).code == 0
    assert rows(uri, env=env) == cities()


def test_large_file_goes_in_chunks_and_goes_on_after_faults(options, faulty, uri, tmp_path, proxy):
    source = tmp_path / "large.csv"
    with source.open("w") as out:
        out.write("id,text\n")
        for i in range(1_200_000):
            out.write(f"{i},{uuid.uuid5(uuid.NAMESPACE_OID, str(i)).hex}\n")
    proxy.rules(
        {"method": "PUT", "target": "upload", "skip": 1, "times": 1, "action": "status", "code": 503, "body": ""}
    )
    ran = deltaic("write", uri, source, options=faulty, timeout=300)
    assert ran.code == 0, ran.err
    chunks = [one for one in proxy.log() if one["method"] == "PUT"]
    assert len(chunks) >= 4
    assert json.loads(deltaic("info", uri, "--json", options=options).out)["numRows"] == 1_200_000
    ran = deltaic("scan", uri, "--where", "id = 1199999", "--format", "json", options=options)
    assert json.loads(ran.out)["text"] == uuid.uuid5(uuid.NAMESPACE_OID, "1199999").hex


def peer_options(gcs) -> dict:
    key = {"gcs_base_url": f"http://127.0.0.1:{gcs.port}", "disable_oauth": True}
    key |= {"client_email": "", "private_key": "", "private_key_id": ""}
    return {"google_service_account_key": json.dumps(key), "allow_http": "true"}


def test_the_peer_reads_what_we_write(gcs, options, uri):
    ran = deltaic("write", uri, CITIES, "--partition-by", "country", options=options)
    assert ran.code == 0, ran.err
    table = deltalake.DeltaTable(uri, storage_options=peer_options(gcs))
    got = table.to_pyarrow_table().sort_by("city").select(["city", "country", "population"]).to_pylist()
    assert got == cities()
    # The same key file serves us.
    assert rows(uri, options=peer_options(gcs)) == cities()


def test_we_read_what_the_peer_wrote(gcs, options, uri, tmp_path):
    """The peer's own way of writing is one that this emulator refuses, so its files are copied there."""
    source = pa.table({"city": ["Zürich", "Bern"], "k": ["a b", "50%"]})
    deltalake.write_deltalake(tmp_path / "t", source, partition_by=["k"])
    for path in pathlib.Path(tmp_path / "t").rglob("*"):
        if not path.is_file():
            continue
        name = uri.removeprefix("gs://test/") + "/" + str(path.relative_to(tmp_path / "t"))
        query = urllib.parse.urlencode({"uploadType": "media", "name": name})
        url = f"http://127.0.0.1:{gcs.port}/upload/storage/v1/b/test/o?{query}"
        with urllib.request.urlopen(urllib.request.Request(url, path.read_bytes(), method="POST"), timeout=30):
            pass
    assert rows(uri, options=options) == [{"city": "Bern", "k": "50%"}, {"city": "Zürich", "k": "a b"}]


WAYS = {
    "service_account": "POST /google/token",
    "authorized_user": "POST /google/token",
    "external_account": "POST /google/sts/v1/token",
    "impersonated": "POST /google/iam/v1/projects/-/serviceAccounts/x@test.iam.gserviceaccount.com:generateAccessToken",
    "metadata": "GET /computeMetadata/v1/instance/service-accounts/default/token",
}


@pytest.mark.parametrize("way", WAYS)
def test_ways_to_log_in(gcs, logins, proxy, uri, way):
    proxy.rules()
    auth = logins.env
    base = {"google_base_url": f"http://127.0.0.1:{proxy.port}", "allow_http": "true"}
    env = {}
    if way == "metadata":
        env["GCE_METADATA_HOST"] = auth["GCE_METADATA_HOST"]
    elif way == "service_account":
        base["google_service_account"] = f"{auth['CLOUDAUTH_DIR']}/service_account.json"
    else:
        env["GOOGLE_APPLICATION_CREDENTIALS"] = f"{auth['CLOUDAUTH_DIR']}/{way}.json"
    before = json.loads(ask("GET", auth["CLOUDAUTH"] + "/stats")).get(WAYS[way], 0)
    assert deltaic("write", uri, CITIES, options=base, env=env).code == 0
    assert rows(uri, options=base, env=env) == cities()
    asked = json.loads(ask("GET", auth["CLOUDAUTH"] + "/stats")).get(WAYS[way], 0) - before
    assert asked == 2, "once for each process"


def test_token_that_is_refused_is_fetched_again(gcs, logins, proxy, options, uri):
    auth = logins.env
    assert deltaic("write", uri, CITIES, options=options).code == 0
    proxy.rules({"method": "GET", "times": 1, "action": "status", "code": 401, "body": "{}"})
    base = {"google_base_url": f"http://127.0.0.1:{proxy.port}", "allow_http": "true"}
    assert rows(uri, options=base, env={"GCE_METADATA_HOST": auth["GCE_METADATA_HOST"]}) == cities()


def test_metadata_server_that_fails_once(logins, gcs, options, uri):
    auth = logins.env
    assert deltaic("write", uri, CITIES, options=options).code == 0
    ask("POST", auth["CLOUDAUTH"] + "/fail", {"path": "/computeMetadata", "times": 1, "code": 503})
    base = {"google_base_url": options["google_base_url"], "allow_http": "true"}
    assert rows(uri, options=base, env={"GCE_METADATA_HOST": auth["GCE_METADATA_HOST"]}) == cities()


CANARY = "secret-canary"


@pytest.mark.parametrize(
    "change, says",
    [
        ({"google_service_account": "/absent.json"}, "/absent.json"),
        ({"google_service_account_key": "{" + CANARY}, "no JSON"),
        ({"google_service_account_key": '{"type":"service_account","private_key":"' + CANARY + '"}'}, "client_email"),
        (
            {"google_service_account_key": '{"client_email":"a@b","private_key":"' + CANARY + '"}'},
            "no RSA key",
        ),
        ({"google_service_acount": CANARY}, "did you mean"),
        ({"google_base_url": "http://127.0.0.1:9"}, "127.0.0.1:9"),
        ({"allow_http": "false"}, "allow_http"),
    ],
)
def test_bad_input_is_one_line_without_secrets(options, uri, change, says):
    given = {**options, **change, "max_retries": "1"}
    if "service" in next(iter(change)):
        given.pop("google_skip_signature")
    ran = deltaic("info", uri, options=given)
    assert ran.code != 0
    assert len(ran.err.strip().splitlines()) == 1, ran.err
    assert says in ran.err and CANARY not in ran.err + ran.out


def test_missing_bucket_and_missing_table(options):
    for uri in ("gs://nowhere/t", f"gs://test/{uuid.uuid4().hex}"):
        ran = deltaic("info", uri, options=options)
        assert ran.code != 0 and len(ran.err.strip().splitlines()) == 1
