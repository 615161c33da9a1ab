"""How hard: by itself each torture is a short fixed slice; `make torture` sets DELTAIC_TORTURE to a factor."""

import os
import pathlib

import pytest


@pytest.fixture(scope="session")
def factor() -> int:
    return int(os.environ.get("DELTAIC_TORTURE", "1"))


@pytest.fixture
def uri(tmp_path: pathlib.Path) -> str:
    """Where no table is yet."""
    return str(tmp_path / "table")
