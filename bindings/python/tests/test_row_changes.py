"""delete, update and merge, with deltalake's signatures and results."""

import datetime

import deltalake
import polars
import pyarrow as pa
import pytest
from conftest import by_id
from deltaic import CommitProperties, DeltaTable, Field, Schema, Transaction, write_deltalake
from deltaic.exceptions import DeltaError, DeltaProtocolError, InvalidArgumentError, SchemaMismatchError

VECTORS = {"delta.enableDeletionVectors": "true"}
FEED = {"delta.enableChangeDataFeed": "true"}
NEW = pa.table(
    {
        "id": pa.array([2, 5], pa.int64()),
        "name": pa.array(["B", "E"]),
        "part": pa.array(["x", "z"]),
        "at": pa.array([5, None], pa.timestamp("us", "UTC")),
    }
)


@pytest.fixture(params=["rewriting", "vectors"])
def table(request, uri, rows):
    """ROWS, with and without deletion vectors."""
    write_deltalake(uri, rows, configuration=VECTORS if request.param == "vectors" else None)
    return DeltaTable(uri)


def ids(table):
    return [row["id"] for row in by_id(table.to_pyarrow_table())]


def test_delete_keeps_rows_of_which_the_predicate_is_null(table):
    metrics = table.delete("name <> 'a'")
    assert ids(table) == [1, 3]
    assert table.version() == 1
    assert metrics["num_deleted_rows"] == 2
    assert set(metrics) == {
        "num_added_files",
        "num_removed_files",
        "num_deleted_rows",
        "num_copied_rows",
        "execution_time_ms",
        "scan_time_ms",
        "rewrite_time_ms",
    }


def test_delete_without_a_predicate_empties_the_table(table):
    assert table.delete()["num_deleted_rows"] == 4
    assert ids(table) == []
    assert table.history(1)[0]["operation"] == "DELETE"


def test_nothing_to_delete_commits_nothing(table):
    assert table.delete("id = 99")["num_deleted_rows"] == 0
    assert table.version() == 0


def test_update_takes_sql_or_values(table):
    metrics = table.update({"name": "upper(name)", "part": "'q'"}, predicate="id < 3")
    assert metrics["num_updated_rows"] == 2
    assert set(metrics) == {
        "num_added_files",
        "num_removed_files",
        "num_updated_rows",
        "num_copied_rows",
        "execution_time_ms",
        "scan_time_ms",
    }
    at = datetime.datetime(2024, 1, 31, 12, tzinfo=datetime.timezone.utc)
    table.update(new_values={"name": "it's", "at": at}, predicate="id = 4")
    rows = by_id(table.to_pyarrow_table())
    assert [(row["name"], row["part"]) for row in rows] == [("A", "q"), ("B", "q"), (None, "y"), ("it's", None)]
    assert rows[3]["at"] == at


NESTED = pa.schema(
    [
        pa.field("id", pa.int64()),
        pa.field("tags", pa.list_(pa.string())),
        pa.field("sizes", pa.map_(pa.string(), pa.int32())),
        pa.field("at", pa.struct([("x", pa.int32()), ("more", pa.list_(pa.struct([("y", pa.float64())])))])),
    ]
)


def test_update_takes_lists_maps_and_structs(tmp_path):
    rows = [{"id": i, "tags": ["t"], "sizes": [("a", 1)], "at": {"x": i, "more": []}} for i in range(4)]
    write_deltalake(tmp_path / "t", pa.Table.from_pylist(rows, NESTED))
    table = DeltaTable(tmp_path / "t")
    new = {
        "tags": ["it's", None, ""],
        "sizes": {"b": 2, "c": None},
        "at": {"x": 7, "more": [{"y": 1.5}, None, {"y": None}, {}]},
    }
    table.update(new_values=new, predicate="id = 0")
    table.update(new_values={"tags": [], "sizes": {}, "at": {"more": None}}, predicate="id = 1")
    table.update(new_values={"tags": None, "sizes": [("d", 4)], "at": None}, predicate="id = 2")
    table.update(new_values={"at.x": 9}, predicate="id = 3")
    assert by_id(table.to_pyarrow_table()) == [
        {
            "id": 0,
            "tags": ["it's", None, ""],
            "sizes": [("b", 2), ("c", None)],
            "at": {"x": 7, "more": [{"y": 1.5}, None, {"y": None}, {"y": None}]},
        },
        {"id": 1, "tags": [], "sizes": [], "at": {"x": None, "more": None}},
        {"id": 2, "tags": None, "sizes": [("d", 4)], "at": None},
        {"id": 3, "tags": ["t"], "sizes": [("a", 1)], "at": {"x": 9, "more": []}},
    ]
    version = table.version()
    with pytest.raises(ValueError, match="no member 'z'"):
        table.update(new_values={"at": {"z": 1}})
    with pytest.raises(InvalidArgumentError, match="twice"):
        table.update(new_values={"sizes": [("a", 1), ("a", 2)]})
    assert DeltaTable(tmp_path / "t").version() == version


def test_merge_whose_source_exceeds_memory(tmp_path):
    rows = pa.table({"id": pa.array(range(20_000), pa.int64()), "name": ["old"] * 20_000})
    write_deltalake(tmp_path / "t", rows)
    source = pa.table({"id": pa.array(range(10_000, 30_000), pa.int64()), "name": ["new"] * 20_000})

    def merge(**settings):
        table = DeltaTable(tmp_path / "t")
        merger = table.merge(source, "t.id = s.id", source_alias="s", target_alias="t", **settings)
        return merger.when_matched_update_all().when_not_matched_insert_all().execute()

    with pytest.raises(OSError, match="temporary files"):
        merge(max_spill_size=10_000, max_temp_directory_size=10_000)
    metrics = merge(max_spill_size=100_000)
    assert (metrics["num_target_rows_updated"], metrics["num_target_rows_inserted"]) == (10_000, 10_000)
    names = DeltaTable(tmp_path / "t").to_pyarrow_table().sort_by("id")["name"].to_pylist()
    assert names == ["old"] * 10_000 + ["new"] * 20_000


def test_merge_updates_deletes_and_inserts(table):
    metrics = (
        table.merge(NEW, "t.id = s.id", source_alias="s", target_alias="t")
        .when_matched_update({"name": "concat(t.name, s.name)"}, predicate="s.part = 'x'")
        .when_not_matched_insert_all()
        .when_not_matched_by_source_delete("t.name IS NULL")
        .execute()
    )
    assert {key: value for key, value in metrics.items() if "rows" in key and "copied" not in key} == {
        "num_source_rows": 2,
        "num_target_rows_inserted": 1,
        "num_target_rows_updated": 1,
        "num_target_rows_deleted": 1,
        "num_output_rows": 2 + metrics["num_target_rows_copied"],
    }
    assert [(row["id"], row["name"]) for row in by_id(table.to_pyarrow_table())] == [
        (1, "a"),
        (2, "bB"),
        (4, "d"),
        (5, "E"),
    ]


def test_merge_takes_all_columns_but_some(table):
    (
        table.merge(polars.from_arrow(NEW), "target.id = source.id", source_alias="source", target_alias="target")
        .when_matched_update_all(except_cols=["part"])
        .when_not_matched_insert_all(except_cols=["name"])
        .execute()
    )
    rows = {row["id"]: row for row in table.to_pyarrow_table().to_pylist()}
    assert (rows[2]["name"], rows[2]["part"]) == ("B", "x")
    assert (rows[5]["name"], rows[5]["part"]) == (None, "z")


def test_all_columns_are_those_of_the_source(table):
    """As deltalake has it: what the source lacks stays as it was, or is null."""
    table.merge(NEW.select(["id", "name"]), "t.id = s.id", "s", "t").when_matched_update_all().execute()
    assert by_id(table.to_pyarrow_table())[1]["part"] == "x"


def test_merge_adds_columns_where_asked(table):
    new = NEW.append_column("extra", pa.array([1.5, 2.5]))
    merge = table.merge(new, "t.id = s.id", source_alias="s", target_alias="t", merge_schema=True)
    merge.when_matched_update_all().when_not_matched_insert_all().execute()
    assert {row["id"]: row["extra"] for row in table.to_pyarrow_table().to_pylist()} == {
        1: None,
        2: 1.5,
        3: None,
        4: None,
        5: 2.5,
    }


def test_bad_input_is_one_line_and_changes_nothing(table):
    twice = pa.concat_tables([NEW, NEW])
    merge = table.merge(twice, "t.id = s.id", source_alias="s", target_alias="t")
    with pytest.raises(DeltaError, match="both match one row of the table"):
        merge.when_matched_update_all().execute()
    with pytest.raises(DeltaError, match="nope"):
        table.delete("nope = 1")
    with pytest.raises(DeltaError, match="nope"):
        table.update({"nope": "1"})
    with pytest.raises(ValueError, match="Either updates"):
        table.update()
    assert table.version() == 0


def test_append_only_tables_keep_their_rows(uri, rows):
    write_deltalake(uri, rows, configuration={"delta.appendOnly": "true"})
    for change in (lambda t: t.delete("id = 1"), lambda t: t.update({"name": "'x'"})):
        with pytest.raises(DeltaError, match="append-only"):
            change(DeltaTable(uri))


def test_commits_say_what_they_are_told(table):
    properties = CommitProperties(custom_metadata={"who": "me"}, app_transactions=[Transaction("app", 7)])
    table.delete("id = 1", commit_properties=properties)
    assert table.history(1)[0]["who"] == "me"
    assert table.transaction_version("app") == 7


def test_the_change_feed_has_both_images(uri, rows):
    write_deltalake(uri, rows, configuration=FEED)
    table = DeltaTable(uri)
    table.update({"name": "'new'"}, predicate="id = 2")
    changes = pa.table(table.load_cdf(1)).to_pylist()
    assert sorted((row["_change_type"], row["name"]) for row in changes) == [
        ("update_postimage", "new"),
        ("update_preimage", "b"),
    ]


def test_deltalake_reads_what_was_rewritten(uri, rows):
    write_deltalake(uri, rows, partition_by=["part"])
    table = DeltaTable(uri)
    table.delete("id = 1")
    table.update({"part": "'a b/%'"}, predicate="id = 2")
    table.merge(NEW, "t.id = s.id", "s", "t").when_not_matched_insert_all().execute()
    theirs = deltalake.DeltaTable(uri).to_pyarrow_table()
    assert by_id(theirs) == by_id(table.to_pyarrow_table())
    assert [row["part"] for row in by_id(theirs)] == ["a b/%", "y", None, "z"]


def test_constraints_hold_for_new_rows(uri, rows):
    deltalake.write_deltalake(uri, rows)
    deltalake.DeltaTable(uri).alter.add_constraint({"positive": "id > 0"})
    table = DeltaTable(uri)
    with pytest.raises(DeltaProtocolError, match="positive"):
        table.update({"id": "-1"}, predicate="id = 2")
    assert table.version() == 1


@pytest.mark.parametrize("configuration", [{}, VECTORS, FEED, VECTORS | FEED])
def test_generated_and_identity_columns_are_kept_true(uri, configuration):
    identity = {"delta.identity.start": 1, "delta.identity.step": 1, "delta.identity.allowExplicitInsert": False}
    columns = [
        Field("id", "long"),
        Field("v", "integer"),
        Field("double", "integer", metadata={"delta.generationExpression": "v * 2"}),
        Field("key", "long", metadata=identity),
    ]
    table = DeltaTable.create(uri, Schema(columns), configuration=configuration)
    new = pa.table({"id": pa.array([1, 2, 3], pa.int64()), "v": pa.array([1, 2, 3], pa.int32())})
    write_deltalake(table, new, mode="append")
    table.update({"v": "v + 10"}, predicate="id = 2")
    source = pa.table({"id": pa.array([3, 4], pa.int64()), "v": pa.array([30, 40], pa.int32())})
    merge = table.merge(source, "t.id = s.id", source_alias="s", target_alias="t")
    merge.when_matched_update_all().when_not_matched_insert_all().execute()
    assert [tuple(row.values()) for row in by_id(table.to_pyarrow_table())] == [
        (1, 1, 2, 1),
        (2, 12, 24, 2),
        (3, 30, 60, 3),
        (4, 40, 80, 4),
    ]
    if configuration.keys() & FEED.keys():
        changes = pa.table(table.load_cdf(3)).to_pylist()
        assert [row["double"] for row in changes if row["_change_type"] == "insert"] == [80]
    with pytest.raises(DeltaError, match="identity column"):
        table.update({"key": "1"})
    with pytest.raises(DeltaProtocolError, match="generated column double"):
        table.update({"double": "1"}, predicate="id = 1")
    assert table.version() == 3


def test_deletes_of_other_rows_of_one_file_both_stand(uri, rows):
    write_deltalake(uri, rows, configuration=VECTORS)
    first, second = DeltaTable(uri), DeltaTable(uri)
    first.delete("id = 1")
    second.delete("id = 3")
    assert ids(DeltaTable(uri)) == [2, 4]


def test_rows_keep_their_ids(uri):
    table = DeltaTable.create(uri, Schema([Field("id", "long")]), configuration={"delta.enableRowTracking": "true"})
    write_deltalake(table, pa.table({"id": pa.array([1, 2, 3], pa.int64())}), mode="append")
    table.delete("id = 1")
    table.update({"id": "id * 10"}, predicate="id = 3")
    rows = pa.table(table.scan(metadata_columns=["row_id", "row_commit_version"])).to_pylist()
    assert sorted(tuple(row.values()) for row in rows) == [(2, 1, 1), (30, 2, 3)]
    assert table.version() == 3


def test_any_predicate_is_replaced(uri, rows):
    write_deltalake(uri, rows)
    new = rows.slice(0, 1).set_column(0, "id", pa.array([3], rows.schema.field("id").type))
    write_deltalake(uri, new, mode="overwrite", predicate="id >= 3")
    assert ids(DeltaTable(uri)) == [1, 2, 3]
    with pytest.raises(DeltaError, match="replace_where"):
        write_deltalake(uri, new, mode="overwrite", predicate="id < 3")
    assert ids(DeltaTable(uri)) == [1, 2, 3]


def test_values_that_do_not_fit_become_null_where_that_is_asked_for(table):
    table.update({"id": "'x'"}, predicate="id = 1", error_on_type_mismatch=False)
    assert sorted(table.to_pyarrow_table()["id"].to_pylist(), key=str) == [2, 3, 4, None]
    source = pa.table({"id": ["2", "9"], "name": ["b", "i"], "part": ["x", "not a number"]})
    merge = table.merge(source, "t.id = s.id", source_alias="s", target_alias="t", error_on_type_mismatch=False)
    metrics = merge.when_matched_update({"id": "s.part"}).when_not_matched_insert_all(except_cols=["part"]).execute()
    assert (metrics["num_target_rows_updated"], metrics["num_target_rows_inserted"]) == (1, 1)
    assert sorted(table.to_pyarrow_table()["id"].to_pylist(), key=str) == [3, 4, 9, None, None]


def test_a_column_added_by_a_write_has_no_rule_that_gives_it_values(uri, rows):
    write_deltalake(uri, rows)
    column = pa.field("twice", pa.int64(), metadata={"delta.generationExpression": "id * 2"})
    more = rows.append_column(column, pa.array([2 * (i or 0) for i in rows["id"].to_pylist()], pa.int64()))
    with pytest.raises(SchemaMismatchError, match="have no value for it"):
        write_deltalake(uri, more, mode="append", schema_mode="merge")
    assert DeltaTable(uri).version() == 0
