"""fsck, cleanup, compact-log, manifest, convert and clone."""

import json
import os
import shutil


def csv(deltaic, table, *arguments):
    done = deltaic("scan", table, "--format", "csv", *arguments)
    assert done.code == 0, done.err
    return sorted(done.out.splitlines())


def test_fsck_lists_and_mends(deltaic, table):
    assert "none is missing" in deltaic("fsck", table).err
    file = next(table.rglob("*.parquet"))
    file.unlink()
    looked = deltaic("fsck", table)
    assert looked.code == 0 and file.name in looked.out and "--yes" in looked.err
    assert deltaic("scan", table).code != 0
    done = deltaic("fsck", table, "--yes")
    assert done.code == 0 and "1 taken out" in done.err
    assert deltaic("scan", table).code == 0


def test_cleanup_and_compact_log(deltaic, table, cities):
    for _ in range(11):
        assert deltaic("write", table, cities).code == 0
    before = csv(deltaic, table)
    done = deltaic("compact-log", table, "--from", "2", "--to", "9")
    assert done.code == 0, done.err
    assert "already" in deltaic("compact-log", table, "--from", "2", "--to", "9").err
    assert deltaic("cleanup", table).err.startswith("0 log files")
    for path in (table / "_delta_log").iterdir():
        then = path.stat().st_mtime - 7200
        os.utime(path, (then, then))
    looked = deltaic("cleanup", table, "--retention-hours", "1", "--dry-run")
    assert "00000000000000000000.json" in looked.out
    assert (table / "_delta_log/00000000000000000000.json").exists()
    done = deltaic("cleanup", table, "--retention-hours", "1")
    assert "versions from 10" in done.err
    assert not (table / "_delta_log/00000000000000000000.json").exists()
    assert csv(deltaic, table) == before


def test_manifest(deltaic, table):
    done = deltaic("manifest", table)
    assert done.code == 0 and (table / "_symlink_format_manifest").is_dir()


def test_convert(deltaic, table):
    rows = csv(deltaic, table)
    shutil.rmtree(table / "_delta_log")
    assert deltaic("convert", table).code == 2
    done = deltaic("convert", table, "--partition-by", "country string", "--property", "mine=1")
    assert done.code == 0, done.err
    assert "and 5 rows" in done.err
    columns = ["--columns", rows_header(deltaic, table)]
    assert len(csv(deltaic, table, *columns)) == len(rows)
    assert deltaic("convert", table, "--partition-by", "country string").code == 4


def rows_header(deltaic, table):
    return ",".join(field["name"] for field in deltaic("info", table, "--json").json()["schema"]["fields"])


def test_clone_shallow_and_deep(deltaic, table, tmp_path):
    rows = csv(deltaic, table)
    assert deltaic("alter", table, "set", "delta.enableDeletionVectors=true").code == 0
    assert deltaic("delete", table, "--where", "city = 'Oslo'").code == 0
    shallow, deep, old = tmp_path / "shallow", tmp_path / "deep copy ü", tmp_path / "old"
    assert deltaic("clone", table, shallow).code == 0
    assert deltaic("clone", table, deep, "--deep").code == 0
    assert deltaic("clone", table, old, "--version", "0", "--deep").code == 0
    assert deltaic("clone", table, deep).code == 4
    left = csv(deltaic, table)
    outside = ["--storage-option", "read_outside_files=true"]
    assert csv(deltaic, shallow, *outside) == left
    shutil.rmtree(table)
    assert csv(deltaic, deep) == left
    assert csv(deltaic, old) == rows


def test_small_files_are_joined_after_a_write_or_not(deltaic, table, cities):
    assert deltaic("alter", table, "set", "delta.autoOptimize.autoCompact=true").code == 0
    for _ in range(55):
        done = deltaic("write", table, cities, "--no-auto-compact")
        assert done.code == 0, done.err
    before = len(deltaic("files", table).out.splitlines())
    assert before > 5 * 55
    assert deltaic("write", table, cities).code == 0
    assert len(deltaic("files", table).out.splitlines()) < before / 10
    newest = json.loads(deltaic("history", table, "--limit", "1", "--json").out)[0]
    assert newest["commitInfo"]["operation"] == "OPTIMIZE"


def test_a_write_makes_few_files_of_each_partition_or_more(deltaic, tmp_path):
    rows = tmp_path / "rows.json"
    rows.write_text("".join(f'{{"p": {i % 4}, "text": "text {i}"}}\n' for i in range(40_000)))
    counts = {}
    for flag in ("--optimize-write", "--no-optimize-write"):
        path = tmp_path / flag
        done = deltaic("write", path, rows, "--partition-by", "p", "--max-memory", "64KiB", flag)
        assert done.code == 0, done.err
        counts[flag] = len(list(path.rglob("*.parquet")))
    assert counts["--optimize-write"] == 4 < counts["--no-optimize-write"]
