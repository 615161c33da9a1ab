"""RESTORE, ALTER, CONVERT and CLONE by us and by Spark, each reading the other's."""

import os
import pathlib

import deltaic
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_spark_row_changes import delete, merge, update, write
from values import exact_rows


def spark_rows(spark, uri, version=None):
    at = "" if version is None else f" VERSION AS OF {version}"
    return exact_rows(spark.sql(f"SELECT * FROM delta.`{uri}`{at}").toArrow())


@pytest.mark.parametrize("kind", ["vectors", "mapped"])
def test_spark_reads_what_we_restored_and_restores_after_us(spark, uri, kind):
    write(uri, kind)
    table = deltaic.DeltaTable(uri)
    for change in (delete, update, merge):
        change(table)
    states = [spark_rows(spark, uri, version) for version in range(4)]
    for target in (1, 3, 0):
        table.restore(target)
        assert spark_rows(spark, uri) == states[target]
        assert exact_rows(table.to_pyarrow_table()) == states[target]
    spark.sql(f"RESTORE TABLE delta.`{uri}` TO VERSION AS OF 2")
    table.update_incremental()
    assert exact_rows(table.to_pyarrow_table()) == states[2]
    table.restore(5)
    assert spark_rows(spark, uri) == states[3]
    metrics = spark.sql(f"DESCRIBE HISTORY delta.`{uri}` LIMIT 1").collect()[0]
    assert metrics["operation"] == "RESTORE" and metrics["operationParameters"]["version"] == "5"


def test_spark_reads_and_alters_what_we_altered(spark, uri):
    rows = pa.table({"id": pa.array([1, 2], pa.int64()), "n": pa.array([3, 4], pa.int32()), "s": [{"x": 1}, {"x": 2}]})
    properties = {"delta.columnMapping.mode": "name", "delta.enableTypeWidening": "true"}
    deltaic.write_deltalake(uri, rows, configuration=properties)
    table = deltaic.DeltaTable(uri)
    string, long = deltaic.schema.PrimitiveType("string"), deltaic.schema.PrimitiveType("long")
    member = deltaic.Field("s", deltaic.schema.StructType([deltaic.Field("x", long), deltaic.Field("y", string)]))
    table.alter.add_columns([deltaic.Field("more", string), member])
    table.alter.add_constraint({"Positive": "id > 0"})
    table.alter.set_column_metadata("id", {"comment": "a number"})
    for options in (
        {"change": "change_column", "column": "n", "type": "bigint", "first": "true"},
        {"change": "change_column", "column": "more", "default": "'new'"},
        {"change": "rename_column", "column": "s.x", "new_name": "z"},
        {"change": "drop_columns", "columns": ["s.y"]},
    ):
        texts = {key: value for key, value in options.items() if isinstance(value, str)}
        lists = {key: value for key, value in options.items() if isinstance(value, list)}
        table._table.native.alter(deltaic._options.options_of(texts, lists))
    expected = [{"n": 3, "id": 1, "s": {"z": 1}, "more": None}, {"n": 4, "id": 2, "s": {"z": 2}, "more": None}]
    assert spark.sql(f"SELECT * FROM delta.`{uri}` ORDER BY id").toArrow().to_pylist() == expected
    spark.sql(f"INSERT INTO delta.`{uri}` (n, id, s) VALUES (5000000000, 3, named_struct('z', 9L))")
    table.update_incremental()
    new = pa.table(table.scan(predicate="id = 3")).to_pylist()
    assert new == [{"n": 5000000000, "id": 3, "s": {"z": 9}, "more": "new"}]
    with pytest.raises(Exception, match="(?i)check constraint"):
        spark.sql(f"INSERT INTO delta.`{uri}` (n, id) VALUES (1, -1)")
    spark.sql(f"ALTER TABLE delta.`{uri}` DROP CONSTRAINT Positive")
    spark.sql(f"ALTER TABLE delta.`{uri}` RENAME COLUMN more TO again")
    table.update_incremental()
    assert table.metadata().configuration.get("delta.constraints.positive") is None
    assert [field.name for field in table.schema().fields] == ["n", "id", "s", "again"]


def test_spark_reads_without_a_feature_that_we_dropped(spark, uri):
    deltaic.write_deltalake(uri, pa.table({"id": [1]}), configuration={"delta.enableDeletionVectors": "true"})
    table = deltaic.DeltaTable(uri)
    native = table._table.native
    native.alter(deltaic._options.options_of({"change": "drop_feature", "feature": "deletionVectors"}))
    table.update_incremental()
    assert "deletionVectors" not in table.protocol().writer_features
    spark.sql(f"INSERT INTO delta.`{uri}` VALUES (2)")
    assert [row["id"] for row in spark_rows(spark, uri)] == [1, 2]


@pytest.mark.parametrize("truncate", [False, True])
@pytest.mark.parametrize("feature", ["columnMapping", "deletionVectors"])
def test_spark_reads_what_was_written_again_without_a_feature(spark, uri, feature, truncate):
    properties = {
        "columnMapping": "'delta.columnMapping.mode' = 'name'",
        "deletionVectors": "'delta.enableDeletionVectors' = 'true'",
    }[feature]
    spark.sql(
        f"CREATE TABLE delta.`{uri}` (id INT, part STRING, s STRUCT<a: INT>) USING delta PARTITIONED BY (part) "
        f"TBLPROPERTIES ({properties}, 'delta.dropFeatureTruncateHistory.retentionDuration' = 'interval 0 hours')"
    )
    for part in ("'a b'", "NULL"):
        spark.sql(f"INSERT INTO delta.`{uri}` SELECT id, {part}, named_struct('a', id) FROM range(5)")
    if feature == "columnMapping":
        spark.sql(f"ALTER TABLE delta.`{uri}` RENAME COLUMN s.a TO b")
    else:
        spark.sql(f"DELETE FROM delta.`{uri}` WHERE id = 2")
    expected = sorted(spark_rows(spark, uri), key=repr)
    table = deltaic.DeltaTable(uri)
    table.alter.drop_feature(feature, truncate_history=truncate)
    assert feature not in table.protocol().writer_features
    assert ("checkpointProtection" in table.protocol().writer_features) != truncate
    assert sorted(spark_rows(spark, uri), key=repr) == expected
    assert sorted(exact_rows(deltaic.DeltaTable(uri).to_pyarrow_table()), key=repr) == expected
    spark.sql(f"INSERT INTO delta.`{uri}` SELECT * FROM delta.`{uri}`")
    assert len(spark_rows(spark, uri)) == 2 * len(expected)
    spark.sql(f"OPTIMIZE delta.`{uri}`")
    assert len(spark_rows(spark, uri)) == 2 * len(expected)


def test_spark_reads_without_type_widening_what_had_it(spark, uri):
    spark.sql(f"CREATE TABLE delta.`{uri}` (id INT, n ARRAY<SMALLINT>) USING delta")
    spark.sql(f"ALTER TABLE delta.`{uri}` SET TBLPROPERTIES ('delta.enableTypeWidening' = 'true')")
    spark.sql(f"INSERT INTO delta.`{uri}` VALUES (1, array(1S, NULL)), (2, NULL)")
    spark.sql(f"ALTER TABLE delta.`{uri}` ALTER COLUMN id TYPE BIGINT")
    spark.sql(f"ALTER TABLE delta.`{uri}` ALTER COLUMN n.element TYPE INT")
    spark.sql(f"INSERT INTO delta.`{uri}` VALUES (5000000000, array(100000))")
    expected = spark_rows(spark, uri)
    table = deltaic.DeltaTable(uri)
    before = set(table.file_uris())
    table.alter.drop_feature("typeWidening")
    assert len(before & set(table.file_uris())) == 1  # what was wide stays as it was
    assert "typeWidening" not in table.protocol().writer_features
    assert spark_rows(spark, uri) == expected
    spark.sql(f"INSERT INTO delta.`{uri}` VALUES (7, array(8))")
    spark.sql(f"DELETE FROM delta.`{uri}` WHERE id = 2")
    table.update_incremental()
    assert exact_rows(table.to_pyarrow_table()) == spark_rows(spark, uri)
    assert table.count() == 3


def test_spark_reads_what_is_left_of_a_log(spark, uri):
    for n in range(12):
        deltaic.write_deltalake(uri, pa.table({"id": [n]}), mode="append")
    table = deltaic.DeltaTable(uri)
    for path in (pathlib.Path(uri) / "_delta_log").iterdir():
        then = path.stat().st_mtime - 40 * 86400
        os.utime(path, (then, then))
    table.cleanup_metadata()
    deltaic.write_deltalake(uri, pa.table({"id": [12]}), mode="append")
    deltaic.write_deltalake(uri, pa.table({"id": [13]}), mode="append")
    table.compact_logs(11, 13)
    assert [row["id"] for row in spark_rows(spark, uri)] == sorted(range(14))
    spark.sql(f"INSERT INTO delta.`{uri}` VALUES (14)")
    table.update_incremental()
    assert table.count() == 15


def test_spark_reads_what_we_converted_and_cloned(spark, tmp_path):
    uri, copy, shallow = (str(tmp_path / name) for name in ("folder", "copy", "shallow"))
    for part in ("a", "b"):
        folder = pathlib.Path(uri) / f"part={part}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"id": [1, 2], "name": ["x", None]}), folder / "f.parquet")
    schema = deltaic.Schema([deltaic.Field("part", deltaic.schema.PrimitiveType("string"))])
    deltaic.convert_to_deltalake(uri, partition_by=schema, partition_strategy="hive")
    expected = sorted(exact_rows(deltaic.DeltaTable(uri).to_pyarrow_table()), key=repr)
    assert sorted(spark_rows(spark, uri), key=repr) == expected
    assert spark.sql(f"SELECT * FROM delta.`{uri}` WHERE id > 1 AND part = 'b'").count() == 1
    spark.sql(f"ALTER TABLE delta.`{uri}` SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')")
    spark.sql(f"DELETE FROM delta.`{uri}` WHERE id = 2 AND part = 'a'")
    left = sorted(spark_rows(spark, uri), key=repr)
    for target, deep in ((copy, True), (shallow, False)):
        deltaic.DeltaTable(uri).clone(target, deep=deep)
        assert sorted(spark_rows(spark, target), key=repr) == left
        spark.sql(f"INSERT INTO delta.`{target}` VALUES (9, 'z', 'a')")
        assert len(spark_rows(spark, target)) == len(left) + 1
    assert sorted(spark_rows(spark, uri), key=repr) == left
