"""Reading the same files as Polars and DuckDB do, and as an older deltaic does where one is given.

DELTAIC_OLD_WHEEL names a folder that an older wheel was unpacked or installed into; its side is "before".
"""

import os
import sys
from collections.abc import Callable

import fixtures
from scenario import BEFORE, DUCKDB, OURS, POLARS, Job, Scenario

_NUMBERS = ["l_orderkey", "l_quantity", "l_extendedprice", "l_discount", "l_tax"]
_STRINGS = ["l_shipinstruct", "l_comment"]


def _files(job: Job) -> list[str]:
    return [str(path) for path in sorted(job.fixture.glob("*.parquet"))]


def _table(columns: list[str] | None) -> Callable:
    def read(job: Job) -> int:
        import pyarrow.dataset  # noqa: F401  (deltaic imports it on its first read)
        from deltaic import DeltaTable

        with job.measured():
            rows = DeltaTable(str(job.fixture)).to_pyarrow_table(columns=columns)
        return rows.num_rows

    return read


def _stream(columns: list[str] | None) -> Callable:
    def read(job: Job) -> int:
        import pyarrow as pa
        from deltaic import DeltaTable

        rows = 0
        with job.measured():
            for batch in pa.RecordBatchReader.from_stream(DeltaTable(str(job.fixture)).scan(columns)):
                rows += batch.num_rows
        return rows

    return read


def _frame(job: Job) -> int:
    import polars
    from deltaic import DeltaTable

    with job.measured():
        table = DeltaTable(str(job.fixture))
        # An older one has no door for Polars.
        rows = table.to_polars() if hasattr(table, "to_polars") else polars.DataFrame(table.scan())
    return rows.height


def _polars(columns: list[str] | None) -> Callable:
    def read(job: Job) -> int:
        import polars

        with job.measured():
            rows = polars.read_parquet(_files(job), columns=columns)
        return rows.height

    return read


def _duckdb(columns: list[str] | None, stream: bool) -> Callable:
    def read(job: Job) -> int:
        import duckdb
        import pyarrow  # noqa: F401  (duckdb imports it on its first result)

        rows = 0
        with job.measured():
            query = duckdb.sql(f"SELECT {', '.join(columns or ['*'])} FROM read_parquet({_files(job)})")
            if stream:
                for batch in query.to_arrow_reader():
                    rows += batch.num_rows
            else:
                rows = query.to_arrow_table().num_rows
        return rows

    return read


def _before(read: Callable) -> Callable:
    def read_by_the_older(job: Job) -> int:
        sys.path.insert(0, os.environ["DELTAIC_OLD_WHEEL"])
        return read(job)

    return read_by_the_older


def _sides(ours: Callable, polars: Callable | None, duckdb: Callable | None) -> dict:
    before = _before(ours) if "DELTAIC_OLD_WHEEL" in os.environ else None
    sides = {OURS: ours, BEFORE: before, POLARS: polars, DUCKDB: duckdb}
    return {side: read for side, read in sides.items() if read}


def _scenario(name: str, title: str, sides: dict, fixture: Callable = fixtures.lineitem_table) -> Scenario:
    return Scenario(name=name, title=title, sides=sides, fixture=fixture, memory_target=None)


def _columns(name: str, title: str, columns: list[str] | None, fixture: Callable = fixtures.lineitem_table) -> Scenario:
    return _scenario(name, title, _sides(_table(columns), _polars(columns), _duckdb(columns, False)), fixture)


SCENARIOS = [
    _columns("decode-table", "all columns into an Arrow table", None),
    _scenario("decode-stream", "all columns streamed", _sides(_stream(None), None, _duckdb(None, True))),
    _scenario("decode-frame", "all columns into a Polars frame", _sides(_frame, _polars(None), None)),
    _columns("decode-numbers", "5 columns of numbers into a table", _NUMBERS),
    _columns("decode-strings", "2 columns of text into a table", _STRINGS),
    _columns("decode-nullable", "nullable columns without a null", None, fixtures.nullable_table),
    _columns("decode-nulls", "the same, one value of 20 null", None, fixtures.nulls_table),
]
