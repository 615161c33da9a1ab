"""No parameter is taken and ignored in silence: it changes what is written, or a warning or an error names it."""

import inspect
import json
import pathlib
import warnings

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltaic import (
    BloomFilterProperties,
    ColumnProperties,
    CommitProperties,
    DeltaTable,
    PostCommitHookProperties,
    Transaction,
    WriterProperties,
    write_deltalake,
)
from deltaic.exceptions import AppendOnlyError, CommitFailedError, InvalidArgumentError

ROWS = pa.table(
    {
        "i": pa.array(range(20_000), pa.int64()),
        "s": [f"v{x % 50}" for x in range(20_000)],
        "r": [x / 7 for x in range(20_000)],
    }
)


def written(uri: str, **settings) -> dict:
    """What a table's folder says of one write: layout of the file, commit and log."""
    table = pathlib.Path(uri)
    write_deltalake(uri, settings.pop("data", ROWS), **settings)
    file = next(iter(sorted(table.rglob("*.parquet"))))
    group = pq.read_metadata(file).row_group(0)
    columns = []
    for i in range(group.num_columns):
        column = group.column(i)
        columns.append(
            {
                "encodings": sorted(column.encodings),
                "codec": column.compression,
                "statistics": column.is_stats_set,
                "bytes": column.total_compressed_size,
                "dictionary": column.has_dictionary_page,
                "page index": column.has_column_index,
            }
        )
    log = (table / "_delta_log" / f"{0:020}.json").read_text()
    actions = [json.loads(line) for line in log.splitlines()]
    adds = [json.loads(action["add"]["stats"]) for action in actions if "add" in action]
    return {
        "columns": columns,
        "groups": pq.read_metadata(file).num_row_groups,
        "size": file.stat().st_size,
        "files": len(adds),
        "statistics": adds,
        "txn": [action["txn"]["version"] for action in actions if "txn" in action],
        "info": [set(action["commitInfo"]) for action in actions if "commitInfo" in action],
    }


def has_effect(tmp_path: pathlib.Path, **settings) -> bool:
    """Whether a write with these settings differs from one without, or says that it does not."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            return written(str(tmp_path / "with"), **settings) != written(str(tmp_path / "without")) or bool(said)
        except (ValueError, NotImplementedError):
            return True


WRITER = {
    "data_page_size_limit": 1000,
    "dictionary_page_size_limit": 100,
    "data_page_row_count_limit": 100,
    "write_batch_size": 10,
    "max_row_group_size": 1000,
    "compression": "ZSTD",
    "compression_level": 9,
    "statistics_truncate_length": 1,
    "default_column_properties": ColumnProperties(dictionary_enabled=False),
    "column_properties": {"s": ColumnProperties(dictionary_enabled=False)},
}

COLUMN = {
    "dictionary_enabled": False,
    "statistics_enabled": "NONE",
    "bloom_filter_properties": BloomFilterProperties(True),
    "encoding": "PLAIN",
}

BLOOM = {"set_bloom_filter_enabled": True, "fpp": 0.5, "ndv": 10}

COMMIT = {"custom_metadata": {"mine": 1}, "max_commit_retries": None, "app_transactions": [Transaction("a", 7)]}

HOOK = {"create_checkpoint": None, "cleanup_expired_logs": True}


def names(cls: type) -> list[str]:
    return [name for name in inspect.signature(cls).parameters]


def test_every_parameter_has_a_case():
    for cls, cases in (
        (WriterProperties, WRITER),
        (ColumnProperties, COLUMN),
        (BloomFilterProperties, BLOOM),
        (CommitProperties, COMMIT),
        (PostCommitHookProperties, HOOK),
    ):
        assert set(names(cls)) == set(cases), cls


@pytest.mark.parametrize("name", WRITER)
def test_writer_property_has_effect(tmp_path, name):
    settings = {name: WRITER[name]} | ({"compression": "ZSTD"} if name == "compression_level" else {})
    if name == "write_batch_size":  # with pages that end between two looks at their size
        settings["data_page_size_limit"] = 1000
        plain = written(str(tmp_path / "a"), writer_properties=WriterProperties(data_page_size_limit=1000))
        assert written(str(tmp_path / "b"), writer_properties=WriterProperties(**settings)) != plain
    else:
        assert has_effect(tmp_path, writer_properties=WriterProperties(**settings))


@pytest.mark.parametrize("by_default", [False, True])
@pytest.mark.parametrize("name", COLUMN)
def test_column_property_has_effect(tmp_path, name, by_default):
    column = ColumnProperties(**{name: COLUMN[name]})
    properties = (
        WriterProperties(default_column_properties=column)
        if by_default
        else WriterProperties(column_properties={"s": column})
    )
    assert has_effect(tmp_path, writer_properties=properties)


def test_bloom_filter_properties_have_effect(tmp_path):
    def size(**settings) -> int:
        bloom = BloomFilterProperties(True, **settings)
        properties = WriterProperties(column_properties={"i": ColumnProperties(bloom_filter_properties=bloom)})
        return written(str(tmp_path / repr(settings)), writer_properties=properties)["size"]

    assert len({size(), size(fpp=0.5), size(ndv=10)}) == 3


def test_commit_properties_have_effect(tmp_path):
    for name, value in COMMIT.items():
        if value is not None:
            assert has_effect(tmp_path / name, commit_properties=CommitProperties(**{name: value})), name


def test_columns_are_set_as_they_are_named(uri):
    structs = pa.array([{"x": n, "y": f"t{n}"} for n in range(100)])
    rows = pa.table({"i": range(100), "s": structs, "a.b": range(100), "l": [[n] for n in range(100)]})
    off = ColumnProperties(dictionary_enabled=False)
    properties = WriterProperties(
        column_properties={
            "s.x": ColumnProperties(encoding="DELTA_BINARY_PACKED"),
            "`a.b`": off,
            "l": ColumnProperties(statistics_enabled="NONE"),
            "i": ColumnProperties(statistics_enabled="CHUNK"),
        },
        default_column_properties=ColumnProperties(bloom_filter_properties=BloomFilterProperties(True)),
    )
    write_deltalake(uri, rows, writer_properties=properties, configuration={"delta.columnMapping.mode": "name"})
    group = pq.read_metadata(DeltaTable(uri).file_uris()[0].replace("%25", "%")).row_group(0)
    i, x, y, dotted, element = (group.column(n) for n in range(5))
    assert "DELTA_BINARY_PACKED" in x.encodings and not x.has_dictionary_page
    assert y.has_dictionary_page and i.has_dictionary_page and not dotted.has_dictionary_page
    assert not element.is_stats_set and i.is_stats_set
    assert not i.has_column_index and y.has_column_index


@pytest.mark.parametrize(
    ("column", "properties", "words"),
    [
        ("nowhere", ColumnProperties(dictionary_enabled=False), "nowhere"),
        ("s", ColumnProperties(encoding="DELTA_BINARY_PACKED"), "delta_binary_packed"),
        ("i", ColumnProperties(encoding="DELTA_BYTE_ARRAY"), "delta_byte_array"),
        ("r", ColumnProperties(encoding="RLE"), "rle"),
        ("i", ColumnProperties(encoding="MORSE"), "MORSE"),
        ("i", ColumnProperties(statistics_enabled="SOME"), "SOME"),
    ],
)
def test_what_a_column_cannot_have_is_refused_by_name(uri, column, properties, words):
    with pytest.raises(ValueError, match=words):
        write_deltalake(uri, ROWS, writer_properties=WriterProperties(column_properties={column: properties}))
    assert not DeltaTable.is_deltatable(uri)


@pytest.mark.parametrize("level", range(11))
def test_every_gzip_level_of_the_peer_writes(tmp_path, level):
    properties = WriterProperties(compression="GZIP", compression_level=level)
    assert written(str(tmp_path / "t"), writer_properties=properties)["columns"][0]["codec"] == "GZIP"


@pytest.mark.parametrize("mode", ["append", "overwrite"])
@pytest.mark.parametrize(
    "settings", [{"configuration": {"delta.appendOnly": "true"}}, {"name": "n"}, {"description": "d"}]
)
def test_settings_of_new_tables_are_named_where_the_table_exists(uri, mode, settings):
    one = pa.table({"a": [1]})
    write_deltalake(uri, one)
    # Opened in turn: an overwrite from a version that another overwrite has replaced is a conflict.
    for target in (lambda: uri, lambda: DeltaTable(uri)):
        with pytest.warns(UserWarning, match="delta.appendOnly|name|description"):
            write_deltalake(target(), one, mode=mode, **settings)


def test_settings_that_the_table_has_already_are_no_warning(uri):
    one, settings = pa.table({"a": [1]}), {"configuration": {"delta.appendOnly": "true"}, "name": "n"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_deltalake(uri, one, mode="append", **settings)
        write_deltalake(uri, one, mode="append", **settings)
    assert DeltaTable(uri).count() == 2


@pytest.mark.parametrize("columns", ["nowhere", "a,nowhere", "s.nowhere", "a.b"])
def test_statistics_of_columns_that_are_not_there_are_refused(uri, columns):
    rows = pa.table({"a": [1], "s": [{"x": 1}]})
    with pytest.raises(InvalidArgumentError, match="dataSkippingStatsColumns"):
        write_deltalake(uri, rows, configuration={"delta.dataSkippingStatsColumns": columns})
    with pytest.raises(InvalidArgumentError, match="dataSkippingStatsColumns"):
        DeltaTable.create(uri, rows.schema, configuration={"delta.dataSkippingStatsColumns": columns})
    write_deltalake(uri, rows, configuration={"delta.dataSkippingStatsColumns": "a,s.x"})


RESERVED = [
    {"timestamp": 1},
    {"inCommitTimestamp": 5},
    {"operation": "WRITE"},
    {"engineInfo": "mine"},
    {"txnId": "mine"},
    {"operationMetrics": {}},
    {"isBlindAppend": True},
    {"isolationLevel": "Serializable"},
    {"readVersion": -1},
    {"readVersion": "1"},
    {"userName": 5},
    {"operationParameters": "mode"},
]


@pytest.mark.parametrize("metadata", RESERVED, ids=str)
def test_reserved_commit_metadata_is_refused_before_anything_is_written(uri, metadata):
    commit = CommitProperties(custom_metadata=metadata)
    with pytest.raises(InvalidArgumentError, match=next(iter(metadata))):
        write_deltalake(uri, ROWS, commit_properties=commit)
    with pytest.raises(InvalidArgumentError, match=next(iter(metadata))):
        DeltaTable.create(uri, ROWS.schema, commit_properties=commit)
    assert not pathlib.Path(uri).exists() or not list(pathlib.Path(uri).rglob("*.*"))


@pytest.mark.parametrize("metadata", [[("a", 1)], {1: 2}, {"a": float("nan")}, {"a": object()}], ids=str)
def test_commit_metadata_that_is_no_json_is_refused(uri, metadata):
    with pytest.raises(ValueError, match="custom_metadata"):
        write_deltalake(uri, ROWS, commit_properties=CommitProperties(custom_metadata=metadata))


def test_operation_parameters_are_added_to_those_of_the_commit(uri):
    given = {"mode": "mine", "job": {"id": 7}, "flag": True, "text": "t", "none": None}
    custom = {"operationParameters": given, "userName": "me", "clientVersion": "9"}
    write_deltalake(uri, ROWS, commit_properties=CommitProperties(custom_metadata=custom))
    entry = DeltaTable(uri).history()[0]
    parameters = entry["operationParameters"]
    assert parameters["mode"] != "mine"
    assert {key: parameters[key] for key in ("job", "flag", "text", "none")} == {
        "job": '{"id":7}',
        "flag": "true",
        "text": "t",
        "none": "null",
    }
    assert (entry["userName"], entry["clientVersion"]) == ("me", "9")


def test_overwrite_of_an_append_only_table_is_both_errors(uri):
    one = pa.table({"a": [1]})
    write_deltalake(uri, one, configuration={"delta.appendOnly": "true"})
    with pytest.raises(AppendOnlyError, match="append-only") as raised:
        write_deltalake(uri, one, mode="overwrite")
    assert isinstance(raised.value, InvalidArgumentError) and isinstance(raised.value, CommitFailedError)
    assert DeltaTable(uri).version() == 0


class Batches(list):
    """A sequence that has no length, as one that wraps a generator."""

    def __len__(self):
        raise NotImplementedError


def test_sequence_without_a_length_is_written(uri):
    write_deltalake(uri, Batches(ROWS.to_batches(max_chunksize=5000)))
    assert DeltaTable(uri).count() == ROWS.num_rows
