"""Spark with Delta, the reference writer, and tables that only it writes."""

import os
import sys
import tempfile
from pathlib import Path

import pytest

from row_multiset import rows_by_partition

PACKAGE = "io.delta:delta-spark_2.13:4.0.0"


def start_spark():
    """Skips, saying why, where Spark or its Delta jars are not to be had."""
    try:
        from pyspark.sql import SparkSession
    except ImportError as missing:
        pytest.skip(f"pyspark is not installed: {missing}")
    judges = Path(os.environ.get("SALVOR_JUDGES") or Path(sys.executable).parent.parent)
    unavailable = judges / "spark.unavailable"
    if unavailable.exists():
        pytest.skip(unavailable.read_text().strip())
    settings = {
        "spark.ui.enabled": "false",
        "spark.jars.packages": PACKAGE,
        "spark.jars.ivy": str(judges / "ivy"),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.warehouse.dir": tempfile.mkdtemp(prefix="spark-warehouse-"),
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": "50",
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.databricks.delta.retentionDurationCheck.enabled": "false",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -Duser.timezone=UTC",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except Exception as failure:  # the resolver's own words are the reason
        pytest.skip(f"Spark could not start with {PACKAGE}: {str(failure).splitlines()[0][:160]}")
    session.sparkContext.setLogLevel("OFF")
    return session


class SparkLake:
    """One table: five days, each of twenty rows in two files."""

    def __init__(self, spark, path, properties=None, columns="day DATE, id BIGINT, note STRING",
                 partition="day"):
        self.spark, self.path, self.columns = spark, str(path), [partition] if partition else []
        self.name = f"delta.`{self.path}`"
        listed = ", ".join(f"'{key}' = '{value}'" for key, value in (properties or {}).items())
        self.sql(f"CREATE TABLE {self.name} ({columns}) USING delta"
                 + (f" PARTITIONED BY ({partition})" if partition else "")
                 + (f" TBLPROPERTIES ({listed})" if listed else ""))

    def sql(self, text):
        return self.spark.sql(text.replace("{t}", self.name))

    def fill(self):
        self.sql("INSERT INTO {t} SELECT /*+ REPARTITION(2) */ date_add(DATE'2024-01-01', "
                 "CAST(id % 5 AS INT)), id, concat('row ', id) FROM range(100)")

    def read(self, row_ids=False):
        """{key: Counter of rows}; with row ids, these are part of the row."""
        frame = self.spark.read.format("delta").load(self.path)
        if row_ids:
            frame = frame.select("*", "_metadata.row_id")
        return rows_by_partition((row.asDict(recursive=True) for row in frame.collect()),
                                 self.columns)

    def vacuum(self):
        self.sql("VACUUM {t} RETAIN 0 HOURS")
