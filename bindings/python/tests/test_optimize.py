"""OPTIMIZE, with deltalake's names."""

from datetime import timedelta

import deltalake
import pyarrow as pa
import pytest
from conftest import by_id
from deltaic import CommitProperties, DeltaTable, WriterProperties, write_deltalake


def append(uri, count, **options):
    for n in range(count):
        rows = pa.table({"id": pa.array([2 * n, 2 * n + 1]), "part": ["a", "b"]})
        write_deltalake(uri, rows, mode="append", **options)


def test_compact_gives_the_metrics_of_deltalake(uri):
    append(uri, 5)
    ours = DeltaTable(uri).optimize.compact()
    again = DeltaTable(uri).optimize.compact()
    append(uri + "2", 5)
    peer = deltalake.DeltaTable(uri + "2").optimize.compact()
    assert list(ours) == list(peer)
    assert [type(value) for value in ours.values()] == [type(value) for value in peer.values()]
    same = set(peer) - {"filesAdded", "filesRemoved", "numBatches"}
    assert {name: ours[name] for name in same} == {name: peer[name] for name in same}
    assert again == deltalake.DeltaTable(uri + "2").optimize.compact()


def test_rows_stay(uri):
    append(uri, 4)
    table = DeltaTable(uri)
    before = by_id(table.to_pyarrow_table())
    table.optimize.compact()
    assert table.version() == 4
    assert len(table.file_uris()) == 1
    assert by_id(table.to_pyarrow_table()) == before
    assert by_id(deltalake.DeltaTable(uri).to_pyarrow_table()) == before
    assert table.history(1)[0]["operation"] == "OPTIMIZE"


def test_partition_filters_choose(uri):
    append(uri, 3, partition_by=["part"])
    metrics = DeltaTable(uri).optimize.compact(partition_filters=[("part", "=", "a")])
    assert metrics["numFilesRemoved"] == 3
    assert metrics["partitionsOptimized"] == 1
    with pytest.raises(ValueError, match="partition"):
        DeltaTable(uri).optimize.compact(partition_filters=[("id", "=", 1)])


def test_commits_in_between(uri):
    append(uri, 3, partition_by=["part"])
    table = DeltaTable(uri)
    table.optimize.compact(min_commit_interval=timedelta(0), max_concurrent_tasks=1)
    assert table.version() == 4


def test_settings_of_files_and_commit(uri):
    append(uri, 3)
    table = DeltaTable(uri)
    table.optimize.compact(
        target_size=1 << 20,
        writer_properties=WriterProperties(compression="ZSTD"),
        commit_properties=CommitProperties(custom_metadata={"job": "nightly"}),
    )
    assert table.history(1)[0]["job"] == "nightly"
    assert table.file_uris()[0].endswith(".zstd.parquet")


def test_call_is_deprecated(uri):
    append(uri, 3)
    table = DeltaTable(uri)
    with pytest.warns(DeprecationWarning):
        table.optimize()
    assert table.version() == 3


def test_z_order_gives_the_metrics_of_deltalake(uri):
    append(uri, 4, partition_by=["part"])
    ours = DeltaTable(uri).optimize.z_order(["id"])
    append(uri + "2", 4, partition_by=["part"])
    peer = deltalake.DeltaTable(uri + "2").optimize.z_order(["id"])
    same = set(peer) - {"filesAdded", "filesRemoved", "numBatches"}
    assert {name: ours[name] for name in same} == {name: peer[name] for name in same}
    rows = by_id(deltalake.DeltaTable(uri).to_pyarrow_table())
    assert rows == by_id(deltalake.DeltaTable(uri + "2").to_pyarrow_table())
    assert DeltaTable(uri).history(1)[0]["operationParameters"]["zOrderBy"] == '["id"]'


def test_z_order_commits_each_partition(uri):
    append(uri, 3, partition_by=["part"])
    table = DeltaTable(uri)
    table.optimize.z_order(["id"], min_commit_interval=timedelta(0))
    assert table.version() == 4


@pytest.mark.parametrize("name", ["max_spill_size", "max_temp_directory_size"])
def test_limits_are_positive(uri, name):
    append(uri, 1)
    with pytest.raises(ValueError, match=name):
        DeltaTable(uri).optimize.compact(**{name: 0})
