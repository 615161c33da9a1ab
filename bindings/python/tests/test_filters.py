import datetime
import decimal

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from deltaic import DeltaTable, write_deltalake
from deltaic._filters import literal, to_sql

ROWS = pa.table(
    {
        "id": pa.array([1, 2, 3, 4, None], pa.int64()),
        "text": ["10", "9", "a'b", None, ""],
        "day": [datetime.date(2024, 1, day) for day in (1, 2, 3, 4)] + [None],
        "at": pa.array([0, 10**6, 2 * 10**6, None, 3 * 10**6], pa.timestamp("us", "UTC")),
        "money": pa.array([decimal.Decimal("1.10"), decimal.Decimal("2.20"), None, None, None], pa.decimal128(9, 2)),
        "flag": [True, False, None, True, False],
        "x": [1.5, -2.5, None, 4.0, 0.0],
        "s": [{"a": 1}, {"a": 2}, None, {"a": None}, {"a": 5}],
        "b.c": [1, 2, 3, 4, 5],
    }
)

# What pyarrow's own reader of such filters finds is what we must find.
SAME_AS_PYARROW = [
    [("id", "=", 2)],
    [("id", "==", 2)],
    [("id", "!=", 2)],
    [("id", "<", 3)],
    [("id", "<=", 3)],
    [("id", ">", 3)],
    [("id", ">=", 3)],
    [("id", "in", [1, 4])],
    [("id", "in", {1, 4})],
    [("id", "not in", (1, 4))],
    [("text", "=", "a'b")],
    [("text", ">", "10")],
    [("day", ">=", datetime.date(2024, 1, 3))],
    [("at", "<", datetime.datetime(1970, 1, 1, 0, 0, 1, tzinfo=datetime.timezone.utc))],
    [("money", "=", decimal.Decimal("2.20"))],
    [("flag", "=", True)],
    [("x", ">", 0)],
    [("x", "<", -1.5)],
    [("id", ">", 1), ("flag", "=", True)],
    [[("id", "=", 1)], [("id", ">", 2), ("x", "=", 4.0)]],
]


@pytest.fixture(scope="module")
def uri(tmp_path_factory) -> str:
    path = str(tmp_path_factory.mktemp("filters") / "table")
    write_deltalake(path, ROWS)
    return path


@pytest.mark.parametrize("filters", SAME_AS_PYARROW, ids=str)
def test_filter_finds_the_rows_that_pyarrow_finds(uri, filters):
    expected = ROWS.filter(pq.filters_to_expression(filters))
    # pyarrow keeps rows where "not in" meets null; SQL, as deltalake's predicates, does not.
    if any(item[1] == "not in" for item in filters if isinstance(item, tuple)):
        expected = expected.filter(ds.field(filters[0][0]).is_valid())
    found = DeltaTable(uri).to_pyarrow_table(filters=filters)
    assert found["b.c"].to_pylist() == expected["b.c"].to_pylist()


@pytest.mark.parametrize(
    "filters, rows",
    [
        ([("id", ">", 1), ("id", "<", 4), ("id", "!=", 2)], [3]),
        ([[("id", "=", 1)], [("id", "=", 2)], [("id", "=", 4)]], [1, 2, 4]),
        ([("id", "=", None)], [5]),
        ([("id", "!=", None)], [1, 2, 3, 4]),
        ([("id", "in", [1, None])], [1, 5]),
        ([("id", "not in", [1, None])], [2, 3, 4]),
        ([("id", "in", [])], []),
        ([("text", "=", 9)], [2]),
        ([("id", "=", "2")], [2]),
        ([("day", "=", "2024-01-02")], [2]),
        ([("s.a", ">", 1)], [2, 5]),
        ([("b.c", "=", 3)], [3]),
        ("id = 2 OR text = ''", [2, 5]),
    ],
    ids=str,
)
def test_filter_beyond_pyarrow(uri, filters, rows):
    assert DeltaTable(uri).to_pyarrow_table(filters=filters)["b.c"].to_pylist() == rows


def test_pyarrow_expression_may_use_columns_that_are_not_asked_for(uri):
    expression = (ds.field("id") * 2 > 5) & ds.field("flag")
    read = DeltaTable(uri).to_pyarrow_table(columns=["text"], filters=expression)
    assert read.to_pydict() == {"text": [None]}


def test_text_may_hold_nul_in_filters_but_not_in_sql(tmp_path):
    write_deltalake(tmp_path, pa.table({"id": [1, 2, 3], "text": ["a\0b", "a", None]}))
    table = DeltaTable(tmp_path)
    assert table.to_pyarrow_table(filters=[("text", "=", "a\0b")])["id"].to_pylist() == [1]
    assert table.to_pyarrow_table(filters=[("text", "in", ["a\0b", "b"])])["id"].to_pylist() == [1]
    assert table.to_pyarrow_table(filters=ds.field("text") != "a\0b")["id"].to_pylist() == [2]
    for cut_short in (
        lambda: table.scan(predicate="id > 0\0 AND id > 2"),
        lambda: table.scan(columns=["id\0"]),
        lambda: DeltaTable(f"{tmp_path}\0/other"),
    ):
        with pytest.raises(ValueError, match="null character"):
            cut_short()


def test_columns_are_any_iterable_of_names_but_text(uri):
    assert DeltaTable(uri).to_pyarrow_table(columns=iter(["id", "x"])).column_names == ["id", "x"]
    for read in (DeltaTable(uri).to_pyarrow_table, DeltaTable(uri).scan):
        with pytest.raises(TypeError, match="list of names"):
            read(columns="id")
        with pytest.raises(ValueError, match="columns: there is no column idd; did you mean id"):
            read(columns=["idd"])


def test_pandas_takes_the_same_filters(uri):
    assert list(DeltaTable(uri).to_pandas(columns=["b.c"], filters=[("id", ">", 2)])["b.c"]) == [3, 4]


def test_scan_takes_sql(uri):
    assert DeltaTable(uri).scan(columns=["b.c"], predicate="id in (1, 3)").read_all()["b.c"].to_pylist() == [1, 3]


def test_skipped_files_are_counted(tmp_path):
    for start in range(0, 40, 10):
        batch = pa.table({"id": range(start, start + 10), "part": [start % 20] * 10})
        write_deltalake(tmp_path, batch, mode="append", partition_by=None if start else ["part"])
    stream = DeltaTable(tmp_path).scan(predicate="id >= 25 AND part = 0")
    assert stream.read_all().num_rows == 5
    metrics = stream.metrics()
    assert (metrics["filesTotal"], metrics["filesRead"]) == (4, 1)
    assert metrics["filesPrunedByPartition"] + metrics["filesPrunedByStats"] == 3
    assert metrics["rowsReturned"] == 5


@pytest.mark.parametrize(
    "filters",
    [
        [("id", "~", 1)],
        [("id", "in", 1)],
        [("id", "in", "abc")],
        [("id", "<", None)],
        [("id", "=", object())],
        [[], [("id", "=", 1)]],
        [("id", "=", 1), [("id", "=", 2)]],
        [("id", "=")],
        ["id"],
    ],
    ids=str,
)
def test_filter_that_makes_no_sense_is_a_value_error(uri, filters):
    with pytest.raises(ValueError):
        DeltaTable(uri).to_pyarrow_table(filters=filters)


def test_no_filter_is_no_predicate(uri):
    schema = DeltaTable(uri).schema()
    assert to_sql(None, schema) is to_sql([], schema) is to_sql("", schema) is None


@pytest.mark.parametrize("value", ["it's", "", "é", 2**63, -(2**63), b"\x00'", decimal.Decimal("-1.50"), 1e300])
def test_literal_survives_its_own_sql(value):
    from deltaic._native import Expr

    sql = Expr.call("=", [Expr.column(["a`b"]), literal(value)]).sql()
    assert Expr.parse(sql).sql() == sql
