"""DELETE, UPDATE and MERGE by us and by Spark on one table, each reading the other's."""

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
    "vectors": ({VECTORS: "true"}, None),
    "partitioned": ({}, ["part"]),
    "partitioned vectors": ({VECTORS: "true"}, ["part"]),
    "feed": ({FEED: "true"}, ["part"]),
    "vectors and feed": ({VECTORS: "true", FEED: "true"}, None),
    "mapped": ({VECTORS: "true", MAPPING: "name"}, ["part"]),
    "tracked": ({TRACKING: "true"}, ["part"]),
    "tracked vectors": ({TRACKING: "true", VECTORS: "true"}, None),
}
ROWS = pa.table(
    {
        "id": pa.array(range(100), pa.int64()),
        "part": pa.array([None if n % 7 == 0 else f"p {n % 3}/%" for n in range(100)]),
        "qty": pa.array([None if n % 11 == 0 else n for n in range(100)], pa.int32()),
        "price": pa.array([n * 1.5 for n in range(100)]),
    }
)
SOURCE = pa.table(
    {
        "id": pa.array(range(90, 120, 2), pa.int64()),
        "part": pa.array(["new"] * 15),
        "qty": pa.array(range(15), pa.int32()),
        "price": pa.array([0.25] * 15),
    }
)


def delete(table):
    table.delete("id % 5 = 0 OR qty IS NULL")


def update(table):
    table.update({"qty": "qty + 1000", "part": "coalesce(part, 'none')"}, predicate="id BETWEEN 10 AND 40")


def merge(table, **settings):
    (
        table.merge(SOURCE, "t.id = s.id", source_alias="s", target_alias="t", **settings)
        .when_matched_delete("s.qty = 1")
        .when_matched_update({"qty": "t.qty + s.qty", "price": "s.price"})
        .when_not_matched_insert_all("s.qty <> 14")
        .when_not_matched_by_source_update({"price": "-1.0"}, predicate="t.id < 5")
        .execute()
    )


def merge_in_parts(table):
    """The same with memory for a part of the source."""
    merge(table, max_spill_size=600)


MERGE = """
    MERGE INTO {table} t USING source s ON t.id = s.id
    WHEN MATCHED AND s.qty = 1 THEN DELETE
    WHEN MATCHED THEN UPDATE SET qty = t.qty + s.qty, price = s.price
    WHEN NOT MATCHED AND s.qty <> 14 THEN INSERT *
    WHEN NOT MATCHED BY SOURCE AND t.id < 5 THEN UPDATE SET price = -1.0
"""
SPARK = {
    delete: "DELETE FROM {table} WHERE id % 5 = 0 OR qty IS NULL",
    update: "UPDATE {table} SET qty = qty + 1000, part = coalesce(part, 'none') WHERE id BETWEEN 10 AND 40",
    merge: MERGE,
    merge_in_parts: MERGE,
}


def write(uri, kind):
    properties, partition_by = KINDS[kind]
    deltaic.write_deltalake(uri, ROWS, partition_by=partition_by, configuration=properties)


def changes_of(spark, uri, version):
    rows = spark.sql(f"SELECT * FROM table_changes('delta.`{uri}`', {version}, {version})").toArrow()
    return exact_changes(rows.drop_columns(["_commit_timestamp"]))


@pytest.mark.parametrize("kind", KINDS)
def test_spark_sees_what_we_did_and_does_the_same(spark, tmp_path, kind):
    """The same statements by us on one table and by Spark on another: Spark reads equal rows and equal changes."""
    mine, theirs = str(tmp_path / "mine"), str(tmp_path / "theirs")
    write(mine, kind)
    write(theirs, kind)
    spark.createDataFrame(SOURCE.to_pandas()).selectExpr(
        "id", "part", "CAST(qty AS INT) qty", "price"
    ).createOrReplaceTempView("source")
    table = deltaic.DeltaTable(mine)
    for change, sql in SPARK.items():
        change(table)
        spark.sql(sql.format(table=f"delta.`{theirs}`"))
        expected = exact_rows(spark.sql(f"SELECT * FROM delta.`{theirs}`").toArrow())
        assert exact_rows(spark.sql(f"SELECT * FROM delta.`{mine}`").toArrow()) == expected
        assert exact_rows(table.to_pyarrow_table()) == expected
        assert exact_rows(deltaic.DeltaTable(theirs).to_pyarrow_table()) == expected
        if FEED in KINDS[kind][0]:
            assert changes_of(spark, mine, table.version()) == changes_of(spark, theirs, table.version())


def test_spark_reads_nested_values(spark, uri):
    kinds = {
        "id": pa.int64(),
        "tags": pa.list_(pa.string()),
        "sizes": pa.map_(pa.string(), pa.int32()),
        "at": pa.struct([("x", pa.int32()), ("y", pa.list_(pa.float64()))]),
    }
    rows = [{"id": n, "tags": ["t"], "sizes": [("a", n)], "at": {"x": n, "y": []}} for n in range(3)]
    deltaic.write_deltalake(uri, pa.Table.from_pylist(rows, pa.schema(list(kinds.items()))))
    table = deltaic.DeltaTable(uri)
    new = {"tags": ["it's", None], "sizes": {"b": 2, "c": None}, "at": {"x": None, "y": [1.5, None]}}
    table.update(new_values=new, predicate="id = 1")
    table.update(new_values={"tags": [], "sizes": {}, "at": None}, predicate="id = 2")
    read = spark.sql(f"SELECT * FROM delta.`{uri}` ORDER BY id").collect()
    assert [row.asDict(recursive=True) for row in read] == [
        {"id": 0, "tags": ["t"], "sizes": {"a": 0}, "at": {"x": 0, "y": []}},
        {"id": 1, **new},
        {"id": 2, "tags": [], "sizes": {}, "at": None},
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_both_change_one_table_in_turn(spark, uri, kind):
    write(uri, kind)
    table = deltaic.DeltaTable(uri)
    table.delete("id % 5 = 0")
    spark.sql(f"DELETE FROM delta.`{uri}` WHERE id % 5 = 1")
    table.update_incremental()
    table.update({"qty": "0"}, predicate="id % 5 = 2")
    spark.sql(f"UPDATE delta.`{uri}` SET qty = 1 WHERE id % 5 = 3")
    table.update_incremental()
    table.delete("id > 90 AND qty = 1")
    rows = exact_rows(spark.sql(f"SELECT id, qty FROM delta.`{uri}`").toArrow())
    assert [(row["id"], row["qty"]) for row in rows] == [
        (n, {2: 0, 3: 1}.get(n % 5, None if n % 11 == 0 else n))
        for n in range(100)
        if n % 5 > 1 and not (n > 90 and (n % 5 == 3 or n == 91))
    ]
    assert exact_rows(table.to_pyarrow_table().select(["id", "qty"])) == rows


@pytest.mark.parametrize("vectors", ["false", "true"])
def test_rows_keep_their_ids_in_both_engines(spark, uri, vectors):
    deltaic.write_deltalake(uri, ROWS, configuration={TRACKING: "true", VECTORS: vectors})
    table = deltaic.DeltaTable(uri)

    def ids():
        rows = spark.sql(f"SELECT id, _metadata.row_id r, _metadata.row_commit_version v FROM delta.`{uri}`").toArrow()
        theirs = {row["id"]: (row["r"], row["v"]) for row in rows.to_pylist()}
        names = ["row_id", "row_commit_version"]
        ours = table.to_pyarrow_table(columns=["id"], metadata_columns=names).to_pylist()
        assert {row["id"]: tuple(row.values())[1:] for row in ours} == theirs
        return theirs

    before = ids()
    update(table)
    updated = ids()
    assert {n: r for n, (r, _) in updated.items()} == {n: r for n, (r, _) in before.items()}
    assert {n for n in updated if updated[n][1] != before[n][1]} == set(range(10, 41))
    spark.sql(f"UPDATE delta.`{uri}` SET qty = 1 WHERE id % 5 = 3")
    table.update_incremental()
    merge(table)
    delete(table)
    for n, (row_id, _) in ids().items():
        if n in before:
            assert row_id == before[n][0]
        else:
            assert row_id >= len(before)
