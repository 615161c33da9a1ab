"""A project outside the tree finds, links and runs the installed library, through CMake and through pkg-config."""

import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CITIES = ROOT / "examples/data/cities.csv"


def run(*command, **kwargs) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **kwargs)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def prefix(tmp_path_factory) -> pathlib.Path:
    """The library installed somewhere, then moved: nothing in it may point back to the build."""
    first = tmp_path_factory.mktemp("installed") / "first"
    run("cmake", "--install", ROOT / "build/release", "--prefix", first)
    moved = first.parent / "moved"
    first.rename(moved)
    return moved


def check_example(program: pathlib.Path, language: str, tmp_path: pathlib.Path, **kwargs):
    expected = (ROOT / f"examples/{language}/first_table.expected").read_text()
    assert run(program, tmp_path / f"table-{language}", CITIES, **kwargs) == expected


def test_cmake_package(prefix, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    shutil.copy(ROOT / "tests/install/CMakeLists.txt.in", source / "CMakeLists.txt")
    shutil.copy(ROOT / "examples/c/first_table.c", source)
    shutil.copy(ROOT / "examples/cpp/first_table.cpp", source)
    build = tmp_path / "build"
    run("cmake", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", build)
    check_example(build / "first_table_c", "c", tmp_path)
    check_example(build / "first_table_cpp", "cpp", tmp_path)


def test_pkg_config(tmp_path):
    prefix = tmp_path / "prefix"
    run("cmake", "--install", ROOT / "build/release", "--prefix", prefix)
    env = {**os.environ, "PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")}
    flags = run("pkg-config", "--cflags", "--libs", "deltaic", env=env).split()
    assert run("pkg-config", "--modversion", "deltaic", env=env).strip() == "0.1.0"
    program = tmp_path / "first_table"
    run("gcc", "-std=c99", ROOT / "examples/c/first_table.c", "-o", program, *flags)
    check_example(program, "c", tmp_path, env={**os.environ, "LD_LIBRARY_PATH": str(prefix / "lib")})


def test_installed_program_runs_without_the_build_folder(prefix):
    env = {"PATH": os.environ["PATH"]}
    assert run(prefix / "bin/deltaic", "--version", env=env).strip() == "deltaic 0.1.0"
    linked = run("ldd", prefix / "bin/deltaic", env=env)
    assert "not found" not in linked
    assert str(ROOT / "build") not in linked
