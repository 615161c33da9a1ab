import datetime
import decimal

import numpy as np
import pandas as pd
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


def moments() -> dict[str, object]:
    """Values of one moment, 2024-01-06 00:00:00 UTC, or a nanosecond and so on after it."""
    utc = datetime.timezone.utc
    when = "2024-01-06T00:00:00"
    return {
        "datetime": datetime.datetime(2024, 1, 6, tzinfo=utc),
        "datetime of another zone": datetime.datetime(
            2024, 1, 6, 5, tzinfo=datetime.timezone(datetime.timedelta(hours=5))
        ),
        **{f"pandas {unit}": pd.Timestamp(when, tz="UTC").as_unit(unit) for unit in ("s", "ms", "us", "ns")},
        "pandas of another zone": pd.Timestamp("2024-01-05T19:00:00", tz="America/New_York"),
        **{f"numpy {unit}": np.datetime64(when, unit) for unit in ("h", "m", "s", "ms", "us", "ns", "10ms")},
    }


def counts(table: DeltaTable, column: str, value: object) -> list[int]:
    filters = [(op, value) for op in ("=", "!=", "<", "<=", ">", ">=")] + [("in", [value]), ("not in", [value])]
    return [table.to_pyarrow_table(filters=[(column, op, v)]).num_rows for op, v in filters]


@pytest.fixture
def times(tmp_path) -> DeltaTable:
    """A microsecond before 2024-01-06, that moment, a microsecond after it, and null."""
    at = [datetime.datetime(2024, 1, 6) + datetime.timedelta(microseconds=n) for n in (-1, 0, 1)]
    utc = pa.array([*at, None], pa.timestamp("us", "UTC"))
    write_deltalake(tmp_path / "times", pa.table({"at": utc, "local": utc.cast(pa.timestamp("us"))}))
    return DeltaTable(tmp_path / "times")


@pytest.mark.parametrize("name", moments())
def test_moment_is_compared_exactly(times, name):
    value = moments()[name]
    assert counts(times, "at", value) == [1, 2, 1, 2, 1, 2, 1, 2]
    if getattr(value, "tzinfo", None) is None:
        assert counts(times, "local", value) == [1, 2, 1, 2, 1, 2, 1, 2]


@pytest.mark.parametrize(
    "value",
    [
        pd.Timestamp("2024-01-06T00:00:00.000000001", tz="UTC"),
        np.datetime64("2024-01-06T00:00:00.000000999", "ns"),
    ],
    ids=str,
)
def test_moment_between_two_microseconds_equals_none(times, value):
    assert counts(times, "at", value) == [0, 3, 2, 2, 1, 1, 0, 3]
    assert times.to_pyarrow_table(filters=[("at", "in", [value, None])]).num_rows == 1
    assert times.to_pyarrow_table(filters=[("at", "not in", [value, None])]).num_rows == 3


@pytest.mark.parametrize(
    "value",
    [
        pd.NaT,
        np.datetime64("NaT"),
        pd.NA,
        np.timedelta64(1, "ns"),
        pd.Timedelta(1, "s"),
        datetime.timedelta(1),
        datetime.time(1),
        pd.Period("2024-01"),
        np.array([1]),
        np.array([1, 2]),
        np.complex128(1),
        decimal.Decimal("NaN"),
        decimal.Decimal("Infinity"),
        10**40,
        {"a": 1},
        np.datetime64("300000-01-01", "s"),
    ],
    ids=repr,
)
def test_value_that_no_column_can_hold_is_refused_by_name(times, value):
    for operator, given in (("=", value), ("in", [value])):
        with pytest.raises(ValueError, match="filter") as raised:
            times.to_pyarrow_table(filters=[("at", operator, given)])
        assert "nanobind" not in str(raised.value)
        assert type(value).__name__ in str(raised.value) or str(value) in str(raised.value)


def test_dates_and_numbers_of_numpy_are_those_of_python(tmp_path):
    rows = pa.table({"d": [datetime.date(2024, 1, 6)], "i": [1], "f": [0.5], "b": [True], "s": ["x"]})
    write_deltalake(tmp_path / "t", rows)
    table = DeltaTable(tmp_path / "t")
    values = {
        "d": [np.datetime64("2024-01-06"), datetime.date(2024, 1, 6)],
        "i": [np.int8(1), np.uint64(1), np.int64(1)],
        "f": [np.float32(0.5), np.float16(0.5), np.float64(0.5)],
        "b": [np.bool_(True)],
        "s": [np.str_("x")],
    }
    for column, given in values.items():
        for value in given:
            assert table.to_pyarrow_table(filters=[(column, "=", value)]).num_rows == 1, (column, value)
            assert table.to_pyarrow_table(filters=[(column, "in", {value})]).num_rows == 1, (column, value)
    assert table.to_pyarrow_table(filters=[("d", "<", np.datetime64("20000-01-01", "D"))]).num_rows == 1


def test_zones_at_the_ends_of_time_are_no_overflow(times):
    east = datetime.timezone(datetime.timedelta(hours=14))
    first = datetime.datetime.min.replace(tzinfo=east)
    last = datetime.datetime.max.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=-14)))
    assert times.to_pyarrow_table(filters=[("at", ">", first), ("at", "<", last)]).num_rows == 3


def test_finer_units_than_nanoseconds_are_rounded_down(tmp_path):
    write_deltalake(tmp_path / "t", pa.table({"at": pa.array([-1, 0, 1], pa.timestamp("us"))}))
    table = DeltaTable(tmp_path / "t")
    for unit in ("ps", "fs", "as"):
        assert counts(table, "at", np.datetime64(0, unit)) == [1, 2, 1, 2, 1, 2, 1, 2]
        assert counts(table, "at", np.datetime64(1, unit)) == [0, 3, 2, 2, 1, 1, 0, 3]
        assert counts(table, "at", np.datetime64(-1, unit)) == [0, 3, 1, 1, 2, 2, 0, 3]
