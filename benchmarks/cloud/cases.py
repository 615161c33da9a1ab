"""What is measured on a store far away: each case the same calls of both packages."""

from collections.abc import Callable
from dataclasses import dataclass

COMMITS = 12  # of the table without a checkpoint
SMALL_FILES = 300
SMALL_ROWS = 1_000  # of each
LARGE_ROWS = 1_200_000  # of four columns of noise: 38 MB
WIDE_COLUMNS = 200
WIDE_FILES, WIDE_ROWS = 16, 8_000


@dataclass(frozen=True)
class Case:
    name: str
    title: str
    table: str | None  # what `TABLES` makes; None: the case makes its own
    run: Callable  # of a Place
    before: Callable | None = None  # outside of the clock; what it gives goes to `run`
    target: float = 2  # times faster than the peer, at 30 ms


@dataclass(frozen=True)
class Place:
    package: object  # deltaic or deltalake
    uri: str
    options: dict

    def open(self):
        return self.package.DeltaTable(self.uri, storage_options=self.options)


def _ten_rows(first: int = 0):
    import pyarrow as pa

    return pa.table({"id": pa.array(range(first, first + 10), pa.int64()), "name": [f"name {i}" for i in range(10)]})


def _large_rows():
    import numpy as np
    import pyarrow as pa

    rng = np.random.default_rng(1)
    return pa.table({f"c{i}": rng.integers(0, 1 << 62, LARGE_ROWS) for i in range(4)})


def _make_commits(write, uri: str, options: dict, count: int = COMMITS) -> None:
    for i in range(count):
        write(uri, _ten_rows(i * 10), mode="append", storage_options=options)


def _make_checkpoint(write, uri: str, options: dict) -> None:
    import deltalake

    _make_commits(write, uri, options, 40)
    deltalake.DeltaTable(uri, storage_options=options).create_checkpoint()
    _make_commits(write, uri, options, 3)


def _make_small(write, uri: str, options: dict) -> None:
    """A file a partition, 20 KB each, as an hourly job leaves them."""
    import numpy as np
    import pyarrow as pa

    rows = SMALL_FILES * SMALL_ROWS
    numbers = {"id": pa.array(range(rows), pa.int64()), "value": np.random.default_rng(3).normal(size=rows)}
    hours = pa.array([row // SMALL_ROWS for row in range(rows)], pa.int32())
    write(uri, pa.table(numbers | {"hour": hours}), partition_by=["hour"], storage_options=options)


def _make_large(write, uri: str, options: dict) -> None:
    write(uri, _large_rows(), storage_options=options)


def _make_wide(write, uri: str, options: dict) -> None:
    import numpy as np
    import pyarrow as pa

    rng = np.random.default_rng(2)
    for _ in range(WIDE_FILES):
        columns = {f"c{i:03}": rng.integers(0, 1 << 62, WIDE_ROWS) for i in range(WIDE_COLUMNS)}
        write(uri, pa.table(columns), mode="append", storage_options=options)


TABLES = {
    "commits": _make_commits,
    "checkpoint": _make_checkpoint,
    "small": _make_small,
    "large": _make_large,
    "wide": _make_wide,
}


def _append(place: Place, table) -> int:
    place.package.write_deltalake(table, _ten_rows(), mode="append")
    return place.package.DeltaTable(place.uri, storage_options=place.options).version() if table is None else 0


def _append_to_uri(place: Place, _) -> int:
    place.package.write_deltalake(place.uri, _ten_rows(), mode="append", storage_options=place.options)
    return 0


def _own_table(place: Place):
    """A table of this run alone, one commit long."""
    place.package.write_deltalake(place.uri, _ten_rows(), storage_options=place.options)
    return place.open()


def _refresh(_place: Place, table) -> int:
    table.update_incremental()
    return table.version()


def _read(_place: Place, table) -> int:
    return table.to_pyarrow_table().num_rows


def _read_column(_place: Place, table) -> int:
    return table.to_pyarrow_table(columns=["c100"]).num_rows


def _write(place: Place, rows) -> int:
    place.package.write_deltalake(place.uri, rows, storage_options=place.options)
    return 0


CASES = [
    Case("open", f"open, {COMMITS} commits", "commits", lambda place, _: place.open().version()),
    Case(
        "open-checkpoint",
        "open, a checkpoint and 3 commits",
        "checkpoint",
        lambda place, _: place.open().version(),
        target=4,
    ),
    Case("refresh", "refresh, nothing new", "commits", _refresh, Place.open),
    Case("append", "append to an open table", None, _append, _own_table),
    Case("append-uri", "append by URI", None, _append_to_uri, _own_table),
    Case("read-small", f"read {SMALL_FILES} small files", "small", _read, Place.open, target=4),
    Case("read-large", "read one file of 38 MB", "large", _read, Place.open),
    Case("read-column", f"read one of {WIDE_COLUMNS} columns of {WIDE_FILES} files", "wide", _read_column, Place.open),
    Case("write-large", "write 38 MB", None, _write, lambda _place: _large_rows()),
]
BY_NAME = {case.name: case for case in CASES}
