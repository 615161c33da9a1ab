"""``to_pyarrow_dataset`` as those have it who hand it to duckdb, polars, pandas or pyarrow."""

import datetime
import decimal
import math
import pickle

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pytest
from conftest import on_disk
from deltaic import DeltaTable, write_deltalake
from deltaic.exceptions import DeltaError, DeltaProtocolError
from tables import deletion_vector_table, mapped_table

UTC = datetime.timezone.utc
ROWS = pa.table(
    {
        "id": pa.array([1, 2, 3, 4, 5, None], pa.int64()),
        "small": pa.array([1, None, 3, 4, 5, 6], pa.int16()),
        "text": ["a", "b", None, "it's", "é", ""],
        "real": pa.array([1.5, math.nan, None, -0.0, math.inf, -math.inf]),
        "price": pa.array(
            [decimal.Decimal("1.50"), None, decimal.Decimal("-3"), None, None, None], pa.decimal128(9, 2)
        ),
        "flag": [True, False, None, True, False, None],
        "day": [datetime.date(2024, 1, day) if day else None for day in (1, 2, 0, 4, 5, 6)],
        "at": pa.array([datetime.datetime(2024, 1, day, tzinfo=UTC) for day in range(1, 7)], pa.timestamp("us", "UTC")),
        "local": pa.array([datetime.datetime(2024, 1, day) for day in range(1, 7)], pa.timestamp("us")),
        "bytes": pa.array([b"x", b"", None, b"\xff", b"y", b"z"]),
        "s": [{"a": 1, "b": {"c": "x"}}, {"a": None, "b": None}, None, {"a": 4, "b": {"c": None}}, None, None],
        "part": ["x", "x", "x", "y", "y", None],
    }
)

FIELD = ds.field
FILTERS = [
    FIELD("id") > 3,
    3 < FIELD("id"),
    FIELD("id") == 2,
    FIELD("id") != 2,
    ~(FIELD("id") > 3),
    FIELD("small") <= 4,
    FIELD("small").isin([1, 3, 70_000]),
    ~FIELD("small").isin([1, 3]),
    ~FIELD("id").isin([1, None]),
    FIELD("id").isin([1, None]),
    FIELD("id").isin([]),
    ~FIELD("id").isin([]),
    FIELD("text") == "it's",
    FIELD("text") >= "b",
    FIELD("text").isin(["", "é"]),
    FIELD("text").is_null(),
    ~FIELD("text").is_null(),
    FIELD("text").is_valid() & (FIELD("part") == "x"),
    FIELD("real") > 0,
    ~(FIELD("real") > 0),
    FIELD("real") < 1.5,
    ~(FIELD("real") < 1.5),
    FIELD("real") == 0.0,
    FIELD("real") == math.nan,
    FIELD("real") != 1.5,
    FIELD("real").isin([0.0, 1.5]),
    ~FIELD("real").isin([0.0, 1.5]),
    ~FIELD("real").isin([-0.0]),
    FIELD("real").is_null(nan_is_null=True),
    ~FIELD("real").is_null(nan_is_null=True),
    FIELD("real") == pa.scalar(1.5, pa.float32()),
    FIELD("price") == decimal.Decimal("1.5"),
    FIELD("price") < decimal.Decimal("0.00"),
    FIELD("flag"),
    ~FIELD("flag"),
    FIELD("day") >= datetime.date(2024, 1, 4),
    FIELD("at") < datetime.datetime(2024, 1, 3, tzinfo=UTC),
    FIELD("at") == pa.scalar(datetime.datetime(2024, 1, 3, tzinfo=UTC), pa.timestamp("ns", "UTC")),
    FIELD("local") > datetime.datetime(2024, 1, 3),
    FIELD("bytes") == b"\xff",
    FIELD("s", "a") == 4,
    FIELD("s", "b", "c") == "x",
    FIELD("part").is_null(),
    (FIELD("part") == "y") | (FIELD("id") == 1),
    (FIELD("part") == "y") | (pc.utf8_length(FIELD("text")) == 1),
    (FIELD("part") == "x") & (pc.utf8_length(FIELD("text")) == 1),
    ~((FIELD("part") == "x") & (pc.utf8_length(FIELD("text")) == 1)),
    pc.starts_with(FIELD("text"), "it"),
    FIELD("id") == FIELD("small"),
    FIELD("id").cast(pa.float64()) > 2.5,
    ds.scalar(True),
    ds.scalar(False),
    FIELD("id") == pa.scalar(None, pa.int64()),
]


@pytest.fixture
def table(uri) -> DeltaTable:
    write_deltalake(uri, ROWS, partition_by=["part"])
    return DeltaTable(uri)


def key(rows: pa.Table) -> list[str]:
    return sorted(repr(row) for row in rows.to_pylist())


@pytest.mark.parametrize("condition", FILTERS, ids=str)
def test_filter_keeps_the_rows_that_pyarrow_keeps(table, condition):
    expected = ROWS.filter(condition) if not condition.equals(ds.scalar(True)) else ROWS
    dataset = table.to_pyarrow_dataset()
    assert key(dataset.to_table(filter=condition)) == key(expected)
    assert key(table.to_pyarrow_table(filters=condition)) == key(expected)
    assert dataset.count_rows(filter=condition) == expected.num_rows
    only_ids = dataset.to_table(columns=["id"], filter=condition)
    assert only_ids.schema.names == ["id"]
    assert key(only_ids) == key(expected.select(["id"]))


def test_chain_of_many_conditions_is_read(table):
    condition = FIELD("id") == -1
    for value in range(400):
        condition = condition | (FIELD("id") == value)
    assert table.to_pyarrow_dataset().count_rows(filter=condition) == 5
    deep = FIELD("id") == 1
    for _ in range(300):
        deep = ~deep
    assert table.to_pyarrow_dataset().count_rows(filter=deep) == 1


def test_filter_and_columns_reach_the_scan(table):
    dataset = table.to_pyarrow_dataset()
    stream, scanner = dataset._open(["text"], (FIELD("part") == "y") & (FIELD("id") > 4))
    assert scanner.to_table().to_pydict() == {"text": ["é"]}
    metrics = stream.metrics()
    assert metrics["filesPrunedByPartition"] == 2
    assert metrics["filesRead"] == 1
    assert stream.schema.to_arrow().names == ["id", "text", "part"]


def test_columns_may_be_computed_repeated_or_none(table):
    dataset = table.to_pyarrow_dataset()
    computed = dataset.to_table(columns={"twice": pc.add(FIELD("id"), FIELD("id"))}, filter=FIELD("part") == "y")
    assert sorted(computed["twice"].to_pylist()) == [8, 10]
    assert dataset.to_table(columns=["part", "id", "part"]).schema.names == ["part", "id", "part"]
    none = dataset.to_table(columns=[])
    assert (none.num_columns, none.num_rows) == (0, 6)
    with pytest.raises(pa.ArrowInvalid, match="nothing"):
        dataset.to_table(columns=["nothing"])


def test_each_read_is_a_new_one_and_the_version_stays(table):
    dataset = table.to_pyarrow_dataset()
    write_deltalake(table, ROWS, mode="append")
    assert table.count() == 12
    assert dataset.count_rows() == dataset.to_table().num_rows == dataset.to_table().num_rows == 6


def test_batches_stream(uri):
    write_deltalake(uri, pa.table({"n": pa.array(range(100_000))}))
    dataset = DeltaTable(uri).to_pyarrow_dataset()
    sizes = [batch.num_rows for batch in dataset.to_batches(batch_size=1000)]
    assert max(sizes) <= 1000
    assert sum(sizes) == 100_000
    assert next(iter(dataset.to_batches(columns=["n"]))).num_rows > 0
    assert dataset.head(10).num_rows == 10
    assert dataset.head(10, filter=FIELD("n") >= 99_995).num_rows == 5
    assert dataset.take([5, 3])["n"].to_pylist() == dataset.to_table().take([5, 3])["n"].to_pylist()


def test_rows_keep_their_places(table):
    for _ in range(2):
        write_deltalake(table, ROWS, mode="append")
    dataset, rows = table.to_pyarrow_dataset(), table.to_pyarrow_table()
    assert repr(dataset.to_table().to_pylist()) == repr(rows.to_pylist())
    assert repr(pa.Table.from_batches(dataset.to_batches(), rows.schema).to_pylist()) == repr(rows.to_pylist())
    assert repr(dataset.take([15, 2]).to_pylist()) == repr(rows.take([15, 2]).to_pylist())
    assert repr(dataset.head(7).to_pylist()) == repr(rows.slice(0, 7).to_pylist())


def test_duckdb_reads_it_with_its_filters(table):
    dataset = table.to_pyarrow_dataset()
    assert dataset.count_rows() == 6
    assert duckdb.sql("SELECT count(*) FROM dataset").fetchall() == [(6,)]
    assert duckdb.sql("SELECT text FROM dataset WHERE part = 'y' AND id > 4").fetchall() == [("é",)]
    assert duckdb.sql("SELECT id FROM dataset WHERE id IN (1, 2, 9) ORDER BY 1").fetchall() == [(1,), (2,)]
    assert duckdb.sql("SELECT s.b.c FROM dataset WHERE s.b.c = 'x'").fetchall() == [("x",)]
    by_part = (
        "SELECT part, sum(id) FROM dataset WHERE \"at\" >= '2024-01-02 00:00:00+00' GROUP BY 1 ORDER BY 1 NULLS LAST"
    )
    assert duckdb.sql(by_part).fetchall() == [("x", 5), ("y", 9), (None, None)]


def test_duckdb_reads_the_table_itself_and_a_scan(table):
    assert duckdb.from_arrow(table).count("*").fetchall() == [(6,)]
    scan = table.scan(columns=["id"], predicate="id <= 2")
    assert sorted(duckdb.from_arrow(scan).fetchall()) == [(1,), (2,)]


def test_polars_reads_it_lazily(table):
    frame = pl.scan_pyarrow_dataset(table.to_pyarrow_dataset())
    found = frame.filter((pl.col("part") == "y") & pl.col("id").is_in([4, 9])).select("text").collect()
    assert found["text"].to_list() == ["it's"]
    assert frame.select(pl.len()).collect().item() == 6
    assert frame.head(2).collect().height == 2
    large = pl.scan_pyarrow_dataset(table.to_pyarrow_dataset(as_large_types=True)).collect()
    assert large.height == 6


def test_polars_takes_the_table_and_a_scan(table):
    assert pl.DataFrame(table).height == 6
    assert pl.DataFrame(table.scan(columns=["id"])).columns == ["id"]
    rows = pl.from_arrow(table.scan(predicate="part = 'y'"))  # of any stream polars makes a column of structs
    assert rows.struct.field("id").sort().to_list() == [4, 5]


def test_pandas_takes_it(table):
    frame = table.to_pyarrow_dataset().to_table(columns=["id"], filter=FIELD("id") < 3).to_pandas()
    assert sorted(frame["id"]) == [1, 2]
    assert len(pd.DataFrame.from_arrow(table)) == len(pd.DataFrame.from_arrow(table.scan())) == 6


def test_pyarrow_writes_joins_and_sorts_it(table, tmp_path):
    dataset = table.to_pyarrow_dataset()
    ds.write_dataset(dataset.scanner(columns=["id", "text"]), tmp_path / "out", format="parquet")
    assert ds.dataset(tmp_path / "out").count_rows() == 6
    ds.write_dataset(dataset.filter(FIELD("id") > 3), tmp_path / "some", format="parquet")
    assert ds.dataset(tmp_path / "some").count_rows() == 2
    assert dataset.sort_by([("id", "descending")]).to_table()["id"].to_pylist()[0] == 5
    right = ds.dataset(pa.table({"id": [1, 2], "more": ["p", "q"]}))
    joined = table.to_pyarrow_dataset(schema=pa.schema([("id", pa.int64())])).join(right, "id", join_type="inner")
    assert sorted(joined.to_table()["more"].to_pylist()) == ["p", "q"]


def test_filters_of_filters_join(table):
    dataset = table.to_pyarrow_dataset(file_pruning_predicate="part = 'x'")
    assert sorted(dataset.to_table()["id"].to_pylist()) == [1, 2, 3]
    some = dataset.filter(FIELD("id") > 1).filter(FIELD("id") < 3)
    assert some.to_table(columns=["id"]).to_pydict() == {"id": [2]}
    assert some.count_rows() == some.head(5).num_rows == 1
    assert dataset.count_rows() == 3
    assert len(dataset.files) == 1


def test_schema_casts_and_leaves_out_columns(table):
    wanted = pa.schema([("small", pa.int64()), ("text", pa.large_string())])
    for dataset in (table.to_pyarrow_dataset(schema=wanted), table.to_pyarrow_dataset().replace_schema(wanted)):
        rows = dataset.to_table(filter=FIELD("small") >= 4)
        assert rows.schema == wanted == dataset.schema
        assert sorted(rows["text"].to_pylist()) == ["", "it's", "é"]
    large = table.to_pyarrow_dataset(as_large_types=True)
    assert large.schema.field("text").type == pa.large_string()
    assert large.to_table().schema == large.schema


def test_filters_are_over_the_columns_as_they_are_cast(uri):
    write_deltalake(uri, pa.table({"id": [1, 2, 3], "x": [0.1, 0.1000000001, 0.5]}))
    narrow = DeltaTable(uri).to_pyarrow_dataset(schema=pa.schema([("id", pa.int64()), ("x", pa.float32())]))
    for condition in (FIELD("x") == pa.scalar(0.1, pa.float32()), ~FIELD("x").isin(pa.array([0.1], pa.float32()))):
        assert key(narrow.to_table(filter=condition)) == key(narrow.to_table().filter(condition)) != []
    assert narrow._pushdown(None, FIELD("id") == 1)[1] == "(id = 1L)"


def test_pickled_dataset_reads_the_same_version(table):
    dataset = table.to_pyarrow_dataset(file_pruning_predicate="part = 'x'").filter(FIELD("id") > 1)
    write_deltalake(table, ROWS, mode="append")
    copy = pickle.loads(pickle.dumps(dataset))
    assert sorted(copy.to_table()["id"].to_pylist()) == [2, 3]


def test_failure_of_the_scan_is_the_error(uri):
    write_deltalake(uri, ROWS)
    dataset = DeltaTable(uri).to_pyarrow_dataset()
    file = dataset.files[0]
    with on_disk(file).open("r+b") as out:
        out.truncate(20)
    with pytest.raises(DeltaError, match="data file"):
        dataset.to_table()
    with pytest.raises(DeltaError, match="data file"):
        list(dataset.to_batches())


def test_pyarrow_reads_it_from_inside(table, uri):
    """A union and Scanner.from_dataset go past the dataset's Python methods."""
    dataset = table.to_pyarrow_dataset()
    assert key(ds.Scanner.from_dataset(dataset).to_table()) == key(ROWS)
    assert ds.Scanner.from_dataset(dataset, columns=["id"], filter=FIELD("id") > 3).to_table().num_rows == 2
    both = ds.dataset([dataset, table.to_pyarrow_dataset(file_pruning_predicate="part = 'x'")])
    del dataset
    assert key(both.to_table()) == sorted(key(ROWS) + key(ROWS.filter(FIELD("part") == "x")))
    some = table.to_pyarrow_dataset().filter(FIELD("id") == 1)
    assert ds.Scanner.from_dataset(some).count_rows() == 1
    narrow = table.to_pyarrow_dataset(schema=pa.schema([("small", pa.int64())]))
    assert ds.Scanner.from_dataset(narrow).to_table().schema == pa.schema([("small", pa.int64())])
    ds.write_dataset(table.to_pyarrow_dataset(), f"{uri}-copy", format="parquet")
    assert key(ds.dataset(f"{uri}-copy").to_table()) == key(ROWS)


def test_union_of_tables_with_deletion_vectors_and_mapped_columns(tmp_path):
    deletion_vector_table(str(tmp_path / "vectors"))
    mapped_table(str(tmp_path / "mapped"))
    vectors = DeltaTable(tmp_path / "vectors").to_pyarrow_dataset()
    assert ds.dataset([vectors, vectors]).to_table().num_rows == 10
    mapped = DeltaTable(tmp_path / "mapped").to_pyarrow_dataset()
    assert sorted(ds.Scanner.from_dataset(mapped).to_table()["new name"].to_pylist()) == [1, 2, 3]


def test_its_filesystem_has_its_files(table, uri):
    on_disk(uri)  # Far away, fragments want a filesystem.
    dataset = table.to_pyarrow_dataset()
    fragments = list(dataset.get_fragments())
    assert sorted(fragment.path for fragment in fragments) == sorted(dataset.files)
    assert all(info.is_file for info in dataset.filesystem.get_file_info([f.path for f in fragments]))
    write_deltalake("memory://dataset/filesystem", ROWS)
    with pytest.raises(NotImplementedError, match="filesystem"):
        _ = DeltaTable("memory://dataset/filesystem").to_pyarrow_dataset().filesystem


def test_fragments_are_left_out_by_what_the_log_says(uri):
    on_disk(uri)  # Far away, fragments want a filesystem.
    for start in (0, 100, 200):
        ids = pa.array(range(start, start + 100), pa.int64())
        texts = [f"t{start + n:04}" for n in range(100)]
        reals = [math.nan if n == 7 else float(start + n) for n in range(100)]
        nulls = pa.array([None] * 100 if start == 200 else range(100), pa.int32())
        at = pa.array([start * 10**6 + n for n in range(100)], pa.timestamp("us", "UTC"))
        columns = {"id": ids, "text": texts, "real": reals, "maybe": nulls, "at": at}
        write_deltalake(uri, pa.table(columns), mode="append")
    dataset = DeltaTable(uri).to_pyarrow_dataset()

    def number(condition: pc.Expression) -> int:
        return len(list(dataset.get_fragments(condition)))

    assert number(FIELD("id") < 100) == 1
    assert number(FIELD("id") == 150) == 1
    assert number(FIELD("text") >= "t0150") == 2
    assert number(FIELD("maybe").is_valid()) == 2
    assert number(FIELD("maybe") > 1000) == 0
    assert number(FIELD("real") < -1) == 3  # NaN is outside of bounds
    assert number(FIELD("at") == pa.scalar(100 * 10**6 + 99, pa.timestamp("us", "UTC"))) == 1
    rows = DeltaTable(uri).to_pyarrow_table()
    for condition in (FIELD("id") > 150, FIELD("maybe").is_null(), FIELD("text") == "t0101"):
        fragments = dataset.get_fragments(condition)
        read = pa.concat_tables([f.to_table(schema=dataset.schema, filter=condition) for f in fragments])
        assert key(read) == key(rows.filter(condition))


def test_dictionary_columns_are_read_as_such(uri):
    on_disk(uri)  # Far away, fragments want a filesystem.
    write_deltalake(uri, ROWS)
    options = ds.ParquetReadOptions(dictionary_columns=["text"])
    dataset = DeltaTable(uri).to_pyarrow_dataset(parquet_read_options=options)
    assert dataset.schema.field("text").type == pa.dictionary(pa.int32(), pa.string())
    assert dataset.to_table()["text"].type == pa.dictionary(pa.int32(), pa.string())
    assert dataset.to_table()["text"].cast(pa.string()).to_pylist() == ROWS["text"].to_pylist()


def test_deleted_rows_are_not_read(uri):
    deletion_vector_table(uri)
    table = DeltaTable(uri)
    dataset = table.to_pyarrow_dataset()
    assert dataset.to_table().to_pydict() == {"n": [0, 2, 4, 6, 7]}
    assert dataset.count_rows() == table.count() == 5
    assert dataset.to_table(filter=FIELD("n") < 4).to_pydict() == {"n": [0, 2]}
    assert duckdb.sql("SELECT sum(n) FROM dataset").fetchall() == [(19,)]
    assert pl.scan_pyarrow_dataset(dataset).filter(pl.col("n") > 3).collect()["n"].to_list() == [4, 6, 7]
    with pytest.raises(DeltaProtocolError, match="deletionVectors"):
        list(dataset.get_fragments())


def test_renamed_columns_are_read_by_their_physical_names(uri):
    mapped_table(uri)
    dataset = DeltaTable(uri).to_pyarrow_dataset()
    assert key(dataset.to_table()) == key(pa.table({"new name": [1, 2, 3], "p": ["a", "a", None]}))
    assert dataset.to_table(filter=FIELD("new name") == 2, columns=["p"]).to_pydict() == {"p": ["a"]}
    assert duckdb.sql('SELECT p FROM dataset WHERE "new name" = 3').fetchall() == [(None,)]
    with pytest.raises(DeltaProtocolError, match="columnMapping"):
        list(dataset.get_fragments())


def test_pyarrow_reads_the_files_where_a_filesystem_is_given(table, uri):
    import pyarrow.fs

    below = pyarrow.fs.SubTreeFileSystem(str(on_disk(uri)), pyarrow.fs.LocalFileSystem())
    dataset = table.to_pyarrow_dataset(filesystem=below)
    assert key(dataset.to_table(filter=FIELD("part") == "y")) == key(ROWS.filter(FIELD("part") == "y"))
    rows = table.to_pyarrow_table(filesystem=below, columns=["id"], filters=[("id", ">", 3)])
    assert sorted(rows["id"].to_pylist()) == [4, 5]
    with pytest.raises(NotImplementedError, match="not SQL"):
        table.to_pyarrow_table(filesystem=below, filters="id > 3")


def test_guarantees_are_those_of_their_files(uri):
    """Listings of many commits come in no fixed order."""
    on_disk(uri)  # Far away, fragments want a filesystem.
    for number in range(20):
        write_deltalake(uri, pa.table({"id": [number], "p": [f"a b/{number}%"]}), mode="append", partition_by=["p"])
    dataset = DeltaTable(uri).to_pyarrow_dataset()
    for _ in range(20):
        for fragment in dataset.get_fragments():
            row = fragment.to_table(schema=dataset.schema).to_pylist()[0]
            assert row["p"] == f"a b/{row['id']}%"
    sizes = DeltaTable(uri)._table.get_add_file_sizes()
    assert {f"{uri}/{path}" for path in sizes} == set(dataset.files)
