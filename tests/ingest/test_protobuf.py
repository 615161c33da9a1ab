"""Protobuf into tables: what Google's own library writes comes out with the same values."""

import base64
import datetime
import decimal
import json
import random

import pytest
from conftest import rows
from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    message_factory,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)
from registry import Registry, framed

UTC = datetime.UTC

PROTO = """
// A file with all that a reader may meet.
syntax = "proto3";
package shop.v1;
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/wrappers.proto";
option java_package = "x.y";

message Unused { string only = 1; }

/* The one that is sent. */
message Order {
  enum State { UNKNOWN = 0; OPEN = 1; CLOSED = 2 [deprecated = true]; }
  message Line { string sku = 1; int32 count = 2; repeated double prices = 3; }
  double d = 1;
  float f = 2;
  int64 i64 = 3;
  uint64 u64 = 4;
  int32 i32 = 5;
  fixed64 x64 = 6;
  fixed32 x32 = 7;
  bool flag = 8;
  string text = 9;
  bytes raw = 10;
  uint32 u32 = 11;
  State state = 12;
  sfixed32 sx32 = 13;
  sfixed64 sx64 = 14;
  sint32 s32 = 15;
  sint64 s64 = 16;
  optional string maybe = 17;
  repeated int64 packed = 18;
  repeated int64 loose = 19 [packed = false];
  repeated string texts = 20;
  Line line = 21;
  repeated Line lines = 22;
  map<string, Line> by_name = 23;
  map<int32, bool> by_number = 24;
  oneof choice { string a = 25; int64 b = 26; Line c = 27; }
  google.protobuf.Timestamp at = 28;
  google.protobuf.Int64Value wrapped = 29;
  google.protobuf.Struct json = 30;
  google.protobuf.Duration span = 31;
  int64 far = 5000;
  reserved 40 to 50;
}
"""

F = descriptor_pb2.FieldDescriptorProto
SCALARS = [
    ("d", 1, F.TYPE_DOUBLE), ("f", 2, F.TYPE_FLOAT), ("i64", 3, F.TYPE_INT64), ("u64", 4, F.TYPE_UINT64),
    ("i32", 5, F.TYPE_INT32), ("x64", 6, F.TYPE_FIXED64), ("x32", 7, F.TYPE_FIXED32), ("flag", 8, F.TYPE_BOOL),
    ("text", 9, F.TYPE_STRING), ("raw", 10, F.TYPE_BYTES), ("u32", 11, F.TYPE_UINT32), ("sx32", 13, F.TYPE_SFIXED32),
    ("sx64", 14, F.TYPE_SFIXED64), ("s32", 15, F.TYPE_SINT32), ("s64", 16, F.TYPE_SINT64), ("far", 5000, F.TYPE_INT64),
]  # fmt: skip


def describe() -> descriptor_pb2.FileDescriptorProto:
    """The same as PROTO, without protoc."""
    file = descriptor_pb2.FileDescriptorProto(name="shop.proto", package="shop.v1", syntax="proto3")
    for name in ("timestamp", "duration", "struct", "wrappers"):
        file.dependency.append(f"google/protobuf/{name}.proto")
    file.message_type.add(name="Unused").field.add(name="only", number=1, type=F.TYPE_STRING, label=1)
    order = file.message_type.add(name="Order")
    state = order.enum_type.add(name="State")
    for number, name in enumerate(("UNKNOWN", "OPEN", "CLOSED")):
        state.value.add(name=name, number=number)
    line = order.nested_type.add(name="Line")
    line.field.add(name="sku", number=1, type=F.TYPE_STRING, label=1)
    line.field.add(name="count", number=2, type=F.TYPE_INT32, label=1)
    line.field.add(name="prices", number=3, type=F.TYPE_DOUBLE, label=3)

    def add(name, number, of, label=1, type_name="", **more):
        if type_name:
            more["type_name"] = type_name
        return order.field.add(name=name, number=number, type=of, label=label, **more)

    def add_map(name, number, key, value, type_name=""):
        entry = order.nested_type.add(name="".join(p.title() for p in name.split("_")) + "Entry")
        entry.field.add(name="key", number=1, type=key, label=1)
        entry.field.add(name="value", number=2, type=value, label=1, **({"type_name": type_name} if type_name else {}))
        entry.options.map_entry = True
        add(name, number, F.TYPE_MESSAGE, 3, f".shop.v1.Order.{entry.name}")

    for name, number, of in SCALARS:
        add(name, number, of)
    add("state", 12, F.TYPE_ENUM, 1, ".shop.v1.Order.State")
    add("packed", 18, F.TYPE_INT64, 3)
    add("loose", 19, F.TYPE_INT64, 3).options.packed = False
    add("texts", 20, F.TYPE_STRING, 3)
    line_name = ".shop.v1.Order.Line"
    add("line", 21, F.TYPE_MESSAGE, 1, line_name)
    add("lines", 22, F.TYPE_MESSAGE, 3, line_name)
    add_map("by_name", 23, F.TYPE_STRING, F.TYPE_MESSAGE, line_name)
    add_map("by_number", 24, F.TYPE_INT32, F.TYPE_BOOL)
    order.oneof_decl.add(name="choice")
    add("a", 25, F.TYPE_STRING, oneof_index=0)
    add("b", 26, F.TYPE_INT64, oneof_index=0)
    add("c", 27, F.TYPE_MESSAGE, 1, line_name, oneof_index=0)
    order.oneof_decl.add(name="_maybe")
    add("maybe", 17, F.TYPE_STRING, oneof_index=1, proto3_optional=True)
    add("at", 28, F.TYPE_MESSAGE, 1, ".google.protobuf.Timestamp")
    add("wrapped", 29, F.TYPE_MESSAGE, 1, ".google.protobuf.Int64Value")
    add("json", 30, F.TYPE_MESSAGE, 1, ".google.protobuf.Struct")
    add("span", 31, F.TYPE_MESSAGE, 1, ".google.protobuf.Duration")
    return file


def descriptor_set() -> bytes:
    out = descriptor_pb2.FileDescriptorSet()
    for module in (timestamp_pb2, duration_pb2, struct_pb2, wrappers_pb2):
        module.DESCRIPTOR.CopyToProto(out.file.add())
    out.file.add().CopyFrom(describe())
    return out.SerializeToString()


def order_class():
    pool = descriptor_pool.DescriptorPool()
    files = descriptor_pb2.FileDescriptorSet.FromString(descriptor_set()).file
    for file in files:
        pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("shop.v1.Order"))


Order = order_class()


def order(r: random.Random):
    """A message, with each field there or not, and the row of it."""
    out, row = Order(), {}
    limits = {"i64": 63, "i32": 31, "sx32": 31, "sx64": 63, "s32": 31, "s64": 63, "far": 63}
    unsigned = {"u64": 64, "x64": 64, "x32": 32, "u32": 32}
    for name, _, _ in SCALARS:
        is_there = r.random() < 0.7
        if name in limits:
            value = r.choice([-(2 ** limits[name]), 2 ** limits[name] - 1, r.randrange(-99, 99)])
        elif name in unsigned:
            value = r.choice([2 ** unsigned[name] - 1, r.randrange(99)])
        else:
            value = {"d": r.random(), "f": 0.5, "flag": True, "text": "grün😀" * r.randrange(3), "raw": r.randbytes(3)}[
                name
            ]
        row[name] = value if is_there else type(value)()
        if is_there:
            setattr(out, name, value)
        if name in ("u64", "x64"):
            row[name] = decimal.Decimal(row[name])
    out.state = r.randrange(4)
    row["state"] = ["UNKNOWN", "OPEN", "CLOSED", "3"][out.state]

    def fill(line):
        line.sku, line.count = r.choice(["", "x", "yy"]), r.randrange(-5, 5)
        line.prices.extend(r.random() for _ in range(r.randrange(3)))
        return {"sku": line.sku, "count": line.count, "prices": list(line.prices)}

    for name in ("packed", "loose"):
        row[name] = [r.randrange(-(2**40), 2**40) for _ in range(r.randrange(4))]
        getattr(out, name).extend(row[name])
    row["texts"] = [r.choice(["", "a", "ß"]) for _ in range(r.randrange(3))]
    out.texts.extend(row["texts"])
    row["line"] = fill(out.line) if r.random() < 0.5 else None
    if row["line"] is not None:
        out.line.SetInParent()
    row["lines"] = [fill(out.lines.add()) for _ in range(r.randrange(3))]
    row["by_name"] = {k: fill(out.by_name[k]) for k in r.sample(["", "k", "kk"], r.randrange(3))}
    row["by_number"] = {}
    for key in r.sample([0, -7, 12], r.randrange(3)):
        out.by_number[key] = r.random() < 0.5
        row["by_number"][str(key)] = out.by_number[key]
    row |= {"a": None, "b": None, "c": None, "maybe": None, "at": None, "wrapped": None, "json": None, "span": None}
    which = r.randrange(4)
    if which == 1:
        out.a = row["a"] = ""
    elif which == 2:
        out.b = row["b"] = 5
    elif which == 3:
        row["c"] = fill(out.c)
        out.c.SetInParent()
    if r.random() < 0.5:
        out.maybe = row["maybe"] = r.choice(["", "z"])
    if r.random() < 0.5:
        at = datetime.datetime(1900, 1, 1, tzinfo=UTC) + datetime.timedelta(microseconds=r.randrange(10**16))
        out.at.FromDatetime(at)
        row["at"] = at
    if r.random() < 0.5:
        out.wrapped.value = row["wrapped"] = r.choice([0, 9])
        out.wrapped.SetInParent()
    if r.random() < 0.5:
        row["json"] = {"n": None, "list": [1.5, "x", True, {"in": {}}]}
        out.json.update(row["json"])
    if r.random() < 0.5:
        out.span.seconds, out.span.nanos = 5, 7
        row["span"] = {"seconds": 5, "nanos": 7}
    return out, row


def comparable(row: dict) -> dict:
    out = dict(row)
    out["json"] = None if row["json"] is None else json.loads(row["json"])
    for name in ("by_name", "by_number"):
        out[name] = dict(row[name])
    return out


@pytest.fixture
def registry():
    made = Registry()
    yield made
    made.stop()


@pytest.mark.parametrize("source", ["registry", "registry-descriptor", "file", "set"])
def test_every_type_of_what_protobuf_writes(broker, ingest, registry, tmp_path, source):
    r = random.Random(3)
    made = [order(r) for _ in range(500)]
    bodies = [message.SerializeToString() for message, _ in made]
    flags = [registry.url]
    if source.startswith("registry"):
        text = PROTO if source == "registry" else base64.b64encode(describe().SerializeToString()).decode()
        registry.add(5, text, "PROTOBUF")
        bodies = [framed(5, b"\x02\x02" + body) for body in bodies]  # one index, 1: the second message
    else:
        path = tmp_path / "schema"
        path.write_bytes(PROTO.encode() if source == "file" else descriptor_set())
        flags = [path, "--message", "shop.v1.Order"]
    topic = broker.topic()
    broker.produce(topic, bodies)
    ingest(topic, tmp_path / "t", "--protobuf", *flags, "-t", "o: kafka.offset")
    got = rows(tmp_path / "t")
    assert len(got) == len(made)
    for row in got:
        offset = row.pop("o")
        assert comparable(row) == made[offset][1]


def test_references_indexes_and_merged_parts(broker, ingest, registry, tmp_path):
    registry.add(1, 'syntax="proto3"; package b; message Base { int64 n = 1; string s = 2; }', "PROTOBUF", "base")
    inner = "message In { b.Base base = 1; } message Second { int64 z = 1; }"
    text = f'syntax="proto3"; import "b.proto"; message Outer {{ {inner} }}'
    registry.add(2, text, "PROTOBUF", references=[{"name": "b.proto", "subject": "base", "version": 1}])
    topic = broker.topic()
    parts = b"\x0a\x02\x08\x05" + b"\x0a\x03\x12\x01x" + b"\x0a\x02\x08\x07"  # base: n 5, s x, n 7
    first = framed(2, b"\x04\x00\x00" + parts)  # two indexes: 0, 0
    broker.produce(topic, [first, framed(2, b"\x04\x00\x02\x08\x09")])
    schema = {"type": "struct", "fields": [
        {"name": "base", "type": {"type": "struct", "fields": [
            {"name": "n", "type": "long", "nullable": True, "metadata": {}},
            {"name": "s", "type": "string", "nullable": True, "metadata": {}}]}, "nullable": True, "metadata": {}},
        {"name": "z", "type": "long", "nullable": True, "metadata": {}}]}  # fmt: skip
    ingest(topic, tmp_path / "t", "--protobuf", registry.url, "--schema", json.dumps(schema))
    assert sorted(rows(tmp_path / "t"), key=lambda row: row["base"] is None) == [
        {"base": {"n": 7, "s": "x"}, "z": None},
        {"base": None, "z": 9},
    ]


def test_fields_without_a_column(broker, ingest, registry, tmp_path):
    registry.add(1, 'syntax="proto3"; message R { int64 n = 1; string more = 2; }', "PROTOBUF")
    topic = broker.topic()
    broker.produce(topic, [framed(1, b"\0\x08\x01\x12\x01x"), framed(1, b"\0\x08\x80\x80\x80\x80\x20\x78\x05")])
    flags = ["--protobuf", registry.url, "--schema"]
    ingest(topic, tmp_path / "ignore", *flags, "n long")
    assert sorted(row["n"] for row in rows(tmp_path / "ignore")) == [1, 2**33]
    ingest(topic, tmp_path / "merge", *flags, "n long", "--evolution", "merge")
    assert {row["n"]: row["more"] for row in rows(tmp_path / "merge")} == {1: "x", 2**33: ""}
    ingest(topic, tmp_path / "rescue", *flags, "n integer", "--evolution", "rescue")
    assert {row["n"]: row["_rescued_data"] for row in rows(tmp_path / "rescue")} == {
        1: '{"more":"x"}',
        None: '{"n":8589934592}',
    }
    ingest(
        topic,
        tmp_path / "strict",
        *flags,
        "n long, more string",
        "--evolution",
        "strict",
        "--dlq-table",
        tmp_path / "d",
    )
    assert [row["n"] for row in rows(tmp_path / "strict")] == [1]
    assert "no field of number 15" in rows(tmp_path / "d")[0]["error"]


def test_poison(broker, ingest, registry, tmp_path):
    registry.add(1, 'syntax="proto3"; message R { int64 n = 1; string s = 2; repeated R r = 3; }', "PROTOBUF")
    registry.add(2, '"string"')
    registry.add(3, 'syntax="proto3"; message R { int64 n = 1; ', "PROTOBUF")
    bad = {
        "truncated": framed(1, b"\0\x12\x7fabc"),
        "bad tag": framed(1, b"\0\x07"),
        "field zero": framed(1, b"\0\x00\x01"),
        "endless varint": framed(1, b"\0\x08" + b"\xff" * 20),
        "not utf-8": framed(1, b"\0\x12\x01\xff"),
        "endless group": framed(1, b"\0" + b"\x53" * 10000),
        "bad index": framed(1, b"\x02\x06"),
        "endless indexes": framed(1, b"\xfe\xff\xff\x0f"),
        "unknown id": framed(9, b"\0"),
        "no Protobuf": framed(2, b"\0"),
        "damaged schema": framed(3, b"\0"),
        "bad magic": b"{}",
    }
    good = framed(1, b"\0\x08\x01\x1a\x02\x08\x05")
    topic = broker.topic()
    broker.produce(topic, [good, *bad.values(), good])
    ingest(
        topic, tmp_path / "t", "--protobuf", registry.url, "--schema", "n long, s string", "--dlq-table", tmp_path / "d"
    )
    assert rows(tmp_path / "t") == [{"n": 1, "s": ""}] * 2
    letters = sorted(rows(tmp_path / "d"), key=lambda row: row["offset"])
    assert len(letters) == len(bad)
    assert "line 1" in letters[10]["error"]
    text = ingest(topic, tmp_path / "inferred", "--protobuf", registry.url, code=6)
    assert "the columns of a new table cannot be told" in text
