"""Spark, deltalake and DuckDB read what was ingested, value for value."""

import json
import os
import pathlib
import random
import subprocess
import sys

import deltalake
import pyarrow as pa
import pytest
from conftest import ROOT
from registry import Registry, framed
from test_avro import PARSED, RICH, encode, expected, record

sys.path.insert(0, str(ROOT / "tests/interop"))
import spark_session
from values import exact

# DuckDB with its Delta extension, of which there is no package for the DuckDB that other tests use: dev/setup.
DUCKDB = pathlib.Path(sys.prefix) / "duckdb-delta"
READ = """
import glob, sys, duckdb, pyarrow as pa
table, folder, out = sys.argv[1:]
con = duckdb.connect()
con.execute("SET TimeZone = 'UTC'")
con.load_extension(glob.glob(folder + "/duckdb_ext/extensions/*/*/delta.duckdb_extension")[0])
rows = con.sql(f"SELECT * FROM delta_scan('{table}')").fetch_arrow_table()
with pa.OSFile(out, "wb") as file, pa.ipc.new_file(file, rows.schema) as writer:
    writer.write_table(rows)
"""


def by_duckdb(table: pathlib.Path, tmp_path: pathlib.Path) -> pa.Table:
    out = tmp_path / "rows.arrow"
    command = [sys.executable, "-c", READ, str(table), str(DUCKDB), str(out)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(DUCKDB)}, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return pa.ipc.open_file(pa.memory_map(str(out))).read_all()


def by_deltalake(table: pathlib.Path, _) -> pa.Table:
    loaded = deltalake.DeltaTable(str(table))
    return pa.table(deltalake.QueryBuilder().register("t", loaded).execute("SELECT * FROM t").read_all())


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    session = spark_session.start(tmp_path_factory.mktemp("spark"))
    yield session
    session.stop()


@pytest.fixture(params=["deltalake", "duckdb", "spark"])
def read(request):
    if request.param == "deltalake":
        return by_deltalake
    if request.param == "duckdb":
        if not list(DUCKDB.glob("duckdb_ext/extensions/*/*/delta.duckdb_extension")):
            pytest.skip("DuckDB's Delta extension is not installed; dev/setup test installs it")
        return by_duckdb
    spark = request.getfixturevalue("spark")
    return lambda table, _: pa.table(spark.read.format("delta").load(str(table)).toArrow())


def comparable(value):
    """Maps as pairs, whatever the reader calls them; the rest as it is."""
    if isinstance(value, dict):
        return {name: comparable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [comparable(item) for item in value]
    return value


def as_rows(table: pa.Table, key: str) -> list[dict]:
    return [exact(comparable(row)) for row in sorted(table.to_pylist(), key=lambda row: row[key])]


@pytest.fixture(scope="session")
def rich_table(broker, tmp_path_factory):
    """Every type of Avro, in a table with partitions, and the rows that it has to have."""
    from conftest import ENVIRONMENT, PROGRAM

    table = tmp_path_factory.mktemp("peers") / "rich"
    r = random.Random(13)
    records = [record(r) for _ in range(500)]
    registry = Registry()
    try:
        registry.add(7, RICH)
        topic = broker.topic()
        broker.produce(topic, [framed(7, encode(PARSED, each)) for each in records])
        flags = ["-k", broker.address, "-e", "--avro", registry.url, "-t", "o: kafka.offset", "-g", "peers"]
        flags += ["--partition-by", "color", "--max-rows-per-commit", "100"]
        subprocess.run(list(map(str, [PROGRAM, topic, table, *flags])), env=ENVIRONMENT, check=True)
    finally:
        registry.stop()
    return table, [exact(comparable({**expected(each), "o": i})) for i, each in enumerate(records)]


def test_every_type_of_avro(rich_table, read, tmp_path):
    table, want = rich_table
    got = as_rows(read(table, tmp_path), "o")
    assert len(got) == len(want)
    for row, other in zip(got, want, strict=True):
        assert row == other


@pytest.fixture(scope="session")
def changed_table(broker, tmp_path_factory):
    """Inserts, updates and deletes by key, with deletion vectors and a checkpoint or two, and what is left."""
    from conftest import ENVIRONMENT, PROGRAM

    table = tmp_path_factory.mktemp("peers") / "changed"
    topic = broker.topic()
    r = random.Random(17)
    left = {}
    for turn in range(12):
        messages = []
        for i in range(200):
            key = r.randrange(400)
            if r.random() < 0.2:
                messages.append((None, json.dumps({"id": key}), None))
                left.pop(key, None)
            else:
                left[key] = {"id": key, "name": f"n{turn}-{i}", "amount": r.randrange(1000) / 8}
                messages.append((json.dumps(left[key]).encode(), json.dumps({"id": key}), None))
        broker.produce(topic, messages)
        flags = ["-k", broker.address, "-e", "--mode", "upsert", "--key-columns", "id", "-g", "changed"]
        flags += ["--schema", "id long, name string, amount double"]
        subprocess.run(list(map(str, [PROGRAM, topic, table, *flags])), env=ENVIRONMENT, check=True)
    return table, [exact(row) for _, row in sorted(left.items())]


def test_rows_that_changed(changed_table, read, tmp_path):
    table, want = changed_table
    assert as_rows(read(table, tmp_path), "id") == want
