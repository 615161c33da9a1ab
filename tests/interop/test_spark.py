"""Spark reads what we write, we read what Spark writes, and both change one table."""

import json
import pathlib
import threading

import deltaic
import deltalake
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from values import AWKWARD_TEXTS, NESTED, PARTITIONED, PRIMITIVES, exact_changes, exact_rows

TABLES = {
    "primitives": (PRIMITIVES, None),
    "nested": (NESTED, None),
    **{f"partitioned by {name}": (table, ["p"]) for name, table in PARTITIONED.items()},
}
SOME = pa.table({"id": pa.array(range(10), pa.int64()), "name": [None if n == 3 else f"n{n}" for n in range(10)]})


def ours(uri):
    return exact_rows(deltaic.DeltaTable(uri).to_pyarrow_table())


def as_stored(table, partition_by):
    """The rows as a table gives them back: an empty partition value is null, as the protocol has it."""
    if partition_by and pa.types.is_string(table["p"].type):
        values = [value or None for value in table["p"].to_pylist()]
        table = table.set_column(1, "p", pa.array(values, pa.string()))
    return exact_rows(table)


def drop_commits(uri, below):
    """Deletes the JSON commits that a checkpoint at version `below` replaces."""
    for commit in pathlib.Path(uri, "_delta_log").glob("*.json"):
        if commit.stem.isdigit() and int(commit.stem) <= below:
            commit.unlink()


# ---- what we write, read by Spark


@pytest.mark.parametrize("name", TABLES)
def test_spark_gets_the_values_we_write(uri, sql, name):
    table, partition_by = TABLES[name]
    deltaic.write_deltalake(uri, table, partition_by=partition_by)
    assert exact_rows(sql("SELECT * FROM TABLE_")) == as_stored(table, partition_by)


def test_spark_reads_our_checkpoints_without_the_commits_they_replace(uri, sql):
    for number in range(12):
        batch = pa.table({"id": [number], "p": pa.array([AWKWARD_TEXTS[number]], pa.string())})
        deltaic.write_deltalake(uri, batch, mode="append", partition_by=["p"])
    drop_commits(uri, 9)
    expected = [{"id": number, "p": AWKWARD_TEXTS[number] or None} for number in range(12)]
    assert exact_rows(sql("SELECT * FROM TABLE_")) == expected
    assert sql("SELECT id FROM TABLE_ WHERE p = '12:30'").to_pylist() == [{"id": AWKWARD_TEXTS.index("12:30")}]


# One row a file: statistics alone decide what a filter reads.
LADDER = pa.table(
    {
        "id": pa.array(range(5), pa.int64()),
        "long": pa.array([-(2**63), -1, None, 1, 2**63 - 1], pa.int64()),
        "double": pa.array([float("-inf"), -0.0, None, 0.1, float("inf")]),
        "text": pa.array(["", "a" * 32, None, "a" * 32 + "z", "🦆" * 40]),
        "at": pa.array([-1, 0, None, 1001, 1_700_000_000_123_456], pa.timestamp("us", "UTC")),
        "local": pa.array([-1, 0, None, 1001, 1_700_000_000_123_456], pa.timestamp("us")),
        "money": pa.array(["-9.99", "0.00", None, "0.01", "9.99"]).cast(pa.decimal128(5, 2)),
        "day": pa.array([-1, 0, None, 1, 19_782], pa.date32()),
    }
)


def test_filters_of_spark_at_the_bounds_of_our_files_give_the_right_rows(uri, sql):
    for number in range(LADDER.num_rows):
        deltaic.write_deltalake(uri, LADDER.slice(number, 1), mode="append")
    asked = [
        (name, place, operator) for name in LADDER.column_names[1:] for place in (0, 4) for operator in ("=", ">=")
    ]
    parts = [
        f"SELECT {n} AS n, id FROM TABLE_ WHERE {name} {operator} {literal(LADDER[name][place].as_py())}"
        for n, (name, place, operator) in enumerate(asked)
    ]
    found = [[] for _ in asked]
    for row in sql(" UNION ALL ".join(parts)).to_pylist():
        found[row["n"]].append(row["id"])
    for (name, place, operator), ids in zip(asked, found, strict=True):
        expected = [place] if operator == "=" else [n for n in (0, 1, 3, 4) if n >= place]
        assert sorted(ids) == expected, (name, place, operator)


def literal(value):
    """A value as Spark SQL text."""
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, float):
        return f"double('{value}')"
    if hasattr(value, "tzinfo"):
        return f"timestamp{'' if value.tzinfo else '_ntz'}'{value.replace(tzinfo=None)}'"
    if hasattr(value, "year"):
        return f"date'{value}'"
    return f"bigint('{value}')" if isinstance(value, int) else f"{value}BD"


def test_spark_describes_our_table(uri, sql):
    deltaic.write_deltalake(uri, SOME, name="some", description="rows", configuration={"delta.appendOnly": "false"})
    deltaic.write_deltalake(uri, SOME, mode="overwrite")
    history = sql("DESCRIBE HISTORY TABLE_").to_pylist()
    assert [(entry["version"], entry["operation"]) for entry in history] == [
        (entry["version"], entry["operation"]) for entry in deltaic.DeltaTable(uri).history()
    ]
    assert history[0]["operationMetrics"] and history[0]["operationParameters"]
    (detail,) = sql("DESCRIBE DETAIL TABLE_").to_pylist()
    assert (detail["name"], detail["description"], detail["numFiles"]) == ("some", "rows", 1)
    assert exact_rows(sql("SELECT * FROM TABLE_ VERSION AS OF 0")) == exact_rows(SOME)


CHANGES = {
    "append": ["INSERT INTO TABLE_ VALUES (100, 'new', 1)"],
    "delete": ["DELETE FROM TABLE_ WHERE id % 3 = 0"],
    "deletion vectors": [
        "ALTER TABLE TABLE_ SET TBLPROPERTIES (delta.enableDeletionVectors = true)",
        "DELETE FROM TABLE_ WHERE id % 4 = 1",
        "DELETE FROM TABLE_ WHERE id = 2",
        "UPDATE TABLE_ SET name = 'changed' WHERE id > 7",
    ],
    "merge": [
        "MERGE INTO TABLE_ t USING (SELECT 2L AS id UNION ALL SELECT 200L) s ON t.id = s.id"
        " WHEN MATCHED THEN UPDATE SET name = 'hit' WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, 'miss')"
    ],
    "optimize": ["OPTIMIZE TABLE_", "OPTIMIZE TABLE_ ZORDER BY (id)"],
    "alter": [
        "ALTER TABLE TABLE_ ADD COLUMNS (extra STRUCT<a: INT, b: ARRAY<STRING>>)",
        "INSERT INTO TABLE_ VALUES (100, 'new', 1, named_struct('a', 1, 'b', array('x', null)))",
    ],
    "column mapping": [
        "ALTER TABLE TABLE_ SET TBLPROPERTIES (delta.columnMapping.mode = 'name')",
        "ALTER TABLE TABLE_ RENAME COLUMN name TO `a name, with; odd {signs}`",
        "INSERT INTO TABLE_ VALUES (100, 'new', 1)",
    ],
    "replace": ["INSERT INTO TABLE_ REPLACE WHERE p = 1 SELECT 300L, 'only', 1L"],
}


@pytest.mark.parametrize("name", CHANGES)
def test_we_read_what_spark_changed_in_our_table(uri, sql, name):
    rows = SOME.append_column("p", pa.array([n % 2 for n in range(10)], pa.int64()))
    deltaic.write_deltalake(uri, rows.slice(0, 5), partition_by=["p"])
    deltaic.write_deltalake(uri, rows.slice(5), mode="append")
    loaded = deltaic.DeltaTable(uri)
    for statement in CHANGES[name]:
        sql(statement)
        expected = exact_rows(sql("SELECT * FROM TABLE_"))
        assert ours(uri) == expected, statement
        loaded.update_incremental()
        assert exact_rows(loaded.to_pyarrow_table()) == expected, statement
        assert loaded.count() == len(expected)
    assert exact_rows(deltaic.DeltaTable(uri, version=1).to_pyarrow_table()) == exact_rows(rows)


# ---- what Spark writes, read by us


@pytest.mark.parametrize("name", TABLES)
def test_we_get_the_values_spark_writes(uri, sql, source, name):
    table, partition_by = TABLES[name]
    partitioning = "PARTITIONED BY (p)" if partition_by else ""
    sql(f"CREATE TABLE TABLE_ USING delta {partitioning} AS SELECT * FROM {source(table)}")
    assert ours(uri) == as_stored(table, partition_by)


def test_we_get_binary_partitions_of_spark(uri, sql):
    sql("CREATE TABLE TABLE_ (id LONG, p BINARY) USING delta PARTITIONED BY (p)")
    sql("INSERT INTO TABLE_ VALUES (0, X'61'), (1, null), (2, X'0102'), (3, X'C3A9'), (4, X'')")
    assert ours(uri) == exact_rows(sql("SELECT * FROM TABLE_"))


OLD_DAYS = ["0001-01-01", "1000-02-28", "1500-03-01", "1582-10-04", "1582-10-15", "1899-12-31", "9999-12-31"]


@pytest.mark.parametrize("stored_as", ["INT96", "TIMESTAMP_MICROS", "TIMESTAMP_MILLIS"])
def test_we_get_the_days_that_spark_stores_by_its_old_calendar(uri, spark, sql, stored_as):
    modes = {
        "spark.sql.parquet.datetimeRebaseModeInWrite": "LEGACY",
        "spark.sql.parquet.int96RebaseModeInWrite": "LEGACY",
    }
    settings = {"spark.sql.parquet.outputTimestampType": stored_as, **modes}
    for key, value in settings.items():
        spark.conf.set(key, value)
    try:
        sql("CREATE TABLE TABLE_ (id LONG, day DATE, times ARRAY<TIMESTAMP>) USING delta")
        rows = [f"({n}, DATE'{day}', array(TIMESTAMP'{day} 12:34:56', null))" for n, day in enumerate(OLD_DAYS)]
        sql(f"INSERT INTO TABLE_ VALUES {', '.join(rows)}")
    finally:
        for key in settings:
            spark.conf.unset(key)
    assert ours(uri) == exact_rows(sql("SELECT * FROM TABLE_"))
    for number, day in enumerate(OLD_DAYS):
        found = deltaic.DeltaTable(uri).scan(columns=["id"], predicate=f"day = DATE '{day}'").read_all()
        assert found.to_pydict() == {"id": [number]}


WIDENINGS = [
    ("BYTE", "-128, 127", "SHORT", "32767"),
    ("SHORT", "-32768, 32767", "INT", "2147483647"),
    ("INT", "-2147483648, 2147483647", "BIGINT", "9223372036854775807"),
    ("INT", "-2147483648, 2147483647", "DOUBLE", "0.5"),
    ("INT", "-2147483648, 2147483647", "DECIMAL(20,5)", "0.12345"),
    ("BIGINT", "-9223372036854775808, 1", "DECIMAL(24,2)", "0.25"),
    ("FLOAT", "0.1, -1.5", "DOUBLE", "0.1"),
    ("DECIMAL(5,2)", "-999.99, 0.01", "DECIMAL(30,10)", "99999999999999999999.0123456789"),
    ("DATE", "DATE'1969-12-31', DATE'9999-12-31'", "TIMESTAMP_NTZ", "TIMESTAMP_NTZ'2024-01-01 01:02:03.000004'"),
]


def test_we_read_columns_that_spark_widened(uri, sql):
    columns = ", ".join(f"c{n} {kind}" for n, (kind, *_) in enumerate(WIDENINGS))
    sql(
        f"CREATE TABLE TABLE_ (id LONG, {columns}) USING delta TBLPROPERTIES (delta.enableTypeWidening = true,"
        " delta.feature.timestampNtz = 'supported')"
    )
    for row in (0, 1):
        sql(f"INSERT INTO TABLE_ VALUES ({row}, {', '.join(w[1].split(', ')[row] for w in WIDENINGS)})")
    for number, (_, _, kind, _) in enumerate(WIDENINGS):
        sql(f"ALTER TABLE TABLE_ ALTER COLUMN c{number} TYPE {kind}")
    sql(f"INSERT INTO TABLE_ VALUES (2, {', '.join(w[3] for w in WIDENINGS)})")
    expected = sql("SELECT * FROM TABLE_")
    assert ours(uri) == exact_rows(expected)
    for number in range(len(WIDENINGS)):
        for row in expected.to_pylist():
            found = deltaic.DeltaTable(uri).to_pyarrow_table(filters=[(f"c{number}", "=", row[f"c{number}"])])
            assert row["id"] in found["id"].to_pylist(), (WIDENINGS[number], row["id"])


def create_with_generated_column(spark, uri):
    """SQL has no way to say this, nor the next."""
    tables, session = spark._jvm.io.delta.tables.DeltaTable, spark._jsparkSession
    day = tables.columnBuilder(session, "day").dataType("DATE").generatedAlwaysAs("CAST(at AS DATE)").build()
    create = tables.create(session).location(uri).addColumn("id", "LONG").addColumn("at", "TIMESTAMP").addColumn(day)
    create.execute()


def create_with_identity_column(spark, uri):
    tables, session = spark._jvm.io.delta.tables.DeltaTable, spark._jsparkSession
    number = tables.columnBuilder(session, "id").dataType("LONG").generatedAlwaysAsIdentity(5, -3).build()
    tables.create(session).location(uri).addColumn(number).addColumn("s", "STRING").execute()


SPARK_TABLES = {
    "deletion vectors": [
        "CREATE TABLE TABLE_ USING delta PARTITIONED BY (p) TBLPROPERTIES (delta.enableDeletionVectors = true)"
        " AS SELECT id, id % 3 AS p, string(id) AS s FROM range(500)",
        "DELETE FROM TABLE_ WHERE id % 7 = 0",
        "DELETE FROM TABLE_ WHERE id BETWEEN 100 AND 400 AND id % 2 = 0",
        "UPDATE TABLE_ SET s = 'updated' WHERE id % 100 = 1",
    ],
    "column mapping by name": [
        "CREATE TABLE TABLE_ (id LONG, `a b` STRUCT<`x,y`: INT, z: STRING>, gone INT, p STRING) USING delta"
        " PARTITIONED BY (p) TBLPROPERTIES (delta.columnMapping.mode = 'name')",
        "INSERT INTO TABLE_ VALUES (1, named_struct('x', 1, 'z', 'z'), 5, 'a b')",
        "ALTER TABLE TABLE_ RENAME COLUMN `a b` TO renamed",
        "ALTER TABLE TABLE_ RENAME COLUMN renamed.`x,y` TO `u;v`",
        "ALTER TABLE TABLE_ RENAME COLUMN p TO `p=q`",
        "ALTER TABLE TABLE_ DROP COLUMN gone",
        "ALTER TABLE TABLE_ ADD COLUMNS (gone STRING)",
        "INSERT INTO TABLE_ VALUES (2, named_struct('x', 2, 'z', null), 'c d', 'back')",
    ],
    "column mapping by id": [
        "CREATE TABLE TABLE_ (id LONG, l ARRAY<STRUCT<a: INT>>, m MAP<STRING, STRUCT<b: INT>>) USING delta"
        " TBLPROPERTIES (delta.columnMapping.mode = 'id')",
        "INSERT INTO TABLE_ VALUES (1, array(named_struct('a', 1)), map('k', named_struct('b', 2)))",
        "ALTER TABLE TABLE_ RENAME COLUMN l.element.a TO c",
        "INSERT INTO TABLE_ VALUES (2, array(named_struct('c', 3), null), map())",
    ],
    "V2 checkpoints": [
        "CREATE TABLE TABLE_ (id LONG, s STRING) USING delta"
        " TBLPROPERTIES (delta.checkpointPolicy = 'v2', delta.checkpointInterval = 2)",
        *(f"INSERT INTO TABLE_ VALUES ({number}, 's')" for number in range(3)),
    ],
    "in-commit timestamps": [
        "CREATE TABLE TABLE_ (id LONG) USING delta TBLPROPERTIES (delta.enableInCommitTimestamps = true)",
        "INSERT INTO TABLE_ VALUES (1)",
    ],
    "generated columns": [
        create_with_generated_column,
        "INSERT INTO TABLE_ (id, at) VALUES (1, '2024-02-29 23:59:59.999999'), (2, null)",
    ],
    "identity columns": [
        create_with_identity_column,
        "INSERT INTO TABLE_ (s) VALUES ('a'), ('b')",
    ],
    "default values": [
        "CREATE TABLE TABLE_ (id LONG, s STRING DEFAULT 'd') USING delta"
        " TBLPROPERTIES (delta.feature.allowColumnDefaults = 'supported')",
        "INSERT INTO TABLE_ (id) VALUES (1)",
    ],
    "constraints": [
        "CREATE TABLE TABLE_ (id LONG NOT NULL, s STRING) USING delta",
        "ALTER TABLE TABLE_ ADD CONSTRAINT positive CHECK (id > 0)",
        "INSERT INTO TABLE_ VALUES (1, 'x')",
    ],
    "clustering": [
        "CREATE TABLE TABLE_ (id LONG, s STRING) USING delta CLUSTER BY (id)",
        "INSERT INTO TABLE_ VALUES (1, 'x'), (2, 'y')",
        "OPTIMIZE TABLE_",
    ],
    "row tracking": [
        "CREATE TABLE TABLE_ (id LONG, s STRING) USING delta TBLPROPERTIES (delta.enableRowTracking = true)",
        "INSERT INTO TABLE_ VALUES (1, 'x'), (2, 'y')",
        "UPDATE TABLE_ SET s = 'z' WHERE id = 2",
    ],
    "change data feed": [
        "CREATE TABLE TABLE_ (id LONG, s STRING) USING delta TBLPROPERTIES (delta.enableChangeDataFeed = true)",
        "INSERT INTO TABLE_ VALUES (1, 'x'), (2, 'y')",
        "UPDATE TABLE_ SET s = 'z' WHERE id = 2",
    ],
    "files converted from Parquet": [
        "CREATE TABLE plain USING parquet LOCATION 'PATH_' PARTITIONED BY (p) AS SELECT id, id % 2 AS p FROM range(4)",
        "CONVERT TO DELTA parquet.`PATH_` PARTITIONED BY (p LONG)",
    ],
}
# What we refuse to append to, and the feature the refusal names. All others take an append, and Spark reads it.
REFUSED = {}


@pytest.mark.parametrize("name", SPARK_TABLES)
def test_we_read_tables_of_spark_and_append_to_them_or_name_the_feature(spark, uri, sql, name):
    for step in SPARK_TABLES[name]:
        step(spark, uri) if callable(step) else sql(step)
    rows = sql("SELECT * FROM TABLE_")
    assert rows.num_rows > 0
    assert ours(uri) == exact_rows(rows)
    assert deltaic.DeltaTable(uri).count() == rows.num_rows
    if name == "identity columns":
        deltaic.write_deltalake(uri, pa.table({"s": ["c"]}), mode="append")
        assert ours(uri) == exact_rows(sql("SELECT * FROM TABLE_"))
        return
    more = rows.slice(0, 1).set_column(0, "id", pa.array([1_000_000], pa.int64()))
    if name in REFUSED:
        with pytest.raises(deltaic.exceptions.DeltaProtocolError, match=REFUSED[name]):
            deltaic.write_deltalake(uri, more, mode="append")
        assert exact_rows(sql("SELECT * FROM TABLE_")) == exact_rows(rows)
        return
    deltaic.write_deltalake(uri, more, mode="append")
    expected = exact_rows(pa.concat_tables([rows, more.cast(rows.schema)]))
    assert ours(uri) == expected
    assert exact_rows(sql("SELECT * FROM TABLE_")) == expected
    sql("DELETE FROM TABLE_ WHERE id = 1000000")
    assert ours(uri) == exact_rows(sql("SELECT * FROM TABLE_")) == exact_rows(rows)


def test_sidecars_of_a_v2_checkpoint_alone_give_the_table(uri, sql):
    for statement in SPARK_TABLES["V2 checkpoints"]:
        sql(statement)
    expected = ours(uri)
    drop_commits(uri, 2)
    assert list(pathlib.Path(uri, "_delta_log", "_sidecars").glob("*.parquet"))
    assert ours(uri) == expected


def test_our_commits_keep_in_commit_timestamps_and_the_history_agrees(uri, sql):
    for statement in SPARK_TABLES["in-commit timestamps"]:
        sql(statement)
    deltaic.write_deltalake(uri, pa.table({"id": [2]}), mode="append")
    sql("INSERT INTO TABLE_ VALUES (3)")
    theirs = sql("DESCRIBE HISTORY TABLE_").to_pylist()
    stamps = [int(entry["timestamp"].timestamp() * 1000 + 0.5) for entry in theirs]
    assert stamps == sorted(set(stamps), reverse=True)
    commits = [json.loads(pathlib.Path(uri, "_delta_log", f"{n:020}.json").open().readline()) for n in (3, 2, 1, 0)]
    assert [commit["commitInfo"]["inCommitTimestamp"] for commit in commits] == stamps
    assert [entry["timestamp"] for entry in deltaic.DeltaTable(uri).history()] == stamps


def test_spark_finds_our_append_in_the_change_data_feed(uri, sql):
    for statement in SPARK_TABLES["change data feed"]:
        sql(statement)
    deltaic.write_deltalake(uri, pa.table({"id": [3], "s": ["ours"]}), mode="append")
    changes = sql("SELECT id, s, _change_type FROM table_changes_by_path('PATH_', 3)")
    assert changes.to_pylist() == [{"id": 3, "s": "ours", "_change_type": "insert"}]


def test_files_of_a_shallow_clone_are_refused_not_left_out(uri, sql, tmp_path):
    deltaic.write_deltalake(tmp_path / "origin", SOME)
    sql(f"CREATE TABLE TABLE_ SHALLOW CLONE delta.`{tmp_path / 'origin'}`")
    assert deltaic.DeltaTable(uri).count() == SOME.num_rows
    with pytest.raises(Exception, match="outside the table's folder"):
        ours(uri)


# What makes Spark shred variants when it writes.
SHREDDING = ["spark.sql.variant.writeShredding.enabled", "spark.sql.variant.inferShreddingSchema"]
VARIANTS = [
    "parse_json('null')",
    "NULL",
    "parse_json('true')",
    """parse_json('{"b":[1,2.50,null,{"d":"x"}],"a":-70000,"é":"\U0001f986"}')""",
    "parse_json('[]')",
    "parse_json('{}')",
    "parse_json('9223372036854775807')",
    "parse_json('-12345678901234567890.123')",
    *(f"CAST({number} AS VARIANT)" for number in ["1.5e300D", "1e7D", "1e-5D", "0.1F", "CAST('NaN' AS DOUBLE)"]),
    *(f"CAST({number}BD AS VARIANT)" for number in ["100.00", "1e20", "0.000", "-99999999999999999999.99"]),
    "CAST(X'00FF10' AS VARIANT)",
    "CAST(DATE'0001-01-31' AS VARIANT)",
    "CAST(TIMESTAMP'2024-01-31 10:00:00.5' AS VARIANT)",
    "CAST(TIMESTAMP_NTZ'1899-12-31 23:59:59.999999' AS VARIANT)",
    "CAST(repeat('long', 100) AS VARIANT)",
    "to_variant_object(named_struct('z', array(1, 2), 'y', map('k', timestamp'2024-01-31 10:00:00')))",
]


def as_json(uri):
    """The variants of a table of `id` and `v`, as the command line shows them."""
    rows = deltaic.DeltaTable(uri)._table.native.scan(deltaic._native.Options()).stream()
    return {int(id): value for id, value in deltaic._native.text_rows(rows)}


@pytest.mark.parametrize("shredded", [False, True])
def test_we_read_the_variants_of_spark(spark, uri, sql, shredded):
    properties = "TBLPROPERTIES (delta.enableVariantShredding = true)" if shredded else ""
    sql(f"CREATE TABLE TABLE_ (id LONG, v VARIANT) USING delta {properties}")
    for setting in SHREDDING:
        spark.conf.set(setting, str(shredded).lower())
    # Values of one form are what Spark shreds.
    form = """concat('{"a":', id, ',"b":{"c":"x', id, '"},"d":[', id, ',2],"e":', id, '.25}')"""
    sql(f"INSERT INTO TABLE_ SELECT /*+ REPARTITION(1) */ id, parse_json({form}) FROM range(100)")
    sql("INSERT INTO TABLE_ VALUES " + ", ".join(f"({1000 + n}, {value})" for n, value in enumerate(VARIANTS)))
    files = [pq.read_schema(file).field("v").type for file in pathlib.Path(uri).glob("*.parquet")]
    assert any(file.get_field_index("typed_value") >= 0 for file in files) == shredded
    rows = sql("SELECT id, to_json(v) AS v FROM TABLE_").to_pylist()
    assert as_json(uri) == {row["id"]: row["v"] for row in rows}


def test_nested_variants_come_with_deletion_vectors_and_renamed_columns(uri, sql):
    sql(
        "CREATE TABLE TABLE_ (id LONG, v STRUCT<a: ARRAY<VARIANT>, m: MAP<STRING, VARIANT>>) USING delta"
        " TBLPROPERTIES (delta.columnMapping.mode = 'name', delta.enableDeletionVectors = true)"
    )
    sql(
        "INSERT INTO TABLE_ SELECT id, named_struct('a', array(parse_json(string(id)), null),"
        " 'm', map('k', parse_json('{}'), 'n', null)) FROM range(5)"
    )
    sql("ALTER TABLE TABLE_ RENAME COLUMN v.a TO list")
    sql("DELETE FROM TABLE_ WHERE id = 3")
    expected = {n: f'{{"list":[{n},null],"m":[["k",{{}}],["n",null]]}}' for n in (0, 1, 2, 4)}
    assert as_json(uri) == expected


def test_row_ids_and_commit_versions_are_those_of_spark(uri, sql):
    sql(
        "CREATE TABLE TABLE_ (id LONG, s STRING) USING delta"
        " TBLPROPERTIES (delta.enableRowTracking = true, delta.enableDeletionVectors = true)"
    )
    steps = [
        "INSERT INTO TABLE_ SELECT id, 'a' FROM range(20)",
        "INSERT INTO TABLE_ SELECT id, 'b' FROM range(20, 30)",
        "UPDATE TABLE_ SET s = 'updated' WHERE id % 5 = 0",
        "DELETE FROM TABLE_ WHERE id % 7 = 0",
        "OPTIMIZE TABLE_",
        "MERGE INTO TABLE_ t USING (SELECT id FROM range(25, 35)) s ON t.id = s.id"
        " WHEN MATCHED THEN UPDATE SET s = 'merged' WHEN NOT MATCHED THEN INSERT (id, s) VALUES (s.id, 'new')",
        "ALTER TABLE TABLE_ SET TBLPROPERTIES (delta.enableDeletionVectors = false)",
        "UPDATE TABLE_ SET s = 'copied' WHERE id = 12",
    ]
    names = ["row_id", "row_commit_version", "row_index", "file_path"]
    asked = ", ".join(f"_metadata.{name} AS `_metadata.{name}`" for name in names)
    for step in steps:
        sql(step)
        theirs = sql(f"SELECT id, {asked} FROM TABLE_").to_pylist()
        for row in theirs:
            row["_metadata.file_path"] = row["_metadata.file_path"].removeprefix("file:").replace("///", "/")
        table = deltaic.DeltaTable(uri).to_pyarrow_table(columns=["id"], metadata_columns=names)
        assert exact_rows(table) == sorted(theirs, key=lambda row: row["id"])
    assert "rowIdHighWaterMark" in deltaic.DeltaTable(uri).domain_metadata()["delta.rowTracking"]


def test_deletion_vectors_are_those_that_deltalake_sees(uri, sql):
    for statement in SPARK_TABLES["deletion vectors"]:
        sql(statement)

    def masks(table):
        rows = pa.table(table.deletion_vectors()).to_pylist()
        return {pathlib.Path(row["filepath"]).name: row["selection_vector"] for row in rows}

    assert masks(deltaic.DeltaTable(uri)) == masks(deltalake.DeltaTable(uri)) != {}


def test_tables_with_variants_take_rows_without_them(uri, sql):
    sql("CREATE TABLE TABLE_ (id LONG, v VARIANT) USING delta")
    sql("INSERT INTO TABLE_ SELECT 1, parse_json('{\"a\": 2}')")
    deltaic.write_deltalake(uri, pa.table({"id": [3]}), mode="append")
    rows = sql("SELECT id, to_json(v) AS v FROM TABLE_ ORDER BY id").to_pylist()
    assert rows == [{"id": 1, "v": '{"a":2}'}, {"id": 3, "v": None}]


def test_files_of_a_shallow_clone_are_read_where_that_is_allowed(uri, sql, tmp_path):
    deltaic.write_deltalake(tmp_path / "the origin", SOME)
    sql(f"CREATE TABLE TABLE_ SHALLOW CLONE delta.`{tmp_path / 'the origin'}`")
    sql("ALTER TABLE TABLE_ SET TBLPROPERTIES ('delta.enableDeletionVectors' = true)")
    sql("DELETE FROM TABLE_ WHERE id = 4")
    sql("INSERT INTO TABLE_ VALUES (100, 'new')")
    sql(f"CREATE TABLE delta.`{tmp_path / 'clone of the clone'}` SHALLOW CLONE TABLE_")
    expected = exact_rows(sql("SELECT * FROM TABLE_"))
    for table in (uri, tmp_path / "clone of the clone"):
        clone = deltaic.DeltaTable(table, storage_options={"read_outside_files": "true"})
        assert exact_rows(clone.to_pyarrow_table()) == expected


def test_racing_appends_of_both_lose_and_double_nothing(uri, sql):
    deltaic.write_deltalake(uri, pa.table({"id": pa.array([-1], pa.int64())}))
    failures = []

    def append(write, ids):
        try:
            for number in ids:
                write(number)
        except Exception as error:  # noqa: BLE001 (any failure of either writer fails the test)
            failures.append(error)

    writers = [
        threading.Thread(target=append, args=(lambda n: sql(f"INSERT INTO TABLE_ VALUES ({n})"), range(5))),
        threading.Thread(
            target=append,
            args=(lambda n: deltaic.write_deltalake(uri, pa.table({"id": [n]}), mode="append"), range(5, 60)),
        ),
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert not failures
    expected = [{"id": number} for number in range(-1, 60)]
    assert ours(uri) == exact_rows(sql("SELECT * FROM TABLE_")) == expected


# ---- the change data feed


@pytest.fixture
def assert_same_changes(uri, sql):
    """Compares our feed of a range with Spark's, value for value; gives how many rows of each kind there are."""

    def check(first=0, last=None):
        bounds = f"{first}" if last is None else f"{first}, {last}"
        theirs = exact_changes(sql(f"SELECT * FROM table_changes_by_path('PATH_', {bounds})"))
        assert exact_changes(deltaic.DeltaTable(uri).load_cdf(first, last)) == theirs
        kinds = [row["_change_type"] for row in theirs]
        return {kind: kinds.count(kind) for kind in kinds}

    return check


def create_with_feed(sql, source, rows=SOME, columns="id LONG, name STRING", partition_by="", **properties):
    values = {"delta.enableChangeDataFeed": "true", **properties}
    settings = ", ".join(f"'{key}' = '{value}'" for key, value in values.items())
    sql(f"CREATE TABLE TABLE_ ({columns}) USING delta {partition_by} TBLPROPERTIES ({settings})")
    sql(f"INSERT INTO TABLE_ SELECT * FROM {source(rows)}")


MERGE_BY_ID = (
    "MERGE INTO TABLE_ t USING (SELECT * FROM {source}) s ON t.id = s.id "
    "WHEN MATCHED AND s.id % 2 = 0 THEN UPDATE SET * WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT *"
)
NEWER = pa.table({"id": pa.array(range(5, 15), pa.int64()), "name": ["new"] * 10})
FEEDS = {
    "plain": {},
    "deletion vectors": {"delta.enableDeletionVectors": "true"},
    "mapped by name": {"delta.columnMapping.mode": "name"},
    "mapped by id and deletion vectors": {
        "delta.columnMapping.mode": "id",
        "delta.enableDeletionVectors": "true",
    },
}


@pytest.mark.parametrize("name", FEEDS)
def test_our_change_feed_is_that_of_spark(sql, source, assert_same_changes, name):
    create_with_feed(sql, source, **FEEDS[name])
    sql("UPDATE TABLE_ SET name = concat(name, '!') WHERE id IN (1, 3)")
    sql("DELETE FROM TABLE_ WHERE id < 2")
    sql("DELETE FROM TABLE_ WHERE id = 9")
    sql(MERGE_BY_ID.format(source=source(NEWER)))
    sql("RESTORE TABLE TABLE_ TO VERSION AS OF 2")
    sql("OPTIMIZE TABLE_")
    # Before the schema changes: of tables without column mapping Spark gives the newest, we the last in the range.
    assert_same_changes(2, 4)
    sql("ALTER TABLE TABLE_ ADD COLUMNS (more INT)")
    sql("INSERT INTO TABLE_ VALUES (100, 'last', 7)")
    sql("DELETE FROM TABLE_")
    kinds = assert_same_changes()
    assert kinds["update_preimage"] == kinds["update_postimage"] >= 3
    assert kinds["insert"] > 15 and kinds["delete"] > 15


def test_our_change_feed_of_a_partitioned_table_is_that_of_spark(sql, source, assert_same_changes):
    rows = pa.table({"id": pa.array(range(len(AWKWARD_TEXTS)), pa.int64()), "p": AWKWARD_TEXTS})
    create_with_feed(sql, source, rows, "id LONG, p STRING", "PARTITIONED BY (p)")
    sql("UPDATE TABLE_ SET p = 'moved/to here' WHERE id % 3 = 0")
    sql("DELETE FROM TABLE_ WHERE p = 'moved/to here' AND id > 9")
    sql("DELETE FROM TABLE_ WHERE p = '🦆'")
    assert assert_same_changes()["insert"] == len(AWKWARD_TEXTS)


def test_our_change_feed_has_sparks_times_where_commits_have_their_own(sql, source, assert_same_changes):
    create_with_feed(sql, source)
    sql("DELETE FROM TABLE_ WHERE id = 1")
    sql("ALTER TABLE TABLE_ SET TBLPROPERTIES ('delta.enableInCommitTimestamps' = 'true')")
    sql("DELETE FROM TABLE_ WHERE id = 2")
    assert_same_changes()


def test_spark_and_we_see_the_same_changes_in_what_we_write(uri, sql, assert_same_changes):
    feed = {"delta.enableChangeDataFeed": "true"}
    deltaic.write_deltalake(uri, SOME, configuration=feed)
    deltaic.write_deltalake(uri, SOME.slice(2, 3), mode="append")
    deltaic.write_deltalake(uri, SOME.slice(7), mode="overwrite")
    assert assert_same_changes() == {"insert": 16, "delete": 13}
