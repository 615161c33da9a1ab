"""The change data feed."""

import datetime

import deltalake
import pyarrow as pa
import pytest
from conftest import on_disk
from deltaic import DeltaTable, exceptions, write_deltalake

FEED = {"delta.enableChangeDataFeed": "true"}


@pytest.fixture
def changed(uri: str) -> str:
    """Version 0: rows 1 to 4. 1: row 2 updated. 2: row 3 deleted."""
    rows = pa.table({"id": pa.array([1, 2, 3, 4], pa.int64()), "name": ["a", "b", "c", "d"]})
    write_deltalake(uri, rows, configuration=FEED)
    table = deltalake.DeltaTable(uri)
    table.update({"name": "'B'"}, predicate="id = 2")
    table.delete("id = 3")
    return uri


def changes(stream) -> list[tuple]:
    rows = stream.read_all().to_pylist()
    return [(row["_commit_version"], row["_change_type"], row["id"], row["name"]) for row in rows]


def test_changes_come_by_version(changed):
    feed = changes(DeltaTable(changed).load_cdf())
    assert feed[:4] == [(0, "insert", 1, "a"), (0, "insert", 2, "b"), (0, "insert", 3, "c"), (0, "insert", 4, "d")]
    assert sorted(feed[4:]) == [(1, "update_postimage", 2, "B"), (1, "update_preimage", 2, "b"), (2, "delete", 3, "c")]
    assert changes(DeltaTable(changed).load_cdf(2)) == [(2, "delete", 3, "c")]
    assert len(changes(DeltaTable(changed).load_cdf(1, 1))) == 2
    assert changes(DeltaTable(changed, version=0).load_cdf(2)) == [(2, "delete", 3, "c")], "the newest version counts"


def test_schema_has_the_columns_of_the_feed(changed):
    schema = pa.schema(DeltaTable(changed).load_cdf().schema)
    assert schema.names == ["id", "name", "_change_type", "_commit_version", "_commit_timestamp"]
    assert schema.types[2:] == [pa.string(), pa.int64(), pa.timestamp("us", "UTC")]


def test_columns_and_predicate_take_those_of_the_feed(changed):
    table = DeltaTable(changed)
    stream = table.load_cdf(columns=["_commit_version", "id"], predicate="_change_type = 'delete'")
    assert stream.read_all().to_pylist() == [{"_commit_version": 2, "id": 3}]
    stream = table.load_cdf(predicate="_commit_version = 1")
    assert stream.read_all().num_rows == 2
    assert stream.metrics()["filesRead"] == 1


def test_times_bound_the_range(changed):
    table = DeltaTable(changed)
    times = {entry["version"]: entry["timestamp"] for entry in table.history()}
    feed = table.load_cdf(columns=["_commit_version", "_commit_timestamp"]).read_all().to_pylist()
    second = next(row["_commit_timestamp"] for row in feed if row["_commit_version"] == 1)
    assert abs(second.timestamp() * 1000 - times[1]) < 60_000
    as_text = second.astimezone(datetime.timezone.utc).isoformat()
    assert {row[0] for row in changes(table.load_cdf(starting_timestamp=as_text))} == {1, 2}
    assert {row[0] for row in changes(table.load_cdf(ending_timestamp=as_text))} == {0, 1}
    assert {row[0] for row in changes(table.load_cdf(starting_timestamp=second, ending_timestamp=second))} == {1}
    tomorrow = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)).isoformat()
    assert len(changes(table.load_cdf(ending_timestamp=tomorrow))) == 7
    with pytest.raises(exceptions.InvalidArgumentError, match="after the last commit"):
        table.load_cdf(starting_timestamp=tomorrow)
    assert changes(table.load_cdf(starting_timestamp=tomorrow, allow_out_of_range=True)) == []


def test_ranges_outside_of_the_table_raise_unless_allowed(changed):
    table = DeltaTable(changed)
    with pytest.raises(exceptions.DeltaError, match="newest version") as caught:
        table.load_cdf(3)
    assert type(caught.value) is exceptions.DeltaError, "the table is there, only not this version of it"
    with pytest.raises(exceptions.InvalidArgumentError, match="before they start"):
        table.load_cdf(2, 1)
    for bounds in [(3, None), (2, 1)]:
        assert changes(table.load_cdf(*bounds, allow_out_of_range=True)) == []
    assert changes(table.load_cdf(2, 99)) == [(2, "delete", 3, "c")]


def test_a_table_without_the_feed_says_so(uri, rows):
    write_deltalake(uri, rows)
    with pytest.raises(exceptions.InvalidArgumentError, match=r"off at version 0.*delta\.enableChangeDataFeed"):
        DeltaTable(uri).load_cdf()


def test_files_that_are_gone_are_named_with_their_version(changed):
    for file in (on_disk(changed) / "_change_data").rglob("*.parquet"):
        file.unlink()
    with pytest.raises(exceptions.DeltaError, match=r"changes of version 1: .*_change_data.* is missing"):
        DeltaTable(changed).load_cdf(1).read_all()
