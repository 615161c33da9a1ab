"""restore goes back to an earlier version, as deltalake's does."""

import datetime
import os

import deltaic
import deltalake
import pyarrow as pa
import pytest
from conftest import on_disk
from deltaic.exceptions import DeltaError

ONE, TWO = pa.table({"a": [1, 2]}), pa.table({"a": [3]})


def written(module, uri):
    module.write_deltalake(uri, ONE)
    module.write_deltalake(uri, TWO, mode="append")
    table = module.DeltaTable(uri)
    table.delete("a = 1")
    return table


def rows(table):
    return sorted(pa.table(table.to_pyarrow_table()).column("a").to_pylist())


def facts(module, uri):
    """What a restore of version 0 gives and leaves."""
    table = written(module, uri)
    metrics = table.restore(0)
    history = table.history(1)[0]
    return metrics, table.version(), rows(table), history["operation"]


def test_metrics_and_rows_are_those_of_deltalake(tmp_path):
    mine = facts(deltaic, str(tmp_path / "mine"))
    assert mine == facts(deltalake, str(tmp_path / "theirs"))
    assert mine == ({"numRemovedFile": 2, "numRestoredFile": 1}, 3, [1, 2], "RESTORE")


def test_both_read_what_the_other_restored(uri):
    written(deltaic, uri).restore(1)
    assert rows(deltalake.DeltaTable(uri)) == [1, 2, 3]
    deltalake.DeltaTable(uri).restore(0)
    assert rows(deltaic.DeltaTable(uri)) == [1, 2]


@pytest.mark.parametrize("as_text", [False, True])
def test_by_time(uri, as_text):
    table = written(deltaic, uri)
    # As the commit's file has it, and the commits around a moment earlier and later.
    log = on_disk(uri) / "_delta_log"
    for version in range(3):
        os.utime(log / f"{version:020}.json", (1_700_000_000 + version, 1_700_000_000 + version))
    first = datetime.datetime.fromtimestamp(1_700_000_000, datetime.timezone.utc)
    table.restore(first.isoformat() if as_text else first)
    assert rows(table) == [1, 2]


def test_only_an_earlier_version(uri):
    table = written(deltaic, uri)
    for target in (2, 5, "2100-01-01T00:00:00Z"):
        with pytest.raises(DeltaError):
            table.restore(target)
    with pytest.raises(TypeError):
        table.restore(1.5)
    assert table.version() == 2


def test_missing_files_are_refused_or_passed_over(uri):
    table = written(deltaic, uri)
    table.load_as_version(0)
    missing = table.file_uris()[0]
    table.update_incremental()
    on_disk(missing).unlink()
    with pytest.raises(DeltaError, match="1 of 1 files are gone"):
        table.restore(0)
    assert table.restore(0, ignore_missing_files=True)["numRestoredFile"] == 1


def test_commit_metadata_transactions_and_no_checkpoint(uri):
    table = written(deltaic, uri)
    commit = deltaic.CommitProperties(custom_metadata={"why": "test"}, app_transactions=[deltaic.Transaction("app", 7)])
    table.restore(0, commit_properties=commit)
    assert table.history(1)[0]["why"] == "test"
    assert table.transaction_version("app") == 7
