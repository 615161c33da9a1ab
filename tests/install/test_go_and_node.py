"""The packed Go modules and Node packages, installed offline into empty folders, without a clone in reach."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
from databases import RedisServer, redis_of  # noqa: E402

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
GO_SYNC_SAMPLE = """
package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/deltaic/deltaic/bindings/go"
	"github.com/deltaic/deltaic/bindings/go/sync"
	"github.com/redis/go-redis/v9"
)

type score struct{ ID int64 }

func run(ctx context.Context) (done sync.Result, err error) {
	if _, err = deltaic.Write(ctx, "scores", slices.Values([]score{{1}, {2}})); err != nil {
		return done, err
	}
	table, err := deltaic.Open(ctx, "scores")
	if err != nil {
		return done, err
	}
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: os.Args[1]})
	return sync.Redis(ctx, table, client, sync.Options{Into: "scores", Key: []string{"ID"}})
}

func main() {
	done, err := run(context.Background())
	fmt.Println(done.Action, done.Sent, err)
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


@pytest.fixture(scope="module")
def go_proxy() -> str:
    if not shutil.which("go"):
        pytest.skip("there is no go")
    run([sys.executable, str(ROOT / "dev/pack_go.py")], ROOT)
    return f"file://{ROOT}/dist/go"


def build_go_sample(folder: pathlib.Path, source: str, modules: list[str], proxy: str) -> None:
    (folder / "main.go").write_text(source)
    env = {
        "GOPROXY": proxy,
        "GOSUMDB": "off",
        "GOFLAGS": "-mod=mod -modcacherw",
        "GOMODCACHE": str(folder / "modules"),
        "GOCACHE": run(["go", "env", "GOCACHE"], ROOT).strip(),
        "CGO_ENABLED": "1",
    }
    run(["go", "mod", "init", "example.com/sample"], folder, env)
    run(["go", "get", *modules], folder, env)
    run(["go", "build", "-o", "sample", "."], folder, env)
    shutil.rmtree(folder / "modules")  # the program stays one file


def test_go_modules(tmp_path, go_proxy):
    build_go_sample(tmp_path, GO_SAMPLE, ["github.com/deltaic/deltaic/bindings/go"], go_proxy)
    env = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    for _ in range(2):
        assert run(["./sample"], tmp_path, env) == "2 <nil>\n"
        shutil.rmtree(tmp_path / "scores")
    (unpacked,) = (tmp_path / "cache/deltaic").iterdir()
    assert unpacked.stat().st_mode & 0o077 == 0


@pytest.fixture(scope="module")
def redis():
    yield from redis_of(RedisServer)


def test_the_go_module_of_sync(tmp_path, go_proxy, redis):
    module = "github.com/deltaic/deltaic/bindings/go"
    # What others wrote comes from where this tree has it from.
    run(["go", "mod", "download"], ROOT / "bindings/go/sync")
    others = run(["go", "env", "GOMODCACHE"], ROOT).strip() + "/cache/download"
    needed = [f"{module}/sync", "github.com/redis/go-redis/v9@v9.23.0"]
    build_go_sample(tmp_path, GO_SYNC_SAMPLE, needed, f"{go_proxy},file://{others}")
    env = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    assert run(["./sample", str(redis.socket)], tmp_path, env) == "snapshot 2 <nil>\n"
    assert redis.run("HGET", "scores:2", "ID") == "2\n"


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
