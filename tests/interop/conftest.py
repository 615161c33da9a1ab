import pathlib

import pyarrow.parquet as pq
import pytest
import spark_session


@pytest.fixture
def uri(tmp_path: pathlib.Path) -> str:
    """Where no table is yet."""
    return str(tmp_path / "table")


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    """One session for all modules: it takes longer to start than most of them to run."""
    session = spark_session.start(tmp_path_factory.mktemp("spark"))
    yield session
    session.stop()


@pytest.fixture
def sql(spark, uri):
    """Runs a statement, where TABLE_ is the table at `uri` and PATH_ its path; gives a query's rows as Arrow."""

    def run(text):
        rows = spark.sql(text.replace("TABLE_", f"delta.`{uri}`").replace("PATH_", uri))
        return rows.toArrow() if text.startswith(("SELECT", "DESCRIBE")) else None

    return run


@pytest.fixture
def source(tmp_path):
    """A Parquet file with rows of a pyarrow table, as Spark SQL names it."""

    def write(table):
        # A new name each time: Spark remembers files by their names.
        path = tmp_path / f"source-{len(list(tmp_path.glob('source-*')))}.parquet"
        pq.write_table(table, path)
        return f"parquet.`{path}`"

    return write
