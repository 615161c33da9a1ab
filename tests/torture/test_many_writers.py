"""Many processes change one table at once; what each was told it did, it did, once."""

import collections
import json
import subprocess
import sys

import deltaic
import pyarrow as pa
import pytest

WRITERS, COMMITS = 6, 10
WORKER = """
import json, random, sys
import deltaic, pyarrow as pa
from deltaic.exceptions import CommitFailedError

uri, me, commits = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = random.Random(me)
mine = {}  # the rows of this writer, as it was told
schema = pa.schema([("w", pa.int32()), ("i", pa.int64()), ("v", pa.int64())])
rows = lambda some: pa.table([[me] * len(some), list(some), list(some.values())], schema=schema)

def again(work):
    # A conflict leaves the table as it was: the same is tried on what is there now.
    for _ in range(1000):
        try:
            return work()
        except CommitFailedError:
            continue
    raise SystemExit("a thousand conflicts in a row")

for n in range(commits):
    kind = rng.choice(["append", "append", "delete", "update", "merge"]) if mine else "append"
    if kind == "append":
        new = {n * 1000 + k: rng.randrange(100) for k in range(rng.randrange(1, 9))}
        again(lambda: deltaic.write_deltalake(uri, rows(new), mode="append"))
        mine |= new
    elif kind == "delete":
        gone = rng.sample(list(mine), max(1, len(mine) // 3))
        where = f"w = {me} AND i IN ({', '.join(map(str, gone))})"
        again(lambda: deltaic.DeltaTable(uri).delete(where))
        for i in gone: del mine[i]
    elif kind == "update":
        limit = rng.randrange(100)
        again(lambda: deltaic.DeltaTable(uri).update(updates={"v": "v + 1"}, predicate=f"w = {me} AND v < {limit}"))
        mine = {i: v + 1 if v < limit else v for i, v in mine.items()}
    else:
        new = {n * 1000 + k: -k for k in range(3)} | {i: 7 for i in rng.sample(list(mine), min(2, len(mine)))}
        again(lambda: deltaic.DeltaTable(uri)
            .merge(rows(new), "t.w = s.w AND t.i = s.i", source_alias="s", target_alias="t")
            .when_matched_update_all().when_not_matched_insert_all().execute())
        mine |= new
print(json.dumps([[me, i, v] for i, v in mine.items()]))
"""


@pytest.mark.parametrize("vectors", ["false", "true"])
@pytest.mark.parametrize("partitions", [None, ["w"]], ids=["one folder", "a partition each"])
def test_every_acknowledged_change_is_there_once(uri, vectors, partitions, factor):
    empty = pa.schema([("w", pa.int32()), ("i", pa.int64()), ("v", pa.int64())]).empty_table()
    configuration = {"delta.enableDeletionVectors": vectors}
    deltaic.write_deltalake(uri, empty, configuration=configuration, partition_by=partitions)
    writers, commits = min(WRITERS * factor, 64), min(COMMITS * factor, 200)
    jobs = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, uri, str(w), str(commits)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for w in range(writers)
    ]
    expected = collections.Counter()
    for job in jobs:
        out, err = job.communicate()
        assert job.returncode == 0, err
        expected.update(map(tuple, json.loads(out)))
    table = deltaic.DeltaTable(uri)
    rows = table.to_pyarrow_table()
    assert collections.Counter(zip(*(rows[c].to_pylist() for c in "wiv"), strict=True)) == expected
    # An update or delete that finds nothing makes no commit, so there may be fewer than were asked for; none may lack.
    versions = sorted(entry["version"] for entry in table.history())
    assert versions == list(range(table.version() + 1))
