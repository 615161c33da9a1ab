"""The command line and the contract of stores, run against a server with nothing of this machine's own logins."""

import dataclasses
import json
import os
import re
import subprocess

from servers import CLI, ROOT, program

# As ctest sets them: Arrow is not instrumented, and what its libraries allocate looks lost.
ASAN_OPTIONS = "detect_container_overflow=0:detect_leaks=0"
CITIES = ROOT / "examples/data/cities.csv"


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
    command = [str(CLI)]
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


def run_contract(uri: str, env: dict[str, str]):
    """The contract that every store keeps, on one more store."""
    done = subprocess.run(
        [str(program("contract_test")), "--gtest_filter=*/Server:*/Server/*", "--gtest_brief=1"],
        capture_output=True,
        text=True,
        timeout=300,
        env={**clean_environment(), **env, "DELTAIC_CONTRACT_ROOT": uri, "ASAN_OPTIONS": ASAN_OPTIONS},
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert int(re.search(r"PASSED  \] (\d+) tests", done.stdout)[1]) > 20, "the server was left out"
