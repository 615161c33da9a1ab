"""Rows that change others: upserts by key, and what Debezium tells."""

import io
import json
import random
import subprocess
import time
import uuid

import deltalake
import fastavro
import pyarrow as pa
from conftest import PROGRAM, kafka, positions
from registry import Registry, framed

UNAVAILABLE = "__debezium_unavailable_value"


def rows(table) -> list[dict]:
    """By our own reader: deltalake's Python side reads no deletion vectors."""
    command = [PROGRAM.parent / "deltaic", "scan", table, "--format", "json"]
    done = subprocess.run(list(map(str, command)), capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def by_id(table) -> dict:
    got = rows(table)
    out = {row["id"]: row for row in got}
    assert len(out) == len(got), "a key is there twice"
    return out


def envelope(op: str, before=None, after=None, **more) -> dict:
    return {"before": before, "after": after, "op": op, "source": {"lsn": 1, "after": {"id": 9}}, "ts_ms": 5, **more}


def test_upserts_of_random_changes_equal_a_dictionary(broker, ingest, tmp_path):
    """In several commits, with deletions, some keys in the key alone, against a table that had rows before."""
    r = random.Random(4)
    table = tmp_path / "t"
    schema = pa.schema([("id", pa.int64()), ("v", pa.string()), ("n", pa.int64())])
    held = {i: {"id": i, "v": "before", "n": i} for i in range(50)}
    deltalake.write_deltalake(str(table), pa.Table.from_pylist(list(held.values()), schema))
    topic = broker.topic(3)
    for _ in range(4):
        for partition in range(3):
            messages = []
            for _ in range(200):
                key = r.randrange(40) * 3 + partition
                kind = r.randrange(5)
                if kind == 0:
                    messages.append((None, json.dumps({"id": key}), None))
                    held.pop(key, None)
                    continue
                value = {"v": uuid.uuid4().hex, "n": r.randrange(9)}
                held[key] = {"id": key, **value}
                messages.append((value if kind == 1 else held[key], str(key), None))
            produce_to(broker, topic, partition, messages)
        flags = ["--mode", "upsert", "--key-columns", "id", "--max-rows-per-commit", "150"]
        ingest(topic, table, *flags)
        assert by_id(table) == held
    assert sum(positions(table, partitions=3)) == 4 * 600 - 3


def produce_to(broker, topic: str, partition: int, messages):
    producer = kafka.Producer({"bootstrap.servers": broker.address})
    for value, key, headers in messages:
        value = value if value is None or isinstance(value, bytes) else json.dumps(value)
        producer.produce(topic, value, key, partition=partition, headers=headers)
    assert producer.flush(30) == 0


def test_debezium(broker, ingest, tmp_path):
    a, b, c = ({"id": i, "name": f"n{i}", "big": "x" * 9} for i in (1, 2, 3))
    topic = broker.topic()
    changes = [
        envelope("r", None, a),
        envelope("c", None, b),
        {"schema": {"type": "struct"}, "payload": envelope("c", None, c)},
        envelope("u", None, {**a, "name": "new", "big": UNAVAILABLE}),  # of this batch
        (envelope("d", {"id": 2, "name": None, "big": None}), '{"id":2}', None),
        (None, '{"id":2}', None),
        envelope("u", {"id": 3}, {**c, "id": 4}),  # another key
        envelope("m"),
        (envelope("d"), '{"schema":{},"payload":{"id":77}}', None),
    ]
    broker.produce(topic, changes)
    flags = ["--mode", "debezium", "--key-columns", "id", "--dlq-table", tmp_path / "dlq"]
    ingest(topic, tmp_path / "t", *flags)
    assert by_id(tmp_path / "t") == {1: {**a, "name": "new"}, 4: {**c, "id": 4}}
    loaded = deltalake.DeltaTable(str(tmp_path / "t"))
    assert loaded.metadata().configuration["delta.enableDeletionVectors"] == "true"
    more = [
        envelope("u", a, {**a, "name": "newer", "big": UNAVAILABLE}),  # of the table
        envelope("c", None, {"id": 5, "name": "five", "big": UNAVAILABLE}),
        envelope("x", None, a),
        {"no": "envelope"},
        envelope("u", None, {"id": None, "name": "lost"}),
        envelope("c", None, None),
    ]
    broker.produce(topic, more)
    before = by_id(tmp_path / "t")
    assert "REPLICA IDENTITY FULL" in ingest(topic, tmp_path / "t", *flags, code=5)
    assert by_id(tmp_path / "t") == before
    ingest(topic, tmp_path / "t", *flags, "--on-missing-value", "null")
    assert by_id(tmp_path / "t") == {
        1: {**a, "name": "newer"},
        4: {**c, "id": 4},
        5: {"id": 5, "name": "five", "big": None},
    }
    said = " ".join(letter["error"] for letter in rows(tmp_path / "dlq"))
    for part in ["unknown op", "op is missing", "a key column is null", "without after"]:
        assert part in said
    assert positions(tmp_path / "t") == [14]
    # The same again changes nothing: positions are in the table.
    version = deltalake.DeltaTable(str(tmp_path / "t")).version()
    ingest(topic, tmp_path / "t", *flags)
    assert deltalake.DeltaTable(str(tmp_path / "t")).version() == version


def test_rows_that_break_a_rule_cost_themselves_alone(broker, ingest, tmp_path):
    schema = pa.schema([pa.field("id", pa.int64(), nullable=False), ("n", pa.int64()), ("text", pa.string())])
    table = deltalake.DeltaTable.create(str(tmp_path / "t"), schema=schema)
    table.alter.add_constraint({"small": "n < 100"})
    row = lambda key, n, text="x": {"id": key, "n": n, "text": text}  # noqa: E731
    messages = [
        envelope("c", after=row(1, 1)),
        envelope("u", before=row(1, 1), after=row(1, 500)),  # bad: 1 stays as it was
        envelope("u", before=row(1, 1), after=row(2, 20)),  # the key changed: two rows of one message
        envelope("u", before=row(2, 20), after=row(3, 700)),  # bad, and 2 is gone
        envelope("c", after=row(4, 4)),
        envelope("c", after=row(5, 900)),  # bad
        envelope("d", before=row(4, 400)),
        envelope("c", after=row(6, 6)),
    ]
    topic = broker.topic()
    produce_to(broker, topic, 0, [(message, None, None) for message in messages])
    ingest(topic, tmp_path / "t", "--mode", "debezium", "--key-columns", "id", "--dlq-table", tmp_path / "dlq")
    assert by_id(tmp_path / "t") == {6: row(6, 6)}
    letters = rows(tmp_path / "dlq")
    assert sorted(letter["offset"] for letter in letters) == [1, 3, 5]
    assert {letter["stage"] for letter in letters} == {"rules"}
    assert all("small" in letter["error"] for letter in letters)


def test_changelog(broker, ingest, tmp_path):
    topic = broker.topic()
    a = {"id": 1, "name": "a"}
    broker.produce(
        topic,
        [
            envelope("c", None, a),
            envelope("u", a, {**a, "name": "b"}),
            envelope("d", {**a, "name": "b"}),
            (None, "k", None),
        ],
    )
    ingest(topic, tmp_path / "t", "--mode", "changelog")
    assert [(row["_op"], row["id"], row["name"]) for row in rows(tmp_path / "t")] == [
        ("c", 1, "a"),
        ("u", 1, "b"),
        ("d", 1, "b"),
    ]


def test_sequence_and_flattened_deletions(broker, ingest, tmp_path):
    topic = broker.topic()
    flags = ["--mode", "upsert", "--key-columns", "id", "--sequence-by", "at", "--schema", "id long, at long, v string"]
    broker.produce(
        topic, [{"id": 1, "at": 5, "v": "five"}, {"id": 1, "at": 3, "v": "late"}, {"id": 2, "at": 1, "v": "x"}]
    )
    ingest(topic, tmp_path / "t", *flags)
    broker.produce(
        topic, [{"id": 1, "at": 4, "v": "late too"}, {"id": 2, "at": 2, "v": "x", "__deleted": "true", "__op": "d"}]
    )
    ingest(topic, tmp_path / "t", *flags)
    assert by_id(tmp_path / "t") == {1: {"id": 1, "at": 5, "v": "five"}}


def test_truncate(broker, ingest, tmp_path):
    topic = broker.topic()
    broker.produce(topic, [envelope("c", None, {"id": 1}), envelope("t"), envelope("c", None, {"id": 2})])
    flags = ["--mode", "debezium", "--key-columns", "id", "--schema", "id long"]
    assert "--on-truncate ignore" in ingest(topic, tmp_path / "t", *flags, code=5)
    assert rows(tmp_path / "t") == []
    ingest(topic, tmp_path / "t", *flags, "--on-truncate", "ignore")
    assert set(by_id(tmp_path / "t")) == {1, 2}


def test_debezium_by_avro(broker, ingest, tmp_path):
    """Values and keys as Debezium's Avro converter writes them."""
    row = {
        "type": "record",
        "name": "Value",
        "fields": [{"name": "id", "type": "long"}, {"name": "t", "type": ["null", "string"]}],
    }
    value = {"type": "record", "name": "Envelope", "fields": [
        {"name": "before", "type": ["null", row]}, {"name": "after", "type": ["null", "Value"]},
        {"name": "op", "type": "string"}]}  # fmt: skip
    key = {"type": "record", "name": "Key", "fields": [{"name": "id", "type": "long"}]}
    registry = Registry()
    try:
        registry.add(1, value)
        registry.add(2, key)

        def encode(number, schema, record):
            out = io.BytesIO()
            fastavro.schemaless_writer(out, fastavro.parse_schema(schema), record)
            return framed(number, out.getvalue())

        def change(op, before, after, number):
            return encode(1, value, {"before": before, "after": after, "op": op}), encode(2, key, {"id": number}), None

        topic = broker.topic()
        broker.produce(
            topic,
            [
                change("c", None, {"id": 1, "t": "a"}, 1),
                change("c", None, {"id": 2, "t": None}, 2),
                change("d", None, None, 1),
            ],
        )
        ingest(topic, tmp_path / "t", "--mode", "debezium", "--key-columns", "id", "--avro", registry.url)
        assert by_id(tmp_path / "t") == {2: {"id": 2, "t": None}}
    finally:
        registry.stop()


def test_what_cannot_be(broker, ingest, tmp_path):
    topic = broker.topic()
    broker.produce(topic, [{"id": 1}])
    for flags, said, code in [
        (["--mode", "upsert"], "needs --key-columns", 2),
        (["--key-columns", "id"], "go with --mode upsert", 2),
        (["--mode", "upsert", "--key-columns", "no", "--schema", "id long"], "no column no", 2),
        (
            ["--mode", "upsert", "--key-columns", "id", "--schema", "id long", "--property", "delta.appendOnly=true"],
            "append-only",
            2,
        ),
        (["--mode", "upsert", "--key-columns", "id", "--format", "raw"], "needs messages with fields", 2),
    ]:
        assert said in ingest(topic, tmp_path / uuid.uuid4().hex, *flags, code=code)


def test_killed_at_random_moments(broker, start, ingest, tmp_path):
    """Every change once, in order: counters that each message sets to its number."""
    topic = broker.topic(2)
    for partition in range(2):
        produce_to(
            broker, topic, partition, [({"id": partition * 100 + i % 50, "n": i}, None, None) for i in range(4000)]
        )
    flags = ["--mode", "upsert", "--key-columns", "id", "--schema", "id long, n long", "--max-rows-per-commit", "500"]
    r = random.Random(2)
    for _ in range(4):
        # Kafka waits for those killed unless it is told who comes back.
        ran = start(topic, tmp_path / "t", *flags, "-g", uuid.uuid4().hex)
        time.sleep(0.3 + r.random())
        ran.kill()
    ingest(topic, tmp_path / "t", *flags, "-g", "last")
    assert {k: v["n"] for k, v in by_id(tmp_path / "t").items()} == {
        p * 100 + i: 3950 + i for p in range(2) for i in range(50)
    }
    assert positions(tmp_path / "t", partitions=2) == [3999, 3999]
