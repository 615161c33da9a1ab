"""Transforms: kafka.* sources, and JMESPath beside its own Python implementation, through a topic and a table."""

import datetime
import json

import deltalake
import jmespath
import pytest
from conftest import rows

DOCUMENTS = [
    {
        "a": {"b": {"c": 7, "d e": "x"}, "l": [3, 1, 2]},
        "people": [
            {"n": "bob", "age": 30, "tags": ["x", "y"]},
            {"n": "ann", "age": 20, "tags": []},
            {"n": "cy", "age": None},
        ],
        "m": {"x": {"v": 1}, "y": {"v": 2}, "z": {}},
        "t": "grün",
        "f": -1.5,
        "n": "12.5",
        "e": [],
        "nested": [[1, [2]], [3], 4],
        "yes": True,
        "no": False,
    },
    {"a": None, "t": "", "people": "none", "l": [0]},
    {"a": {"l": ["b", "a", "c"]}, "t": "abc", "f": 2, "m": {}},
]

EXPRESSIONS = [
    "a.b.c", 'a.b."d e"', "a.*", "a.l[0]", "a.l[-1]", "a.l[5]", "a.l[1:]", "a.l[::-1]", "a.l[:-1]", "a.l[::2]",
    "people[*].n", "people[].tags", "people[].tags[]", "people[*].tags[0]", "people[?age > `20`].n", "m.*.v",
    "people[?n == 'bob'] | [0].age", "people[?age && tags].n", "people[?!tags].n", "nested[]", "nested[][]",
    "[t, f]", "{x: t, y: a.b.c}", "people[*].{name: n, first: tags[0]}", "people[*].[n, age]", "t || f", "a && t",
    "!t", "f < `0`", "f == `-1.5`", "t != 'abc'", "`[1, {\"k\": null}]`", "'it''s'", "'raw \\' quote'", "@.t",
    "length(t)", "length(a.l)", "abs(f)", "ceil(f)", "floor(f)", "to_number(n)", "to_string(a)", "type(a)", "sort(a.l)",
    "reverse(t)", "reverse(a.l)", "max(a.l)", "min(a.l)", "sum(a.l)", "avg(a.l)", "join('-', keys(m))",
    "contains(t, 'b')",
    "starts_with(t, 'g')", "ends_with(t, 'c')", "not_null(zz, t)", "to_array(t)", "values(m)", "merge(m, {x: t})",
    "map(&n, people)", "sort_by(people, &n)[*].n", "max_by(people[:2], &age).n", "min_by(people[:2], &age).n",
    "people[?contains(n, 'b')].n", "a.b | c", "(a || m).b", "people[*] | [0].n", "*.b", "[*]", "m.*.v | sort(@)",
    "yes && no", "people[?age >= `30` || n == 'ann'].n", "a.l | [0]", "sum(people[*].age)", "zz.yy", "e[]", "[0]",
]  # fmt: skip


def test_jmespath_beside_its_python_implementation(broker, ingest, tmp_path):
    topic = broker.topic()
    broker.produce(topic, DOCUMENTS)
    flags = []
    # One run an expression would take long, and one that fails would take the whole message along.
    reasons = {}
    for i, text in enumerate(EXPRESSIONS):
        for number, document in enumerate(DOCUMENTS):
            try:
                reasons[number, i] = ("value", jmespath.search(text, document))
            except jmespath.exceptions.JMESPathError:
                reasons[number, i] = ("error", None)
    for number in range(len(DOCUMENTS)):
        good = [i for i in range(len(EXPRESSIONS)) if reasons[number, i][0] == "value"]
        flags = [flag for i in good for flag in ("-t", f"out{i}: to_string({EXPRESSIONS[i]})")]
        schema = ", ".join(["id long", *(f"out{i} string" for i in good)])
        table = tmp_path / f"t{number}"
        ingest(topic, table, "--schema", schema, "--seek-offsets", json.dumps({"0": number - 1}) if number else "",
               "--max-rows-per-commit", "1", "--dlq-table", tmp_path / f"dlq{number}", *flags)  # fmt: skip
        row = rows(table)[0]
        for i in good:
            wanted = reasons[number, i][1]
            got = row[f"out{i}"]
            got = got if isinstance(wanted, str) else json.loads(got)
            assert got == wanted, (EXPRESSIONS[i], number)


@pytest.mark.parametrize(
    "text", ["a.", "[0", "a b", "foo(@)", "length()", "length(a, b)", "a[::0]", "{a}", "&&", "'open"]
)
def test_what_jmespath_refuses_is_refused_at_the_start(broker, ingest, tmp_path, text):
    log = ingest("any", tmp_path / "t", "-t", f"x: {text}", code=2)
    assert f"--transform x: {text}" in log.splitlines()[-1]


def test_kafka_sources_and_own_functions(broker, ingest, tmp_path):
    topic = broker.topic(2)
    before = int(datetime.datetime.now().timestamp() * 1000) - 5000
    broker.produce(
        topic,
        [({"id": i, "ms": 1626823098519}, f"k{i}", [("trace", b"t%d" % i), ("raw", b"\xff")]) for i in range(4)],
        2,
    )
    flags = [
        "date: substr(epoch_millis_to_iso8601(ms),`0`,`10`)", "iso: epoch_millis_to_iso8601(ms)",
        "us: epoch_millis_to_micro(ms)",
        "meta.offset: kafka.offset", "meta.partition: kafka.partition", "meta.topic: kafka.topic",
        "at: kafka.timestamp",
        "type: kafka.timestamp_type", "key: kafka.key", "trace: kafka.headers.trace", "raw: kafka.headers.raw",
        "none: kafka.headers.none", "id: kafka.offset",
    ]  # fmt: skip
    ingest(topic, tmp_path / "t", *(x for flag in flags for x in ("-t", flag)), "--filter", "id != `3`")
    got = sorted(rows(tmp_path / "t"), key=lambda row: row["key"])
    assert [row["key"] for row in got] == ["k0", "k1", "k2"]
    assert got[2]["meta"] == {"offset": 1, "partition": 0, "topic": topic} and got[2]["id"] == 1
    assert (
        got[0]["date"] == "2021-07-20"
        and got[0]["iso"] == "2021-07-20T23:18:18.519Z"
        and got[0]["us"] == 1626823098519000
    )
    assert got[0]["type"] == 0 and got[0]["at"] > before * 1000
    assert got[1]["trace"] == "t1" and got[1]["raw"] == "/w==" and "none" not in got[0]
    assert (
        sum(deltalake.DeltaTable(str(tmp_path / "t")).transaction_version(f"kafka_delta_ingest-{p}") for p in (0, 1))
        == 2
    )


def test_a_transform_that_fails_says_why(broker, ingest, tmp_path):
    topic = broker.topic()
    broker.produce(topic, [{"id": "text"}, {"id": 2}])
    ingest(topic, tmp_path / "t", "--schema", "id long, x double", "-t", "x: abs(id)", "--dlq-table", tmp_path / "dlq",
           "--dlq-transform", "stage: kafka.topic")  # fmt: skip
    (letter,) = rows(tmp_path / "dlq")
    assert letter["error"].startswith("transform x: abs(id): abs() takes a number, not") and letter["stage"] == topic
    assert rows(tmp_path / "t") == [{"id": 2, "x": 2.0}]
