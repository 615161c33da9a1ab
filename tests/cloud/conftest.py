import itertools
import os
import pathlib
import subprocess

import lock_table
import pytest
import servers

KEY, SECRET = "testing", "testing-secret"
_numbers = itertools.count()


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> pathlib.Path:
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="session", autouse=True)
def no_aws_of_this_machine():
    """No setting of whoever runs the tests; and no metadata service is waited for."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    os.environ.clear()
    os.environ.update(kept, AWS_EC2_METADATA_DISABLED="true", AWS_CONFIG_FILE="/dev/null")
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null"


@pytest.fixture(scope="session")
def s3(folder):
    server = servers.Server("s3.sh", folder, "--bucket", "test")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def pair(folder):
    """S3 and DynamoDB, with a table for locks."""
    server = servers.Server("s3.sh", folder, "--bucket", "test", "--dynamodb")
    server.dynamo = server.env["AWS_ENDPOINT_URL_DYNAMODB"]
    lock_table.make(server.dynamo)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def azurite(folder):
    """Azure's Blob service, with a container."""
    server = servers.Server("azure.sh", folder, "--container", "test")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def gcs(folder):
    """Google Cloud Storage, with a bucket."""
    server = servers.Server("gcs.sh", folder, "--bucket", "test")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def proxy(folder, s3):
    server = servers.Proxy(folder, s3.port)
    yield server
    server.stop()


@pytest.fixture
def faults(proxy):
    """The proxy before S3, without rules before and after."""
    proxy.rules()
    yield proxy
    proxy.rules()


@pytest.fixture(scope="session")
def logins(folder):
    """What hands out credentials of every cloud."""
    server = servers.Server("cloudauth.sh", folder)
    yield server
    server.stop()


def options_of(endpoint: str) -> dict[str, str]:
    return {
        "aws_access_key_id": KEY,
        "aws_secret_access_key": SECRET,
        "aws_region": "us-east-1",
        "aws_endpoint": endpoint,
        "allow_http": "true",
    }


@pytest.fixture
def options(s3) -> dict[str, str]:
    """Storage options for the server itself."""
    return options_of(f"http://127.0.0.1:{s3.port}")


@pytest.fixture
def azure(azurite) -> dict[str, str]:
    """Storage options for Azure."""
    return {
        "azure_storage_account_name": azurite.env["AZURE_STORAGE_ACCOUNT_NAME"],
        "azure_storage_account_key": azurite.env["AZURE_STORAGE_ACCOUNT_KEY"],
        "azure_storage_endpoint": azurite.env["AZURE_STORAGE_ENDPOINT"],
        "allow_http": "true",
    }


@pytest.fixture
def faulty(faults) -> dict[str, str]:
    """Storage options for the proxy before it; retries come soon."""
    return {**options_of(faults.endpoint), "init_backoff": "10ms", "max_backoff": "100ms"}


@pytest.fixture
def uri() -> str:
    """Where no table is yet."""
    return f"s3://test/{os.getpid()}-{next(_numbers)}/table"


@pytest.fixture
def deltaic(options):
    """The command line with the options of the server."""

    def run(*arguments, storage=options):
        settings = [part for key, value in storage.items() for part in ("--storage-option", f"{key}={value}")]
        return subprocess.run(
            [servers.CLI, *settings, *map(str, arguments)], capture_output=True, text=True, timeout=120
        )

    return run
