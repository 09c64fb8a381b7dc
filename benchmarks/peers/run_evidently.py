"""Evidently: the tests that its summary and drift presets make by themselves, with the clean table as reference."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from evidently import Dataset, Report
from evidently.presets import DataDriftPreset, DataSummaryPreset
from protocol import Alert, Check, serve


def learn(reference: Path) -> Check:
    clean = Dataset.from_pandas(pd.read_parquet(reference))

    def check(table: Path) -> Iterator[Alert]:
        report = Report([DataSummaryPreset(), DataDriftPreset()], include_tests=True)
        run = report.run(reference_data=clean, current_data=Dataset.from_pandas(pd.read_parquet(table)))
        for test in run.dict()["tests"]:
            if test["status"].name in ("FAIL", "ERROR"):
                params = test["metric_config"]["params"]
                column = params.get("column")
                yield f"{params['type'].split(':')[-1]} {test['id']}", [column] if column else []

    return check


serve(learn)
