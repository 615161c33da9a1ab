"""The contract of stores, tests/contract, on a real server."""

import os
import re
import subprocess

import servers


def test_s3_keeps_the_contract_of_stores(s3, options):
    environment = {name.upper(): value for name, value in options.items() if name.startswith("aws_")}
    done = subprocess.run(
        [servers.program("contract_test"), "--gtest_filter=*/Server:*/Server/*", "--gtest_brief=1"],
        env={
            **os.environ,
            **environment,
            "AWS_ALLOW_HTTP": "true",
            "DELTAIC_CONTRACT_ROOT": f"s3://test/contract-{os.getpid()}",
            "ASAN_OPTIONS": "detect_container_overflow=0:detect_leaks=0",
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert int(re.search(r"PASSED  \] (\d+) tests", done.stdout)[1]) > 20, "the server was left out"
