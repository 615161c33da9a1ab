"""Which rows come of which messages."""

import datetime
import decimal
import gzip
import json

import deltalake
import pyarrow as pa
import pytest
from conftest import assert_each_once, positions, rows


def struct_type(**fields) -> dict:
    return {
        "type": "struct",
        "fields": [{"name": name, "type": of, "nullable": True, "metadata": {}} for name, of in fields.items()],
    }


def array_type(element) -> dict:
    return {"type": "array", "elementType": element, "containsNull": True}


def test_every_type(broker, ingest, tmp_path):
    topic = broker.topic()
    broker.produce(
        topic,
        [
            {
                "l": -(2**63),
                "i": 2147483647,
                "s": -32768,
                "b": 127,
                "d": 0.1,
                "f": 1.5,
                "t": 'grün "\n',
                "y": True,
                "bin": "AAECAw==",
                "day": "2024-02-29",
                "at": "2024-05-01T12:00:00.123456+02:00",
                "ntz": "2024-05-01T12:00:00",
                "dec": "12345678901234567890.12",
                "st": {"a": 1, "n": {"x": "deep"}},
                "ar": [1, None, 3],
                "m": {"k": 1.5},
                "unknown": [{"a": "b"}],
            },
            {"l": None, "dec": 1.5, "at": 1714557600000001, "st": None, "ar": [], "m": {}},
            {"t": "\\u00e4\\ud83d\\ude00", "st": {}},
            b'{"t":"first","l":1,"t":"last","\\u0069":7}',
        ],
    )
    inner = struct_type(a="long", n=struct_type(x="string"))
    schema = struct_type(
        l="long", i="integer", s="short", b="byte", d="double", f="float", t="string", y="boolean", bin="binary",
        day="date", at="timestamp", ntz="timestamp_ntz", dec="decimal(22,2)", st=inner, ar=array_type("long"),
        m={"type": "map", "keyType": "string", "valueType": "double", "valueContainsNull": True},
    )  # fmt: skip
    (tmp_path / "schema.json").write_text(json.dumps(schema))
    ingest(topic, tmp_path / "t", "--schema", tmp_path / "schema.json")
    got = rows(tmp_path / "t")
    utc = datetime.timezone.utc
    assert got[0] == {
        "l": -(2**63),
        "i": 2147483647,
        "s": -32768,
        "b": 127,
        "d": 0.1,
        "f": 1.5,
        "t": 'grün "\n',
        "y": True,
        "bin": b"\0\1\2\3",
        "day": datetime.date(2024, 2, 29),
        "at": datetime.datetime(2024, 5, 1, 10, 0, 0, 123456, utc),
        "ntz": datetime.datetime(2024, 5, 1, 12, 0),
        "dec": decimal.Decimal("12345678901234567890.12"),
        "st": {"a": 1, "n": {"x": "deep"}},
        "ar": [1, None, 3],
        "m": [("k", 1.5)],
    }
    assert got[1]["dec"] == decimal.Decimal("1.50") and got[1]["l"] is None and got[1]["st"] is None
    assert got[1]["at"] == datetime.datetime(2024, 5, 1, 10, 0, 0, 1, utc) and got[1]["ar"] == [] and got[1]["m"] == []
    assert got[2]["t"] == "\\u00e4\\ud83d\\ude00" and got[2]["st"] == {"a": None, "n": None}
    assert (got[3]["t"], got[3]["l"], got[3]["i"]) == ("last", 1, 7)


def test_inference_makes_the_table(broker, ingest, tmp_path):
    topic = broker.topic(2)
    broker.produce(topic, ({"id": i, "x": i if i % 2 else i / 4, "n": None, "s": {"a": [i]}} for i in range(500)), 2)
    ingest(topic, tmp_path / "t", "--partition-by", "x", "--property", "delta.appendOnly=true")
    assert_each_once(tmp_path / "t", 500)
    table = deltalake.DeltaTable(str(tmp_path / "t"))
    assert table.metadata().partition_columns == ["x"]
    assert table.metadata().configuration == {"delta.appendOnly": "true"}
    types = {field.name: str(field.type) for field in table.schema().fields}
    assert "long" in types["id"] and "double" in types["x"] and "string" in types["n"]
    assert positions(tmp_path / "t", partitions=2) == [249, 249]


def test_empty_and_idle_topics_end(broker, ingest, tmp_path):
    topic = broker.topic(3)
    ingest(topic, tmp_path / "t")
    assert not (tmp_path / "t").exists()
    ingest(topic, tmp_path / "t", "--schema", "id long")
    assert deltalake.DeltaTable(str(tmp_path / "t")).version() == 0
    broker.produce(topic, [{"id": 0}, {"id": 1}])
    ingest(topic, tmp_path / "t")
    text = ingest(topic, tmp_path / "t")
    assert "0 messages" in text
    assert_each_once(tmp_path / "t", 2)


POISON = [
    (b'{"id": 1', "not valid JSON"),
    (b'{"id":' + b"[" * 10000 + b"}", "column id"),
    (b'{"id":"text"}', 'column id: expected long, got "text"'),
    (b'{"id":1.5}', "column id"),
    (b'{"id":99999999999999999999}', "column id"),
    (b'{"id":1,"t":"\xff\xfe"}', "not valid JSON"),
    (b"\0\0\0\0\1abc", "not a JSON object"),
    (b"[1,2]", "not a JSON object"),
    (b"7", "not a JSON object"),
    (b'{"id":1} trailing', "not valid JSON"),
    (b'{"id":1}{"id":2}', "not valid JSON"),
    (b'{"id":tru}', "not valid JSON"),
    (b'{"id":nulx}', "not valid JSON"),
    (b'{"id":1,"t":7}', "column t: expected string"),
    (b'{"id":1,"s":{"a":"x"}}', "column s.a"),
    (b'{"id":1,"ar":[1,"x"]}', "column ar"),
    (b"   ", "not valid JSON"),
]


def test_poison_is_set_aside_and_costs_one_row(broker, ingest, tmp_path):
    topic = broker.topic()
    messages = []
    for i, (bad, _) in enumerate(POISON):
        messages += [{"id": i, "t": "ok", "s": {"a": 1}, "ar": [1]}, (bad, b"key", [("h", b"v")])]
    big = b'{"id":' + b" " * 20_000 + b'"x"}'
    broker.produce(topic, [*messages, big, None, b""])
    schema = json.dumps(struct_type(id="long", t="string", s=struct_type(a="long"), ar=array_type("long")))
    ingest(topic, tmp_path / "t", "--schema", schema, "--dlq-table", tmp_path / "dlq")
    assert_each_once(tmp_path / "t", len(POISON))
    assert all(row["s"] == {"a": 1} and row["ar"] == [1] for row in rows(tmp_path / "t"))
    letters = sorted(rows(tmp_path / "dlq"), key=lambda row: row["offset"])
    assert len(letters) == len(POISON) + 1
    for i, (letter, (bad, why)) in enumerate(zip(letters, POISON, strict=False)):
        assert why in letter["error"], (bad[:40], letter["error"])
        assert (letter["topic"], letter["partition"], letter["offset"]) == (topic, 0, 2 * i + 1)
        assert letter["key"] == "a2V5" and letter["headers"] == [("h", "dg==")] and letter["stage"] == "decode"
        assert (letter["json_string"] is None) == (b"\xff" in bad)
    # Nothing of it comes a second time.
    assert positions(tmp_path / "t") == [2 * len(POISON) + 2]
    ingest(topic, tmp_path / "t", "--dlq-table", tmp_path / "dlq")
    assert len(rows(tmp_path / "dlq")) == len(letters)


def test_a_topic_of_poison_alone_advances(broker, ingest, tmp_path):
    topic = broker.topic()
    broker.produce(topic, [b"nope"] * 2000)
    text = ingest(topic, tmp_path / "t", "--schema", "id long", "--log-level", "info")
    assert "2000 skipped" in text and positions(tmp_path / "t") == [1999]


def test_on_error_fail_and_the_breaker_end_it(broker, ingest, tmp_path):
    topic = broker.topic()
    broker.produce(topic, [{"id": 0}, b"nope", {"id": 1}])
    text = ingest(topic, tmp_path / "t", "--schema", "id long", "--on-error", "fail", code=6)
    assert f"deltaic: {topic} partition 0 offset 1: not a JSON object" in text
    assert rows(tmp_path / "t") == []
    broker.produce(topic, [b"nope"] * 50)
    breaker = ["--max-failure-percent", "20", "--failure-window", "40"]
    assert "of the last" in ingest(topic, tmp_path / "t", *breaker, code=7)
    assert rows(tmp_path / "t") == []


def test_rules_of_the_table_refuse_rows_not_batches(broker, ingest, tmp_path):
    schema = pa.schema([pa.field("id", pa.int64(), nullable=False), pa.field("n", pa.int64())])
    table = deltalake.DeltaTable.create(str(tmp_path / "t"), schema=schema)
    table.alter.add_constraint({"small": "n < 100"})
    topic = broker.topic()
    broker.produce(topic, [{"id": i if i % 50 else None, "n": 500 if i % 70 == 1 else 5} for i in range(3000)])
    ingest(topic, tmp_path / "t", "--dlq-table", tmp_path / "dlq")
    good = [i for i in range(3000) if i % 50 and i % 70 != 1]
    assert sorted(row["id"] for row in rows(tmp_path / "t")) == good
    letters = rows(tmp_path / "dlq")
    assert len(letters) == 3000 - len(good)
    assert {letter["stage"] for letter in letters} == {"rules"}
    assert all("small" in letter["error"] or "id" in letter["error"] for letter in letters)


@pytest.mark.parametrize("mode", ["ignore", "strict", "merge", "rescue", "fail"])
def test_evolution(broker, ingest, tmp_path, mode):
    topic = broker.topic()
    broker.produce(topic, [{"id": 0}, {"id": 1, "new": {"a": 1}, "other": "x"}, {"id": 2, "later": None}])
    flags = ["--schema", "id long", "--evolution", mode]
    if mode == "fail":
        assert "no column new" in ingest(topic, tmp_path / "t", *flags, code=5)
        return
    ingest(topic, tmp_path / "t", *flags)
    got = {row["id"]: row for row in rows(tmp_path / "t")}
    if mode == "ignore":
        assert got == {i: {"id": i} for i in range(3)}
    elif mode == "strict":
        assert list(got) == [0]
    elif mode == "merge":
        assert got[1] == {"id": 1, "new": {"a": 1}, "other": "x"}
        assert got[0] == {"id": 0, "new": None, "other": None}
    else:
        assert json.loads(got[1]["_rescued_data"]) == {"new": {"a": 1}, "other": "x"}
        assert got[0]["_rescued_data"] is None


def test_rescue_keeps_values_of_a_wrong_type(broker, ingest, tmp_path):
    topic = broker.topic()
    broker.produce(topic, [{"id": "no number", "t": "kept"}, {"id": 1, "t": "x"}])
    ingest(topic, tmp_path / "t", "--schema", "id long, t string", "--evolution", "rescue")
    got = rows(tmp_path / "t")
    assert got[0] == {"id": None, "t": "kept", "_rescued_data": '{"id":"no number"}'}
    assert got[1] == {"id": 1, "t": "x", "_rescued_data": None}


def test_gzip_payloads_with_a_limit(broker, ingest, tmp_path):
    topic = broker.topic()
    bomb = gzip.compress(b" " * (80 << 20))
    broker.produce(topic, [gzip.compress(b'{"id":0}'), {"id": 1}, bomb, gzip.compress(b'{"id":2}')[:-4]])
    ingest(topic, tmp_path / "t", "--schema", "id long", "--decompress-gzip", "--dlq-table", tmp_path / "dlq")
    assert_each_once(tmp_path / "t", 2)
    errors = [row["error"] for row in rows(tmp_path / "dlq")]
    assert "more than" in errors[0] and "damaged" in errors[1]
