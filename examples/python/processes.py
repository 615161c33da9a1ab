"""One scan, read by several processes: python processes.py [FOLDER].

A table of a million sensor readings is split into tasks; each process gets one, reads its part and sums it up. Only the
small sums come back.
"""

import concurrent.futures
import multiprocessing
import random
import shutil
import sys

import pyarrow as pa
import pyarrow.compute as pc
from deltaic import DeltaTable, ScanTask, write_deltalake

SENSORS = 8
READINGS = 125_000


def write(folder: str) -> None:
    random.seed(7)
    for sensor in range(SENSORS):
        celsius = pa.array([random.gauss(20, 5) for _ in range(READINGS)])
        rows = pa.table({"sensor": pa.array([sensor] * READINGS, pa.int32()), "celsius": celsius})
        write_deltalake(folder, rows, mode="append", partition_by=["sensor"])


def sum_up(task: ScanTask) -> tuple[int, float]:
    """Runs in another process, which has never seen the table."""
    celsius = task.to_pyarrow_table()["celsius"]
    return len(celsius), pc.sum(celsius).as_py() or 0.0


def main(folder: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    write(folder)
    table = DeltaTable(folder)
    tasks = table.scan_tasks(columns=["celsius"], predicate="sensor < 6 AND celsius > 20", tasks=4)
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=spawn) as pool:
        sums = list(pool.map(sum_up, tasks))
    rows, total = sum(count for count, _ in sums), sum(part for _, part in sums)
    print(f"{len(tasks)} tasks of {tasks[0].size_bytes:,} bytes or so, {rows:,} rows, mean {total / rows:.2f} degrees")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "readings")
