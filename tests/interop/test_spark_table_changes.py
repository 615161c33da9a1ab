"""RESTORE, ALTER, CONVERT and CLONE by us and by Spark, each reading the other's."""

import deltaic
import pytest
from test_spark_row_changes import delete, merge, update, write
from values import exact_rows


def spark_rows(spark, uri, version=None):
    at = "" if version is None else f" VERSION AS OF {version}"
    return exact_rows(spark.sql(f"SELECT * FROM delta.`{uri}`{at}").toArrow())


@pytest.mark.parametrize("kind", ["vectors", "mapped"])
def test_spark_reads_what_we_restored_and_restores_after_us(spark, uri, kind):
    write(uri, kind)
    table = deltaic.DeltaTable(uri)
    for change in (delete, update, merge):
        change(table)
    states = [spark_rows(spark, uri, version) for version in range(4)]
    for target in (1, 3, 0):
        table.restore(target)
        assert spark_rows(spark, uri) == states[target]
        assert exact_rows(table.to_pyarrow_table()) == states[target]
    spark.sql(f"RESTORE TABLE delta.`{uri}` TO VERSION AS OF 2")
    table.update_incremental()
    assert exact_rows(table.to_pyarrow_table()) == states[2]
    table.restore(5)
    assert spark_rows(spark, uri) == states[3]
    metrics = spark.sql(f"DESCRIBE HISTORY delta.`{uri}` LIMIT 1").collect()[0]
    assert metrics["operation"] == "RESTORE" and metrics["operationParameters"]["version"] == "5"
