"""What every store must do, through the command line: each store's tests derive a class of these."""

import concurrent.futures
import json

import pytest
from command_line import CITIES, cities, deltaic, rows

LOST = [
    {"action": "status_after", "code": 503, "body": ""},
    {"action": "status_after", "code": 500, "body": ""},
    {"action": "status_after", "code": 429, "body": ""},
    {"action": "reset_after"},
    {"action": "reset"},
    {"action": "close"},
    {"action": "status", "code": 503, "body": "", "headers": {"Retry-After": "1"}},
    {"action": "status", "code": 429, "body": '{"error":{"code":429,"message":"rate"}}'},
]


def name_of(fault: dict) -> str:
    return f"{fault['action']}-{fault.get('code', '')}".strip("-")


class StoreTests:
    """Of fixtures: `options` for the server, `faulty` for the proxy before it, `proxy`, and `uri`, where nothing is."""

    commit = {}  # the request that puts a commit, as the proxy's rules say it

    def test_write_and_read(self, options, uri):
        assert deltaic("write", uri, CITIES, options=options).code == 0
        assert rows(uri, options=options) == cities()

    @pytest.mark.parametrize("fault", LOST, ids=name_of)
    def test_commit_with_a_lost_answer_is_made_once(self, faulty, options, uri, proxy, fault):
        assert deltaic("write", uri, CITIES, options=options).code == 0
        proxy.rules({**self.commit, "times": 1, **fault})
        ran = deltaic("write", uri, CITIES, options=faulty)
        assert ran.code == 0, ran.err
        assert proxy.acted() == 1
        assert len(rows(uri, options=options)) == 2 * len(cities())
        assert json.loads(deltaic("info", uri, "--json", options=options).out)["version"] == 1

    @pytest.mark.parametrize("code", [503, 429, 500, 408])
    def test_reads_are_tried_again(self, faulty, options, uri, proxy, code):
        assert deltaic("write", uri, CITIES, options=options).code == 0
        proxy.rules({"method": "GET", "times": 2, "action": "status", "code": code, "body": ""})
        assert rows(uri, options=faulty) == cities()

    def test_many_writers_lose_nothing(self, options, uri):
        assert deltaic("write", uri, CITIES, options=options).code == 0
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            ran = list(pool.map(lambda _: deltaic("write", uri, CITIES, options=options), range(18)))
        assert [one.err for one in ran if one.code != 0] == []
        assert len(rows(uri, options=options)) == 19 * len(cities())

    def test_missing_table_is_one_line(self, options, uri):
        ran = deltaic("info", uri, options=options)
        assert ran.code != 0 and "no Delta table" in ran.err and len(ran.err.strip().splitlines()) == 1
