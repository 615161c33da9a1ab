"""What our commits leave in the log beside themselves: Spark reads V2 checkpoints of ours, and checks our checksums."""

import json
import os
import pathlib
import shutil

import deltaic
import pyarrow as pa
import pytest
from values import exact_rows

INTERVAL = {"delta.checkpointInterval": "2"}
CASES = {
    "classic": INTERVAL,
    "sidecars": {**INTERVAL, "delta.checkpointPolicy": "v2"},
    "sidecars, vectors, row ids": {
        **INTERVAL,
        "delta.checkpointPolicy": "v2",
        "delta.enableDeletionVectors": "true",
        "delta.enableRowTracking": "true",
        "delta.enableInCommitTimestamps": "true",
        "delta.checkpoint.writeStatsAsStruct": "true",
    },
}


def ours(uri):
    return exact_rows(deltaic.DeltaTable(uri).to_pyarrow_table())


def rows(first: int, count: int) -> pa.Table:
    ids = pa.array(range(first, first + count), pa.int64())
    return pa.table({"id": ids, "day": ["mon" if i % 2 else "tue" for i in range(first, first + count)]})


def make(uri: str, configuration: dict) -> None:
    """Seven versions: appends, a delete, an update."""
    deltaic.write_deltalake(uri, rows(0, 4), partition_by=["day"], configuration=configuration)
    for n in range(1, 5):
        deltaic.write_deltalake(uri, rows(10 * n, 4), mode="append")
    deltaic.DeltaTable(uri).delete("id = 10")
    deltaic.DeltaTable(uri).update({"id": "id + 1000"}, predicate="id = 21")


def log_of(uri: str) -> pathlib.Path:
    return pathlib.Path(uri, "_delta_log")


@pytest.fixture
def strict(spark):
    """Spark validates checksums on every commit, and one that differs is an error."""
    settings = {
        "spark.databricks.delta.checksum.mismatch.fatal": "true",
        "spark.databricks.delta.versionChecksum.forcedValidationInterval": "0",
        "spark.databricks.delta.versionChecksum.forcedValidationMinTimeIntevalMinutes": "0",
        "spark.databricks.delta.incremental.commit.verify": "true",
    }
    for key, value in settings.items():
        spark.conf.set(key, value)
    yield
    for key in settings:
        spark.conf.unset(key)


@pytest.mark.parametrize("name", CASES)
def test_spark_goes_on_from_our_checkpoints_and_checksums(uri, sql, strict, name):
    make(uri, CASES[name])
    log = log_of(uri)
    assert bool(list(log.glob("_sidecars/*.parquet"))) == ("sidecars" in name)
    assert bool(list(log.glob("*.checkpoint.*-*.json"))) == ("sidecars" in name)
    assert len(list(log.glob("*.crc"))) == 5  # from the first checkpoint, version 2, on
    for version in range(6):
        (log / f"{version:020}.json").unlink()  # the checkpoint of version 6 is what is left
    expected = ours(uri)
    assert len(expected) == 19
    assert exact_rows(sql("SELECT * FROM TABLE_")) == expected
    sql("INSERT INTO TABLE_ VALUES (500, 'wed')")
    sql("DELETE FROM TABLE_ WHERE id = 30")
    expected = exact_rows(sql("SELECT * FROM TABLE_"))
    assert ours(uri) == expected and len(expected) == 19
    deltaic.write_deltalake(uri, rows(600, 2), mode="append")
    deltaic.DeltaTable(uri).create_checkpoint()
    sql("INSERT INTO TABLE_ VALUES (700, 'wed')")
    assert ours(uri) == exact_rows(sql("SELECT * FROM TABLE_"))


def test_checksums_of_spark_are_carried_on(uri, sql, strict):
    sql("CREATE TABLE TABLE_ (id BIGINT, s STRING) USING delta")
    sql("INSERT INTO TABLE_ VALUES (1, 'a'), (2, 'b')")
    deltaic.write_deltalake(uri, pa.table({"id": [3], "s": ["c"]}), mode="append")
    deltaic.DeltaTable(uri).delete("id = 1")
    sums = [json.loads((log_of(uri) / f"{n:020}.crc").read_text()) for n in range(4)]
    assert [one["numFiles"] for one in sums][2] == sums[1]["numFiles"] + 1
    assert sums[3]["metadata"] == sums[1]["metadata"] and sums[3]["protocol"] == sums[1]["protocol"]
    sql("INSERT INTO TABLE_ VALUES (4, 'd')")
    assert ours(uri) == exact_rows(sql("SELECT * FROM TABLE_"))
    assert (log_of(uri) / f"{4:020}.crc").exists()


def test_spark_goes_on_after_our_cleanup_of_v2_checkpoints(uri, sql, spark):
    make(uri, CASES["sidecars"])
    log = log_of(uri)
    for path in [*log.iterdir(), *log.glob("_sidecars/*")]:
        then = path.stat().st_mtime - 40 * 86400
        os.utime(path, (then, then))
    table = deltaic.DeltaTable(uri)
    table.cleanup_metadata()
    names = sorted(path.name for path in log.glob("*.checkpoint.*"))
    assert len(names) == 2 and f"{6:020}.checkpoint.parquet" in names  # of one version, by both names
    assert len(list(log.glob("_sidecars/*.parquet"))) == 1
    expected = ours(uri)
    assert exact_rows(sql("SELECT * FROM TABLE_")) == expected and len(expected) == 19
    sql("INSERT INTO TABLE_ VALUES (500, 'wed')")
    assert ours(uri) == exact_rows(sql("SELECT * FROM TABLE_"))
    copy = uri + "-copy"  # Spark remembers the files of a table that it has read
    shutil.copytree(uri, copy)
    next(log_of(copy).glob("*.checkpoint.*-*.json")).unlink()  # as who knows classic names alone sees it
    assert exact_rows(spark.sql(f"SELECT * FROM delta.`{copy}`").toArrow()) == ours(uri)
