"""After every run, whole or killed, the target equals the source at the cursor's version."""

import os
import random
import shutil
import signal
import subprocess
import time

import pytest
from conftest import PROGRAM, TIMES, Source, some_rows


@pytest.fixture
def target(postgres):
    postgres.sql("DROP TABLE IF EXISTS scores, deltaic_sync")
    postgres.sql("CREATE TABLE scores (id bigint PRIMARY KEY, name text, score double precision)")
    return postgres


def rows_of(target):
    return [(int(i), name, float(score) if score else None) for i, name, score in
            target.sql("SELECT id, name, score FROM scores ORDER BY id")]  # fmt: skip


def cursor_of(target):
    if target.sql("SELECT to_regclass('deltaic_sync') IS NULL") == [["t"]]:
        return None
    found = target.sql("SELECT version FROM deltaic_sync WHERE name = 'scores'")
    return int(found[0][0]) if found else None


def test_snapshot_then_changes_then_nothing(source, target):
    source.write(some_rows(range(100)))
    done = source.sync(target.url)
    assert (done["action"], done["upserted"], done["deleted"]) == ("snapshot", 100, 0)
    source.run("update", source.path, "--set", "score=-1", "--where", "id < 3")
    source.run("delete", source.path, "--where", "id >= 90")
    source.write(some_rows(range(200, 202)))
    done = source.sync(target.url)
    assert (done["action"], done["from"], done["to"], done["upserted"], done["deleted"]) == ("incremental", 0, 3, 5, 10)
    assert rows_of(target) == source.rows()
    assert source.sync(target.url)["action"] == "nothing"


def test_an_overwrite_touches_only_what_is_new(source, target):
    source.write(some_rows(range(1000)))
    source.sync(target.url)
    old = target.sql("SELECT id, xmin FROM scores WHERE id NOT IN (0, 7) ORDER BY id")
    source.write(
        [*some_rows(range(1, 7)), (7, "other", 1.0), *some_rows(range(8, 1000)), (5000, "new", None)], "overwrite"
    )
    done = source.sync(target.url)
    assert (done["action"], done["sent"], done["upserted"], done["deleted"]) == ("incremental", 3, 2, 1)
    assert rows_of(target) == [(i, n or "", s) for i, n, s in source.rows()]
    assert target.sql("SELECT id, xmin FROM scores WHERE id NOT IN (0, 7, 5000) ORDER BY id") == old


@pytest.mark.parametrize(
    "properties", [{}, {"delta.enableChangeDataFeed": "true"}, {"delta.enableDeletionVectors": "true"}]
)
def test_keys_that_swap_come_and_go(source, target, properties):
    source.write(some_rows(range(10)), **properties)
    source.sync(target.url)
    source.run("update", source.path, "--set", "id=9 - id")
    assert source.sync(target.url)["upserted"] == 10
    assert rows_of(target) == source.rows()
    source.run("delete", source.path, "--where", "id = 1")
    source.write([(1, "again", 1.0), (77, "short", 1.0)])
    source.run("delete", source.path, "--where", "id = 77")
    source.sync(target.url)
    assert rows_of(target) == source.rows()


def test_modes(source, target):
    source.write(some_rows(range(1, 4)))
    target.sql("INSERT INTO scores VALUES (50, 'mine', 1), (1, 'old', 0)")
    assert source.sync(target.url, "--mode", "update", "--name", "u")["upserted"] == 1
    assert rows_of(target) == [(1, "n1", 0.5), (50, "mine", 1.0)]
    target.sql("UPDATE scores SET name = 'kept' WHERE id = 1")
    assert source.sync(target.url, "--mode", "append", "--name", "a")["upserted"] == 2
    assert rows_of(target)[0] == (1, "kept", 0.5)
    assert source.sync(target.url, "--mode", "upsert", "--name", "p")["upserted"] == 1
    source.run("delete", source.path, "--where", "id = 2")
    source.write([(9, "n9", 4.5), (1, "new", 0.5)][:1])
    assert source.sync(target.url, "--mode", "append", "--name", "a")["upserted"] == 1
    assert [row[0] for row in rows_of(target)] == [1, 2, 3, 9, 50]
    assert source.sync(target.url)["deleted"] == 2
    assert rows_of(target) == source.rows()


def test_nul_null_and_duplicate_keys_are_refused_by_name(source, target):
    source.write([(1, "a\0b", 1.0)])
    assert "row 0, column name" in source.sync(target.url, code=7)
    assert source.sync(target.url, "--nul", "strip")["upserted"] == 1
    source.write([(None, "x", 1.0)], "overwrite")
    assert "null" in source.sync(target.url, code=7)
    source.write([(2, "x", 1.0), (2, "y", 1.0)], "overwrite")
    assert "id = 2 is there twice" in source.sync(target.url, code=7)
    assert "id = 2 is there twice" in source.sync(target.url, "--name", "first", code=7)
    assert rows_of(target) == [(1, "ab", 1.0)]
    assert cursor_of(target) == 0


def test_vacuumed_gaps_and_tables_made_anew(source, target):
    source.write(some_rows(range(5)))
    source.sync(target.url)
    source.write(some_rows(range(2, 7)), "overwrite")
    for file in files_of_version(source, 0):
        os.remove(file)
    assert "vacuumed" in source.sync(target.url, "--on-gap", "error", code=3)
    assert cursor_of(target) == 0
    done = source.sync(target.url)
    assert (done["action"], done["upserted"], done["deleted"]) == ("snapshot", 2, 2)
    shutil.rmtree(source.path)
    anew = Source(source.path)
    anew.write(some_rows(range(4, 6)))
    assert "another table" in anew.sync(target.url, code=2)
    assert anew.sync(target.url, "--resync")["action"] == "snapshot"
    assert rows_of(target) == anew.rows()


def files_of_version(source, version):
    listed = source.run("files", source.path, "--version", version, "--json").stdout.splitlines()
    return [path for path in source.path.glob("*.parquet") if any(path.name in line for line in listed)]


def test_dry_run_status_and_wrong_targets(source, target):
    source.write(some_rows(range(5)))
    assert source.sync(target.url, "--status")["synced"] is False
    assert source.sync(target.url, "--dry-run")["upserted"] == 5
    assert rows_of(target) == []
    assert cursor_of(target) is None
    source.sync(target.url)
    status = source.sync(target.url, "--status")
    assert (status["synced"], status["version"], status["sameTable"]) == (True, 0, True)
    assert "unique index" in source.sync(target.url, key="name", code=2)
    missing = source.run("sync", source.path, target.url, "--into", "nowhere", "--key", "id", code=2).stderr
    assert "no table nowhere" in missing
    source.run("sync", source.path, target.url, "--into", "nowhere", "--key", "id", "--new-columns", "add")
    assert target.sql("SELECT count(*) FROM nowhere") == [["5"]]
    target.sql("DROP TABLE nowhere")


def test_two_runners_at_once(source, target):
    source.write(some_rows(range(2000)))
    command = [str(PROGRAM), "sync", str(source.path), target.url, "--into", "scores", "--key", "id", "--json"]
    for step in range(3):
        running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        said = [process.communicate()[0] for process in running]
        assert [process.returncode for process in running] == [0, 0, 0]
        assert sum('"action":"nothing"' in line for line in said) == 2
        assert rows_of(target) == source.rows()
        source.run("update", source.path, "--set", f"score={step}", "--where", "id < 10")


def change_something(source, chance):
    kind = chance.randrange(5)
    if kind == 0:
        where = f"id % 7 = {chance.randrange(7)}"
        source.run("update", source.path, "--set", f"score={chance.random():.6f}", "--where", where)
    elif kind == 1:
        source.run("delete", source.path, "--where", f"id % 50 = {chance.randrange(50)}")
    elif kind == 2:
        there = {row[0] for row in source.rows()}
        if len(there) < 600:
            source.write(some_rows(set(range(600)) - there))
    elif kind == 3:
        source.run("update", source.path, "--set", "id=599 - id")
    else:
        rows = [row if chance.random() > 0.02 else (row[0], "changed", chance.random()) for row in source.rows()]
        source.write(rows, "overwrite")


def test_killed_runners_leave_all_or_nothing(source, target):
    """DELTAIC_TORTURE=100 kills a thousand."""
    chance = random.Random(5)
    source.write(some_rows(range(600)), **{"delta.enableDeletionVectors": "true"})
    command = [str(PROGRAM), "sync", str(source.path), target.url, "--into", "scores", "--key", "id"]
    started = time.monotonic()
    source.sync(target.url)
    usual = time.monotonic() - started
    killed = 0
    for _ in range(10 * TIMES):
        change_something(source, chance)
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, usual))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        target.settled()
        assert rows_of(target) == [(i, n, s) for i, n, s in source.rows(cursor_of(target))]
    source.sync(target.url)
    assert rows_of(target) == source.rows()
    assert killed > 0


def test_follow_goes_on_until_it_is_told_to_end(source, target):
    source.write(some_rows(range(5)))
    command = [
        str(PROGRAM),
        "sync",
        str(source.path),
        target.url,
        "--into",
        "scores",
        "--key",
        "id",
        "--follow",
        "50ms",
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for version in range(3):
        while cursor_of(target) != version:
            assert process.poll() is None
            time.sleep(0.05)
        assert rows_of(target) == source.rows()
        source.write(some_rows([100 + version]))
    process.terminate()
    assert process.wait(20) == 0
