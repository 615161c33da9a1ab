"""Bad input: one clear line on standard error, the documented exit code, and nothing changed on disk."""

import json
import pathlib
import subprocess

import pytest
from conftest import PROGRAM, tree


def fails(done, code: int, *words: str):
    assert done.code == code, done.err
    assert done.out == ""
    assert len(done.err.strip().splitlines()) == 1, done.err
    for word in words:
        assert word in done.err, done.err


def commit(table: pathlib.Path, version: int) -> pathlib.Path:
    return table / f"_delta_log/{version:020}.json"


def test_not_a_table(deltaic, tmp_path):
    fails(deltaic("scan", tmp_path / "nowhere"), 3, "no Delta table", "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_version_out_of_range(deltaic, table):
    before = tree(table)
    fails(deltaic("scan", table, "--version", "7"), 3, "7", "0")
    assert tree(table) == before


def test_timestamp_before_the_first_commit(deltaic, table):
    fails(deltaic("info", table, "--timestamp", "1999-01-01"), 2, "1999-01-01")


def test_text_that_is_no_time(deltaic, table):
    fails(deltaic("info", table, "--timestamp", "yesterday"), 2, "yesterday")


def test_corrupt_json_names_file_and_line(deltaic, table):
    path = commit(table, 0)
    lines = path.read_text().splitlines()
    lines[1] = lines[1][:20]
    path.write_text("\n".join(lines))
    fails(deltaic("info", table), 6, path.name, "line 2")


def test_truncated_checkpoint_falls_back_to_the_log(deltaic, table):
    deltaic("checkpoint", table)
    checkpoint = table / "_delta_log/00000000000000000000.checkpoint.parquet"
    checkpoint.write_bytes(checkpoint.read_bytes()[:200])
    done = deltaic("info", table, "--json")
    assert done.code == 0, done.err
    assert done.json()["numRows"] == 5


def test_truncated_checkpoint_without_older_log_says_so(deltaic, table):
    deltaic("checkpoint", table)
    commit(table, 0).unlink()
    checkpoint = table / "_delta_log/00000000000000000000.checkpoint.parquet"
    checkpoint.write_bytes(checkpoint.read_bytes()[:200])
    fails(deltaic("info", table), 6, checkpoint.name)


def test_missing_data_file(deltaic, table):
    gone = next(table.rglob("country=NO/*.parquet"))
    gone.unlink()
    fails(deltaic("scan", table, "--format", "csv", "--where", "country = 'NO'"), 3, gone.name)


def test_damaged_data_file(deltaic, table):
    damaged = next(table.rglob("country=NO/*.parquet"))
    damaged.write_bytes(b"PAR1" + b"x" * 100 + b"PAR1")
    fails(deltaic("scan", table, "--format", "csv", "--where", "country = 'NO'"), 6, damaged.name)


def test_schema_mismatch_names_column_expected_and_got(deltaic, table, tmp_path):
    before = tree(table)
    bad = tmp_path / "bad.csv"
    bad.write_text("city,country,population\nOslo,NO,many\n")
    fails(deltaic("write", table, bad), 7, "population", "long", "string")
    assert tree(table) == before


def test_unknown_partition_column(deltaic, cities, tmp_path):
    path = tmp_path / "new"
    fails(deltaic("write", path, cities, "--partition-by", "contry"), 2, "contry")
    assert not path.exists() or tree(path) == {}


def test_unknown_column_suggests_the_nearest(deltaic, table):
    fails(deltaic("scan", table, "--where", "popluation > 1"), 2, "popluation", "population")
    fails(deltaic("scan", table, "--columns", "citty"), 2, "citty", "city")


def test_predicate_error_has_a_position(deltaic, table):
    done = deltaic("scan", table, "--where", "population >")
    assert done.code == 2
    assert "13" in done.err


def test_unsupported_feature_is_named(deltaic, table):
    protocol = {
        "minReaderVersion": 3,
        "minWriterVersion": 7,
        "readerFeatures": ["futureThing"],
        "writerFeatures": ["futureThing"],
    }
    commit(table, 1).write_text(json.dumps({"protocol": protocol}) + "\n")
    fails(deltaic("scan", table), 5, "futureThing")


def test_unsupported_writer_feature_is_refused_before_anything_is_written(deltaic, table, cities):
    protocol = {"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": ["icebergWriterCompatV1"]}
    commit(table, 1).write_text(json.dumps({"protocol": protocol}) + "\n")
    before = tree(table)
    fails(deltaic("write", table, cities), 5, "icebergWriterCompatV1")
    assert tree(table) == before


def test_input_that_is_not_what_it_says(deltaic, tmp_path):
    bad = tmp_path / "bad.parquet"
    bad.write_text("this is text")
    fails(deltaic("write", tmp_path / "new", bad), 7, "bad.parquet")
    assert not (tmp_path / "new").exists()


def test_unknown_storage_scheme(deltaic):
    fails(deltaic("scan", "ftp://host/table"), 5, "ftp")


def test_secret_settings_stay_out_of_messages(deltaic, table):
    done = deltaic("--storage-option", "secret_key=hunter2", "scan", table)
    assert "hunter2" not in done.err + done.out
    assert done.code == 2


@pytest.mark.parametrize("arguments", [[], ["frobnicate"], ["scan"], ["scan", "t", "--limit", "-1"], ["write", "t"]])
def test_usage_errors_are_one_line(deltaic, arguments):
    fails(deltaic(*arguments), 2, "--help")


def test_errors_as_json(deltaic, tmp_path):
    done = deltaic("info", tmp_path / "nowhere", "--json")
    assert done.code == 3
    assert json.loads(done.err)["error"]["code"] == "NotFound"


def test_disk_full_leaves_the_table_as_it_was(deltaic, table, tmp_path):
    """A limit on file sizes stands for the full disk: the write of a data file fails half way."""
    rows = tmp_path / "many.csv"
    rows.write_text("city,country,population\n" + "".join(f"c{i * 7919},NO,{i}\n" for i in range(200000)))
    before = tree(table)
    command = f"trap '' XFSZ; ulimit -f 100; exec {PROGRAM} write {table} {rows}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)
    assert done.returncode == 8, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert tree(table) == before


def test_a_reader_that_goes_away_ends_the_scan_quietly(table):
    done = subprocess.run(
        ["bash", "-c", f"{PROGRAM} scan {table} --format json | true"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0
