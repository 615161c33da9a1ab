"""restore makes an earlier version the newest."""


def test_restore_goes_back(deltaic, table):
    before = deltaic("scan", table, "--format", "csv").out
    assert deltaic("delete", table, "--all").code == 0
    done = deltaic("restore", table, "--version", "0")
    assert done.code == 0, done.err
    assert "is like version 0: 0 files removed, " in done.err
    assert sorted(deltaic("scan", table, "--format", "csv").out.splitlines()) == sorted(before.splitlines())
    assert deltaic("history", table, "--json", "--limit", "1").json()[0]["commitInfo"]["operation"] == "RESTORE"


def test_restore_asks_where_to(deltaic, table):
    assert deltaic("restore", table).code == 2
    assert deltaic("restore", table, "--version", "0", "--timestamp", "2024-01-01").code == 2
    assert deltaic("restore", table, "--version", "-1").code == 2
    newest = deltaic("restore", table, "--version", "0")
    assert newest.code == 2
    assert "before the newest" in newest.err


def test_files_that_are_gone_are_named(deltaic, table):
    for file in table.rglob("*.parquet"):
        gone = file
    assert deltaic("delete", table, "--all").code == 0
    gone.unlink()
    done = deltaic("restore", table, "--version", "0")
    assert done.code == 3
    assert "files are gone" in done.err
    assert deltaic("restore", table, "--version", "0", "--ignore-missing-files").code == 0
