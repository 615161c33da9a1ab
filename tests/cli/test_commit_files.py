"""Files are written by one process and committed by another, once."""

from conftest import tree


def test_files_are_committed_once(deltaic, table, cities, tmp_path):
    before = len(deltaic("scan", table, "--format", "csv").out.splitlines())
    lists = []
    for n in range(2):
        written = deltaic("write-files", table, cities)
        assert written.code == 0, written.err
        lists.append(tmp_path / f"{n}.files")
        lists[-1].write_text(written.out)
    assert len(deltaic("scan", table, "--format", "csv").out.splitlines()) == before
    done = deltaic("commit-files", table, *lists, "--txn", "load=7", "--operation", "LOAD")
    assert done.code == 0 and "version 1 of" in done.err, done.err
    assert len(deltaic("scan", table, "--format", "csv").out.splitlines()) == 3 * (before - 1) + 1
    again = deltaic("commit-files", table, *lists, "--txn", "load=7")
    assert again.code == 0 and "nothing committed" in again.err
    commits = deltaic("history", table, "--json").json()
    assert len(commits) == 2 and commits[0]["commitInfo"]["operation"] == "LOAD"
    refused = deltaic("discard-files", table, lists[0])
    assert refused.code == 2 and "belongs to the table" in refused.err


def test_files_that_are_not_committed_can_be_deleted(deltaic, table, cities):
    before = tree(table)
    written = deltaic("write-files", table, cities).out
    assert len(tree(table)) > len(before)
    assert deltaic("discard-files", table, "-", stdin=written).code == 0
    assert tree(table) == before
    late = deltaic("commit-files", table, "-", stdin=written)
    assert late.code == 2 and "no such file" in late.err
    assert deltaic("commit-files", table, "-", stdin="nonsense").code == 2
    assert tree(table) == before
