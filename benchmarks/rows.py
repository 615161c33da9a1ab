#!/usr/bin/env python3
"""Python: a million rows of 8 columns as Python values, by `DeltaTable.rows`, pyarrow and duckdb over the same files.

  PYTHONPATH=build/python benchmarks/rows.py [ROWS]

Prints CPU and wall seconds of each, three rounds.
"""

import pathlib
import sys
import tempfile
import time
from collections.abc import Callable

import duckdb
import pyarrow as pa
from deltaic import DeltaTable, write_deltalake


def made(rows: int) -> pa.Table:
    numbers = range(rows)
    return pa.table(
        {
            "id": pa.array(numbers, pa.int64()),
            "n": pa.array([i % 1000 for i in numbers], pa.int32()),
            "name": [f"name-{i}" for i in numbers],
            "city": [f"city-{i % 50}" for i in numbers],
            "x": [i / 3 for i in numbers],
            "ok": [i % 2 == 0 for i in numbers],
            "at": pa.array([1_700_000_000_000_000 + i for i in numbers], pa.timestamp("us", "UTC")),
            "day": pa.array([19_000 + i % 365 for i in numbers], pa.int32()).cast(pa.date32()),
        }
    )


def measure(name: str, run: Callable[[], int]) -> None:
    cpu, wall = time.process_time(), time.perf_counter()
    found = run()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(f"{name:32} {cpu:6.2f} s CPU  {wall:6.2f} s wall  {found} rows", flush=True)


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        uri = str(pathlib.Path(folder) / "t")
        write_deltalake(uri, made(rows))
        table, connection = DeltaTable(uri), duckdb.connect()
        # Without its zone: duckdb would need pytz for each.
        query = f'SELECT * REPLACE ("at"::TIMESTAMP AS "at") FROM \'{uri}/*.parquet\''

        def fetched() -> int:
            result, found = connection.execute(query), 0
            while some := result.fetchmany(1024):
                found += len(some)
            return found

        for _ in range(3):
            measure("rows, dicts streamed", lambda: sum(1 for _ in table.rows()))
            measure("rows, tuples streamed", lambda: sum(1 for _ in table.rows(shape="tuple")))
            measure("rows, dicts in one list", lambda: len(list(table.rows())))
            measure("rows, tuples in one list", lambda: len(list(table.rows(shape="tuple"))))
            measure("pyarrow, to_pylist", lambda: len(table.to_pyarrow_table().to_pylist()))
            measure("duckdb, fetchmany (tuples)", fetched)
            measure("duckdb, fetchall (tuples)", lambda: len(connection.execute(query).fetchall()))


if __name__ == "__main__":
    main()
