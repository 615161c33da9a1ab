"""An S3 server on this machine, and before it a proxy that makes it far and counts requests.

They are scripts of another folder ($DELTAIC_TESTSERVERS), which the tests of clouds use too.
"""

import collections
import json
import os
import shutil
import socket
import subprocess
import tempfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(os.environ.get("DELTAIC_TESTSERVERS", ROOT.parent / "shared/testservers"))
FAR = {"connect_ms": 60, "mbps": 700}  # besides the latency: what a region's store looks like from a machine in it


def _free_port() -> int:
    """With a free one after it: the proxy takes two."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


class FarServer:
    """A bucket `bench` behind the proxy, from start to the end of `with`."""

    def __enter__(self):
        if not (SCRIPTS / "s3.sh").exists():
            raise SystemExit(f"no test servers at {SCRIPTS}; set DELTAIC_TESTSERVERS to their folder")
        self._folder = tempfile.mkdtemp(prefix="deltaic-bench-")
        self._started = []
        try:
            self.port = self._start("s3.sh", "--bucket", "bench")
            proxy = self._start("faultproxy.sh", "--to", str(self.port))
        except BaseException:
            self.__exit__()
            raise
        self.endpoint, self._admin = f"http://127.0.0.1:{proxy}", f"http://127.0.0.1:{proxy + 1}"
        return self

    def __exit__(self, *_error):
        for script, port in reversed(self._started):
            self._call(script, "stop", port)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, script: str, *arguments: str) -> int:
        port = _free_port()
        self._started.append((script, port))
        self._call(script, "start", port, *arguments)
        return port

    def _call(self, script: str, verb: str, port: int, *arguments: str) -> None:
        command = [str(SCRIPTS / script), verb, "--port", str(port), *arguments]
        done = subprocess.run(
            command, env={**os.environ, "TESTSERVERS_DIR": self._folder}, capture_output=True, text=True, timeout=900
        )
        if done.returncode != 0:
            raise SystemExit(f"{script} {verb}: {done.stderr.strip()}")

    def options(self, *, far: bool) -> dict[str, str]:
        return {
            "aws_access_key_id": "testing",
            "aws_secret_access_key": "testing-secret",
            "aws_region": "us-east-1",
            "aws_endpoint": self.endpoint if far else f"http://127.0.0.1:{self.port}",
            "allow_http": "true",
        }

    def _ask(self, method: str, path: str, value=None) -> str:
        data = None if value is None else json.dumps(value).encode()
        with urllib.request.urlopen(urllib.request.Request(self._admin + path, data, method=method)) as answer:
            return answer.read().decode()

    def set_latency(self, milliseconds: int) -> None:
        far = FAR if milliseconds else dict.fromkeys(FAR, 0)
        self._ask("PUT", "/net", {"latency_ms": milliseconds, "jitter_ms": 0, **far})

    @property
    def admin(self) -> str:
        return self._admin


def clear_log(admin: str) -> None:
    urllib.request.urlopen(urllib.request.Request(f"{admin}/log", method="DELETE")).read()


def requests(admin: str) -> list[dict]:
    with urllib.request.urlopen(f"{admin}/log") as answer:
        return [json.loads(line) for line in answer.read().decode().splitlines()]


def by_kind(log: list[dict]) -> dict[str, int]:
    """How many of each: GET, HEAD, LIST, PUT, POST."""
    kinds = ("LIST" if "list-type=" in one["target"] else one["method"] for one in log)
    return dict(collections.Counter(kinds))
