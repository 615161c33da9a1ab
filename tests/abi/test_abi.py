"""deltaic.h is what it says: it compiles alone as C99 and C++, and the library exports just what it declares."""

import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HEADER = ROOT / "include/deltaic/deltaic.h"
LIBRARY = ROOT / "build/release/lib/libdeltaic.so"


def compiles(compiler: str, standard: str, header: str, tmp_path: pathlib.Path, language: str):
    source = tmp_path / "includes_it"
    source.write_text(f"#include <deltaic/{header}>\nint main(void) {{ return 0; }}\n")
    flags = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", f"-I{ROOT / 'include'}"]
    done = subprocess.run(
        [compiler, f"-std={standard}", *flags, "-x", language, source], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_c_header_is_strict_c99(tmp_path):
    compiles("gcc", "c99", "deltaic.h", tmp_path, "c")


def test_c_header_is_cpp_too(tmp_path):
    compiles("g++", "c++11", "deltaic.h", tmp_path, "c++")


def test_cpp_header_is_cpp17(tmp_path):
    compiles("g++", "c++17", "deltaic.hpp", tmp_path, "c++")


def declared() -> set[str]:
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.DOTALL)
    return set(re.findall(r"DELTAIC_EXPORT[^;(]*?\b(deltaic_\w+)\(", text))


def test_exported_symbols_equal_declared_ones():
    listing = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], capture_output=True, text=True, check=True).stdout
    exported = {line.split()[-1].split("@")[0] for line in listing.splitlines() if " A " not in line}
    assert exported == declared()
    assert len(exported) > 40


def test_each_declaration_says_since_which_version():
    text = HEADER.read_text()
    for name in declared():
        declaration = re.search(rf"DELTAIC_EXPORT (?!__)[^;]*?\b{name}\(", text)
        # One note may stand over a group: a handle and what frees it.
        assert "\\since" in text[: declaration.start()][-4000:], name


def test_version_macros_agree_with_the_library(tmp_path):
    source = tmp_path / "version.c"
    source.write_text(
        "#include <deltaic/deltaic.h>\n#include <stdio.h>\n"
        'int main(void) { printf("%s %d.%d.%d %s\\n", DELTAIC_VERSION_STRING, DELTAIC_VERSION_MAJOR, '
        "DELTAIC_VERSION_MINOR, DELTAIC_VERSION_PATCH, deltaic_version()); return 0; }\n"
    )
    program = tmp_path / "version"
    link = [f"-L{LIBRARY.parent}", "-ldeltaic", f"-Wl,-rpath,{LIBRARY.parent}", "-Wl,--allow-shlib-undefined"]
    subprocess.run(["gcc", f"-I{ROOT / 'include'}", source, "-o", program, *link], check=True)
    words = subprocess.run([program], capture_output=True, text=True, check=True).stdout.split()
    assert len(set(words)) == 1, words


def test_header_says_of_options_what_the_calls_take():
    done = subprocess.run([ROOT / "dev/header_options", LIBRARY], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
