"""The command line program as a user has it: run with arguments, looked at through its output and exit code."""

import dataclasses
import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = ROOT / "build/release/bin/deltaic"


@dataclasses.dataclass
class Ran:
    code: int
    out: str
    err: str

    def json(self):
        return json.loads(self.out)


@pytest.fixture
def deltaic():
    def run(*arguments, stdin: str | bytes | None = None, **kwargs) -> Ran:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        command = [str(PROGRAM), *map(str, arguments)]
        env = {**os.environ, **kwargs.pop("env", {})}
        done = subprocess.run(command, input=data, capture_output=True, timeout=120, env=env, **kwargs)
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def cities() -> pathlib.Path:
    return ROOT / "examples/data/cities.csv"


@pytest.fixture
def table(deltaic, cities, tmp_path) -> pathlib.Path:
    """A table of five cities, partitioned by country, at version 0."""
    path = tmp_path / "cities"
    done = deltaic("write", path, cities, "--partition-by", "country")
    assert done.code == 0, done.err
    return path


def tree(path: pathlib.Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes: what must not change when a command fails."""
    return {str(p.relative_to(path)): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}
