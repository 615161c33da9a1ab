"""Tables with features that only other writers make: their logs are written by hand here."""

import json
import pathlib
import pickle

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq
import pytest
from deltaic import DeltaTable, Schema, _native, exceptions, write_deltalake
from deltaic._options import options_of

STAGED = "{:020}.00000000-0000-4000-8000-000000000000.json"


def field(name, kind):
    return {"name": name, "type": kind, "nullable": True, "metadata": {}}


def head(schema, readers=(), writers=(), **properties):
    protocol = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": list(readers),
                "writerFeatures": [*readers, *writers]}  # fmt: skip
    metadata = {"id": "t", "format": {"provider": "parquet", "options": {}}, "partitionColumns": [],
                "schemaString": json.dumps({"type": "struct", "fields": schema}),
                "configuration": properties}  # fmt: skip
    return [{"protocol": protocol}, {"metaData": metadata}]


def commit(uri, name, *actions):
    path = pathlib.Path(uri, "_delta_log", name if isinstance(name, str) else f"{name:020}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(action) + "\n" for action in actions))


def add(uri, path, table, **more):
    pathlib.Path(uri).mkdir(exist_ok=True)
    pq.write_table(table, pathlib.Path(uri, path))
    size = pathlib.Path(uri, path).stat().st_size
    return {"add": {"path": path, "partitionValues": {}, "size": size, "modificationTime": 1, "dataChange": True,
                    "stats": json.dumps({"numRecords": table.num_rows}), **more}}  # fmt: skip


def texts(table, **lists):
    """The rows as the command line shows them."""
    return _native.text_rows(table._table.native.scan(options_of({"ordered": True}, lists)).stream())


# ---- variants

SMALL = {"metadata": b"\x01\x00\x00", "value": b"\x0c\x05"}


@pytest.fixture
def variants(uri):
    plain = pa.struct([("metadata", pa.binary()), ("value", pa.binary())])
    shredded = pa.struct([("metadata", pa.binary()), ("value", pa.binary()), ("typed_value", pa.int64())])
    rows = [{"metadata": SMALL["metadata"], "typed_value": 7}, None, {**SMALL, "typed_value": None}]
    commit(
        uri,
        0,
        *head([field("id", "long"), field("v", "variant")], ["variantType", "variantShredding"]),
        add(uri, "a.parquet", pa.table({"id": [1], "v": pa.array([SMALL], plain)})),
        add(uri, "b.parquet", pa.table({"id": [2, 3, 4], "v": pa.array(rows, shredded)})),
    )
    return DeltaTable(uri)


def test_variants_come_in_the_arrow_extension(variants):
    table = variants.to_pyarrow_table()
    table.validate(full=True)
    metadata = table.schema.field("v").metadata or {}
    assert metadata.get(b"ARROW:extension:name") == b"arrow.parquet.variant"
    assert [row and row["value"] for row in table["v"].to_pylist()] == [
        b"\x0c\x05",
        b"\x18\x07" + b"\x00" * 7,
        None,
        b"\x0c\x05",
    ]
    assert texts(variants) == [("1", "5"), ("2", "7"), ("3", None), ("4", "5")]
    assert variants.scan().schema == Schema.from_arrow(variants) == variants.schema()
    assert variants.schema().to_arrow().field("v").metadata == metadata
    assert variants.schema().to_json() == json.dumps(
        {"type": "struct", "fields": [field("id", "long"), field("v", "variant")]}, separators=(",", ":")
    )


def test_predicates_take_variants_in_is_null_only(variants):
    assert pa.table(variants.scan(predicate="v IS NULL"))["id"].to_pylist() == [3]
    with pytest.raises(exceptions.DeltaError, match="variant"):
        variants.scan(predicate="v = 5")


def test_duckdb_takes_variants_for_its_own(variants):
    duckdb = pytest.importorskip("duckdb")
    assert duckdb.sql("SELECT id, v FROM variants ORDER BY id").fetchall() == [(1, 5), (2, 7), (3, None), (4, 5)]
    assert duckdb.sql("SELECT v FROM variants").types == ["VARIANT"]


def test_the_change_data_feed_has_variants(uri):
    commit(
        uri,
        0,
        *head([field("v", "variant")], ["variantType"], ["changeDataFeed"], **{"delta.enableChangeDataFeed": "true"}),
        add(uri, "a.parquet", pa.table({"v": pa.array([SMALL], pa.struct([(key, pa.binary()) for key in SMALL]))})),
    )
    changes = pa.table(DeltaTable(uri).load_cdf())
    assert changes["v"].to_pylist() == [SMALL]
    assert changes["_change_type"].to_pylist() == ["insert"]


def test_datasets_have_variants_but_pyarrow_does_not_read_them(variants):
    assert variants.to_pyarrow_dataset().to_table().num_rows == 4
    with pytest.raises(exceptions.DeltaProtocolError, match="variantShredding"):
        variants.to_pyarrow_dataset(filesystem=pyarrow.fs.LocalFileSystem())


def test_tables_with_variants_are_written(uri, variants):
    expected = texts(variants)
    write_deltalake(uri + "2", variants)
    assert sorted(texts(DeltaTable(uri + "2"))) == sorted(expected)
    write_deltalake(variants, DeltaTable(uri + "2"), mode="append")
    assert sorted(texts(variants)) == sorted(expected * 2)


# ---- row tracking


@pytest.fixture
def tracked(uri):
    properties = {
        "delta.enableRowTracking": "true",
        "delta.rowTracking.materializedRowIdColumnName": "_id",
        "delta.rowTracking.materializedRowCommitVersionColumnName": "_version",
    }
    moved = pa.table({"a": [3, 4], "_id": pa.array([1, None], pa.int64()), "_version": pa.array([0, None], pa.int64())})
    commit(
        uri,
        0,
        *head([field("a", "long")], [], ["rowTracking", "domainMetadata"], **properties),
        {
            "domainMetadata": {
                "domain": "delta.rowTracking",
                "configuration": '{"rowIdHighWaterMark":21}',
                "removed": False,
            }
        },  # fmt: skip
        add(uri, "a.parquet", pa.table({"a": [1, 2]}), baseRowId=0, defaultRowCommitVersion=0),
        add(uri, "b.parquet", moved, baseRowId=20, defaultRowCommitVersion=7),
    )
    return DeltaTable(uri)


def test_metadata_columns_tell_what_rows_are(uri, tracked):
    names = ["row_id", "_metadata.row_commit_version", "row_index", "file_path"]
    table = tracked.to_pyarrow_table(columns=["a"], metadata_columns=names)
    prefixed = ["row_id", "row_commit_version", "row_index", "file_path"]
    assert table.column_names == ["a", *(f"_metadata.{name}" for name in prefixed)]
    a, b = f"{uri}/a.parquet", f"{uri}/b.parquet"
    assert [tuple(row.values()) for row in table.to_pylist()] == [
        (1, 0, 0, 0, a),
        (2, 1, 0, 1, a),
        (3, 1, 0, 0, b),
        (4, 21, 7, 1, b),
    ]
    filtered = pa.table(tracked.scan(["a"], "a > 3", metadata_columns=["row_id"]))
    assert filtered.to_pylist() == [{"a": 4, "_metadata.row_id": 21}]
    assert set(tracked.file_uris()) == {a, b}


def test_tasks_tell_row_ids(tracked):
    names = ["row_id", "row_commit_version"]
    tasks = [pickle.loads(pickle.dumps(task)) for task in tracked.scan_tasks(metadata_columns=names, tasks=2)]
    rows = [tuple(row.values()) for task in tasks for row in task.to_pyarrow_table().to_pylist()]
    assert sorted(rows) == [(1, 0, 0), (2, 1, 0), (3, 1, 0), (4, 21, 7)]


def test_row_ids_need_row_tracking(uri):
    write_deltalake(uri, pa.table({"a": [1]}))
    table = DeltaTable(uri)
    assert pa.table(table.scan(metadata_columns=["row_index"]))["_metadata.row_index"].to_pylist() == [0]
    with pytest.raises(exceptions.DeltaError, match="enableRowTracking"):
        table.scan(metadata_columns=["row_id"])
    with pytest.raises(exceptions.DeltaError, match="no metadata column rowid"):
        table.scan(metadata_columns=["rowid"])


def test_domain_metadata_comes_by_domain(tracked):
    assert tracked.domain_metadata() == {"delta.rowTracking": '{"rowIdHighWaterMark":21}'}


# ---- catalogs


@pytest.fixture
def managed(uri):
    """Version 0 is published, 1 staged, 2 only known to the catalog; version 3 is not ratified."""
    one, two, three = (
        add(uri, f"{n}.parquet", pa.table({"a": [n]})) for n in (1, 2, 3)
    )  # fmt: skip
    commit(uri, 0, *head([field("a", "long")], ["catalogManaged"], ["inCommitTimestamp"]))
    commit(uri, "_staged_commits/" + STAGED.format(1), one)
    commit(uri, 3, three)
    return {"catalog_commits": [STAGED.format(1), (2, json.dumps(two))], "max_catalog_version": 2}


def test_tables_of_a_catalog_are_read_with_its_commits(uri, managed):
    with pytest.raises(exceptions.DeltaProtocolError, match="max_catalog_version"):
        DeltaTable(uri, version=0)
    table = DeltaTable(uri, **managed)
    assert table.version() == 2
    assert sorted(pa.table(table)["a"].to_pylist()) == [1, 2]
    assert DeltaTable(uri, version=1, **managed).count() == 1
    assert pickle.loads(pickle.dumps(table)).count() == 2
    table.load_as_version(0)
    assert table.count() == 0


def test_tables_of_a_catalog_are_not_written(uri, managed):
    table = DeltaTable(uri, **managed)
    with pytest.raises(exceptions.DeltaProtocolError, match="catalogManaged"):
        write_deltalake(table, pa.table({"a": [1]}), mode="append")
    with pytest.raises(exceptions.DeltaProtocolError, match="catalog"):
        table.create_checkpoint()


def test_commits_of_a_catalog_lead_nowhere_else(uri, managed):
    for name in ["../0.json", "_staged_commits/../../x", "/etc/passwd", STAGED.format(1) + "/x"]:
        with pytest.raises(exceptions.DeltaError, match="a catalog's commit is"):
            DeltaTable(uri, catalog_commits=[name])
