"""Every wrong call is answered by one short line that says what would be right."""

import json
import os
import pathlib
import pty
import select
import subprocess
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import PROGRAM, tree
from test_bad_input import fails

COMMANDS = ["create", "write", "scan", "changes", "info", "files", "history", "checkpoint", "completion"]


def test_version(deltaic):
    for flag in ("--version", "-V"):
        done = deltaic(flag)
        assert (done.code, done.err) == (0, "")
        assert done.out.startswith("deltaic ")


def test_version_of_a_command_is_that_of_the_table(deltaic, table):
    assert deltaic("info", table, "--version", "0", "--json").json()["version"] == 0


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], ["say what to do", "scan", "write"]),
        (["frobnicate", "t"], ["frobnicate", "there are", "scan"]),
        (["scna", "t"], ["'scna'", "did you mean scan?"]),
        (["--quiet", "wirte", "t"], ["'wirte'", "did you mean write?"]),
        (["--log-level", "info", "chekpoint", "t"], ["did you mean checkpoint?"]),
        (["scan"], ["TABLE"]),
        (["write", "t"], ["INPUT"]),
        (["create", "t"], ["schema", "like"]),
        (["scan", "t", "u"], ["'u'", "too many"]),
        (["scan", "t", "--limt", "3"], ["--limt", "did you mean --limit?"]),
        (["scan", "t", "--colums=a"], ["--colums", "did you mean --columns?"]),
        (["create", "t", "--lik", "x"], ["did you mean --like?"]),
        (["scan", "t", "--quite"], ["did you mean --quiet?"]),
        (["scan", "t", "--limit", "-1"], ["--limit", "whole number", "-1"]),
        (["scan", "t", "--limit", "ten"], ["--limit", "whole number", "ten"]),
        (["scan", "t", "--limit", "99999999999999999999"], ["--limit"]),
        (["history", "t", "--limit", "-1"], ["--limit", "whole number"]),
        (["info", "t", "--version", "-1"], ["--version", "whole number"]),
        (["info", "t", "--version", "one"], ["--version", "one"]),
        (["scan", "t", "--max-memory", "plenty"], ["--max-memory", "512MiB", "plenty"]),
        (["scan", "t", "--max-memory", "0"], ["--max-memory"]),
        (["scan", "t", "--format", "xml"], ["--format", "xml", "csv"]),
        (["write", "t", "x", "--mode", "replace"], ["--mode", "replace", "append"]),
        (["write", "t", "x", "--property", "a"], ["--property", "KEY=VALUE"]),
        (["--log-level", "loud", "info", "t"], ["--log-level", "loud", "warning"]),
        (["completion", "tcsh"], ["tcsh", "bash"]),
    ],
)
def test_usage(deltaic, tmp_path, arguments, words):
    done = deltaic(*arguments, cwd=tmp_path)
    fails(done, 2, "--help", *words)
    assert len(done.err) < 300, done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_is_help_and_not_an_error(deltaic, command):
    done = deltaic(command, "--help")
    assert (done.code, done.err) == (0, "")


def test_help_says_what_write_does_where_the_table_is(deltaic):
    assert "append" in deltaic("write", "--help").out.splitlines()[0].lower()


# ---- inputs


def broken(path: pathlib.Path, content: bytes) -> pathlib.Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "name, content",
    [
        ("x.csv", b"a,b\n1\n"),
        ("x.csv", b""),
        ("x.csv", b'a\n"1\n'),
        ("x.csv", b'a,b\n1,"x ""y"" z\n2,x\n'),
        ("x.json", b'{"a":\n'),
        ("x.json", b'{"a":1}\n{"a":"x"}\n'),
        ("x.json", b""),
        ("x.parquet", b"this is text"),
        ("x.parquet", b"PAR1" + b"x" * 100 + b"PAR1"),
        ("x.arrow", b"ARROW1 and no more"),
    ],
)
def test_broken_input_is_data_that_does_not_fit(deltaic, table, tmp_path, name, content):
    before = tree(table)
    fails(deltaic("write", table, broken(tmp_path / name, content)), 7, name)
    assert tree(table) == before
    fails(deltaic("write", tmp_path / "new", broken(tmp_path / name, content)), 7, name)
    assert not (tmp_path / "new").exists()
    fails(deltaic("create", tmp_path / "new", "--like", tmp_path / name), 7, name)


def test_input_that_breaks_later_is_data_that_does_not_fit(deltaic, tmp_path):
    rows = b"a,b\n" + b"".join(b"%d,text %d\n" % (i, i) for i in range(200_000))
    path = broken(tmp_path / "x.csv", rows + b"no number,x\n")
    fails(deltaic("write", tmp_path / "t", path), 7, "x.csv", "no number")
    assert not (tmp_path / "t").exists() or tree(tmp_path / "t") == {}


def test_quotes_of_csv_that_are_closed_are_no_damage(deltaic, tmp_path):
    text = 'a,b\n1,"x ""y"" z"\n2,5" pipe\n3,""\n4,"last"'
    (tmp_path / "x.csv").write_text(text)
    done = deltaic("write", tmp_path / "t", tmp_path / "x.csv")
    assert done.code == 0, done.err
    rows = [json.loads(line)["b"] for line in deltaic("scan", tmp_path / "t", "--format", "json").out.splitlines()]
    assert rows == ['x "y" z', '5" pipe', "", "last"]


def test_second_input_that_breaks_is_named(deltaic, tmp_path):
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("a\n1\n")
    bad.write_text("a,b\n1\n")
    fails(deltaic("write", tmp_path / "t", good, bad), 7, "bad.csv")
    fails(deltaic("write", tmp_path / "t", good, tmp_path / "none.csv"), 3, "none.csv")


def test_csv_of_a_header_alone_makes_an_empty_table(deltaic, tmp_path):
    (tmp_path / "h.csv").write_text("a,b\n")
    assert deltaic("write", tmp_path / "t", tmp_path / "h.csv").code == 0
    info = deltaic("info", tmp_path / "t", "--json").json()
    assert [(field["name"], field["type"]) for field in info["schema"]["fields"]] == [("a", "string"), ("b", "string")]
    assert info["numFiles"] == 0
    assert deltaic("scan", tmp_path / "t", "--format", "csv").out == "a,b\n"


def test_csv_column_without_a_value_is_text(deltaic, tmp_path):
    (tmp_path / "h.csv").write_text("a,b\n1,\n2,\n")
    assert deltaic("write", tmp_path / "t", tmp_path / "h.csv").code == 0
    types = {f["name"]: f["type"] for f in deltaic("info", tmp_path / "t", "--json").json()["schema"]["fields"]}
    assert types == {"a": "long", "b": "string"}


def test_format_that_no_name_tells_names_its_option(deltaic, table, tmp_path):
    fails(deltaic("write", tmp_path / "t", "-", stdin="a\n1\n"), 2, "--input-format")
    fails(deltaic("write", tmp_path / "t", broken(tmp_path / "x.txt", b"a\n1\n")), 2, "x.txt", "--input-format")
    fails(deltaic("create", tmp_path / "t", "--like", tmp_path / "x.txt"), 2, "x.txt", "--input-format")
    fails(deltaic("scan", table, "-o", tmp_path / "out.xyz"), 2, "out.xyz", "--format")


# ---- types of columns


CODES = "code,n,day,at\n007,99999999999999999999,2024-01-31,2024-01-31T10:00:00Z\n"


def test_types_of_csv_columns_can_be_given(deltaic, tmp_path):
    (tmp_path / "codes.csv").write_text(CODES)
    schema = "code string, n DECIMAL(20,0), at timestamp"
    done = deltaic("write", tmp_path / "t", tmp_path / "codes.csv", "--schema", schema)
    assert done.code == 0, done.err
    fields = deltaic("info", tmp_path / "t", "--json").json()["schema"]["fields"]
    assert [field["type"] for field in fields] == ["string", "decimal(20,0)", "date", "timestamp"]
    rows = deltaic("scan", tmp_path / "t", "--format", "json").out
    assert json.loads(rows)["code"] == "007"
    assert "99999999999999999999" in rows


def test_types_of_json_columns_can_be_given(deltaic, tmp_path):
    (tmp_path / "x.json").write_text('{"code":"007","n":1}\n')
    done = deltaic("write", tmp_path / "t", tmp_path / "x.json", "--schema", "n int, more double")
    assert done.code == 0, done.err
    types = {f["name"]: f["type"] for f in deltaic("info", tmp_path / "t", "--json").json()["schema"]["fields"]}
    assert types == {"n": "integer", "more": "double", "code": "string"}


@pytest.mark.parametrize(
    "schema, words",
    [
        ("cod string", ["no column cod", "did you mean code?"]),
        ("code strng", ["schema, position 6", "strng"]),
        ("code string,", ["the name of a column"]),
        ("code string n int", ["comma"]),
        ("code string, CODE int", ["two columns"]),
        ("n decimal(40,0)", ["38 digits"]),
        ("", []),
    ],
)
def test_types_that_do_not_fit_the_file(deltaic, tmp_path, schema, words):
    (tmp_path / "codes.csv").write_text(CODES)
    done = deltaic("write", tmp_path / "t", tmp_path / "codes.csv", "--schema", schema)
    assert done.code == (2 if schema else 0), done.err
    for word in words:
        assert word in done.err


def test_types_of_a_file_that_has_its_own(deltaic, tmp_path):
    pq.write_table(pa.table({"a": [1]}), tmp_path / "x.parquet")
    fails(deltaic("write", tmp_path / "t", tmp_path / "x.parquet", "--schema", "a string"), 2, "types of its own")


def test_value_that_is_not_of_the_type_given(deltaic, tmp_path):
    (tmp_path / "x.csv").write_text("a\nx\n")
    fails(deltaic("write", tmp_path / "t", tmp_path / "x.csv", "--schema", "a int"), 7, "x.csv", "int32")


def test_create_takes_columns_as_sql(deltaic, tmp_path):
    done = deltaic("create", tmp_path / "t", "--schema", "id bigint not null, name string", "--partition-by", "name")
    assert done.code == 0, done.err
    fields = deltaic("info", tmp_path / "t", "--json").json()["schema"]["fields"]
    assert [(f["name"], f["type"], f["nullable"]) for f in fields] == [("id", "long", False), ("name", "string", True)]
    fails(deltaic("create", tmp_path / "u", "--schema", "schema.json"), 3, "schema.json", "id bigint")


# ---- memory and progress


def test_memory_limit_is_taken(deltaic, table, tmp_path):
    for text in ("64MiB", "64 MiB", "1GB", "100000000"):
        done = deltaic("scan", table, "--max-memory", text, "--format", "csv")
        assert done.code == 0, done.err
        assert len(done.out.splitlines()) == 6
    (tmp_path / "x.csv").write_text("city,country,population\nBergen,NO,291000\n")
    assert deltaic("write", table, tmp_path / "x.csv", "--max-memory", "64MiB").code == 0


def run_on_terminal(arguments: list, feed) -> str:
    """Runs the program with standard error on a terminal; `feed(stdin)` gives it its input slowly."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [str(PROGRAM), *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=terminal
    )
    os.close(terminal)
    seen = b""

    def read(timeout: float) -> bool:
        nonlocal seen
        if not select.select([controller], [], [], timeout)[0]:
            return False
        try:
            part = os.read(controller, 65536)
        except OSError:  # the other end is closed
            part = b""
        seen += part
        return bool(part)

    feed(process.stdin, lambda: (read(0.1), seen)[1])
    process.stdin.close()
    while read(30):
        pass
    assert process.wait(60) == 0, seen
    os.close(controller)
    return seen.decode()


def feed_until_drawn(stdin, look) -> None:
    """A row at a time until something is drawn, a minute at most."""
    stdin.write(b"a\n")
    end = time.monotonic() + 60
    while b"rows written" not in look() and time.monotonic() < end:
        stdin.write(b"1\n" * 200_000)
        stdin.flush()


def test_progress_is_drawn_on_a_terminal_and_cleared(tmp_path):
    seen = run_on_terminal(["write", tmp_path / "t", "-", "--input-format", "csv"], feed_until_drawn)
    assert "rows written" in seen and "/s" in seen
    assert "\r\x1b[K" in seen
    assert seen.rstrip().splitlines()[-1].find("version 0 of") >= 0


@pytest.mark.parametrize("flag", ["--quiet", "--no-progress"])
def test_progress_is_not_drawn_when_not_wanted(tmp_path, flag):
    def feed(stdin, look):
        stdin.write(b"a\n1\n")
        stdin.flush()
        time.sleep(1.5)

    seen = run_on_terminal([flag, "write", tmp_path / "t", "-", "--input-format", "csv"], feed)
    assert "\x1b[K" not in seen and "rows written" not in seen


def test_progress_is_never_drawn_into_a_pipe(deltaic, cities, tmp_path):
    done = deltaic("write", tmp_path / "t", cities)
    assert "\x1b" not in done.err and "█" not in done.err
