"""deltaic ingest beside a real broker: messages in, tables out, and every message accounted for once."""

import collections
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import uuid

import deltalake
import pytest

kafka = pytest.importorskip("confluent_kafka", reason="confluent-kafka is not installed (dev/requirements/test.txt)")
from confluent_kafka.admin import AdminClient, NewTopic  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = ROOT / "build/release/bin/deltaic-ingest"
SERVERS = pathlib.Path(os.environ.get("DELTAIC_TESTSERVERS", ROOT.parent / "shared/testservers"))


def newest_librdkafka() -> str:
    libraries = pathlib.Path(kafka.__file__).parent.parent / "confluent_kafka.libs"
    return str(next(iter(sorted(libraries.glob("librdkafka-*.so.1"))), "librdkafka.so.1"))


ENVIRONMENT = {**os.environ, "DELTAIC_LIBRDKAFKA": newest_librdkafka()}


def free_ports(count: int) -> int:
    """The first of as many: below those that the system gives to connections, which may take one at any time."""
    for first in range(23000 + os.getpid() % 500 * 16, 32760, count):
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise OSError("no free ports")


class Broker:
    """Kafka on a port of its own, by testservers/kafka.sh."""

    def __init__(self, folder: pathlib.Path):
        self.port = free_ports(8)
        self.address = f"127.0.0.1:{self.port}"
        self.env = {**os.environ, "TESTSERVERS_DIR": str(folder)}

    def do(self, verb: str, *arguments: str):
        if verb == "start" and "--keep" in arguments:
            arguments += ("--secure",)
        command = [str(SERVERS / "kafka.sh"), verb, "--port", str(self.port), *arguments]
        done = subprocess.run(command, capture_output=True, env=self.env, timeout=120, check=False)
        assert done.returncode == 0, done.stderr.decode()

    def topic(self, partitions: int = 1, **config: str) -> str:
        name = f"t-{uuid.uuid4().hex[:12]}"
        admin = AdminClient({"bootstrap.servers": self.address})
        for made in admin.create_topics([NewTopic(name, partitions, 1, config=config)]).values():
            made.result()
        return name

    def produce(self, topic: str, messages, partitions: int = 1):
        """Values as JSON, bytes and None as they are; round robin over partitions. A tuple is (value, key, headers)."""
        producer = kafka.Producer(
            {"bootstrap.servers": self.address, "linger.ms": 5, "queue.buffering.max.messages": 1000000}
        )
        for i, message in enumerate(messages):
            value, key, headers = message if isinstance(message, tuple) else (message, None, None)
            if value is not None and not isinstance(value, bytes):
                value = json.dumps(value)
            while True:
                try:
                    producer.produce(topic, value, key, partition=i % partitions, headers=headers)
                    break
                except BufferError:
                    producer.poll(0.05)
        assert producer.flush(60) == 0

    def has_topic(self, topic: str) -> bool:
        return topic in AdminClient({"bootstrap.servers": self.address}).list_topics(timeout=10).topics

    def group_offsets(self, group: str, topic: str, partitions: int) -> list[int]:
        consumer = kafka.Consumer({"bootstrap.servers": self.address, "group.id": group})
        found = consumer.committed([kafka.TopicPartition(topic, p) for p in range(partitions)], timeout=10)
        consumer.close()
        return [p.offset for p in found]


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    if not PROGRAM.exists():
        pytest.skip("build/release/bin/deltaic-ingest is not built (librdkafka-dev)")
    if not (SERVERS / "kafka.sh").exists() or not shutil.which("java"):
        pytest.skip("no Kafka broker: testservers/kafka.sh and Java are needed; see DELTAIC_TESTSERVERS")
    broker = Broker(tmp_path_factory.mktemp("broker"))
    broker.do("start", "--heap", "384m", "--secure")
    yield broker
    broker.do("stop")


@pytest.fixture(scope="session")
def secure_broker(broker) -> tuple[str, str]:
    """The same broker where it asks for a password, and the file of its authority."""
    return f"127.0.0.1:{broker.port + 2}", str(next(pathlib.Path(broker.env["TESTSERVERS_DIR"]).glob("**/ca.pem")))


class Ran:
    def __init__(self, process: subprocess.Popen, log: pathlib.Path):
        self.process, self.log = process, log

    def wait(self, timeout: float = 60) -> int:
        return self.process.wait(timeout)

    def terminate(self, timeout: float = 30) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def kill(self):
        self.process.kill()
        self.process.wait()

    @property
    def text(self) -> str:
        return self.log.read_text()


@pytest.fixture
def start(broker, tmp_path):
    """Starts the program in the background; what is left is killed at the end."""
    running = []

    def run(topic: str, table, *flags, env=None) -> Ran:
        log = tmp_path / f"ingest-{len(running)}.log"
        address = [] if "-k" in flags else ["-k", broker.address]
        command = [PROGRAM, topic, table, *address, *flags]
        with log.open("w") as out:
            process = subprocess.Popen(
                list(map(str, command)), stdout=out, stderr=subprocess.STDOUT, env={**ENVIRONMENT, **(env or {})}
            )
        running.append(Ran(process, log))
        return running[-1]

    yield run
    for ran in running:
        if ran.process.poll() is None:
            ran.kill()


@pytest.fixture
def ingest(start):
    """Runs to the end of the topic, and expects an exit code."""

    def run(topic: str, table, *flags, code: int = 0, env=None) -> str:
        ran = start(topic, table, "-e", *flags, env=env)
        assert ran.wait() == code, ran.text
        return ran.text

    return run


def rows(table, columns=None) -> list[dict]:
    return deltalake.DeltaTable(str(table)).to_pyarrow_table(columns=columns).to_pylist()


def positions(table, app: str = "kafka_delta_ingest", partitions: int = 1) -> list:
    loaded = deltalake.DeltaTable(str(table))
    return [loaded.transaction_version(f"{app}-{p}") for p in range(partitions)]


def assert_each_once(table, count: int):
    """The ids are 0 to count - 1, each once."""
    ids = collections.Counter(row["id"] for row in rows(table, ["id"]))
    missing = [i for i in range(count) if i not in ids]
    twice = [i for i, times in ids.items() if times > 1]
    assert not missing and not twice, f"{len(missing)} missing {missing[:5]}, {len(twice)} twice {twice[:5]}"
    assert len(ids) == count


def wait_for(what, seconds: float = 30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come to be in time")
