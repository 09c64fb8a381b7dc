"""Running the program as a user does: its status, its standard output, its standard error."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.cli.main import run


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    status: int
    out: str
    err: str


Assay = Callable[..., Done]


@pytest.fixture
def assay(capsys: pytest.CaptureFixture[str]) -> Assay:
    """Run a command in this process."""

    def call(*arguments: str | Path) -> Done:
        status = run([str(a) for a in arguments])
        return Done(status, *capsys.readouterr())

    return call


def rows(count: int, bad: int = 0) -> pa.Table:
    """A small daily table; in the first ``bad`` rows there are more clicks than impressions."""
    day = dt.date(2026, 1, 1)
    impressions = [1000 + 37 * (i % 29) for i in range(count)]
    clicks = [10 + (i * 7) % 23 for i in range(count)]
    clicks[:bad] = [2 * i for i in impressions[:bad]]
    return pa.table(
        {
            "date": [day + dt.timedelta(days=i // 20) for i in range(count)],
            "ad_id": [f"ad-{i % 20}" for i in range(count)],
            "impressions": impressions,
            "clicks": clicks,
        }
    )


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    """A table with nothing wrong."""
    path = tmp_path / "clean.parquet"
    pq.write_table(rows(600), path)
    return path


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A table with more clicks than impressions in 5 % of its rows."""
    path = tmp_path / "broken.parquet"
    pq.write_table(rows(600, bad=30), path)
    return path
