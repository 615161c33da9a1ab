"""The packed Go modules and Node packages, installed offline into empty folders, without a clone in reach."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GO_SAMPLE = """
package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/deltaic/deltaic/bindings/go"
)

type score struct{ ID int64 }

func main() {
	ctx := context.Background()
	if _, err := deltaic.Write(ctx, "scores", slices.Values([]score{{1}, {2}})); err != nil {
		panic(err)
	}
	table, err := deltaic.Open(ctx, "scores")
	if err != nil {
		panic(err)
	}
	count, err := table.Count(ctx)
	fmt.Println(count, err)
}
"""
NODE_SAMPLE = """
import { open, write } from "deltaic";
await write("scores", [{ id: 1 }, { id: 2 }]);
console.log(await (await open("scores")).count());
"""


def run(command: list[str], folder: pathlib.Path, env: dict[str, str] | None = None) -> str:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("DELTAIC_", "LD_"))}
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={**clean, **(env or {})}, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(not shutil.which("go"), reason="there is no go")
def test_go_modules(tmp_path):
    run([sys.executable, str(ROOT / "dev/pack_go.py")], ROOT)
    (tmp_path / "main.go").write_text(GO_SAMPLE)
    env = {
        "GOPROXY": f"file://{ROOT}/dist/go",
        "GOSUMDB": "off",
        "GOFLAGS": "-mod=mod -modcacherw",
        "GOMODCACHE": str(tmp_path / "modules"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "GOCACHE": run(["go", "env", "GOCACHE"], ROOT).strip(),
        "CGO_ENABLED": "1",
    }
    run(["go", "mod", "init", "example.com/sample"], tmp_path, env)
    run(["go", "get", "github.com/deltaic/deltaic/bindings/go"], tmp_path, env)
    run(["go", "build", "-o", "sample", "."], tmp_path, env)
    shutil.rmtree(tmp_path / "modules")  # the program stays one file
    for _ in range(2):
        assert run(["./sample"], tmp_path, env) == "2 <nil>\n"
        shutil.rmtree(tmp_path / "scores")
    (unpacked,) = (tmp_path / "cache/deltaic").iterdir()
    assert unpacked.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(not shutil.which("npm"), reason="there is no npm")
def test_node_packages(tmp_path):
    run(["dev/build_node"], ROOT)
    run([sys.executable, str(ROOT / "dev/pack_node.py")], ROOT)
    (tmp_path / "package.json").write_text("{}")
    packed = [str(path) for path in (ROOT / "dist/node").glob("*.tgz")]
    assert len(packed) == 2
    run(["npm", "install", "--offline", "--no-audit", "--no-fund", *packed], tmp_path)
    (tmp_path / "sample.mjs").write_text(NODE_SAMPLE)
    assert run(["node", "sample.mjs"], tmp_path) == "2\n"
    assert run(["node", "-p", "typeof require('deltaic').open"], tmp_path) == "function\n"
