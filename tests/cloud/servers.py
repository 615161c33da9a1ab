"""Servers of the clouds on this machine, each started once for a run, and a proxy that breaks what passes.

They are scripts of another folder ($DELTAIC_TESTSERVERS), not of this tree; without it, or without what a script needs
to install its server, the tests that need it are skipped by name.
"""

import json
import os
import pathlib
import socket
import subprocess
import urllib.request

import pytest

ROOT = pathlib.Path(os.environ.get("DELTAIC_ROOT", pathlib.Path(__file__).resolve().parent.parent.parent))
SCRIPTS = pathlib.Path(os.environ.get("DELTAIC_TESTSERVERS", ROOT.parent / "shared/testservers"))
CLI = ROOT / "build/release/bin/deltaic"


def free_port() -> int:
    """A port of which the next is free too: scripts take pairs."""
    for port in range(21600 + os.getpid() % 2000, 30000, 2):
        try:
            for each in (port, port + 1):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", each))
        except OSError:
            continue
        return port
    raise OSError("no free port")


class Server:
    """One script's server, and what its `env` prints."""

    def __init__(self, script: str, folder: pathlib.Path, *arguments: str):
        self.script, self.port = SCRIPTS / script, free_port()
        if not self.script.exists():
            pytest.skip(f"no test servers at {SCRIPTS.name}/; set DELTAIC_TESTSERVERS")
        self.environment = {**os.environ, "TESTSERVERS_DIR": str(folder)}
        self.call("start", *arguments)
        self.env = dict(
            line.removeprefix("export ").split("=", 1)
            for line in self.call("env").splitlines()
            if line.startswith("export ")
        )

    def call(self, verb: str, *arguments: str) -> str:
        done = subprocess.run(
            [self.script, verb, "--port", str(self.port), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=900,
        )
        if done.returncode != 0:
            if verb == "start":
                pytest.skip(f"{self.script.name} does not start here: {done.stderr.strip()[-200:]}")
            raise RuntimeError(f"{self.script.name} {verb}: {done.stderr}")
        return done.stdout

    def stop(self):
        self.call("stop")


def ask(method: str, url: str, value=None) -> str:
    """One request with a JSON body, as the servers of the tests take orders."""
    data = None if value is None else json.dumps(value).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, method=method), timeout=30) as answer:
        return answer.read().decode()


class Proxy(Server):
    """Before a server: latency, faults by rules, counts."""

    def __init__(self, folder: pathlib.Path, to: int, *arguments: str):
        super().__init__("faultproxy.sh", folder, "--to", str(to), *arguments)
        self.endpoint, self.admin = self.env["FAULTPROXY"], self.env["FAULTPROXY_ADMIN"]

    def ask(self, method: str, path: str, value=None):
        return ask(method, self.admin + path, value)

    def rules(self, *rules: dict):
        self.ask("DELETE", "/log")
        self.ask("POST", "/rules", list(rules))

    def acted(self) -> int:
        return sum(rule["acted"] for rule in json.loads(self.ask("GET", "/rules")))

    def log(self) -> list[dict]:
        return [json.loads(line) for line in self.ask("GET", "/log").splitlines()]

    def latency(self, milliseconds: float):
        self.ask("PUT", "/net", {"latency_ms": milliseconds})


def program(name: str) -> pathlib.Path:
    """A test program of the build, the sanitized one where there is one."""
    for preset in ("dev", "release"):
        path = ROOT / f"build/{preset}/bin/{name}"
        if path.exists():
            return path
    pytest.skip(f"no {name} is built")
