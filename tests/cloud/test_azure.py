"""Tables in Azure: Azurite plays the Blob service, cloudauth.sh what hands out tokens."""

import json
import re
import uuid

import deltalake
import pyarrow as pa
import pytest
from command_line import CITIES, cities, deltaic, rows, run_contract
from servers import Proxy, ask
from store_tests import StoreTests


@pytest.fixture(scope="module")
def proxy(folder, azurite):
    server = Proxy(folder, azurite.port)
    yield server
    server.stop()


@pytest.fixture
def options(azure):
    return azure


@pytest.fixture
def faulty(options, proxy):
    proxy.rules()
    return {**options, "azure_storage_endpoint": f"http://127.0.0.1:{proxy.port}/devstoreaccount1"}


@pytest.fixture
def uri():
    return f"az://test/{uuid.uuid4().hex}"


class TestAzure(StoreTests):
    commit = {"method": "PUT", "target": r"/_delta_log/\d{20}\.json"}


def test_store_keeps_the_contract(azurite):
    run_contract("az://test/contract", azurite.env)


def test_large_file_goes_in_blocks(options, uri, tmp_path, proxy, faulty):
    source = tmp_path / "large.csv"
    with source.open("w") as out:
        out.write("id,text\n")
        for i in range(1_200_000):
            out.write(f"{i},{uuid.uuid5(uuid.NAMESPACE_OID, str(i)).hex}\n")
    ran = deltaic("write", uri, source, options=faulty, timeout=300)
    assert ran.code == 0, ran.err
    blocks = [one for one in proxy.log() if "comp=block&" in one["target"]]
    lists = [one for one in proxy.log() if "comp=blocklist" in one["target"]]
    assert len(blocks) >= 3 and len(lists) >= 1
    info = deltaic("info", uri, "--json", options=options)
    assert json.loads(info.out)["numRows"] == 1_200_000


def test_the_peer_reads_what_we_write_and_the_reverse(options, uri):
    ran = deltaic("write", uri, CITIES, "--partition-by", "country", options=options)
    assert ran.code == 0, ran.err
    table = deltalake.DeltaTable(uri, storage_options=options)
    got = table.to_pyarrow_table().sort_by("city").select(["city", "country", "population"]).to_pylist()
    assert got == cities()
    row = pa.table({"city": ["Zürich"], "country": ["CH"], "population": pa.array([443_000], pa.int64())})
    deltalake.write_deltalake(uri, row, mode="append", storage_options=options)
    assert rows(uri, options=options) == [*cities(), {"city": "Zürich", "country": "CH", "population": 443_000}]
    assert deltaic("checkpoint", uri, options=options).code == 0
    assert deltalake.DeltaTable(uri, storage_options=options).version() == 1
    assert len(rows(uri, options=options)) == len(cities()) + 1


def test_names_that_need_encoding(options, uri, tmp_path):
    source = tmp_path / "odd.csv"
    values = ["a b", "x=y", "50%", "ü+ö", "q?#&", "it's"]
    source.write_text("city,country,population\n" + "".join(f'c{i},"{v}",{i}\n' for i, v in enumerate(values)))
    assert deltaic("write", uri, source, "--partition-by", "country", options=options).code == 0
    assert [row["country"] for row in rows(uri, options=options)] == values
    peer = deltalake.DeltaTable(uri, storage_options=options).to_pyarrow_table().sort_by("city")
    assert peer["country"].to_pylist() == values


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "status", "code": 503, "body": ""},
        {"action": "status", "code": 429, "body": "", "headers": {"Retry-After": "1"}},
        {"action": "reset"},
        {"action": "cut", "bytes": 10, "reset": True},
        {"action": "whole", "header": {"range": "bytes"}},
    ],
    ids=lambda fault: f"{fault['action']}-{fault.get('code', '')}",
)
def test_reads_go_on_after_faults(faulty, options, uri, proxy, fault):
    assert deltaic("write", uri, CITIES, options=options).code == 0
    proxy.rules({"method": "GET", "times": 1, **fault})
    ran = deltaic("scan", uri, "--format", "json", options=faulty)
    if fault["action"] == "whole":  # a store that ignores ranges is told, not believed
        assert ran.code == 0 or "range" in ran.err or "longer than" in ran.err
    else:
        assert ran.code == 0, ran.err
        assert len(ran.out.splitlines()) == len(cities())


def test_listing_that_is_an_error_document_is_no_empty_table(faulty, options, uri, proxy):
    assert deltaic("write", uri, CITIES, options=options).code == 0
    body = "<?xml version='1.0'?><Error><Code>ServerBusy</Code><Message>slow</Message></Error>"
    proxy.rules({"method": "GET", "target": "comp=list", "times": 99, "action": "status", "code": 200, "body": body})
    ran = deltaic("info", uri, options={**faulty, "max_retries": "1"})
    assert ran.code != 0 and "another document" in ran.err and "not a Delta table" not in ran.err


def sas(azurite, permissions="rwdlac") -> str:
    """An account SAS made by the emulator's key."""
    import base64
    import hashlib
    import hmac
    import urllib.parse

    account, key = azurite.env["AZURE_STORAGE_ACCOUNT_NAME"], azurite.env["AZURE_STORAGE_ACCOUNT_KEY"]
    version, expiry = "2021-06-08", "2099-01-01T00:00:00Z"
    fields = [account, permissions, "b", "sco", "2020-01-01T00:00:00Z", expiry, "", "https,http", version, ""]
    text = "\n".join(fields) + "\n"
    mac = base64.b64encode(hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()).decode()
    query = {"sv": version, "ss": "b", "srt": "sco", "sp": permissions, "st": fields[4], "se": expiry}
    return urllib.parse.urlencode({**query, "spr": "https,http", "sig": mac})


def test_shared_access_signature(azurite, options, uri):
    signed = {k: v for k, v in options.items() if k != "azure_storage_account_key"}
    signed["azure_storage_sas_token"] = "?" + sas(azurite)
    assert deltaic("write", uri, CITIES, options=signed).code == 0
    assert rows(uri, options=signed) == cities()
    reader = {**signed, "azure_storage_sas_token": sas(azurite, "rl")}
    assert rows(uri, options=reader) == cities()
    ran = deltaic("write", uri, CITIES, options=reader)
    assert ran.code != 0 and "permissions" in ran.err and "sig=" not in ran.err


@pytest.mark.parametrize("way", ["client_secret", "workload_identity", "managed_identity", "app_service"])
def test_tokens_reach_azure(azurite, logins, proxy, options, way):
    """Azurite over http takes no bearer tokens; what is sent to it, and what it says, shows that one came."""
    proxy.rules()
    auth = logins.env
    base = {k: v for k, v in options.items() if k != "azure_storage_account_key"}
    base["azure_storage_endpoint"] = f"http://127.0.0.1:{proxy.port}/devstoreaccount1"
    entra = {"azure_client_id": "app", "azure_tenant_id": "tenant", "azure_authority_host": auth["CLOUDAUTH"]}
    env = {}
    if way == "client_secret":
        base |= {**entra, "azure_client_secret": "testing-secret"}
    elif way == "workload_identity":
        base |= {**entra, "azure_federated_token_file": auth["AZURE_FEDERATED_TOKEN_FILE"]}
    elif way == "managed_identity":
        base |= {"azure_msi_endpoint": auth["CLOUDAUTH"] + "/metadata/identity/oauth2/token"}
    else:
        env = {"IDENTITY_ENDPOINT": auth["CLOUDAUTH"] + "/azure/msi/token", "IDENTITY_HEADER": auth["CLOUDAUTH_TOKEN"]}
    path = {
        "managed_identity": "GET /metadata/identity/oauth2/token",
        "app_service": "GET /azure/msi/token",
    }.get(way, "POST /tenant/oauth2/v2.0/token")
    before = json.loads(ask("GET", auth["CLOUDAUTH"] + "/stats")).get(path, 0)
    ran = deltaic("info", f"az://test/{uuid.uuid4().hex}", options=base, env=env)
    assert json.loads(ask("GET", auth["CLOUDAUTH"] + "/stats")).get(path, 0) > before, ran.err
    assert ran.code != 0 and "Azure says" in ran.err
    assert "token-" not in ran.err


CANARY = "c2VjcmV0LWNhbmFyeS1vZi1hLWtleQ=="  # base64 of a text


@pytest.mark.parametrize(
    "change, says",
    [
        ({"azure_storage_account_key": CANARY}, "Azure says"),
        ({"azure_storage_account_key": "no base64 " + CANARY}, "not base64"),
        ({"azure_storage_acount_key": CANARY}, "did you mean"),
        ({"azure_storage_account_key": "", "azure_storage_sas_token": "sv=1&sig=" + CANARY}, "Azure says"),
        ({"azure_storage_account_key": "", "azure_storage_token": CANARY}, "Azure says"),
        ({"azure_storage_endpoint": "http://127.0.0.1:9/devstoreaccount1"}, "127.0.0.1:9"),
        ({"allow_http": "false"}, "allow_http"),
    ],
)
def test_bad_input_is_one_line_without_secrets(options, uri, change, says):
    ran = deltaic("info", uri, options={**options, **change, "max_retries": "1"})
    assert ran.code != 0
    assert len(ran.err.strip().splitlines()) == 1, ran.err
    assert says in ran.err
    assert CANARY not in ran.err + ran.out and options["azure_storage_account_key"] not in ran.err + ran.out


def test_missing_container_and_missing_table(options):
    ran = deltaic("info", "az://nowhere/t", options=options)
    assert ran.code != 0 and re.search("container", ran.err) and len(ran.err.strip().splitlines()) == 1
    ran = deltaic("info", f"az://test/{uuid.uuid4().hex}", options=options)
    assert ran.code != 0 and len(ran.err.strip().splitlines()) == 1
