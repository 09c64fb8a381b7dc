"""DQX: the rules that its profiler and generator write from the clean table, applied by its engine on a local Spark.

The profiler sees all rows and calls none an outlier: with its defaults its rules fail on the very table they are of.
"""

from __future__ import annotations

from pathlib import Path
from unittest.mock import create_autospec

from databricks.labs.dqx.engine import DQEngine
from databricks.labs.dqx.profiler.generator import DQGenerator
from databricks.labs.dqx.profiler.profiler import DQProfiler
from databricks.sdk import WorkspaceClient
from protocol import Alert, Check, serve
from pyspark.sql import SparkSession
from pyspark.sql import functions as sql

SPARK = {"spark.driver.memory": "4g", "spark.sql.shuffle.partitions": "2", "spark.ui.enabled": "false"}
WHOLE = {"sample_fraction": 1.0, "limit": None, "remove_outliers": False}


def learn(reference: Path) -> Check:
    spark = SparkSession.builder.master("local[2]").config(map=SPARK).getOrCreate()
    workspace = create_autospec(WorkspaceClient)  # a file needs none; the tool's own tests do the same
    _, profiles = DQProfiler(workspace, spark).profile(spark.read.parquet(str(reference)), options=WHOLE)
    rules = DQGenerator(workspace, spark).generate_dq_rules(profiles)
    engine = DQEngine(workspace, spark)

    def check(table: Path) -> list[Alert]:
        data = spark.read.parquet(str(table))
        gone = sorted({c for rule in rules for c in named(rule)} - set(data.columns))
        able = [rule for rule in rules if not set(named(rule)) & set(gone)]
        checked = engine.apply_checks_by_metadata(data, able)
        told = [checked.select(sql.explode(kind).alias("told")) for kind in ("_errors", "_warnings")]
        rows = told[0].unionByName(told[1]).select("told.name", "told.columns").distinct().collect()
        return [("rule cannot be run", [name]) for name in gone] + [(row["name"], row["columns"] or []) for row in rows]

    return check


def named(rule: dict) -> list[str]:
    """The columns that a rule names."""
    arguments = rule["check"]["arguments"]
    return [arguments["column"]] if "column" in arguments else list(arguments.get("columns", []))


serve(learn)
