"""Each message once, whatever happens to the process, its partitions, the broker and the table."""

import json
import os
import random
import signal
import threading
import time

import deltalake
import pyarrow as pa
from conftest import assert_each_once, positions, rows, wait_for

KILLS = int(os.environ.get("DELTAIC_INGEST_KILLS", "20"))


def feed(broker, topic: str, until: threading.Event) -> list[int]:
    """Sends messages until it is told to stop, every 1000th a bad one. The list is how many there are so far."""
    sent = [0]

    def send():
        while not until.is_set():
            ids = range(sent[0], sent[0] + 500)
            messages = [b'{"broken' if i % 1000 == 0 else {"id": i, "text": "x" * 100} for i in ids]
            broker.produce(topic, messages, 4)
            sent[0] += 500
            time.sleep(0.05)

    threading.Thread(target=send).start()
    return sent


def test_killed_at_random_moments(broker, start, ingest, tmp_path):
    topic = broker.topic(4)
    flags = ["--schema", "id long, text string", "-l", "0.05", "--max-rows-per-commit", "700"]
    flags += ["--dlq-table", tmp_path / "dlq", "-m", "100"]
    flags += ["-K", "session.timeout.ms=2000", "-K", "heartbeat.interval.ms=300", "-K", "group.instance.id=one"]
    moments = random.Random(os.environ.get("DELTAIC_INGEST_SEED", 7))
    is_over = threading.Event()
    sent = feed(broker, topic, is_over)
    try:
        for kill in range(KILLS):
            ran = start(topic, tmp_path / "t", *flags)
            time.sleep(moments.uniform(0.1, 1.2))
            ran.kill()
            if kill % 50 == 49:
                print(f"{kill + 1} kills: {sent[0]} messages, at {positions(tmp_path / 't', partitions=4)}", flush=True)
    finally:
        is_over.set()
    time.sleep(0.5)  # the feeder's last ones
    ingest(topic, tmp_path / "t", *flags)
    count = sent[0]
    good = sorted(row["id"] for row in rows(tmp_path / "t", ["id"]))
    assert good == [i for i in range(count) if i % 1000]
    letters = [(row["partition"], row["offset"]) for row in rows(tmp_path / "dlq")]
    assert len(letters) == len(set(letters)) == len(range(0, count, 1000))


def test_partitions_move_between_processes(broker, start, ingest, tmp_path):
    topic = broker.topic(6)
    count = 60_000
    flags = ["--schema", "id long", "-l", "0.1", "--max-rows-per-commit", "2000"]
    flags += ["-K", "session.timeout.ms=3000", "-K", "heartbeat.interval.ms=500"]
    first = start(topic, tmp_path / "t", *flags)
    broker.produce(topic, ({"id": i} for i in range(count // 2)), 6)
    second = start(topic, tmp_path / "t", *flags)
    broker.produce(topic, ({"id": i} for i in range(count // 2, count)), 6)
    # One stops for longer than its session, and comes back when its partitions are with the other.
    first.process.send_signal(signal.SIGSTOP)
    time.sleep(5)
    first.process.send_signal(signal.SIGCONT)
    third = start(topic, tmp_path / "t", *flags)
    time.sleep(2)
    second.kill()
    assert first.terminate() == 0, first.text
    assert third.terminate() == 0, third.text
    ingest(topic, tmp_path / "t", *flags)
    assert_each_once(tmp_path / "t", count)


def test_broker_dies_and_comes_back(broker, start, tmp_path):
    topic = broker.topic(2)
    broker.produce(topic, ({"id": i} for i in range(5000)), 2)
    ran = start(topic, tmp_path / "t", "--schema", "id long", "-l", "0.2")
    wait_for(lambda: "committed" in ran.text)
    broker.do("kill")
    time.sleep(1)
    broker.do("start", "--keep", "--heap", "384m")
    broker.produce(topic, ({"id": i} for i in range(5000, 10000)), 2)
    wait_for(
        lambda: (tmp_path / "t").exists() and sum(p or 0 for p in positions(tmp_path / "t", partitions=2)) == 9998, 60
    )
    assert ran.terminate() == 0, ran.text
    assert_each_once(tmp_path / "t", 10000)


def test_sigterm_commits_what_is_buffered(broker, start, tmp_path):
    topic = broker.topic()
    broker.produce(topic, ({"id": i} for i in range(3000)))
    ran = start(topic, tmp_path / "t", "--schema", "id long", "-g", "sigterm")  # 300 s of latency
    wait_for(lambda: "partitions came" in ran.text)
    time.sleep(1.5)
    begin = time.monotonic()
    assert ran.terminate() == 0, ran.text
    assert time.monotonic() - begin < 10
    assert_each_once(tmp_path / "t", 3000)
    assert broker.group_offsets("sigterm", topic, 1) == [3000]


def test_idle_topic_is_committed_in_time(broker, start, tmp_path):
    topic = broker.topic()
    ran = start(topic, tmp_path / "t", "--schema", "id long", "-l", "1")
    wait_for(lambda: "partitions came" in ran.text)
    broker.produce(topic, [{"id": 0}])
    wait_for(lambda: rows(tmp_path / "t"), 5)
    assert ran.terminate() == 0


def test_takes_over_from_kafka_delta_ingest_and_hands_back(broker, ingest, tmp_path):
    """A table whose log is as kafka-delta-ingest writes it: txn is the last offset written, inclusive."""
    table = tmp_path / "t"
    deltalake.write_deltalake(str(table), pa.table({"id": pa.array([0, 1, 2, 3, 4], pa.int64())}))
    commit = [
        {"commitInfo": {"timestamp": 1700000000000, "operation": "STREAMING UPDATE",
                        "operationParameters": {"outputMode": "Append", "queryId": "web", "epochId": "1700000000000"}}},
        {"txn": {"appId": "web-0", "version": 2, "lastUpdated": 1700000000000}},
        {"txn": {"appId": "web-1", "version": 1, "lastUpdated": 1700000000000}},
    ]  # fmt: skip
    (table / "_delta_log/00000000000000000001.json").write_text("\n".join(map(json.dumps, commit)))
    topic = broker.topic(2)
    broker.produce(topic, ({"id": i} for i in range(10)), 2)
    ingest(topic, table, "-a", "web")
    assert_each_once(table, 10)
    assert positions(table, "web", 2) == [4, 4]
    log = (table / "_delta_log/00000000000000000002.json").read_text().splitlines()
    info = json.loads(log[0])["commitInfo"]
    assert info["operation"] == "STREAMING UPDATE" and info["operationParameters"]["queryId"] == "web"
    assert [json.loads(line)["txn"]["appId"] for line in log if "txn" in json.loads(line)] == ["web-0", "web-1"]


def test_seek_offsets(broker, ingest, tmp_path):
    topic = broker.topic()
    broker.produce(topic, ({"id": i} for i in range(10)))
    ingest(topic, tmp_path / "t", "--schema", "id long", "--seek_offsets", '{"0":6}')
    assert sorted(row["id"] for row in rows(tmp_path / "t")) == [7, 8, 9]
    text = ingest(topic, tmp_path / "t", "--seek-offsets", '{"0":20}', code=2)
    assert "partition 0 is at offset 9" in text


def test_latest_stays_where_it_was_at_a_crash_before_the_first_commit(broker, start, ingest, tmp_path):
    topic = broker.topic(2)
    broker.produce(topic, [{"id": -1}, {"id": -1}, {"id": -1}])  # partition 0 alone
    ran = start(topic, tmp_path / "t", "--schema", "id long", "--start", "latest", "-K", "session.timeout.ms=2000")
    wait_for(lambda: "partitions came" in ran.text)
    broker.produce(topic, ({"id": i} for i in range(10)), 2)
    time.sleep(1)
    ran.kill()
    ingest(topic, tmp_path / "t", "-o", "latest", "-K", "session.timeout.ms=2000")
    assert_each_once(tmp_path / "t", 10)


def test_start_at_a_time_and_an_offset(broker, ingest, tmp_path):
    topic = broker.topic()
    broker.produce(topic, [{"id": 0}])
    time.sleep(0.05)
    now = int(time.time() * 1000)
    broker.produce(topic, [{"id": 1}, {"id": 2}])
    ingest(topic, tmp_path / "t", "--schema", "id long", "--start", f"timestamp={now}")
    assert sorted(row["id"] for row in rows(tmp_path / "t")) == [1, 2]
    ingest(topic, tmp_path / "u", "--schema", "id long", "--start", "offset=2")
    assert [row["id"] for row in rows(tmp_path / "u")] == [2]


def test_lost_messages_are_not_passed_over_in_silence(broker, ingest, tmp_path):
    topic = broker.topic()
    broker.produce(topic, ({"id": i} for i in range(3)))
    ingest(topic, tmp_path / "t", "--schema", "id long", "--seek-offsets", '{"0":100}', code=6)
    ingest(topic, tmp_path / "t", "--on-data-loss", "continue")
    assert_each_once(tmp_path / "t", 3)


def test_another_writer_of_the_same_positions_wins(broker, start, tmp_path):
    """Two groups, one app id: both read all, and the table takes each message from one of them."""
    topic = broker.topic(2)
    flags = ["--schema", "id long", "-l", "0.1", "--max-rows-per-commit", "300"]
    one = start(topic, tmp_path / "t", "-g", "one", *flags)
    two = start(topic, tmp_path / "t", "-g", "two", *flags)
    for begin in range(0, 5000, 500):
        broker.produce(topic, ({"id": i} for i in range(begin, begin + 500)), 2)
        time.sleep(0.1)
    wait_for(lambda: positions(tmp_path / "t", partitions=2) == [2499, 2499])
    assert (one.terminate(), two.terminate()) == (0, 0), one.text + two.text
    assert_each_once(tmp_path / "t", 5000)
