"""Servers of the tests' own, and the programs that run a driver each."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
from databases import PostgresServer, RedisServer, TlsRedisServer, postgres_of, redis_of  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
LIBRARY = os.environ.get("DELTAIC_LIBRARY", str(ROOT / "build/release/lib/libdeltaic.so.0"))


class Postgres(PostgresServer):
    def sql(self, text):
        return self.psql(text).strip()

    def clear(self):
        self.sql("DROP TABLE IF EXISTS scores, deltaic_sync")
        self.sql("CREATE TABLE scores (id bigint PRIMARY KEY, name text, score double precision)")

    def rows(self):
        return json.loads(self.sql("SELECT coalesce(json_agg(s ORDER BY id), '[]') FROM scores s"))

    def cursor(self):
        if self.sql("SELECT to_regclass('deltaic_sync')") == "":
            return None
        found = self.sql("SELECT version FROM deltaic_sync WHERE name = 'scores'")
        return int(found) if found else None


class Redis(RedisServer):
    def settled(self):
        pass

    def clear(self):
        self.run("FLUSHALL")

    def rows(self):
        script = """local out = {}
          for _, key in ipairs(redis.call('KEYS', 'scores:*')) do
            local row, flat = {}, redis.call('HGETALL', key)
            for i = 1, #flat, 2 do row[flat[i]] = flat[i + 1] end
            out[#out + 1] = row
          end
          return cjson.encode(out)"""
        found = json.loads(self.run("EVAL", script, 0)) or []
        rows = [{"id": int(r["id"]), "name": r.get("name"), "score": float(r["score"]) if "score" in r else None}
                for r in found]  # fmt: skip
        return sorted(rows, key=lambda row: row["id"])

    def cursor(self):
        return super().cursor("scores")


class TlsRedis(TlsRedisServer, Redis):
    """Reached by TLS alone. `trust` is what an application's environment has, so that its client trusts the server."""

    def __init__(self):
        super().__init__()
        self.url = self.tls_url
        self.trust = dict.fromkeys(["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"], str(self.ca_file))


@pytest.fixture(scope="session")
def postgres():
    yield from postgres_of(Postgres)


@pytest.fixture(scope="session")
def redis():
    yield from redis_of(Redis)


@pytest.fixture(scope="session")
def tls_redis():
    yield from redis_of(TlsRedis)


@pytest.fixture
def uri(tmp_path):
    return str(tmp_path / "table")


@pytest.fixture(params=["postgres", "redis"])
def target(request):
    server = request.getfixturevalue(request.param)
    server.clear()
    return server


@pytest.fixture(scope="session")
def go_driver(tmp_path_factory):
    if not shutil.which("go"):
        pytest.skip("there is no go")
    program = tmp_path_factory.mktemp("go") / "driver"
    subprocess.run(["go", "build", "-o", program, "."], cwd=HERE / "go", check=True)
    return [str(program)]


@pytest.fixture(scope="session")
def node_driver():
    if not shutil.which("npm"):
        pytest.skip("there is no node with npm")
    subprocess.run([ROOT / "dev/build_node"], check=True)
    return ["node", str(HERE / "run.mjs")]


@pytest.fixture(scope="session")
def python_driver():
    pytest.importorskip("psycopg")
    pytest.importorskip("redis")
    return [sys.executable, str(HERE / "run.py")]


@pytest.fixture(params=["python", "node", "go"])
def driver(request):
    return request.getfixturevalue(f"{request.param}_driver")


ENV = {
    "DELTAIC_LIBRARY": LIBRARY,
    "DELTAIC_NODE_ADDON": str(ROOT / "build/node/deltaic.node"),
    "DELTAIC_NODE_MODULES": str(ROOT / "build/node/npm"),
    "DELTAIC_NODE_PACKAGE": str(ROOT / "bindings/node/lib/index.js"),
}
