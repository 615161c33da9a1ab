"""Credentials by a C function: whose key signs, what happens to its errors, and when its data is let go."""

import http.server
import re
import subprocess
import threading

import pytest
from test_abi import LIBRARY, ROOT

PROGRAM = r"""
#define _POSIX_C_SOURCE 200809L
#include <deltaic/deltaic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct provider { const char* key; const char* expires; int asked; volatile int released; };

static deltaic_status ask(void* user, deltaic_options* fresh) {
  struct provider* it = user;
  ++it->asked;
  if (strcmp(it->key, "none") == 0) {
    deltaic_options_set(fresh, "error", "the vault is sealed");
    return DELTAIC_ERROR_UNAVAILABLE;
  }
  if (strcmp(it->key, "silent") == 0) return (deltaic_status)12345;
  deltaic_options_set(fresh, "aws_access_key_id", it->key);
  deltaic_options_set(fresh, "aws_secret_access_key", "canary-secret");
  if (it->expires[0] != '\0') deltaic_options_set(fresh, "expires_at_ms", it->expires);
  return DELTAIC_OK;
}

static void let_go(void* user) { ++((struct provider*)user)->released; }

/* uri endpoint key expires_at_ms */
int main(int count, char** argv) {
  struct provider given = {argv[3], argv[4], 0, 0}, unused = {"unused", "", 0, 0};
  const struct timespec moment = {0, 1000000};
  deltaic_options* options = deltaic_options_new();
  deltaic_table* table = NULL;
  deltaic_error* error = NULL;
  deltaic_status status;
  if (count != 5) return 1;
  deltaic_options_set_credentials(NULL, ask, &unused, let_go);
  deltaic_options_set_credentials(options, NULL, &unused, let_go);
  deltaic_options_set_credentials(options, ask, &unused, let_go);
  deltaic_options_set_credentials(options, ask, &given, let_go);
  printf("unused %d %d\n", unused.asked, unused.released);
  deltaic_options_set_credentials(options, ask, &given, let_go);
  if (strncmp(argv[1], "s3:", 3) == 0) {
    deltaic_options_set(options, "aws_endpoint", argv[2]);
    deltaic_options_set(options, "aws_region", "us-east-1");
    deltaic_options_set(options, "allow_http", "true");
    deltaic_options_set(options, "max_retries", "0");
  }
  status = deltaic_table_at(argv[1], options, &table, &error);
  deltaic_options_free(options);
  printf("kept %d\n", table != NULL && given.released == 1);
  if (status == DELTAIC_OK) status = deltaic_table_load(table, NULL, &error);
  deltaic_table_free(table);
  /* A thread of the library that has just answered may be the last that needs it. */
  for (int waits = 0; given.released < 2 && waits < 20000; ++waits) nanosleep(&moment, NULL);
  printf("status %d asked %d released %d\n%s\n", (int)status, given.asked, given.released,
         deltaic_error_message(error));
  deltaic_error_free(error);
  return 0;
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    folder = tmp_path_factory.mktemp("callback")
    (folder / "callback.c").write_text(PROGRAM)
    link = [f"-L{LIBRARY.parent}", "-ldeltaic", f"-Wl,-rpath,{LIBRARY.parent}", "-Wl,--allow-shlib-undefined"]
    flags = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", f"-I{ROOT / 'include'}"]
    subprocess.run(["gcc", *flags, folder / "callback.c", "-o", folder / "callback", *link], check=True)
    return folder / "callback"


@pytest.fixture
def empty_store():
    """Says of every object that it is not there, and keeps who asked."""
    askers = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            askers.append(re.search(r"Credential=([^/]*)/", self.headers.get("Authorization") or "Credential=/")[1])
            body = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
            is_listing = "list-type" in self.path
            self.send_response(200 if is_listing else 404)
            self.send_header("Content-Length", str(len(body) if is_listing else 0))
            self.end_headers()
            self.wfile.write(body if is_listing else b"")

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.askers = askers
    yield server
    server.shutdown()
    server.server_close()


def run(program, uri, endpoint="", key="AKOFCALLBACK", expires=""):
    done = subprocess.run([program, uri, endpoint, key, expires], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "unused 0 3", "each function that is replaced or not taken lets its data go"
    assert len(lines) == 4 and "canary" not in done.stdout
    return lines[1:]


def test_its_keys_sign_and_the_table_keeps_it(program, empty_store):
    endpoint = f"http://127.0.0.1:{empty_store.server_port}"
    kept, status, message = run(program, "s3://bucket/t", endpoint, expires="32503680000000")
    assert kept == "kept 1", "the function that was replaced is let go, the last is kept by the table"
    assert status == "status 2 asked 1 released 2", message
    assert set(empty_store.askers) == {"AKOFCALLBACK"}


@pytest.mark.parametrize(
    "key, expires, says",
    [
        ("none", "", ["status 10", "the vault is sealed"]),
        ("silent", "", ["status 12", "it has none"]),
        ("AK", "tomorrow", ["status 12", "expires_at_ms"]),
        ("AK", "1000", ["status 12", "expired already"]),
    ],
)
def test_what_it_cannot_give_is_said(program, empty_store, key, expires, says):
    endpoint = f"http://127.0.0.1:{empty_store.server_port}"
    _, status, message = run(program, "s3://bucket/t", endpoint, key, expires)
    assert status.startswith(says[0]) and says[1] in message, (status, message)
    assert empty_store.askers == [], "nothing is asked without credentials"


def test_a_store_without_login_refuses_it(program, tmp_path):
    _, status, message = run(program, str(tmp_path))
    assert "asked 0 released 2" in status and "credentials provider" in message
