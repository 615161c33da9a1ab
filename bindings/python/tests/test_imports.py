"""The package has no import circle, also none that only a late or a type-checking import closes."""

import ast
import graphlib
import pathlib

import deltaic

PACKAGE = pathlib.Path(deltaic.__file__).parent


def modules() -> dict[str, pathlib.Path]:
    """Every module by its dotted name below the package; the package itself is ''."""
    names = {}
    for path in [*PACKAGE.rglob("*.py"), PACKAGE / "_native.pyi"]:
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


def imported(name: str, path: pathlib.Path, known: dict[str, pathlib.Path]) -> set[str]:
    """The modules of the package that `path` imports anywhere: at its top, in functions, under TYPE_CHECKING."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            targets = [alias.name.removeprefix("deltaic.") for alias in node.names if alias.name.startswith("deltaic")]
            found.update(target for target in targets if target in known)
        if not isinstance(node, ast.ImportFrom):
            continue
        if node.level == 0:
            if not (node.module or "").startswith("deltaic"):
                continue
            base = (node.module or "").removeprefix("deltaic").removeprefix(".")
        else:
            parts = package.split(".") if package else []
            parts = parts[: len(parts) - node.level + 1]
            base = ".".join([*parts, *([node.module] if node.module else [])])
        for alias in node.names:
            inner = f"{base}.{alias.name}" if base else alias.name
            found.add(inner if inner in known else base)
    return {target for target in found if target in known and target != name}


def edges() -> dict[str, set[str]]:
    known = modules()
    return {name: imported(name, path, known) for name, path in known.items()}


def test_imports_are_found():
    found = edges()
    assert "_handle" in found["table"]
    assert "_pyarrow.dataset" in found["_table.frames"]
    assert "table" in found[""]


def test_no_module_imports_itself_through_others():
    graphlib.TopologicalSorter(edges()).prepare()  # a CycleError names the circle


def test_no_folder_imports_itself_through_others():
    def folder(name: str) -> str:
        return name.split(".")[0]

    folders: dict[str, set[str]] = {}
    for name, targets in edges().items():
        if name:
            folders.setdefault(folder(name), set()).update(folder(target) for target in targets)
    for name, targets in folders.items():
        targets.discard(name)
    graphlib.TopologicalSorter(folders).prepare()


def test_modules_import_nothing_from_the_package_itself():
    """`from . import _native` is a module; a name that `__init__` makes would close a circle at run time."""
    assert {name for name, targets in edges().items() if "" in targets} == set()


def test_modules_are_short():
    for name, path in modules().items():
        assert len(path.read_text().splitlines()) < 420, name
