"""The contract of stores, tests/contract, on a real server."""

import os

from command_line import run_contract


def test_s3_keeps_the_contract_of_stores(s3, options):
    environment = {name.upper(): value for name, value in options.items() if name.startswith("aws_")}
    run_contract(f"s3://test/contract-{os.getpid()}", {**environment, "AWS_ALLOW_HTTP": "true"})
