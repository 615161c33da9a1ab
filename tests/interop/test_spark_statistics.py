"""Statistics that checkpoints have as structs, and no JSON: Spark writes them and we read them, and back."""

import pathlib

import deltaic
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

COLUMNS = (
    "id LONG, i8 BYTE, i16 SHORT, i32 INT, f FLOAT, d DOUBLE, dec9 DECIMAL(9, 2), dec18 DECIMAL(18, 6),"
    " dec38 DECIMAL(38, 10), s STRING, day DATE, t TIMESTAMP, n TIMESTAMP_NTZ, ok BOOLEAN, b BINARY, l ARRAY<INT>,"
    " st STRUCT<x: INT, `y z`: STRING, t: TIMESTAMP>, `p q` STRING"
)
# Rows number k of those, each in a file of its own. All differ by k, or are such that bounds are hard to write.
ROW = (
    "SELECT {k}L, {k}Y, -{k}S, {k} * 1000000, float({k} + 0.1), double(-{k}.1), {k}.25BD, {k}.000001BD,"
    " 12345678901234567890123456{k}.0123456789BD, concat('k{k}', repeat('é', 40)),"
    " date_add(date'1960-01-01', {k} * 1000), timestamp_micros({k}000123456L - 2000000000L),"
    " timestamp_ntz'0001-01-01 00:00:0{k}.999999', {k} % 2 = 0, binary('{k}'), array({k}, null),"
    " named_struct('x', {k}, 'y z', '\"{k}\\\\', 't', timestamp'2024-02-29 12:00:0{k}'), 'p {half}'"
)
ODD = [
    "SELECT 8L, null, null, null, float('NaN'), double('Infinity'), null, null, null, null, null, null, null, null,"
    " null, null, null, null",
    "SELECT 9L, 127Y, -32768S, -2147483648, float('-0.0'), double('4.9E-324'), -9999999.99BD, 999999999999.999999BD,"
    " -9999999999999999999999999999.9999999999BD, '', date'9999-12-31', timestamp'9999-12-31 23:59:59.999999',"
    " timestamp_ntz'1582-10-15 00:00:00', null, binary(''), array(), named_struct('x', null, 'y z', '', 't', null), ''",
]
PREDICATES = [
    "id = 3", "i8 > 4", "i16 < -4", "i32 = 2000000", "f < 3.2", "d <= -4.1", "dec9 = 2.25", "dec18 > 4.0000001",
    "dec38 < 123456789012345678901234562.5", "s > 'k4'", "s = ''", "day < DATE '1965-01-01'", "day > DATE '9000-01-01'",
    "t > TIMESTAMP '1969-12-31 23:26:44Z'", "n < TIMESTAMP_NTZ '0001-01-01 00:00:03'", "l IS NULL", "b IS NOT NULL",
    "st.x = 5", "st.`y z` < '\"3'", "st.t >= TIMESTAMP '2024-02-29 12:00:04Z'", "i32 IS NULL",
    "`p q` = 'p 1' AND id < 3", "`p q` = 'p 0'",
]  # fmt: skip


def files(table):
    """What the log knows of each file, in the order of their paths."""
    listed = table.get_add_actions(flatten=True)
    return listed.take(pc.sort_indices(listed["path"])).combine_chunks()


def drop_log(uri, version):
    """Deletes the log but for the checkpoint at `version` and that one commit, which Spark asks for."""
    for path in pathlib.Path(uri, "_delta_log").rglob("*"):
        if path.is_file() and f"{version:020}." not in path.name and "_sidecars" not in path.parts:
            path.unlink()


def add_columns(uri):
    """The members of `add` in the checkpoint's files."""
    members = set()
    for path in pathlib.Path(uri, "_delta_log").rglob("*.parquet"):
        schema = pq.read_schema(path)
        if "add" in schema.names and path.name[0] != ".":
            members |= {field.name for field in schema.field("add").type}
    return members


@pytest.mark.parametrize("mapping", ["none", "name"])
@pytest.mark.parametrize("policy", ["classic", "v2"])
def test_struct_statistics_do_what_json_does_in_both_directions(spark, sql, uri, policy, mapping):
    # Without column mapping, names in files have no spaces.
    def named(text):
        return text if mapping == "name" else text.replace("y z", "y_z").replace("p q", "p_q")

    sql(
        f"CREATE TABLE TABLE_ ({named(COLUMNS)}) USING delta PARTITIONED BY ({named('`p q`')}) TBLPROPERTIES ("
        "delta.checkpoint.writeStatsAsStruct = true, delta.checkpoint.writeStatsAsJson = false,"
        f" delta.checkpointInterval = 1000, delta.checkpointPolicy = '{policy}',"
        f" delta.columnMapping.mode = '{mapping}')"
    )
    for k in range(6):
        sql("INSERT INTO TABLE_ " + named(ROW).format(k=k, half=k % 2))
    for row in ODD:
        sql("INSERT INTO TABLE_ " + named(row))

    def kept(table):
        return {text: sorted(table.file_uris(file_pruning_predicate=named(text))) for text in PREDICATES}

    log = spark._jvm.org.apache.spark.sql.delta.DeltaLog
    before = deltaic.DeltaTable(uri)
    expected, expected_kept = files(before), kept(before)
    assert [text for text, some in expected_kept.items() if len(some) == expected.num_rows] == []
    assert expected["num_records"].to_pylist() == [1] * 8

    log.forTable(spark._jsparkSession, uri).checkpoint()
    drop_log(uri, 8)
    assert {"stats_parsed", "partitionValues_parsed"} <= add_columns(uri)
    assert "stats" not in add_columns(uri)
    theirs = deltaic.DeltaTable(uri)
    assert files(theirs).equals(expected)
    assert kept(theirs) == expected_kept
    assert theirs.count() == 8
    assert theirs.explain(predicate="id = 3")["filesPrunedByStats"] == 7

    log.clearCache()
    sql("INSERT INTO TABLE_ " + named(ROW).format(k=6, half=0))
    ours = deltaic.DeltaTable(uri)
    expected, expected_kept = files(ours), kept(ours)
    their_sidecars = list(pathlib.Path(uri, "_delta_log", "_sidecars").glob("*"))
    ours.create_checkpoint()
    rows = sorted(sql("SELECT id FROM TABLE_")["id"].to_pylist())
    drop_log(uri, 9)
    for sidecar in their_sidecars:
        sidecar.unlink()
    assert {"stats_parsed", "partitionValues_parsed"} <= add_columns(uri)
    assert "stats" not in add_columns(uri)
    after = deltaic.DeltaTable(uri)
    assert files(after).equals(expected)
    assert kept(after) == expected_kept

    log.clearCache()
    assert sorted(sql("SELECT id FROM TABLE_")["id"].to_pylist()) == rows
    for predicate, ids in {"id = 3": [3], "st.x = 5": [5], "day < DATE '1965-01-01'": [0, 1]}.items():
        found = spark.sql(f"SELECT * FROM delta.`{uri}` WHERE {predicate}")
        assert sorted(row.id for row in found.collect()) == ids
        assert len(found.inputFiles()) == len(ids), predicate
