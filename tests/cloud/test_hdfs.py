"""Tables in HDFS by WebHDFS, on a real name node and data node."""

import concurrent.futures
import json
import uuid

import pytest
from command_line import CITIES, cities, deltaic, rows, run_contract
from servers import Proxy, Server


@pytest.fixture(scope="module")
def hdfs(folder):
    server = Server("hdfs.sh", folder)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def proxy(folder, hdfs):
    server = Proxy(folder, hdfs.port)
    yield server
    server.stop()


@pytest.fixture
def path():
    return uuid.uuid4().hex


def test_store_keeps_the_contract(hdfs):
    run_contract(f"webhdfs://127.0.0.1:{hdfs.port}/contract", {})


def test_write_read_checkpoint(hdfs, path):
    uri = f"webhdfs://127.0.0.1:{hdfs.port}/t/{path}"
    for _ in range(2):
        ran = deltaic("write", uri, CITIES, "--partition-by", "country")
        assert ran.code == 0, ran.err
    assert deltaic("checkpoint", uri).code == 0
    assert len(rows(uri)) == 2 * len(cities())
    by_endpoint = f"hdfs://namenode.invalid:8020/t/{path}"
    options = {"hdfs_webhdfs_endpoint": f"http://127.0.0.1:{hdfs.port}", "hdfs_user": "me"}
    assert len(rows(by_endpoint, options=options)) == 2 * len(cities())


def test_many_writers_lose_nothing(hdfs, path):
    uri = f"webhdfs://127.0.0.1:{hdfs.port}/t/{path}"
    assert deltaic("write", uri, CITIES).code == 0
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        ran = list(pool.map(lambda _: deltaic("write", uri, CITIES), range(8)))
    assert [one.err for one in ran if one.code != 0] == []
    assert len(rows(uri)) == 9 * len(cities())


@pytest.mark.parametrize("action", ["reset_after", "reset", "status_after"])
def test_commit_with_a_lost_answer_is_made_once(hdfs, proxy, path, action):
    uri = f"webhdfs://127.0.0.1:{hdfs.port}/t/{path}"
    assert deltaic("write", uri, CITIES).code == 0
    proxy.rules(
        {"method": "PUT", "target": r"op=RENAME.*\.json", "times": 1, "action": action, "code": 503, "body": ""}
    )
    ran = deltaic("write", f"webhdfs://127.0.0.1:{proxy.port}/t/{path}", CITIES)
    assert ran.code == 0, ran.err
    assert len(rows(uri)) == 2 * len(cities())
    assert json.loads(deltaic("info", uri, "--json").out)["version"] == 1


def test_bad_input_is_one_line(hdfs):
    for uri in ("webhdfs:///t", f"webhdfs://127.0.0.1:{hdfs.port}/absent", "webhdfs://127.0.0.1:9/t", "hdfs://h/t?x=1"):
        ran = deltaic("info", uri, options={"max_retries": "1"})
        assert ran.code != 0 and len(ran.err.strip().splitlines()) == 1, ran.err
