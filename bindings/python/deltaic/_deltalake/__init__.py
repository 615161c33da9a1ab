"""The modules ``deltalake`` and ``deltalake.*``, made of the modules of this package.

A finder on ``sys.meta_path`` makes them when they are imported. Each is a module object of its own, with the same
objects in it, so that classes have one identity and this package keeps its own version.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Sequence
from typing import Any

from .. import _native
from .._tolerance import tolerate_what_deltalake_does

__all__ = ["install"]

NAME = "deltalake"
VERSION = "1.6.6"

# Modules of deltalake, and the modules here whose names they have.
_MODULES = {
    "": "",
    "exceptions": "exceptions",
    "fs": "fs",
    "fs.fs_handler": "fs.fs_handler",
    "query": "query",
    "schema": "schema",
    "table": "table",
    "transaction": "transaction",
    "warnings": "warnings",
    "writer": "writer",
    "writer.convert_to": "writer.convert_to",
    "writer.properties": "writer.properties",
    "writer.writer": "writer.writer",
    "writer._utils": "writer.writer",
    "_internal": "_deltalake._internal",
    "_util": "_deltalake._util",
}
_PACKAGES = {name.rpartition(".")[0] for name in _MODULES if "." in name} | {""}


def install() -> None:
    """Makes this process import ``deltalake`` from here. Does nothing the second time."""
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    if NAME in sys.modules:
        raise ImportError(
            "deltalake is imported already; import deltaic.as_deltalake before everything that uses deltalake"
        )
    sys.meta_path.insert(0, _Finder())
    tolerate_what_deltalake_does()


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the modules of deltalake, and says of others that they are not there."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != NAME and not fullname.startswith(NAME + "."):
            return None
        name = fullname[len(NAME) + 1 :]
        if name not in _MODULES:
            return None
        loader = _Loader("deltaic" + ("." + _MODULES[name] if _MODULES[name] else ""), is_root=not name)
        return importlib.machinery.ModuleSpec(fullname, loader, is_package=name in _PACKAGES)


class _Loader(importlib.abc.Loader):
    def __init__(self, source: str, is_root: bool) -> None:
        self._source = source
        self._is_root = is_root

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType | None:
        return None  # a module object as usual

    def exec_module(self, module: types.ModuleType) -> None:
        source = importlib.import_module(self._source)
        taken = {name: value for name, value in vars(source).items() if self._belongs(name, value)}
        vars(module).update(taken)
        module.__doc__ = source.__doc__
        if self._is_root:
            module.__dict__.update(__version__=VERSION, __deltaic_version__=_native.version())
            # What its own tests ask; see enable_nanosecond_timestamps.
            module.__dict__.update(
                _nanosecond_timestamps_enabled=lambda: False, _disable_nanosecond_timestamps=lambda: None
            )
            # As deltalake does: its modules are there once it is.
            for name in ("exceptions", "query", "schema", "table", "transaction", "writer", "fs"):
                importlib.import_module(f"{NAME}.{name}")

    def _belongs(self, name: str, value: Any) -> bool:
        """Modules of the package are made anew below the other name."""
        if name == "__all__":
            return True
        of_the_package = isinstance(value, types.ModuleType) and value.__name__.startswith("deltaic")
        return not name.startswith("__") and not of_the_package
