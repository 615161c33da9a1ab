"""How many requests reach an S3 server for what users do: no more than the work needs."""

import re

import deltalake
import pyarrow as pa
import pytest
from deltaic import DeltaTable, write_deltalake

ROWS = pa.table({"id": pa.array(range(10), pa.int64())})
COMMITS = 5


@pytest.fixture
def table(uri, options):
    """Five commits of ten rows."""
    for _ in range(COMMITS):
        deltalake.write_deltalake(uri, ROWS, mode="append", storage_options=options)
    return uri


def kinds(proxy) -> list[str]:
    """What was asked for, sorted: "GET commit", "LIST log"."""
    names = [
        (r"list-type=2.*_delta_log", "LIST log"),
        (r"/_last_checkpoint$", "hint"),
        (r"/\d{20}\.json$", "commit"),
        (r"/\d{20}\.checkpoint.*parquet$", "checkpoint"),
        (r"\.parquet", "data"),
    ]
    found = []
    for one in proxy.log():
        name = next((name for pattern, name in names if re.search(pattern, one["target"])), one["target"])
        found.append(name if name.startswith("LIST") else f"{one['method']} {name}")
    return sorted(found)


def test_open_without_checkpoint(table, faults, faulty):
    DeltaTable(table, storage_options=faulty)
    assert kinds(faults) == sorted(["GET hint", "LIST log", *["GET commit"] * COMMITS])


def test_open_with_checkpoint(table, options, faults, faulty):
    deltalake.DeltaTable(table, storage_options=options).create_checkpoint()
    deltalake.write_deltalake(table, ROWS, mode="append", storage_options=options)
    faults.rules()
    opened = DeltaTable(table, storage_options=faulty)
    assert opened.version() == COMMITS
    assert kinds(faults) == ["GET checkpoint", "GET commit", "GET hint", "LIST log"]


def test_refresh(table, faults, faulty):
    opened = DeltaTable(table, storage_options=faulty)
    faults.rules()
    opened.update_incremental()
    assert len(kinds(faults)) == 1


def test_append_to_an_open_table(table, faults, faulty):
    opened = DeltaTable(table, storage_options=faulty)
    write_deltalake(opened, ROWS, mode="append")  # the store's conditions are probed once
    faults.rules()
    write_deltalake(opened, ROWS, mode="append")
    assert kinds(faults) == ["GET commit", "PUT commit", "PUT data"]


def test_append_by_uri(table, faults, faulty):
    write_deltalake(table, ROWS, mode="append", storage_options=faulty)
    faults.rules()
    write_deltalake(table, ROWS, mode="append", storage_options=faulty)
    # Opening, a look whether the table is still the same one, the data, the commit.
    wanted = ["GET hint", "LIST log", *["GET commit"] * (COMMITS + 2), "PUT commit", "PUT data"]
    assert kinds(faults) == sorted(wanted)


def test_small_files_are_read_by_one_request_each(table, faults, faulty):
    opened = DeltaTable(table, storage_options=faulty)
    faults.rules()
    assert opened.to_pyarrow_table().num_rows == 10 * COMMITS
    assert kinds(faults) == ["GET data"] * COMMITS


def test_one_column_of_large_files(uri, options, faults, faulty):
    wide = pa.table({f"c{i}": pa.array([j * 7919 + i for j in range(100_000)], pa.int64()) for i in range(30)})
    deltalake.write_deltalake(uri, wide, storage_options=options)
    opened = DeltaTable(uri, storage_options=faulty)
    faults.rules()
    assert opened.to_pyarrow_table(columns=["c15"]).num_rows == 100_000
    assert kinds(faults) == ["GET data"] * 2, "the footer, and the column"
    assert sum(one["got"] for one in faults.log()) < 2 << 20


@pytest.mark.parametrize("rows", [200_000])
def test_column_chunks_longer_than_memory_come_whole_and_once(uri, options, faults, faulty, rows):
    """Of a row group larger than what is fetched at once, by requests side by side."""
    noise = pa.array([(j * 0x9E3779B97F4A7C15 + 1) & ((1 << 63) - 1) for j in range(rows)], pa.int64())
    wide = pa.table({f"c{i:02}": noise for i in range(26)})
    properties = deltalake.WriterProperties(compression="UNCOMPRESSED")
    deltalake.write_deltalake(uri, wide, storage_options=options, writer_properties=properties)
    opened = DeltaTable(uri, storage_options=faulty)
    size = opened.get_add_actions(flatten=True).to_pydict()["size_bytes"]
    faults.rules()
    got = opened.to_pyarrow_table()
    assert got.column("c25").combine_chunks().equals(noise)
    assert got.num_rows == rows
    assert sum(one["got"] for one in faults.log()) < 1.01 * sum(size) + (1 << 17)


def test_range_whose_answer_breaks_off_goes_on_from_there(uri, options, faults, faulty):
    noise = pa.array([(j * 0x9E3779B97F4A7C15 + 1) & ((1 << 63) - 1) for j in range(300_000)], pa.int64())
    deltalake.write_deltalake(uri, pa.table({"id": noise}), storage_options=options)
    opened = DeltaTable(uri, storage_options=faulty)
    faults.rules(
        {"method": "GET", "header": {"range": "bytes=(4|500004)-"}, "times": 2, "action": "cut", "bytes": 500_000}
    )
    assert opened.to_pyarrow_table().column("id").combine_chunks().equals(noise)
    assert faults.acted() == 2
    begins = [int(one["range"].removeprefix("bytes=").split("-")[0]) for one in faults.log() if "range" in one]
    resumed = [begin for begin in begins if 4 < begin < 1_100_000]
    assert len(resumed) == 2 and resumed[0] < resumed[1], begins
