"""Python's own tests of reading and writing, once more with their tables on S3."""

import os
import re
import subprocess
import sys

from servers import ROOT

TESTS = ROOT / "bindings/python/tests"
SLICE = ["test_table.py", "test_dataset.py", "test_row_changes.py", "test_changes.py", "test_restore.py"]


def test_reading_and_writing(options, folder):
    env = {**os.environ, "DELTAIC_TEST_ROOT": "s3://test/python"}
    # Under the names that the peer too looks for, which writes some of the tables.
    env |= {name.upper(): value for name, value in options.items() if name.startswith("aws_")}
    env |= {"AWS_ENDPOINT_URL": options["aws_endpoint"], "AWS_ALLOW_HTTP": "true"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--basetemp={folder / 'python'}",
        *SLICE,
    ]
    done = subprocess.run(command, cwd=TESTS, env=env, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stdout[-6000:]
    passed = int(re.search(r"(\d+) passed", done.stdout)[1])
    skipped = int((re.search(r"(\d+) skipped", done.stdout) or [0, 0])[1])
    assert passed > 150 and skipped < 30, done.stdout[-300:]
