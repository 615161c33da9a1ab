"""The snippets of docs/sync.md, each against the same table and a PostgreSQL whose place is in the environment."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pyarrow as pa
import pytest
from conftest import ENV, ROOT
from deltaic import write_deltalake

SNIPPETS = re.findall(r"^```(\w+)\n(.*?)^```$", (ROOT / "docs/sync.md").read_text(), re.MULTILINE | re.DOTALL)


def python(code: str, folder: pathlib.Path) -> list[str]:
    pytest.importorskip("psycopg")
    return [sys.executable, "-c", code]


def ruby(code: str, folder: pathlib.Path) -> list[str]:
    if not (ROOT / "build/ruby/deltaic/deltaic.so").exists():
        pytest.skip("the extension of Ruby is not built; run dev/build_ruby")
    return ["ruby", f"-I{ROOT / 'bindings/ruby/lib'}", f"-I{ROOT / 'build/ruby'}", "-e", code]


def js(code: str, folder: pathlib.Path) -> list[str]:
    if not shutil.which("npm"):
        pytest.skip("there is no node with npm")
    subprocess.run([ROOT / "dev/build_node"], check=True)
    modules = folder / "node_modules"
    modules.mkdir()
    (modules / "deltaic").symlink_to(ROOT / "bindings/node")
    (modules / "pg").symlink_to(ROOT / "build/node/npm/node_modules/pg")
    (folder / "snippet.mjs").write_text(code)
    return ["node", "snippet.mjs"]


def go(code: str, folder: pathlib.Path) -> list[str]:
    if not shutil.which("go"):
        pytest.skip("there is no go")
    program = folder / "program"
    program.mkdir()
    (program / "main.go").write_text(code)
    here = ROOT / "tests/drivers/go"
    shutil.copy(here / "go.sum", program)
    module = (here / "go.mod").read_text().replace("../../../bindings", str(ROOT / "bindings"))
    (program / "go.mod").write_text(module)
    subprocess.run(["go", "build", "-mod=mod", "-o", folder / "snippet", "."], cwd=program, check=True)
    return ["./snippet"]


def bash(code: str, folder: pathlib.Path) -> list[str]:
    return ["bash", "-euc", code]


LANGUAGES = {"python": python, "ruby": ruby, "js": js, "go": go, "bash": bash}


def test_all_languages_have_one():
    assert sorted(language for language, _ in SNIPPETS) == sorted(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_snippet(language, tmp_path, postgres):
    command = LANGUAGES[language](dict(SNIPPETS)[language], tmp_path)
    write_deltalake(str(tmp_path / "scores"), pa.table({"user_id": [1, 2, 3], "score": [0.5, 0.25, 1.0]}))
    postgres.sql("DROP TABLE IF EXISTS scores, deltaic_sync")
    postgres.sql("CREATE TABLE scores (user_id bigint PRIMARY KEY, score double precision)")
    path = f"{ROOT / 'build/release/bin'}:{os.environ['PATH']}"
    place = {"PGHOST": str(postgres.folder), "PGUSER": "postgres", "PGDATABASE": "postgres", "PATH": path}
    done = subprocess.run(command, cwd=tmp_path, env={**os.environ, **ENV, **place}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ("" if language == "bash" else "0\n3\n")
    assert postgres.sql("SELECT count(*) FROM scores") == "3"
