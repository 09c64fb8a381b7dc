"""ydata-profiling: the alerts of a full report, without a reference; large tables in minimal mode, as it advises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from protocol import Alert, Check, serve
from ydata_profiling import ProfileReport

LARGE = 100_000
NO_PICTURES = {
    "interactions": {"continuous": False},
    "missing_diagrams": {"bar": False, "matrix": False, "heatmap": False},
    "samples": None,
}


def learn(_reference: Path) -> Check:
    return check


def check(table: Path) -> Iterator[Alert]:
    data = pd.read_parquet(table)
    report = ProfileReport(data, minimal=len(data) > LARGE, progress_bar=False, **NO_PICTURES)
    for alert in report.get_description().alerts:
        yield alert.alert_type.name, [alert.column_name] if alert.column_name else []


serve(learn)
