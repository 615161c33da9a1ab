"""The README's snippets, run in its order in one folder, as a reader would."""

import os
import pathlib
import re
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
    elif language == "cpp":
        assert compile_and_run("g++", "cpp", code, folder) == "1\n"
    elif language == "c":
        assert compile_and_run("gcc", "c", code, folder) == "2\n"
    else:
        pytest.fail(f"no way to run a {language} snippet")


def test_every_linked_file_is_there():
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
