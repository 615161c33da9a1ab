"""Avro into tables: what fastavro writes comes out with the same values, whatever says which schema it is."""

import datetime
import decimal
import io
import json
import random
import time
import uuid
import zlib

import fastavro
import pytest
from conftest import positions, rows, wait_for
from registry import Certificates, Registry, basic, framed

UTC = datetime.UTC
EPOCH = datetime.datetime(1970, 1, 1)

INNER = {
    "type": "record",
    "name": "Inner",
    "fields": [{"name": "a", "type": "int"}, {"name": "b", "type": ["null", "string"]}],
}
RICH = {
    "type": "record",
    "name": "Rich",
    "namespace": "org.example",
    "fields": [
        {"name": "flag", "type": "boolean"},
        {"name": "i", "type": "int"},
        {"name": "l", "type": ["null", "long"]},
        {"name": "f", "type": "float"},
        {"name": "d", "type": ["double", "null"]},
        {"name": "bytes", "type": "bytes"},
        {"name": "text", "type": "string"},
        {"name": "fixed", "type": {"type": "fixed", "name": "Four", "size": 4}},
        {"name": "color", "type": {"type": "enum", "name": "Color", "symbols": ["RED", "GREEN"]}},
        {"name": "inner", "type": ["null", INNER]},
        {"name": "again", "type": "Inner"},
        {"name": "list", "type": {"type": "array", "items": ["null", "long"]}},
        {"name": "records", "type": {"type": "array", "items": "Inner"}},
        {"name": "map", "type": {"type": "map", "values": "double"}},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 3}},
        {
            "name": "small",
            "type": {"type": "fixed", "name": "Five", "size": 5, "logicalType": "decimal", "precision": 9, "scale": 2},
        },
        {"name": "uuid", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "ms", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "us", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "local", "type": {"type": "long", "logicalType": "local-timestamp-micros"}},
        {"name": "number", "type": ["null", "int", "double"]},
        {"name": "either", "type": ["null", "string", "long", "Inner"]},
    ],
}
PARSED = fastavro.parse_schema(RICH)


def encode(schema, record) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, record)
    return out.getvalue()


def text(random_: random.Random) -> str:
    return "".join(random_.choice('abc äß漢😀"\n') for _ in range(random_.randrange(12)))


def inner(r: random.Random) -> dict:
    return {"a": r.randrange(-(2**31), 2**31), "b": r.choice([None, text(r)])}


def record(r: random.Random) -> dict:
    at = EPOCH + datetime.timedelta(microseconds=r.randrange(-(10**15), 4 * 10**15))
    return {
        "flag": r.random() < 0.5,
        "i": r.choice([0, -1, 2**31 - 1, -(2**31), r.randrange(1000)]),
        "l": r.choice([None, 2**63 - 1, -(2**63), r.randrange(10**12)]),
        "f": r.randrange(1000) / 8,
        "d": r.choice([None, r.random()]),
        "bytes": r.randbytes(r.randrange(5)),
        "text": text(r),
        "fixed": r.randbytes(4),
        "color": r.choice(["RED", "GREEN"]),
        "inner": r.choice([None, inner(r)]),
        "again": inner(r),
        "list": [r.choice([None, r.randrange(-100, 100)]) for _ in range(r.randrange(4))],
        "records": [inner(r) for _ in range(r.randrange(3))],
        "map": {text(r) + str(k): r.random() for k in range(r.randrange(3))},
        "price": decimal.Decimal(r.randrange(-(10**19), 10**19)).scaleb(-3),
        "small": decimal.Decimal(r.randrange(-(10**9) + 1, 10**9)).scaleb(-2),
        "uuid": uuid.UUID(bytes=r.randbytes(16)),
        "day": at.date(),
        "ms": at.replace(microsecond=at.microsecond // 1000 * 1000, tzinfo=UTC),
        "us": at.replace(tzinfo=UTC),
        "local": at,
        "number": r.choice([None, 7, 0.5]),
        "either": r.choice([None, "text", 2**40, inner(r)]),
    }


def expected(record: dict) -> dict:
    """The row of a record, as pyarrow gives it."""
    out = dict(record)
    out["uuid"] = str(record["uuid"])
    out["map"] = list(record["map"].items())
    out["number"] = None if record["number"] is None else float(record["number"])
    value = record["either"]
    members = {"member0": str, "member1": int, "member2": dict}
    out["either"] = (
        None if value is None else {name: value if isinstance(value, of) else None for name, of in members.items()}
    )
    return out


@pytest.fixture
def registry():
    made = Registry()
    yield made
    made.stop()


def test_every_type_of_what_fastavro_writes(broker, ingest, registry, tmp_path):
    r = random.Random(5)
    records = [record(r) for _ in range(2000)]
    topic = broker.topic(2)
    number = registry.add(7, RICH)
    broker.produce(topic, [framed(number, encode(PARSED, each)) for each in records], 2)
    ingest(topic, tmp_path / "t", "--avro", registry.url, "-t", "o: kafka.offset", "-t", "p: kafka.partition")
    got = rows(tmp_path / "t")
    assert len(got) == len(records)
    for row in got:
        offset, partition = row.pop("o"), row.pop("p")
        assert row == expected(records[offset * 2 + partition])
    assert [path for path, _ in registry.requests] == ["/schemas/ids/7"]


def test_frames(broker, ingest, registry, tmp_path):
    schema = {"type": "record", "name": "R", "fields": [{"name": "n", "type": "long"}]}
    parsed = fastavro.parse_schema(schema)
    registry.add(3, schema, subject="s-value")
    (tmp_path / "r.avsc").write_text(json.dumps(schema))
    body = [encode(parsed, {"n": n}) for n in range(4)]
    canonical = fastavro.schema.to_parsing_canonical_form(schema)
    fingerprint = bytes.fromhex(fastavro.schema.fingerprint(canonical, "CRC-64-AVRO"))
    guid = registry.guid(3).bytes
    glue = {"AWS_ACCESS_KEY_ID": "AKTEST", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1"}
    cases = {
        "confluent": ([framed(3, b) for b in body], [registry.url], {}),
        "guid": ([(b, None, [("__value_schema_id", b"\1" + guid)]) for b in body], [registry.url], {}),
        "apicurio": ([framed(3, b) for b in body], [registry.url + "/apis/registry/v3"], {}),
        "apicurio-long": (
            [b"\0" + (3).to_bytes(8, "big") + b for b in body],
            [registry.url + "/apis/registry/v3", "--registry-style", "apicurio-global-id"],
            {},
        ),
        "glue": (
            [b"\3\0" + guid + b if i % 2 else b"\3\5" + guid + zlib.compress(b) for i, b in enumerate(body)],
            [registry.url, "--registry-style", "glue"],
            glue,
        ),
        "subject": (body, [registry.url, "--subject", "s-value"], {}),
        "file": (body, [tmp_path / "r.avsc"], {}),
        "single": ([b"\xc3\1" + fingerprint + b for b in body], [tmp_path / "r.avsc", "--soe-avro"], {}),
    }
    for name, (messages, flags, env) in cases.items():
        topic = broker.topic()
        broker.produce(topic, messages)
        ingest(topic, tmp_path / name, "--schema", "n long", "--avro", *flags, env=env)
        assert sorted(row["n"] for row in rows(tmp_path / name)) == [0, 1, 2, 3], name


@pytest.mark.parametrize("api", ["v2", "v3"])
def test_references_of_apicurio(broker, ingest, registry, tmp_path, api):
    """By group, id and version, of those references' own references too, in the default group where none is told."""
    registry.add(1, {"type": "enum", "name": "a.Color", "symbols": ["RED", "GREEN"]})
    middle = {"type": "record", "name": "a.Car", "fields": [{"name": "color", "type": "a.Color"}]}
    registry.add(2, middle, references=[{"artifactId": "color", "version": "1", "name": "a.Color"}])
    outer = {"type": "record", "name": "a.Sale", "fields": [{"name": "car", "type": "a.Car"}]}
    reference = {"groupId": "my cars", "artifactId": "car/1", "version": "2", "name": "a.Car"}
    registry.add(3, outer, references=[reference])
    registry.artifacts = {("default", "color", "1"): 1, ("my cars", "car/1", "2"): 2}
    topic = broker.topic()
    broker.produce(topic, [framed(3, b"\x02"), framed(3, b"\x00")])
    ingest(topic, tmp_path / "t", "--avro", f"{registry.url}/apis/registry/{api}")
    assert sorted(row["car"]["color"] for row in rows(tmp_path / "t")) == ["GREEN", "RED"]
    assert f"/apis/registry/{api}/groups/my%20cars/artifacts/car%2F1/versions/2/references" in [
        path.replace("/content", "") for path, _ in registry.requests
    ]


def test_registry_that_asks_for_a_certificate(broker, ingest, start, tmp_path):
    certificates = Certificates(tmp_path / "certificates")
    registry = Registry(certificates=certificates)
    try:
        schema = {"type": "record", "name": "R", "fields": [{"name": "n", "type": "long"}]}
        registry.add(3, schema)
        topic = broker.topic()
        broker.produce(topic, [framed(3, encode(fastavro.parse_schema(schema), {"n": n})) for n in range(5)])

        def settings(ca, certificate=None, key=None) -> list[str]:
            out = ["--schema", "n long", "--avro", registry.url, "--registry-setting", f"ca={ca}"]
            if certificate:
                out += ["--registry-setting", f"certificate={certificate}", "--registry-setting", f"key={key}"]
            return out

        c = certificates
        ingest(topic, tmp_path / "t", *settings(c.authority, c.client, c.client_key))
        assert sorted(row["n"] for row in rows(tmp_path / "t")) == [0, 1, 2, 3, 4]
        # Without it, with another's, and where the server is another's: no message is bad, none is lost.
        wrong = {
            "none": settings(c.authority),
            "stranger": settings(c.authority, c.stranger, c.stranger_key),
            "server": settings(c.stranger, c.client, c.client_key),
        }
        asked = len(registry.requests)
        for name, flags in wrong.items():
            ran = start(topic, tmp_path / name, *flags, "-g", name)
            wait_for(lambda ran=ran: "attempt 1" in ran.text)
            ran.terminate()
            assert registry.url in ran.text and rows(tmp_path / name) == [], ran.text
        assert len(registry.requests) == asked
    finally:
        registry.stop()


def test_promotions_aliases_defaults_and_dropped_fields(broker, ingest, registry, tmp_path):
    old = {"type": "record", "name": "R", "fields": [{"name": "x", "type": "int"}, {"name": "was", "type": "string"}]}
    new = {"type": "record", "name": "R", "fields": [{"name": "x", "type": "long"}, {"name": "more", "type": "float"}]}
    reader = {
        "type": "record",
        "name": "R",
        "fields": [
            {"name": "x", "type": "double"},
            {"name": "now", "aliases": ["was"], "type": "string", "default": "none"},
            {"name": "tags", "type": {"type": "array", "items": "string"}, "default": ["a", "b"]},
            {"name": "in", "type": ["null", INNER], "default": None},
        ],
    }
    (tmp_path / "reader.avsc").write_text(json.dumps(reader))
    registry.add(1, old)
    registry.add(2, new)
    topic = broker.topic()
    broker.produce(
        topic,
        [
            framed(1, encode(fastavro.parse_schema(old), {"x": 1, "was": "old"})),
            framed(2, encode(fastavro.parse_schema(new), {"x": 2**40, "more": 0.5})),
        ],
    )
    ingest(topic, tmp_path / "t", "--avro", registry.url, "--reader-schema", tmp_path / "reader.avsc")
    assert sorted(rows(tmp_path / "t"), key=lambda row: row["x"]) == [
        {"x": 1.0, "now": "old", "tags": ["a", "b"], "in": None},
        {"x": float(2**40), "now": "none", "tags": ["a", "b"], "in": None},
    ]
    # A new field becomes a column; what writers drop is null.
    ingest(topic, tmp_path / "merge", "--avro", registry.url, "--schema", "x long", "--evolution", "merge")
    assert sorted(rows(tmp_path / "merge"), key=lambda row: row["x"]) == [
        {"x": 1, "was": "old", "more": None},
        {"x": 2**40, "was": None, "more": 0.5},
    ]
    ingest(topic, tmp_path / "rescue", "--avro", registry.url, "--schema", "x integer", "--evolution", "rescue")
    rescued = {row["x"]: json.loads(row["_rescued_data"]) for row in rows(tmp_path / "rescue")}
    assert rescued == {1: {"was": "old"}, None: {"x": 2**40, "more": 0.5}}
    message = ingest(
        topic, tmp_path / "fail", "--avro", registry.url, "--schema", "x long", "--evolution", "fail", code=5
    )
    assert "no column was" in message


def test_transforms_and_filter(broker, ingest, registry, tmp_path):
    registry.add(7, RICH)
    r = random.Random(8)
    records = [record(r) for _ in range(50)]
    topic = broker.topic()
    broker.produce(topic, [(framed(7, encode(PARSED, each)), f"k{i}", None) for i, each in enumerate(records)])
    schema = "up string, key string, us timestamp, price decimal(20,3), flag boolean"
    flags = ["--avro", registry.url, "--schema", schema, "-t", "up: color", "-t", "key: kafka.key", "--filter", "flag"]
    ingest(topic, tmp_path / "t", *flags)
    want = [
        {"up": each["color"], "key": f"k{i}", "us": each["us"], "price": each["price"], "flag": True}
        for i, each in enumerate(records)
        if each["flag"]
    ]
    assert sorted(rows(tmp_path / "t"), key=lambda row: int(row["key"][1:])) == want


def test_poison(broker, ingest, registry, tmp_path):
    registry.add(7, RICH)
    registry.add(8, {"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]})
    registry.add(
        9, {"type": "record", "name": "N", "fields": [{"name": "nulls", "type": {"type": "array", "items": "null"}}]}
    )
    registry.add(10, {"type": "record", "name": "S", "fields": [{"name": "text", "type": "string"}]})
    good = framed(7, encode(PARSED, record(random.Random(1))))
    huge = b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7f"  # 2^62 or so
    bad = {
        "bad magic": b"{}" + good[2:],
        "another magic": b"\1" + good[1:],
        "unknown id": framed(99, good[5:]),
        "short frame": b"\0\0\0",
        "truncated": good[:-3],
        "trailing": good + b"x",
        "empty body": framed(7, b""),
        "bad boolean": framed(7, b"\7" + good[6:]),
        "recursive": framed(8, b"\0"),
        "nulls without end": framed(9, huge + b"\0"),
        "long": framed(7, b"\xff" * 900_000),
        "not utf-8": framed(10, b"\x02\xff"),
    }
    topic = broker.topic()
    messages = list(bad.values())
    broker.produce(topic, [good, *messages[:6], good, *messages[6:], good])
    ingest(topic, tmp_path / "t", "--avro", registry.url, "--dlq-table", tmp_path / "dlq")
    assert len(rows(tmp_path / "t")) == 3
    letters = rows(tmp_path / "dlq")
    assert len(letters) == len(messages) and all(letter["stage"] == "decode" for letter in letters)
    said = " ".join(letter["error"] for letter in letters)
    for part in ["no schema id", "has no schema 99", "Node contains itself", "damaged Avro", "after the Avro record"]:
        assert part in said
    assert positions(tmp_path / "t") == [len(messages) + 2]


def test_a_registry_that_is_away_is_waited_for(broker, start, ingest, registry, tmp_path):
    schema = {"type": "record", "name": "R", "fields": [{"name": "n", "type": "long"}]}
    registry.add(1, schema)
    registry.down = True
    topic = broker.topic()
    broker.produce(topic, [framed(1, encode(fastavro.parse_schema(schema), {"n": n})) for n in range(100)])
    flags = ["--avro", registry.url, "--schema", "n long", "--dlq-table", tmp_path / "dlq", "-l", "1"]
    ran = start(topic, tmp_path / "t", *flags)
    deadline = time.monotonic() + 60
    while "attempt 1" not in ran.text:
        assert ran.process.poll() is None and time.monotonic() < deadline, ran.text
        time.sleep(0.1)
    registry.down = False
    while not (tmp_path / "t/_delta_log").exists() or len(rows(tmp_path / "t")) < 100:
        assert ran.process.poll() is None and time.monotonic() < deadline, ran.text
        time.sleep(0.2)
    assert ran.terminate() == 0
    assert sorted(row["n"] for row in rows(tmp_path / "t")) == list(range(100))
    assert rows(tmp_path / "dlq") == []


def test_who_may_ask(broker, ingest, registry, tmp_path):
    schema = {"type": "record", "name": "R", "fields": [{"name": "n", "type": "long"}]}
    registry.add(1, schema)
    topic = broker.topic()
    broker.produce(topic, [framed(1, encode(fastavro.parse_schema(schema), {"n": 5}))])
    flags = ["--avro", registry.url, "--schema", "n long"]
    registry.needed = basic("ann", "canary-7")
    text = ingest(topic, tmp_path / "t", *flags, code=8)
    assert "refuses schema 1 with status 401" in text
    env = {"SCHEMA_REGISTRY_USERNAME": "ann", "SCHEMA_REGISTRY_PASSWORD": "canary-7"}
    assert "canary" not in ingest(topic, tmp_path / "t", *flags, env=env)
    registry.needed = "Bearer canary-8"
    assert "canary" not in ingest(topic, tmp_path / "u", *flags, "--registry-setting", "token=canary-8")
    assert rows(tmp_path / "t") == rows(tmp_path / "u") == [{"n": 5}]


def test_raw_and_text(broker, ingest, tmp_path):
    topic = broker.topic()
    messages = [(b"\xff\0", b"\1", [("h", b"\xfe"), ("n", None)]), (b"plain", None, None)]
    broker.produce(topic, messages)
    ingest(topic, tmp_path / "raw", "--format", "raw")
    got = sorted(rows(tmp_path / "raw"), key=lambda row: row["offset"])
    assert [(row["value"], row["key"], row["headers"]) for row in got] == [
        (b"\xff\0", b"\1", [("h", b"\xfe"), ("n", None)]),
        (b"plain", None, []),
    ]
    assert all(row["topic"] == topic and row["partition"] == 0 and row["timestamp"] for row in got)
    ingest(topic, tmp_path / "text", "--format", "text", "--dlq-table", tmp_path / "dlq")
    assert [row["value"] for row in rows(tmp_path / "text")] == ["plain"]
    assert [row["error"] for row in rows(tmp_path / "dlq")] == ["not UTF-8"]


def test_flags_that_do_not_go_together(broker, ingest, tmp_path):
    for flags, said in [
        (["--soe-avro"], "--soe-avro needs --avro"),
        (["--avro", "/no/such.avsc"], "cannot be read"),
        (["--format", "avro"], "is missing"),
        (["--avro", "http://x", "--protobuf", "http://x"], "exclude each other"),
    ]:
        assert said in ingest("any", tmp_path / "t", *flags, code=2)
