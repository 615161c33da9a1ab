"""Scans in parts that other processes run, and what a scan would read."""

import multiprocessing
import pathlib
import pickle
import re
import subprocess
import sys

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltaic import DeltaTable, ScanTask, WriterProperties, write_deltalake
from deltaic.exceptions import DeltaError, DeltaProtocolError, InvalidArgumentError
from tables import deletion_vector_table, mapped_table

ROWS = pa.table({"n": pa.array(range(1000)), "part": pa.array([f"p{i % 4}" for i in range(1000)])})


@pytest.fixture
def table(uri) -> DeltaTable:
    """A thousand rows in four files of many row groups."""
    small_groups = WriterProperties(max_row_group_size=25)
    write_deltalake(uri, ROWS, partition_by=["part"], writer_properties=small_groups)
    files = DeltaTable(uri).file_uris()
    assert len(files) == 4 and pq.ParquetFile(files[0]).num_row_groups > 5
    return DeltaTable(uri)


def numbers(task: ScanTask) -> list[int]:
    """Runs in another process."""
    return task.to_pyarrow_table()["n"].to_pylist()


@pytest.mark.parametrize("tasks", [1, 2, 3, 4, 10])
def test_tasks_share_out_the_rows(table, tasks):
    made = table.scan_tasks(tasks=tasks)
    assert len(made) == min(tasks, 4)
    assert sum(task.num_files for task in made) == 4
    assert sorted(n for task in made for n in numbers(task)) == list(range(1000))


def test_files_are_cut_between_row_groups(table):
    made = table.scan_tasks(target_bytes=500)
    assert len(made) > 8
    found = [numbers(task) for task in made]
    assert sum(1 for rows in found if rows) > 4
    assert sorted(n for rows in found for n in rows) == list(range(1000))


def test_tasks_run_in_processes_that_know_nothing_of_the_table(table):
    made = table.scan_tasks(columns=["n"], predicate="part <> 'p0' AND n < 500", tasks=3)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        found = pool.map(numbers, made)
    assert sorted(n for rows in found for n in rows) == [n for n in range(500) if n % 4 != 0]


def test_task_says_what_it_is(table):
    task = table.scan_tasks(columns=["N"], predicate="part = 'p1' AND n > 10", tasks=8)[0]
    assert (task.table_uri, task.version, task.columns) == (table.table_uri, 0, ["n"])
    assert task.predicate == "part = 'p1' AND n > 10"
    assert (task.num_files, task.size_bytes > 0) == (1, True)
    assert "num_files=1" in repr(task)
    copy = pickle.loads(pickle.dumps(task))
    assert copy == task == ScanTask(task.bytes)
    assert len({task, copy}) == 1


def test_metadata_columns_tell_where_rows_are(table):
    names = ["row_index", "file_path"]
    made = table.scan_tasks(columns=["n"], metadata_columns=names, target_bytes=500)
    assert made[0].columns == ["n"]
    assert made[0].metadata_columns == ["_metadata.row_index", "_metadata.file_path"]
    tasks = [pickle.loads(pickle.dumps(task)) for task in made]
    found = pa.concat_tables(task.to_pyarrow_table() for task in tasks).sort_by("n")
    assert found == pa.table(table.scan(["n"], metadata_columns=names)).sort_by("n")
    with pytest.raises(DeltaError, match="row_commit_version"):
        table.scan_tasks(metadata_columns=["rowid"])


def test_now_is_when_the_tasks_were_made(table):
    made = table.scan_tasks(predicate="n < UNIX_MICROS(CURRENT_TIMESTAMP())", tasks=2)
    assert {re.search(rb'"nowMicros":(\d+)', task.bytes)[1] for task in made} == {
        re.search(rb'"nowMicros":(\d+)', made[0].bytes)[1]
    }
    changed = ScanTask(re.sub(rb'"nowMicros":\d+', b'"nowMicros":8', made[0].bytes))
    assert changed.to_pyarrow_table()["n"].to_pylist() == [n for n in numbers(made[0]) if n < 8]


def test_task_is_an_arrow_stream_that_may_be_read_again(table):
    task = table.scan_tasks(predicate="n < 8", tasks=1)[0]
    assert pa.table(task).num_rows == pl.DataFrame(task).height == task.to_pandas().shape[0] == 8
    assert sorted(n for batch in task.open() for n in batch["n"].to_pylist()) == list(range(8))
    assert task.open().schema.to_arrow().names == ["n", "part"]


def test_nothing_to_read_is_no_task(table):
    assert table.scan_tasks(predicate="part = 'none'") == []


def test_tasks_stay_at_their_version(table):
    made = table.scan_tasks(tasks=2)
    write_deltalake(table, ROWS, mode="overwrite")
    assert sum(len(numbers(task)) for task in made) == 1000


def test_tasks_know_deletion_vectors_and_column_mapping(tmp_path):
    deletion_vector_table(str(tmp_path / "vectors"))
    mapped_table(str(tmp_path / "mapped"))
    deleted = DeltaTable(tmp_path / "vectors").scan_tasks(tasks=1)[0]
    assert pickle.loads(pickle.dumps(deleted)).to_pyarrow_table()["n"].to_pylist() == [0, 2, 4, 6, 7]
    renamed = DeltaTable(tmp_path / "mapped").scan_tasks(predicate="`new name` > 1", tasks=5)
    found = [row for task in renamed for row in task.to_pyarrow_table().to_pylist()]
    assert sorted(found, key=str) == [{"new name": 2, "p": "a"}, {"new name": 3, "p": None}]


def test_settings_of_the_storage_are_given_where_a_task_runs(table):
    task = table.scan_tasks(tasks=1)[0]
    for run in (task.open, task.to_pyarrow_table, task.to_pandas):
        with pytest.raises(InvalidArgumentError, match="unknown storage option"):
            run(storage_options={"secret_access_key": "hunter2"})


@pytest.mark.parametrize(
    "arguments", [{"tasks": 0}, {"target_bytes": 0}, {"tasks": 2, "target_bytes": 2}, {"columns": ["none"]},
                  {"predicate": "nothing = 1"}]
)  # fmt: skip
def test_wrong_arguments_are_refused(table, arguments):
    with pytest.raises(InvalidArgumentError):
        table.scan_tasks(**arguments)


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x02{}", b"\x01{}\n", b"nonsense"])
def test_bytes_that_are_no_task_are_refused(data):
    with pytest.raises(DeltaProtocolError, match="scan task"):
        ScanTask(data)


def test_explain_counts_without_reading_rows(table):
    plan = table.explain(columns=["part"], predicate="part <> 'p0' AND n < 100")
    assert (plan["table"], plan["version"]) == (table.table_uri, 0)
    assert (plan["columns"], plan["columnsRead"]) == (["part"], ["n"])
    assert plan["predicate"] == "part <> 'p0' AND n < 100L"
    assert (plan["filesTotal"], plan["filesPrunedByPartition"], plan["filesToRead"]) == (4, 1, 3)
    assert 0 < plan["rowGroupsTotal"] - plan["rowGroupsSkipped"] < plan["rowGroupsTotal"]
    assert 75 <= plan["rowsToRead"] <= 150
    assert 0 < plan["bytesToRead"] < sum(row["size_bytes"] for row in table.get_add_actions().to_pylist())
    scan = table.scan(columns=["part"], predicate="part <> 'p0' AND n < 100")
    assert scan.read_all().num_rows == 75
    assert scan.metrics()["rowsRead"] == plan["rowsToRead"]
    assert table.explain()["predicate"] is None


def test_example_of_several_processes_runs(tmp_path):
    example = pathlib.Path(__file__).resolve().parents[3] / "examples/python/processes.py"
    done = subprocess.run([sys.executable, example, tmp_path / "readings"], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"4 tasks of [\d,]+ bytes or so, 37\d,\d{3} rows, mean 23\.\d\d degrees\n", done.stdout)
