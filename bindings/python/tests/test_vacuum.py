"""VACUUM, with deltalake's names."""

import os
import pathlib
import time

import pyarrow as pa
import pytest
from conftest import ROWS
from deltaic import CommitProperties, DeltaTable, write_deltalake
from deltaic.exceptions import InvalidArgumentError


def data_files(uri):
    root = pathlib.Path(uri)
    return {str(p.relative_to(root)) for p in root.rglob("*.parquet") if "_delta_log" not in p.parts}


@pytest.fixture
def overwritten(uri):
    """Two versions, of which the second replaced all files, and a file that the log does not know."""
    write_deltalake(uri, ROWS)
    write_deltalake(uri, ROWS, mode="overwrite")
    pathlib.Path(uri, "stray.parquet").write_bytes(b"no table's")
    time.sleep(0.01)
    return uri


NOW = {"retention_hours": 0, "enforce_retention_duration": False}


def test_a_dry_run_is_the_default(overwritten):
    before = data_files(overwritten)
    live = {os.path.basename(path) for path in DeltaTable(overwritten).file_uris()}
    assert set(DeltaTable(overwritten).vacuum(**NOW)) == before - live - {"stray.parquet"}
    assert set(DeltaTable(overwritten).vacuum(**NOW, full=True)) == before - live
    assert data_files(overwritten) == before
    assert DeltaTable(overwritten).version() == 1


def test_files_go_and_commits_say_so(overwritten):
    table = DeltaTable(overwritten)
    paths = table.vacuum(
        **NOW, dry_run=False, full=True, commit_properties=CommitProperties(custom_metadata={"userName": "Jo"})
    )
    assert len(paths) == 2
    assert data_files(overwritten) == {os.path.basename(path) for path in table.file_uris()}
    end, start = table.history(2)
    assert (start["operation"], end["operation"]) == ("VACUUM START", "VACUUM END")
    assert start["userName"] == end["userName"] == "Jo"
    assert start["operationParameters"] == {
        "retentionCheckEnabled": "false",
        "defaultRetentionMillis": "604800000",
        "specifiedRetentionMillis": "0",
    }
    assert end["operationParameters"] == {"status": "COMPLETED"}
    assert table.to_pyarrow_table().num_rows == ROWS.num_rows


def test_versions_to_keep(overwritten):
    kept = DeltaTable(overwritten).vacuum(**NOW, dry_run=False, full=True, keep_versions=[0])
    assert kept == ["stray.parquet"]
    assert DeltaTable(overwritten, version=0).to_pyarrow_table().num_rows == ROWS.num_rows


def test_a_short_retention_is_refused(overwritten):
    with pytest.raises(InvalidArgumentError, match="168 hours"):
        DeltaTable(overwritten).vacuum(167)
    with pytest.raises(ValueError, match="should be positive"):
        DeltaTable(overwritten).vacuum(-1)
    assert DeltaTable(overwritten).vacuum(169) == []


def test_partitioned_paths_are_decoded(uri):
    rows = pa.table({"id": [1], "part": ["a b/%"]})
    write_deltalake(uri, rows, partition_by=["part"])
    write_deltalake(uri, rows, mode="overwrite")
    time.sleep(0.01)
    (path,) = DeltaTable(uri).vacuum(**NOW, dry_run=False)
    assert not pathlib.Path(uri, path).exists()
    assert DeltaTable(uri).to_pyarrow_table().to_pylist() == rows.to_pylist()
