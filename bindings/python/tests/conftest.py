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


@pytest.fixture
def uri(tmp_path: pathlib.Path) -> str:
    """Where no table is yet."""
    return str(tmp_path / "table")


@pytest.fixture
def rows() -> pa.Table:
    return ROWS


@pytest.fixture
def partitioned(uri: str) -> str:
    """ROWS, partitioned by part."""
    write_deltalake(uri, ROWS, partition_by=["part"])
    return uri


def by_id(table: pa.Table) -> list[dict]:
    """The rows in an order that does not depend on files."""
    return sorted(table.to_pylist(), key=lambda row: row["id"])
