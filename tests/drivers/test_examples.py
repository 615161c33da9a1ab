"""The examples of Ruby, Node and Go: each program runs as its README says, with real servers where it needs them."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.request

import pyarrow as pa
import pytest
from conftest import ENV, ROOT
from deltaic import DeltaTable, write_deltalake

EXAMPLES = ROOT / "examples"
SECONDS = 60  # for anything; a test that waits as long has failed


def wait_for(condition, what: str):
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


@contextlib.contextmanager
def running(command, folder, log, **env):
    """The program, which ends by SIGTERM; what it says is in the file `log`."""
    with log.open("w") as out:
        environment = {**os.environ, **ENV, **env}
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=out)
        try:
            yield process
            assert process.poll() is None, log.read_text()
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(SECONDS)
    assert code in (0, -signal.SIGTERM), log.read_text()


def place_of(postgres):
    return {"PGHOST": str(postgres.folder), "PGUSER": "postgres", "PGDATABASE": "postgres"}


def scores(numbers):
    return pa.table({"user_id": pa.array(numbers, pa.int64()), "score": [i / 4 for i in numbers]})


@pytest.fixture
def lake(tmp_path):
    uri = str(tmp_path / "lake")
    write_deltalake(uri, scores(range(10)))
    return uri


def test_sidekiq_job(tmp_path, lake, postgres, redis):
    if not (ROOT / "build/ruby/deltaic/deltaic.so").exists() or not shutil.which("sidekiq"):
        pytest.skip("the extension of Ruby is not built, or there is no Sidekiq")
    job = EXAMPLES / "ruby/sidekiq/scores_sync.rb"
    postgres.sql("DROP TABLE IF EXISTS scores, deltaic_sync")
    postgres.sql("CREATE TABLE scores (user_id bigint PRIMARY KEY, score double precision, gone_at timestamptz)")
    redis.run("FLUSHALL")
    env = {**place_of(postgres), "SCORES": lake, "REDIS_URL": redis.url}
    env["RUBYLIB"] = f"{ROOT / 'bindings/ruby/lib'}:{ROOT / 'build/ruby'}"

    def enqueue():
        command = ["ruby", "-r", job, "-e", "ScoresSync.perform_async"]
        subprocess.run(command, cwd=tmp_path, env={**os.environ, **env}, check=True, capture_output=True)

    def counts():
        return postgres.sql("SELECT count(*) FILTER (WHERE gone_at IS NULL), count(gone_at) FROM scores")

    with running(["sidekiq", "-q", "warehouse", "-c", "2", "-r", job], tmp_path, tmp_path / "log", **env):
        enqueue()
        wait_for(lambda: counts() == "10|0", "the first run")
        DeltaTable(lake).delete("user_id >= 8")
        enqueue()
        wait_for(lambda: counts() == "8|2", "the second run")


def test_node_service_over_postgres(tmp_path, lake, postgres, node_driver):
    modules = tmp_path / "node_modules"
    modules.mkdir()
    (modules / "deltaic").symlink_to(ROOT / "bindings/node")
    for name in (ROOT / "build/node/npm/node_modules").glob("pg*"):
        (modules / name.name).symlink_to(name)
    shutil.copy(EXAMPLES / "node/served.mjs", tmp_path)
    postgres.sql("DROP TABLE IF EXISTS scores, deltaic_sync")
    postgres.sql("CREATE TABLE scores (user_id bigint PRIMARY KEY, score double precision)")
    log = tmp_path / "log"

    def said(pattern):
        return re.search(pattern, log.read_text())

    def ask(user):
        with urllib.request.urlopen(said(r"http://\S+:\d+/")[0] + f"?user={user}") as response:
            return json.load(response)

    with running(["node", "served.mjs", lake], tmp_path, log, EVERY_MS="50", **place_of(postgres)):
        wait_for(lambda: said("http://") and said("version 0: 10 upserted"), "the first run")
        assert ask(7) == {"user_id": 7, "score": 1.75}
        DeltaTable(lake).update({"score": "9"}, predicate="user_id = 7")
        wait_for(lambda: said("version 1: 1 upserted"), "the second run")
        assert ask(7)["score"] == 9


def test_node_service_over_the_table(tmp_path, node_driver):
    modules = tmp_path / "node_modules"
    modules.mkdir()
    (modules / "deltaic").symlink_to(ROOT / "bindings/node")
    shutil.copy(EXAMPLES / "node/service.mjs", tmp_path)
    log = tmp_path / "log"
    with running(["node", "service.mjs", "scores"], tmp_path, log):
        wait_for(lambda: "http://" in log.read_text(), "the address")
        with urllib.request.urlopen(log.read_text().strip()) as response:
            rows = json.load(response)
    assert len(rows) == 10 and all(row["score"] > 0.9 for row in rows)


def build(module, program):
    if not shutil.which("go"):
        pytest.skip("there is no go")
    subprocess.run(["go", "build", "-o", program, "."], cwd=module, env={**os.environ, "CGO_ENABLED": "1"}, check=True)


def test_go_daemon_over_redis(tmp_path, lake, redis):
    build(EXAMPLES / "go/syncd", tmp_path / "syncd")
    redis.run("FLUSHALL")
    with running(["./syncd", "-every", "50ms", lake, redis.url], tmp_path, tmp_path / "log"):
        wait_for(lambda: redis.cursor() == 0, "the first run")
        assert redis.run("HGET", "scores:7", "score") == "1.75\n"
        DeltaTable(lake).delete("user_id = 7")
        wait_for(lambda: redis.cursor() == 1, "the second run")
        assert redis.run("EXISTS", "scores:7") == "0\n"


def test_go_follower(tmp_path):
    build(EXAMPLES / "go", tmp_path / "follow")
    command = ["./follow", "scores", "2"]
    done = subprocess.run(command, cwd=tmp_path, env={**os.environ, **ENV}, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[:2] == ["0 insert 1 0.9", "0 insert 2 0.4"]
    assert "1 update_postimage 2 0.5" in done.stdout
