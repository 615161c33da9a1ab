import itertools
import os
import pathlib

import pyarrow as pa
import pytest
from deltaic import write_deltalake

ROWS = pa.table(
    {
        "id": pa.array([1, 2, 3, 4], pa.int64()),
        "name": pa.array(["a", "b", None, "d"]),
        "part": pa.array(["x", "x", "y", None]),
        "at": pa.array([0, 1_000_000, None, 2_000_000], pa.timestamp("us", "UTC")),
    }
)


# A URI under which the tables lie, instead of a folder of each test. The environment holds its login.
FAR_ROOT = os.environ.get("DELTAIC_TEST_ROOT")
_numbers = itertools.count()


@pytest.fixture
def uri(tmp_path: pathlib.Path) -> str:
    """Where no table is yet."""
    if FAR_ROOT:
        return f"{FAR_ROOT}/{os.getpid()}-{next(_numbers)}/table"
    return str(tmp_path / "table")


@pytest.fixture
def rows() -> pa.Table:
    return ROWS


@pytest.fixture
def partitioned(uri: str) -> str:
    """ROWS, partitioned by part."""
    write_deltalake(uri, ROWS, partition_by=["part"])
    return uri


def on_disk(uri: str) -> pathlib.Path:
    """A table, or a file of one, for tests that look at files or damage them: they are skipped where it is far away."""
    if "://" in uri:
        pytest.skip("works on files of the local disk")
    return pathlib.Path(uri)


def by_id(table: pa.Table) -> list[dict]:
    """The rows in an order that does not depend on files."""
    return sorted(table.to_pylist(), key=lambda row: row["id"])
