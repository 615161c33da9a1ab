"""doctor: findings, JSON, and the page."""

import html.parser
import json


def findings(deltaic, table, *arguments):
    done = deltaic("doctor", table, "--json", *arguments)
    assert done.code == 0, done.err
    diagnosis = json.loads(done.out)
    return diagnosis, {finding["id"]: finding for finding in diagnosis["findings"]}


def test_names_the_command_that_mends(deltaic, table, cities):
    for _ in range(24):
        assert deltaic("write", table, cities).code == 0
    diagnosis, by_id = findings(deltaic, table)
    assert by_id["small_files"]["severity"] == "warning"
    command = by_id["small_files"]["command"].split()
    assert command[:2] == ["deltaic", "optimize"]
    assert deltaic(*command[1:]).code == 0
    after, by_id = findings(deltaic, table)
    assert by_id["small_files"]["severity"] != "warning"
    assert after["numFiles"] < diagnosis["numFiles"]
    assert after["numRows"] == diagnosis["numRows"]
    assert after["reclaimable"]["numKeptFiles"] == diagnosis["numFiles"]


def test_prints_what_it_found(deltaic, table):
    done = deltaic("doctor", table)
    assert done.code == 0, done.err
    assert "The checkpoint is recent" in done.out and "file size" in done.out


def test_reclaimable_is_looked_for_where_wanted(deltaic, table):
    assert findings(deltaic, table)[0]["reclaimable"] is not None
    assert findings(deltaic, table, "--no-listing")[0]["reclaimable"] is None


class Tags(html.parser.HTMLParser):
    """Elements, and the text of the page."""

    VOID = frozenset({"meta"})

    def __init__(self):
        super().__init__()
        self.open, self.names, self.text = [], set(), ""

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.names.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_page_is_well_formed_and_takes_no_markup_from_the_table(deltaic, table, tmp_path):
    name = "<script>alert(1)</script>\"'"
    assert deltaic("alter", table, "name", name).code == 0
    page = tmp_path / "page.html"
    done = deltaic("doctor", table, "--html", page)
    assert done.code == 0, done.err
    tags = Tags()
    tags.feed(page.read_text())
    assert tags.open == []
    assert "svg" in tags.names and "script" not in tags.names
    assert name in tags.text


def test_an_unwritable_page_is_one_line(deltaic, table, tmp_path):
    done = deltaic("doctor", table, "--html", tmp_path / "none" / "page.html")
    assert done.code != 0
    assert "cannot write the page" in done.err and done.err.count("\n") == 1
