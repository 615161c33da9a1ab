"""A store that takes its time: what goes on meanwhile, and that each message is there once all the same."""

import os
import pathlib
import random
import re
import signal
import sys
import time
import urllib.request

import deltalake
import pytest
from conftest import wait_for

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cloud"))
import servers  # noqa: E402

KEY, SECRET = "testing", "testing-secret"
SLOW_MS = 500
KILLS = int(os.environ.get("DELTAIC_INGEST_KILLS", "20")) // 4


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    server = servers.Server("s3.sh", tmp_path_factory.mktemp("s3"), "--bucket", "test")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def one_proxy(tmp_path_factory, s3):
    proxy = servers.Proxy(tmp_path_factory.mktemp("proxy"), s3.port)
    yield proxy
    proxy.stop()


@pytest.fixture
def proxy(one_proxy):
    one_proxy.rules()
    one_proxy.latency(0)
    yield one_proxy
    one_proxy.rules()
    one_proxy.latency(0)


class Store:
    """A table behind the proxy, which deltalake reads past it."""

    def __init__(self, s3, proxy, name: str):
        self.uri = f"s3://test/{name}"
        self.env = {**self.settings(proxy.endpoint), "AWS_EC2_METADATA_DISABLED": "true"}
        self.options = self.settings(f"http://127.0.0.1:{s3.port}")

    @staticmethod
    def settings(endpoint: str) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ALLOW_HTTP": "true",
        }

    def table(self) -> deltalake.DeltaTable:
        return deltalake.DeltaTable(self.uri, storage_options=self.options)

    def ids(self) -> list[int]:
        return sorted(self.table().to_pyarrow_table(columns=["id"])["id"].to_pylist())


@pytest.fixture
def store(s3, proxy, broker):
    return Store(s3, proxy, broker.topic())  # a name of its own


class Counters:
    """What a process tells of itself."""

    def __init__(self, ran):
        wait_for(lambda: "metrics at port" in ran.text)
        self.port = int(re.search(r"metrics at port (\d+)", ran.text).group(1))

    def __getitem__(self, name: str) -> int:
        return self.all()[name]

    def all(self) -> dict[str, int]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
        found = re.findall(r"^deltaic_ingest_(\w+)\{[^}]*\} (-?\d+)$", text, re.MULTILINE)
        return {name: int(value) for name, value in found}


METRICS = ["--metrics-listen", "127.0.0.1:0"]


def handled_within_a_commit(counters: Counters, produce) -> int:
    """How many messages were handled while one commit was under way: 0 where it ended too soon, or there was none."""
    looks = [counters.all()]
    produce()
    while (
        all(look["commits_under_way"] == 1 for look in looks)
        and looks[0]["commits_total"] == looks[-1]["commits_total"]
    ):
        # Figures are read one after the other: those of a look are within if the looks around it saw the commit.
        if len(looks) > 3 and (count := looks[-2]["messages_total"] - looks[1]["messages_total"]) > 0:
            return count
        time.sleep(0.02)
        looks.append(counters.all())
    return 0


def test_messages_are_taken_while_a_commit_is_under_way(broker, start, proxy, store):
    topic = broker.topic(2)
    ran = start(topic, store.uri, "--schema", "id long, text string", "-l", "0.1", *METRICS, env=store.env)
    counters = Counters(ran)
    wait_for(lambda: counters["partitions"] == 2)
    proxy.latency(SLOW_MS)
    sent, handled = 0, 0

    def produce():
        nonlocal sent
        broker.produce(topic, ({"id": i, "text": "x" * 50} for i in range(sent, sent + 500)), 2)
        sent += 500

    def is_enough() -> bool:
        nonlocal handled
        handled += handled_within_a_commit(counters, produce)
        return handled > 2000

    wait_for(is_enough, 60)
    proxy.latency(0)
    wait_for(lambda: counters["messages_total"] == sent)  # what is not read by SIGTERM is of the next run
    assert ran.terminate() == 0, ran.text
    assert store.ids() == list(range(sent))
    assert "conflict" not in ran.text


@pytest.mark.parametrize(
    "action",
    [
        {"action": "reset_after"},  # the reply is lost
        {"action": "status", "code": 503},
    ],
    ids=lambda action: str(action.get("code", action["action"])),
)
def test_a_commit_that_fails_while_others_fill(broker, start, proxy, store, action):
    """All tries of a put go wrong, one after the other."""
    topic = broker.topic(2)
    flags = ["--schema", "id long", "-l", "0.05", "--max-rows-per-commit", "200", *METRICS]
    retry = ["--storage-option", "init_backoff=10ms", "--storage-option", "max_backoff=50ms"]
    ran = start(topic, store.uri, *flags, *retry, env=store.env)
    counters = Counters(ran)
    wait_for(lambda: counters["partitions"] == 2)
    proxy.latency(20)
    log = {"method": "PUT", "target": r"_delta_log/\d+\.json"}
    proxy.rules({**log, "skip": 1, "times": 10, **action})
    for begin in range(0, 6000, 500):
        broker.produce(topic, ({"id": i} for i in range(begin, begin + 500)), 2)
    wait_for(lambda: sum(store_positions(store)) == 5998, 60)
    assert proxy.acted() > 0
    proxy.rules()
    assert ran.terminate() == 0, ran.text
    assert store.ids() == list(range(6000))


def store_positions(store, partitions: int = 2) -> list[int]:
    table = store.table()
    return [table.transaction_version(f"kafka_delta_ingest-{p}") or 0 for p in range(partitions)]


def test_killed_while_a_commit_is_under_way(broker, start, ingest, proxy, store):
    topic = broker.topic(2)
    flags = ["--schema", "id long, text string", "-l", "0.05", "--max-rows-per-commit", "300"]
    flags += ["-K", "session.timeout.ms=2000", "-K", "heartbeat.interval.ms=300", "-K", "group.instance.id=one"]
    moments = random.Random(5)
    sent = 0
    for _ in range(KILLS):
        proxy.latency(50)
        ran = start(topic, store.uri, *flags, env=store.env)
        for _ in range(4):
            broker.produce(topic, ({"id": i, "text": "x" * 50} for i in range(sent, sent + 400)), 2)
            sent += 400
        time.sleep(moments.uniform(0.2, 1.2))
        ran.kill()
    proxy.latency(0)
    ingest(topic, store.uri, *flags, env=store.env)
    assert store.ids() == list(range(sent))


def test_partitions_that_go_wait_for_their_commit(broker, start, proxy, store):
    """Another member comes while commits are under way: the first one's land before it lets go."""
    topic = broker.topic(4)
    flags = ["--schema", "id long", "-l", "0.1", *METRICS]
    first = start(topic, store.uri, *flags, env=store.env)
    counters = Counters(first)
    wait_for(lambda: counters["partitions"] == 4)
    proxy.latency(200)
    sent = 0

    def produce():
        nonlocal sent
        broker.produce(topic, ({"id": i} for i in range(sent, sent + 400)), 4)
        sent += 400

    produce()
    wait_for(lambda: counters["commits_under_way"] == 1)
    second = start(topic, store.uri, *flags, env=store.env)
    others = Counters(second)
    while others["partitions"] == 0:
        produce()
        time.sleep(0.1)
    produce()
    proxy.latency(20)
    wait_for(lambda: sum(store_positions(store, 4)) == sent - 4, 60)
    assert counters["conflicts_total"] + others["conflicts_total"] == 0, first.text + second.text
    assert first.terminate() == 0, first.text
    assert second.terminate() == 0, second.text
    assert store.ids() == list(range(sent))


def test_sigterm_waits_for_the_commit_but_not_for_ever(broker, start, ingest, proxy, store):
    topic = broker.topic()
    flags = ["--schema", "id long", "-l", "0.1", *METRICS]
    static = ["-K", "group.instance.id=one", "-K", "session.timeout.ms=2000", "-K", "heartbeat.interval.ms=300"]
    ran = start(topic, store.uri, *flags, *static, "--stop-timeout", "1", env=store.env)
    counters = Counters(ran)
    wait_for(lambda: counters["partitions"] == 1)
    proxy.latency(SLOW_MS)
    broker.produce(topic, ({"id": i} for i in range(100)))
    wait_for(lambda: counters["commits_under_way"] == 1)
    proxy.rules({"method": "PUT", "target": r"_delta_log/\d+\.json", "action": "delay", "ms": 60_000})
    ran.process.send_signal(signal.SIGTERM)
    assert ran.wait(20) == 8, ran.text
    assert "--stop-timeout" in ran.text.splitlines()[-1]
    proxy.rules()
    proxy.latency(100)
    ran = start(topic, store.uri, *flags, *static, env=store.env)
    counters = Counters(ran)
    wait_for(lambda: counters["partitions"] == 1)
    broker.produce(topic, ({"id": i} for i in range(100, 200)))
    wait_for(lambda: counters["commits_under_way"] == 1)
    broker.produce(topic, ({"id": i} for i in range(200, 300)))
    wait_for(lambda: counters.all().get("partition_offset") == 300)
    assert ran.terminate() == 0, ran.text  # with what was under way, and what was not
    assert store.ids() == list(range(300))
