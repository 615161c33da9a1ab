"""The conformance tables, read from S3, Azure and Google with the same results as from the local disk."""

import os
import pathlib
import re
import subprocess

import pyarrow.fs
import pytest
from conftest import KEY, SECRET
from servers import ROOT

CASES = pathlib.Path(os.environ.get("DELTAIC_CONFORMANCE_DIR", ROOT.parent / "shared/conformance"))
PROGRAM = ROOT / "build/release/bin/deltaic-conformance"
# All of them lie on S3. The emulators of the others take minutes to be given so many files.
EVERYWHERE = os.environ.get("DELTAIC_TEST_LONG") == "1"
SLICE = [] if EVERYWHERE else ["dat", "derived", "spark"]
LOCAL_ONLY = "its log names places on the local disk"


def run(*arguments, env=None) -> dict[str, str]:
    """What each case came to, by its name."""
    command = [PROGRAM, "--verbose", "--cases", CASES, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=500)
    counts = re.search(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", done.stdout, re.MULTILINE)
    assert counts, done.stdout[-2000:] + done.stderr[-2000:]
    assert counts[2] == "0", done.stdout[-4000:]
    lines = [re.match(r"(ok|skip) +([^:]+)(.*)", line) for line in done.stdout.splitlines()]
    return {line[2]: line[1] + line[3] for line in lines if line}


@pytest.fixture(scope="module")
def here() -> dict[str, str]:
    if not (CASES / "cases.json").exists():
        pytest.skip(f"no conformance tables at {CASES.name}; set DELTAIC_CONFORMANCE_DIR")
    if not PROGRAM.exists():
        pytest.skip("deltaic-conformance is not built")
    return run()


def copy_to(store: pyarrow.fs.FileSystem, folders=()):
    disk = pyarrow.fs.LocalFileSystem()
    for folder in folders or ["."]:
        pyarrow.fs.copy_files(
            str(CASES / folder),
            f"test/conformance/{folder}".removesuffix("/."),
            source_filesystem=disk,
            destination_filesystem=store,
        )


def has_the_results_of(here: dict[str, str], there: dict[str, str], folders=()):
    here = {name: result for name, result in here.items() if not folders or name.split("/")[0] in folders}
    assert len(here) > 30 and there.keys() == here.keys()
    others = {name: there[name] for name in here if there[name] != here[name]}
    # Such a table cannot lie anywhere else.
    assert all(result.endswith(LOCAL_ONLY) for result in others.values()), others
    assert len(others) < 10


def run_slice(root: str, env: dict[str, str]) -> dict[str, str]:
    return run("--root", root, *(f"{folder}/" for folder in SLICE), env={**os.environ, **env})


def test_tables_on_s3_are_those_on_disk(here, s3, options):
    address = f"127.0.0.1:{s3.port}"
    copy_to(
        pyarrow.fs.S3FileSystem(
            access_key=KEY, secret_key=SECRET, endpoint_override=address, scheme="http", region="us-east-1"
        )
    )
    env = {**os.environ, "AWS_ALLOW_HTTP": "true"}
    env |= {name.upper(): value for name, value in options.items() if name.startswith("aws_")}
    has_the_results_of(here, run("--root", "s3://test/conformance", env=env))


def test_tables_in_azure_are_those_on_disk(here, azurite):
    account, key = (azurite.env[f"AZURE_STORAGE_ACCOUNT_{name}"] for name in ("NAME", "KEY"))
    address = azurite.env["AZURE_STORAGE_ENDPOINT"].removeprefix("http://").removesuffix(f"/{account}")
    authorities = {f"{service}_storage_authority": address for service in ("blob", "dfs")}
    schemes = {f"{service}_storage_scheme": "http" for service in ("blob", "dfs")}
    copy_to(pyarrow.fs.AzureFileSystem(account, account_key=key, **authorities, **schemes), SLICE)
    has_the_results_of(here, run_slice("az://test/conformance", azurite.env), SLICE)


def test_tables_in_google_are_those_on_disk(here, gcs):
    address = f"127.0.0.1:{gcs.port}"
    copy_to(pyarrow.fs.GcsFileSystem(anonymous=True, scheme="http", endpoint_override=address), SLICE)
    has_the_results_of(here, run_slice("gs://test/conformance", gcs.env), SLICE)
