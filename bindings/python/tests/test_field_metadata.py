"""Metadata of Arrow fields, nested ones too, survives every way into a table and out of it."""

import json

import polars as pl
import pyarrow as pa
import pytest
from deltaic import DeltaTable, Field, Schema, write_deltalake
from deltaic._arrow_types import text_of_value, value_of_text
from deltaic.exceptions import DeltaError

VALUES = {"comment": "5", "mine": "plain", "number": "5", "flag": "true", "object": '{"a":[1,"x"]}', "quoted": '"5"'}
Y = pa.field("y", pa.string(), metadata={"comment": "deep"})
SCHEMA = pa.schema(
    [
        pa.field("a", pa.int64(), metadata=VALUES),
        pa.field("s", pa.struct([pa.field("x", pa.int32(), metadata={"comment": "inner"})])),
        pa.field("l", pa.list_(pa.field("element", pa.struct([Y])))),
        pa.field("m", pa.map_(pa.string(), pa.struct([pa.field("z", pa.string(), metadata={"comment": "value"})]))),
    ]
)
ROWS = pa.table({"a": [1], "s": [{"x": 1}], "l": [[{"y": "t"}]], "m": [[("k", {"z": "t"})]]}, schema=SCHEMA)


def fields_of(schema: pa.Schema) -> dict[str, dict[str, str]]:
    """The metadata of each field that has any, by its path."""
    found: dict[str, dict[str, str]] = {}

    def walk(field: pa.Field, path: str) -> None:
        if field.metadata:
            found[path] = {key.decode(): value.decode() for key, value in field.metadata.items()}
        for i in range(field.type.num_fields):
            walk(field.type.field(i), f"{path}.{field.type.field(i).name}")

    for field in schema:
        walk(field, field.name)
    return found


def metadata_of(uri: str) -> dict[str, dict[str, str]]:
    by_python = fields_of(DeltaTable(uri).schema().to_arrow())
    assert fields_of(pa.schema(DeltaTable(uri))) == by_python, "both ways out say the same"
    return by_python


EXPECTED = fields_of(SCHEMA)


def test_there_is_metadata_at_every_depth():
    assert len(EXPECTED) == 4


@pytest.mark.parametrize("schema", [SCHEMA, Schema.from_arrow(SCHEMA)], ids=["arrow", "own"])
def test_creation_keeps_it(uri, schema):
    DeltaTable.create(uri, schema)
    assert metadata_of(uri) == EXPECTED


def test_write_and_every_overwrite_keep_it(uri):
    write_deltalake(uri, ROWS)
    assert metadata_of(uri) == EXPECTED
    write_deltalake(uri, ROWS.replace_schema_metadata(), mode="append")
    assert metadata_of(uri) == EXPECTED
    bare = pa.Table.from_pylist(ROWS.to_pylist(), schema=Schema.from_json(without_metadata(uri)).to_arrow())
    write_deltalake(uri, bare, mode="overwrite", schema_mode="overwrite")
    assert metadata_of(uri) == EXPECTED, "a column of the same name and type keeps what it had"


def without_metadata(uri: str) -> str:
    def bare(value):
        if isinstance(value, dict):
            return {key: {} if key == "metadata" else bare(inner) for key, inner in value.items()}
        return [bare(inner) for inner in value] if isinstance(value, list) else value

    return json.dumps(bare(json.loads(DeltaTable(uri).schema().to_json())))


def test_new_metadata_counts_where_the_schema_is_overwritten(uri):
    write_deltalake(uri, ROWS)
    changed = ROWS.select(["a"]).cast(pa.schema([pa.field("a", pa.int64(), metadata={"comment": "new"})]))
    write_deltalake(uri, changed, mode="overwrite", schema_mode="overwrite")
    assert metadata_of(uri)["a"] == {**VALUES, "comment": "new"}


def test_columns_that_a_merge_adds_bring_theirs(uri):
    write_deltalake(uri, ROWS.select(["s"]))
    added = pa.field("b", pa.string(), metadata={"comment": "added"})
    wider = pa.struct(
        [SCHEMA.field("s").type.field(0), pa.field("w", pa.int32(), metadata={"comment": "inner, added"})]
    )
    rows = pa.table({"s": [{"x": 1, "w": 2}], "b": ["t"]}, schema=pa.schema([pa.field("s", wider), added]))
    write_deltalake(uri, rows, mode="append", schema_mode="merge")
    assert metadata_of(uri) == {
        "s.x": {"comment": "inner"},
        "s.w": {"comment": "inner, added"},
        "b": {"comment": "added"},
    }


def test_a_table_made_of_another_s_schema_has_it(uri):
    write_deltalake(uri, ROWS)
    DeltaTable.create(f"{uri}-1", DeltaTable(uri).schema().to_arrow())
    DeltaTable.create(f"{uri}-2", DeltaTable(uri).schema())
    DeltaTable.create(f"{uri}-3", DeltaTable(uri))
    write_deltalake(f"{uri}-4", DeltaTable(uri).to_pyarrow_dataset().scanner().to_table().cast(SCHEMA))
    for number in (1, 2, 3, 4):
        assert metadata_of(f"{uri}-{number}") == EXPECTED, number


def test_ids_of_another_table_stay_behind(uri):
    mapping = {"delta.columnMapping.mode": "name"}
    write_deltalake(uri, ROWS, configuration=mapping)
    write_deltalake(f"{uri}-copy", ROWS.cast(DeltaTable(uri).schema().to_arrow()), configuration=mapping)
    ours, theirs = (metadata_of(path)["a"] for path in (uri, f"{uri}-copy"))
    name = "delta.columnMapping.physicalName"
    assert ours[name] != theirs[name]
    assert {key: value for key, value in theirs.items() if key in VALUES} == VALUES


def test_notes_of_other_libraries_stay_behind(uri):
    frame = pl.DataFrame({"e": pl.Series(["a", "b"], dtype=pl.Enum(["a", "b"]))})
    write_deltalake(uri, frame)
    noted = pa.field("a", pa.int64(), metadata={"PARQUET:field_id": "7", "comment": "c"})
    write_deltalake(f"{uri}-2", pa.table({"a": [1]}, schema=pa.schema([noted])))
    assert metadata_of(uri) == {}
    assert metadata_of(f"{uri}-2") == {"a": {"comment": "c"}}


@pytest.mark.parametrize(
    "text", ["", "5", "-0", "1.5", "true", "null", "NaN", '{"a":1}', '{"a": 1}', '"x"', '"5"', "[", "é"]
)
def test_texts_come_back_as_they_were(text):
    for key in ("comment", "mine"):
        assert text_of_value(key, value_of_text(key, text)) == text


@pytest.mark.parametrize("value", ["", "5", 5, 1.5, True, "true", {"a": [1, "x"]}, '{"a":1}', '"5"', "null", []])
def test_values_come_back_as_they_were(value):
    assert value_of_text("mine", text_of_value("mine", value)) == value


def rule(**metadata) -> pa.Schema:
    return pa.schema([pa.field("a", pa.int64(), metadata=metadata), pa.field("b", pa.int64())])


RULES = {
    "delta.invariants": rule(**{"delta.invariants": '{"expression":{"expression":"a > 3"}}'}),
    "delta.generationExpression": rule(**{"delta.generationExpression": "b + 1"}),
    "CURRENT_DEFAULT": rule(CURRENT_DEFAULT="7"),
    "delta.identity.start": rule(**{"delta.identity.start": "1", "delta.identity.step": "1"}),
}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_kept_as_it_was_given_or_refused_by_name(uri, name):
    try:
        DeltaTable.create(uri, RULES[name], configuration={"delta.feature.allowColumnDefaults": "supported"})
    except DeltaError as error:
        assert not DeltaTable.is_deltatable(uri)
        assert name.split(".")[-1].lower()[:8] in str(error).lower()
    else:
        kept = DeltaTable(uri).schema().fields[0].metadata
        assert text_of_value(name, kept[name]) == RULES[name].field(0).metadata[name.encode()].decode()


def test_an_invariant_is_seen_as_one(uri):
    schema = Schema.from_arrow(RULES["delta.invariants"])
    assert schema.invariants == [("a", "a > 3")]
    assert Field.from_arrow(schema.fields[0].to_arrow()) == schema.fields[0]
