"""Random tables as writers leave them: column mapping, nested columns, deletion vectors, statistics or none, small row
groups and pages, missing columns, partition values."""

import datetime
import decimal
import json
import math
import pathlib
import random
from collections.abc import Callable
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from tables import deletion_vector_file, log
from tables import metadata as metadata_action

EPOCH = datetime.datetime(1970, 1, 1)
MICROSECOND = datetime.timedelta(microseconds=1)
TEXTS = ["", "a", "ab", "B", "é", "🦆", "\U0010ffff", "it's", "%", "a" * 32, "a" * 31 + "🦆z", "a" * 33, "🦆" * 40]
REALS = [0.0, -0.0, math.nan, math.inf, -math.inf, 0.1, 5e-324, -1e300, 2.0**53]
DATES = [datetime.date(1, 1, 1), datetime.date(1969, 12, 31), datetime.date(9999, 12, 31)]
TIMES = [datetime.datetime(1, 1, 1), EPOCH - MICROSECOND, datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)]


class Kind(NamedTuple):
    delta: str
    arrow: pa.DataType
    value: Callable[[random.Random], Any]
    ours: str  # how a literal is written, with {} for its text
    duckdb: str


def some(values: list[Any], other: Callable[[random.Random], Any]) -> Callable[[random.Random], Any]:
    return lambda rng: rng.choice(values) if rng.random() < 0.4 else other(rng)


def random_text(rng: random.Random) -> str:
    return "".join(rng.choices("abB é🦆", k=rng.randint(0, 40)))


def random_date(rng: random.Random) -> datetime.date:
    return datetime.date(2024, 1, 1) + datetime.timedelta(rng.randint(-99, 99))


def random_time(rng: random.Random) -> datetime.datetime:
    return EPOCH + MICROSECOND * rng.randint(-9999, 9999)


def random_amount(rng: random.Random) -> decimal.Decimal:
    return decimal.Decimal(rng.randint(-9999999, 9999999)).scaleb(-2)


def small_number(rng: random.Random) -> int:
    return rng.randint(-20, 20)


KINDS = {
    "n": Kind("integer", pa.int32(), some([-(2**31), 2**31 - 1], small_number), "{}", "'{}'::INTEGER"),
    "big": Kind("long", pa.int64(), some([-(2**63) + 1, 2**63 - 1], small_number), "{}", "'{}'::BIGINT"),
    "x": Kind(
        "double",
        pa.float64(),
        some(REALS, lambda rng: rng.uniform(-5, 5)),
        "CAST('{}' AS DOUBLE)",
        "'{}'::DOUBLE",
    ),
    "s": Kind("string", pa.string(), some(TEXTS, random_text), "'{}'", "'{}'"),
    "day": Kind("date", pa.date32(), some(DATES, random_date), "DATE '{}'", "DATE '{}'"),
    "moment": Kind(
        "timestamp",
        pa.timestamp("us", "UTC"),
        some(TIMES, random_time),
        "TIMESTAMP '{}'",
        "TIMESTAMPTZ '{}+00'",
    ),
    "money": Kind("decimal(7,2)", pa.decimal128(7, 2), random_amount, "{}BD", "'{}'::DECIMAL(7,2)"),
    "flag": Kind("boolean", pa.bool_(), lambda rng: rng.random() < 0.5, "{}", "{}"),
}


def column(name: str, values: list[Any]) -> pa.Array:
    if name == "moment":  # pyarrow goes by way of floating-point numbers, which are wrong far from 1970
        values = [None if value is None else (value - EPOCH) // MICROSECOND for value in values]
        return pa.array(values, pa.int64()).view(KINDS[name].arrow)
    return pa.array(values, KINDS[name].arrow)


def random_values(rng: random.Random, name: str, count: int) -> list[Any]:
    draw, flavor = KINDS[name].value, rng.choice(["few", "null", "sorted", "any", "any"])
    if flavor == "null":
        return [None] * count
    if flavor == "few":
        draw = some([draw(rng) for _ in range(2)], lambda _: None)
    values = [draw(rng) if rng.random() < 0.9 else None for _ in range(count)]
    return sorted(values, key=order) if flavor == "sorted" else values


def order(value: Any) -> tuple:
    """As Spark orders: nulls first here, NaN last, text by its bytes."""
    nan = isinstance(value, float) and math.isnan(value)
    return (value is not None, nan, 0 if value is None or nan else value.encode() if isinstance(value, str) else value)


def bound(name: str, value: Any, upper: bool) -> Any:
    """The bound as Spark puts it into statistics: times cut to milliseconds, text to 32 characters."""
    if name == "s" and len(value) > 32:
        return value[:32] + ("\U0010ffff" * 2 if upper else "")
    if name == "moment":
        return f"{value.isoformat(timespec='milliseconds')}Z"
    if name == "money":
        return float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value).replace("inf", "Infinity").replace("nan", "NaN")
    return value.isoformat() if name == "day" else value


def statistics(columns: dict[str, list[Any]], place: Callable[[str, dict, Any], None], count: int) -> str:
    lowest, highest, nulls = {}, {}, {}
    for name, values in columns.items():
        known = sorted((value for value in values if value is not None), key=order)
        place(name, nulls, len(values) - len(known))
        if known and name != "flag":
            place(name, lowest, bound(name, known[0], upper=False))
            place(name, highest, bound(name, known[-1], upper=True))
    return json.dumps({"numRecords": count, "minValues": lowest, "maxValues": highest, "nullCount": nulls})


class RandomTable:
    """A table at `uri`; `rows` is what it holds, `columns` the name of each column in SQL."""

    def __init__(self, rng: random.Random, uri: str) -> None:
        self.rng, self.uri = rng, uri
        names = rng.sample(sorted(KINDS), 6)
        self.partition, self.nested, self.plain = names[0], names[1:3], names[3:]
        self.mapped = rng.random() < 0.5
        self.columns = {name: f"st.{name}" if name in self.nested else name for name in names}
        pathlib.Path(uri).mkdir(parents=True)
        features = ["deletionVectors", "columnMapping"]
        protocol = {
            "minReaderVersion": 3,
            "minWriterVersion": 7,
            "readerFeatures": features,
            "writerFeatures": features,
        }
        parts = [self.make_file(number) for number in range(rng.randint(1, 8))]
        log(uri, {"protocol": protocol}, self.metadata(), *(action for action, _ in parts))
        self.rows = pa.concat_tables([rows for _, rows in parts])

    def physical(self, name: str) -> str:
        return f"col-{name}" if self.mapped else name

    def metadata(self) -> dict:
        def field(name: str, kind: Any) -> dict:
            number = 1 + ["id", "st", *KINDS].index(name)
            mapping = {"delta.columnMapping.id": number, "delta.columnMapping.physicalName": self.physical(name)}
            return {"name": name, "type": kind, "nullable": True, "metadata": mapping if self.mapped else {}}

        inner = [field(name, KINDS[name].delta) for name in self.nested]
        fields = [field("id", "long"), *(field(name, KINDS[name].delta) for name in [*self.plain, self.partition])]
        fields.append(field("st", {"type": "struct", "fields": inner}))
        mode = {"delta.columnMapping.mode": "name", "delta.columnMapping.maxColumnId": "99"} if self.mapped else {}
        return metadata_action(fields, [self.partition], **mode)

    def make_file(self, number: int) -> tuple[dict, pa.Table]:
        """The add action of a new file, and its rows without the deleted ones."""
        rng, count = self.rng, self.rng.choice([1, 2, 20, 200])
        values = {name: random_values(rng, name, count) for name in [*self.plain, *self.nested]}
        lacking = rng.choice([*self.plain, None, None])
        if lacking is not None:
            values[lacking] = [None] * count
        no_struct = [rng.random() < 0.1 for _ in range(count)]
        for name in self.nested:
            values[name] = [None if gone else value for gone, value in zip(no_struct, values[name], strict=True)]
        common = None if rng.random() < 0.2 else KINDS[self.partition].value(rng)
        common = None if common == "" else common  # which a partition cannot tell from null

        def arrays(name_of: Callable[[str], str], left_out: str | None) -> dict[str, pa.Array]:
            inner = [column(name, values[name]) for name in self.nested]
            struct = pa.StructArray.from_arrays(inner, [name_of(n) for n in self.nested], mask=pa.array(no_struct))
            ids = pa.array(range(number * 1000, number * 1000 + count), pa.int64())
            plain = {name_of(name): column(name, values[name]) for name in self.plain if name != left_out}
            return {name_of("id"): ids, **plain, name_of("st"): struct}

        path = pathlib.Path(self.uri, f"{number}.parquet")
        settings = {
            "row_group_size": rng.choice([7, 50, 1000]),
            "data_page_size": rng.choice([64, 1 << 20]),
            "write_batch_size": rng.choice([5, 1024]),
            "write_page_index": rng.random() < 0.6,
            "use_dictionary": rng.random() < 0.5,
            "data_page_version": rng.choice(["1.0", "2.0"]),
            "compression": rng.choice(["none", "snappy", "zstd"]),
            "write_statistics": rng.random() < 0.8,
        }
        pq.write_table(pa.table(arrays(self.physical, lacking)), path, **settings)
        add = {
            "path": path.name,
            "partitionValues": {self.physical(self.partition): self.partition_text(common)},
            "size": path.stat().st_size,
            "modificationTime": 0,
            "dataChange": True,
        }
        deleted = sorted(rng.sample(range(count), rng.randint(1, count))) if rng.random() < 0.4 else []
        if deleted:
            file = path.with_suffix(".bin")
            vector = {"storageType": "p", "pathOrInlineDv": file.as_uri(), **deletion_vector_file(file, deleted)}
            add["deletionVector"] = vector
        if rng.random() < 0.8:
            add["stats"] = statistics(values, self.put, count)
        rows = pa.table(arrays(str, None)).append_column(self.partition, column(self.partition, [common] * count))
        return {"add": add}, rows.take(pa.array(sorted(set(range(count)).difference(deleted)), pa.int64()))

    def put(self, name: str, target: dict, value: Any) -> None:
        """`value` where statistics have that of the column."""
        if name in self.nested:
            target = target.setdefault(self.physical("st"), {})
        target[self.physical(name)] = value

    def partition_text(self, value: Any) -> str | None:
        if value is None:
            return None
        if isinstance(value, bool):
            return str(value).lower()
        return value.isoformat(" ") if isinstance(value, datetime.datetime) else str(value)
