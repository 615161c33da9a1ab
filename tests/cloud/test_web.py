"""Tables on web servers, which can only be read: one that lists its folders, and one that does not."""

import functools
import http.server
import json
import threading

import pytest
from command_line import CITIES, cities, deltaic, rows


class Files(http.server.SimpleHTTPRequestHandler):
    """Python's own server of files, which lists folders, with ranges."""

    protocol_version = "HTTP/1.1"
    lists = True

    def log_message(self, *_):
        pass

    def list_directory(self, path):
        if self.lists:
            return super().list_directory(path)
        self.send_error(404)
        return None

    def do_GET(self):
        asked = self.headers.get("Range")
        if not asked:
            super().do_GET()
            return
        try:
            with open(self.translate_path(self.path), "rb") as file:
                data = file.read()
        except OSError:
            self.send_error(404)
            return
        first, last = (int(x) for x in asked.removeprefix("bytes=").split("-"))
        part = data[first : last + 1]
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{first + len(part) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)


class SilentFiles(Files):
    lists = False


@pytest.fixture(params=[Files, SilentFiles], ids=["lists", "lists-nothing"])
def site(request, tmp_path):
    handler = functools.partial(request.param, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "my table"
    assert deltaic("write", path, CITIES, "--partition-by", "country").code == 0
    return path


def test_table_is_read(site, table):
    assert rows(f"{site}/my%20table") == cities()
    assert rows(f"{site}/my%20table/") == cities()


def test_newer_versions_and_checkpoints_are_found(site, table):
    for _ in range(12):  # over one batch of names that are counted up
        assert deltaic("write", table, CITIES).code == 0
    assert len(rows(f"{site}/my%20table")) == 13 * len(cities())
    assert deltaic("checkpoint", table).code == 0
    assert deltaic("write", table, CITIES).code == 0
    assert len(rows(f"{site}/my%20table")) == 14 * len(cities())
    for commit in list((table / "_delta_log").glob("*.json"))[:3]:
        if int(commit.stem) < 12:
            commit.unlink()
    assert json.loads(deltaic("info", f"{site}/my%20table", "--json").out)["version"] == 13


def test_writing_is_refused_and_leaves_nothing(site, table):
    before = sorted(str(p) for p in table.rglob("*"))
    ran = deltaic("write", f"{site}/my%20table", CITIES)
    assert ran.code != 0 and "can only be read" in ran.err and len(ran.err.strip().splitlines()) == 1
    assert sorted(str(p) for p in table.rglob("*")) == before


def test_what_is_no_table_is_one_line(site, table):
    ran = deltaic("info", f"{site}/nothing")
    assert ran.code != 0 and len(ran.err.strip().splitlines()) == 1
    ran = deltaic("info", "http://user:secret-canary@127.0.0.1:1/t")
    assert ran.code != 0 and "secret-canary" not in ran.err
    ran = deltaic("info", "http://127.0.0.1:9/t?sig=secret-canary", "--quiet", options={"allow_http": "true"})
    assert ran.code != 0 and "secret-canary" not in ran.err


def test_a_secret_does_not_go_out_unencrypted(site, table):
    ran = deltaic("info", f"{site}/my%20table", options={"bearer_token": "secret-canary"})
    assert ran.code != 0 and "allow_http" in ran.err and "secret-canary" not in ran.err
