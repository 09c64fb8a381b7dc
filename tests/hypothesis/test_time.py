"""Gaps, lost rows, broken counting and impossible dates are found; calendars, growth and sales are not."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import pytest

from assay.hypothesis.hypothesis import Hypothesis
from assay.hypothesis.temporal.mix import same_entities
from assay.hypothesis.temporal.propose import propose
from tests.builders import context_of, rows_where
from tests.hypothesis.panels import Columns, ads, changed, day, only


def raised(columns: Columns, **options: Any) -> list[Hypothesis]:
    return propose(context_of(columns, **options))


def sure(columns: Columns, **options: Any) -> list[Hypothesis]:
    return [h for h in raised(columns, **options) if h.confidence >= 0.5 and h.weight >= 0.4]


def kinds(columns: Columns) -> list[str]:
    return [h.kind for h in sure(columns)]


def bad_rows(columns: Columns, hypothesis: Hypothesis) -> set[int]:
    return set(rows_where(columns, hypothesis))


def rows(where: np.ndarray[Any, Any]) -> set[int]:
    return set(np.flatnonzero(where).tolist())


@pytest.mark.parametrize("seed", range(3))
def test_clean_table_is_silent(seed: int) -> None:
    assert raised(ads(seed=seed)) == []


# Gaps


def test_missing_days_are_named() -> None:
    clean = ads()
    lost = [day(40), day(41), day(70)]
    (gap,) = sure(only(clean, ~np.isin(clean["date"], lost)))
    assert gap.kind == "date_gap"
    assert gap.evidence["missing_days"] == [d.isoformat() for d in lost]


def test_a_segment_that_misses_days_is_named() -> None:
    clean = ads()
    gone = np.isin(clean["date"], [day(50), day(51)]) & (clean["platform"] == "beta")
    gaps = [h for h in sure(only(clean, ~gone)) if h.kind == "date_gap"]
    assert [h.segment for h in gaps] == ["platform beta"]
    assert gaps[0].evidence["missing"] == 2


def test_a_paused_campaign_is_no_gap() -> None:
    clean = ads()
    gone = np.isin(clean["date"], [day(50), day(51)]) & (clean["campaign_id"] == "c004")
    assert sure(only(clean, ~gone)) == []


def test_missing_weeks_and_months_are_found() -> None:
    weeks = [7 * w for w in range(60) if w != 30]
    assert kinds({"week": [day(w) for w in weeks], "sales": range(len(weeks))}) == ["date_gap"]
    months = [dt.date(2020 + m // 12, m % 12 + 1, 1) for m in range(48) if m != 20]
    (gap,) = sure({"monat": months, "umsatz": range(len(months))})
    assert gap.evidence["missing_days"] == ["2021-09-01"]


def test_many_days_in_a_row_without_any_event_are_a_gap() -> None:
    rng = np.random.default_rng(6)
    day = np.sort(rng.integers(0, 365, 4_500))
    day = day[(day < 132) | (day >= 142)]
    columns = {"date": (np.datetime64("2024-01-01") + day).tolist(), "ward": rng.choice(["a", "b"], len(day)).tolist()}
    (gap,) = (h for h in sure(columns) if h.kind == "date_gap")
    assert gap.evidence["missing"] == 10


def test_weekends_and_public_holidays_are_no_gap() -> None:
    days = [d for d in range(300) if d % 7 < 5 and d not in (57, 120, 295, 296)]
    table = {"datum": np.repeat([day(d) for d in days], 20), "ticker": [f"T{i}" for i in range(20)] * len(days)}
    assert sure(table) == []


def test_events_without_cadence_have_no_gaps() -> None:
    rng = np.random.default_rng(3)
    for count in (150, 400, 900):
        when = np.sort(rng.integers(0, 365, count))
        table = {
            "aufnahme": [day(w) for w in when],
            "patient": [f"P{i}" for i in range(count)],
            "kosten": np.round(np.exp(rng.normal(6, 1, count)), 2),
        }
        assert raised(table) == []


# Volume


def test_half_of_a_day_lost() -> None:
    clean = ads(campaigns=40)
    rng = np.random.default_rng(4)
    gone = (clean["date"] == day(50)) & (rng.random(len(clean["date"])) < 0.55)
    (anomaly,) = sure(only(clean, ~gone))
    assert anomaly.kind == "volume_anomaly"
    assert anomaly.evidence["day"] == day(50).isoformat()
    assert 0.3 < anomaly.evidence["factor"] < 0.6


def test_a_sale_day_of_an_order_list_is_a_note() -> None:
    rng = np.random.default_rng(5)
    when = np.concatenate([np.full(rng.poisson(80), d) for d in range(150)] + [np.full(200, 90)])
    table = {
        "order_id": np.arange(len(when)),
        "ordered": [day(w) for w in when],
        "total": np.round(np.exp(rng.normal(3, 1, len(when))), 2),
    }
    found = raised(table)
    assert [h.kind for h in found] == ["volume_anomaly"]
    assert found[0].confidence < 0.5


def test_campaigns_that_start_and_end_are_no_anomaly() -> None:
    clean = ads(campaigns=40)
    number = np.array([int(c[1:]) for c in clean["campaign_id"]])
    ended = (number < 18) & (clean["date"] >= day(60))
    assert sure(only(clean, ~ended)) == []


def test_a_quiet_day_between_the_end_of_some_campaigns_and_the_start_of_others_is_no_anomaly() -> None:
    clean = ads(campaigns=40)
    number = np.array([int(c[1:]) for c in clean["campaign_id"]])
    ended = (number < 12) & (clean["date"] >= day(50))
    to_begin = (number >= 28) & (clean["date"] <= day(50))
    assert sure(only(clean, ~(ended | to_begin))) == []


def test_half_of_a_segments_day_lost() -> None:
    clean = ads(campaigns=60)
    rng = np.random.default_rng(4)
    there = (clean["date"] == day(50)) & (clean["platform"] == "beta")
    found = sure(only(clean, ~(there & (rng.random(len(there)) < 0.6))))
    assert [(h.kind, h.columns) for h in found] == [("volume_anomaly", ("date", "platform"))]
    assert found[0].segment == "platform beta"


def test_a_partial_last_day_is_a_note_that_says_so() -> None:
    clean = ads()
    rng = np.random.default_rng(6)
    gone = (clean["date"] == day(99)) & (rng.random(len(clean["date"])) < 0.7)
    found = raised(only(clean, ~gone))
    assert [h.kind for h in found] == ["stale_data"]
    assert "artial last day" in found[0].reason
    assert found[0].confidence < 0.5


# Dates


@pytest.mark.parametrize("share", [0.005, 0.4])
@pytest.mark.parametrize("stray", [dt.date(9999, 12, 31), dt.date(2204, 4, 1)])
def test_dates_beyond_reason(share: float, stray: dt.date) -> None:
    clean = ads(days=60)
    bad = np.random.default_rng(7).random(len(clean["date"])) < share
    dirty = changed(clean, "date", bad, stray)
    found = [h for h in sure(dirty) if h.kind == "future_dates"]
    assert len(found) == 1
    assert bad_rows(dirty, found[0]) == rows(bad)


def test_thin_stray_years_after_a_dense_period() -> None:
    clean = ads(days=60)
    bad = np.random.default_rng(8).random(len(clean["date"])) < 0.01
    later = np.array([d + dt.timedelta(days=730) for d in clean["date"]])
    dirty = changed(clean, "date", bad, later)
    (found,) = [h for h in sure(dirty) if h.kind == "future_dates"]
    assert bad_rows(dirty, found) == rows(bad)


def test_contract_ends_may_lie_far_ahead() -> None:
    rng = np.random.default_rng(9)
    ends = [
        dt.date(9999, 12, 31) if x < 0.4 else dt.date(2030, 1, 1) + dt.timedelta(int(1e4 * x)) for x in rng.random(600)
    ]
    table = {"employee_id": [f"E{i}" for i in range(600)], "hired": [day(i) for i in range(600)], "contract_end": ends}
    assert [h for h in raised(table) if h.kind == "future_dates"] == []


# Levels


def test_a_tracker_that_broke() -> None:
    clean = ads()
    bad = (clean["platform"] == "gamma") & (clean["date"] >= day(70))
    dirty = changed(clean, "landing_page_views", bad, 0)
    (shift,) = sure(dirty)
    assert (shift.kind, shift.columns[0], shift.segment) == ("level_shift", "landing_page_views", "platform gamma")
    assert shift.evidence["since"] == day(70).isoformat()
    assert rows(bad & (clean["landing_page_views"] > 0)) <= bad_rows(dirty, shift) <= rows(bad)


def test_clicks_of_a_platform_halve_alone() -> None:
    clean = ads()
    bad = (clean["platform"] == "beta") & (clean["date"] >= day(60))
    (shift,) = sure(changed(clean, "clicks", bad, clean["clicks"] // 2))
    assert (shift.kind, shift.columns[0], shift.segment) == ("level_shift", "clicks", "platform beta")
    assert shift.evidence["since"] == day(60).isoformat()


def test_growth_drift_and_a_sale_are_no_shift() -> None:
    clean = ads()
    age = np.array([(d - day(0)).days for d in clean["date"]])
    sale = (age >= 50) & (age < 54)
    for name, factor in (
        ("impressions", np.where(sale, 3, 1) * 1.02**age),
        ("clicks", np.where(sale, 3, 1) * 1.02**age),
    ):
        clean[name] = np.round(clean[name] * factor).astype(int)
    clean["landing_page_views"] = np.round(clean["clicks"] * 0.8 / (1 + age / 100)).astype(int)
    clean["spend"] = np.round(clean["impressions"] * 0.006, 2)
    assert sure(clean) == []


def test_another_mix_of_campaigns_is_no_shift() -> None:
    clean = ads(campaigns=30)
    number = np.array([int(c[1:]) for c in clean["campaign_id"]])
    rich = number % 2 == 0
    clean["clicks"] = np.where(rich, clean["clicks"] * 3, clean["clicks"])
    clean["landing_page_views"] = np.where(rich, clean["landing_page_views"] * 3, clean["landing_page_views"])
    assert sure(only(clean, ~(rich & (clean["date"] >= day(60))))) == []


@pytest.mark.parametrize(("all_rows", "agrees"), [(True, True), (False, False)])
def test_one_large_row_of_each_entity_is_no_level(all_rows: bool, agrees: bool) -> None:
    age = np.tile(np.arange(40), 6)
    value = np.full(240, 50.0) + np.arange(240) % 7
    table = {
        "date": np.array([day(int(d)) for d in age], dtype="datetime64[D]"),
        "campaign_id": [f"c{i // 40}" for i in range(240)],
        "revenue": np.where((age >= 20) if all_rows else (age == 25), value * (3 if all_rows else 41), value),
        "purchases": np.full(240, 2),
    }
    first = int((day(20) - dt.date(1970, 1, 1)).days)
    paired = same_entities(context_of(table), "date", None, None, first, "revenue", "purchases")
    assert paired is not None and paired.agrees(math.log(3)) is agrees


# Shapes


@pytest.mark.parametrize("count", [0, 1, 5])
def test_tiny_tables_are_silent(count: int) -> None:
    assert (
        raised({"date": np.array([day(i) for i in range(count)], dtype="datetime64[D]"), "clicks": np.arange(count)})
        == []
    )


def test_proposals_are_repeatable() -> None:
    clean = ads()
    dirty = only(clean, ~np.isin(clean["date"], [day(40)]))
    assert [repr(h) for h in raised(dirty)] == [repr(h) for h in raised(dirty)]
