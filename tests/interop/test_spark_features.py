"""Tables that we make with each writer feature: Spark reads them, changes them, and we read and change them again."""

import json

import deltaic
import pyarrow as pa
import pytest
from deltaic import ArrayType, Field, MapType, Schema, StructType
from values import exact_rows

ID = Field("id", "long")


def generated(name, kind, expression):
    return Field(name, kind, metadata={"delta.generationExpression": expression})


def identity(name, start, step, allow_explicit=False):
    return Field(
        name,
        "long",
        metadata={
            "delta.identity.start": start,
            "delta.identity.step": step,
            "delta.identity.allowExplicitInsert": allow_explicit,
        },
    )


def default(name, kind, expression):
    return Field(name, kind, metadata={"CURRENT_DEFAULT": expression, "EXISTS_DEFAULT": expression})


def invariant(name, kind, expression):
    text = json.dumps({"expression": {"expression": expression}})
    return Field(name, kind, metadata={"delta.invariants": text})


TEXT = Field("s", "string")
DAY = Field("day", "string")
NESTED = [
    Field("l", ArrayType("long", contains_null=True)),
    Field("m", MapType("string", StructType([Field("x", "integer")]), value_contains_null=True)),
]
SOME = {"id": pa.array([1, 2, 3], pa.int64()), "s": ["a", None, "ä"]}
NESTED_ROWS = {
    "id": pa.array([1, 2], pa.int64()),
    "l": pa.array([[1, None], None], pa.list_(pa.int64())),
    "m": pa.array([[("k", {"x": 1})], []], pa.map_(pa.string(), pa.struct([("x", pa.int32())]))),
}
DAYS = {"id": pa.array([1, 2, 3], pa.int64()), "day": ["mon", None, "a b/c%"]}

# Schema, partition columns, configuration, the rows of one write, and what Spark inserts then.
FEATURES = {
    "append only": ([ID, TEXT], None, {"delta.appendOnly": "true"}, SOME, "(id, s) VALUES (9, 'x')"),
    "invariants": ([invariant("id", "long", "id > 0"), TEXT], None, {}, SOME, "(id, s) VALUES (9, 'x')"),
    "not null": ([Field("id", "long", nullable=False), TEXT], None, {}, SOME, "(id, s) VALUES (9, 'x')"),
    "constraints": (
        [ID, TEXT],
        None,
        {"delta.constraints.positive": 'id > 0 AND (s IS NULL OR s <> "it\'s")'},
        SOME,
        "(id, s) VALUES (9, 'x')",
    ),
    "generated columns": (
        [ID, TEXT, generated("twice", "long", "id * 2"), generated("n", "integer", "length(s)")],
        None,
        {},
        SOME,
        "(id, s) VALUES (9, 'xyz')",
    ),
    "generated partitions": (
        [ID, TEXT, generated("p", "long", "id % 2")],
        ["p"],
        {},
        SOME,
        "(id, s) VALUES (9, 'xyz')",
    ),
    "identity columns": ([identity("key", 5, -3), ID, TEXT], None, {}, SOME, "(id, s) VALUES (9, 'x')"),
    "identity by default": ([identity("key", 1, 1, True), ID, TEXT], None, {}, SOME, "(id, s) VALUES (9, 'x')"),
    "default values": (
        [ID, default("s", "string", "'it''s'"), default("n", "integer", "40 + 2")],
        None,
        {},
        {"id": SOME["id"]},
        "(id) VALUES (9)",
    ),
    "change data feed": ([ID, TEXT], None, {"delta.enableChangeDataFeed": "true"}, SOME, "(id, s) VALUES (9, 'x')"),
    "column mapping by name": (
        [ID, Field("a b", "string"), *NESTED],
        None,
        {"delta.columnMapping.mode": "name"},
        {**NESTED_ROWS, "a b": ["x", None]},
        "(id, `a b`) VALUES (9, 'x')",
    ),
    "column mapping by id": (
        [ID, *NESTED],
        None,
        {"delta.columnMapping.mode": "id"},
        NESTED_ROWS,
        "(id, l) VALUES (9, array(1L))",
    ),
    "deletion vectors": ([ID, TEXT], None, {"delta.enableDeletionVectors": "true"}, SOME, "(id, s) VALUES (9, 'x')"),
    "in-commit timestamps": (
        [ID, TEXT],
        None,
        {"delta.enableInCommitTimestamps": "true"},
        SOME,
        "(id, s) VALUES (9, 'x')",
    ),
    "V2 checkpoints": ([ID, TEXT], None, {"delta.checkpointPolicy": "v2"}, SOME, "(id, s) VALUES (9, 'x')"),
    "domain metadata": ([ID, TEXT], None, {"delta.feature.domainMetadata": "supported"}, SOME, "(id) VALUES (9)"),
    "vacuum protocol check": (
        [ID, TEXT],
        None,
        {"delta.feature.vacuumProtocolCheck": "supported"},
        SOME,
        "(id) VALUES (9)",
    ),
    "checkpoint protection": (
        [ID, TEXT],
        None,
        {"delta.feature.checkpointProtection": "supported"},
        SOME,
        "(id) VALUES (9)",
    ),
    "type widening": ([ID, TEXT], None, {"delta.enableTypeWidening": "true"}, SOME, "(id) VALUES (9)"),
    "local times": (
        [ID, Field("t", "timestamp_ntz")],
        None,
        {},
        {"id": SOME["id"], "t": pa.array([0, None, 1], pa.timestamp("us"))},
        "(id, t) VALUES (9, TIMESTAMP_NTZ'2024-02-29 01:02:03')",
    ),
    "materialized partition columns": (
        [ID, DAY],
        ["day"],
        {"delta.enableMaterializePartitionColumnsFeature": "true"},
        DAYS,
        "(id, day) VALUES (9, 'mon')",
    ),
    "Iceberg compatibility V1": (
        [ID, DAY],
        ["day"],
        {"delta.enableIcebergCompatV1": "true"},
        DAYS,
        "(id, day) VALUES (9, 'mon')",
    ),
    "Iceberg compatibility V2": (
        [ID, *NESTED],
        None,
        {"delta.enableIcebergCompatV2": "true"},
        NESTED_ROWS,
        "(id, l) VALUES (9, array(1L))",
    ),
    "Iceberg compatibility V3": (
        [ID, DAY, *NESTED],
        ["day"],
        {"delta.enableIcebergCompatV3": "true", "delta.enableDeletionVectors": "true"},
        NESTED_ROWS | {"day": ["mon", None]},
        "(id, day, l) VALUES (9, 'mon', array(1L))",
    ),
    "clustering": ([ID, TEXT], None, {"delta.feature.clustering": "supported"}, SOME, "(id) VALUES (9)"),
}


def ours(uri):
    return exact_rows(deltaic.DeltaTable(uri).to_pyarrow_table())


@pytest.mark.parametrize("name", FEATURES)
def test_a_table_of_ours_goes_to_and_fro(uri, sql, name):
    fields, partition_by, configuration, rows, insert = FEATURES[name]
    deltaic.DeltaTable.create(uri, Schema(fields), partition_by=partition_by, configuration=configuration)
    deltaic.write_deltalake(uri, pa.table(rows), mode="append")
    written = ours(uri)
    assert [row["id"] for row in written] == rows["id"].to_pylist()
    assert exact_rows(sql("SELECT * FROM TABLE_")) == written

    sql(f"INSERT INTO TABLE_ {insert}")
    expected = exact_rows(sql("SELECT * FROM TABLE_"))
    assert len(expected) == len(written) + 1
    assert ours(uri) == expected

    more = {key: value[:1] for key, value in rows.items()} | {"id": pa.array([100], pa.int64())}
    deltaic.write_deltalake(uri, pa.table(more), mode="append")
    expected = exact_rows(sql("SELECT * FROM TABLE_"))
    assert expected[-1]["id"] == 100
    assert ours(uri) == expected
    if name != "append only":
        sql("UPDATE TABLE_ SET id = 101 WHERE id = 100")
        sql("DELETE FROM TABLE_ WHERE id = 2")
        assert ours(uri) == exact_rows(sql("SELECT * FROM TABLE_"))


def test_identity_values_go_on_between_engines(uri, sql):
    deltaic.DeltaTable.create(uri, Schema([identity("key", 10, 5), ID]))
    deltaic.write_deltalake(uri, pa.table({"id": pa.array([1, 2], pa.int64())}), mode="append")
    sql("INSERT INTO TABLE_ (id) VALUES (3)")
    deltaic.write_deltalake(uri, pa.table({"id": pa.array([4], pa.int64())}), mode="append")
    keys = [row["key"] for row in ours(uri)]
    assert keys[:2] == [10, 15]
    assert len(set(keys)) == 4 and all(key % 5 == 0 for key in keys)
    assert keys[3] > keys[2] > 15


def test_spark_sees_the_columns_of_a_clustered_table(uri, sql):
    sql("CREATE TABLE TABLE_ (id LONG, s STRING) USING delta CLUSTER BY (s)")
    deltaic.write_deltalake(uri, pa.table(SOME), mode="append")
    assert exact_rows(sql("SELECT * FROM TABLE_")) == exact_rows(pa.table(SOME))
    sql("OPTIMIZE TABLE_")
    assert sql("DESCRIBE DETAIL TABLE_").to_pylist()[0]["clusteringColumns"] == ["s"]
    assert ours(uri) == exact_rows(pa.table(SOME))


def test_spark_reads_variants_that_we_copy(uri, sql, spark, tmp_path):
    sql("CREATE TABLE TABLE_ (id LONG, v VARIANT) USING delta")
    sql('INSERT INTO TABLE_ SELECT id, parse_json(j) FROM VALUES (1L, \'{"a": [1, null, "x"]}\'), (2L, null) t(id, j)')
    copy = str(tmp_path / "copy")
    deltaic.write_deltalake(copy, deltaic.DeltaTable(uri).scan())
    texts = spark.sql(f"SELECT id, to_json(v) AS j FROM delta.`{copy}` ORDER BY id").toArrow().to_pylist()
    assert texts == [{"id": 1, "j": '{"a":[1,null,"x"]}'}, {"id": 2, "j": None}]


def test_widened_columns_are_read_by_spark(uri, sql):
    deltaic.DeltaTable.create(
        uri,
        Schema([ID, Field("n", "short"), Field("l", ArrayType("float", contains_null=True))]),
        configuration={"delta.enableTypeWidening": "true"},
    )
    narrow = {"id": SOME["id"], "n": pa.array([1, 2, None], pa.int16())}
    deltaic.write_deltalake(
        uri, pa.table({**narrow, "l": pa.array([[1.5], [], None], pa.list_(pa.float32()))}), mode="append"
    )
    wide = {"id": pa.array([4], pa.int64()), "n": pa.array([2**40], pa.int64())}
    wide["l"] = pa.array([[0.1, None]], pa.list_(pa.float64()))
    deltaic.write_deltalake(uri, pa.table(wide), mode="append", schema_mode="merge")
    assert exact_rows(sql("SELECT * FROM TABLE_")) == ours(uri)
    assert ours(uri)[-1]["n"] == 2**40


def test_rules_that_spark_made_are_followed(uri, sql):
    sql("CREATE TABLE TABLE_ (id LONG NOT NULL, v VARCHAR(3)) USING delta")
    sql("ALTER TABLE TABLE_ ADD CONSTRAINT c CHECK (id > 0)")
    for id, text, message in [
        (-1, "x", r"CHECK constraint c \(id > 0\): id = -1"),
        (None, "x", "column id"),
        (1, "four", r"does not fit varchar\(3\)"),
    ]:
        rows = pa.table({"id": pa.array([id], pa.int64()), "v": [text]})
        with pytest.raises(deltaic.exceptions.DeltaProtocolError, match=message):
            deltaic.write_deltalake(uri, rows, mode="append")
    assert ours(uri) == []
