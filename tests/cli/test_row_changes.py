"""delete, update and merge change rows, and say what they did."""

import csv
import io

import pytest
from conftest import tree


def rows(deltaic, path):
    done = deltaic("scan", path, "--columns", "city,country,population", "--format", "csv")
    assert done.code == 0, done.err
    return {row["city"]: (row["country"], row["population"]) for row in csv.DictReader(io.StringIO(done.out))}


@pytest.fixture
def news(tmp_path):
    """A city that is there, and one that is not."""
    path = tmp_path / "news.csv"
    path.write_text("city,country,population\nLima,PE,11000000\nBern,CH,134000\n")
    return path


def test_delete_takes_the_rows_that_match(deltaic, table):
    done = deltaic("delete", table, "--where", "population > 10000000")
    assert done.code == 0, done.err
    assert done.err.strip().endswith(": 2 rows deleted")
    assert set(rows(deltaic, table)) == {"Oslo", "Osaka", "Quito"}
    assert deltaic("delete", table, "--where", "city = 'none'").err.strip().endswith("nothing changed")


def test_delete_of_everything_is_asked_for_by_name(deltaic, table):
    before = tree(table)
    assert deltaic("delete", table).code == 2
    assert deltaic("delete", table, "--all", "--where", "city = 'Lima'").code == 2
    assert tree(table) == before
    assert deltaic("delete", table, "--all").code == 0
    assert rows(deltaic, table) == {}


def test_update_assigns_columns(deltaic, table):
    done = deltaic(
        "update", table, "--set", "population=population + 1", "--set", "country='XX'", "--where", "city = 'Lima'"
    )
    assert done.code == 0, done.err
    assert done.err.strip().endswith(": 1 rows updated")
    assert rows(deltaic, table)["Lima"] == ("XX", "10200001")


def test_merge_runs_its_clauses_in_order(deltaic, table, news):
    done = deltaic(
        "merge", table, news, "--on", "target.city = source.city",
        "--delete", "--if", "source.population < 0",
        "--update", "--set", "population=source.population",
        "--insert",
        "--delete-others", "--if", "target.city = 'Oslo'",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert done.err.strip().endswith(": 1 rows updated, 1 rows inserted, 1 rows deleted")
    after = rows(deltaic, table)
    assert after["Lima"] == ("PE", "11000000")
    assert after["Bern"] == ("CH", "134000")
    assert "Oslo" not in after
    assert len(after) == 5


def test_errors_are_one_line_and_change_nothing(deltaic, table, news):
    before = tree(table)
    on = ["--on", "target.city = source.city"]
    for arguments in (
        ["delete", table, "--where", "nope = 1"],
        ["update", table, "--set", "nope=1"],
        ["update", table, "--set", "population"],
        ["merge", table, news, *on],
        ["merge", table, news, *on, "--set", "population=1", "--update"],
        ["merge", table, news, "--on", "city = source.city", "--update"],
        ["merge", table, news, news, *on, "--update"],
    ):
        done = deltaic(*arguments)
        assert done.code != 0, arguments
        assert done.out == ""
        assert done.err.strip(), arguments
    assert tree(table) == before
