"""`DeltaTable.rows`: rows as Python values, without pyarrow."""

import datetime
import gc
import itertools
import math
import os
import random
import resource
import subprocess
import sys
import threading
from decimal import Decimal

import pyarrow as pa
import pytest
from deltaic import DeltaTable, write_deltalake
from deltaic.exceptions import DataFileNotFoundError, DeltaError, InvalidArgumentError
from test_round_trips import EVERY_TYPE

UTC = datetime.timezone.utc


def written(uri, rows, **settings):
    write_deltalake(uri, rows, **settings)
    return DeltaTable(uri)


def test_every_type(uri):
    rows = written(uri, EVERY_TYPE).rows(ordered=True)
    assert list(rows) == [
        {
            "id": 1,
            "i32": 1,
            "i16": 1,
            "i8": 1,
            "f32": 1.5,
            "f64": 1.5,
            "flag": True,
            "text": "é",
            "bytes": b"\x00\xff",
            "day": datetime.date(1969, 12, 31),
            "at": datetime.datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC),
            "local": datetime.datetime(1969, 12, 31, 23, 59, 59, 999_999),
            "money": Decimal("12.50"),
            "list": [1, None],
            "struct": {"a": 1, "b": "x"},
            "map": {"k": 1},
        },
        {"id": 2, **dict.fromkeys(EVERY_TYPE.column_names[1:])},
        {
            "id": 3,
            "i32": -3,
            "i16": -3,
            "i8": -3,
            "f32": math.inf,
            "f64": -0.0,
            "flag": False,
            "text": "",
            "bytes": b"",
            "day": datetime.date(2024, 2, 29),
            "at": datetime.datetime(2023, 11, 14, 22, 13, 20, 123_456, UTC),
            "local": datetime.datetime(2023, 11, 14, 22, 13, 20, 123_456),
            "money": Decimal("-0.01"),
            "list": [],
            "struct": {"a": None, "b": None},
            "map": {},
        },
    ]


def test_types_are_those_of_python(uri):
    first = next(written(uri, EVERY_TYPE.slice(0, 1)).rows())
    assert {name: type(value) for name, value in first.items()} == {
        **dict.fromkeys(("id", "i32", "i16", "i8"), int),
        **dict.fromkeys(("f32", "f64"), float),
        **dict.fromkeys(("at", "local"), datetime.datetime),
        "flag": bool,
        "text": str,
        "bytes": bytes,
        "day": datetime.date,
        "money": Decimal,
        "list": list,
        "struct": dict,
        "map": dict,
    }
    assert str(first["money"]) == "12.50"


def test_values_at_the_edges(uri):
    days = [datetime.date(1, 1, 1), datetime.date(1582, 10, 10), datetime.date(9999, 12, 31)]
    times = [datetime.datetime(1, 1, 1), datetime.datetime(1900, 2, 28, 23, 59), datetime.datetime.max]
    rows = pa.table(
        {
            "n": pa.array([-(2**63), 0, 2**63 - 1], pa.int64()),
            "x": [float("nan"), 5e-324, -math.inf],
            "money": pa.array([Decimal(-(10**38) + 1), Decimal(0), Decimal(10**38 - 1)], pa.decimal128(38, 0)),
            "text": ["a\0b", "\U0001f600", "x" * 100_000],
            "day": pa.array(days, pa.date32()),
            "local": pa.array(times, pa.timestamp("us")),
        }
    )
    found = list(written(uri, rows).rows(ordered=True))
    assert [row["n"] for row in found] == rows["n"].to_pylist()
    assert math.isnan(found[0]["x"]) and [row["x"] for row in found[1:]] == [5e-324, -math.inf]
    for name in ("money", "text", "day", "local"):
        assert [row[name] for row in found] == rows[name].to_pylist()


@pytest.mark.parametrize(("name", "kind"), [("day", pa.date32()), ("at", pa.timestamp("us", "UTC"))])
def test_what_python_cannot_hold_names_the_column(uri, name, kind):
    beyond = {"day": 3_000_000, "at": 10**18}[name]
    table = written(uri, pa.table({"id": [1, 2], name: pa.array([0, beyond], kind)}))
    with pytest.raises(OverflowError, match=rf"column {name}: .* of the year \d{{5}}"):
        list(table.rows(ordered=True))
    assert [row["id"] for row in table.rows(["id"])] == [1, 2]


def test_keys_of_maps_that_no_dict_takes(uri):
    kind = pa.map_(pa.struct([("a", pa.int64())]), pa.list_(pa.string()))
    table = written(uri, pa.table({"m": pa.array([[({"a": 1}, ["x", None])], []], kind)}))
    assert [row["m"] for row in table.rows(ordered=True)] == [[({"a": 1}, ["x", None])], []]


def test_deeply_nested(uri):
    kind = pa.list_(pa.struct([("m", pa.map_(pa.int32(), pa.list_(pa.struct([("d", pa.date32())]))))]))
    value = [{"m": {1: [{"d": datetime.date(2024, 1, 31)}, None], 2: None}}, None]
    column = pa.array([[{"m": [(1, value[0]["m"][1]), (2, None)]}, None], None, []], kind)
    assert [row["v"] for row in written(uri, pa.table({"v": column})).rows(ordered=True)] == [value, None, []]


def test_variants(uri):
    storage = pa.struct([pa.field("metadata", pa.binary(), False), pa.field("value", pa.binary(), False)])
    # {"a": [1, "x", null]}: object of one member; its name is number 0 of the metadata.
    metadata = b"\x01\x01\x00\x01a"
    items = b"\x03\x03\x00\x02\x04\x05" + b"\x0c\x01" + b"\x05x" + b"\x00"
    value = b"\x02\x01\x00\x00" + bytes([len(items)]) + items
    field = pa.field("v", storage, metadata={"ARROW:extension:name": "arrow.parquet.variant"})
    cells = pa.array(
        [{"metadata": metadata, "value": value}, None, {"metadata": metadata, "value": b"\x0c\x2a"}], storage
    )
    table = written(uri, pa.table([cells], schema=pa.schema([field])))
    assert [row["v"] for row in table.rows(ordered=True)] == [{"a": [1, "x", None]}, None, 42]


def test_random_tables_lose_nothing(uri):
    made = random.Random(7)

    def value(kind):
        return None if made.random() < 0.2 else kind()

    kinds = {
        "n": (pa.int64(), lambda: made.randrange(-(2**63), 2**63)),
        "f": (pa.float64(), lambda: made.uniform(-1e9, 1e9)),
        "s": (pa.string(), lambda: "".join(made.choices("aé€\U0001f600\0", k=made.randrange(9)))),
        "few": (pa.string(), lambda: made.choice(["x", "y", "z"])),
        "b": (pa.binary(), lambda: made.randbytes(made.randrange(9))),
        "d": (pa.decimal128(20, 6), lambda: Decimal(made.randrange(-(10**20), 10**20)).scaleb(-6)),
        "day": (pa.date32(), lambda: datetime.date.fromordinal(made.randrange(1, 3_652_060))),
        "at": (
            pa.timestamp("us", "UTC"),
            lambda: (
                datetime.datetime(2000, 1, 1, tzinfo=UTC) + datetime.timedelta(0, 0, made.randrange(-(10**15), 10**15))
            ),
        ),
        "list": (pa.list_(pa.int32()), lambda: [value(lambda: made.randrange(100)) for _ in range(made.randrange(4))]),
        "map": (
            pa.map_(pa.string(), pa.int64()),
            lambda: [(str(i), value(lambda: 1)) for i in range(made.randrange(4))],
        ),
    }
    columns = {name: pa.array([value(kind) for _ in range(3000)], type_) for name, (type_, kind) in kinds.items()}
    rows = pa.table(columns)
    for part in (rows.slice(0, 1000), rows.slice(1000)):
        write_deltalake(uri, part, mode="append")
    expected = rows.to_pylist()
    for row in expected:  # pyarrow's maps are pairs, and its UTC is another object
        row["map"] = None if row["map"] is None else dict(row["map"])
        row["at"] = row["at"] and row["at"].astimezone(UTC)
    found = list(DeltaTable(uri).rows())
    assert sorted(map(repr, found)) == sorted(map(repr, expected))


def test_shapes(uri):
    table = written(uri, pa.table({"id": [1, 2], "class": ["a", None], "1x": [True, False]}))
    assert list(table.rows(shape="tuple", ordered=True)) == [(1, "a", True), (2, None, False)]
    named = list(table.rows(shape="namedtuple", ordered=True))
    assert named[0].id == 1 and named[0]._fields == ("id", "_1", "_2") and named[1] == (2, None, False)
    assert table.rows().columns == ["id", "class", "1x"]
    with pytest.raises(InvalidArgumentError, match="namedtuple"):
        table.rows(shape="list")


def test_columns_predicate_limit_and_metadata(uri):
    table = written(uri, pa.table({"id": range(10), "name": [f"n{i}" for i in range(10)]}))
    assert list(table.rows(["name"], "id >= 8", ordered=True)) == [{"name": "n8"}, {"name": "n9"}]
    assert len(list(table.rows(limit=3))) == 3
    assert list(table.rows([], "id < 2")) == [{}, {}]
    row = next(table.rows(["id"], "id = 7", metadata_columns=["row_index"]))
    assert row == {"id": 7, "_metadata.row_index": 7}
    with pytest.raises(InvalidArgumentError, match="nowhere"):
        table.rows(["nowhere"])
    with pytest.raises(TypeError, match="list of names"):
        table.rows("id")
    assert list(table.rows(predicate="false")) == []


def test_other_versions(uri):
    table = written(uri, pa.table({"id": [1]}))
    write_deltalake(uri, pa.table({"id": [2]}), mode="append")
    table.update_incremental()
    assert [row["id"] for row in table.rows(version=0)] == [1]
    os.utime(os.path.join(uri, "_delta_log", f"{0:020}.json"), (1_700_000_000, 1_700_000_000))
    then = datetime.datetime.fromtimestamp(1_700_000_001, UTC)
    assert [row["id"] for row in table.rows(version=then)] == [1]
    assert table.version() == 1 and len(list(table.rows())) == 2
    with pytest.raises(DeltaError, match="version 9"):
        table.rows(version=9)


def test_batches(uri):
    table = written(uri, pa.table({"id": range(100)}))
    write_deltalake(uri, pa.table({"id": range(100, 150)}), mode="append")
    table.update_incremental()
    assert [len(rows) for rows in table.rows().batches(40)] == [40, 40, 40, 30]
    assert sorted(row["id"] for rows in table.rows().batches() for row in rows) == list(range(150))
    for size in (0, -1, True, 2.5):
        with pytest.raises(InvalidArgumentError):
            table.rows().batches(size)


def test_rows_of_changes_and_files(uri):
    table = written(uri, pa.table({"id": [1, 2]}), configuration={"delta.enableChangeDataFeed": "true"})
    table.delete("id = 1")
    changes = list(table.load_cdf(starting_version=1).rows())
    assert [(change["_change_type"], change["id"]) for change in changes] == [("delete", 1)]
    stream = table.scan()
    assert list(stream.rows(shape="tuple")) == [(2,)]
    with pytest.raises(ValueError, match="consumed already"):
        stream.rows()


def test_iteration_is_of_one_pass(uri):
    rows = written(uri, pa.table({"id": range(5)})).rows(ordered=True)
    assert next(rows) == {"id": 0}
    assert [row["id"] for row in itertools.islice(rows, 2)] == [1, 2]
    assert [row["id"] for row in rows] == [3, 4]
    assert list(rows) == []


def test_closing_early(uri):
    table = written(uri, pa.table({"id": range(200_000)}))
    with table.rows() as rows:
        kept = next(rows)
    assert kept == {"id": kept["id"]}
    with pytest.raises(ValueError, match="closed"):
        list(rows.batches())
    rows.close()


def test_a_file_that_is_gone(uri):
    table = written(uri, pa.table({"id": [1]}))
    os.remove(table.file_uris()[0])
    with pytest.raises(DataFileNotFoundError):
        list(table.rows())


def test_rows_that_are_dropped_are_freed(uri):
    table = written(uri, pa.table({"id": range(20_000), "s": [f"text-{i}" for i in range(20_000)]}))

    def loop(times):
        for _ in range(times):
            next(table.rows())
            for _row in table.rows(shape="tuple", limit=3000):
                pass
        gc.collect()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    before = loop(200)
    assert loop(200) - before < 32 << 10  # KiB


def test_values_are_counted_right(uri):
    """Every value that a row holds goes with it."""
    table = written(uri, EVERY_TYPE)
    list(table.rows())
    gc.collect()
    before = len(gc.get_objects())
    nones = sys.getrefcount(None)
    for _ in range(300):
        list(table.rows())
        list(table.rows(shape="tuple"))
    gc.collect()
    assert len(gc.get_objects()) - before < 100
    assert sys.getrefcount(None) - nones < 1000


def test_one_thread_at_a_time(uri):
    rows = written(uri, pa.table({"id": range(300_000)})).rows(shape="tuple")
    seen, problems = [], []

    def read():
        try:
            for batch in rows.batches(512):
                seen.append(len(batch))
        except ValueError as error:
            problems.append(str(error))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(seen) <= 300_000
    assert all("another thread" in problem for problem in problems)
    assert sum(seen) == 300_000 or problems


def test_rows_of_a_parent_process(uri):
    rows = written(uri, pa.table({"id": range(5)})).rows()
    next(rows)
    child = os.fork()
    if child == 0:
        try:
            list(rows.batches())
            os._exit(1)
        except ValueError as error:
            os._exit(0 if "fork" in str(error) else 2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(list(rows)) == 4


def test_ctrl_c_stops_reading(uri):
    write_deltalake(uri, pa.table({"id": range(100_000)}))
    program = f"""
import os, signal, threading
from deltaic import DeltaTable
table = DeltaTable({uri!r})
threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    while True:
        for row in table.rows():
            pass
except KeyboardInterrupt:
    print("stopped", sum(1 for _ in table.rows()))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "stopped 100000\n", done.stderr


def test_no_other_package_is_needed(uri):
    write_deltalake(uri, EVERY_TYPE)
    program = f"""
import sys
for name in ("pyarrow", "numpy", "pandas"):
    sys.modules[name] = None
from deltaic import DeltaTable
print(sum(1 for _ in DeltaTable({uri!r}).rows()))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "3\n", done.stderr
