#!/usr/bin/env python3
"""deltaic ingest of keyed changes into a large table: benchmarks/ingest_upserts.py [--rows N] [--changes N].

Makes a table of --rows rows with deletion vectors and a topic of --changes changes, nine of ten of keys that are there,
and upserts them, --runs times, each into a new copy. Prints seconds from start to end of the process, CPU seconds and
peak memory, and counts by deltalake that each key is there once. Needs testservers/kafka.sh ($DELTAIC_TESTSERVERS).
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile

import deltalake
import pyarrow as pa

from ingest import ENVIRONMENT, PARTITIONS, PROGRAM, started_broker, waited


def make_table(table: pathlib.Path, rows: int) -> None:
    schema = pa.schema([("id", pa.int64()), ("name", pa.string()), ("amount", pa.float64())])

    def batches():
        for first in range(0, rows, 1_000_000):
            ids = range(first, min(first + 1_000_000, rows))
            columns = [pa.array(ids), pa.array([f"n{i}" for i in ids]), pa.array(list(map(float, ids)))]
            yield pa.record_batch(columns, schema)

    configuration = {"delta.enableDeletionVectors": "true"}
    deltalake.DeltaTable.create(str(table), schema, configuration=configuration)
    deltalake.write_deltalake(str(table), pa.RecordBatchReader.from_batches(schema, batches()), mode="append")


def check(table: pathlib.Path, rows: int, keys: list[int]) -> None:
    loaded = deltalake.DeltaTable(str(table))
    sql = (
        "SELECT count(*) AS n, count(DISTINCT id) AS ids, sum(CASE WHEN name = 'changed' THEN 1 ELSE 0 END) AS changed"
    )
    got = deltalake.QueryBuilder().register("t", loaded).execute(f"{sql} FROM t").read_all()
    total = rows + sum(key >= rows for key in keys)
    assert pa.table(got).to_pylist() == [{"n": total, "ids": total, "changed": len(keys)}], got


def main(arguments) -> None:
    folder = pathlib.Path(tempfile.mkdtemp())
    broker = started_broker(folder)
    try:
        make_table(folder / "made", arguments.rows)
        r = random.Random(1)
        keys = r.sample(range(arguments.rows + arguments.rows // 10), arguments.changes)
        topic = broker.topic(PARTITIONS)
        broker.produce(topic, ({"id": i, "name": "changed", "amount": 0.5} for i in keys), PARTITIONS)
        os.sync()
        for run in range(arguments.runs):
            table = folder / f"t{run}"
            shutil.copytree(folder / "made", table)
            flags = ["-k", broker.address, "-e", "-g", table.name, "--mode", "upsert", "--key-columns", "id"]
            process = subprocess.Popen(
                list(map(str, [PROGRAM, topic, table, *flags])), env=ENVIRONMENT, stderr=subprocess.DEVNULL
            )
            figures = waited(process.pid, arguments.changes)
            print(
                json.dumps(
                    {
                        "what": f"{arguments.changes:,} upserts into {arguments.rows:,} rows",
                        "seconds": round(arguments.changes / figures["messages_per_second"], 2),
                        "cpu_seconds": round(figures["cpu_seconds_per_million"] * arguments.changes / 1e6, 2),
                        "peak_mib": figures["peak_mib"],
                        "commits": deltalake.DeltaTable(str(table)).version() - 1,
                        "load": round(os.getloadavg()[0], 1),
                    }
                ),
                flush=True,
            )
            check(table, arguments.rows, keys)
            shutil.rmtree(table)
    finally:
        broker.do("stop")
        shutil.rmtree(folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--changes", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=2)
    main(parser.parse_args())
