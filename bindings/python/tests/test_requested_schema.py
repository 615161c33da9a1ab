"""`__arrow_c_stream__(requested_schema)`: honoured by our own code, with pyarrow and without it."""

import datetime
import subprocess
import sys
import textwrap
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest
from deltaic import DeltaTable, write_deltalake
from deltaic.exceptions import DeltaError

UTC = datetime.timezone.utc
AT = datetime.datetime(2026, 11, 30, 12, 0, 1, tzinfo=UTC)
ROWS = pa.table(
    {
        "k": pa.array([1, 2, 3], pa.int64()),
        "s": pa.array(["a", None, "a text that no view holds itself"]),
        "b": pa.array([b"\x00", None, b"\xff"]),
        "at": pa.array([AT, None, AT], pa.timestamp("us", "UTC")),
        "d": pa.array([Decimal("1.25"), None, Decimal("-0.01")], pa.decimal128(9, 2)),
        "l": pa.array([["x"], None, []], pa.list_(pa.string())),
        "t": pa.array([{"x": "y"}, None, {"x": None}], pa.struct([("x", pa.string())])),
    }
)
WANTED = pa.schema(
    [
        ("k", pa.int32()),
        ("s", pa.string_view()),
        ("b", pa.large_binary()),
        ("at", pa.timestamp("ns", "Europe/Berlin")),
        ("d", pa.decimal64(12, 2)),
        ("l", pa.large_list(pa.string_view())),
        ("t", pa.struct([("x", pa.dictionary(pa.int32(), pa.string()))])),
    ]
)


@pytest.fixture
def table(uri):
    write_deltalake(uri, ROWS)
    return DeltaTable(uri)


def doors(table):
    """Everything that hands out rows."""
    yield table
    yield table.scan()
    yield table.scan_tasks()[0]


def test_every_door_gives_the_requested_types(table):
    for door in doors(table):
        rows = pa.table(door, schema=WANTED)
        assert rows.schema.equals(WANTED)
        assert rows.to_pylist() == ROWS.to_pylist()


def test_changes_too(uri):
    write_deltalake(uri, ROWS, configuration={"delta.enableChangeDataFeed": "true"})
    plain = pa.table(DeltaTable(uri).load_cdf())
    wanted = pa.schema(
        [field.with_type(WANTED.field(0).type if field.name == "k" else field.type) for field in plain.schema]
    )
    rows = pa.table(DeltaTable(uri).load_cdf(), schema=wanted)
    assert rows.schema.field("k").type == pa.int32()
    assert rows.to_pylist() == plain.to_pylist()


def test_what_is_no_form_of_the_values_comes_as_it_is(table):
    wanted = WANTED.set(1, pa.field("s", pa.int64())).set(3, pa.field("at", pa.timestamp("us")))
    rows = pa.RecordBatchReader.from_stream(table.scan(), schema=wanted).read_all()
    assert rows.schema == WANTED.set(1, ROWS.schema.field("s")).set(3, ROWS.schema.field("at"))
    assert rows.to_pylist() == ROWS.to_pylist()


def test_other_columns_are_refused(table):
    with pytest.raises(ValueError, match="2 columns") as caught:
        pa.table(table.scan(), schema=pa.schema([("k", pa.int32()), ("s", pa.string())]))
    assert isinstance(caught.value, DeltaError)


def test_a_value_that_does_not_fit_is_named(table):
    wanted = WANTED.set(4, pa.field("d", pa.decimal128(9, 1)))
    with pytest.raises((pa.ArrowException, OSError), match="column d cannot be given as decimal128"):
        pa.table(table.scan(), schema=wanted)


class Asking:
    """A door that is asked for `schema` by whoever asks for nothing."""

    def __init__(self, door, schema):
        self.door, self.schema = door, schema

    def __arrow_c_stream__(self, requested_schema=None):
        return self.door.__arrow_c_stream__(self.schema.__arrow_c_schema__())


def test_polars_takes_what_was_requested(table):
    # Polars 2.1 misreads decimal64 of any Arrow stream.
    wanted = WANTED.set(4, pa.field("d", pa.decimal128(12, 2)))
    frame = pl.DataFrame(Asking(table.scan(), wanted))
    assert frame.schema["k"] == pl.Int32
    assert frame.schema["at"] == pl.Datetime("ns", "Europe/Berlin")
    assert frame.equals(pl.DataFrame(pa.table(table).cast(wanted)))


def test_duckdb_takes_what_was_requested(table):
    duckdb = pytest.importorskip("duckdb")
    asking = Asking(table.scan(), WANTED)
    rows = duckdb.sql("SELECT k, s, d, l, t FROM asking ORDER BY k")
    assert str(rows.types[0]) == "INTEGER"
    assert rows.fetchall() == [tuple(row.values()) for row in ROWS.select(rows.columns).to_pylist()]
    assert asking.door.closed


WITHOUT_PYARROW = """
    import sys

    class Blocked:
        def find_spec(self, name, path=None, target=None):
            if name.split(".")[0] == "pyarrow":
                raise ModuleNotFoundError("No module named 'pyarrow'", name="pyarrow")

    sys.meta_path.insert(0, Blocked())
    import polars
    from deltaic import DeltaTable, _native

    class Capsule:
        def __init__(self, stream): self.stream = stream
        def __arrow_c_stream__(self, requested_schema=None): return self.stream

    def node(format, name, children=(), dictionary=None):
        return (format, name, 2, {}, list(children), dictionary)

    wanted = _native.schema_from_node(node("+s", "", [
        node("i", "k"), node("vu", "s"), node("Z", "b"), node("tsn:Asia/Tokyo", "at"), node("d:12,3", "d"),
        node("+L", "l", [node("vu", "item")]), node("+s", "t", [node("i", "x", (), node("u", ""))]),
    ]))
    stream = DeltaTable(sys.argv[1]).scan().__arrow_c_stream__(wanted)
    formats = [child[0] for child in _native.schema_to_node(_native.stream_schema(stream))[4]]
    assert formats == ["i", "vu", "Z", "tsn:Asia/Tokyo", "d:12,3", "+L", "+s"], formats
    frame = polars.DataFrame(Capsule(stream))
    assert frame.schema["at"] == polars.Datetime("ns", "Asia/Tokyo"), frame.schema
    assert frame["k"].to_list() == [1, 2, 3]
    assert frame["s"].to_list()[2] == "a text that no view holds itself"
    assert frame["t"].to_list() == [{"x": "y"}, None, {"x": None}]
    assert "pyarrow" not in sys.modules
    print("honoured")
"""


def test_without_pyarrow(table):
    command = [sys.executable, "-c", textwrap.dedent(WITHOUT_PYARROW), table.table_uri]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout == "honoured\n", done.stderr
