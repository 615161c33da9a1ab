import datetime
import json
import os
import pathlib
import pickle
import warnings

import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from conftest import by_id, on_disk
from deltaic import (
    CommitProperties,
    DeltaTable,
    Field,
    PostCommitHookProperties,
    Schema,
    WriterProperties,
    exceptions,
    write_deltalake,
)


def ids(table: DeltaTable) -> list[int]:
    return [row["id"] for row in by_id(table.to_pyarrow_table(columns=["id"]))]


def write_versions(uri: str, count: int) -> None:
    for version in range(count):
        write_deltalake(uri, pa.table({"id": [version]}), mode="append")


# ---- modes


def test_error_is_the_default_mode(uri, rows):
    write_deltalake(uri, rows)
    with pytest.raises(exceptions.DeltaError) as caught:
        write_deltalake(uri, rows)
    assert caught.value.code_name == "AlreadyExists"
    assert DeltaTable(uri).version() == 0


def test_append_adds_and_overwrite_replaces(uri):
    write_versions(uri, 2)
    assert ids(DeltaTable(uri)) == [0, 1]
    write_deltalake(uri, pa.table({"id": [9]}), mode="overwrite")
    assert ids(DeltaTable(uri)) == [9]


def test_ignore_leaves_the_table_alone(uri):
    write_versions(uri, 1)
    write_deltalake(uri, pa.table({"id": [9]}), mode="ignore")
    assert ids(DeltaTable(uri)) == [0]


def test_unknown_mode_is_refused(uri, rows):
    with pytest.raises(exceptions.InvalidArgumentError, match="mode"):
        write_deltalake(uri, rows, mode="replace")


def test_predicate_replaces_one_partition(uri, rows):
    write_deltalake(uri, rows, partition_by=["part"])
    new = rows.slice(2, 1).set_column(0, "id", pa.array([30]))
    write_deltalake(uri, new, mode="overwrite", predicate="part = 'y'")
    assert ids(DeltaTable(uri)) == [1, 2, 4, 30]


def test_merge_adds_columns(uri):
    write_versions(uri, 1)
    wider = pa.table({"id": [1], "more": ["x"]})
    with pytest.raises(exceptions.SchemaMismatchError):
        write_deltalake(uri, wider, mode="append")
    write_deltalake(uri, wider, mode="append", schema_mode="merge")
    assert by_id(DeltaTable(uri).to_pyarrow_table()) == [{"id": 0, "more": None}, {"id": 1, "more": "x"}]


def test_schema_overwrite_takes_the_new_schema(uri):
    write_versions(uri, 1)
    write_deltalake(uri, pa.table({"other": ["x"]}), mode="overwrite", schema_mode="overwrite")
    assert DeltaTable(uri).schema() == Schema([Field("other", "string")])


def test_written_table_object_is_at_the_new_version(uri):
    write_versions(uri, 1)
    table = DeltaTable(uri)
    write_deltalake(table, pa.table({"id": [5]}), mode="append")
    assert table.version() == 1
    assert ids(table) == [0, 5]


# ---- creation


def test_created_table_is_empty_and_says_what_it_is(uri):
    schema = Schema([Field("id", "long", nullable=False), Field("part", "string")])
    created = DeltaTable.create(
        uri,
        schema,
        partition_by="part",
        name="n",
        description="d",
        configuration={"delta.appendOnly": "true"},
        commit_properties=CommitProperties(custom_metadata={"who": {"team": "x"}}),
    )
    for table in (created, DeltaTable(uri)):
        assert (table.version(), table.count(), table.schema()) == (0, 0, schema)
        metadata = table.metadata()
        assert (metadata.name, metadata.description, metadata.partition_columns) == ("n", "d", ["part"])
        assert metadata.configuration["delta.appendOnly"] == "true"
    assert created.history()[0]["who"] == {"team": "x"}


def test_create_takes_an_arrow_schema(uri, rows):
    assert DeltaTable.create(uri, rows.schema).schema() == Schema.from_arrow(rows.schema)


@pytest.mark.parametrize("mode", ["error", "append"])
def test_create_where_a_table_is_raises(partitioned, rows, mode):
    with pytest.raises(exceptions.DeltaError, match="exist"):
        DeltaTable.create(partitioned, rows.schema, mode=mode)


def test_create_ignores_or_overwrites_on_request(partitioned, rows):
    assert DeltaTable.create(partitioned, rows.schema, mode="ignore").count() == 4
    replaced = DeltaTable.create(partitioned, pa.schema({"a": pa.int64()}), mode="overwrite")
    assert (replaced.version(), replaced.count()) == (1, 0)


def test_property_that_is_not_deltas_needs_consent(uri, rows):
    with pytest.raises(exceptions.DeltaError, match="mine"):
        DeltaTable.create(uri, rows.schema, configuration={"mine": "1"})
    table = DeltaTable.create(uri, rows.schema, configuration={"mine": "1"}, raise_if_key_not_exists=False)
    assert table.metadata().configuration["mine"] == "1"


# ---- what is missing or wrong


def test_missing_table_is_named(uri):
    with pytest.raises(exceptions.TableNotFoundError, match=pathlib.Path(uri).name):
        DeltaTable(uri)
    assert not DeltaTable.is_deltatable(uri)


def test_path_objects_serve(partitioned):
    assert DeltaTable.is_deltatable(on_disk(partitioned))
    assert DeltaTable(pathlib.Path(partitioned)).count() == 4


def test_missing_version_is_no_missing_table(partitioned):
    for ask in (lambda: DeltaTable(partitioned, version=9), lambda: DeltaTable(partitioned).load_as_version(9)):
        with pytest.raises(exceptions.DeltaError, match="9") as caught:
            ask()
        assert not isinstance(caught.value, exceptions.TableNotFoundError)
        assert caught.value.code_name == "NotFound"


def test_wrong_questions_are_value_errors(partitioned):
    table = DeltaTable(partitioned)
    for ask in (
        lambda: table.scan(columns=["nothing"]),
        lambda: table.scan(predicate="id ="),
        lambda: table.scan(predicate="nothing = 1"),
        lambda: table.load_as_version("yesterday"),
        lambda: table.load_as_version("1999-01-01"),
    ):
        with pytest.raises(ValueError) as caught:
            ask()
        assert isinstance(caught.value, exceptions.DeltaError)


def test_damaged_log_is_a_protocol_error(uri):
    write_versions(uri, 1)
    (on_disk(uri) / "_delta_log" / f"{0:020}.json").write_text("{broken\n")
    with pytest.raises(exceptions.DeltaProtocolError):
        DeltaTable(uri)


def test_unknown_reader_feature_is_named(uri):
    write_versions(uri, 1)
    log = on_disk(uri) / "_delta_log" / f"{0:020}.json"
    lines = [line for line in log.read_text().splitlines() if '"protocol"' not in line]
    features = '"readerFeatures":["fromTheFuture"],"writerFeatures":["fromTheFuture"]'
    lines.append('{"protocol":{"minReaderVersion":3,"minWriterVersion":7,' + features + "}}")
    log.write_text("\n".join(lines) + "\n")
    with pytest.raises(exceptions.DeltaProtocolError, match="fromTheFuture"):
        DeltaTable(uri).to_pyarrow_table()


def test_every_code_has_its_class_and_keeps_its_number():
    for code in range(1, 15):
        error = exceptions.error_of(code, "Name", "message")
        assert isinstance(error, exceptions.DeltaError)
        assert (error.code, error.code_name, str(error)) == (code, "Name", "message")
    assert isinstance(exceptions.error_of(12, "PermissionDenied", ""), PermissionError)
    assert isinstance(exceptions.error_of(8, "Conflict", ""), exceptions.CommitFailedError)


def test_failed_scan_raises_its_own_exception(uri):
    write_versions(uri, 1)
    table = DeltaTable(uri)
    for path in table.file_uris():
        on_disk(path).write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(exceptions.DeltaError) as caught:
        table.to_pyarrow_table()
    assert caught.value.code_name in ("Corruption", "Io", "NotFound")


def test_exception_of_the_input_stops_the_write(uri):
    def batches():
        yield pa.record_batch({"id": [1]})
        raise RuntimeError("the source broke")

    reader = pa.RecordBatchReader.from_batches(pa.schema({"id": pa.int64()}), batches())
    with pytest.raises(exceptions.DeltaError, match="the source broke"):
        write_deltalake(uri, reader)
    assert not DeltaTable.is_deltatable(uri)
    assert list(on_disk(uri).rglob("*.parquet")) == []


# ---- time travel


def test_versions_can_be_travelled(uri):
    write_versions(uri, 3)
    assert ids(DeltaTable(uri, version=1)) == [0, 1]
    table = DeltaTable(uri)
    table.load_as_version(0)
    assert (table.version(), ids(table)) == (0, [0])
    table.update_incremental()
    assert table.version() == 2


@pytest.mark.parametrize("as_text", [False, True])
def test_times_can_be_travelled(uri, as_text):
    write_versions(uri, 2)
    table = DeltaTable(uri)
    first = table.history()[-1]["timestamp"]
    when = datetime.datetime.fromtimestamp(first / 1000, datetime.timezone.utc)
    log = on_disk(uri) / "_delta_log"
    for version, seconds in ((0, first / 1000), (1, first / 1000 + 100)):
        os.utime(log / f"{version:020}.json", (seconds, seconds))
    when += datetime.timedelta(seconds=50)
    table.load_as_version(when.isoformat() if as_text else when.replace(tzinfo=None))
    assert table.version() == 0


def test_now_is_the_newest_version(uri):
    write_versions(uri, 2)
    table = DeltaTable(uri)
    table.load_as_version(0)
    table.load_as_version(datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1))
    assert table.version() == 1


@pytest.mark.parametrize("wrong", [1.5, True, None, b"1"])
def test_wrong_kind_of_version_is_a_type_error(partitioned, wrong):
    with pytest.raises(TypeError):
        DeltaTable(partitioned).load_as_version(wrong)


def test_history_is_newest_first(uri):
    write_versions(uri, 3)
    history = DeltaTable(uri).history()
    assert [entry["version"] for entry in history] == [2, 1, 0]
    assert all(entry["operation"] == "WRITE" and entry["timestamp"] > 0 for entry in history)
    assert len(DeltaTable(uri).history(limit=2)) == 2


# ---- settings


def test_missing_data_file_is_no_missing_table(partitioned):
    table = DeltaTable(partitioned)
    on_disk(table.file_uris()[0]).unlink()
    for read in (
        table.to_pyarrow_table,
        table.to_pyarrow_dataset().to_table,
        lambda: list(table.scan()),
        lambda: table.to_pyarrow_dataset(file_pruning_predicate="id > 0 OR id < -1").count_rows(),
        lambda: table.explain(predicate="id > 0 OR id < -1"),
    ):
        with pytest.raises(FileNotFoundError, match="is missing") as caught:
            read()
        assert isinstance(caught.value, exceptions.StorageError)
        assert not isinstance(caught.value, exceptions.TableNotFoundError)
    assert table.count() == 4


def test_history_has_the_times_that_time_travel_goes_by(uri, rows):
    for _ in range(2):
        write_deltalake(uri, rows, mode="append", configuration={"delta.enableInCommitTimestamps": "true"})
    for version in range(2):
        commit = on_disk(uri) / "_delta_log" / f"{version:020}.json"
        info, *others = commit.read_text().splitlines(keepends=True)
        info = json.loads(info)
        info["commitInfo"]["inCommitTimestamp"] += 60_000  # later than commitInfo.timestamp, as where clocks differ
        commit.write_text(json.dumps(info) + "\n" + "".join(others))
        commit.with_suffix(".crc").unlink(missing_ok=True)
    for entry in DeltaTable(uri).history():
        table = DeltaTable(uri)
        table.load_as_version(datetime.datetime.fromtimestamp(entry["timestamp"] / 1000, datetime.timezone.utc))
        assert table.version() == entry["version"]


def test_commit_metadata_is_in_the_history(uri, rows):
    write_deltalake(uri, rows, commit_properties=CommitProperties(custom_metadata={"job": 7, "tags": ["a"]}))
    entry = DeltaTable(uri).history()[0]
    assert (entry["job"], entry["tags"]) == (7, ["a"])


def test_not_a_number_cannot_be_commit_metadata(uri, rows):
    with pytest.raises(ValueError):
        write_deltalake(uri, rows, commit_properties=CommitProperties(custom_metadata={"x": float("nan")}))


def test_checkpoint_follows_a_commit_unless_declined(uri, rows):
    configuration = {"delta.checkpointInterval": "1"}
    no_checkpoint = PostCommitHookProperties(create_checkpoint=False)
    write_deltalake(uri, rows, configuration=configuration, post_commithook_properties=no_checkpoint)
    write_deltalake(uri, rows, mode="append", post_commithook_properties=no_checkpoint)
    log = on_disk(uri) / "_delta_log"
    assert list(log.glob("*.checkpoint*.parquet")) == []
    write_deltalake(uri, rows, mode="append")
    assert [path.name[:20] for path in log.glob("*.checkpoint*.parquet")] == [f"{2:020}"]


@pytest.mark.parametrize(("configured", "asked", "cleaned"), [("false", True, True), ("true", False, False)])
def test_log_cleanup_is_as_the_hook_says(uri, rows, configured, asked, cleaned):
    configuration = {"delta.checkpointInterval": "1", "delta.enableExpiredLogCleanup": configured}
    hook = PostCommitHookProperties(cleanup_expired_logs=asked)
    write_deltalake(uri, rows, configuration=configuration, post_commithook_properties=hook)
    write_deltalake(uri, rows, mode="append", post_commithook_properties=hook)
    first = on_disk(uri) / "_delta_log" / f"{0:020}.json"
    for path in first.parent.iterdir():
        then = path.stat().st_mtime - 40 * 86400
        os.utime(path, (then, then))
    write_deltalake(uri, rows, mode="append", post_commithook_properties=hook)
    assert first.exists() != cleaned


def test_writer_properties_reach_the_files(uri):
    import pyarrow.parquet as pq

    rows = pa.table({"id": pa.array(range(1000), pa.int64())})
    properties = WriterProperties(compression="ZSTD", compression_level=3, max_row_group_size=100)
    write_deltalake(uri, rows, writer_properties=properties)
    (path,) = DeltaTable(uri).file_uris()
    metadata = pq.ParquetFile(on_disk(path)).metadata
    assert metadata.num_row_groups == 10
    assert metadata.row_group(0).column(0).compression == "ZSTD"


def test_writer_properties_without_effect_are_named(uri, rows):
    with pytest.warns(UserWarning, match="statistics_truncate_length"):
        write_deltalake(uri, rows, writer_properties=WriterProperties(statistics_truncate_length=10))


@pytest.mark.parametrize(
    "settings",
    [{"compression_level": 3}, {"compression": "rar"}, {"compression": "ZSTD", "compression_level": 99}],
)
def test_wrong_writer_properties_are_refused(settings):
    with pytest.raises(ValueError):
        WriterProperties(**settings)


def test_unknown_storage_option_is_named(partitioned):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            table = DeltaTable(partitioned, storage_options={"no_such_option": "1"})
        except exceptions.InvalidArgumentError as error:
            assert "no_such_option" in str(error)
        else:
            assert table.count() == 4  # options of other storages do not matter to the local disk


# ---- files


def test_files_are_pruned_by_partition_and_statistics(uri):
    write_versions(uri, 4)
    table = DeltaTable(uri)
    assert len(table.file_uris()) == 4
    assert len(table.file_uris(file_pruning_predicate="id >= 2")) == 2
    assert len(table.file_uris(file_pruning_predicate=[("id", "in", [0, 3])])) == 2
    with pytest.warns(DeprecationWarning):
        assert len(table.file_uris([("id", "=", 1)])) == 1


def test_partitions_are_distinct(partitioned):
    write_deltalake(partitioned, DeltaTable(partitioned), mode="append")
    partitions = DeltaTable(partitioned).partitions()
    assert sorted(partitions, key=str) == sorted([{"part": "x"}, {"part": "y"}, {"part": None}], key=str)
    assert DeltaTable(partitioned).partitions(file_pruning_predicate=[("part", "=", "")]) == [{"part": None}]


def test_partitions_are_texts_as_in_the_log(uri):
    at = datetime.datetime(2024, 1, 31, 10, 0, 0, 500_000, datetime.timezone.utc)
    rows = pa.table(
        {
            "id": [1],
            "b": [b"hello"],
            "t": pa.array([at], pa.timestamp("us", "UTC")),
            "d": [at.date()],
            "n": pa.array([None], pa.int32()),
        }
    )
    write_deltalake(uri, rows, partition_by=["b", "t", "d", "n"])
    (partition,) = DeltaTable(uri).partitions()
    assert partition == {"b": "hello", "t": "2024-01-31 10:00:00.5", "d": "2024-01-31", "n": None}


def test_add_actions_have_typed_statistics(partitioned):
    actions = DeltaTable(partitioned).get_add_actions(flatten=True)
    by_part = {row["partition.part"]: row for row in actions.to_pylist()}
    assert (by_part["x"]["min.id"], by_part["x"]["max.id"], by_part["x"]["num_records"]) == (1, 2, 2)
    assert by_part["y"]["null_count.name"] == 1
    nested = DeltaTable(partitioned).get_add_actions().to_pylist()
    assert {row["partition"]["part"] for row in nested} == {"x", "y", None}


def test_dataset_reads_with_partition_values(partitioned, rows):
    on_disk(partitioned)  # Far away, fragments want a filesystem.
    dataset = DeltaTable(partitioned).to_pyarrow_dataset()
    assert by_id(dataset.to_table()) == rows.to_pylist()
    assert len(list(dataset.get_fragments(filter=ds.field("part") == "y"))) == 1
    pruned = DeltaTable(partitioned).to_pyarrow_dataset(file_pruning_predicate="part is null")
    assert [row["id"] for row in pruned.to_table().to_pylist()] == [4]


def test_deprecated_parameters_warn(partitioned):
    with pytest.warns(DeprecationWarning, match="without_files"):
        DeltaTable(partitioned, without_files=True)
    with pytest.warns(DeprecationWarning, match="partitions"):
        assert DeltaTable(partitioned).to_pyarrow_table([("part", "=", "y")]).num_rows == 1


def test_table_in_memory():
    write_deltalake("memory://test_table/t", pa.table({"id": [1]}))
    assert ids(DeltaTable("memory://test_table/t")) == [1]


def test_pickled_table_loads_the_same_version(uri):
    write_versions(uri, 3)
    other = pickle.loads(pickle.dumps(DeltaTable(uri, version=1)))
    assert (other.version(), ids(other)) == (1, [0, 1])


def test_texts_for_people(partitioned):
    table = DeltaTable(partitioned)
    assert "version=0" in repr(table)
    assert table.metadata().id in str(table.metadata())
