"""`scan --explain`: what would be read, for people and for programs."""


def lines(text: str) -> dict[str, str]:
    return {line[:12].strip(): line[12:] for line in text.splitlines()}


def test_plan_counts_files_row_groups_and_columns(deltaic, table):
    done = deltaic(
        "scan", table, "--explain", "--where", "country <> 'NO' AND population > 5000000", "--columns", "city"
    )
    assert done.code == 0, done.err
    plan = lines(done.out)
    assert plan["table"].endswith("/cities at version 0")
    assert plan["predicate"] == "country <> 'NO' AND population > 5000000L"
    assert (plan["columns"], plan["reads"]) == ("city", "city, population")
    skipped_by_statistics = 2  # Osaka and Quito
    assert plan["files"] == f"2 of 5; skipped 1 by partition, {skipped_by_statistics} by statistics"
    assert plan["row groups"] == "2 of 2; skipped 0 by statistics"
    assert plan["rows"] == "2 at most"
    assert plan["bytes"].endswith("B of columns, as stored")


def test_plan_of_all_rows(deltaic, table):
    plan = lines(deltaic("scan", table, "--explain").out)
    assert plan["predicate"] == "none: all rows"
    assert plan["files"] == "5 of 5; skipped 0 by partition, 0 by statistics"


def test_plan_as_json(deltaic, table):
    plan = deltaic("scan", table, "--explain", "--format", "json", "--where", "country = 'NO'").json()
    assert (plan["version"], plan["predicate"], plan["columnsRead"]) == (0, "country = 'NO'", ["city", "population"])
    assert (plan["filesTotal"], plan["filesPrunedByPartition"], plan["filesToRead"]) == (5, 4, 1)
    assert plan["rowsToRead"] == 1


def test_plan_reads_no_data(deltaic, table):
    for file in table.glob("country=*/*.parquet"):
        data = bytearray(file.read_bytes())
        data[4:20] = b"\xff" * 16  # within the first page; the footer is whole
        file.write_bytes(data)
    assert deltaic("scan", table, "--explain").code == 0
    assert deltaic("scan", table).code == 6


def test_plan_of_a_wrong_predicate_is_refused(deltaic, table):
    done = deltaic("scan", table, "--explain", "--where", "people > 1")
    assert done.code == 2
    assert "people" in done.err and done.out == ""
