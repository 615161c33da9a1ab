"""Topics that brokers come to know while the program starts, and that go while it runs."""

import uuid

import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from conftest import assert_each_once, rows, wait_for

NOT_KNOWN = "is not known yet"


def make(broker, name: str, partitions: int = 1):
    admin = AdminClient({"bootstrap.servers": broker.address})
    for made in admin.create_topics([NewTopic(name, partitions, 1)]).values():
        made.result()


def drop(broker, name: str):
    admin = AdminClient({"bootstrap.servers": broker.address})
    for gone in admin.delete_topics([name]).values():
        gone.result()


@pytest.mark.parametrize("flags", [[], ["-e"], ["--start", "latest", "-e"]])
def test_a_topic_made_while_it_starts(broker, start, ingest, tmp_path, flags):
    topic, table = f"t-{uuid.uuid4().hex[:12]}", tmp_path / "t"
    schema = ["--schema", "id long", "-l", "0.2"]
    ran = start(topic, table, *schema, *flags, "--topic-timeout", "60")
    wait_for(lambda: NOT_KNOWN in ran.text)
    make(broker, topic, 2)
    if "-e" in flags:
        # It was empty when the end was looked for, so that all of it is for the next run.
        assert ran.wait() == 0, ran.text
        broker.produce(topic, ({"id": i} for i in range(100)), 2)
        ingest(topic, table, *schema)
    else:
        broker.produce(topic, ({"id": i} for i in range(100)), 2)
        wait_for(lambda: table.exists() and len(rows(table, ["id"])) == 100)
        assert ran.terminate() == 0, ran.text
    assert_each_once(table, 100)


def test_topics_made_right_before_it_starts(broker, ingest, tmp_path):
    """Nothing is waited for here: whether brokers know the topic yet is left to chance."""
    admin = AdminClient({"bootstrap.servers": broker.address})
    for i in range(5):
        topic = f"t-{uuid.uuid4().hex[:12]}"
        pending = admin.create_topics([NewTopic(topic, 3, 1)])
        ingest(topic, tmp_path / f"t{i}", "--schema", "id long", "--topic-timeout", "60")
        for made in pending.values():
            made.result()


def test_waiting_for_a_topic_ends_with_the_process(broker, start, tmp_path):
    ran = start("no-such-topic", tmp_path / "t", "--topic-timeout", "600")
    wait_for(lambda: NOT_KNOWN in ran.text)
    assert ran.terminate() == 3, ran.text
    assert not (tmp_path / "t").exists()


def test_a_topic_that_goes_ends_the_run_after_its_time(broker, start, tmp_path):
    topic, table = broker.topic(), tmp_path / "t"
    broker.produce(topic, ({"id": i} for i in range(10)))
    # Topics are looked at every second, rather than every few minutes.
    often = ["-K", "topic.metadata.refresh.interval.ms=1000"]
    ran = start(topic, table, "--schema", "id long", "-l", "0.2", "--topic-timeout", "1", *often)
    wait_for(lambda: table.exists() and len(rows(table, ["id"])) == 10)
    drop(broker, topic)
    assert ran.wait() == 3, ran.text
    assert topic in ran.text.splitlines()[-1] and "is not known any more" in ran.text
    assert_each_once(table, 10)
