"""OPTIMIZE and VACUUM by us on tables that Spark reads and works on afterwards, and the other way round."""

import deltaic
import pyarrow as pa
import pytest
from values import exact_changes, exact_rows

VECTORS = "delta.enableDeletionVectors"
FEED = "delta.enableChangeDataFeed"
MAPPING = "delta.columnMapping.mode"
TRACKING = "delta.enableRowTracking"
KINDS = {
    "plain": ({}, None),
    "vectors": ({VECTORS: "true", FEED: "true"}, None),
    "partitioned": ({VECTORS: "true"}, ["part"]),
    "mapped": ({VECTORS: "true", MAPPING: "name"}, ["part"]),
    "tracked": ({TRACKING: "true"}, None),
}


def rows(start):
    ids = range(start, start + 20)
    return pa.table(
        {
            "id": pa.array(ids, pa.int64()),
            "part": [None if n % 7 == 0 else f"p {n % 3}/%" for n in ids],
            "qty": pa.array([None if n % 11 == 0 else n for n in ids], pa.int32()),
            "name": [f"n{n}" for n in ids],
        }
    )


def write(uri, kind):
    properties, partition_by = KINDS[kind]
    for n in range(4):
        deltaic.write_deltalake(uri, rows(20 * n), mode="append", partition_by=partition_by, configuration=properties)


def spark_rows(spark, uri, columns="*"):
    return exact_rows(spark.sql(f"SELECT {columns} FROM delta.`{uri}`").toArrow())


@pytest.mark.parametrize("kind", KINDS)
def test_spark_reads_and_goes_on_after_optimize(spark, tmp_path, kind):
    uri = str(tmp_path / "table")
    write(uri, kind)
    table = deltaic.DeltaTable(uri)
    if kind != "tracked":
        table.delete("id % 5 = 0")
    before = spark_rows(spark, uri)
    tracked = "id, _metadata.row_id, _metadata.row_commit_version"
    ids = spark_rows(spark, uri, tracked) if kind == "tracked" else None
    table.optimize.compact()
    assert spark_rows(spark, uri) == before
    assert exact_rows(table.to_pyarrow_table()) == before
    if ids is not None:
        assert spark_rows(spark, uri, tracked) == ids
    if FEED in KINDS[kind][0]:
        version = table.version()
        changes = spark.sql(f"SELECT * FROM table_changes('delta.`{uri}`', {version}, {version})").toArrow()
        assert exact_changes(changes.drop_columns(["_commit_timestamp"])) == []
    spark.sql(f"UPDATE delta.`{uri}` SET qty = -1 WHERE id = 1")
    spark.sql(f"OPTIMIZE delta.`{uri}`")
    spark.sql(f"DELETE FROM delta.`{uri}` WHERE id = 2")
    assert exact_rows(deltaic.DeltaTable(uri).to_pyarrow_table()) == spark_rows(spark, uri)


@pytest.mark.parametrize("kind", ["vectors", "mapped", "tracked"])
def test_spark_reads_and_goes_on_after_z_order_and_vacuum(spark, tmp_path, kind):
    uri = str(tmp_path / "table")
    write(uri, kind)
    table = deltaic.DeltaTable(uri)
    before = spark_rows(spark, uri)
    ids = spark_rows(spark, uri, "id, _metadata.row_id") if kind == "tracked" else None
    table.optimize.z_order(["name", "qty"])
    assert spark_rows(spark, uri) == before
    if ids is not None:
        assert spark_rows(spark, uri, "id, _metadata.row_id") == ids
    table.vacuum(0, dry_run=False, enforce_retention_duration=False, full=True)
    assert spark_rows(spark, uri) == before
    spark.sql(f"DELETE FROM delta.`{uri}` WHERE id = 3")
    assert exact_rows(deltaic.DeltaTable(uri).to_pyarrow_table()) == spark_rows(spark, uri)


def test_spark_reads_a_table_that_our_writes_joined(spark, uri):
    properties = {
        "delta.autoOptimize.autoCompact": "true",
        "delta.autoOptimize.optimizeWrite": "true",
        "delta.enableDeletionVectors": "true",
    }
    deltaic.write_deltalake(uri, rows(0), configuration=properties)
    for n in range(1, 55):
        deltaic.write_deltalake(uri, rows(20 * n).slice(0, 2), mode="append")
    operations = [one["operation"] for one in deltaic.DeltaTable(uri).history()]
    assert "OPTIMIZE" in operations
    expected = spark_rows(spark, uri)
    assert exact_rows(deltaic.DeltaTable(uri).to_pyarrow_table()) == expected and len(expected) == 128
    details = spark.sql(f"DESCRIBE DETAIL delta.`{uri}`").collect()[0]
    assert details["properties"] == properties and details["numFiles"] < 50
    spark.sql(f"DELETE FROM delta.`{uri}` WHERE id % 4 = 0")
    spark.sql(f"INSERT INTO delta.`{uri}` VALUES (-1, 'new', 1, 'n')")
    assert exact_rows(deltaic.DeltaTable(uri).to_pyarrow_table()) == spark_rows(spark, uri)
