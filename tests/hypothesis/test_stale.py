"""Days that repeat the day before."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from assay.bench.advertising import generate
from assay.bench.styles import STYLES
from assay.hypothesis.hypothesis import Hypothesis
from assay.hypothesis.scope import event_date
from assay.hypothesis.temporal.stale import stale_days
from tests.builders import Table, context_of, judge, rows_where

DAYS, SHOPS = 60, 20
Columns = dict[str, Any]


def sales() -> Columns:
    rng = np.random.default_rng(0)
    shown = rng.poisson(rng.lognormal(6, 1, SHOPS), (DAYS, SHOPS))
    orders = rng.binomial(shown, 0.1)
    first = dt.date(2025, 1, 1)
    return {
        "date": [first + dt.timedelta(days=d) for d in range(DAYS) for _ in range(SHOPS)],
        "campaign_id": [f"cmp-{s:03d}" for _ in range(DAYS) for s in range(SHOPS)],
        "impressions": shown.ravel().tolist(),
        "clicks": orders.ravel().tolist(),
        "spend": (orders * rng.lognormal(0, 0.1, (DAYS, SHOPS))).round(2).ravel().tolist(),
    }


def repeat(columns: Columns, day: int, shops: int = SHOPS) -> set[int]:
    """Let the first shops of a day have their numbers of the day before."""
    for name in ("impressions", "clicks", "spend"):
        columns[name][day * SHOPS : day * SHOPS + shops] = columns[name][(day - 1) * SHOPS :][:shops]
    return set(range(day * SHOPS, day * SHOPS + shops))


def stale(table: Table) -> list[Hypothesis]:
    context = context_of(table)
    return [j.hypothesis for j in judge(table, stale_days(context, event_date(context) or "")) if j.rows]


@pytest.mark.parametrize("length", [1, 2, 20])
@pytest.mark.parametrize("shops", [SHOPS, 10])
def test_days_that_repeat_the_day_before_are_found(length: int, shops: int) -> None:
    columns = sales()
    bad = set.union(*[repeat(columns, 30 + i, shops) for i in range(length)])
    (finding,) = stale(columns)
    assert set(rows_where(columns, finding)) == bad


def test_a_long_run_is_found_to_its_end_though_ever_more_starts_that_cannot_be_stale() -> None:
    rng = np.random.default_rng(1)
    first, old = dt.date(2025, 1, 1), 12
    columns: Columns = {"date": [], "campaign_id": [], "impressions": [], "clicks": []}
    bad = set()
    for day in range(90):
        for shop in range(old + max(0, 2 * (day - 31))):
            if 30 <= day < 60 and shop < old:
                bad.add(len(columns["date"]))
                shown, clicked = (columns[name][29 * old + shop] for name in ("impressions", "clicks"))
            else:
                shown = int(rng.poisson(500))
                clicked = int(rng.binomial(shown, 0.1))
            cells = (first + dt.timedelta(days=day), f"cmp-{shop:03d}", shown, clicked)
            for name, cell in zip(columns, cells, strict=True):
                columns[name].append(cell)
    (finding,) = stale(columns)
    assert set(rows_where(columns, finding)) == bad


def test_two_separate_days_are_two_findings() -> None:
    columns = sales()
    repeat(columns, 10)
    repeat(columns, 40)
    assert len(stale(columns)) == 2


def test_days_without_delivery_are_not_stale() -> None:
    columns = sales()
    for name in ("impressions", "clicks", "spend"):
        columns[name][30 * SHOPS : 33 * SHOPS] = [0] * (3 * SHOPS)
    assert stale(columns) == []


def test_numbers_that_stand_still_on_every_day_or_weekend_are_not_stale() -> None:
    constant, weekly = sales(), sales()
    for day in range(1, DAYS):
        repeat(constant, day)
        if day % 7 > 4:
            repeat(weekly, day)
    assert stale(constant) == []
    assert stale(weekly) == []


def test_a_clean_table_is_silent() -> None:
    assert stale(sales()) == []


@pytest.mark.parametrize("style", STYLES)
def test_clean_exports_are_silent(style: str) -> None:
    assert stale(generate(2_000, seed=1, style=style)) == []
