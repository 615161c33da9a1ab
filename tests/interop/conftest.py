import pathlib

import pytest


@pytest.fixture
def uri(tmp_path: pathlib.Path) -> str:
    """Where no table is yet."""
    return str(tmp_path / "table")
