"""Each command does what its help says."""

import json
import pathlib

import deltalake
import pyarrow as pa
import pyarrow.parquet as pq
import pytest


def test_write_then_scan_gives_the_rows(deltaic, table):
    done = deltaic("scan", table, "--format", "csv", "--columns", "city,population", "--where", "population > 2000000")
    assert done.code == 0
    assert sorted(done.out.splitlines()[1:]) == ["Lagos,15300000", "Lima,10200000", "Osaka,2750000"]
    assert done.out.splitlines()[0] == "city,population"


def test_scan_says_how_many_files_it_skipped(deltaic, table):
    done = deltaic("scan", table, "--where", "country = 'NO'", "--format", "json")
    assert [json.loads(line)["city"] for line in done.out.splitlines()] == ["Oslo"]
    assert done.err.strip() == "1 rows; 4 of 5 files skipped (4 by partition, 0 by statistics)"


def test_other_engines_read_what_was_written(table):
    rows = deltalake.DeltaTable(str(table)).to_pyarrow_table().sort_by("city").to_pylist()
    assert rows[0] == {"city": "Lagos", "country": "NG", "population": 15300000}
    assert len(rows) == 5


def test_scan_reads_what_another_engine_wrote(deltaic, tmp_path):
    path = tmp_path / "peer"
    deltalake.write_deltalake(str(path), pa.table({"a": [1, 2, None], "s": ["x", None, 'quote " and, comma']}))
    done = deltaic("scan", path, "--format", "csv")
    assert done.out.splitlines() == ["a,s", "1,x", "2,", ',"quote "" and, comma"']


@pytest.mark.parametrize("name", ["out.parquet", "out.arrow", "out.csv", "out.json"])
def test_scan_writes_a_file_of_the_format_its_name_says(deltaic, table, tmp_path, name):
    out = tmp_path / name
    assert deltaic("scan", table, "-o", out).code == 0
    again = tmp_path / f"again-{name}"
    assert deltaic("write", again, out).code == 0
    scan = ["scan", "--format", "csv", "--columns", "city,country,population"]
    rows = [sorted(deltaic(*scan[:1], path, *scan[1:]).out.splitlines()) for path in (table, again)]
    assert rows[0] == rows[1]


def test_scan_tells_where_rows_are(deltaic, table):
    columns = "row_index,file_path"
    done = deltaic("scan", table, "--columns", "city", "--metadata-columns", columns, "--format", "json")
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert all(list(row) == ["city", "_metadata.row_index", "_metadata.file_path"] for row in rows)
    assert [row["_metadata.row_index"] for row in rows] == [0] * 5
    assert all(pathlib.Path(row["_metadata.file_path"]).is_relative_to(table) for row in rows)
    assert deltaic("scan", table, "--metadata-columns", "row_id").code == 2


def test_variants_are_printed_as_json(deltaic, tmp_path):
    schema = {"name": "v", "type": "variant", "nullable": True, "metadata": {}}
    protocol = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["variantType"],
                "writerFeatures": ["variantType"]}  # fmt: skip
    metadata = {"id": "t", "format": {"provider": "parquet", "options": {}}, "partitionColumns": [],
                "schemaString": json.dumps({"type": "struct", "fields": [schema]}), "configuration": {}}  # fmt: skip
    add = {"path": "a.parquet", "partitionValues": {}, "size": 1, "modificationTime": 1, "dataChange": True}
    domain = {"domain": "mine", "configuration": "{}", "removed": False}
    actions = [{"protocol": protocol}, {"metaData": metadata}, {"add": add}, {"domainMetadata": domain}]
    (tmp_path / "_delta_log").mkdir()
    (tmp_path / "_delta_log" / f"{0:020}.json").write_text("\n".join(map(json.dumps, actions)))
    # {"a": "x"}, null
    values = [{"metadata": b"\x01\x01\x00\x01a", "value": b"\x02\x01\x00\x00\x02\x05x"}, None]
    type = pa.struct([("metadata", pa.binary()), ("value", pa.binary())])
    pq.write_table(pa.table({"v": pa.array(values, type)}), tmp_path / "a.parquet")
    assert deltaic("scan", tmp_path, "--format", "json").out == '{"v":{"a":"x"}}\n{"v":null}\n'
    assert deltaic("scan", tmp_path, "--format", "csv").out.splitlines() == ["v", '"{""a"":""x""}"', ""]
    info = deltaic("info", tmp_path, "--json").json()
    assert (info["schema"]["fields"], info["domains"]) == ([schema], {"mine": "{}"})
    assert "mine = {}" in deltaic("info", tmp_path).out


def test_scan_of_a_limit_reads_no_more(deltaic, table):
    done = deltaic("scan", table, "--limit", "2", "--format", "csv")
    assert len(done.out.splitlines()) == 3


def test_scan_in_a_pipe_has_no_colours_and_cuts_nothing(deltaic, tmp_path):
    path = tmp_path / "wide"
    deltalake.write_deltalake(str(path), pa.table({"long": ["x" * 500], "null": pa.array([None], pa.int64())}))
    done = deltaic("scan", path)
    assert "\033" not in done.out
    assert "x" * 500 in done.out
    assert "null" in done.out.splitlines()[-1]


def test_write_takes_several_inputs_as_one_commit(deltaic, cities, tmp_path):
    path = tmp_path / "twice"
    done = deltaic("write", path, cities, cities)
    assert done.code == 0
    assert "10 rows" in done.err
    assert deltaic("info", path, "--json").json()["numRows"] == 10
    assert deltaic("info", path, "--json").json()["version"] == 0


def test_write_reads_standard_input(deltaic, tmp_path):
    path = tmp_path / "stdin"
    done = deltaic("write", path, "-", "--input-format", "json", stdin='{"a": 1}\n{"a": 2}\n')
    assert done.code == 0, done.err
    assert deltaic("scan", path, "--format", "csv").out == "a\n1\n2\n"


def test_write_modes(deltaic, table, cities):
    assert deltaic("write", table, cities).code == 0
    assert deltaic("info", table, "--json").json()["numRows"] == 10
    assert deltaic("write", table, cities, "--mode", "overwrite").code == 0
    assert deltaic("info", table, "--json").json()["numRows"] == 5
    ignored = deltaic("write", table, cities, "--mode", "ignore")
    assert ignored.code == 0
    assert "nothing written" in ignored.err
    assert deltaic("write", table, cities, "--mode", "error").code == 4
    assert deltaic("info", table, "--json").json()["version"] == 2


def test_replace_where_replaces_one_partition(deltaic, table, tmp_path):
    more = tmp_path / "more.csv"
    more.write_text("city,country,population\nBergen,NO,291000\n")
    done = deltaic("write", table, more, "--mode", "overwrite", "--replace-where", "country = 'NO'")
    assert done.code == 0, done.err
    done = deltaic("scan", table, "--format", "csv", "--columns", "city")
    assert sorted(done.out.split()[1:]) == ["Bergen", "Lagos", "Lima", "Osaka", "Quito"]


def test_schema_mode_merge_adds_a_column(deltaic, table, tmp_path):
    more = tmp_path / "more.csv"
    more.write_text("city,country,population,mayor\nBergen,NO,291000,Ann\n")
    assert deltaic("write", table, more).code == 7
    assert deltaic("write", table, more, "--schema-mode", "merge").code == 0
    done = deltaic("scan", table, "--format", "json", "--where", "mayor IS NOT NULL")
    assert json.loads(done.out)["mayor"] == "Ann"


def test_create_from_schema_file(deltaic, tmp_path):
    schema = tmp_path / "schema.json"
    field = {"name": "id", "type": "long", "nullable": False, "metadata": {}}
    schema.write_text(json.dumps({"type": "struct", "fields": [field]}))
    path = tmp_path / "made"
    done = deltaic("create", path, "--schema", schema, "--property", "delta.appendOnly=true", "--name", "ids")
    assert done.code == 0, done.err
    info = deltaic("info", path, "--json").json()
    assert info["schema"]["fields"] == [field]
    assert info["metadata"]["name"] == "ids"
    assert info["metadata"]["configuration"] == {"delta.appendOnly": "true"}
    assert info["numFiles"] == 0


def test_create_like_a_parquet_file(deltaic, tmp_path):
    like = tmp_path / "like.parquet"
    pq.write_table(pa.table({"day": pa.array([], pa.date32()), "n": pa.array([], pa.int16())}), like)
    path = tmp_path / "made"
    assert deltaic("create", path, "--like", like, "--partition-by", "day").code == 0
    info = deltaic("info", path, "--json").json()
    assert [f["type"] for f in info["schema"]["fields"]] == ["date", "short"]
    assert info["metadata"]["partitionColumns"] == ["day"]


def test_info_for_people(deltaic, table):
    out = deltaic("info", table).out
    assert "partitioned by country" in out
    assert "rows          5" in out
    assert "reader 1, writer 2" in out


def test_time_travel(deltaic, table, cities):
    deltaic("write", table, cities)
    assert len(deltaic("scan", table, "--version", "0", "--format", "csv").out.splitlines()) == 6
    history = deltaic("history", table, "--json").json()
    assert [entry["version"] for entry in history] == [1, 0]
    assert history[0]["commitInfo"]["operation"] == "WRITE"
    at = deltaic("info", table, "--json", "--timestamp", "2999-01-01")
    assert at.code == 2
    assert deltaic("history", table, "--limit", "1").out.count("WRITE") == 1


def test_files(deltaic, table):
    lines = deltaic("files", table, "--json").out.splitlines()
    assert len(lines) == 5
    assert all((pathlib.Path(table) / json.loads(line)["path"]).exists() for line in lines)
    out = deltaic("files", table, "--where", "country = 'JP'").out
    assert "country=JP" in out
    assert len(out.splitlines()) == 3


def test_checkpoint_is_read_by_other_engines(deltaic, table):
    assert deltaic("checkpoint", table).code == 0
    assert (table / "_delta_log/00000000000000000000.checkpoint.parquet").exists()
    (table / "_delta_log/00000000000000000000.json").unlink()
    assert deltalake.DeltaTable(str(table)).to_pyarrow_table().num_rows == 5


@pytest.mark.parametrize(
    "command", ["create", "write", "scan", "changes", "info", "files", "history", "checkpoint", "completion"]
)
def test_help_has_an_example(deltaic, command):
    done = deltaic(command, "--help")
    assert done.code == 0
    assert "Example:" in done.out
    assert len(max(done.out.splitlines(), key=len)) <= 120


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_commands_and_options(deltaic, shell):
    out = deltaic("completion", shell).out
    for word in ("scan", "checkpoint", "where", "partition-by", "schema"):
        assert word in out


@pytest.fixture
def changed(tmp_path) -> pathlib.Path:
    """Version 0: rows 1 to 3. 1: row 2 updated. 2: row 3 deleted."""
    path = tmp_path / "changed"
    rows = pa.table({"id": [1, 2, 3], "name": ["a", "b", "c"]})
    deltalake.write_deltalake(str(path), rows, configuration={"delta.enableChangeDataFeed": "true"})
    deltalake.DeltaTable(str(path)).update({"name": "'B'"}, predicate="id = 2")
    deltalake.DeltaTable(str(path)).delete("id = 3")
    return path


COLUMNS = ["--columns", "_commit_version,_change_type,id,name", "--format", "csv"]


def test_changes_prints_the_rows_of_each_version(deltaic, changed):
    lines = deltaic("changes", changed, *COLUMNS).out.splitlines()
    assert lines[:4] == ["_commit_version,_change_type,id,name", "0,insert,1,a", "0,insert,2,b", "0,insert,3,c"]
    assert sorted(lines[4:]) == ["1,update_postimage,2,B", "1,update_preimage,2,b", "2,delete,3,c"]


def test_changes_takes_versions_and_times(deltaic, changed):
    assert deltaic("changes", changed, "--from", "2", *COLUMNS).out.splitlines()[1:] == ["2,delete,3,c"]
    assert len(deltaic("changes", changed, "--from", "1", "--to", "1", *COLUMNS).out.splitlines()) == 3
    assert (
        len(deltaic("changes", changed, "--from", "1999-01-01", "--to", "2099-01-01", *COLUMNS).out.splitlines()) == 7
    )
    done = deltaic("changes", changed, "--where", "_change_type = 'delete'", *COLUMNS)
    assert done.out.splitlines()[1:] == ["2,delete,3,c"]
    assert done.err.startswith("1 rows;")


def test_changes_outside_of_the_table(deltaic, changed, table):
    done = deltaic("changes", changed, "--from", "9")
    assert (done.code, done.out) == (3, "")
    assert "newest version" in done.err
    assert deltaic("changes", changed, "--from", "9", "--allow-out-of-range", *COLUMNS).out.splitlines()[1:] == []
    assert deltaic("changes", changed, "--from", "2", "--to", "1").code == 2
    done = deltaic("changes", table)
    assert done.code == 2
    assert "delta.enableChangeDataFeed" in done.err


def test_the_end_of_the_process_meets_no_thread(deltaic, tmp_path):
    """Threads that were asked for help may come to it while the process ends already."""
    rows = tmp_path / "rows.csv"
    rows.write_text("a\n1\n")
    for _ in range(3):
        deltaic("write", tmp_path / "t", rows)
    for _ in range(40):
        assert deltaic("history", tmp_path / "t", "--limit", "2").code == 0
