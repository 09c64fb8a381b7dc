"""A small table that grows day by day, and audits of it that remember."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import assay
from assay.config import Settings
from assay.judge.finding import Finding
from assay.memory.bank import Memory
from assay.report.record import Audit

START = dt.date(2024, 3, 4)  # a Monday
Columns = dict[str, Any]
PLATFORMS = ("Zephyrine", "Quombat", "Wolfram", "Xanthic")


def day(number: int) -> dt.date:
    return START + dt.timedelta(days=number)


def ads(days: int = 36, entities: int = 32, seed: int = 0) -> Columns:
    """Daily ads with nothing wrong."""
    rng = np.random.default_rng(seed)
    when, ad = np.repeat(np.arange(days), entities), np.tile(np.arange(entities), days)
    level = np.exp(rng.normal(7.5, 0.4, entities))[ad] * np.exp(rng.normal(0, 0.1, len(ad)))
    impressions = rng.poisson(level * np.array([1, 1, 1, 1, 1.1, 1.3, 1.2])[when % 7])
    clicks = rng.binomial(impressions, 0.04)
    return {
        "date": np.array([day(int(w)) for w in when]),
        "platform": np.array(PLATFORMS)[(ad * 7 // 5) % 4],
        "ad_id": np.array([f"a{a:03d}" for a in ad]),
        "impressions": impressions,
        "clicks": clicks,
        "conversions": rng.binomial(clicks, 0.1),
        "spend": np.round(impressions * 0.006 * np.exp(rng.normal(0, 0.1, len(ad))), 2),
    }


def until(columns: Columns, days: int) -> Columns:
    """The rows of the first days."""
    return only(columns, columns["date"] < day(days))


def only(columns: Columns, keep: Any) -> Columns:
    return {name: np.asarray(values)[keep] for name, values in columns.items()}


def on(columns: Columns, number: int) -> Any:
    return columns["date"] == day(number)


def scaled(columns: Columns, where: Any, factor: float, *names: str) -> Columns:
    """With some amounts of some rows multiplied."""
    return {n: np.where(where, v * factor, v).astype(v.dtype) if n in names else v for n, v in columns.items()}


def write(columns: Mapping[str, Any], path: Path) -> None:
    pq.write_table(
        pa.table({n: v if isinstance(v, pa.Array) else pa.array(v.tolist()) for n, v in columns.items()}), path
    )


def audited(columns: Mapping[str, Any], path: Path, memory: Memory, days: int, **options: Any) -> Audit:
    """The audit on the day after the first ``days`` days, which are what the table holds."""
    write(columns, path)
    return assay.audit(path, memory=memory, settings=Settings(today=day(days)), **options)


def learn(columns: Columns, path: Path, memory: Memory, first: int, last: int) -> None:
    """Audit the table after each of some numbers of days; nothing is wrong with it."""
    for days in range(first, last + 1):
        worst = audited(until(columns, days), path, memory, days).worst()
        assert worst is None or worst.rank > 2, days


def found(audit: Audit, kind: str) -> list[Finding]:
    """Findings of a kind that memory raised and that are no notes."""
    return [f for f in audit.findings if f.kind == kind and f.severity.rank <= 2]
