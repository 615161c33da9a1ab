"""repair, generate, cleanup_metadata, compact_logs and convert_to_deltalake, beside deltalake's."""

import os
import pathlib

import deltaic
import deltalake
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltaic.exceptions import DeltaError

ROWS = pa.table({"id": [1, 2, 3], "name": ["a", "b", None]})


def rows(table):
    return sorted(pa.table(table.to_pyarrow_table()).to_pylist(), key=repr)


def log(uri):
    return sorted(path.name for path in (pathlib.Path(uri) / "_delta_log").iterdir())


@pytest.mark.parametrize("dry_run", [True, False])
def test_repair_gives_what_deltalake_gives(tmp_path, dry_run):
    done = {}
    for module in (deltaic, deltalake):
        uri = str(tmp_path / module.__name__)
        for _ in range(2):
            module.write_deltalake(uri, ROWS, mode="append")
        table = module.DeltaTable(uri)
        gone = [action["path"] for action in pa.table(table.get_add_actions()).to_pylist()][0]
        os.remove(os.path.join(uri, gone))
        metrics = table.repair(dry_run=dry_run)
        assert metrics.pop("files_removed") == [gone]
        left = rows(module.DeltaTable(uri)) if not dry_run else None
        done[module] = metrics, table.version(), left, table.history(1)[0]["operation"]
    assert done[deltaic] == done[deltalake]


def test_repair_of_a_whole_table_commits_nothing(uri):
    deltaic.write_deltalake(uri, ROWS)
    table = deltaic.DeltaTable(uri)
    assert table.repair() == {"dry_run": False, "files_removed": []}
    assert table.version() == 0


def test_a_deep_repair_finds_damaged_files(uri):
    deltaic.write_deltalake(uri, ROWS)
    deltaic.write_deltalake(uri, ROWS, mode="append")
    path = pathlib.Path(sorted(deltaic.DeltaTable(uri).file_uris())[0])
    bytes_ = bytearray(path.read_bytes())
    bytes_[4:100] = b"\xff" * 96
    path.write_bytes(bytes_)
    table = deltaic.DeltaTable(uri)
    assert table.repair(dry_run=True)["files_removed"] == []
    assert table.repair(deep=True)["files_removed"] == [path.name]
    assert table.count() == 3


def test_clones_have_the_rows_of_the_loaded_version(uri, tmp_path):
    deltaic.write_deltalake(uri, ROWS)
    deltaic.write_deltalake(uri, ROWS, mode="append")
    first = deltaic.DeltaTable(uri, version=0)
    done = first.clone(tmp_path / "deep", deep=True)
    assert (done["version"], done["numCopiedFiles"]) == (0, 1)
    assert first.clone(str(tmp_path / "shallow"))["numCopiedFiles"] == 0
    outside = {"read_outside_files": "true"}
    assert rows(deltaic.DeltaTable(tmp_path / "shallow", storage_options=outside)) == rows(first)
    assert rows(deltaic.DeltaTable(tmp_path / "deep")) == rows(first)
    with pytest.raises(DeltaError, match="exists"):
        first.clone(tmp_path / "deep")


def test_a_feature_is_dropped_with_its_history(uri):
    configuration = {
        "delta.columnMapping.mode": "name",
        "delta.dropFeatureTruncateHistory.retentionDuration": "interval 0 hours",
    }
    deltaic.write_deltalake(uri, ROWS, configuration=configuration)
    table = deltaic.DeltaTable(uri)
    before = rows(table)
    table.alter.drop_feature(deltaic.TableFeatures.ColumnMapping, truncate_history=True)
    assert rows(table) == before
    assert rows(deltalake.DeltaTable(uri)) == before
    assert "columnMapping" not in (table.protocol().writer_features or [])
    assert pq.read_schema(table.file_uris()[0]).names == ROWS.column_names


def test_small_files_are_joined_after_any_change(uri):
    configuration = {"delta.autoOptimize.autoCompact": "true"}
    for n in range(50):
        deltaic.write_deltalake(uri, pa.table({"id": [n], "v": [0]}), mode="append", configuration=configuration)
    table = deltaic.DeltaTable(uri)
    assert (table.version(), len(table.file_uris())) == (50, 1)
    last = table.history(1)[0]
    assert (last["operation"], last["operationParameters"]["auto"]) == ("OPTIMIZE", "true")
    for n in range(50, 98):
        deltaic.write_deltalake(uri, pa.table({"id": [n], "v": [0]}), mode="append")
    table.update_incremental()
    assert len(table.file_uris()) == 49
    source = pa.table({"id": [98], "v": [1]})
    merge = table.merge(source, "t.id = s.id", source_alias="s", target_alias="t").when_not_matched_insert_all()
    assert merge.execute()["num_target_rows_inserted"] == 1
    assert len(table.file_uris()) == 1
    assert table.count() == 99


def test_an_iceberg_table_is_no_folder_of_parquet_files(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "metadata").mkdir()
    pq.write_table(ROWS, tmp_path / "data/a.parquet")
    (tmp_path / "metadata/v1.metadata.json").write_text("{}")
    with pytest.raises(DeltaError, match="Iceberg metadata has no format-version"):
        deltaic.convert_to_deltalake(str(tmp_path))
    assert not (tmp_path / "_delta_log").exists()


def test_generate_lists_the_files(uri):
    deltaic.write_deltalake(uri, ROWS, partition_by=["name"])
    table = deltaic.DeltaTable(uri)
    table.generate()
    manifest = pathlib.Path(uri) / "_symlink_format_manifest/name=a/manifest"
    assert manifest.read_text().split() == [path for path in table.file_uris() if "name=a" in path]


def test_compacted_logs_are_read_by_both(uri):
    for _ in range(4):
        deltaic.write_deltalake(uri, ROWS, mode="append")
    deltaic.DeltaTable(uri).compact_logs(1, 3)
    assert "00000000000000000001.00000000000000000003.compacted.json" in log(uri)
    assert len(rows(deltaic.DeltaTable(uri))) == len(rows(deltalake.DeltaTable(uri))) == 12
    with pytest.raises(DeltaError):
        deltaic.DeltaTable(uri).compact_logs(2, 9)


def aged(uri, days):
    """The log as if all of it were older."""
    for path in (pathlib.Path(uri) / "_delta_log").iterdir():
        then = path.stat().st_mtime - days * 86400
        os.utime(path, (then, then))


def test_cleanup_keeps_what_deltalake_reads(uri):
    for _ in range(12):
        deltaic.write_deltalake(uri, ROWS, mode="append")
    table = deltaic.DeltaTable(uri)
    before = log(uri)
    table.cleanup_metadata()
    assert log(uri) == before
    aged(uri, 40)
    table.cleanup_metadata()
    assert log(uri) == [
        "00000000000000000010.checkpoint.parquet",
        "00000000000000000010.crc",
        "00000000000000000010.json",
        "00000000000000000011.crc",
        "00000000000000000011.json",
        "_last_checkpoint",
    ]
    assert len(rows(deltaic.DeltaTable(uri))) == len(rows(deltalake.DeltaTable(uri))) == 36


def test_a_checkpoint_cleans_up_unless_the_table_says_no(tmp_path):
    for keeps in (False, True):
        uri = str(tmp_path / str(keeps))
        configuration = {"delta.enableExpiredLogCleanup": "false"} if keeps else {}
        for _ in range(11):
            deltaic.write_deltalake(uri, ROWS, mode="append", configuration=configuration)
            configuration = {}
        aged(uri, 40)
        for _ in range(10):
            deltaic.write_deltalake(uri, ROWS, mode="append")
        assert ("00000000000000000000.json" in log(uri)) == keeps
        assert len(rows(deltaic.DeltaTable(uri))) == 63


def parquet_folder(path, hive):
    for day in ("2024-01-01", "2024-01-02"):
        folder = path / (f"day={day}" if hive else day)
        folder.mkdir(parents=True)
        pq.write_table(ROWS, folder / "part.parquet")
    return str(path)


@pytest.mark.parametrize("strategy", ["hive", "directory"])
def test_convert_makes_the_table_that_deltalake_makes(tmp_path, strategy):
    done = {}
    for module in (deltaic, deltalake):
        uri = parquet_folder(tmp_path / module.__name__, strategy == "hive")
        if module is deltaic:
            (tmp_path / "deltaic/_hidden.parquet").write_bytes(b"passed over")
        day = module.Schema([module.Field("day", module.schema.PrimitiveType("date"))])
        module.convert_to_deltalake(
            uri, partition_by=day, partition_strategy=strategy, name="n", configuration={"delta.appendOnly": "true"}
        )
        table = module.DeltaTable(uri)
        metadata = table.metadata()
        both = rows(deltaic.DeltaTable(uri)), rows(deltalake.DeltaTable(uri))
        assert both[0] == both[1]
        done[module] = both[0], table.schema().to_json(), metadata.name, metadata.configuration
    assert done[deltaic] == done[deltalake]
    table = deltaic.DeltaTable(str(tmp_path / "deltaic"))
    actions = pa.table(table.get_add_actions(flatten=True)).to_pylist()
    assert [(a["num_records"], a["min.id"], a["max.id"], a["null_count.name"]) for a in actions] == [(3, 1, 3, 1)] * 2
    assert len(rows_where(table, "id > 3")) == 0


def rows_where(table, predicate):
    return pa.table(table.scan(predicate=predicate)).to_pylist()


def test_convert_refuses_what_it_cannot_know(tmp_path):
    uri = parquet_folder(tmp_path / "t", hive=True)
    with pytest.raises(DeltaError, match="partition"):
        deltaic.convert_to_deltalake(uri)
    number = deltaic.Schema([deltaic.Field("day", deltaic.schema.PrimitiveType("integer"))])
    with pytest.raises(DeltaError, match="no integer"):
        deltaic.convert_to_deltalake(uri, partition_by=number, partition_strategy="hive")
    with pytest.raises(ValueError, match="strategy"):
        deltaic.convert_to_deltalake(uri, partition_by=number)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DeltaError, match="no Parquet file"):
        deltaic.convert_to_deltalake(str(tmp_path / "empty"))
    assert not deltaic.DeltaTable.is_deltatable(uri)


def test_convert_of_files_with_other_columns(tmp_path):
    pq.write_table(ROWS, tmp_path / "a.parquet")
    pq.write_table(pa.table({"id": [4], "more": [1.5]}), tmp_path / "b.parquet")
    deltaic.convert_to_deltalake(tmp_path)
    assert rows(deltaic.DeltaTable(tmp_path))[-1] == {"id": 4, "name": None, "more": 1.5}
    deltaic.convert_to_deltalake(tmp_path, mode="ignore")
    with pytest.raises(DeltaError):
        deltaic.convert_to_deltalake(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    pq.write_table(ROWS, other / "a.parquet")
    pq.write_table(pa.table({"id": ["x"]}), other / "b.parquet")
    with pytest.raises(DeltaError, match="column id is"):
        deltaic.convert_to_deltalake(other)
