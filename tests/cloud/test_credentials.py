"""Every way of AWS to log in, by services that hand out the test store's keys; and a store without conditions."""

import pathlib
import subprocess

import pytest
import servers

CITIES = servers.ROOT / "examples/data/cities.csv"
ROLE = "arn:aws:iam::123456789012:role/test"


@pytest.fixture(scope="module")
def auth(logins):
    return logins.env


@pytest.fixture
def run(auth, options):
    """The command line in an environment of its own, which names no keys."""

    def run(*arguments, settings=(), **variables):
        env = {
            "PATH": "/usr/bin:/bin",
            "HOME": f"{auth['CLOUDAUTH_DIR']}/home",
            "AWS_ENDPOINT_URL": options["aws_endpoint"],
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            **{name: value for name, value in auth.items() if name.startswith("AWS_ENDPOINT")},
            "AWS_CONFIG_FILE": auth["AWS_CONFIG_FILE"],
            "AWS_SHARED_CREDENTIALS_FILE": auth["AWS_SHARED_CREDENTIALS_FILE"],
            **variables,
        }
        given = [part for setting in settings for part in ("--storage-option", setting)]
        command = [servers.CLI, *given, *map(str, arguments)]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)

    return run


@pytest.fixture
def table(uri, deltaic):
    done = deltaic("write", uri, CITIES)
    assert done.returncode == 0, done.stderr
    return uri


def ways(auth):
    url, folder = auth["CLOUDAUTH"], pathlib.Path(auth["CLOUDAUTH_DIR"])
    token = auth["CLOUDAUTH_TOKEN"]
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing-secret"}
    return {
        "environment": keys,
        "profile": {"AWS_PROFILE": "keys"},
        "process": {"AWS_PROFILE": "process"},
        "sso": {"AWS_PROFILE": "sso"},
        "profile with a web identity": {"AWS_PROFILE": "web"},
        "profile that assumes a role": {"AWS_PROFILE": "assumed"},
        "role of the options": {**keys, "AWS_IAM_ROLE_ARN": ROLE},
        "web identity": {"AWS_WEB_IDENTITY_TOKEN_FILE": str(folder / "token"), "AWS_ROLE_ARN": ROLE},
        "container": {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{url}/aws/container",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": token,
        },
        "container, token of a file": {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{url}/aws/container",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(folder / "token"),
        },
        "instance": {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": url},
    }


def test_every_way_to_log_in_reads_a_table(auth, table, run):
    failed = {}
    for name, variables in ways(auth).items():
        done = run("info", table, **variables)
        if done.returncode != 0:
            failed[name] = done.stderr
    assert not failed


def test_nobody_logged_in_says_where_it_looked(table, run):
    done = run("info", table)
    assert done.returncode != 0
    assert "there are no credentials" in done.stderr
    assert "aws_skip_signature=true" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_what_is_set_up_and_fails_is_named(auth, table, run, tmp_path):
    url = auth["CLOUDAUTH"]
    cases = [
        ({"AWS_PROFILE": "nobody"}, "profile nobody"),
        ({"AWS_PROFILE": "sso", "HOME": str(tmp_path)}, "aws sso login --profile sso"),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/nonexistent", "AWS_ROLE_ARN": ROLE}, "web identity token"),
        (
            {
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{url}/aws/container",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": "wrong-canary",
            },
            "container",
        ),
    ]
    for variables, wanted in cases:
        done = run("info", table, **variables)
        assert done.returncode != 0
        assert wanted in done.stderr, done.stderr
        assert "canary" not in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_store_that_ignores_conditions_is_refused(folder):
    server = servers.Server("s3proxy.sh", folder)
    try:
        settings = [
            "aws_access_key_id=testing",
            "aws_secret_access_key=testing-secret",
            f"aws_endpoint=http://127.0.0.1:{server.port}",
            "allow_http=true",
        ]

        def run(*arguments):
            given = [part for setting in settings for part in ("--storage-option", setting)]
            return subprocess.run([servers.CLI, *given, *arguments], capture_output=True, text=True, timeout=60)

        done = run("write", "s3://test/refused", str(CITIES))
        assert done.returncode != 0
        assert "If-None-Match" in done.stderr
        assert "aws_s3_allow_unsafe_rename=true" in done.stderr
        settings.append("aws_s3_allow_unsafe_rename=true")
        assert run("write", "s3://test/alone", str(CITIES)).returncode == 0
        assert run("write", "s3://test/alone", str(CITIES), "--mode", "append").returncode == 0
    finally:
        server.stop()
