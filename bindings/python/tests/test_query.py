"""SQL through QueryBuilder."""

import sys

import pyarrow as pa
import pytest
from deltaic import DeltaTable, QueryBuilder, write_deltalake
from deltaic.exceptions import DeltaError
from tables import deletion_vector_table


@pytest.fixture
def flights(uri) -> DeltaTable:
    rows = {"month": [1, 1, 2, 2], "carrier": ["UA", "AA", "UA", None], "delay": [2.0, None, -4.5, 11.0]}
    write_deltalake(uri, pa.table(rows), partition_by=["month"])
    return DeltaTable(uri)


def test_query_over_two_tables(flights, tmp_path):
    names = pa.table({"code": ["UA", "AA"], "name": ["United", "American"]})
    write_deltalake(str(tmp_path / "carriers"), names)
    query = QueryBuilder().register("flights", flights).register("carriers", DeltaTable(tmp_path / "carriers"))
    rows = query.execute(
        "SELECT name, count(*) AS n, max(delay) AS late FROM flights JOIN carriers ON code = carrier "
        "WHERE month <= 2 GROUP BY 1 ORDER BY 1"
    ).read_all()
    assert rows.to_pylist() == [{"name": "American", "n": 1, "late": None}, {"name": "United", "n": 2, "late": 2.0}]


def test_deleted_rows_are_not_counted(uri):
    deletion_vector_table(uri)
    rows = QueryBuilder().register("t", DeltaTable(uri)).execute("SELECT sum(n)::BIGINT AS s FROM t").read_all()
    assert rows.to_pydict() == {"s": [19]}


def test_table_stays_at_the_version_it_was_registered_at(flights):
    query = QueryBuilder().register("t", flights)
    write_deltalake(flights, flights.to_pyarrow_table(), mode="append")
    count = "SELECT count(*) AS n FROM t"
    assert query.execute(count).read_all()["n"].to_pylist() == [4]
    assert query.register("t", flights).execute(count).read_all()["n"].to_pylist() == [8]


def test_results_may_be_read_in_turns(flights):
    query = QueryBuilder({"threads": "1"}).register("t", flights)
    first, second = query.execute("SELECT delay FROM t"), query.execute("SELECT carrier FROM t")
    assert next(iter(second)).schema.names == ["carrier"]
    assert first.read_all().num_rows == 4


@pytest.mark.parametrize("sql", ["SELECT nothing FROM t", "SELECT 1 FROM absent", "SELEC", ""])
def test_wrong_query_is_a_delta_error(flights, sql):
    with pytest.raises(DeltaError):
        QueryBuilder().register("t", flights).execute(sql)


def test_unknown_setting_is_a_delta_error():
    with pytest.raises(DeltaError, match="nonsense"):
        QueryBuilder({"nonsense": "1"})


def test_without_pyarrow_the_table_itself_is_read(flights, monkeypatch):
    monkeypatch.delitem(sys.modules, "deltaic._pyarrow.dataset", raising=False)
    monkeypatch.delattr("deltaic._pyarrow.dataset", raising=False)
    monkeypatch.setitem(sys.modules, "deltaic._pyarrow.dataset", None)
    query = QueryBuilder().register("t", flights)
    assert query.execute("SELECT count(*)::INT AS n FROM t WHERE month = 2").read_all()["n"].to_pylist() == [2]


def test_without_duckdb_it_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(ImportError, match="pip install duckdb"):
        QueryBuilder()
