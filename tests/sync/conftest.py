"""Servers of the tests' own, and the command line program that syncs tables to them."""

import csv
import io
import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
from databases import PostgresServer, RedisServer, postgres_of, redis_of  # noqa: E402

PROGRAM = ROOT / "build/release/bin/deltaic"

# So many times as much as in a usual run.
TIMES = int(os.environ.get("DELTAIC_TORTURE", "1"))


class Postgres(PostgresServer):
    def sql(self, text: str) -> list[list[str]]:
        return list(csv.reader(io.StringIO(self.psql(text, "--csv"))))


class Redis(RedisServer):
    def rows(self, prefix: str) -> dict[str, dict[str, str]]:
        """The hashes whose keys begin with the prefix, all at one moment."""
        script = """
          local out = {}
          for _, key in ipairs(redis.call('KEYS', ARGV[1] .. ':*')) do
            local row = {}
            local flat = redis.call('HGETALL', key)
            for i = 1, #flat, 2 do row[flat[i]] = flat[i + 1] end
            out[key] = row
          end
          return cjson.encode(out)"""
        found = json.loads(self.run("EVAL", script, 0, prefix))
        return found or {}


@pytest.fixture(scope="session")
def postgres():
    yield from postgres_of(Postgres)


@pytest.fixture(scope="session")
def redis():
    yield from redis_of(Redis)


class Source:
    """A table of (id, name, score), changed and read by the command line program."""

    def __init__(self, path: pathlib.Path):
        self.path = path
        self.known: dict[int, list] = {}

    def run(self, *arguments, stdin: str | None = None, code: int | None = 0) -> subprocess.CompletedProcess:
        """:param code: None for any that is no success."""
        command = [str(PROGRAM), *map(str, arguments)]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=120, check=False)
        as_wanted = done.returncode == code if code is not None else done.returncode != 0
        assert as_wanted, f"{command}: {done.returncode} {done.stderr}"
        return done

    def write(self, rows, mode="append", **properties):
        lines = "".join(json.dumps(dict(zip(("id", "name", "score"), row, strict=True))) + "\n" for row in rows)
        more = [word for key, value in properties.items() for word in ("--property", f"{key}={value}")]
        self.run("write", self.path, "-", "--input-format", "json", "--mode", mode,
                 "--schema", "id BIGINT, name STRING, score DOUBLE", *more, stdin=lines)  # fmt: skip

    def rows(self, version: int | None = None) -> list:
        if version is not None and version in self.known:
            return self.known[version]
        at = [] if version is None else ["--version", version]
        out = self.run("scan", self.path, "--format", "csv", *at).stdout
        rows = sorted((int(row["id"]), row["name"], row["score"]) for row in csv.DictReader(io.StringIO(out)))
        rows = [(i, name, float(score) if score else None) for i, name, score in rows]
        if version is not None:
            self.known[version] = rows
        return rows

    def sync(self, url, *arguments, code: int | None = 0, key="id") -> dict:
        done = self.run("sync", self.path, url, "--into", "scores", "--key", key, "--json", *arguments, code=code)
        return json.loads(done.stdout) if code == 0 else done.stderr


@pytest.fixture
def source(tmp_path):
    return Source(tmp_path / "scores_table")


def some_rows(numbers):
    return [(i, f"n{i}", i / 2) for i in numbers]
