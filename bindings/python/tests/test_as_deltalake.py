"""The name ``deltalake`` as this package answers to it, and libraries that call it by that name.

Each test is a process of its own, since this one has the real deltalake. Libraries that are not installed are skipped
by name.
"""

import importlib.util
import os
import pathlib
import subprocess
import sys
import textwrap

import deltaic
import deltalake
import pyarrow as pa
import pytest
from deltaic import write_deltalake
from tables import deletion_vector_table, mapped_table

SITE = pathlib.Path(deltaic.__file__).parent.parent
ROWS = pa.table({"id": [1, 2, 3, 4], "name": ["a", "b", None, "d"], "part": ["x", "x", "y", None]})


def run(code: str, *arguments: object) -> str:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SITE), os.environ.get("PYTHONPATH", "")])}
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout


def needs(*modules: str) -> pytest.MarkDecorator:
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} is not installed")


def test_names_are_the_same_objects_by_both_names():
    run("""
        import deltaic.as_deltalake
        import deltaic, deltaic.table, deltaic.writer.properties, deltaic.exceptions
        import deltalake
        from deltalake import DeltaTable, write_deltalake
        from deltalake.exceptions import TableNotFoundError
        from deltalake.table import TableMerger, FilterLiteralType
        from deltalake.writer.properties import Compression
        from deltalake._internal import DeltaError
        assert DeltaTable is deltaic.DeltaTable and write_deltalake is deltaic.write_deltalake
        assert TableMerger is deltaic.table.TableMerger
        assert Compression is deltaic.writer.properties.Compression
        assert DeltaError is deltaic.exceptions.DeltaError
        try:
            DeltaTable("/nowhere/at/all")
        except TableNotFoundError:
            pass
        assert deltalake is not deltaic and deltalake.table is not deltaic.table
    """)


def test_version_is_the_peers_and_tells_whose_it_is():
    assert deltalake.__version__ == "1.6.6"
    run("""
        import deltaic.as_deltalake, deltaic, deltalake
        assert deltalake.__version__ == "1.6.6"
        assert deltalake.__deltaic_version__ == deltaic.__version__ != deltalake.__version__
        assert "deltaic" in deltalake.rust_core_version()
    """)


def test_every_module_of_the_peer_is_there():
    import pkgutil

    names = [module.name for module in pkgutil.walk_packages(deltalake.__path__, "deltalake.")]
    public = [name for name in names if not any(part.startswith("_") for part in name.split("."))]
    run(
        """
        import importlib, sys
        import deltaic.as_deltalake
        for name in sys.argv[1:]:
            assert importlib.import_module(name).__name__ == name
        try:
            import deltalake.nonsense
        except ModuleNotFoundError as error:
            assert error.name == "deltalake.nonsense"
        else:
            raise AssertionError
        """,
        *public,
    )


def test_it_is_refused_once_the_real_one_is_imported():
    run("""
        import deltalake
        try:
            import deltaic.as_deltalake
        except ImportError as error:
            assert "imported already" in str(error)
        else:
            raise AssertionError
    """)


def test_this_package_itself_stays_as_it_is(tmp_path):
    write_deltalake(tmp_path / "t", ROWS)
    run(
        """
        import sys, deltaic
        table = deltaic.DeltaTable(sys.argv[1])
        assert not table.table_uri.endswith("/")
        try:
            deltaic.DeltaTable(sys.argv[1], storage_options={"AWS_REGION": "eu-central-1"})
        except deltaic.exceptions.InvalidArgumentError as error:
            assert "AWS_REGION" in str(error)
        else:
            raise AssertionError
        """,
        tmp_path / "t",
    )


def test_what_the_peer_tolerates_is_tolerated(tmp_path):
    write_deltalake(tmp_path / "t", ROWS)
    run(
        """
        import sys, deltaic.as_deltalake, deltalake
        options = {"AWS_REGION": "eu-central-1", "allow_http": "true"}
        table = deltalake.DeltaTable(sys.argv[1], storage_options=options)
        assert table.table_uri.endswith("/t/")
        assert table._storage_options == options
        deltalake.write_deltalake(sys.argv[1], table, mode="append", storage_options=options)
        assert deltalake.DeltaTable.is_deltatable(sys.argv[1], options)
        assert deltalake.DeltaTable(sys.argv[1]).count() == 8
        """,
        tmp_path / "t",
    )


POLARS_READS = """
    import sys, deltaic.as_deltalake
    import polars as pl
    from deltalake import DeltaTable
    expected = DeltaTable(sys.argv[1]).to_pyarrow_table().num_rows
    for use_pyarrow in (False, True):
        read = pl.read_delta(sys.argv[1], use_pyarrow=use_pyarrow)
        assert read.height == expected, (use_pyarrow, read)
        own = DeltaTable(sys.argv[1])
        assert sorted(map(repr, read.rows())) == sorted(map(repr, pl.DataFrame(own).rows())), use_pyarrow
    lazy = pl.scan_delta(sys.argv[1])
    column = lazy.collect_schema().names()[0]
    some = lazy.filter(pl.col(column) > 1).collect()
    assert some.height == DeltaTable(sys.argv[1]).to_pyarrow_table(filters=[(column, ">", 1)]).num_rows
    assert pl.scan_delta(DeltaTable(sys.argv[1])).collect().height == expected
"""


@needs("polars")
def test_polars_reads_plain_and_partitioned_tables(tmp_path):
    write_deltalake(tmp_path / "plain", ROWS)
    write_deltalake(tmp_path / "parts", ROWS, partition_by=["part"])
    run(POLARS_READS, tmp_path / "plain")
    run(POLARS_READS, tmp_path / "parts")


@needs("polars")
def test_polars_reads_deletion_vectors(tmp_path):
    deletion_vector_table(str(tmp_path / "vectors"))
    run(POLARS_READS, tmp_path / "vectors")


@needs("polars")
def test_polars_refuses_mapped_columns(tmp_path):
    """Its own reader knows no column mapping and says so: it must not read nulls."""
    mapped_table(str(tmp_path / "mapped"))
    run(
        """
        import sys, deltaic.as_deltalake
        import polars as pl
        from deltalake.exceptions import DeltaProtocolError
        try:
            pl.read_delta(sys.argv[1])
        except DeltaProtocolError as error:
            assert "column mapping" in str(error)
        else:
            raise AssertionError
        """,
        tmp_path / "mapped",
    )


@needs("polars")
def test_polars_writes_in_all_modes(tmp_path):
    run(
        """
        import sys, deltaic.as_deltalake
        import polars as pl
        from deltalake import DeltaTable
        target = sys.argv[1]
        frame = pl.DataFrame({"id": [1, 2], "part": ["x", "y"]})
        frame.write_delta(target, delta_write_options={"partition_by": ["part"]})
        frame.write_delta(target, mode="append")
        assert pl.read_delta(target).height == 4
        pl.DataFrame({"id": [9], "part": ["x"]}).write_delta(
            target, mode="overwrite", delta_write_options={"predicate": "part = 'x'"})
        assert sorted(pl.read_delta(target)["id"].to_list()) == [2, 2, 9]
        wider = pl.DataFrame({"id": [5], "part": ["z"], "more": [1.5]})
        wider.write_delta(target, mode="append", delta_write_options={"schema_mode": "merge"})
        assert pl.read_delta(target).columns == ["id", "part", "more"]
        wider.write_delta(target, mode="ignore")
        try:
            wider.write_delta(target, mode="error")
        except Exception as error:
            assert "exists" in str(error)
        else:
            raise AssertionError
        frame.write_delta(target, mode="overwrite", delta_write_options={"schema_mode": "overwrite"})
        assert DeltaTable(target).version() == 4
        """,
        tmp_path / "t",
    )


@needs("daft")
def test_daft_reads(tmp_path):
    write_deltalake(tmp_path / "t", ROWS, partition_by=["part"])
    reading = """
        import sys
        {first}
        import daft
        frame = daft.read_deltalake(sys.argv[1])
        assert sorted(frame.to_pydict()["id"]) == [1, 2, 3, 4]
        assert frame.where(daft.col("part") == "x").count_rows() == 2
    """
    try:
        run(reading.format(first=""), tmp_path / "t")
    except AssertionError:
        pytest.skip("this daft reads no table of deltalake 1.6.6 either")
    run(reading.format(first="import deltaic.as_deltalake"), tmp_path / "t")


@needs("dask_deltatable")
def test_dask_deltatable_reads(tmp_path):
    write_deltalake(tmp_path / "t", ROWS)
    run(
        """
        import sys, deltaic.as_deltalake
        import dask_deltatable
        frame = dask_deltatable.read_deltalake(sys.argv[1]).compute()
        assert sorted(frame["id"]) == [1, 2, 3, 4]
        """,
        tmp_path / "t",
    )


@needs("dlt")
def test_dlt_loads(tmp_path):
    run(
        """
        import os, sys, deltaic.as_deltalake
        os.environ["DESTINATION__FILESYSTEM__BUCKET_URL"] = "file://" + sys.argv[1]
        os.environ["DLT_DATA_DIR"] = sys.argv[1] + "/dlt"
        import dlt
        from deltalake import DeltaTable
        pipeline = dlt.pipeline("p", destination="filesystem", dataset_name="d", pipelines_dir=sys.argv[1] + "/p")
        for _ in range(2):
            pipeline.run([{"id": 1, "name": "a"}, {"id": 2, "name": "b"}], table_name="t", table_format="delta",
                         write_disposition="append").raise_on_failed_jobs()
        assert DeltaTable(sys.argv[1] + "/d/t").count() == 4
        """,
        tmp_path,
    )


@needs("ray")
def test_ray_reads(tmp_path):
    write_deltalake(tmp_path / "t", ROWS)
    run(
        """
        import sys, deltaic.as_deltalake
        from deltalake import DeltaTable
        dataset = DeltaTable(sys.argv[1]).to_pyarrow_dataset()
        paths = [fragment.path for fragment in dataset.get_fragments()]
        assert all(info.is_file for info in dataset.filesystem.get_file_info(paths))
        """,
        tmp_path / "t",
    )


@needs("arro3.core", "duckdb")
def test_rows_and_schemas_are_objects_of_arro3(tmp_path):
    write_deltalake(tmp_path / "t", ROWS)
    run(
        """
        import sys
        import deltaic.as_deltalake
        from arro3.core import DataType, RecordBatch, Schema, Table
        from deltalake import DeltaTable, QueryBuilder
        table = DeltaTable(sys.argv[1])
        rows = QueryBuilder().register("t", table).execute("SELECT id, name FROM t ORDER BY id").read_all()
        assert isinstance(rows, Table) and rows["id"].to_pylist() == [1, 2, 3, 4]
        assert rows.schema.field("name").type == DataType.string_view()
        assert isinstance(next(table.scan()), RecordBatch)
        assert isinstance(table.schema().to_arrow(), Schema)
        assert table.to_pyarrow_table().num_rows == 4
        """,
        tmp_path / "t",
    )


def test_names_with_spaces_make_a_table_with_column_mapping(tmp_path):
    run(
        """
        import sys, pyarrow as pa
        import deltaic.as_deltalake
        from deltalake import DeltaTable, write_deltalake
        rows = pa.table({"an id": [1], "s": [{"a b": 2}]})
        write_deltalake(sys.argv[1], rows)
        write_deltalake(sys.argv[1], rows, mode="append")
        table = DeltaTable(sys.argv[1])
        assert table.metadata().configuration == {
            "delta.columnMapping.mode": "name",
            "delta.columnMapping.maxColumnId": "3",
        }
        assert table.to_pyarrow_table().to_pylist() == rows.to_pylist() * 2
        """,
        tmp_path / "t",
    )


def test_helpers_that_others_take_from_deltalake_are_there():
    run("""
        import datetime
        import deltaic.as_deltalake
        from deltalake._util import encode_partition_value
        values = [True, "x", 1, datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 1, 2), b"a"]
        texts = ["true", "x", "1", "2024-02-29", "2024-02-29 01:02:00", "a"]
        assert [encode_partition_value(value) for value in values] == texts
        try:
            encode_partition_value([])
        except ValueError:
            pass
        else:
            raise AssertionError
    """)
