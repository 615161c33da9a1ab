"""_native.pyi names what _native has, and nothing else; every C function has its Python name."""

import ast
import os
import pathlib
import re

import deltaic
from deltaic import _native

PACKAGE = pathlib.Path(deltaic.__file__).parent
ROOT = pathlib.Path(os.environ.get("DELTAIC_ROOT", pathlib.Path(__file__).resolve().parents[3]))

# Handles are freed by the garbage collector; these have no Python name of their own.
WITHOUT_NAME = {
    "deltaic_string_free",
    "deltaic_error_code",
    "deltaic_error_message",
    # Streams and calls end by Ctrl-C or by a Cancellation; rows are counted by whoever consumes them.
    "deltaic_options_set_progress",
    # deltaic.sync has the engine make the statements and the COPY; these give the same rows as streams.
    "deltaic_diff_open",
    "deltaic_copy_open",
    "deltaic_sync_rows",
}


def stub_names() -> set[str]:
    names = set()
    for node in ast.parse((PACKAGE / "_native.pyi").read_text()).body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ClassDef):
            names.add(node.name)
            names.update(f"{node.name}.{method.name}" for method in node.body if method.name != "__init__")
    return names


def module_names() -> set[str]:
    names = set()
    for name, member in vars(_native).items():
        if name.startswith("_"):
            continue
        names.add(name)
        if isinstance(member, type):
            names.update(f"{name}.{method}" for method in vars(member) if not method.startswith("_"))
    return names


def test_stub_and_module_have_the_same_names():
    assert stub_names() == module_names()


def test_package_is_marked_as_typed():
    assert (PACKAGE / "py.typed").exists()


def test_every_c_function_is_bound():
    header = (ROOT / "include/deltaic/deltaic.h").read_text()
    declared = set(re.findall(r"\bDELTAIC_EXPORT [^;(]*?\b(deltaic_\w+)\(", header))
    sources = "".join(path.read_text() for path in (ROOT / "bindings/python/src").iterdir())
    assert len(declared) > 50
    assert {name for name in declared - WITHOUT_NAME if name not in sources} == set()


def test_all_names_something():
    for name in deltaic.__all__:
        assert hasattr(deltaic, name)
