"""A PostgreSQL and a Redis of a test's own, each in a temporary folder and reached by a socket there, as fixtures."""

import glob
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

import pytest


class PostgresServer:
    """It refuses to run as root, so that root runs it as the user postgres."""

    more_settings = ""

    def __init__(self, binaries: pathlib.Path):
        self.binaries = binaries
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="deltaic-postgres"))
        self.as_user = []
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
            self.as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        self.tool("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--no-sync")
        settings = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off -c max_connections=40"
        settings = f"{settings} {self.more_settings}"
        self.tool("pg_ctl", "-D", self.data, "-w", "-l", self.folder / "log", "-o", settings, "start")
        self.url = f"postgresql://postgres@/postgres?host={self.folder}"

    @property
    def data(self):
        return self.folder / "data"

    def tool(self, name, *arguments):
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        command = [*self.as_user, str(self.binaries / name), *map(str, arguments)]
        assert subprocess.run(command, cwd="/", check=False, **quiet).returncode == 0, f"{name} failed"

    def psql(self, text: str, *options: str) -> str:
        command = ["psql", "-X", "-q", "-A", "-t", *options, "-v", "ON_ERROR_STOP=1", "-d", self.url, "-c", text]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def settled(self):
        """Waits until no other backend is at work."""
        busy = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        while self.psql(busy).strip() != "0":
            time.sleep(0.01)

    def stop(self):
        self.tool("pg_ctl", "-D", self.data, "-m", "immediate", "stop")
        shutil.rmtree(self.folder)


class RedisServer:
    def __init__(self, *arguments):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="deltaic-redis"))
        self.socket = self.folder / "redis.sock"
        command = ["redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "", "--dir", self.folder]
        command += arguments
        self.process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL)
        self.url = f"unix://{self.socket}"
        while not self.socket.exists():
            assert self.process.poll() is None
            time.sleep(0.02)

    def run(self, *words) -> str:
        command = ["redis-cli", "-s", str(self.socket), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def cursor(self, name: str) -> int | None:
        version = self.run("HGET", f"deltaic_sync:{name}", "version").strip()
        return int(version) if version else None

    def stop(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)


class TlsRedisServer(RedisServer):
    """One that speaks TLS, too, with a certificate for localhost by an authority of its own: `ca_file`."""

    def __init__(self):
        self.keys = pathlib.Path(tempfile.mkdtemp(prefix="deltaic-redis-keys"))
        self.ca_file = self.keys / "ca.pem"
        self.make_keys()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        tls = ["--tls-port", self.port, "--tls-auth-clients", "no", "--tls-ca-cert-file", self.ca_file]
        tls += ["--tls-cert-file", self.keys / "server.pem", "--tls-key-file", self.keys / "server.key"]
        super().__init__(*tls, "--requirepass", "canary-password")
        self.tls_url = f"rediss://:canary-password@localhost:{self.port}"

    def make_keys(self):
        new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        ca = ["-subj", "/CN=deltaic tests", "-keyout", self.keys / "ca.key", "-out", self.ca_file]
        server = ["-CA", self.ca_file, "-CAkey", self.keys / "ca.key", "-subj", "/CN=localhost"]
        server += ["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=CA:FALSE"]
        server += ["-keyout", self.keys / "server.key", "-out", self.keys / "server.pem"]
        for more in (ca, server):
            subprocess.run(["openssl", *new, *map(str, more)], check=True, capture_output=True)

    def run(self, *words) -> str:
        return super().run("-a", "canary-password", "--no-auth-warning", *words)

    def stop(self):
        super().stop()
        shutil.rmtree(self.keys)


def postgres_of(server: type[PostgresServer]):
    """For a fixture: `yield from postgres_of(PostgresServer)`."""
    folders = map(pathlib.Path, [*glob.glob("/usr/lib/postgresql/*/bin"), "/usr/local/bin", "/usr/bin"])
    found = [folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()]
    if not found or not shutil.which("psql"):
        pytest.skip("PostgreSQL is not installed")
    running = server(found[0])
    yield running
    running.stop()


def redis_of(server: type[RedisServer]):
    if not shutil.which("redis-server") or not shutil.which("redis-cli"):
        pytest.skip("Redis is not installed")
    running = server()
    yield running
    running.stop()
