"""Servers of the tests' own, and the command line program that syncs tables to them."""

import csv
import glob
import io
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = ROOT / "build/release/bin/deltaic"

# So many times as much as in a usual run.
TIMES = int(os.environ.get("DELTAIC_TORTURE", "1"))


class Postgres:
    """A PostgreSQL in a temporary folder, reached by a socket there. It refuses to run as root, so that root runs it as
    the user postgres."""

    def __init__(self, binaries: pathlib.Path):
        self.binaries = binaries
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="deltaic-postgres"))
        self.as_user = []
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
            self.as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        self.tool("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--no-sync")
        settings = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off -c max_connections=40"
        self.tool("pg_ctl", "-D", self.data, "-w", "-l", self.folder / "log", "-o", settings, "start")
        self.url = f"postgresql://postgres@/postgres?host={self.folder}"

    @property
    def data(self):
        return self.folder / "data"

    def tool(self, name, *arguments):
        command = [*self.as_user, str(self.binaries / name), *map(str, arguments)]
        done = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False)  # fmt: skip
        assert done.returncode == 0, f"{name} failed"

    def sql(self, text: str) -> list[list[str]]:
        command = ["psql", "-X", "-q", "-A", "-t", "--csv", "-v", "ON_ERROR_STOP=1", "-d", self.url, "-c", text]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return list(csv.reader(io.StringIO(done.stdout)))

    def settled(self):
        """Waits until no other backend is at work."""
        busy = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        while self.sql(busy) != [["0"]]:
            time.sleep(0.01)

    def stop(self):
        self.tool("pg_ctl", "-D", self.data, "-m", "immediate", "stop")
        shutil.rmtree(self.folder)


class Redis:
    """A Redis in a temporary folder, reached by a socket there."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="deltaic-redis"))
        socket = self.folder / "redis.sock"
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL,
        )
        self.url = f"unix://{socket}"
        self.socket = socket
        while not socket.exists():
            assert self.process.poll() is None
            time.sleep(0.02)

    def run(self, *words) -> str:
        done = subprocess.run(["redis-cli", "-s", str(self.socket), *map(str, words)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

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

    def cursor(self, name: str) -> int | None:
        version = self.run("HGET", f"deltaic_sync:{name}", "version").strip()
        return int(version) if version else None

    def stop(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)


@pytest.fixture(scope="session")
def postgres():
    folders = [*glob.glob("/usr/lib/postgresql/*/bin"), "/usr/local/bin", "/usr/bin"]
    found = [f for f in map(pathlib.Path, folders) if (f / "initdb").exists() and (f / "postgres").exists()]
    if not found or not shutil.which("psql"):
        pytest.skip("PostgreSQL is not installed")
    server = Postgres(found[0])
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis():
    if not shutil.which("redis-server") or not shutil.which("redis-cli"):
        pytest.skip("Redis is not installed")
    server = Redis()
    yield server
    server.stop()


class Source:
    """A table of (id, name, score), changed and read by the command line program."""

    def __init__(self, path: pathlib.Path):
        self.path = path
        self.known: dict[int, list] = {}

    def run(self, *arguments, stdin: str | None = None, code: int = 0) -> subprocess.CompletedProcess:
        command = [str(PROGRAM), *map(str, arguments)]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == code, f"{command}: {done.returncode} {done.stderr}"
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

    def sync(self, url, *arguments, code: int = 0, key="id") -> dict:
        done = self.run("sync", self.path, url, "--into", "scores", "--key", key, "--json", *arguments, code=code)
        return json.loads(done.stdout) if code == 0 else done.stderr


@pytest.fixture
def source(tmp_path):
    return Source(tmp_path / "scores_table")


def some_rows(numbers):
    return [(i, f"n{i}", i / 2) for i in numbers]
