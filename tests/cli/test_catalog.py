"""Tables that a catalog manages, read with what the caller says of the catalog."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

STAGED = "00000000000000000001.01234567-89ab-cdef-0123-456789abcdef.json"
FEATURES = {"readerFeatures": ["catalogManaged"], "writerFeatures": ["catalogManaged", "inCommitTimestamp"]}
TIME = 1_700_000_000_000


def commit_text(version: int, *actions: dict) -> str:
    info = {"commitInfo": {"inCommitTimestamp": TIME + version * 1000, "operation": "WRITE"}}
    return "".join(json.dumps(action) + "\n" for action in (info, *actions))


@pytest.fixture
def managed(tmp_path):
    """Version 0 is published, 1 staged, 2 only known to the catalog; version 3 is not ratified."""
    schema = {"type": "struct", "fields": [{"name": "a", "type": "long", "nullable": True, "metadata": {}}]}
    properties = {"delta.enableInCommitTimestamps": "true", "delta.enableChangeDataFeed": "true"}
    metadata = {"id": "t", "format": {"provider": "parquet", "options": {}}, "partitionColumns": [],
                "schemaString": json.dumps(schema), "configuration": properties}  # fmt: skip
    protocol = {"minReaderVersion": 3, "minWriterVersion": 7, **FEATURES}

    def add(n: int) -> dict:
        pq.write_table(pa.table({"a": [n]}), tmp_path / f"{n}.parquet")
        size = (tmp_path / f"{n}.parquet").stat().st_size
        return {"add": {"path": f"{n}.parquet", "partitionValues": {}, "size": size, "modificationTime": 0,
                        "dataChange": True}}  # fmt: skip

    log = tmp_path / "_delta_log"
    (log / "_staged_commits").mkdir(parents=True)
    (log / f"{0:020}.json").write_text(commit_text(0, {"protocol": protocol}, {"metaData": metadata}))
    (log / "_staged_commits" / STAGED).write_text(commit_text(1, add(1)))
    (log / f"{3:020}.json").write_text(commit_text(3, add(3)))
    return tmp_path, ["--catalog-commit", STAGED, "--catalog-commit", "2=" + commit_text(2, add(2))]


def values(done) -> list:
    assert done.code == 0, done.err
    return sorted(json.loads(line)["a"] for line in done.out.splitlines())


def test_the_path_alone_is_refused_by_name(deltaic, managed):
    table, _ = managed
    (table / "_delta_log" / f"{3:020}.json").unlink()
    for command in ("scan", "info", "files", "history", "changes"):
        done = deltaic(command, table)
        assert done.code == 5, (command, done.err)
        assert "catalogManaged" in done.err or "catalogOwned" in done.err
        assert len(done.err.splitlines()) == 1


def test_ratified_commits_give_the_rows(deltaic, managed):
    table, catalog = managed
    assert values(deltaic("scan", table, *catalog, "--format", "json")) == [1, 2]
    assert values(deltaic("scan", table, *catalog, "--version", 1, "--format", "json")) == [1]
    at_one = ["--timestamp", "2023-11-14 22:13:21"]
    assert values(deltaic("scan", table, *catalog, *at_one, "--format", "json")) == [1]
    newest = ["--max-catalog-version", 0]
    assert values(deltaic("scan", table, *newest, "--format", "json")) == []


def test_each_reading_command_takes_the_commits(deltaic, managed):
    table, catalog = managed
    assert deltaic("info", table, *catalog, "--json").json()["version"] == 2
    files = deltaic("files", table, *catalog, "--json").out.splitlines()
    assert sorted(json.loads(line)["path"] for line in files) == ["1.parquet", "2.parquet"]
    history = deltaic("history", table, *catalog, "--json").json()
    assert [entry["version"] for entry in history] == [2, 1, 0]
    changes = deltaic("changes", table, *catalog, "--format", "json")
    assert values(changes) == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--catalog-commit", "../0.json"], "a catalog's commit is"),
        (["--catalog-commit", STAGED, "--max-catalog-version", "0"], "version"),
        (["--max-catalog-version", "-1"], "--max-catalog-version"),
        (["--catalog-commit"], "--catalog-commit"),
    ],
)
def test_what_is_no_commit_of_a_catalog_is_a_usage_error(deltaic, managed, arguments, says):
    table, _ = managed
    done = deltaic("scan", table, *arguments)
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert says in done.err
