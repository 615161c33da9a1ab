"""The wheel works beside any pyarrow, and without one."""

import os
import pathlib
import re
import subprocess
import sys
import textwrap

import deltaic
import pytest

PACKAGE = pathlib.Path(deltaic.__file__).parent
SITE = PACKAGE.parent
CACHE = pathlib.Path.home() / ".cache/deltaic"
OTHER_PYARROW = "19.0.1"

WITH_PYARROW = """
    import sys, pathlib
    {imports}
    import pyarrow.compute as pc, pyarrow.parquet as pq
    folder = pathlib.Path(sys.argv[1])
    rows = pa.table({{"id": list(range(1000)), "part": ["x", "y"] * 500, "x": [i / 7 for i in range(1000)]}})
    for round in range(2):
        deltaic.write_deltalake(folder / "t", rows, partition_by=["part"], mode="append",
                                writer_properties=deltaic.WriterProperties(compression="ZSTD"))
        pq.write_table(rows, folder / "p.parquet", compression="zstd")
        back = deltaic.DeltaTable(folder / "t").to_pyarrow_table(filters=[("part", "=", "x")])
        assert pc.sum(back["id"]).as_py() == sum(range(0, 1000, 2)) * (round + 1)
        assert pq.read_table(folder / "p.parquet").equals(rows)
        assert pc.match_substring_regex(rows["part"], "^x").to_pylist().count(True) == 500
        assert deltaic.DeltaTable(folder / "t").count() == 1000 * (round + 1)
    print("pyarrow", pa.__version__)
"""

WITHOUT_PYARROW = """
    import sys
    sys.path.insert(0, sys.argv[2])
    from deltaic import DeltaTable, Field, Schema, write_deltalake
    schema = Schema([Field("id", "long"), Field("part", "string")])
    source = DeltaTable.create(sys.argv[1] + "/a", schema, partition_by="part")
    assert source.count() == 0
    write_deltalake(sys.argv[1] + "/b", source, partition_by="part")
    copy = DeltaTable(sys.argv[1] + "/b")
    assert (copy.version(), copy.schema(), copy.file_uris(), copy.partitions()) == (0, source.schema(), [], [])
    stream = copy.scan(predicate="part = 'x'")
    assert type(stream.__arrow_c_stream__()).__name__ == "PyCapsule"
    assert [field.name for field in stream.schema.fields] == ["id", "part"]
    assert copy.history()[0]["version"] == 0
    try:
        copy.to_pyarrow_table()
    except ImportError:
        print("no pyarrow")
"""


def run(code: str, *arguments: str, path: list[pathlib.Path], flags: tuple[str, ...] = ()) -> str:
    """Runs `code` in a new interpreter that finds packages in `path` first."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))}
    result = subprocess.run(
        [sys.executable, *flags, "-c", textwrap.dedent(code), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="session")
def other_pyarrow() -> pathlib.Path:
    """A folder with another version of pyarrow, kept between runs."""
    folder = CACHE / f"pyarrow-{OTHER_PYARROW}"
    if not (folder / "pyarrow/__init__.py").exists():
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder)]
        installed = subprocess.run([*pip, f"pyarrow=={OTHER_PYARROW}"], capture_output=True, text=True)
        if installed.returncode != 0:
            pytest.skip(f"pyarrow {OTHER_PYARROW} could not be installed: {installed.stderr.strip()[-200:]}")
    return folder


ORDERS = {"pyarrow first": "import pyarrow as pa, deltaic", "deltaic first": "import deltaic, pyarrow as pa"}


@pytest.mark.parametrize("order", ORDERS)
def test_beside_the_pyarrow_it_was_built_with(tmp_path, order):
    import pyarrow

    printed = run(WITH_PYARROW.format(imports=ORDERS[order]), str(tmp_path), path=[SITE])
    assert printed.split() == ["pyarrow", pyarrow.__version__]


@pytest.mark.parametrize("order", ORDERS)
def test_beside_another_pyarrow(tmp_path, other_pyarrow, order):
    printed = run(WITH_PYARROW.format(imports=ORDERS[order]), str(tmp_path), path=[other_pyarrow, SITE])
    assert printed.split() == ["pyarrow", OTHER_PYARROW]


def test_without_any_package(tmp_path):
    printed = run(WITHOUT_PYARROW, str(tmp_path), str(SITE), path=[], flags=("-I", "-S"))
    assert printed.split() == ["no", "pyarrow"]


WITH_POLARS_ALONE = """
    import sys
    import polars as pl
    from deltaic import DeltaTable, write_deltalake
    rows = pl.DataFrame({"id": [1, 2, 3], "part": ["x", "y", None], "nested": [[1], [], None]})
    write_deltalake(sys.argv[1], rows, partition_by="part")
    dt = DeltaTable(sys.argv[1])
    assert pl.DataFrame(dt).sort("id").equals(rows)
    assert pl.DataFrame(dt.scan(["id"], "part = 'y'")).to_dicts() == [{"id": 2}]
    assert dt.count() == 3 and len(dt.file_uris(file_pruning_predicate="part IS NULL")) == 1
    assert sorted(map(str, dt.partitions())) == sorted(map(str, [{"part": "x"}, {"part": "y"}, {"part": None}]))
    assert pl.DataFrame(dt.get_add_actions(flatten=True))["num_records"].to_list() == [1, 1, 1]
    assert "pyarrow" not in sys.modules
    print("polars alone")
"""


def test_with_polars_and_no_pyarrow(tmp_path):
    import polars

    site = tmp_path / "site"
    site.mkdir()
    for package in pathlib.Path(polars.__file__).parent.parent.glob("*polars*"):
        (site / package.name).symlink_to(package)
    # -S leaves out the site-packages folder, and pyarrow with it.
    printed = run(WITH_POLARS_ALONE, str(tmp_path / "t"), path=[site, SITE], flags=("-S",))
    assert printed.split() == ["polars", "alone"]


def libraries() -> list[pathlib.Path]:
    return sorted(path for path in PACKAGE.iterdir() if ".so" in path.name)


def readelf(*arguments: str) -> str:
    return subprocess.run(["readelf", "-W", *arguments], capture_output=True, text=True, check=True).stdout


def test_libraries_have_names_of_their_own():
    names = [path.name for path in libraries()]
    assert any(name.startswith("libdeltaic_arrow.so") for name in names)
    for path in libraries():
        for soname in re.findall(r"SONAME.*\[(.*)\]", readelf("-d", str(path))):
            assert soname == path.name
            assert soname.startswith("libdeltaic")


@pytest.mark.parametrize("path", libraries(), ids=lambda path: path.name)
def test_library_is_found_beside_the_module_and_nowhere_else(path):
    dynamic = readelf("-d", str(path))
    assert set(re.findall(r"(?:RPATH|RUNPATH).*\[(.*)\]", dynamic)) == {"$ORIGIN"}
    assert not [
        name for name in re.findall(r"NEEDED.*\[(.*)\]", dynamic) if re.match(r"lib(arrow|parquet|crypto)", name)
    ]


@pytest.mark.parametrize("path", libraries(), ids=lambda path: path.name)
def test_no_symbol_is_merged_across_the_process(path):
    assert " UNIQUE " not in readelf("--dyn-syms", str(path))
