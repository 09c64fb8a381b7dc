"""Missing values are found where they are due, and nowhere else."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from assay.hypothesis.hypothesis import Hypothesis
from assay.hypothesis.missing.doubt import contradicted
from assay.hypothesis.missing.propose import propose
from assay.hypothesis.missing.structure import most_zeros, zero_estimate
from tests.builders import Table, context_of, judge, rows_where

ROWS = 4_000
Columns = dict[str, Any]


def ads(seed: int = 0) -> Columns:
    """Daily ads: video metrics for videos only, a click-through rate where there are impressions, rare coupon codes."""
    rng = np.random.default_rng(seed)
    creative = rng.choice(["image", "carousel", "video", "short video"], ROWS)
    impressions = rng.poisson(np.where(rng.random(ROWS) < 0.03, 0, 900))
    clicks = rng.binomial(impressions, 0.02)
    video = np.char.find(creative.astype(str), "video") >= 0
    plays = rng.binomial(impressions, 0.3)
    return {
        "date": [dt.date(2024, 1, 1) + dt.timedelta(days=i // 40) for i in range(ROWS)],
        "ad_id": [f"ad-{i % 40}" for i in range(ROWS)],
        "creative": list(map(str, creative)),
        "impressions": impressions.tolist(),
        "clicks": clicks.tolist(),
        "spend": np.round(impressions * 0.004 * rng.gamma(9, 1 / 9, ROWS), 2).tolist(),
        "ctr": [c / i if i else None for c, i in zip(clicks, impressions, strict=True)],
        "video_plays": [int(p) if v else None for p, v in zip(plays, video, strict=True)],
        "coupon_code": [f"SAVE{i % 7}" if r < 0.04 else None for i, r in enumerate(rng.random(ROWS))],
    }


def lose(columns: Columns, name: str, share: float, value: Any = None, seed: int = 1) -> list[int]:
    """Replace a share of a column's values; returns the rows."""
    rng = np.random.default_rng(seed)
    there = [i for i, cell in enumerate(columns[name]) if cell is not None]
    rows = sorted(rng.choice(there, max(1, int(share * len(there))), replace=False).tolist())
    for row in rows:
        columns[name][row] = value
    return rows


def findings(table: Table) -> list[Hypothesis]:
    """Hypotheses that would be reported above a note, if rows confirm them."""
    raised = [h for h in propose(context_of(table)) if h.confidence >= 0.5]
    return [j.hypothesis for j in judge(table, raised) if j.rows]


def check(columns: Columns, name: str, rows: list[int]) -> Hypothesis:
    (finding,) = findings(columns)
    assert finding.columns == (name,)
    found, bad = set(rows_where(columns, finding)), set(rows)
    assert len(found & bad) >= 0.98 * len(bad)
    assert len(found - bad) <= 0.02 * len(found)
    return finding


def test_a_clean_table_is_silent() -> None:
    assert findings(ads()) == []


@pytest.mark.parametrize("share", [0.001, 0.005, 0.05, 0.4])
@pytest.mark.parametrize("name", ["date", "ad_id", "creative", "impressions", "spend"])
def test_nulls_sprinkled_through_a_dense_column(name: str, share: float) -> None:
    columns = ads()
    check(columns, name, lose(columns, name, share))


@pytest.mark.parametrize("share", [0.01, 0.4])
@pytest.mark.parametrize("name", ["video_plays", "ctr"])
def test_damage_on_top_of_structure(name: str, share: float) -> None:
    columns = ads()
    finding = check(columns, name, lose(columns, name, share))
    assert finding.evidence["legitimately_absent_by"]


@pytest.mark.parametrize("word", ["N/A", "", "  ", "-", "null", "(not set)", "keine Angabe", "нет данных"])
def test_placeholder_words(word: str) -> None:
    columns = ads()
    finding = check(columns, "creative", lose(columns, "creative", 0.05, word))
    assert finding.evidence["forms"] == {"word": 200}


def test_placeholder_words_in_a_column_of_numbers() -> None:
    columns = ads()
    columns["clicks"] = [str(c) for c in columns["clicks"]]
    rows = lose(columns, "clicks", 0.1, "unknown")
    found = [h for h in findings(columns) if h.columns == ("clicks",)]
    assert found and set(rows_where(columns, found[0])) == set(rows)


@pytest.mark.parametrize("number", [-1, -999, 999_999, 99_999_999])
@pytest.mark.parametrize("share", [0.005, 0.3])
def test_numbers_that_stand_for_nothing(number: int, share: float) -> None:
    columns = ads()
    check(columns, "impressions", lose(columns, "impressions", share, number))


@pytest.mark.parametrize("day", [dt.date(1970, 1, 1), dt.date(1900, 1, 1), dt.date(9999, 12, 31)])
def test_dates_that_stand_for_nothing(day: dt.date) -> None:
    columns = ads()
    check(columns, "date", lose(columns, "date", 0.05, day))


def test_not_a_number_is_missing() -> None:
    columns = ads()
    check(columns, "spend", lose(columns, "spend", 0.05, float("nan")))


def test_a_block_of_days_is_a_failed_load() -> None:
    columns = ads()
    rows = [i for i, day in enumerate(columns["date"]) if dt.date(2024, 2, 1) <= day < dt.date(2024, 2, 8)]
    for row in rows:
        columns["clicks"][row] = None
    finding = check(columns, "clicks", rows)
    assert finding.evidence["mechanism"] == "block of days"
    assert finding.evidence["days"] == 7


def test_a_load_that_breaks_off_within_a_day_loses_the_rest_of_it() -> None:
    columns = ads()
    rows = [i for i, day in enumerate(columns["date"]) if dt.date(2024, 2, 1) <= day < dt.date(2024, 2, 20)][15:-5]
    for row in rows:
        columns["clicks"][row] = None
    assert check(columns, "clicks", rows).evidence["days"] == 19


def test_a_metric_that_was_introduced_later_is_a_note() -> None:
    columns = ads()
    columns["likes"] = [None if i < 1600 else i % 90 for i in range(ROWS)]
    assert findings(columns) == []


def test_columns_that_lack_the_same_rows_have_one_cause() -> None:
    columns = ads()
    rows = lose(columns, "clicks", 0.05)
    for row in rows:
        columns["spend"][row] = None
    (finding,) = findings(columns)
    assert finding.columns == ("clicks", "spend")
    assert set(rows_where(columns, finding)) == set(rows)


def test_damage_that_is_more_frequent_in_one_segment() -> None:
    columns = ads()
    rows = [i for i in range(ROWS) if columns["creative"][i] == "carousel" and i % 3 == 0]
    for row in rows:
        columns["spend"][row] = None
    check(columns, "spend", rows)


def test_a_count_that_is_blank_for_none_is_silent() -> None:
    columns = ads()
    rng = np.random.default_rng(5)
    columns["leads"] = [int(n) or None for n in rng.poisson(1.3, ROWS)]
    columns["installs"] = [int(n) or None for n in rng.poisson(np.array(columns["clicks"]) * 0.1)]
    assert findings(columns) == []


def test_how_many_blanks_few_ones_and_twos_explain_is_uncertain() -> None:
    values = np.repeat([1.0, 2.0, 3.0], [33, 23, 6])
    assert zero_estimate(values) == pytest.approx(23.7, abs=0.1)
    assert 1.5 < most_zeros(values) / zero_estimate(values) < 2.5
    assert most_zeros(np.repeat(values, 400)) < 1.1 * zero_estimate(np.repeat(values, 400))


def test_a_metric_of_one_platform_is_silent() -> None:
    columns = ads()
    rng = np.random.default_rng(6)
    columns["platform"] = list(map(str, rng.choice(["tv", "web", "radio"], ROWS)))
    columns["viewability"] = [float(rng.random()) if p == "web" else None for p in columns["platform"]]
    assert findings(columns) == []


def test_what_two_columns_decide_is_silent() -> None:
    columns = ads()
    rng = np.random.default_rng(7)
    columns["platform"] = list(map(str, rng.choice(["ios", "android", "web"], ROWS)))
    columns["skan_views"] = [
        int(n) if p == "ios" and "video" in c else None
        for p, c, n in zip(columns["platform"], columns["creative"], rng.poisson(50, ROWS), strict=True)
    ]
    assert findings(columns) == []


def test_a_category_that_is_called_unknown_is_silent() -> None:
    columns = ads()
    rng = np.random.default_rng(8)
    columns["gender"] = list(map(str, rng.choice(["female", "male", "unknown"], ROWS, p=[0.5, 0.4, 0.1])))
    columns["country"] = list(map(str, rng.choice(["NA", "ZA", "BW"], ROWS)))
    assert findings(columns) == []


def test_unknown_is_missing_where_the_entity_is_known() -> None:
    columns = ads()
    columns["brand"] = [f"brand {i % 40 % 6}" for i in range(ROWS)]
    check(columns, "brand", lose(columns, "brand", 0.05, "Unknown"))


def test_unknown_is_missing_in_a_breakdown_that_never_varies_within_an_entity() -> None:
    columns = ads()
    columns["platform"] = [("google", "meta", "tiktok")[i % 40 % 3] for i in range(ROWS)]
    check(columns, "platform", lose(columns, "platform", 0.05, "unknown"))


def test_unknown_is_a_value_of_a_breakdown_that_varies() -> None:
    columns = ads()
    columns["platform"] = list(map(str, np.random.default_rng(9).choice(["google", "meta", "unknown"], ROWS)))
    assert findings(columns) == []


def test_blank_carts_are_told_better_by_the_purchases_that_need_them_and_not_by_other_rows() -> None:
    columns = ads()
    rng = np.random.default_rng(10)
    carts = rng.binomial(np.array(columns["clicks"]), 0.02)
    bought = np.where(rng.random(ROWS) < 0.6, carts, 0)
    carts[rng.permutation(np.flatnonzero(bought > 0))[:200]] = 0
    columns["purchases"] = [int(b) if b else None for b in bought]
    columns["add_to_cart"] = [int(c) if c else None for c in carts]
    context = context_of(columns)
    blank, needed = context.profile["add_to_cart"].nulls, ~context.profile["purchases"].nulls
    assert contradicted(context, "add_to_cart", blank & needed)
    other = np.flatnonzero(blank & ~needed)[:200]
    assert not contradicted(context, "add_to_cart", np.isin(np.arange(ROWS), other))


def test_an_empty_column_is_silent() -> None:
    assert findings({**ads(), "skan_installs": pa.nulls(ROWS, pa.int64())}) == []


def staff() -> Columns:
    """Human resources: people leave for a reason, the top has no manager, second names are rare."""
    rng = np.random.default_rng(9)
    status = rng.choice(["active", "left"], ROWS, p=[0.8, 0.2])
    return {
        "employee_id": [f"E{i:05d}" for i in range(ROWS)],
        "Abteilung": list(map(str, rng.choice(["Einkauf", "Vertrieb", "Lager", "IT"], ROWS))),
        "manager_id": [None if i < 8 else f"E{i % 8:05d}" for i in range(ROWS)],
        "hired": [dt.date(2010, 1, 1) + dt.timedelta(days=int(d)) for d in rng.integers(0, 5000, ROWS)],
        "status": list(map(str, status)),
        "termination_date": [dt.date(2024, 1, 1) + dt.timedelta(days=i % 300) if s == "left" else None
                             for i, s in enumerate(status)],
        "middle_name": [f"Name{i % 60}" if r < 0.4 else None for i, r in enumerate(rng.random(ROWS))],
        "Gehalt": np.round(rng.lognormal(10.5, 0.3, ROWS), -1).tolist(),
        "note": [f"note {i}" if r < 0.1 else None for i, r in enumerate(rng.random(ROWS))],
    }  # fmt: skip


def logs() -> Columns:
    """A web log: referrers of organic visits only, users that are logged in, errors with a message."""
    rng = np.random.default_rng(10)
    medium = rng.choice(["organic", "direct", "email"], ROWS)
    code = rng.choice([200, 301, 404, 500], ROWS, p=[0.9, 0.05, 0.04, 0.01])
    return {
        "zeit": [dt.datetime(2024, 5, 1) + dt.timedelta(seconds=int(s)) for s in np.sort(rng.integers(0, 9e5, ROWS))],
        "путь": [f"/p/{i}" for i in rng.integers(0, 50, ROWS)],
        "medium": list(map(str, medium)),
        "referrer": [f"https://s{i % 5}.example" if m == "organic" else None for i, m in enumerate(medium)],
        "status": code.tolist(),
        "error": ["timeout" if c == 500 else None for c in code],
        "bytes": rng.lognormal(8, 1, ROWS).astype(int).tolist(),
        "user_id": [f"u{i % 300}" if r < 0.35 else None for i, r in enumerate(rng.random(ROWS))],
    }


@pytest.mark.parametrize("build", [staff, logs])
def test_other_clean_tables_are_silent(build: Any) -> None:
    assert findings(build()) == []


@pytest.mark.parametrize(
    ("build", "name"), [(staff, "Gehalt"), (staff, "Abteilung"), (logs, "bytes"), (logs, "medium")]
)
@pytest.mark.parametrize("share", [0.005, 0.4])
def test_damage_in_other_tables(build: Any, name: str, share: float) -> None:
    columns = build()
    rows = lose(columns, name, share)
    found = [h for h in findings(columns) if h.columns == (name,)]
    assert found and set(rows_where(columns, found[0])) == set(rows)


def test_a_voucher_of_one_campaign_after_the_other_leaves_days_without_any() -> None:
    columns = ads()
    columns["campaign_id"] = [f"c{(i // 40) // 12}" for i in range(ROWS)]  # twelve days each
    columns["coupon_code"] = [f"SAVE{i % 3}" if (i // 40) % 12 < 7 and i % 40 < 8 else None for i in range(ROWS)]
    assert [h for h in findings(columns) if "coupon_code" in h.columns] == []


def exported(rows: int, seed: int = 4) -> Columns:
    """An export of few rows that leaves an action blank for none: small rows have none more often."""
    rng = np.random.default_rng(seed)
    impressions = rng.lognormal(7.0, 1.0, rows).astype(int) + 1
    clicks = rng.binomial(impressions, 0.02)
    views = rng.binomial(clicks, 0.3)
    return {
        "date": [dt.date(2024, 1, 1) + dt.timedelta(days=i // 20) for i in range(rows)],
        "ad_id": [f"ad-{i % 20}" for i in range(rows)],
        "impressions": impressions.tolist(),
        "clicks": clicks.tolist(),
        "landing_page_views": [int(v) if v else None for v in views],
    }


@pytest.mark.parametrize("rows", [60, 100, 300, 1_000])
@pytest.mark.parametrize("seed", [4, 5, 6])
def test_few_rows_without_an_action_are_at_most_a_note(rows: int, seed: int) -> None:
    assert findings(exported(rows, seed)) == []


def test_few_lost_values_of_an_action_are_found_where_every_row_had_one() -> None:
    columns = exported(300)
    columns["landing_page_views"] = [50 + i for i in range(300)]
    check(columns, "landing_page_views", lose(columns, "landing_page_views", 0.15))
