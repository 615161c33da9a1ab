"""Datasets of tables in clouds: pyarrow's own reader gets at the files by itself, with the settings of the table."""

import pickle

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs
import pyarrow.parquet as pq
import pytest
from conftest import KEY, SECRET
from deltaic import DeltaTable, write_deltalake
from deltaic.exceptions import DeltaProtocolError
from deltaic.fs import DeltaStorageHandler
from deltaic.transaction import AddAction

ROWS = pa.table(
    {
        "id": pa.array(range(100), pa.int64()),
        "day": [f"2024-01-0{1 + i % 3}" for i in range(100)],
        "name": [None if i % 10 == 0 else f"name {i}" for i in range(100)],
    }
)


def of_s3(request, uri):
    return uri, request.getfixturevalue("options")


def of_azure(request, uri):
    options = dict(request.getfixturevalue("azure"))
    options["account_name"] = options.pop("azure_storage_account_name")
    return uri.replace("s3://", "az://"), options


def of_gcs(request, uri):
    base = f"http://127.0.0.1:{request.getfixturevalue('gcs').port}"
    return uri.replace("s3://", "gs://"), {
        "google_base_url": base,
        "google_skip_signature": "true",
        "allow_http": "true",
    }


@pytest.fixture(params=[of_s3, of_azure, of_gcs], ids=["s3", "azure", "gcs"])
def table(request, uri):
    uri, options = request.param(request, uri)
    write_deltalake(uri, ROWS, partition_by=["day"], storage_options=options)
    return DeltaTable(uri, storage_options=options)


def ids(rows: pa.Table) -> list[int]:
    return sorted(rows["id"].to_pylist())


def test_fragments_are_read_without_a_filesystem(table):
    dataset = table.to_pyarrow_dataset()
    fragments = list(dataset.get_fragments())
    assert len(fragments) == 3
    assert ids(pa.concat_tables([f.to_table(columns=["id"]) for f in fragments])) == list(range(100))
    only = list(dataset.get_fragments(ds.field("day") == "2024-01-02"))
    assert len(only) == 1
    assert ids(only[0].to_table(columns=["id"])) == list(range(1, 100, 3))
    assert not list(dataset.get_fragments(ds.field("id") > 1000))


def test_plain_dataset_of_the_fragments(table):
    """As others build it: pyarrow reads, duckdb and polars ask."""
    source = table.to_pyarrow_dataset()
    fragments = list(source.get_fragments())
    plain = ds.FileSystemDataset(fragments, source.schema, ds.ParquetFileFormat(), source.filesystem)
    wanted = ds.field("id") >= 90
    assert ids(plain.to_table(filter=wanted & ds.field("day").isin(["2024-01-01"]))) == [90, 93, 96, 99]
    assert duckdb.sql("SELECT count(*), count(name) FROM plain WHERE day = '2024-01-03'").fetchall() == [(33, 30)]
    frame = pl.scan_pyarrow_dataset(plain).filter(pl.col("day") == "2024-01-02").select(pl.col("id").max()).collect()
    assert frame.item() == 97


def test_duckdb_and_polars_over_the_dataset(table):
    dataset = table.to_pyarrow_dataset(file_pruning_predicate=[("day", "in", ["2024-01-01", "2024-01-03"])])
    assert duckdb.sql("SELECT count(*), max(id) FROM dataset WHERE id < 50").fetchall() == [(33, 48)]
    frame = pl.scan_pyarrow_dataset(dataset).filter(pl.col("id") > 90).select("id").collect()
    assert sorted(frame["id"]) == [92, 93, 95, 96, 98, 99]


def test_filesystem_lists_and_reads_the_files(table):
    filesystem = table.to_pyarrow_dataset().filesystem
    fragment = next(table.to_pyarrow_dataset().get_fragments())
    assert filesystem.get_file_info(fragment.path).type == pyarrow.fs.FileType.File
    assert pickle.loads(pickle.dumps(fragment)).to_table().num_rows == fragment.count_rows()


def test_storage_handler_lists_reads_writes_and_deletes(table):
    files = pyarrow.fs.PyFileSystem(DeltaStorageHandler(table.table_uri, table._storage_options))
    listed = files.get_file_info(pyarrow.fs.FileSelector("day=2024-01-02"))
    assert [info.is_file for info in listed] == [True]
    with files.open_input_file(listed[0].path) as file:
        assert file.size() == listed[0].size
        assert ids(pq.read_table(file)) == list(range(1, 100, 3))
    with files.open_output_stream("notes/a b.txt") as out:
        out.write(b"one ")
        out.write(b"two")
    assert files.open_input_stream("notes/a b.txt").read() == b"one two"
    files.move("notes/a b.txt", "notes/c.txt")
    assert [info.type for info in files.get_file_info(["notes/a b.txt", "notes/c.txt"])] == [
        pyarrow.fs.FileType.NotFound,
        pyarrow.fs.FileType.File,
    ]
    files.delete_file("notes/c.txt")
    with pytest.raises(FileNotFoundError):
        files.open_input_file("notes/c.txt")
    assert table.to_pyarrow_table().num_rows == 100, "no file of the table is touched"


def test_files_written_by_the_storage_handler_are_committed(table):
    handler = DeltaStorageHandler.from_table(table._table)
    assert handler == DeltaStorageHandler(table.table_uri, table._storage_options)
    files, path = pyarrow.fs.PyFileSystem(handler), "day=2024-01-09/part-1.parquet"
    with files.open_output_stream(path) as out:
        pq.write_table(pa.table({"id": pa.array([1000], pa.int64()), "name": ["new"]}), out)
    size = files.get_file_info(path).size
    added = AddAction(path, size, {"day": "2024-01-09"}, 0, True, '{"numRecords": 1}')
    table.create_write_transaction([added], "append", ROWS.schema, partition_by=["day"])
    table.update_incremental()
    assert ids(table.to_pyarrow_table()) == [*range(100), 1000]


def test_storage_handler_names_what_pyarrow_lacks(options):
    with pytest.raises(NotImplementedError, match="aws_profile"):
        DeltaStorageHandler("s3://test/any", {**options, "aws_profile": "work"})


def test_parquet_read_options(table):
    options = ds.ParquetReadOptions(dictionary_columns={"name"})
    rows = table.to_pyarrow_dataset(parquet_read_options=options).to_table()
    assert rows.schema.field("name").type == pa.dictionary(pa.int32(), pa.string())
    assert ids(rows) == list(range(100))


def test_keys_of_a_credential_provider(uri, options):
    write_deltalake(uri, ROWS, storage_options=options)
    place = {name: value for name, value in options.items() if "key" not in name}
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
    table = DeltaTable(uri, storage_options=place, credential_provider=lambda: keys)
    assert ids(next(table.to_pyarrow_dataset().get_fragments()).to_table()) == list(range(100))


def test_keys_and_endpoint_of_the_environment(uri, options, monkeypatch):
    write_deltalake(uri, ROWS, storage_options=options)
    for name, value in options.items():
        monkeypatch.setenv(name.upper() if name.startswith("aws_") else "AWS_ALLOW_HTTP", value)
    assert ids(next(DeltaTable(uri).to_pyarrow_dataset().get_fragments()).to_table()) == list(range(100))


def test_what_pyarrow_lacks_is_named(uri, options):
    write_deltalake(uri, ROWS, storage_options=options)
    table = DeltaTable(uri, storage_options={**options, "aws_profile": "work"})
    with pytest.raises(NotImplementedError, match="aws_profile"):
        table.to_pyarrow_dataset().get_fragments()
    assert SECRET not in repr(table.to_pyarrow_dataset())


def test_deletion_vectors_are_refused_not_ignored(uri, options):
    vectors = {"delta.enableDeletionVectors": "true"}
    write_deltalake(uri, ROWS, configuration=vectors, storage_options=options)
    table = DeltaTable(uri, storage_options=options)
    table.delete("id = 5")
    with pytest.raises(DeltaProtocolError, match="deletionVectors"):
        table.to_pyarrow_dataset().get_fragments()
    assert table.to_pyarrow_dataset().count_rows() == 99
