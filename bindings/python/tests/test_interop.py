"""deltalake and duckdb read what we write, and we read what deltalake writes."""

import pathlib

import deltalake
import duckdb
import pyarrow as pa
import pytest
from conftest import by_id
from deltaic import DeltaTable, write_deltalake
from test_round_trips import EVERY_TYPE


@pytest.mark.parametrize("partition_by", [None, ["i16", "day"]], ids=["flat", "partitioned"])
def test_deltalake_reads_what_we_write(uri, partition_by):
    write_deltalake(uri, EVERY_TYPE, partition_by=partition_by)
    write_deltalake(uri, EVERY_TYPE, mode="append")
    theirs = deltalake.DeltaTable(uri)
    assert by_id(theirs.to_pyarrow_table()) == by_id(pa.concat_tables([EVERY_TYPE, EVERY_TYPE]))
    assert theirs.version() == 1
    assert theirs.schema().to_json() == DeltaTable(uri).schema().to_json()


@pytest.mark.parametrize("partition_by", [None, ["i16", "day"]], ids=["flat", "partitioned"])
def test_we_read_what_deltalake_writes(uri, partition_by):
    deltalake.write_deltalake(uri, EVERY_TYPE, partition_by=partition_by)
    deltalake.write_deltalake(uri, EVERY_TYPE, mode="append")
    ours = DeltaTable(uri)
    assert by_id(ours.to_pyarrow_table()) == by_id(pa.concat_tables([EVERY_TYPE, EVERY_TYPE]))
    assert ours.count() == 6


def test_writers_take_turns_on_one_table(uri, rows):
    write_deltalake(uri, rows, partition_by=["part"])
    deltalake.write_deltalake(uri, rows, mode="append")
    ours = DeltaTable(uri)
    write_deltalake(ours, rows, mode="append")
    assert ours.version() == 2
    assert deltalake.DeltaTable(uri).count() == DeltaTable(uri).count() == 12


def test_deltalake_reads_our_checkpoint(uri, rows):
    write_deltalake(uri, rows)
    DeltaTable(uri).create_checkpoint()
    assert by_id(deltalake.DeltaTable(uri).to_pyarrow_table()) == rows.to_pylist()


def test_we_read_a_checkpoint_of_deltalake(uri, rows):
    deltalake.write_deltalake(uri, rows)
    deltalake.DeltaTable(uri).create_checkpoint()
    assert by_id(DeltaTable(uri).to_pyarrow_table()) == rows.to_pylist()


def test_rows_that_deltalake_deleted_are_gone(uri, rows):
    deltalake.write_deltalake(uri, rows)
    deltalake.DeltaTable(uri).delete("id = 2")
    assert [row["id"] for row in by_id(DeltaTable(uri).to_pyarrow_table())] == [1, 3, 4]


def test_application_transactions_are_seen_by_deltalake(uri, rows):
    from deltaic import CommitProperties, Transaction

    write_deltalake(uri, rows, commit_properties=CommitProperties(app_transactions=[Transaction("app", 7)]))
    assert deltalake.DeltaTable(uri).transaction_version("app") == 7
    assert DeltaTable(uri).transaction_version("app") == 7
    assert DeltaTable(uri).transaction_version("other") is None


def test_duckdb_reads_the_files_we_write(partitioned, rows):
    paths = DeltaTable(partitioned).file_uris()
    read = duckdb.sql(f"SELECT id, name FROM read_parquet({paths}) ORDER BY id").fetchall()
    assert read == [(row["id"], row["name"]) for row in rows.to_pylist()]


AWKWARD = ["a b/c=é%", "x:y", "#?&", "%20", "..", ".", "'\"", None]


def test_awkward_folder_is_read_as_it_is_written(tmp_path, rows):
    uri = tmp_path / "sp é%41 dir" / "t?#x"  # which deltalake looks for below "sp éA dir"
    write_deltalake(uri, rows, partition_by="part")
    table = DeltaTable(uri)
    assert all(pathlib.Path(path).is_file() for path in table.file_uris())
    assert by_id(table.to_pyarrow_dataset().to_table()) == rows.to_pylist()
    assert DeltaTable(table.table_uri).count() == rows.num_rows


def test_awkward_partition_values_are_the_same_to_all(tmp_path):
    uri = tmp_path / "sp é dir"
    rows = pa.table({"id": range(len(AWKWARD)), "part": AWKWARD})
    write_deltalake(uri, rows, partition_by="part")
    ours, theirs = DeltaTable(uri), deltalake.DeltaTable(uri)
    for table in (ours.to_pyarrow_table(), ours.to_pyarrow_dataset().to_table(), theirs.to_pyarrow_table()):
        assert by_id(table) == rows.to_pylist()
    for value in AWKWARD:
        assert ours.to_pyarrow_table(filters=[("part", "=", value)]).num_rows == 1


def test_listings_are_those_of_deltalake(partitioned):
    ours, theirs = DeltaTable(partitioned), deltalake.DeltaTable(partitioned)
    assert sorted(ours.file_uris()) == sorted(theirs.file_uris())
    assert sorted(map(str, ours.partitions())) == sorted(map(str, theirs.partitions()))
    for flatten in (False, True):
        mine, other = pa.table(ours.get_add_actions(flatten)), pa.table(theirs.get_add_actions(flatten))
        for column in ("size_bytes", "num_records"):
            assert sorted(mine[column].to_pylist()) == sorted(other[column].to_pylist())
    assert ours.metadata().id == theirs.metadata().id
    assert ours.protocol() == tuple(theirs.protocol())
    assert ours.table_uri == theirs.table_uri.rstrip("/")
