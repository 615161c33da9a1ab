"""alter changes a table and none of its rows."""

import json

import pytest


def alter(deltaic, table, *arguments):
    done = deltaic("alter", table, *arguments)
    assert done.code == 0, done.err
    return done.err


def test_columns(deltaic, table):
    alter(deltaic, table, "set", "delta.columnMapping.mode=name", "delta.enableTypeWidening=true")
    alter(deltaic, table, "add-columns", "n int", "--after", "city")
    member = {"name": "x", "type": "integer", "nullable": True, "metadata": {}}
    struct = {"name": "s", "type": {"type": "struct", "fields": [member]}, "nullable": True, "metadata": {}}
    schema = json.dumps({"type": "struct", "fields": [struct]})
    alter(deltaic, table, "add-columns", schema, "--after", "n")
    alter(deltaic, table, "add-columns", "y string", "--in", "s")
    alter(deltaic, table, "column", "n", "--type", "bigint", "--comment", "how many", "--first")
    alter(deltaic, table, "rename-column", "s", "t")
    schema = deltaic("info", table, "--json").json()["schema"]["fields"]
    assert [field["name"] for field in schema][:3] == ["n", "city", "t"]
    assert schema[0]["type"] == "long" and schema[0]["metadata"]["comment"] == "how many"
    assert [field["name"] for field in schema[2]["type"]["fields"]] == ["x", "y"]
    alter(deltaic, table, "drop-columns", "n,t")
    assert "nothing to change" in alter(deltaic, table, "drop-columns", "n", "--if-exists")
    assert len(deltaic("scan", table, "--format", "csv").out.splitlines()) == 6


def test_constraints_properties_and_texts(deltaic, table):
    assert "5 rows checked" in alter(deltaic, table, "add-constraint", "some", "population > 0")
    broken = deltaic("alter", table, "add-constraint", "many", "population > 5000000")
    assert broken.code == 7
    assert "population = " in broken.err
    alter(deltaic, table, "drop-constraint", "some")
    alter(deltaic, table, "name", "cities")
    alter(deltaic, table, "description", "of the world")
    alter(deltaic, table, "set", "mine=1", "delta.appendOnly=true")
    alter(deltaic, table, "unset", "mine")
    info = deltaic("info", table, "--json").json()
    assert info["metadata"]["name"] == "cities"
    assert info["metadata"]["configuration"] == {"delta.appendOnly": "true"}


def test_features_and_clustering(deltaic, cities, tmp_path):
    table = tmp_path / "t"
    assert deltaic("write", table, cities).code == 0
    alter(deltaic, table, "cluster-by", "country,city")
    alter(deltaic, table, "cluster-by", "none")
    alter(deltaic, table, "add-features", "vacuumProtocolCheck")
    alter(deltaic, table, "drop-feature", "vacuumProtocolCheck")
    features = deltaic("info", table, "--json").json()["features"]
    assert "vacuumProtocolCheck" not in features and "checkpointProtection" in features


@pytest.mark.parametrize(
    "arguments",
    [
        ["nope", "x"],
        ["rename-column", "city"],
        ["add-columns", "city string"],
        ["drop-columns", "city"],
        ["set", "novalue"],
        ["column", "city", "--first", "--after", "country"],
        ["drop-constraint", "nope"],
    ],
)
def test_wrong_calls_change_nothing(deltaic, table, arguments):
    done = deltaic("alter", table, *arguments)
    assert done.code == 2, done.err
    assert len(done.err.strip().splitlines()) == 1
    assert len(deltaic("history", table, "--json").json()) == 1
