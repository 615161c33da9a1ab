"""What is written from any Arrow library comes back value for value."""

import datetime
import decimal

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from conftest import by_id
from deltaic import DeltaTable, write_deltalake
from deltaic.exceptions import InvalidArgumentError

EVERY_TYPE = pa.table(
    {
        "id": pa.array([1, 2, 3], pa.int64()),
        "i32": pa.array([1, None, -3], pa.int32()),
        "i16": pa.array([1, None, -3], pa.int16()),
        "i8": pa.array([1, None, -3], pa.int8()),
        "f32": pa.array([1.5, None, float("inf")], pa.float32()),
        "f64": pa.array([1.5, None, -0.0], pa.float64()),
        "flag": pa.array([True, None, False]),
        "text": pa.array(["é", None, ""]),
        "bytes": pa.array([b"\x00\xff", None, b""], pa.binary()),
        "day": pa.array([datetime.date(1969, 12, 31), None, datetime.date(2024, 2, 29)]),
        "at": pa.array([-1, None, 1_700_000_000_123_456], pa.timestamp("us", "UTC")),
        "local": pa.array([-1, None, 1_700_000_000_123_456], pa.timestamp("us")),
        "money": pa.array([decimal.Decimal("12.50"), None, decimal.Decimal("-0.01")], pa.decimal128(12, 2)),
        "list": pa.array([[1, None], None, []], pa.list_(pa.int64())),
        "struct": pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": None}]),
        "map": pa.array([[("k", 1)], None, []], pa.map_(pa.string(), pa.int64())),
    }
)


def test_every_type_from_pyarrow(uri):
    write_deltalake(uri, EVERY_TYPE)
    assert by_id(DeltaTable(uri).to_pyarrow_table()) == EVERY_TYPE.to_pylist()


@pytest.mark.parametrize(
    "make",
    [
        lambda rows: rows,
        lambda rows: rows.to_batches()[0],
        lambda rows: rows.slice(0, 2).to_batches() + rows.slice(2).to_batches(),
        lambda rows: rows.to_reader(max_chunksize=1),
        lambda rows: pl.from_arrow(rows),
        lambda rows: rows.to_pandas(types_mapper=pd.ArrowDtype),
        lambda rows: duckdb.from_arrow(rows),
        lambda rows: duckdb.sql("SELECT * FROM rows"),
        lambda rows: rows.set_column(1, "name", rows["name"].dictionary_encode()),
        lambda rows: rows.set_column(1, "name", rows["name"].cast(pa.large_string())),
        lambda rows: rows.set_column(1, "name", rows["name"].cast(pa.string_view())),
    ],
    ids=["table", "batch", "batches", "reader", "polars", "pandas", "duckdb", "query", "dictionary", "large", "view"],
)
def test_any_arrow_object_can_be_written(uri, rows, make):
    write_deltalake(uri, make(rows), partition_by="part")
    assert by_id(DeltaTable(uri).to_pyarrow_table()) == rows.to_pylist()


def test_plain_pandas_frame(uri):
    write_deltalake(uri, pd.DataFrame({"id": [1, 2], "name": ["a", None]}))
    assert by_id(DeltaTable(uri).to_pyarrow_table()) == [{"id": 1, "name": "a"}, {"id": 2, "name": None}]


def test_table_is_read_by_every_arrow_library(partitioned, rows):
    dt = DeltaTable(partitioned)
    expected = rows.to_pylist()
    assert by_id(pa.table(dt)) == expected
    assert by_id(pl.DataFrame(dt).to_arrow()) == expected
    assert by_id(duckdb.sql("SELECT * FROM dt").to_arrow_table().cast(rows.schema)) == expected
    assert duckdb.from_arrow(dt.scan(columns=["id"])).sum("id").fetchall() == [(10,)]
    assert by_id(pa.Table.from_pandas(dt.to_pandas(), rows.schema, preserve_index=False)) == expected


def test_table_can_be_written_from_another_table(partitioned, tmp_path, rows):
    write_deltalake(tmp_path / "copy", DeltaTable(partitioned))
    assert by_id(DeltaTable(tmp_path / "copy").to_pyarrow_table()) == rows.to_pylist()


def test_stream_gives_batches_once(partitioned):
    stream = DeltaTable(partitioned).scan(columns=["id"])
    assert [field.name for field in stream.schema.fields] == ["id"]
    assert sorted(value for batch in stream for value in batch["id"].to_pylist()) == [1, 2, 3, 4]
    with pytest.raises(ValueError, match="consumed"):
        stream.__arrow_c_stream__()


def test_columns_keep_order_and_repetition(partitioned):
    assert DeltaTable(partitioned).to_pyarrow_table(columns=["name", "id", "name"]).column_names == [
        "name",
        "id",
        "name",
    ]


def test_dictionary_strings_have_the_same_values(uri):
    names = pa.table({"name": pa.array(["a", "b"] * 500)})
    write_deltalake(uri, names)
    read = DeltaTable(uri).to_pyarrow_table(dictionary_strings=True)
    assert read.schema.field("name").type == pa.dictionary(pa.int32(), pa.string())
    assert pc.cast(read["name"], pa.string()).combine_chunks() == names["name"].combine_chunks()


def test_dictionary_strings_are_those_of_few_values_or_those_named(uri):
    names = pa.table({"few": ["a", "b"] * 500, "many": [str(i) for i in range(1000)]})
    write_deltalake(uri, names)
    table = DeltaTable(uri)
    dictionary = pa.dictionary(pa.int32(), pa.string())
    assert table.to_pyarrow_table(dictionary_strings=True).schema.types == [dictionary, pa.string()]
    named = table.to_pyarrow_table(dictionary_strings=["MANY"])
    assert named.schema.types == [pa.string(), dictionary]
    assert named["many"].to_pylist() == names["many"].to_pylist()
    with pytest.raises(InvalidArgumentError, match="nane"):
        table.to_pyarrow_table(dictionary_strings=["nane"])


def test_polars_gets_every_type_as_from_arrow(uri):
    write_deltalake(uri, EVERY_TYPE)
    table = DeltaTable(uri)
    frame = table.to_polars(ordered=True)
    assert frame.equals(pl.from_arrow(table.to_pyarrow_table()))
    assert table.to_polars(["text", "id"], "id > 1", ordered=True).rows() == [(None, 2), ("", 3)]


def test_polars_gets_partition_columns_and_texts_of_any_length(uri):
    texts = ["x" * (i % 40) for i in range(2000)]
    rows = pa.table({"part": ["a long name of a part", "b"] * 1000, "text": texts, "n": range(2000)})
    write_deltalake(uri, rows, partition_by=["part"])
    frame = DeltaTable(uri).to_polars().sort("n")
    assert frame.select(rows.column_names).equals(pl.from_arrow(rows))


@pytest.mark.parametrize("data", [[1, 2], {"a": [1]}, "rows", None, []])
def test_what_is_no_arrow_data_is_refused_by_its_type(uri, data):
    with pytest.raises(TypeError, match="__arrow_c_stream__"):
        write_deltalake(uri, data)
    assert not DeltaTable.is_deltatable(uri)


def test_consumed_stream_is_refused(uri, partitioned):
    stream = DeltaTable(partitioned).scan()
    stream.__arrow_c_stream__()
    with pytest.raises(ValueError, match="consumed"):
        write_deltalake(uri, stream)
