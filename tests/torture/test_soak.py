"""Writers, a merger, an optimizer, a vacuum with short retention and readers of several versions, for a while.

Nothing may fail but by a conflict, which leaves the table as it was; no row may get lost or come twice, in no version
that a reader may still see; and no file may go that such a version needs. By itself it takes 20 seconds;
DELTAIC_TORTURE=20 makes ten minutes of it.
"""

import collections
import json
import subprocess
import sys

import deltaic
import pyarrow as pa
import pytest

COMMON = """
import json, random, sys, time
import deltaic, pyarrow as pa
from deltaic.exceptions import CommitFailedError

uri, me, seconds, retention = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
rng, end = random.Random(me), time.monotonic() + float(sys.argv[3])
told = {"conflicts": 0, "done": 0, "slowest": 0.0}

def again(work):
    # A conflict leaves the table as it was: the same is tried on what is there now.
    while True:
        begin = time.monotonic()
        try:
            return work()
        except CommitFailedError:
            told["conflicts"] += 1
        finally:
            told["slowest"] = max(told["slowest"], time.monotonic() - begin)

def table():
    return deltaic.DeltaTable(uri)
"""

# Rows come in pairs (2k, v) and (2k + 1, -v), and whatever is done is done to both.
WRITER = (
    COMMON
    + """
schema = pa.schema([("w", pa.int32()), ("i", pa.int64()), ("v", pa.int64())])
mine, next_pair = {}, 0
rows = lambda some: pa.table([[me] * len(some), list(some), list(some.values())], schema=schema)

def new_pairs(count):
    global next_pair
    out = {}
    for _ in range(count):
        v = rng.randrange(1000)
        out[2 * next_pair], out[2 * next_pair + 1] = v, -v
        next_pair += 1
    return out

def some_pairs():
    pairs = rng.sample(sorted({i // 2 for i in mine}), min(len(mine) // 2, rng.randrange(1, 9)))
    return [i for pair in pairs for i in (2 * pair, 2 * pair + 1)]

kinds = ["merge"] if me == 0 else ["append", "append", "delete", "update"]
while time.monotonic() < end:
    kind = rng.choice(kinds) if mine else "append"
    if kind == "append":
        new = new_pairs(rng.randrange(1, 20))
        again(lambda: deltaic.write_deltalake(uri, rows(new), mode="append"))
        mine |= new
    elif kind == "delete":
        gone = some_pairs()
        again(lambda: table().delete(f"w = {me} AND i IN ({', '.join(map(str, gone))})"))
        for i in gone: del mine[i]
    elif kind == "update":
        changed = some_pairs()
        where = f"w = {me} AND i IN ({', '.join(map(str, changed))})"
        again(lambda: table().update(updates={"v": "-v"}, predicate=where))
        for i in changed: mine[i] = -mine[i]
    else:
        new = new_pairs(rng.randrange(1, 9)) | {i: -mine[i] for i in some_pairs()}
        again(lambda: table().merge(rows(new), "t.w = s.w AND t.i = s.i", source_alias="s", target_alias="t")
            .when_matched_update_all().when_not_matched_insert_all().execute())
        mine |= new
    told["done"] += 1
print(json.dumps({**told, "rows": [[me, i, v] for i, v in mine.items()]}))
"""
)

OPTIMIZER = (
    COMMON
    + """
while time.monotonic() < end:
    kind = rng.choice(["compact", "compact", "z_order", "purge"])
    if kind == "compact": again(lambda: table().optimize.compact())
    elif kind == "z_order": again(lambda: table().optimize.z_order(["i", "v"]))
    else:
        purge = deltaic._options.options_of({"kind": "purge"})
        again(lambda: table()._table.native.optimize(purge))
    told["done"] += 1
    time.sleep(rng.random())
print(json.dumps(told))
"""
)

CLEANER = (
    COMMON
    + """
told["deleted"] = 0
while time.monotonic() < end:
    kind = rng.choice(["full", "full", "lite", "log", "checkpoint"])
    if kind in ("full", "lite"):
        told["deleted"] += len(again(lambda: table().vacuum(dry_run=False, full=kind == "full")))
    elif kind == "log": again(lambda: table().cleanup_metadata())
    else: again(lambda: table().create_checkpoint())
    told["done"] += 1
    time.sleep(rng.random())
print(json.dumps(told))
"""
)

READER = (
    COMMON
    + """
import pathlib
told["versions"] = 0

def replaced_at(version):
    # When the next version came: until then, and for the retention, this one is to be read whole.
    try:
        return (pathlib.Path(uri) / f"_delta_log/{version + 1:020}.json").stat().st_mtime
    except FileNotFoundError:
        return None

newest = 0
while time.monotonic() < end:
    newest = max(newest, table().version())
    version = newest if rng.random() < 0.4 else max(0, newest - rng.randrange(60))
    since = replaced_at(version)
    if version != newest and since is None: continue
    try:
        read = deltaic.DeltaTable(uri, version=version).to_pyarrow_table()
    except Exception as error:
        since = replaced_at(version) or since
        if since is not None and time.time() - since >= retention: continue
        raise SystemExit(f"version {version}, replaced at {since}, now {time.time()}: {error}")
    found = {}
    for w, i, v in zip(*(read[c].to_pylist() for c in "wiv")):
        if (w, i) in found: raise SystemExit(f"version {version} has row {w} {i} twice")
        found[w, i] = v
    for (w, i), v in found.items():
        if found.get((w, i ^ 1)) != -v: raise SystemExit(f"version {version} has half of a change: {w} {i} {v}")
    told["versions"] += 1
print(json.dumps(told))
"""
)


def seconds_of(factor: int) -> int:
    return 20 if factor == 1 else min(600, 30 * factor)


def retention_of(factor: int) -> int:
    """Seconds; what a worker does in one go must not take longer."""
    return 5 if factor == 1 else 10


@pytest.mark.parametrize("partitions", [["w"], None], ids=["a partition each", "one folder"])
def test_nothing_is_lost_while_everything_runs(uri, partitions, factor):
    empty = pa.schema([("w", pa.int32()), ("i", pa.int64()), ("v", pa.int64())]).empty_table()
    retention = retention_of(factor)
    configuration = {
        "delta.enableDeletionVectors": "true",
        "delta.enableChangeDataFeed": "true",
        "delta.deletedFileRetentionDuration": f"interval {retention} seconds",
        "delta.logRetentionDuration": f"interval {retention} seconds",
        "delta.autoOptimize.autoCompact": "true",
    }
    deltaic.write_deltalake(uri, empty, configuration=configuration, partition_by=partitions)
    seconds = seconds_of(factor) / 2  # of both kinds of table
    programs = [WRITER, WRITER, WRITER, OPTIMIZER, CLEANER, READER, READER]
    jobs = [
        subprocess.Popen(
            [sys.executable, "-c", program, uri, str(number), str(seconds), str(retention)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number, program in enumerate(programs)
    ]
    told = []
    for job in jobs:
        out, err = job.communicate()
        assert job.returncode == 0, err
        told.append(json.loads(out))
    print(json.dumps([{key: value for key, value in one.items() if key != "rows"} for one in told]))
    if any(one["slowest"] >= retention for one in told):
        pytest.skip("the machine stood still for longer than the retention, which promises nothing then")
    expected = collections.Counter(tuple(row) for one in told for row in one.get("rows", []))
    table = deltaic.DeltaTable(uri)
    rows = table.to_pyarrow_table()
    assert collections.Counter(zip(*(rows[c].to_pylist() for c in "wiv"), strict=True)) == expected
    assert table.repair(dry_run=True, deep=True)["files_removed"] == []
    assert all(one["done"] > 0 for one in told[:5])
