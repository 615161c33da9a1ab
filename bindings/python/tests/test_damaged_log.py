"""Log files that turn out to be damaged while a table is read."""

import pathlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltaic import DeltaTable, exceptions, write_deltalake


def damage(path: pathlib.Path, column: str) -> None:
    """Overwrites a column chunk with nonsense: the footer, which opening reads, stays whole."""
    data = bytearray(path.read_bytes())
    group = pq.ParquetFile(path).metadata.row_group(0)
    chunk = next(c for c in map(group.column, range(group.num_columns)) if c.path_in_schema == column)
    begin = chunk.dictionary_page_offset or chunk.data_page_offset
    data[begin : begin + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    path.write_bytes(data)


@pytest.fixture
def log(uri) -> pathlib.Path:
    """Four versions of one file each, with checkpoints of versions 0 and 2."""
    for n in range(4):
        write_deltalake(uri, pa.table({"n": [n]}), mode="append")
        if n in (0, 2):
            DeltaTable(uri).create_checkpoint()
    return pathlib.Path(uri) / "_delta_log"


@pytest.mark.parametrize("column", ["add.path", "add.stats", "add.size"])
def test_everything_is_read_without_the_damaged_checkpoint(uri, log, column):
    damage(log / f"{2:020}.checkpoint.parquet", column)
    (log / f"{0:020}.json").unlink()
    table = DeltaTable(uri)
    assert sorted(pa.table(table)["n"].to_pylist()) == [0, 1, 2, 3]
    assert len(set(table.file_uris())) == 4
    assert pa.table(table.get_add_actions(flatten=True)).num_rows == 4
    assert table.count() == 4
    assert sum(task.to_pyarrow_table().num_rows for task in table.scan_tasks(tasks=2)) == 4
    table.create_checkpoint()
    assert DeltaTable(uri).count() == 4


def test_without_what_stands_in_the_error_names_the_file(uri, log):
    damage(log / f"{2:020}.checkpoint.parquet", "add.path")
    table = DeltaTable(uri)
    for name in (f"{0:020}.json", f"{0:020}.checkpoint.parquet"):
        (log / name).unlink()
    with pytest.raises(exceptions.DeltaError, match=rf"{2:020}.checkpoint.parquet is damaged.*commit 0 is missing"):
        table.to_pyarrow_table()


def test_reader_of_an_old_version_is_told_that_its_files_are_gone(uri, log):
    table = DeltaTable(uri, version=1)
    for path in table.file_uris():
        pathlib.Path(path).unlink()
    with pytest.raises(exceptions.DeltaError, match=r"data file .* is missing; .* vacuum"):
        table.to_pyarrow_table()
