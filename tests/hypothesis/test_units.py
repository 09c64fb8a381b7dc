"""Changes of unit are found with exactly their rows; natural differences of level are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from assay.hypothesis.hypothesis import Hypothesis, RowTest
from assay.hypothesis.units.propose import propose
from tests.builders import context_of, rows_where
from tests.hypothesis.panels import Columns, ads, changed, day

Bools = np.ndarray[Any, Any]


def sure(columns: Columns, **options: Any) -> list[Hypothesis]:
    return [h for h in propose(context_of(columns, **options)) if h.confidence >= 0.5]


def found(columns: Columns, **options: Any) -> tuple[Hypothesis, set[int]]:
    raised = sure(columns, **options)
    assert [h.kind for h in raised] == ["unit_change"]
    return raised[0], set(rows_where(columns, raised[0]))


def rows(where: Bools) -> set[int]:
    return set(np.flatnonzero(where).tolist())


@pytest.mark.parametrize("seed", range(3))
def test_clean_table_is_silent(seed: int) -> None:
    assert sure(ads(seed=seed)) == []


@pytest.mark.parametrize("factor", [100, 1000, 1_000_000, 0.01])
def test_one_campaign_is_always_in_another_unit(factor: float) -> None:
    clean = ads(campaigns=36)
    bad = clean["campaign_id"] == "c004"
    hypothesis, reported = found(changed(clean, "spend", bad, clean["spend"] * factor))
    assert hypothesis.columns[:2] == ("spend", "campaign_id")
    assert reported == rows(bad & (clean["spend"] > 0))


@pytest.mark.parametrize("factor", [10, 100, 1_000_000])
def test_one_campaign_changes_unit_at_a_date(factor: float) -> None:
    clean = ads()
    bad = (clean["campaign_id"] == "c005") & (clean["date"] >= day(60))
    hypothesis, reported = found(changed(clean, "spend", bad, clean["spend"] * factor))
    assert hypothesis.cells == ("spend",)
    assert hypothesis.evidence["from"] == day(60).isoformat()
    assert reported == rows(bad)


@pytest.mark.parametrize(("first", "last"), [(60, 99), (40, 44), (97, 99)])
def test_the_whole_table_is_in_another_unit_for_some_days(first: int, last: int) -> None:
    clean = ads()
    bad = (clean["date"] >= day(first)) & (clean["date"] <= day(last))
    hypothesis, reported = found(changed(clean, "spend", bad, clean["spend"] * 1000))
    assert "campaign_id" not in hypothesis.columns
    assert reported == rows(bad)


def test_two_fifths_of_the_campaigns_report_micros() -> None:
    clean = ads(campaigns=30)
    bad = np.isin(clean["campaign_id"], [f"c{i:03d}" for i in range(0, 24, 2)])
    _, reported = found(changed(clean, "spend", bad, clean["spend"] * 1e6))
    assert reported == rows(bad)


def test_the_metric_that_changed_is_named_and_not_its_partner() -> None:
    clean = ads()
    bad = (clean["campaign_id"] == "c005") & (clean["date"] >= day(30))
    hypothesis, reported = found(changed(clean, "impressions", bad, clean["impressions"] * 1000))
    assert hypothesis.columns[0] == "impressions"
    assert reported == rows(bad)


def test_boundary_day_is_right_where_only_a_sample_was_seen() -> None:
    clean = ads(days=120)
    bad = (clean["campaign_id"] == "c005") & (clean["date"] >= day(61))
    hypothesis, reported = found(changed(clean, "spend", bad, clean["spend"] * 100), sample_rows=2000)
    assert reported == rows(bad)
    assert isinstance(hypothesis.test, RowTest)
    for dialect in ("duckdb", "bigquery", "postgres"):
        assert "spend" in hypothesis.test.predicate.sql(dialect=dialect)


def test_a_computed_rate_is_no_second_finding() -> None:
    clean = ads()
    bad = (clean["campaign_id"] == "c005") & (clean["date"] >= day(60))
    dirty = changed(clean, "spend", bad, clean["spend"] * 1000)
    dirty["cpm"] = np.round(1000 * dirty["spend"] / np.maximum(dirty["impressions"], 1), 4)
    hypothesis, _ = found(dirty)
    assert hypothesis.columns[0] == "spend"


def test_a_station_that_switches_from_hectopascal_to_pascal() -> None:
    rng = np.random.default_rng(1)
    when, station = np.repeat(np.arange(90), 8), np.tile(np.arange(8), 90)
    bad = (station == 3) & (when >= 50)
    pressure = np.round(rng.normal(1013, 6, len(when)) * np.where(bad, 100, 1), 1)
    table = {
        "Messtag": [day(w) for w in when],
        "Station": [f"S{s}" for s in station],
        "Luftdruck": pressure,
        "Feuchte": np.round(rng.uniform(20, 95, len(when)), 1),
    }
    hypothesis, reported = found(table)
    assert hypothesis.columns[0] == "Luftdruck"
    assert reported == rows(bad)


def test_currencies_have_their_own_levels() -> None:
    clean = ads(campaigns=30)
    number = np.array([int(c[1:]) for c in clean["campaign_id"]])
    clean["waehrung"] = np.array(["USD", "EUR", "JPY"])[number % 7 % 3]
    clean["spend"] = clean["spend"] * np.where(clean["waehrung"] == "JPY", 100, 1)
    assert sure(clean) == []


def test_products_differ_in_price_by_decades() -> None:
    rng = np.random.default_rng(2)
    price = np.exp(rng.normal(3, 2.5, 60))
    product, when = rng.integers(0, 60, 8000), np.sort(rng.integers(0, 200, 8000))
    count = rng.integers(1, 6, 8000)
    table = {
        "data_pedido": [day(w) for w in when],
        "produto": [f"Produto {p}" for p in product],
        "quantidade": count,
        "valor": np.round(price[product] * count * rng.normal(1, 0.03, 8000), 2),
    }
    assert sure(table) == []


def test_one_way_to_pay_is_a_million_times_the_others_that_are_alike() -> None:
    rng = np.random.default_rng(4)
    paid = rng.choice(["cash", "card", "invoice", "voucher"], 3_000)
    price, pieces = np.round(rng.lognormal(2.2, 0.9, 3_000), 2), rng.geometric(0.4, 3_000)
    bad = paid == "voucher"
    table = {"paid_by": paid, "price": np.where(bad, 1e6 * price, price), "pieces": pieces, "sales": price * pieces}
    assert found(table)[1] == rows(bad)


def test_campaigns_that_replace_each_other_are_no_change_of_unit() -> None:
    clean = ads(campaigns=30)
    number = np.array([int(c[1:]) for c in clean["campaign_id"]])
    early = clean["date"] < day(50)
    clean["spend"] = np.round(clean["spend"] * np.where(number % 2 == 0, 1, 10), 2)
    keep = np.where(number % 2 == 0, early, ~early)
    assert sure({name: values[keep] for name, values in clean.items()}) == []


def test_tables_without_dates_or_metrics_are_silent() -> None:
    assert sure({"name": [f"n{i}" for i in range(100)], "city": ["a", "b"] * 50}) == []
    assert sure({"amount": np.exp(np.random.default_rng(0).normal(3, 1, 500))}) == []


def test_a_placeholder_in_some_days_is_no_unit() -> None:
    clean = ads()
    bad = (clean["campaign_id"] == "c005") & (clean["date"] >= day(60))
    level = float(np.median(clean["spend"][clean["campaign_id"] == "c005"]))
    assert sure(changed(clean, "spend", bad, np.full(len(bad), round(1000 * level)))) == []


def test_amounts_of_money_that_change_together_are_told_by_what_is_no_money() -> None:
    clean = ads(campaigns=24)
    late = clean["date"] >= np.sort(np.unique(clean["date"]))[-20]
    money = {"fee": np.round(clean["spend"] * 0.12, 2), "billed": np.round(clean["spend"] * 1.12, 2)}
    assert sure(clean | money) == []
    both = {n: np.where(late, 1000 * v, v) for n, v in (money | {"spend": clean["spend"]}).items()}
    raised, bad = found(clean | both)
    assert set(raised.cells) == {"spend", "fee", "billed"}
    assert bad == rows(late & (clean["spend"] > 0))
