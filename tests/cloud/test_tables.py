"""Tables on S3 through Python and the command line, and the same tables through deltalake."""

import json
import random

import deltalake
import pyarrow as pa
import pytest
import servers
from deltaic import DeltaTable, write_deltalake
from deltaic.exceptions import NotYetSupportedError

ROWS = pa.table({"id": pa.array(range(100), pa.int64()), "name": [f"n{i % 7}" for i in range(100)]})


def rows_of(table: pa.Table) -> list[dict]:
    return sorted(table.to_pylist(), key=lambda row: row["id"])


def peer(uri, options):
    return deltalake.DeltaTable(uri, storage_options={**options, "aws_conditional_put": "etag"})


def peers_rows(uri, options):
    return rows_of(pa.table(peer(uri, options).to_pyarrow_table()))


def test_write_append_delete_merge_read_and_checkpoint(uri, options):
    write_deltalake(uri, ROWS, storage_options=options, partition_by=["name"])
    write_deltalake(uri, ROWS.slice(0, 3), mode="append", storage_options=options)
    table = DeltaTable(uri, storage_options=options)
    assert table.version() == 1
    assert table.delete("id < 50")["num_deleted_rows"] == 53
    source = pa.table({"id": pa.array([50, 1000], pa.int64()), "name": ["changed", "new"]})
    (
        table.merge(source, "t.id = s.id", source_alias="s", target_alias="t")
        .when_matched_update_all()
        .when_not_matched_insert_all()
        .execute()
    )
    table.create_checkpoint()
    write_deltalake(uri, ROWS.slice(0, 1), mode="append", storage_options=options)
    ours = rows_of(DeltaTable(uri, storage_options=options).to_pyarrow_table())
    assert [row["id"] for row in ours] == [0, *range(50, 100), 1000]
    assert next(row for row in ours if row["id"] == 50)["name"] == "changed"
    assert peers_rows(uri, options) == ours


def test_tables_of_deltalake_read_and_appended(uri, options):
    deltalake.write_deltalake(uri, ROWS, storage_options=options)
    deltalake.write_deltalake(uri, ROWS.slice(0, 5), mode="append", storage_options=options)
    peer(uri, options).create_checkpoint()
    write_deltalake(uri, ROWS.slice(5, 5), mode="append", storage_options=options)
    table = DeltaTable(uri, storage_options=options)
    assert table.version() == 2
    assert rows_of(table.to_pyarrow_table()) == peers_rows(uri, options)
    assert table.to_pyarrow_table().num_rows == 110


def test_file_of_several_parts(uri, options):
    """Over 8 MiB: a multipart upload, read back by ranges."""
    noise = random.Random(1)
    large = pa.table({"id": pa.array(range(40), pa.int64()), "blob": [noise.randbytes(1 << 19) for _ in range(40)]})
    write_deltalake(uri, large, storage_options=options)
    table = DeltaTable(uri, storage_options=options)
    assert max(file["size_bytes"] for file in table.get_add_actions(flatten=True).to_pylist()) > 16 << 20
    assert rows_of(table.to_pyarrow_table()) == rows_of(large)
    assert peers_rows(uri, options) == rows_of(large)


def test_command_line(uri, options, deltaic, tmp_path):
    cities = servers.ROOT / "examples/data/cities.csv"
    done = deltaic("write", uri, cities, "--partition-by", "country")
    assert done.returncode == 0, done.stderr
    done = deltaic("history", uri, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)
    assert DeltaTable(uri, storage_options=options).to_pyarrow_table().num_rows == 5


def test_settings_of_the_environment(uri, options, monkeypatch):
    for name, value in options.items():
        monkeypatch.setenv(name.upper() if name.startswith("aws_") else f"AWS_{name.upper()}", value)
    write_deltalake(uri, ROWS)
    assert DeltaTable(uri).to_pyarrow_table().num_rows == 100


def test_vacuum(uri, options, faulty):
    for _i in range(3):
        write_deltalake(uri, ROWS, mode="overwrite", storage_options=options)
    table = DeltaTable(uri, storage_options=faulty)
    try:
        table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    except NotYetSupportedError as error:
        pytest.skip(str(error))
    assert DeltaTable(uri, storage_options=options).to_pyarrow_table().num_rows == 100


def test_without_libcurl_the_package_is_named(uri, deltaic, monkeypatch):
    monkeypatch.setenv("DELTAIC_LIBCURL", "libcurl-of-nobody.so.4")
    done = deltaic("info", uri)
    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) == 1
    assert "libcurl-of-nobody.so.4" in done.stderr and "apt install libcurl4" in done.stderr
