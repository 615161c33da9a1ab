"""Log files that turn out to be damaged: the rest of the log stands in, with one warning, or one error says why not."""

import json
import pathlib

import pyarrow.parquet as pq
import pytest


def checkpoint(table: pathlib.Path, version: int) -> pathlib.Path:
    return table / "_delta_log" / f"{version:020}.checkpoint.parquet"


def damage(path: pathlib.Path, column: str) -> None:
    """Overwrites a column chunk with nonsense: the footer, which opening reads, stays whole."""
    data = bytearray(path.read_bytes())
    group = pq.ParquetFile(path).metadata.row_group(0)
    chunk = next(c for c in map(group.column, range(group.num_columns)) if c.path_in_schema == column)
    begin = chunk.dictionary_page_offset or chunk.data_page_offset
    data[begin : begin + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    path.write_bytes(data)


@pytest.fixture
def damaged(deltaic, table, cities):
    """Twice five cities at version 1, of which version 1's checkpoint is damaged."""
    assert deltaic("write", table, cities).code == 0
    assert deltaic("checkpoint", table).code == 0
    damage(checkpoint(table, 1), "add.path")
    return table


def warned_once(done) -> None:
    warnings = [line for line in done.err.splitlines() if "damaged" in line]
    assert len(warnings) == 1, done.err
    assert f"{1:020}.checkpoint.parquet" in warnings[0]
    assert "version 1 of " in warnings[0] and "is read from the commits alone instead" in warnings[0]


def test_commits_stand_in_for_a_damaged_checkpoint(deltaic, damaged):
    done = deltaic("scan", damaged, "--columns", "city", "--format", "json")
    assert done.code == 0
    assert len(done.out.splitlines()) == 10
    assert len({json.loads(line)["city"] for line in done.out.splitlines()}) == 5
    warned_once(done)
    files = deltaic("files", damaged, "--json")
    paths = [json.loads(line)["path"] for line in files.out.splitlines()]
    assert len(paths) == len(set(paths)) == 10
    warned_once(files)
    info = deltaic("info", damaged, "--json")
    assert (info.code, info.json()["numFiles"]) == (0, 10)
    warned_once(info)
    assert deltaic("--log-level", "error", "scan", damaged, "--quiet").err == ""


def test_writing_goes_on_and_a_new_checkpoint_repairs(deltaic, damaged, cities):
    assert deltaic("write", damaged, cities).code == 0
    assert deltaic("checkpoint", damaged).code == 0
    checkpoint(damaged, 1).unlink()
    (damaged / "_delta_log" / f"{0:020}.json").unlink()
    done = deltaic("scan", damaged, "--format", "json", "--quiet")
    assert (len(done.out.splitlines()), done.err) == (15, "")


def test_older_checkpoint_comes_before_the_commits(deltaic, table, cities):
    for _ in range(2):
        assert deltaic("checkpoint", table).code == 0
        assert deltaic("write", table, cities).code == 0
    damage(checkpoint(table, 1), "add.stats")
    (table / "_delta_log" / f"{0:020}.json").unlink()
    done = deltaic("files", table)
    assert done.code == 0
    assert "is read from checkpoint 0 and the commits after it instead" in done.err


def test_without_what_stands_in_one_error_names_the_file(deltaic, damaged):
    (damaged / "_delta_log" / f"{0:020}.json").unlink()
    for command in ("scan", "files", "checkpoint"):
        done = deltaic(command, damaged)
        # The stream of files, unlike a scan, has no more than an errno for what kind of error it is.
        assert done.code == (8 if command == "files" else 6), done.err
        assert len(done.err.splitlines()) == 1
        for word in (f"{1:020}.checkpoint.parquet is damaged", "version 1 of ", f"restore {0:020}.json"):
            assert word in done.err
