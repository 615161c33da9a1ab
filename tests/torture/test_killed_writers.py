"""Processes killed at any moment leave the table as it was before their operation or after it; nothing told is lost."""

import collections
import random
import signal
import subprocess
import sys
import time

import deltaic
import pyarrow as pa
import pytest

KILLS = 12
WORKER = """
import sys
import deltaic, pyarrow as pa

uri, first = sys.argv[1], int(sys.argv[2])
schema = pa.schema([("i", pa.int64()), ("v", pa.int64())])
for n in range(first, first + 100000):
    print("begin", n, flush=True)
    if n % 3 == 0:
        deltaic.write_deltalake(uri, pa.table([[n] * 10, list(range(10))], schema=schema), mode="append")
    elif n % 3 == 1:
        deltaic.DeltaTable(uri).delete(f"i = {n - 1} AND v < 3")
    else:
        source = pa.table([[n - 2] * 4, [3, 4, 100, 101]], schema=schema)
        (deltaic.DeltaTable(uri).merge(source, "t.i = s.i AND t.v = s.v", source_alias="s", target_alias="t")
            .when_matched_update({"v": "t.v + 50"}).when_not_matched_insert_all().execute())
    print("done", n, flush=True)
"""


def rows_after(step: int) -> collections.Counter:
    """Of the group of three steps that `step` ends, and all before it."""
    rows = collections.Counter()
    for n in range(step + 1):
        if n % 3 == 0:
            rows.update((n, v) for v in range(10))
        elif n % 3 == 1:
            rows.subtract((n - 1, v) for v in range(3))
        else:
            rows.subtract([(n - 2, 3), (n - 2, 4)])
            rows.update([(n - 2, 53), (n - 2, 54), (n - 2, 100), (n - 2, 101)])
    return +rows


@pytest.mark.parametrize("vectors", ["false", "true"])
def test_a_killed_writer_leaves_the_old_or_the_new_version(uri, vectors, factor):
    rng = random.Random(5)
    empty = pa.schema([("i", pa.int64()), ("v", pa.int64())]).empty_table()
    deltaic.write_deltalake(uri, empty, configuration={"delta.enableDeletionVectors": vectors})
    step = -1  # the last that is in the table
    for _ in range(KILLS * factor):
        job = subprocess.Popen([sys.executable, "-c", WORKER, uri, str(step + 1)], stdout=subprocess.PIPE, text=True)
        # Once it works, so that it is not the start of Python that is killed.
        said = [job.stdout.readline()]
        time.sleep(rng.random() * 0.08)
        job.send_signal(signal.SIGKILL)
        said += job.stdout.read().splitlines()
        job.wait()
        begun = max(int(line.split()[1]) for line in said if line.startswith("begin") and line.split()[1:])
        acknowledged = max([int(line.split()[1]) for line in said if line.startswith("done")], default=step)
        table = deltaic.DeltaTable(uri).to_pyarrow_table()
        rows = collections.Counter(zip(table["i"].to_pylist(), table["v"].to_pylist(), strict=True))
        possible = {n: rows_after(n) for n in {acknowledged, begun}}
        step = next((n for n in sorted(possible) if possible[n] == rows), None)
        assert step is not None, (begun, acknowledged)
