"""The README's snippets, run in its order in one folder, as a reader would."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> pathlib.Path:
    return tmp_path_factory.mktemp("readme")


def run(command, folder: pathlib.Path) -> str:
    env = {**os.environ, "PATH": f"{ROOT / 'build/release/bin'}:{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def compile_and_run(compiler: str, suffix: str, code: str, folder: pathlib.Path) -> str:
    (folder / f"snippet.{suffix}").write_text(code)
    library = ROOT / "build/release/lib"
    link = [f"-L{library}", "-ldeltaic", f"-Wl,-rpath,{library}", "-Wl,--allow-shlib-undefined"]
    run([compiler, f"-I{ROOT / 'include'}", f"snippet.{suffix}", "-o", "snippet", *link], folder)
    return run(["./snippet"], folder)


def run_node(code: str, folder: pathlib.Path) -> str:
    if not shutil.which("npm"):
        pytest.skip("there is no node with npm")
    run([ROOT / "dev/build_node"], folder)
    (folder / "node_modules").mkdir(exist_ok=True)
    if not (folder / "node_modules/deltaic").exists():
        (folder / "node_modules/deltaic").symlink_to(ROOT / "bindings/node")
    (folder / "snippet.mjs").write_text(code)
    return run(["env", f"DELTAIC_NODE_ADDON={ROOT / 'build/node/deltaic.node'}", "node", "snippet.mjs"], folder)


def run_go(code: str, folder: pathlib.Path) -> str:
    if not shutil.which("go"):
        pytest.skip("there is no go")
    module = "github.com/deltaic/deltaic/bindings/go"
    (folder / "go").mkdir()
    (folder / "go/main.go").write_text(code)
    lines = [f"require {name} v0.1.0" for name in (module, f"{module}/native/linux_amd64")]
    lines += [f"replace {module} => {ROOT / 'bindings/go'}"]
    lines += [f"replace {module}/native/linux_amd64 => {ROOT / 'bindings/go/native/linux_amd64'}"]
    (folder / "go/go.mod").write_text("\n".join(["module snippet", "go 1.25", *lines]) + "\n")
    library = ROOT / "build/release/lib/libdeltaic.so.0"
    return run(["env", f"DELTAIC_LIBRARY={library}", "CGO_ENABLED=1", "go", "-C", "go", "run", "."], folder)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_snippet(number: int, folder: pathlib.Path):
    language, code = BLOCKS[number]
    if language == "python":
        assert run([sys.executable, "-c", code], folder)
    elif language == "ruby":
        paths = [f"-I{ROOT / 'bindings/ruby/lib'}", f"-I{ROOT / 'build/ruby'}"]
        assert "Alan" in run(["ruby", *paths, "-e", code], folder)
    elif language == "bash":
        assert "Lima" in run(["bash", "-euc", code], folder)
    elif language == "js":
        assert run_node(code, folder) == "2n 0.7\n2\n"
    elif language == "go":
        assert run_go(code, folder) == "1 0.9 <nil>\n"
    elif language == "cpp":
        assert compile_and_run("g++", "cpp", code, folder) == "1\n"
    elif language == "c":
        assert compile_and_run("gcc", "c", code, folder) == "2\n"
    else:
        pytest.fail(f"no way to run a {language} snippet")


def test_every_linked_file_is_there():
    prose = re.sub(r"^```.*?^```", "", (ROOT / "README.md").read_text(), flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\]\(([^)#:]+)\)", prose)  # a call of a generic function of Go looks like one
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
