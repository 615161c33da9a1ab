"""Iceberg tables of pyiceberg made Delta tables in their place, read by us, by Spark and, as it can, by deltalake."""

import datetime
import decimal
import json
import pathlib
import shutil

import deltaic
import deltalake
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.expressions import EqualTo
from pyiceberg.schema import Schema
from pyiceberg.transforms import BucketTransform, DayTransform, TruncateTransform
from pyiceberg.types import (
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    ListType,
    LongType,
    NestedField,
    StringType,
    StructType,
    TimeType,
    UUIDType,
)
from values import PRIMITIVES, exact_rows

UTC = datetime.timezone.utc


class Lake:
    """A catalog of pyiceberg below a folder."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.catalog = SqlCatalog("lake", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")
        self.catalog.create_namespace("db")

    def create(self, schema, **properties):
        return self.catalog.create_table("db.t", schema, properties=properties)

    @property
    def uri(self) -> str:
        return str(self.folder / "db/t")


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path)


def convert(uri: str, **options) -> deltaic.DeltaTable:
    before = {p: p.read_bytes() for p in pathlib.Path(uri).rglob("*") if p.is_file()}
    deltaic.convert_to_deltalake(uri, **options)
    after = {p for p in pathlib.Path(uri).rglob("*") if p.is_file() and "_delta_log" not in p.parts}
    assert after == before.keys() and all(p.read_bytes() == before[p] for p in after)
    return deltaic.DeltaTable(uri)


def refused(uri: str, *words: str, error=deltaic.exceptions.DeltaError, **options) -> None:
    with pytest.raises(error) as caught:
        deltaic.convert_to_deltalake(uri, **options)
    assert all(word in str(caught.value) for word in words), caught.value
    assert not (pathlib.Path(uri) / "_delta_log").exists()


def adds(uri: str) -> list[dict]:
    lines = (pathlib.Path(uri) / "_delta_log/00000000000000000000.json").read_text().splitlines()
    return [action["add"] for action in map(json.loads, lines) if "add" in action]


def metadata(uri: str) -> dict:
    lines = (pathlib.Path(uri) / "_delta_log/00000000000000000000.json").read_text().splitlines()
    return next(action["metaData"] for action in map(json.loads, lines) if "metaData" in action)


def compared(table: pa.Table) -> list:
    """Rows without the names that Arrow's lists and maps give their parts."""
    return exact_rows(table)


def same(lake: Lake, spark=None) -> None:
    expected = compared(lake.catalog.load_table("db.t").scan().to_arrow())
    ours = deltaic.DeltaTable(lake.uri)
    assert compared(ours.to_pyarrow_table()) == expected
    if spark is not None:
        assert compared(spark.sql(f"SELECT * FROM delta.`{lake.uri}`").toArrow()) == expected


NESTED = pa.table(
    {
        "id": pa.array([1, 2, 3], pa.int64()),
        "s": pa.array(
            [{"x": 1, "l": [1, None, 3], "in": {"y": "a"}}, None, {"x": None, "l": None, "in": None}],
            pa.struct([("x", pa.int64()), ("l", pa.list_(pa.int32())), ("in", pa.struct([("y", pa.string())]))]),
        ),
        "l": pa.array([[{"a": 1}, None], [], None], pa.list_(pa.struct([("a", pa.int32())]))),
        "m": pa.array([[("k", [1.5])], [], None], pa.map_(pa.string(), pa.list_(pa.float64()))),
    }
)


@pytest.mark.parametrize("rows", [PRIMITIVES.drop(["i16", "i8"]), NESTED], ids=["primitives", "nested"])
def test_every_type(lake, spark, rows):
    lake.create(rows.schema).append(rows)
    table = convert(lake.uri)
    same(lake, spark)
    assert table.protocol().min_reader_version in (2, 3)
    assert table.metadata().configuration["delta.columnMapping.mode"] == "id"


def test_partitions_by_identity(lake, spark):
    rows = pa.table(
        {
            "id": pa.array(range(6), pa.int64()),
            "text": ["a b", "a/b=c%20", None, "größe", "x", "x"],
            "day": pa.array([datetime.date(2024, 1, 1), None, datetime.date(1969, 12, 31)] * 2),
            "at": pa.array([0, 1, -1, None, 0, 1_700_000_000_000_001], pa.timestamp("us", "UTC")),
            "price": pa.array(
                [decimal.Decimal(t) for t in ("1.50", "-0.01", "0", "1.50", "9.99", "1")], pa.decimal128(9, 2)
            ),
            "flag": [True, False, None, True, True, False],
            "n": pa.array([1, -(2**31), 2**31 - 1, None, 1, 1], pa.int32()),
        }
    )
    table = lake.create(rows.schema)
    with table.update_spec() as spec:
        for name in rows.column_names[1:]:
            spec.add_identity(name)
    table.append(rows)
    ours = convert(lake.uri)
    same(lake, spark)
    assert ours.metadata().partition_columns == rows.column_names[1:]
    assert ours.to_pyarrow_table(filters=[("day", "=", datetime.date(1969, 12, 31))]).column("id").to_pylist() in (
        [2, 5],
        [5, 2],
    )
    assert all(set(add["partitionValues"]) == set(rows.column_names[1:]) for add in adds(lake.uri))
    assert all(list(json.loads(add["stats"])["minValues"]) == ["id"] for add in adds(lake.uri))


def test_other_partitions_become_plain_columns(lake, spark):
    rows = pa.table(
        {
            "id": pa.array(range(4), pa.int64()),
            "at": pa.array([0, 86_400_000_000, 10**15, None], pa.timestamp("us")),
            "word": ["apple", "apricot", "banana", None],
            "kind": ["a", "a", "b", "b"],
        }
    )
    table = lake.create(rows.schema)
    with table.update_spec() as spec:
        spec.add_field("at", DayTransform()).add_field("word", TruncateTransform(2)).add_field("id", BucketTransform(4))
        spec.add_identity("kind")
    table.append(rows)
    ours = convert(lake.uri)
    same(lake, spark)
    assert ours.metadata().partition_columns == ["kind"]
    assert all("at" in json.loads(add["stats"])["nullCount"] for add in adds(lake.uri))


def test_evolved_schemas(lake, spark):
    schema = Schema(
        NestedField(1, "id", IntegerType(), required=True, doc="the key"),
        NestedField(2, "old", StringType()),
        NestedField(3, "gone", LongType()),
        NestedField(4, "ratio", FloatType()),
        NestedField(5, "price", DecimalType(9, 2)),
        NestedField(6, "s", StructType(NestedField(7, "a", IntegerType()), NestedField(8, "b", StringType()))),
        NestedField(9, "l", ListType(10, IntegerType(), element_required=False)),
    )
    table = lake.create(schema)
    first = table.schema().as_arrow()

    def row(schema, **values):
        return pa.Table.from_pylist([values], schema=schema)

    table.append(
        row(first, id=1, old="one", gone=7, ratio=0.5, price=decimal.Decimal("1.25"), s={"a": 1, "b": "x"}, l=[1, None])
    )
    with table.update_schema() as change:
        change.rename_column("old", "new").delete_column("gone").add_column("added", DateType())
        change.update_column("id", LongType()).update_column("ratio", DoubleType()).update_column(
            "price", DecimalType(18, 2)
        )
        change.update_column(("s", "a"), LongType()).rename_column(("s", "b"), "c").update_column(
            ("l", "element"), LongType()
        )
    second = table.schema().as_arrow()
    table.append(
        row(
            second,
            id=2**40,
            new="two",
            ratio=1e300,
            price=decimal.Decimal("123456789012.34"),
            s={"a": 2**40, "c": "y"},
            l=[2**40],
            added=datetime.date(2024, 2, 29),
        )
    )
    ours = convert(lake.uri)
    same(lake, spark)
    fields = {field["name"]: field for field in json.loads(metadata(lake.uri)["schemaString"])["fields"]}
    assert fields["id"]["nullable"] is False and fields["id"]["metadata"]["comment"] == "the key"
    assert fields["id"]["metadata"]["delta.typeChanges"] == [{"toType": "long", "fromType": "integer"}]
    assert fields["l"]["metadata"]["delta.typeChanges"] == [
        {"toType": "long", "fromType": "integer", "fieldPath": "element"}
    ]
    assert "typeWidening" in ours.protocol().reader_features
    # What is added afterwards gets an id that no file has.
    ours.alter.add_columns([deltaic.Field("later", deltaic.schema.PrimitiveType("string"))])
    assert deltaic.DeltaTable(lake.uri).to_pyarrow_table().column("later").null_count == 2


def test_a_column_by_an_old_name_is_another_one(lake):
    """Not with Spark, which finds the old column by its name and fails on its type."""
    table = lake.create(Schema(NestedField(1, "id", LongType()), NestedField(2, "old", StringType())))
    table.append(pa.table({"id": pa.array([1], pa.int64()), "old": ["one"]}))
    with table.update_schema() as change:
        change.rename_column("old", "new")
    with table.update_schema() as change:
        change.add_column("old", LongType())
    table.append(pa.table({"id": pa.array([2], pa.int64()), "new": ["two"], "old": pa.array([5], pa.int64())}))
    convert(lake.uri)
    same(lake)


def test_the_current_snapshot_alone(lake, spark):
    rows = pa.table({"id": pa.array(range(100), pa.int64()), "part": [i % 3 for i in range(100)]})
    table = lake.create(rows.schema)
    with table.update_spec() as spec:
        spec.add_identity("part")
    table.append(rows)
    table.delete("id < 20")
    table.overwrite(pa.table({"id": pa.array([1000], pa.int64()), "part": [1]}), overwrite_filter=EqualTo("part", 1))
    table.delete(EqualTo("part", 2))
    convert(lake.uri)
    same(lake, spark)
    table.append(rows)  # Iceberg goes on without us, and we without it
    assert (
        deltaic.DeltaTable(lake.uri).to_pyarrow_table().num_rows
        == spark.sql(f"SELECT * FROM delta.`{lake.uri}`").count()
    )


def test_both_write_to_it_afterwards(lake, spark):
    rows = pa.table(
        {"id": pa.array([1, 2], pa.int64()), "l": pa.array([[1], None], pa.list_(pa.int64())), "p": ["a", "b"]}
    )
    table = lake.create(rows.schema)
    with table.update_spec() as spec:
        spec.add_identity("p")
    table.append(rows)
    convert(lake.uri)
    deltaic.write_deltalake(lake.uri, rows, mode="append")
    spark.sql(f"INSERT INTO delta.`{lake.uri}` VALUES (3, array(4L), 'c')")
    spark.sql(f"UPDATE delta.`{lake.uri}` SET id = 20 WHERE id = 2")
    ours = deltaic.DeltaTable(lake.uri)
    ours.delete("p = 'a'")
    ours.optimize.compact()
    assert compared(ours.to_pyarrow_table()) == compared(spark.sql(f"SELECT * FROM delta.`{lake.uri}`").toArrow())
    assert sorted(ours.to_pyarrow_table().column("id").to_pylist()) == [3, 20, 20]


def test_partition_evolution(lake, spark):
    rows = pa.table({"id": pa.array([1, 2], pa.int64()), "a": ["x", "y"], "b": ["x", "y"]})
    table = lake.create(rows.schema)
    with table.update_spec() as spec:
        spec.add_identity("a")
    table.append(rows)
    with table.update_spec() as spec:
        spec.add_identity("b")
    table.append(rows)
    ours = convert(lake.uri)
    same(lake, spark)
    assert ours.metadata().partition_columns == ["a"]


def test_a_partition_that_the_log_cannot_say(lake, spark):
    rows = pa.table({"id": pa.array([1, 2, 3], pa.int64()), "a": ["", None, "y"]})
    table = lake.create(rows.schema)
    with table.update_spec() as spec:
        spec.add_identity("a")
    table.append(rows)
    ours = convert(lake.uri)
    same(lake, spark)
    assert ours.metadata().partition_columns == []


def test_a_table_without_rows(lake):
    lake.create(NESTED.schema)
    convert(lake.uri)
    same(lake)


def test_a_table_that_was_copied_elsewhere(lake, tmp_path):
    lake.create(NESTED.schema).append(NESTED)
    expected = compared(lake.catalog.load_table("db.t").scan().to_arrow())
    there = tmp_path / "other place"
    shutil.copytree(lake.uri, there)
    shutil.rmtree(lake.uri)
    convert(str(there))
    assert compared(deltaic.DeltaTable(str(there)).to_pyarrow_table()) == expected


@pytest.mark.parametrize("how", ["gzip", "relative", "whole", "hint"])
def test_metadata_is_found(lake, how):
    table = lake.create(NESTED.schema)
    table.append(NESTED)
    folder = pathlib.Path(lake.uri) / "metadata"
    old, new = sorted(folder.glob("*.metadata.json"))
    expected = NESTED.num_rows
    if how == "gzip":
        import gzip

        (folder / new.name.replace(".metadata.json", ".gz.metadata.json")).write_bytes(gzip.compress(new.read_bytes()))
        new.unlink()
        convert(lake.uri)
    elif how == "hint":
        new.rename(folder / "v2.metadata.json")
        old.rename(folder / "v1.metadata.json")
        (folder / "version-hint.text").write_text("1\n")
        convert(lake.uri)
    else:
        convert(lake.uri, iceberg_metadata=f"metadata/{old.name}" if how == "relative" else f"file://{old}")
        expected = 0
    assert deltaic.DeltaTable(lake.uri).to_pyarrow_table().num_rows == expected


def test_two_that_may_be_the_newest(lake):
    lake.create(NESTED.schema).append(NESTED)
    newest = max((pathlib.Path(lake.uri) / "metadata").glob("*.metadata.json"))
    shutil.copy(newest, newest.with_name("00001-other.metadata.json"))
    refused(lake.uri, newest.name, "00001-other.metadata.json", "iceberg_metadata")


@pytest.mark.parametrize("type", [TimeType(), UUIDType()], ids=str)
def test_types_that_delta_lacks(lake, type):
    lake.create(Schema(NestedField(1, "id", LongType()), NestedField(2, "odd", type)))
    refused(lake.uri, "column odd", str(type))


def test_files_of_other_writers_without_ids(lake, tmp_path):
    rows = pa.table({"id": pa.array([1], pa.int64())})
    path = pathlib.Path(lake.uri) / "data/foreign.parquet"
    table = lake.create(rows.schema)
    path.parent.mkdir(parents=True)
    pq.write_table(rows, path)
    table.add_files([f"file://{path}"])
    refused(lake.uri, "data/foreign.parquet", "column id has no field id")


def test_files_outside_of_the_root(lake, tmp_path):
    rows = pa.table({"id": pa.array([1], pa.int64())})
    lake.create(rows.schema, **{"write.data.path": f"file://{tmp_path}/elsewhere"}).append(rows)
    refused(lake.uri, "elsewhere", "lies outside")


def test_files_that_are_gone_or_others(lake):
    rows = pa.table({"id": pa.array([1], pa.int64())})
    lake.create(rows.schema).append(rows)
    (path,) = pathlib.Path(lake.uri).glob("data/*.parquet")
    pq.write_table(pa.table({"id": pa.array([1, 2], pa.int64())}), path)
    refused(lake.uri, path.name, "its manifest says")
    path.unlink()
    refused(lake.uri, path.name, "not there", error=deltaic.exceptions.TableNotFoundError)


def test_options_of_folders(lake):
    lake.create(NESTED.schema)
    day = deltaic.Schema([deltaic.Field("day", deltaic.schema.PrimitiveType("date"))])
    refused(lake.uri, "is an Iceberg table", partition_by=day, partition_strategy="hive")
    refused(lake.uri, "delta.columnMapping.mode", configuration={"delta.columnMapping.mode": "name"})


def test_deltalake_reads_what_has_no_feature_beyond_its_own(lake):
    lake.create(NESTED.schema).append(NESTED)
    convert(lake.uri)
    theirs = deltalake.DeltaTable(lake.uri).to_pyarrow_table()
    assert compared(theirs) == compared(lake.catalog.load_table("db.t").scan().to_arrow())
