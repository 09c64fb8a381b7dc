"""Orders between columns: found where the data show a boundary, silent where an order only happens to hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from assay.hypothesis.hypothesis import Hypothesis
from assay.hypothesis.orders.propose import propose
from tests.builders import context_of, rows_where

ROWS = 4_000


def claims(data: dict[str, Any] | pa.Table) -> dict[str, Hypothesis]:
    table = data if isinstance(data, pa.Table) else pa.table(data)
    return {h.evidence["order"]: h for h in propose(context_of(table)) if "order" in h.evidence}


def notes(data: dict[str, Any]) -> dict[str, Hypothesis]:
    return {h.evidence["implication"]: h for h in propose(context_of(data)) if "implication" in h.evidence}


def dates(days: Any) -> pa.Array:
    return pa.array(np.asarray(days).astype("int32")).cast(pa.date32())


def stays(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    admitted = rng.integers(18_000, 18_900, ROWS)
    return admitted, admitted + rng.geometric(0.3, ROWS) - 1


def deliveries(seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    ordered = 1 + rng.poisson(8, ROWS)
    return {"bestellt": ordered, "geliefert": rng.binomial(ordered, 0.9), "Lager": rng.poisson(300, ROWS)}


def latencies(seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    p50 = np.exp(rng.normal(4, 0.6, ROWS))
    p90 = p50 * (1 + rng.gamma(1.0, 0.7, ROWS))
    return {"p50": np.round(p50, 1), "p90": np.round(p90, 1), "p99": np.round(p90 * (1 + rng.gamma(1, 0.7, ROWS)), 1)}


def test_dates_in_order_are_found() -> None:
    admitted, left = stays()
    assert set(claims({"admissão": dates(admitted), "alta": dates(left)})) == {"admissão <= alta"}


def test_counts_of_a_part_are_found() -> None:
    assert set(claims(deliveries())) == {"geliefert <= bestellt"}


def test_of_a_chain_only_the_steps_are_reported() -> None:
    assert set(claims(latencies())) == {"p50 <= p90", "p90 <= p99"}


@pytest.mark.parametrize("share", [0.005, 0.1])
def test_rows_with_swapped_dates_break_the_order(share: float) -> None:
    admitted, left = stays()
    rng = np.random.default_rng(1)
    swapped = np.flatnonzero((left - admitted > 2) & (rng.random(ROWS) < 3 * share))[: int(share * ROWS)]
    admitted[swapped], left[swapped] = left[swapped].copy(), admitted[swapped].copy()
    table = pa.table({"admissão": dates(admitted), "alta": dates(left)})
    hypothesis = claims(table)["admissão <= alta"]
    assert rows_where(table, hypothesis) == swapped.tolist()


@pytest.mark.parametrize("share", [0.005, 0.1])
def test_values_far_above_break_the_order(share: float) -> None:
    data = latencies()
    bad = np.arange(int(share * ROWS))
    data["p50"][bad] = np.round(data["p50"][bad] * 40, 1)
    table = pa.table(data)
    assert rows_where(table, claims(table)["p50 <= p90"]) == bad.tolist()


def test_scales_that_do_not_overlap_show_no_order() -> None:
    rng = np.random.default_rng(2)
    assert claims({"devices": 1 + rng.poisson(3, ROWS), "requests": rng.poisson(90_000, ROWS)}) == {}


def test_independent_and_correlated_columns_show_no_order() -> None:
    rng = np.random.default_rng(3)
    size = np.exp(rng.normal(3, 1, ROWS))
    data = {f"m{i}": np.round(size * np.exp(rng.normal(-0.5 * i, 0.3, ROWS)), 2) for i in range(6)}
    data |= {f"n{i}": rng.poisson(size * np.exp(-0.7 * i)) for i in range(5)}
    assert claims(data) == {}


def test_a_ratio_that_stays_well_below_one_is_no_boundary() -> None:
    rng = np.random.default_rng(4)
    views = rng.poisson(np.exp(rng.normal(7, 1, ROWS)))
    assert claims({"views": views, "likes": rng.binomial(views, 0.1)}) == {}


def test_a_few_rows_just_beyond_are_looseness() -> None:
    rng = np.random.default_rng(5)
    taps = rng.poisson(np.exp(rng.normal(2.5, 1, ROWS)))
    opens = rng.binomial(taps, 0.85)
    again = (rng.random(ROWS) < 0.01) & (taps > 0)
    assert claims({"taps": taps, "opens": np.where(again, taps + 1, opens)}) == {}


def test_funnels_of_separate_trackers_show_no_order() -> None:
    rng = np.random.default_rng(6)
    carts = rng.poisson(np.exp(rng.normal(2, 1, ROWS)))
    assert claims({"carts": carts, "sales": rng.poisson(0.6 * carts + 0.05)}) == {}


def test_relations_of_the_pack_are_left_to_it() -> None:
    rng = np.random.default_rng(7)
    impressions = rng.poisson(np.exp(rng.normal(3, 1, ROWS)))
    table = pa.table({"Impressions": impressions, "Clicks": rng.binomial(impressions, 0.7)})
    assert claims(table) == {}


def test_small_constant_and_empty_tables_raise_nothing() -> None:
    assert claims({"a": [1, 2, 3], "b": [2, 3, 4]}) == {}
    assert claims({"a": [1, 1, 1, 1], "b": [2, 2, 2, 2]}) == {}
    assert claims({"a": pa.array([], pa.int64()), "b": pa.array([], pa.int64())}) == {}


def test_a_quantity_that_lacks_its_cause_in_a_few_rows_is_a_note() -> None:
    rng = np.random.default_rng(8)
    returns = (rng.random(ROWS) < 0.3) * (1 + rng.poisson(0.4, ROWS))
    refunds = np.round(returns * np.exp(rng.normal(3, 0.5, ROWS)), 2)
    lost = np.flatnonzero(returns)[:8]
    refunds[lost] = 0
    data = {"returns": returns, "refunds": refunds, "visits": rng.poisson(2, ROWS)}
    found = notes(data)
    assert set(found) == {"returns > 0 implies refunds > 0"}
    hypothesis = found["returns > 0 implies refunds > 0"]
    assert hypothesis.confidence < 0.5
    assert rows_where(pa.table(data), hypothesis) == lost.tolist()


def test_quantities_that_are_often_alone_are_no_note() -> None:
    rng = np.random.default_rng(9)
    assert (
        notes({"calls": rng.poisson(1, ROWS), "orders": rng.poisson(0.7, ROWS), "claims": rng.poisson(0.2, ROWS)}) == {}
    )


def test_what_the_pack_calls_unordered_is_no_order() -> None:
    rng = np.random.default_rng(21)
    watched = 1 + rng.poisson(8, ROWS)
    ended = rng.binomial(watched, 0.9)
    swapped = rng.random(ROWS) < 0.01
    parts = {"a": np.where(swapped, 3 * watched, ended), "b": watched, "impressions": 40 + rng.poisson(300, ROWS)}
    assert "a <= b" in claims(parts)
    names = {"a": "video_views_p100", "b": "video_watched_6s", "impressions": "impressions"}
    assert "video_views_p100 <= video_watched_6s" not in claims({names[k]: v for k, v in parts.items()})
    names["b"] = "video_watched_quietly"
    assert "video_views_p100 <= video_watched_quietly" in claims({names[k]: v for k, v in parts.items()})


@pytest.mark.parametrize(("low", "high"), [("shipped_at", "delivered_at"), ("Aufnahmedatum", "Entlassungsdatum")])
def test_names_of_dates_give_an_order_that_their_distances_do_not(low: str, high: str) -> None:
    rng = np.random.default_rng(3)
    begin = np.datetime64("2024-01-01") + rng.integers(0, 300, ROWS)
    end = begin + 2 + rng.poisson(4, ROWS)
    bad = rng.choice(ROWS, 60, replace=False)
    end[bad] = begin[bad] - rng.integers(1, 20, len(bad))
    table = pa.table({low: begin, high: end, "weight": rng.gamma(2, 3, ROWS)})
    (claim,) = propose(context_of(table))
    assert claim.columns == (low, high)
    assert set(rows_where(table, claim)) == set(bad.tolist())


def test_dates_that_are_planned_or_due_need_not_be_kept() -> None:
    rng = np.random.default_rng(4)
    shipped = np.datetime64("2024-01-01") + rng.integers(0, 300, ROWS)
    table = pa.table({"shipped": shipped, "due_date": shipped + rng.integers(-2, 20, ROWS),
                      "planned_delivery": shipped + rng.integers(-2, 30, ROWS)})  # fmt: skip
    assert propose(context_of(table)) == []
