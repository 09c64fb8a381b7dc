"""Missing hours and half days are found; opening hours, quiet nights, events and clock changes are not."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from assay.hypothesis.hypothesis import Hypothesis
from assay.hypothesis.temporal.propose import propose
from assay.pipeline import audit
from tests.builders import context_of, source_of

START = dt.datetime(2025, 3, 3)  # a Monday


def times(hours: Any) -> list[dt.datetime]:
    return [START + dt.timedelta(hours=float(h)) for h in hours]


def gaps(hours: Any) -> list[Hypothesis]:
    when = times(hours)
    table = {"messzeit": when, "temperatur": np.random.default_rng(0).normal(20, 3, len(when))}
    return [h for h in propose(context_of(table)) if h.kind == "date_gap"]


def test_hours_that_a_sensor_missed() -> None:
    (gap,) = gaps([h for h in range(24 * 30) if h not in (130, 131, 400)])
    assert gap.confidence >= 0.5
    assert gap.evidence["missing_times"] == ["2025-03-08 10:00", "2025-03-08 11:00", "2025-03-19 16:00"]
    assert gap.evidence["cadence"] == "hour"


@pytest.mark.parametrize(("step", "unit"), [(12, "half day"), (6, "360 minutes"), (0.25, "15 minutes")])
def test_other_grids(step: float, unit: str) -> None:
    slots = [h for h in range(int(20 * 24 / step)) if h != 25]
    (gap,) = gaps(np.array(slots) * step)
    assert (gap.evidence["cadence"], gap.evidence["missing"]) == (unit, 1)


def test_whole_tables_and_whole_days_are_not_the_matter_of_hours() -> None:
    assert gaps(range(24 * 30)) == []
    (day,) = gaps([h for h in range(24 * 40) if h // 24 != 20])
    assert day.evidence["missing_days"] == ["2025-03-23"]


def test_a_table_may_begin_and_end_within_a_day() -> None:
    assert gaps(range(7, 24 * 20 - 5)) == []


def test_opening_hours_are_no_gap() -> None:
    assert gaps([h for h in range(24 * 60) if 8 <= h % 24 < 18 and h // 24 % 7 < 5]) == []


def test_a_shop_that_closed_early_is_a_note_and_one_that_lost_its_noon_is_not() -> None:
    hours = [h for h in range(24 * 60) if 8 <= h % 24 < 18]
    (early,) = gaps([h for h in hours if not 24 * 30 + 14 <= h < 24 * 30 + 18])
    (noon,) = gaps([h for h in hours if h != 24 * 30 + 12])
    assert early.confidence < 0.5 < noon.confidence


def test_quiet_nights_of_counted_events_are_no_gap() -> None:
    rng = np.random.default_rng(1)
    level = np.tile([0.6] * 6 + [12.0] * 18, 60)
    assert gaps(np.repeat(np.arange(24 * 60), rng.poisson(level))) == []


def test_events_at_any_minute_have_no_grid() -> None:
    rng = np.random.default_rng(2)
    assert gaps(np.sort(rng.uniform(0, 24 * 30, 3_000))) == []


def test_the_hour_that_clocks_skip_is_a_note() -> None:
    sunday = 24 * 27 + 2
    (gap,) = gaps([h for h in range(24 * 40) if h != sunday])
    assert gap.confidence < 0.5


def test_hours_cost_no_further_statement() -> None:
    when = times([h for h in range(24 * 30) if h != 130])
    values = np.random.default_rng(0).normal(20, 3, len(when))
    hourly = audit(source_of({"messzeit": when, "temperatur": values}))
    daily = audit(source_of({"messzeit": [t.date() for t in when], "temperatur": values}))
    assert hourly.cost.statements <= daily.cost.statements + 1  # the look at bad rows, if there are any
    assert "date_gap" in [f.kind for f in hourly.findings]
