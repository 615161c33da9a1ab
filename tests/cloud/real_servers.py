"""Real servers of Azure, Google Cloud Storage and credentials on this machine, and a proxy that makes them faulty.

They are started by the scripts in $DELTAIC_TESTSERVERS; without these, or what they need (node, go), tests are
skipped by name.
"""

import dataclasses
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# As ctest sets them: Arrow is not instrumented, and what its libraries allocate looks lost.
ASAN_OPTIONS = "detect_container_overflow=0:detect_leaks=0"
SCRIPTS = pathlib.Path(os.environ.get("DELTAIC_TESTSERVERS", ROOT.parent / "shared/testservers"))
PROGRAM = ROOT / "build/release/bin/deltaic"
CITIES = ROOT / "examples/data/cities.csv"


def free_port() -> int:
    """A port with a free one after it (the proxy takes two)."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


class Server:
    """One server of a script, from start to stop()."""

    def __init__(self, script: str, *arguments: str):
        self.path = SCRIPTS / script
        if not self.path.exists():
            pytest.skip(f"no {script} in {SCRIPTS.name}/; set DELTAIC_TESTSERVERS")
        self.port = free_port()
        self.folder = tempfile.TemporaryDirectory(prefix="deltaic-servers-")
        done = self._run("start", *arguments, timeout=600)
        if done.returncode != 0:
            pytest.skip(f"{script} does not start here: {done.stderr.strip().splitlines()[-1:]}")
        lines = self._run("env").stdout.splitlines()
        self.env = dict(line.removeprefix("export ").split("=", 1) for line in lines)

    def _run(self, verb: str, *arguments: str, timeout: int = 60):
        command = [str(self.path), verb, "--port", str(self.port), *arguments]
        env = {**os.environ, "TESTSERVERS_DIR": self.folder.name}
        return subprocess.run(command, capture_output=True, text=True, env=env, timeout=timeout, check=False)

    def stop(self):
        self._run("stop")
        self.folder.cleanup()


def ask(method: str, url: str, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=data, method=method), timeout=30) as answer:
        return answer.read().decode()


class Proxy(Server):
    """Before another server: breaks what its rules say, and counts."""

    def __init__(self, to: int):
        super().__init__("faultproxy.sh", "--to", str(to))
        self.admin = self.env["FAULTPROXY_ADMIN"]

    def rules(self, *rules: dict):
        ask("POST", f"{self.admin}/rules", list(rules))
        ask("DELETE", f"{self.admin}/log")

    def requests(self) -> list[dict]:
        return [json.loads(line) for line in ask("GET", f"{self.admin}/log").splitlines() if line]


@dataclasses.dataclass
class Ran:
    code: int
    out: str
    err: str


def clean_environment() -> dict[str, str]:
    """Without anything of a cloud, and with no home to find credentials in."""
    clouds = ("AWS_", "AZURE_", "GOOGLE_", "STORAGE_EMULATOR", "GCE_", "IDENTITY_", "MSI_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(clouds)}
    return {**kept, "HOME": "/nonexistent"}


def deltaic(*arguments, options: dict | None = None, env: dict | None = None, timeout: int = 120) -> Ran:
    """The command line program with storage options."""
    command = [str(PROGRAM)]
    for key, value in (options or {}).items():
        command += ["--storage-option", f"{key}={value}"]
    command += map(str, arguments)
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**clean_environment(), **(env or {})},
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def rows(uri: str, **kwargs) -> list[dict]:
    ran = deltaic("scan", uri, "--format", "json", **kwargs)
    assert ran.code == 0, ran.err
    return sorted((json.loads(line) for line in ran.out.splitlines()), key=lambda row: row["city"])


def cities() -> list[dict]:
    lines = CITIES.read_text().splitlines()[1:]
    split = sorted(line.split(",") for line in lines)
    return [{"city": city, "country": country, "population": int(population)} for city, country, population in split]


def contract_program() -> pathlib.Path:
    for preset in ("dev", "release"):
        found = ROOT / f"build/{preset}/bin/contract_test"
        if found.exists():
            return found
    pytest.skip("contract_test is not built")


def run_contract(uri: str, env: dict[str, str]):
    """The contract that every store keeps, on one more store."""
    done = subprocess.run(
        [str(contract_program()), "--gtest_filter=*/Server", "--gtest_brief=1"],
        capture_output=True,
        text=True,
        timeout=300,
        env={**clean_environment(), **env, "DELTAIC_CONTRACT_ROOT": uri, "ASAN_OPTIONS": ASAN_OPTIONS},
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "[  PASSED  ] 3" in done.stdout, done.stdout[-300:]  # some 35 tests
