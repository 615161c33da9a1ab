"""Many processes append to one table on S3 at once, behind a proxy that fails some requests.

Each acknowledged commit is there once, and each row once. DELTAIC_WRITERS=20x100 runs 20 writers of 100 commits each.
"""

import json
import os
import subprocess
import sys

import deltalake
import pyarrow as pa
import pytest
from deltaic import DeltaTable, write_deltalake

WRITERS, COMMITS = map(int, os.environ.get("DELTAIC_WRITERS", "6x8").split("x"))

# Five of a hundred, before the server does what is asked, or after, or with the answer lost.
FAULTS = [
    {"probability": 0.01, "action": "status", "code": 503},
    {"probability": 0.01, "action": "status_after", "code": 503},
    {"probability": 0.01, "action": "reset"},
    {"probability": 0.02, "action": "reset_after"},
]

WRITER = """
import json, sys
import pyarrow as pa
from deltaic import DeltaTable, write_deltalake
uri, writer, commits, options = sys.argv[1:]
table = DeltaTable(uri, storage_options=json.loads(options))
for i in range(int(commits)):
    rows = pa.table({"id": pa.array([int(writer) * 1000 + i], pa.int64())})
    write_deltalake(table, rows, mode="append")
    print(int(writer) * 1000 + i, flush=True)
"""


@pytest.mark.parametrize("with_faults", [False, True], ids=["calm", "faults"])
def test_each_commit_and_each_row_once(uri, options, faults, faulty, with_faults):
    write_deltalake(uri, pa.table({"id": pa.array([-1], pa.int64())}), storage_options=options)
    faults.rules(*(FAULTS if with_faults else []))
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, uri, str(writer), str(COMMITS), json.dumps(faulty)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for writer in range(WRITERS)
    ]
    acknowledged = []
    for writer in writers:
        out, err = writer.communicate(timeout=1800)
        assert writer.returncode == 0, err[-2000:]
        acknowledged += map(int, out.split())
    acted = faults.acted()
    faults.rules()
    assert len(acknowledged) == WRITERS * COMMITS
    assert (acted > 0) == with_faults
    table = DeltaTable(uri, storage_options=options)
    assert table.version() == WRITERS * COMMITS
    assert sorted(table.to_pyarrow_table()["id"].to_pylist()) == [-1, *sorted(acknowledged)]
    theirs = pa.table(deltalake.DeltaTable(uri, storage_options=options).to_pyarrow_table())
    assert sorted(theirs["id"].to_pylist()) == [-1, *sorted(acknowledged)]
