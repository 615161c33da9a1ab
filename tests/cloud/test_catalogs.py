"""Tables by name: stand-ins for Unity Catalog and Glue, which follow their published interfaces, and a real S3 server
for the tables. What the catalog hands out is all that logs in to S3.
"""

import base64
import json
import pickle
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid

import pyarrow as pa
import pytest
from command_line import CITIES, cities, deltaic, rows
from conftest import KEY, SECRET, options_of
from deltaic import DataCatalog, DeltaTable, write_deltalake
from deltaic.exceptions import TableNotFoundError
from stand_in import StandIn

PAT = "dapi-canary-token"
API = "/api/2.1/unity-catalog"
VENDED = f"POST {API}/temporary-table-credentials"


class Unity:
    """Tables main.s.NAME at a place on S3, for whoever shows a token that it gave or knows."""

    def __init__(self, location: str):
        self.location = location
        self.tokens = {PAT}
        self.keys = [{"access_key_id": KEY, "secret_access_key": SECRET, "session_token": ""}]
        self.may_write = True
        self.lifetime_s = 3600
        self.server = StandIn(self.answer)

    def answer(self, asked):
        if asked.path == "/oidc/v1/token":
            login = base64.b64encode(b"app:canary-secret").decode()
            if asked.headers.get("authorization") != f"Basic {login}":
                return 401, {"error": "invalid_client"}
            self.tokens = {f"issued-{len(self.server.asked)}"}
            return 200, {"access_token": next(iter(self.tokens)), "token_type": "Bearer", "expires_in": 3600}
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return 401, {
                "error_code": "UNAUTHENTICATED",
                "message": "Credential was not sent or was of an unsupported type",
            }
        if asked.path == f"{API}/temporary-table-credentials":
            if asked.json()["operation"] == "READ_WRITE" and not self.may_write:
                return 403, {"error_code": "PERMISSION_DENIED", "message": "User does not have MODIFY on Table"}
            # The last ones stay.
            keys = self.keys.pop(0) if len(self.keys) > 1 else self.keys[0]
            expires = int((time.time() + self.lifetime_s) * 1000)
            return 200, {"aws_temp_credentials": keys, "expiration_time": expires}
        name = asked.path.removeprefix(f"{API}/tables/")
        if name == "main.s.view":
            return 200, {"name": "view", "table_type": "VIEW", "data_source_format": "UNKNOWN_DATA_SOURCE_FORMAT"}
        if name == "main.s.secret":
            return 403, {"error_code": "PERMISSION_DENIED", "message": "User does not have USE SCHEMA"}
        if name != "main.s.cities":
            return 404, {"error_code": "TABLE_DOES_NOT_EXIST", "message": f"Table '{name}' does not exist."}
        return 200, {
            "name": "cities",
            "catalog_name": "main",
            "schema_name": "s",
            "full_name": name,
            "metastore_id": "m",
            "table_type": "EXTERNAL",
            "data_source_format": "DELTA",
            "storage_location": self.location,
            "table_id": "0a1b",
        }


@pytest.fixture
def unity(uri):
    catalog = Unity(uri)
    yield catalog
    catalog.server.stop()


@pytest.fixture
def given(unity, s3):
    """No key of S3 among them."""
    return {
        "databricks_host": unity.server.url,
        "databricks_token": PAT,
        "unity_allow_http_url": "true",
        "allow_http": "true",
        "aws_endpoint": f"http://127.0.0.1:{s3.port}",
        "aws_region": "us-east-1",
    }


def test_table_by_name_is_written_and_read_with_what_the_catalog_hands_out(unity, given, options, uri):
    ran = deltaic("write", "uc://main.s.cities", CITIES, options=given)
    assert ran.code == 0, ran.err
    assert rows("uc://main.s.cities", options=given) == cities()
    assert rows(uri, options=options) == cities(), "where the catalog says that it lies"
    assert unity.server.paths().count(VENDED) == 2, "once for each process"
    assert unity.server.paths().count(f"GET {API}/tables/main.s.cities") == 2


def test_settings_of_the_environment(unity, given):
    env = {"DATABRICKS_HOST": given.pop("databricks_host"), "UNITY_ACCESS_TOKEN": given.pop("databricks_token")}
    assert deltaic("write", "uc://main.s.cities", CITIES, options=given, env=env).code == 0
    assert rows("uc://main.s.cities", options=given, env=env) == cities()


def test_application_logs_in_for_its_token(unity, given):
    del given["databricks_token"]
    given |= {"databricks_client_id": "app", "databricks_client_secret": "canary-secret"}
    unity.tokens = set()
    assert deltaic("write", "uc://main.s.cities", CITIES, options=given).code == 0
    assert rows("uc://main.s.cities", options=given) == cities()
    assert unity.server.paths().count("POST /oidc/v1/token") == 2, "once for each process"


def test_keys_that_the_store_refuses_are_asked_for_again(unity, given):
    assert deltaic("write", "uc://main.s.cities", CITIES, options=given).code == 0
    before = unity.server.paths().count(VENDED)
    unity.keys.insert(0, {"access_key_id": KEY, "secret_access_key": "canary-revoked", "session_token": ""})
    assert rows("uc://main.s.cities", options=given) == cities()
    assert unity.server.paths().count(VENDED) == before + 2


def test_keys_that_live_shortly_are_not_asked_for_with_each_request(unity, given):
    assert deltaic("write", "uc://main.s.cities", CITIES, options=given).code == 0
    unity.lifetime_s = 240  # below the five minutes that others are renewed before
    before = unity.server.paths().count(VENDED)
    assert rows("uc://main.s.cities", options=given) == cities()
    assert unity.server.paths().count(VENDED) == before + 1


def test_who_may_not_write_may_read(unity, given):
    assert deltaic("write", "uc://main.s.cities", CITIES, options=given).code == 0
    unity.may_write = False
    unity.server.asked.clear()
    assert rows("uc://main.s.cities", options=given) == cities()
    asked = [one.json() for one in unity.server.asked if one.method == "POST"]
    assert asked == [{"table_id": "0a1b", "operation": operation} for operation in ("READ_WRITE", "READ")]


def test_application_logs_in_again_when_its_token_is_refused(unity, given):
    del given["databricks_token"]
    given |= {"databricks_client_id": "app", "databricks_client_secret": "canary-secret"}
    assert deltaic("write", "uc://main.s.cities", CITIES, options=given).code == 0
    table = DeltaTable("uc://main.s.cities", storage_options=given)
    unity.tokens = {"another"}
    again = DeltaTable("uc://main.s.cities", storage_options=given)
    assert again.version() == table.version() == 0


def test_other_processes_open_it_by_its_name(unity, given):
    assert deltaic("write", "uc://main.s.cities", CITIES, options=given).code == 0
    table = DeltaTable("uc://main.s.cities", storage_options=given)
    program = "import pickle, sys; print(pickle.load(sys.stdin.buffer).to_pyarrow_table().num_rows)"
    asked = len(unity.server.asked)
    done = subprocess.run([sys.executable, "-c", program], input=pickle.dumps(table), capture_output=True, check=True)
    assert int(done.stdout) == len(cities())
    assert len(unity.server.asked) > asked, "the catalog is asked where it lies, and for credentials"


def test_python_writes_and_finds_tables_of_catalogs(unity, given):
    write_deltalake("uc://main.s.cities", pa.Table.from_pylist(cities()), storage_options=given)
    table = DeltaTable.from_data_catalog(DataCatalog.UNITY, "s", "cities", "main", storage_options=given)
    assert sorted(table.to_pyarrow_table()["city"].to_pylist()) == [row["city"] for row in cities()]
    table.delete("true")
    assert DeltaTable("uc://main.s.cities", storage_options=given).to_pyarrow_table().num_rows == 0
    with pytest.raises(TableNotFoundError, match="TABLE_DOES_NOT_EXIST"):
        DeltaTable.from_data_catalog(DataCatalog.UNITY, "s", "absent", "main", storage_options=given)
    with pytest.raises(ValueError, match="data_catalog_id"):
        DeltaTable.from_data_catalog(DataCatalog.UNITY, "s", "cities", storage_options=given)


def test_table_on_the_local_disk_needs_no_credentials(unity, given, tmp_path):
    assert deltaic("write", tmp_path / "t", CITIES).code == 0
    unity.location = f"file://{tmp_path}/t"
    assert rows("uc://main.s.cities", options=given) == cities()
    assert VENDED not in unity.server.paths()


@pytest.mark.parametrize(
    "name, change, code, says",
    [
        ("main.s.absent", {}, "not found", "TABLE_DOES_NOT_EXIST"),
        ("main.s.view", {}, "", "VIEW"),
        ("main.s.secret", {}, "", "USE SCHEMA"),
        ("main.s", {}, "", "uc://catalog.schema.table"),
        ("main.s.cities", {"databricks_token": "canary"}, "", "databricks_token"),
        ("main.s.cities", {"databricks_token": "", "unity_client_id": "canary"}, "", "databricks_client_secret"),
        (
            "main.s.cities",
            {"databricks_token": "", "unity_client_id": "app", "unity_client_secret": "canary"},
            "",
            "check the credentials",
        ),
        ("main.s.cities", {"databricks_host": "http://127.0.0.1:9"}, "", "127.0.0.1:9"),
        ("main.s.cities", {"databricks_host": ""}, "", "databricks_host"),
        ("main.s.cities", {"unity_allow_http_url": "false", "allow_http": "false"}, "", "allow_http"),
        ("main.s.cities", {"databricks_hots": "canary"}, "", "databricks_hots"),
    ],
)
def test_bad_input_is_one_line_without_secrets(given, name, change, code, says):
    ran = deltaic("info", f"uc://{name}", options={**given, "max_retries": "1", **change})
    assert ran.code != 0
    assert len(ran.err.strip().splitlines()) == 1, ran.err
    assert says in ran.err
    assert PAT not in ran.err and SECRET not in ran.err
    assert change.get("databricks_hots") or "canary" not in ran.err


@pytest.fixture
def glue(uri):
    """Answers GetTable of the table db.cities, to requests that are signed for it."""

    def answer(asked):
        if "/us-east-1/glue/aws4_request" not in asked.headers.get("authorization", ""):
            return 400, {"__type": "UnrecognizedClientException", "Message": "The security token is invalid."}
        if asked.headers.get("x-amz-target") != "AWSGlue.GetTable":
            return 400, {"__type": "UnknownOperationException"}
        wanted = asked.json()
        if (wanted["DatabaseName"], wanted["Name"]) != ("db", "cities"):
            return 400, {"__type": "EntityNotFoundException", "Message": "Entity Not Found"}
        return 200, {"Table": {"Name": "cities", "StorageDescriptor": {"Location": f"{uri}-__PLACEHOLDER__"}}}

    server = StandIn(answer)
    yield server
    server.stop()


def test_table_of_glue(glue, options, uri, monkeypatch):
    env = {"AWS_ENDPOINT_URL_GLUE": glue.url, "AWS_EC2_METADATA_DISABLED": "true"}
    ran = deltaic("write", "glue://db.cities", CITIES, options=options, env=env)
    assert ran.code == 0, ran.err
    assert rows("glue://123456789012@db.cities", options=options, env=env) == cities()
    assert rows(uri, options=options) == cities()
    assert glue.asked[-1].json() == {"CatalogId": "123456789012", "DatabaseName": "db", "Name": "cities"}
    monkeypatch.setenv("AWS_ENDPOINT_URL_GLUE", glue.url)
    table = DeltaTable.from_data_catalog(DataCatalog.AWS, "db", "cities", storage_options=options)
    assert table.to_pyarrow_table().num_rows == len(cities())
    ran = deltaic("info", "glue://db.absent", options=options, env=env)
    assert "EntityNotFoundException" in ran.err and len(ran.err.strip().splitlines()) == 1
    without = {name: value for name, value in options.items() if "key" not in name}
    ran = deltaic("info", "glue://db.cities", options=without, env=env)
    assert "there are no credentials" in ran.err and len(ran.err.strip().splitlines()) == 1


def ask_glue(endpoint: str, operation: str, body: dict) -> None:
    headers = {
        "X-Amz-Target": f"AWSGlue.{operation}",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": "AWS4-HMAC-SHA256 Credential=testing/20300101/us-east-1/glue/aws4_request, "
        "SignedHeaders=host, Signature=0",
    }
    request = urllib.request.Request(endpoint, json.dumps(body).encode(), headers, method="POST")
    try:
        urllib.request.urlopen(request, timeout=30).read()
    except urllib.error.HTTPError as error:
        if error.code == 500:
            pytest.skip("moto has no Glue here: it is installed without moto[glue]")
        raise


def test_table_of_a_glue_server(pair, uri):
    """Moto's, which keeps databases and tables and answers as AWS does; it checks no signature."""
    database = f"db_{uuid.uuid4().hex}"
    ask_glue(pair.dynamo, "CreateDatabase", {"DatabaseInput": {"Name": database}})
    storage = {"Location": f"{uri}-__PLACEHOLDER__", "SerdeInfo": {"Parameters": {"path": uri}}}
    for table in (
        {"Name": "cities", "StorageDescriptor": storage, "Parameters": {"spark.sql.sources.provider": "delta"}},
        {"Name": "shown", "TableType": "VIRTUAL_VIEW"},
    ):
        ask_glue(pair.dynamo, "CreateTable", {"DatabaseName": database, "TableInput": table})
    options = options_of(f"http://127.0.0.1:{pair.port}")
    env = {"AWS_ENDPOINT_URL_GLUE": pair.dynamo, "AWS_EC2_METADATA_DISABLED": "true"}
    name = f"glue://{database}.cities"
    for _ in range(2):
        ran = deltaic("write", name, CITIES, "--mode", "append", options=options, env=env)
        assert ran.code == 0, ran.err
    assert len(rows(name, options=options, env=env)) == 2 * len(cities())
    assert len(rows(f"glue://123456789012@{database}.cities", options=options, env=env)) == 2 * len(cities())
    for wrong, says in (
        ("absent.cities", "EntityNotFoundException"),
        (f"{database}.absent", "EntityNotFoundException"),
    ):
        ran = deltaic("info", f"glue://{wrong}", options=options, env=env)
        assert ran.code != 0 and says in ran.err and len(ran.err.strip().splitlines()) == 1, ran.err
    ran = deltaic("info", f"glue://{database}.shown", options=options, env=env)
    assert "it is a view" in ran.err, ran.err


def test_info_names_the_place(unity, given, uri):
    assert deltaic("write", "uc://main.s.cities", CITIES, options=given).code == 0
    assert json.loads(deltaic("info", "uc://main.s.cities", "--json", options=given).out)["uri"] == uri
