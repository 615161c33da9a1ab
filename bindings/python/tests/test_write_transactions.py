"""Files that are written now and committed later, by another process, or by another library."""

import os
import pathlib
import pickle
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltaic import CommitProperties, DeltaTable, Transaction, WrittenFiles, write_deltalake
from deltaic.exceptions import CommitFailedError, InvalidArgumentError, SchemaMismatchError
from deltaic.transaction import AddAction, RemoveAction, create_table_with_add_actions

ROWS = pa.table({"id": pa.array([1, 2], pa.int64()), "day": ["mon", "tue"]})
SCHEMA = ROWS.schema


def ids(uri: str) -> list[int]:
    return sorted(pa.table(DeltaTable(uri))["id"].to_pylist())


def file_of(uri: str, name: str, rows: list[int], day: str) -> AddAction:
    """A file that pyarrow writes into the folder of a table by day."""
    path = pathlib.Path(uri, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"id": pa.array(rows, pa.int64())}), path)
    stats = f'{{"numRecords": {len(rows)}}}'
    return AddAction(name, path.stat().st_size, {"day": day}, 0, True, stats)


@pytest.fixture
def table(uri) -> DeltaTable:
    write_deltalake(uri, ROWS, partition_by=["day"])
    return DeltaTable(uri)


WRITER = """
import pickle, sys, pyarrow as pa
from deltaic import DeltaTable
table, n = DeltaTable(sys.argv[1]), int(sys.argv[2])
files = table.write_files(pa.table({"id": pa.array([n], pa.int64()), "day": ["wed"]}))
sys.stdout.buffer.write(pickle.dumps(files))
"""


def test_many_processes_write_and_one_commits_once(uri, table):
    command = [sys.executable, "-c", WRITER, uri]
    made = [subprocess.run([*command, str(n)], capture_output=True, check=True, env=os.environ) for n in (10, 11, 12)]
    files = [pickle.loads(one.stdout) for one in made]
    assert [len(one) for one in files] == [1, 1, 1]
    assert ids(uri) == [1, 2]
    once = CommitProperties(app_transactions=[Transaction("load", 3)], custom_metadata={"job": "x"})
    assert table.commit_files(files, operation="LOAD", metrics={"numTasks": "3"}, commit_properties=once) == 1
    assert table.commit_files(files, commit_properties=once) is None
    assert ids(uri) == [1, 2, 10, 11, 12]
    last = table.history(1)[0]
    assert (last["operation"], last["job"], last["operationMetrics"]) == ("LOAD", "x", {"numTasks": "3"})


def test_written_files_are_actions_of_deltalake_too(uri, table):
    files = table.write_files(ROWS)
    actions = files.actions
    assert all(isinstance(action, AddAction) for action in actions) and len(actions) == 2
    table.create_write_transaction(actions, "append", table.schema(), partition_by=["day"])
    assert table.version() == 1 and ids(uri) == [1, 1, 2, 2]
    assert WrittenFiles(files.bytes) == files == pickle.loads(pickle.dumps(files))


def test_files_not_committed_are_discarded(uri, table):
    def count():
        return len(list(pathlib.Path(uri).rglob("*.parquet")))

    before = count()
    files = table.write_files(ROWS)
    assert count() == before + 2
    assert table.discard_files([files]) == 2 and count() == before
    with pytest.raises(InvalidArgumentError, match="no such file"):
        table.commit_files(files)


def test_files_of_other_columns_are_refused(uri, table):
    files = table.write_files(ROWS)
    more = pa.table({"id": pa.array([3], pa.int64()), "day": ["mon"], "more": [1]})
    write_deltalake(uri, more, mode="append", schema_mode="merge")
    with pytest.raises(CommitFailedError, match="write them again"):
        table.commit_files(files)


def test_files_of_another_library_are_appended(uri, table):
    add = file_of(uri, "day=mon/a.parquet", [7, 8], "mon")
    table.create_write_transaction([add], "append", table.schema().to_arrow(), "day")
    assert ids(uri) == [1, 2, 7, 8]


def test_overwrite_replaces_partitions(uri, table):
    add = file_of(uri, "day=mon/a.parquet", [7], "mon")
    table.create_write_transaction([add], "overwrite", table.schema(), ["day"], [("day", "=", "mon")])
    assert ids(uri) == [2, 7]
    table.create_write_transaction([], "overwrite", table.schema())
    assert ids(uri) == []


def test_overwrite_of_all_can_change_the_columns(uri, table):
    add = file_of(uri, "day=mon/a.parquet", [7], "mon")
    wider = SCHEMA.append(pa.field("more", pa.float64()))
    table.create_write_transaction([add], "overwrite", wider)
    assert DeltaTable(uri).schema().to_arrow().names == ["id", "day", "more"]
    assert pa.table(DeltaTable(uri)).to_pylist() == [{"id": 7, "day": "mon", "more": None}]
    with pytest.raises(SchemaMismatchError):
        table.create_write_transaction([add], "overwrite", SCHEMA, None, [("day", "=", "mon")])


def test_removes_go_with_append(uri, table):
    first = next(uri_ for uri_ in table.file_uris() if "day=mon" in uri_).rpartition("/day=")[2]
    first = f"day={first}"
    table.create_write_transaction([RemoveAction(first, True, 0)], "append", table.schema())
    assert ids(uri) == [2]
    with pytest.raises(InvalidArgumentError, match="leave the removes out"):
        table.create_write_transaction([RemoveAction(first, True, 0)], "overwrite", table.schema())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"size": 1}, "bytes, not 1"),
        ({"path": "day=mon/gone.parquet"}, "no such file"),
        ({"path": "../a.parquet"}, "a.parquet"),
        ({"partition_values": {}}, "no value for"),
        ({"partition_values": {"day": "mon", "x": "1"}}, "not partitioned by x"),
        ({"stats": "{"}, "statistics"),
    ],
)
def test_wrong_actions_change_nothing(uri, table, change, why):
    add = file_of(uri, "day=mon/a.parquet", [7], "mon")
    vars(add).update(change)
    with pytest.raises(InvalidArgumentError, match=why):
        table.create_write_transaction([add], "append", table.schema())
    assert DeltaTable(uri).version() == 0


def test_other_schemas_modes_and_actions_are_refused(uri, table):
    add = file_of(uri, "day=mon/a.parquet", [7], "mon")
    with pytest.raises(SchemaMismatchError):
        table.create_write_transaction([add], "append", ROWS.select(["id"]).schema)
    with pytest.raises(SchemaMismatchError):
        table.create_write_transaction([add], "append", table.schema(), ["id"])
    with pytest.raises(ValueError, match="mode must be"):
        table.create_write_transaction([add], "error", table.schema())
    with pytest.raises(TypeError, match="AddAction"):
        table.create_write_transaction([{"path": "x"}], "append", table.schema())


def test_a_table_is_created_of_files(uri, tmp_path):
    add = file_of(uri, "day=mon/a.parquet", [7], "mon")
    create_table_with_add_actions(uri, SCHEMA, [add], partition_by="day", name="made")
    table = DeltaTable(uri)
    assert ids(uri) == [7] and table.metadata().name == "made" and table.metadata().partition_columns == ["day"]
    with pytest.raises(Exception, match="exists"):
        create_table_with_add_actions(uri, SCHEMA, [add], partition_by="day")
    create_table_with_add_actions(uri, SCHEMA, [], mode="ignore")
    assert DeltaTable(uri).version() == 0
