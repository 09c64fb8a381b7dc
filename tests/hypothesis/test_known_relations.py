"""Relations of the pack: damage is found exactly, and what real exports show of themselves is no error."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from assay.hypothesis.hypothesis import Hypothesis
from assay.hypothesis.relations.propose import propose
from assay.judge.finding import Severity, Verdict
from assay.judge.severity import severity
from tests.builders import context_of, judge, rows_where

ROWS = 4_000
Columns = dict[str, Any]


def export(rng: np.random.Generator, size: float = 6.5) -> Columns:
    """A daily export of four platforms without anything out of the ordinary; 3 % of the rows have no delivery."""
    campaign = rng.integers(0, 60, ROWS)
    rate, close = np.exp(rng.normal(0, 0.6, 60))[campaign], np.exp(rng.normal(0, 0.8, 60))[campaign]
    shown = rng.poisson(np.exp(rng.normal(size, 1.3, ROWS)) * (rng.random(ROWS) > 0.03))
    clicked = rng.binomial(shown, np.minimum(0.015 * rate, 0.5))
    return {
        "date": [dt.date(2024, 1, 1) + dt.timedelta(days=int(d)) for d in np.sort(rng.integers(0, 200, ROWS))],
        "platform": rng.choice(["google", "meta", "tiktok", "dv360"], ROWS),
        "campaign_id": [f"c{c}" for c in campaign],
        "impressions": shown,
        "clicks": clicked,
        "spend": np.round(shown * np.exp(rng.normal(1.6, 0.4, ROWS)) / 1000, 2),
        "conversions": rng.binomial(clicked, np.minimum(0.05 * close, 0.6)),
    }


def with_shop(rng: np.random.Generator) -> Columns:
    table = export(rng)
    bought = table.pop("conversions")
    return table | {"add_to_cart": bought + rng.poisson(1.5 * bought), "purchases": bought}


def with_video(rng: np.random.Generator) -> Columns:
    table = export(rng)
    steps = [rng.binomial(table["impressions"], 0.4)]
    for share in (0.6, 0.7, 0.7, 0.8):
        steps.append(rng.binomial(steps[-1], share))
    names = ("video_plays", "video_p25", "video_p50", "video_p75", "video_completions")
    return table | dict(zip(names, steps, strict=True))


def with_landings(rng: np.random.Generator) -> Columns:
    table = export(rng)
    links = rng.binomial(table["clicks"], 0.8)
    views = rng.binomial(links, 0.85)
    again = (rng.random(ROWS) < 0.004) & (links > 0)
    return table | {"link_clicks": links, "landing_page_views": np.where(again, links + 1, views)}


def findings(table: Columns) -> list[tuple[Hypothesis, Severity]]:
    """The hypotheses that the whole table confirms, with their severity."""
    hypotheses = propose(context_of(table))
    found = []
    for judgement in judge(table, hypotheses):
        assert judgement.verdict is not Verdict.UNTESTABLE, judgement.measured
        if judgement.verdict is Verdict.ERROR:
            found.append((judgement.hypothesis, severity(judgement.hypothesis, judgement.rows / ROWS, judgement.rows)))
    return found


def alarms(table: Columns) -> list[Hypothesis]:
    return [h for h, grade in findings(table) if grade.rank <= Severity.MEDIUM.rank]


def exceed(rng: np.random.Generator, table: Columns, small: str, large: str, rows: Any) -> None:
    changed = table[small].copy()
    changed[rows] = table[large][rows] + rng.integers(4, 40, len(rows))
    table[small] = changed


CASES: list[tuple[str, Callable[[np.random.Generator], Columns], str, str]] = [
    ("clicks_exceed_impressions", export, "clicks", "impressions"),
    ("conversions_exceed_clicks", export, "conversions", "clicks"),
    ("video_completions_exceed_plays", with_video, "video_completions", "video_plays"),
    ("landing_page_views_exceed_clicks", with_landings, "landing_page_views", "link_clicks"),
]


@pytest.mark.parametrize("share", [0.01, 0.4])
@pytest.mark.parametrize(("kind", "build", "small", "large"), CASES)
def test_an_order_turned_is_found_row_by_row(
    kind: str, build: Callable[[np.random.Generator], Columns], small: str, large: str, share: float
) -> None:
    rng = np.random.default_rng(1)
    table = build(rng)
    rows = rng.choice(ROWS, int(share * ROWS), replace=False)
    exceed(rng, table, small, large, rows)
    (found,) = [h for h in alarms(table) if h.kind == kind and h.columns[0] == small]
    reported = set(rows_where(table, found))
    assert len(reported & set(rows.tolist())) >= 0.98 * len(rows)
    assert len(reported - set(rows.tolist())) <= 0.02 * len(reported)


@pytest.mark.parametrize("share", [0.01, 0.4])
def test_money_without_delivery_is_found(share: float) -> None:
    rng = np.random.default_rng(2)
    table = export(rng)
    rows = rng.choice(np.flatnonzero(table["spend"] > 0), int(share * ROWS), replace=False)
    table["impressions"] = np.where(np.isin(np.arange(ROWS), rows), 0, table["impressions"])
    (found,) = [h for h in alarms(table) if h.kind == "spend_with_zero_impressions"]
    reported = set(rows_where(table, found))
    assert len(reported & set(rows.tolist())) >= 0.98 * len(rows)
    assert reported <= set(rows.tolist())


@pytest.mark.parametrize(("share", "blank"), [(0.02, False), (0.4, False), (0.02, True)])
def test_purchases_whose_carts_were_lost_are_found(share: float, blank: bool) -> None:
    rng = np.random.default_rng(3)
    table = with_shop(rng)
    bought = np.flatnonzero(table["purchases"] > 0)
    rows = rng.choice(bought, min(int(share * ROWS), int(0.6 * len(bought))), replace=False)
    carts = table["add_to_cart"].astype(float)
    carts[rows] = 0
    table["add_to_cart"] = np.where(carts == 0, np.nan, carts) if blank else carts
    if blank:
        table["add_to_cart"] = [None if np.isnan(v) else int(v) for v in table["add_to_cart"]]
    (found,) = [h for h in alarms(table) if h.kind == "purchases_without_add_to_cart"]
    reported = set(rows_where(table, found))
    assert len(reported & set(rows.tolist())) >= 0.98 * len(rows)
    assert len(reported - set(rows.tolist())) <= 0.02 * len(reported)


def test_purchases_out_of_nowhere_do_not_make_missed_carts_wrong() -> None:
    rng = np.random.default_rng(8)
    table = missed_carts(rng)
    none = np.flatnonzero((table["purchases"] == 0) & (table["add_to_cart"] == 0))
    rows = rng.choice(none, 60, replace=False)
    table["purchases"] = table["purchases"].copy()
    table["purchases"][rows] = rng.integers(4, 30, len(rows))
    (found,) = [h for h in alarms(table) if h.kind == "purchases_without_add_to_cart"]
    assert set(rows_where(table, found)) == set(rows.tolist())


@pytest.mark.parametrize("changed_after", [True, False])
def test_few_rows_are_an_error_where_a_rate_proves_that_they_were_changed(changed_after: bool) -> None:
    rng = np.random.default_rng(10)
    table = with_landings(rng)
    rates = table["clicks"] / np.maximum(table["impressions"], 1)
    clicks = table["clicks"].copy()
    rows = rng.choice(np.flatnonzero(table["landing_page_views"] > 20), 4, replace=False)
    clicks[rows] = table["landing_page_views"][rows] // 3
    if not changed_after:
        rates = clicks / np.maximum(table["impressions"], 1)
    table = {name: values for name, values in table.items() if name != "link_clicks"}
    found = [
        h for h in alarms(table | {"clicks": clicks, "ctr": rates}) if h.kind == "landing_page_views_exceed_clicks"
    ]
    assert len(found) == int(changed_after)


def test_a_code_for_nothing_does_not_make_reloads_wrong() -> None:
    rng = np.random.default_rng(9)
    table = with_landings(rng)
    views = np.minimum(table["landing_page_views"], table["link_clicks"])
    reloads, code = (
        rng.choice(np.flatnonzero(table["link_clicks"] > 1), 33, replace=False)[:3],
        rng.integers(0, ROWS, 30),
    )
    views[reloads] = table["link_clicks"][reloads] + 1
    views[code] = 9_999
    (found,) = [h for h in alarms(table | {"landing_page_views": views}) if h.columns[1] == "link_clicks"]
    assert set(rows_where(table | {"landing_page_views": views}, found)) == set(code.tolist())


def test_landings_are_compared_with_all_clicks_too() -> None:
    rng = np.random.default_rng(4)
    table = with_landings(rng)
    rows = rng.choice(np.flatnonzero(table["clicks"] > 20), 60, replace=False)
    table["clicks"] = table["clicks"].copy()
    table["clicks"][rows] = table["landing_page_views"][rows] // 3
    found = [h for h in alarms(table) if h.kind == "landing_page_views_exceed_clicks"]
    assert [h.columns for h in found] == [("landing_page_views", "clicks")]
    assert set(rows_where(table, found[0])) == set(rows.tolist())


# --- what is legitimate ---


def view_through(rng: np.random.Generator) -> Columns:
    """Conversions after a view: a few in rows with few clicks."""
    table = export(rng, 5.5)
    here = (table["clicks"] <= 2) & (rng.random(ROWS) < 0.05)
    return table | {"conversions": table["conversions"] + np.where(here, rng.integers(1, 4, ROWS), 0)}


def view_through_platform(rng: np.random.Generator) -> Columns:
    """A fifth of the rows of one platform."""
    table = export(rng)
    views = rng.poisson(table["impressions"] * 0.008 * rng.gamma(2, 0.5, ROWS))
    return table | {"conversions": table["conversions"] + np.where(table["platform"] == "dv360", views, 0)}


def view_through_table(rng: np.random.Generator) -> Columns:
    table = export(rng)
    views = rng.poisson(table["impressions"] * 0.004 * rng.gamma(2, 0.5, ROWS))
    return table | {"conversions": table["conversions"] + views}


def several_conversions_a_click(rng: np.random.Generator) -> Columns:
    table = export(rng)
    every = rng.poisson(table["clicks"] * 0.9)
    return table | {"conversions": np.where(table["platform"] == "google", every, table["conversions"])}


def late_events(rng: np.random.Generator) -> Columns:
    """Clicks and conversions on days without delivery."""
    table = export(rng)
    idle = table["impressions"] == 0
    table["conversions"] = table["conversions"] + np.where(idle & (rng.random(ROWS) < 0.4), rng.integers(1, 4, ROWS), 0)
    table["clicks"] = table["clicks"] + np.where(idle & (rng.random(ROWS) < 0.15), rng.integers(1, 3, ROWS), 0)
    return table


def fractional_credit(rng: np.random.Generator) -> Columns:
    table = export(rng)
    credit = table["conversions"] * rng.uniform(0.5, 1, ROWS) + rng.poisson(0.02, ROWS) * rng.random(ROWS)
    return table | {"conversions": credit.round(2)}


def whole_money(rng: np.random.Generator) -> Columns:
    table = export(rng, 5)
    return table | {"spend": table["spend"].round()}


def untracked_channel(rng: np.random.Generator) -> Columns:
    """A channel that reports no impressions and no clicks, only what was paid and what came of it."""
    table = export(rng)
    silent = table["platform"] == "meta"
    return table | {name: np.where(silent, 0, table[name]) for name in ("impressions", "clicks")}


def no_carts_on_one_platform(rng: np.random.Generator) -> Columns:
    table = with_shop(rng)
    return table | {"add_to_cart": np.where(table["platform"] == "tiktok", 0, table["add_to_cart"])}


def missed_carts(rng: np.random.Generator) -> Columns:
    table = with_shop(rng)
    missed = (table["purchases"] > 0) & (rng.random(ROWS) < 0.02)
    return table | {"add_to_cart": np.where(missed, table["purchases"] - 1, table["add_to_cart"])}


def skipping_viewers(rng: np.random.Generator) -> Columns:
    """One network counts the end of videos that its quarters leave out."""
    table = with_video(rng)
    more = table["video_completions"] + rng.binomial(table["video_plays"], 0.1)
    ends = np.where(table["platform"] == "tiktok", more, table["video_completions"])
    return table | {"video_completions": np.minimum(ends, table["video_plays"])}


LEGITIMATE = [
    export, with_shop, with_video, with_landings, view_through, view_through_platform, view_through_table,
    several_conversions_a_click, late_events, fractional_credit, whole_money, untracked_channel,
    no_carts_on_one_platform, missed_carts, skipping_viewers,
]  # fmt: skip


@pytest.mark.parametrize("build", LEGITIMATE)
def test_what_is_legitimate_is_no_alarm(build: Callable[[np.random.Generator], Columns]) -> None:
    assert alarms(build(np.random.default_rng(5))) == []


def test_damage_is_found_beside_view_through_and_late_events() -> None:
    rng = np.random.default_rng(6)
    table = view_through(rng)
    rows = rng.choice(ROWS, 80, replace=False)
    exceed(rng, table, "conversions", "clicks", rows)
    (found,) = [h for h in alarms(table) if h.kind == "conversions_exceed_clicks"]
    reported = set(rows_where(table, found))
    assert reported >= set(rows.tolist())
    assert len(reported - set(rows.tolist())) <= 1
    assert "view" in found.reason


def test_missing_values_are_no_violations() -> None:
    table = export(np.random.default_rng(7))
    gone = np.random.default_rng(8).random(ROWS) < 0.1
    table["impressions"] = [None if g else int(v) for g, v in zip(gone, table["impressions"], strict=True)]
    assert alarms(table) == []


def test_strict_relations_are_tested_where_nothing_breaks_them() -> None:
    kinds = {h.kind for h in propose(context_of(export(np.random.default_rng(9))))}
    assert kinds >= {"clicks_exceed_impressions", "spend_with_zero_impressions", "conversions_exceed_clicks"}


def test_columns_that_are_not_what_their_names_say_are_no_alarm() -> None:
    rng = np.random.default_rng(10)
    table = export(rng)
    table["clicks"], table["impressions"] = table["impressions"], table["clicks"]
    assert [h for h in alarms(table) if h.kind == "clicks_exceed_impressions"] == []


def test_tables_without_such_columns_raise_nothing() -> None:
    rng = np.random.default_rng(11)
    table = {"пациент": rng.integers(0, 99, 500), "давление": rng.normal(120, 9, 500), "ward": ["a", "b"] * 250}
    assert propose(context_of(table)) == []


def test_single_reloads_are_left_out_beside_thin_damage() -> None:
    rng = np.random.default_rng(23)
    table = with_landings(rng)
    mostly_small = (table["link_clicks"] < 10) | (rng.random(ROWS) < 0.1)
    table = {name: np.asarray(values)[mostly_small] for name, values in table.items()}
    links = table["link_clicks"]
    bad = rng.permutation(np.flatnonzero(links >= 5))[:12]
    table["landing_page_views"][bad] = links[bad] * rng.integers(2, 4, 12) + 3
    (found,) = [
        h
        for h in propose(context_of(table))
        if h.kind == "landing_page_views_exceed_clicks" and "link_clicks" in h.columns
    ]
    assert set(rows_where(table, found)) == set(bad.tolist())


def test_a_rate_computed_before_tells_lost_clicks_from_views() -> None:
    rng = np.random.default_rng(8)
    table = export(rng)
    views = (rng.random(ROWS) < 0.05) & (table["clicks"] <= 2)
    table["conversions"] = np.where(views, table["clicks"] + 1, table["conversions"])
    table["ctr"] = np.round(table["clicks"] / np.maximum(table["impressions"], 1), 6)
    large = np.flatnonzero((table["conversions"] > 2) & ~views)
    rows = np.sort(rng.choice(large, 30, replace=False))
    table["clicks"] = table["clicks"].copy()
    table["clicks"][rows] = table["conversions"][rows] - rng.integers(1, 3, 30)
    (found,) = [h for h in propose(context_of(table)) if h.kind == "conversions_exceed_clicks"]
    assert list(rows_where(table, found)) == rows.tolist()


def told_apart(rng: np.random.Generator, *, also_views: bool) -> tuple[Columns, Any, Any]:
    """Conversions beside the purchases that they are, views of one event among them, and damage of two or more."""
    table = export(rng)
    views = np.flatnonzero((rng.random(ROWS) < 0.1) & (table["clicks"] == 0))
    clicked = table["conversions"].copy()
    table["conversions"][views] += 1
    table["purchases"] = (table["conversions"] if also_views else clicked).copy()
    rows = np.sort(rng.choice(np.setdiff1d(np.arange(ROWS), views), 60, replace=False))
    table["conversions"][rows] = np.ceil(table["clicks"][rows] * rng.uniform(1.2, 3, 60)) + 2
    few = rows[table["clicks"][rows] == 0]
    return table, rows, few


def test_a_count_that_agrees_with_no_counterpart_was_changed_however_small() -> None:
    table, rows, few = told_apart(np.random.default_rng(3), also_views=True)
    assert few.size >= 3
    (found,) = [h for h in propose(context_of(table)) if h.columns == ("conversions", "clicks")]
    assert set(rows_where(table, found)) == set(rows.tolist())


def test_a_counterpart_without_the_views_does_not_turn_them_into_damage() -> None:
    table, rows, _ = told_apart(np.random.default_rng(3), also_views=False)
    (found,) = [h for h in propose(context_of(table)) if h.columns == ("conversions", "clicks")]
    assert set(rows_where(table, found)) <= set(rows.tolist())
