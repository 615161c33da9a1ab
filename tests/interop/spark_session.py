"""One Spark session with delta-spark, small and quick to start."""

import pathlib
import shutil

import pytest

PACKAGE = "io.delta:delta-spark_4.1_2.13:4.3.0"
# Spark has these itself.
EXCLUDED = [
    "com.fasterxml.jackson.core:*",
    "com.fasterxml.jackson.datatype:*",
    "com.github.luben:*",
    "org.apache.hadoop:*",
    "org.apache.logging.log4j:*",
    "org.apache.parquet:*",
    "org.roaringbitmap:*",
    "org.slf4j:*",
    "org.xerial.snappy:*",
]


def start(folder: pathlib.Path, packages=(PACKAGE,), excluded=EXCLUDED, more_settings=None):
    """The session; `folder` gets what Spark leaves behind. Skips where Spark is not installed or finds no jars."""
    pyspark = pytest.importorskip("pyspark", reason="pyspark is not installed; dev/setup spark installs it")
    if shutil.which("java") is None:
        pytest.skip("Spark needs java; dev/setup spark installs it")
    from pyspark.sql import SparkSession

    settings = {
        "spark.jars.packages": ",".join(packages),
        "spark.jars.excludes": ",".join(excluded),
        "spark.jars.ivy": str(pathlib.Path.home() / ".cache/deltaic/ivy"),
        "spark.driver.memory": "1g",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": f"-XX:TieredStopAtLevel=1 -Dderby.system.home={folder}",
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.databricks.delta.snapshotPartitions": "1",
    }
    builder = SparkSession.builder.master("local[1]").appName("deltaic")
    for key, value in (settings | (more_settings or {})).items():
        builder = builder.config(key, value)
    try:
        session = builder.getOrCreate()
    except pyspark.errors.PySparkRuntimeError as error:
        pytest.skip(f"Spark did not start, most likely for want of {', '.join(packages)}: {error}")
    session.sparkContext.setLogLevel("ERROR")
    return session
