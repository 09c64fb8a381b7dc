"""Values outside the range that a column's meaning allows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from assay.hypothesis.hypothesis import Hypothesis
from assay.hypothesis.ranges import propose
from tests.builders import context_of, judge, rows_where

ROWS = 3_000
Columns = dict[str, Any]


def ads() -> Columns:
    rng = np.random.default_rng(0)
    impressions = rng.poisson(np.where(rng.random(ROWS) < 0.05, 0, rng.lognormal(6, 1, ROWS)))
    clicks = rng.binomial(impressions, 0.03)
    return {
        "campaign_id": [f"c{i % 30}" for i in range(ROWS)],
        "impressions": impressions,
        "clicks": clicks,
        "spend": np.round(impressions * 0.005 * rng.gamma(5, 0.2, ROWS), 2),
        "ctr": clicks / np.maximum(impressions, 1),
        "conversions": np.round(rng.binomial(clicks, 0.1) * rng.choice([1, 0.73], ROWS), 4),
    }


def shop() -> Columns:
    """Orders with refunds that a type announces, and a profit."""
    rng = np.random.default_rng(1)
    kind = rng.choice(["sale", "refund"], ROWS, p=[0.92, 0.08])
    amount = np.round(rng.lognormal(3, 0.6, ROWS), 2)
    return {
        "Bestellnummer": [f"B{i}" for i in range(ROWS)],
        "type": list(map(str, kind)),
        "amount": np.where(kind == "refund", -amount, amount),
        "margem": np.round(amount * rng.normal(0.1, 0.2, ROWS), 2),
        "items": rng.poisson(2, ROWS) + 1,
    }


def sensors() -> Columns:
    rng = np.random.default_rng(2)
    return {
        "датчик": [f"s{i % 9}" for i in range(ROWS)],
        "outdoor": np.round(rng.normal(6, 7, ROWS), 1),
        "drift": rng.normal(0, 1, ROWS),
        "pressure": rng.normal(1010, 8, ROWS),
        "zscore": rng.normal(0, 1, ROWS),
        "elevation_change": rng.integers(-30, 40, ROWS),
    }


def findings(columns: Columns) -> list[Hypothesis]:
    raised = [h for h in propose(context_of(columns)) if h.confidence >= 0.5]
    return [j.hypothesis for j in judge(columns, raised) if j.rows]


@pytest.mark.parametrize("build", [ads, shop, sensors])
def test_clean_tables_are_silent(build: Any) -> None:
    assert findings(build()) == []


@pytest.mark.parametrize("share", [0.001, 0.005, 0.1, 0.4])
@pytest.mark.parametrize(
    ("build", "name"),
    [(ads, "impressions"), (ads, "clicks"), (ads, "spend"), (shop, "items"), (sensors, "pressure")],
)
def test_flipped_signs_are_found(build: Any, name: str, share: float) -> None:
    columns = build()
    if name == "pressure" and share < 0.005:
        return
    values = np.array(columns[name])
    bad = (np.random.default_rng(3).random(ROWS) < share) & (values > 0)
    columns[name] = np.where(bad, -values, values)
    (finding,) = findings(columns)
    assert (finding.kind, finding.columns) == ("negative_metric", (name,))
    assert rows_where(columns, finding) == np.flatnonzero(bad).tolist()


def test_a_count_whose_zeros_are_blank_may_have_most_numbers_turned() -> None:
    columns = ads()
    won = np.random.default_rng(5).poisson(np.array(columns["clicks"]) * 0.1).astype(float)
    won[won == 0] = np.nan
    bad = (np.random.default_rng(3).random(ROWS) < 0.8) & (won > 0)
    columns["Purchases"] = np.where(bad, -won, won)
    (finding,) = [h for h in findings(columns) if h.kind == "negative_metric"]
    assert finding.columns == ("Purchases",)
    assert rows_where(columns, finding) == np.flatnonzero(bad).tolist()


def test_a_table_of_changes_is_signed_whatever_its_columns_are_called() -> None:
    rng = np.random.default_rng(6)
    change = {name: rng.poisson(50, ROWS) - rng.poisson(54, ROWS) for name in ("impressions", "clicks", "Purchases")}
    columns = {**ads(), **change}
    assert not [h for h in findings(columns) if h.evidence["share_in_sample"] > 0.5]


def earning(sign: float = -1.0) -> Columns:
    """Purchases in a part of the rows, and what they are worth where there are any."""
    columns = ads()
    bought = np.random.default_rng(7).poisson(np.array(columns["clicks"]) * 0.05).astype(float)
    worth = sign * np.round(bought * np.random.default_rng(8).gamma(9, 4, ROWS), 2)
    return {**columns, "purchases": bought, "purchase_value": np.where(bought > 0, worth, np.nan)}


def test_what_delivery_earns_is_wrong_where_all_of_it_is_negative() -> None:
    (finding,) = findings(earning())
    assert (finding.kind, finding.columns) == ("negative_metric", ("purchase_value",))


def test_costs_may_be_written_with_a_minus_throughout() -> None:
    columns = earning(1.0)
    assert findings({**columns, "spend": -np.array(columns["spend"])}) == []


def test_books_that_turn_several_amounts_are_no_error() -> None:
    columns = earning()
    assert findings({**columns, "spend": -np.array(columns["spend"])}) == []


def test_turned_amounts_of_a_ledger_are_no_error() -> None:
    rng = np.random.default_rng(9)
    booked = np.round(rng.lognormal(4, 1, ROWS), 2)
    accounts = [f"a{i % 40}" for i in range(ROWS)]
    assert findings({"account": accounts, "total_revenue": -booked, "cost": booked / 2}) == []


def test_minus_one_for_nothing_is_left_to_missing_values() -> None:
    columns = ads()
    values = np.array(columns["impressions"])
    values[::20] = -1
    assert findings({**columns, "impressions": values}) == []


def test_refunds_without_a_type_are_no_strict_error() -> None:
    rng = np.random.default_rng(4)
    balance = np.round(rng.normal(200, 400, ROWS), 2)
    assert findings({**shop(), "balance": balance, "profit": np.round(rng.normal(5, 20, ROWS), 2)}) == []


def test_a_click_rate_above_one() -> None:
    columns = ads()
    columns["ctr"] = np.array(columns["ctr"])
    columns["ctr"][::50] = 1.7
    (finding,) = findings(columns)
    assert (finding.kind, finding.columns) == ("relation_violation", ("ctr",))


def test_a_click_rate_in_per_cent_is_no_error() -> None:
    columns = ads()
    assert findings({**columns, "ctr": 100 * np.array(columns["ctr"])}) == []


def test_fractions_of_impressions() -> None:
    columns = ads()
    values = np.array(columns["impressions"], dtype=float)
    values[::30] += 0.37
    (finding,) = findings({**columns, "impressions": values})
    assert (finding.kind, finding.columns) == ("malformed_values", ("impressions",))


@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_infinity(value: float) -> None:
    columns = ads()
    columns["spend"] = np.array(columns["spend"])
    columns["spend"][::40] = value
    found = [h for h in findings(columns) if h.kind == "malformed_values"]
    assert [h.columns for h in found] == [("spend",)]
    assert rows_where(columns, found[0]) == list(range(0, ROWS, 40))
