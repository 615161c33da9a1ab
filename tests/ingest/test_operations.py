"""What runs the daemon: files with routes, metrics, logs, memory, compaction, dead letters in a topic, sign-in."""

import json
import os
import re
import socket
import subprocess
import urllib.error
import urllib.request

import deltalake
import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from conftest import ENVIRONMENT, PROGRAM, assert_each_once, kafka, rows, wait_for
from test_changes import by_id

MANY = int(os.environ.get("DELTAIC_INGEST_TOPICS", "30"))


@pytest.fixture
def run_file(broker, tmp_path):
    """Runs the program with a configuration file; stops it at the end."""
    running = []

    def run(text: str, *flags, env=None):
        path = tmp_path / f"ingest-{len(running)}.toml"
        path.write_text(text)
        log = (tmp_path / f"ingest-{len(running)}.log").open("w")
        command = [PROGRAM, "--config", path, "-k", broker.address, *flags]
        process = subprocess.Popen(
            list(map(str, command)), stdout=log, stderr=subprocess.STDOUT, env={**ENVIRONMENT, **(env or {})}
        )
        running.append(process)
        process.text = lambda: (tmp_path / log.name).read_text()
        return process

    yield run
    for process in running:
        if process.poll() is None:
            process.kill()
            process.wait()


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def port_of(text: str) -> int:
    return int(re.search(r"metrics at port (\d+)", text).group(1))


def test_routes_of_a_file(broker, run_file, tmp_path):
    """One consumer group, many topics, each into its own table."""
    topics = [broker.topic(2) for _ in range(3)]
    for topic in topics:
        broker.produce(topic, ({"id": i} for i in range(1000)), 2)
    text = 'schema = "id long"\nends_at_latest_offsets = true\n'
    for i, topic in enumerate(topics):
        text += f'[[route]]\ntopic = "{topic}"\ntable = "${{PLACE}}/t{i}"\nmax-rows-per-commit = {300 + i}\n'
    process = run_file(text, env={"PLACE": str(tmp_path)})
    assert process.wait(60) == 0, process.text()
    for i in range(3):
        assert_each_once(tmp_path / f"t{i}", 1000)


@pytest.mark.parametrize(
    "text, words",
    [
        ("a = ", ["line 1"]),
        ('frob = 1\n[[route]]\ntopic="a"\ntable="b"', ["line 1", "frob"]),
        ('[[route]]\ntopic="a"', ["line 1", "table"]),
        ('[[route]]\ntopic="a"\ntable="b"\nallowed_latency = "soon"', ["line 4", "allowed-latency"]),
        ('[[route]]\ntopic="a"\ntable="b"\nstart = "yesterday"', ["line 4", "--start"]),
        ('[[route]]\ntopic="a"\ntable="b"\nmemory-limit = "1GiB"', ["line 4", "memory-limit"]),
        ('[[route]]\ntopic="a"\ntable="b"\n[[route]]\ntopic="a"\ntable="c"', ["line 4", "topic a"]),
        ('[[route]]\ntopic="a"\ntable="b"\n[[route]]\ntopic="c"\ntable="b"', ["line 4", "app-id"]),
        ('[[route]]\ntopic="a"\ntable="${NO_SUCH_VARIABLE}"', ["line 3", "NO_SUCH_VARIABLE"]),
    ],
)
def test_wrong_files(run_file, text, words):
    process = run_file(text)
    assert process.wait(30) == 2, process.text()
    lines = process.text().strip().splitlines()
    assert len(lines) == 1 and all(word in lines[0] for word in words), lines


def test_flags_win_over_the_file(broker, run_file, tmp_path):
    topic = broker.topic()
    broker.produce(topic, ({"id": i} for i in range(5)))
    text = f'start = "latest"\n[[route]]\ntopic = "{topic}"\ntable = "{tmp_path / "t"}"\nschema="id long"'
    process = run_file(text, "-e", "--start", "earliest")
    assert process.wait(30) == 0, process.text()
    assert_each_once(tmp_path / "t", 5)


def test_a_route_that_fails_ends_alone(broker, run_file, tmp_path):
    good, bad = broker.topic(), broker.topic()
    broker.produce(good, ({"id": i} for i in range(10)))
    broker.produce(bad, [{"id": 1}, b"{broken"])
    text = f"""
        schema = "id long"
        allowed-latency = 0.2
        metrics-listen = "127.0.0.1:0"
        [[route]]
        topic = "{good}"
        table = "{tmp_path / "good"}"
        [[route]]
        topic = "{bad}"
        table = "{tmp_path / "bad"}"
        on-error = "fail"
        """
    process = run_file(text)
    wait_for(lambda: "is over" in process.text() or "metrics at" in process.text())
    port = port_of(process.text())
    wait_for(lambda: f"{bad} is failed" in get(port, "/readyz")[1])
    assert get(port, "/healthz") == (200, "ok\n")
    broker.produce(good, ({"id": i} for i in range(10, 20)))
    wait_for(lambda: (tmp_path / "good").exists() and len(rows(tmp_path / "good")) == 20)
    process.terminate()
    assert process.wait(25) == 6, process.text()
    assert rows(tmp_path / "bad") == []


def test_metrics_and_probes(broker, start, tmp_path):
    topic = broker.topic(2)
    broker.produce(topic, ({"id": i} for i in range(100)), 2)
    ran = start(topic, tmp_path / "t", "--schema", "id long", "-l", "0.2", "--metrics-listen", "127.0.0.1:0")
    wait_for(lambda: "committed" in ran.text)
    port = port_of(ran.text)
    wait_for(lambda: get(port, "/readyz") == (200, "ok\n"))
    wait_for(lambda: re.search(r"_rows_total\{.*\} 100\n", get(port, "/metrics")[1]))
    wait_for(lambda: re.search(r"partition_offset\{.*partition=\"1\"\} 50", get(port, "/metrics")[1]))
    code, text = get(port, "/metrics")
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    labels = f'{{topic="{topic}",table="{tmp_path / "t"}"}}'
    assert code == 200 and values[f"deltaic_ingest_rows_total{labels}"] == "100"
    assert values[f"deltaic_ingest_lag_messages{labels}"] == "0"
    assert int(values[f"deltaic_ingest_commits_total{labels}"]) >= 1
    assert get(port, "/admin")[0] == 404
    # Somebody who connects and says nothing holds up nobody for long.
    with socket.create_connection(("127.0.0.1", port)):
        assert get(port, "/healthz")[0] == 200
    assert ran.terminate() == 0, ran.text


def test_statsd_has_the_names_of_kafka_delta_ingest(broker, ingest, tmp_path):
    topic = broker.topic()
    broker.produce(topic, ({"id": i} for i in range(10)))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as statsd:
        statsd.bind(("127.0.0.1", 0))
        statsd.settimeout(10)
        address = f"127.0.0.1:{statsd.getsockname()[1]}"
        ingest(topic, tmp_path / "t", "--schema", "id long", "-s", address, "-a", "web")
        lines = statsd.recv(2000).decode().splitlines()
        # Where the machine is so slow that the run took 10 seconds, there was one before the end.
        while "web.delta.write.completed:1|c" not in lines:
            lines += statsd.recv(2000).decode().splitlines()
    assert "web.messages.deserialization.completed:10|c" in lines and "web.delta.write.completed:1|c" in lines


def test_json_log(broker, ingest, tmp_path):
    topic = broker.topic()
    broker.produce(topic, [{"id": 1}, b"{broken"])
    text = ingest(topic, tmp_path / "t", "--schema", "id long", "--log-format", "json")
    entries = [json.loads(line) for line in text.splitlines()]
    assert {"info", "warning"} <= {entry["level"] for entry in entries}
    assert all(set(entry) == {"timestamp", "level", "message"} for entry in entries)


def test_live_view(broker, start, ingest, tmp_path):
    topic = broker.topic()
    broker.produce(topic, ({"id": i} for i in range(10)))
    ran = start(topic, tmp_path / "t", "--schema", "id long", "--live", "always")
    wait_for(lambda: ran.text.count("\x1b[J") > 2 and "running" in ran.text)
    assert ran.terminate() == 0
    assert "msg/s" in ran.text and "1 route, " in ran.text
    assert "msg/s" not in ingest(topic, tmp_path / "t", "--live", "auto")  # no terminal


def test_dead_letters_in_a_topic(broker, ingest, tmp_path):
    topic, letters = broker.topic(), broker.topic()
    broker.produce(topic, [{"id": 0}, (b"{broken", b"key", [("a", b"1")]), {"id": 2}])
    ingest(topic, tmp_path / "t", "--schema", "id long", "--dlq-topic", letters, "-a", "app")
    assert sorted(row["id"] for row in rows(tmp_path / "t")) == [0, 2]
    consumer = kafka.Consumer({"bootstrap.servers": broker.address, "group.id": "x"})
    consumer.assign([kafka.TopicPartition(letters, 0, kafka.OFFSET_BEGINNING)])
    message = consumer.poll(15)
    assert (message.value(), message.key()) == (b"{broken", b"key")
    headers = dict(message.headers())
    assert headers["a"] == b"1" and headers["__connect.errors.topic"] == topic.encode()
    assert headers["__connect.errors.offset"] == b"1" and headers["__connect.errors.stage"] == b"decode"
    assert b"JSON" in headers["__connect.errors.exception.message"]
    assert consumer.poll(0.5) is None
    consumer.close()


def test_dead_letter_topic_that_cannot_be_written(broker, ingest, tmp_path):
    topic, letters = broker.topic(), broker.topic(1, **{"max.message.bytes": "200"})
    broker.produce(topic, [b"{" + b"x" * 1000])
    text = ingest(topic, tmp_path / "t", "--schema", "id long", "--dlq-topic", letters, code=2)
    assert letters in text.splitlines()[-1]
    assert deltalake.DeltaTable(str(tmp_path / "t")).transaction_version("kafka_delta_ingest-0") is None


def test_compaction_of_what_was_written(broker, start, tmp_path):
    topic = broker.topic()
    flags = ["--schema", "id long", "-l", "0.05", "--max-rows-per-commit", "100", "--compact-interval", "1"]
    ran = start(topic, tmp_path / "t", *flags)
    wait_for(lambda: "partitions came" in ran.text)
    for begin in range(0, 1000, 100):
        commits = ran.text.count("committed in")
        broker.produce(topic, ({"id": i} for i in range(begin, begin + 100)))
        wait_for(lambda before=commits: ran.text.count("committed in") > before)  # a file each, whatever the load
    wait_for(lambda: "compacted" in ran.text)
    wait_for(lambda: len(rows(tmp_path / "t", ["id"])) == 1000)
    assert ran.terminate() == 0, ran.text
    assert_each_once(tmp_path / "t", 1000)
    operations = [commit["operation"] for commit in deltalake.DeltaTable(str(tmp_path / "t")).history()]
    assert "OPTIMIZE" in operations and "STREAMING UPDATE" in operations


def test_upserts_beside_their_compaction_read_nothing_twice(broker, start, tmp_path):
    topic, table = broker.topic(), tmp_path / "t"
    flags = ["--schema", "id long, n long", "--mode", "upsert", "--key-columns", "id", "-l", "0.05"]
    ran = start(topic, table, *flags, "--compact-interval", "0.2", "--metrics-listen", "127.0.0.1:0")
    wait_for(lambda: "partitions came" in ran.text)
    sent, newest = 0, {}
    while sent < 3000 or ran.text.count("compacted") < 3:
        # New keys, so that there are files to join, and old ones, so that those files change meanwhile.
        ids = [i if i % 2 else i // 3 for i in range(sent, sent + 50)]
        broker.produce(topic, ({"id": key, "n": sent + i} for i, key in enumerate(ids)))
        newest.update({key: sent + i for i, key in enumerate(ids)})
        sent += 50
        assert sent < 100_000, ran.text[-2000:]
    port = port_of(ran.text)

    def counted():
        return dict(re.findall(r"^deltaic_ingest_(\w+)\{.*\} (\S+)$", get(port, "/metrics")[1], re.MULTILINE))

    wait_for(lambda: counted()["lag_messages"] == "0" and counted()["buffered_rows"] == "0")
    counts = counted()
    assert ran.terminate() == 0, ran.text
    assert (counts["conflicts_total"], counts["failures_total"], counts["seen_before_total"]) == ("0", "0", "0")
    assert int(counts["messages_total"]) == sent and "read again" not in ran.text
    assert int(counts["compactions_total"]) >= 3
    assert {key: row["n"] for key, row in by_id(table).items()} == newest


def test_a_burst_stays_below_the_memory_limit(broker, start, tmp_path):
    """Several times the limit is waiting in the topic, in rows that do not shrink much when they are encoded."""
    topic = broker.topic(8)
    noise = os.urandom(1 << 20).hex()
    count = 150_000  # 150 MB
    broker.produce(topic, ({"id": i, "text": noise[i * 7 : i * 7 + 1000]} for i in range(count)), 8)

    def peak(limit: str, *flags) -> int:
        place = tmp_path / f"t{limit}"
        ran = start(topic, place, "--schema", "id long, text string", "--memory-limit", limit, "-g", limit, *flags)
        wait_for(lambda: place.exists() and sum(files(place)) == count, 120)
        text = open(f"/proc/{ran.process.pid}/status").read()
        assert ran.terminate() == 0, ran.text
        return int(re.search(r"VmHWM:\s+(\d+) kB", text).group(1)) // 1024

    # What the program and its libraries take without any message.
    assert peak("64MiB", "-l", "2") < 64 + 110


def files(table) -> list[int]:
    """How many rows each has."""
    return deltalake.DeltaTable(str(table)).get_add_actions(flatten=True)["num_records"].to_pylist()


def test_ends_on_empty_idle_compacted_and_transactional_topics(broker, ingest, tmp_path):
    ingest(broker.topic(3), tmp_path / "empty", "--schema", "id long")
    assert rows(tmp_path / "empty") == []

    # The last record of a transaction is not a message: the end lies behind it. Aborted ones are not read.
    topic = broker.topic(2)
    producer = kafka.Producer({"bootstrap.servers": broker.address, "transactional.id": topic})
    producer.init_transactions()
    for first, is_kept in [(0, True), (100, False), (10, True), (200, False)]:
        producer.begin_transaction()
        for i in range(10):
            producer.produce(topic, json.dumps({"id": first + i}), partition=i % 2)
        producer.flush()
        if is_kept:
            producer.commit_transaction()
        else:
            producer.abort_transaction()
    ingest(topic, tmp_path / "transactional", "--schema", "id long")
    assert_each_once(tmp_path / "transactional", 20)
    ingest(topic, tmp_path / "transactional")  # nothing new: it ends, too
    assert_each_once(tmp_path / "transactional", 20)

    # Messages are deleted from its beginning and its end is all that is left.
    topic = broker.topic()
    broker.produce(topic, ({"id": i} for i in range(10)))
    admin = AdminClient({"bootstrap.servers": broker.address})
    for done in admin.delete_records([kafka.TopicPartition(topic, 0, 10)]).values():
        done.result()
    ingest(topic, tmp_path / "deleted", "--schema", "id long")
    assert rows(tmp_path / "deleted") == []


def test_many_topics_in_one_process(broker, run_file, tmp_path):
    names = [f"many-{os.getpid()}-{i}" for i in range(MANY)]
    admin = AdminClient({"bootstrap.servers": broker.address})
    for made in admin.create_topics([NewTopic(name, 1, 1) for name in names]).values():
        made.result()
    producer = kafka.Producer({"bootstrap.servers": broker.address})
    for name in names:
        for i in range(20):
            producer.produce(name, json.dumps({"id": i}))
    producer.flush()
    text = 'schema = "id long"\nends-at-latest-offsets = true\n'
    text += "".join(f'[[route]]\ntopic = "{name}"\ntable = "{tmp_path}/{name}"\n' for name in names)
    process = run_file(text)
    assert process.wait(60 + MANY) == 0, process.text()
    for name in names:
        assert_each_once(tmp_path / name, 20)


def test_sign_in_and_secrets(secure_broker, broker, ingest, tmp_path):
    topic = broker.topic()
    broker.produce(topic, ({"id": i} for i in range(5)))
    address, ca = secure_broker
    settings = {"security.protocol": "SASL_SSL", "ssl.ca.location": ca, "sasl.username": "tester"}
    flags = [f for key, value in settings.items() for f in ("-K", f"{key}={value}")]
    for i, mechanism in enumerate(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]):
        table = tmp_path / f"t{i}"
        own = ["-k", address, "-K", f"sasl.mechanism={mechanism}", "--schema", "id long", "-g", mechanism]
        ingest(topic, table, *flags, *own, "-K", "sasl.password=tester-secret")
        assert_each_once(table, 5)
    wrong = ["-K", "sasl.password=canary-7", "--log-level", "debug"]  # the last mechanism: it takes a while to fail
    text = ingest(topic, table, *flags, *own, *wrong, code=8)
    assert "canary-7" not in text and "tester-secret" not in text


def test_simdjson_is_the_one_it_was_compiled_for():
    """libparquet exports a simdjson of its own, of another version: ours must be bound first."""
    env = {**os.environ, "LD_DEBUG": "bindings", "LD_BIND_NOW": "1"}
    done = subprocess.run([PROGRAM, "--help"], capture_output=True, env=env, timeout=60, check=True)
    found = re.findall(r"binding file (\S+) \[0\] to (\S+) \[0\]: normal symbol `(_ZN\w*8simdjson\w*)'",
                       done.stderr.decode())  # fmt: skip
    own = [(to, symbol) for of, to, symbol in found if of.endswith("deltaic-ingest")]
    assert own, "no symbol of simdjson is bound at all"
    wrong = [(to, symbol) for to, symbol in own if "libsimdjson" not in to]
    assert not wrong, wrong
