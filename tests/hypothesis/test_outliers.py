from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from assay.hypothesis.outliers.propose import propose
from tests.builders import context_of, rows_where

Columns = dict[str, Any]


def _days(rng: np.random.Generator, n: int) -> list[dt.date]:
    return [dt.date(2024, 1, 1) + dt.timedelta(days=int(d)) for d in np.sort(rng.integers(0, 120, n))]


def _shop(rng: np.random.Generator, n: int) -> Columns:
    """Channels of very different price, campaigns of very different size, small counts, money in cents."""
    campaigns = n // 40 + 5
    campaign = rng.integers(0, campaigns, n)
    size = (rng.pareto(1.2, campaigns) + 0.3)[campaign] * 2_000
    shown = rng.poisson(size * rng.lognormal(0, 0.5, n))
    rate = np.exp(rng.normal(-4, 0.5, campaigns))[campaign] * rng.gamma(8, 1 / 8, n)
    clicks = rng.binomial(shown, np.minimum(rate, 0.5))
    channel = rng.choice(["suche", "anzeige", "video"], n, p=[0.6, 0.3, 0.1])
    price = np.select([channel == "suche", channel == "anzeige"], [0.002, 0.03], 0.4)
    cost = np.round(shown * price * rng.lognormal(0, 0.3, n), 2)
    return {
        "tag": _days(rng, n), "kampagne": [f"k{c}" for c in campaign], "kanal": channel.tolist(),
        "impressions": shown, "clicks": clicks, "spend": cost, "orders": rng.binomial(clicks, 0.03),
    }  # fmt: skip


def _sensors(rng: np.random.Generator, n: int) -> Columns:
    minute = np.arange(n)
    hour = (minute // 10) % 24
    temperature = 12 + 8 * np.sin(2 * np.pi * hour / 24) + rng.normal(0, 1, n)
    return {
        "zeitpunkt": [dt.datetime(2024, 1, 1) + dt.timedelta(minutes=6 * int(m)) for m in minute],
        "sensor": [f"s{m % 10}" for m in minute],
        "temperatur": temperature.round(1),
        "leistung": np.round(rng.gamma(2, 30, n) * np.where(hour > 8, 4, 1), 2),
        "spannung": rng.normal(230, 2, n).round(1),
    }


def _orders(rng: np.random.Generator, n: int) -> Columns:
    product = rng.zipf(1.5, n) % 300
    price = np.round(rng.lognormal(3, 1.1, 300), 2)[product]
    quantity = 1 + rng.poisson(0.6, n) + (rng.random(n) < 0.01) * rng.integers(5, 60, n)
    return {
        "data": _days(rng, n), "produto": [f"p{p}" for p in product], "preco": price, "quantidade": quantity,
        "total": np.round(price * quantity, 2), "frete": np.round(rng.gamma(2, 6, n), 2),
    }  # fmt: skip


def _requests(rng: np.random.Generator, n: int) -> Columns:
    kind = rng.choice(["html", "img", "video", "api"], n, p=[0.3, 0.42, 0.03, 0.25])
    level = np.select([kind == "html", kind == "img", kind == "video"], [9.5, 10.5, 15], 6.5)
    size = np.exp(level + rng.normal(0, 1.4, n)).astype(np.int64) + 1
    return {
        "kind": kind.tolist(), "status": rng.choice([200, 304, 404], n), "bytes": size,
        "duration_ms": np.round(np.exp(rng.normal(3, 0.8, n)) + size / 2e5 + rng.pareto(1.1, n), 1),
    }  # fmt: skip


def _salaries(rng: np.random.Generator, n: int) -> Columns:
    step = rng.choice(6, n, p=[0.35, 0.3, 0.2, 0.1, 0.04, 0.01])
    boss = np.where(step == 5, 1 + rng.pareto(1.2, n), 1.0)
    return {
        "Abteilung": rng.choice(["IT", "HR", "Lager"], n).tolist(), "Stufe": [f"L{s}" for s in step],
        "Gehalt": np.round(32_000 * 1.35**step * rng.lognormal(0, 0.18, n) * boss, -2),
        "Krankheitstage": rng.negative_binomial(0.5, 0.08, n), "Alter": rng.integers(19, 66, n),
    }  # fmt: skip


def _cities(rng: np.random.Generator, n: int) -> Columns:
    people = np.floor(500 * (1 + rng.pareto(1.05, n))).astype(np.int64)
    south = rng.random(n) < 0.2
    return {
        "город": [f"г{i}" for i in range(n)], "население": people,
        "площадь": np.round(people**0.6 * rng.lognormal(-3, 0.7, n), 2),
        "широта": np.where(south, rng.normal(-25, 6, n), rng.normal(45, 8, n)).round(4),
    }  # fmt: skip


def _account(rng: np.random.Generator, n: int) -> Columns:
    kind = rng.choice(["card", "salary", "rent"], n, p=[0.93, 0.04, 0.03])
    amount = np.select([kind == "card", kind == "salary"], [rng.lognormal(3, 1.1, n), rng.lognormal(8, 0.3, n)],
                       rng.lognormal(7, 0.3, n))  # fmt: skip
    return {
        "date": _days(rng, n), "kind": kind.tolist(), "amount": amount.round(2),
        "balance": (rng.normal(2_000, 1_500, n) * rng.lognormal(0, 0.8, n)).round(2),
    }  # fmt: skip


def _lone(rng: np.random.Generator, n: int) -> Columns:
    return {"lognormal": rng.lognormal(2, 2, n), "pareto": (1 + rng.pareto(1.2, n)).round(2)}


CLEAN = [_shop, _sensors, _orders, _requests, _salaries, _cities, _account, _lone]


def _found(data: Columns) -> dict[str, set[int]]:
    table = pa.table(data)
    return {h.columns[0]: set(rows_where(table, h)) for h in propose(context_of(table))}


def _hit(rng: np.random.Generator, values: NDArray[Any], share: float) -> NDArray[np.int64]:
    able = np.flatnonzero(values > 0)
    return rng.permutation(able)[: round(share * able.size)]


def _assert_exactly(found: dict[str, set[int]], column: str, rows: NDArray[np.int64]) -> None:
    assert set(found) == {column}
    right = len(found[column] & set(rows.tolist()))
    assert right >= 0.98 * rows.size
    assert right >= 0.98 * len(found[column])


@pytest.mark.parametrize("build", CLEAN)
@pytest.mark.parametrize("seed", [0, 1])
def test_clean_tables_have_no_outliers(build: Any, seed: int) -> None:
    assert _found(build(np.random.default_rng(seed), 5_000)) == {}


@pytest.mark.parametrize("column", ["impressions", "clicks", "spend"])
@pytest.mark.parametrize("share", [0.005, 0.4])
def test_metrics_far_above_what_related_ones_say_are_found_at_any_density(column: str, share: float) -> None:
    rng = np.random.default_rng(5)
    data = _shop(rng, 8_000)
    rows = _hit(rng, data[column], share)
    data[column] = data[column].copy()
    data[column][rows] = np.maximum(data[column][rows], 5) * np.exp(rng.uniform(np.log(50), np.log(1000), rows.size))
    _assert_exactly(_found(data), column, rows)


@pytest.mark.parametrize("share", [0.01, 0.4])
def test_one_absurd_constant_is_found(share: float) -> None:
    rng = np.random.default_rng(6)
    data = _shop(rng, 8_000)
    rows = _hit(rng, data["spend"], share)
    data["spend"][rows] = 1e9
    _assert_exactly(_found(data), "spend", rows)


def test_metrics_far_below_are_found_where_enough_was_expected() -> None:
    rng = np.random.default_rng(7)
    data = _shop(rng, 8_000)
    rows = _hit(rng, data["spend"] > 50, 0.05)
    data["spend"][rows] = np.round(data["spend"][rows] / 500, 2)
    _assert_exactly(_found(data), "spend", rows)


def test_a_column_without_relatives_is_judged_by_its_own_tail() -> None:
    rng = np.random.default_rng(8)
    data = _sensors(rng, 8_000)
    rows = _hit(rng, data["spannung"], 0.05)
    data["spannung"][rows] *= np.exp(rng.uniform(np.log(20), np.log(1000), rows.size))
    _assert_exactly(_found(data), "spannung", rows)


def test_signed_values_are_judged_around_their_centre() -> None:
    rng = np.random.default_rng(9)
    data = _sensors(rng, 8_000)
    data["temperatur"] = data["temperatur"] - 10
    rows = _hit(rng, data["temperatur"] > 5, 0.02)
    data["temperatur"][rows] *= 200
    _assert_exactly(_found(data), "temperatur", rows)


def test_a_big_day_of_all_metrics_is_no_outlier() -> None:
    rng = np.random.default_rng(10)
    data = _shop(rng, 8_000)
    big = np.isin(np.array(data["tag"]), data["tag"][4000])
    for column in ("impressions", "clicks", "orders"):
        data[column] = np.where(big, data[column] * 60, data[column])
    data["spend"] = np.where(big, (data["spend"] * 60).round(2), data["spend"])
    assert _found(data) == {}


def test_a_campaign_of_another_price_level_is_no_outlier() -> None:
    rng = np.random.default_rng(11)
    data = _shop(rng, 8_000)
    dear = np.array(data["kampagne"]) == "k7"
    data["spend"] = np.where(dear, data["spend"] * 300, data["spend"]).round(2)
    assert _found(data) == {}


def test_rows_whose_related_metric_is_missing_or_zero_are_not_blamed() -> None:
    rng = np.random.default_rng(12)
    data = _shop(rng, 8_000)
    data["impressions"] = data["impressions"].copy()
    data["impressions"][_hit(rng, data["spend"], 0.2)] = 0
    clicks = pa.array(data["clicks"], mask=rng.random(8_000) < 0.2)
    assert _found({**data, "clicks": clicks}) == {}


def test_the_predicate_is_a_comparison_that_is_unknown_on_nulls() -> None:
    rng = np.random.default_rng(13)
    data = _shop(rng, 5_000)
    rows = _hit(rng, data["spend"], 0.02)
    data["spend"][rows] *= 5_000
    (hypothesis,) = propose(context_of(pa.table(data)))
    assert hypothesis.kind == "outliers"
    assert hypothesis.evidence["median_factor"] > 1_000
    for dialect in ("duckdb", "bigquery", "postgres"):
        assert "spend" in hypothesis.test.predicate.sql(dialect)  # type: ignore[union-attr]


def test_many_values_far_below_at_random_are_found() -> None:
    rng = np.random.default_rng(14)
    data = _shop(rng, 8_000)
    rows = _hit(rng, data["spend"] > 20, 0.3)
    data["spend"][rows] = np.round(data["spend"][rows] / 100, 2)
    found = _found(data)
    assert set(found) == {"spend"}
    right = len(found["spend"] & set(rows.tolist()))
    assert right >= 0.9 * rows.size
    assert right >= 0.98 * len(found["spend"])


def test_prices_from_a_list_are_no_outliers() -> None:
    rng = np.random.default_rng(15)
    price = rng.choice([4.99, 9.99, 19.99, 999.0], 6_000, p=[0.5, 0.3, 0.15, 0.05])
    assert _found({"preis": price, "menge": 1 + rng.poisson(0.5, 6_000)}) == {}


def test_a_large_order_with_many_pieces_is_no_outlier() -> None:
    rng = np.random.default_rng(16)
    price = np.round(rng.lognormal(2, 0.3, 6_000), 2)
    pieces = np.where(rng.random(6_000) < 0.02, rng.integers(100, 900, 6_000), 1 + rng.poisson(1, 6_000))
    assert _found({"preis": price, "stueck": pieces, "betrag": np.round(price * pieces, 2)}) == {}


def test_of_rows_that_no_relative_can_judge_only_those_above_all_sound_ones_are_suspect() -> None:
    rng = np.random.default_rng(17)
    table = _shop(rng, 5_000)
    unjudged = rng.choice(5_000, 100, replace=False)
    table["spend"] = np.where(np.isin(np.arange(5_000), unjudged), 0.0, table["spend"])
    bad = np.concatenate([_hit(rng, table["impressions"], 0.02), unjudged[:10]])
    table["impressions"][bad] = table["impressions"].max() * rng.integers(3, 20, bad.size)
    _assert_exactly(_found(table), "impressions", np.unique(bad))


def test_large_rows_whose_rates_still_agree_are_none() -> None:
    rng = np.random.default_rng(12)
    data = _shop(rng, 8_000)
    rate = np.round(data["spend"] / np.maximum(data["clicks"], 1), 4)
    data["cpc"] = np.where(data["clicks"] > 0, rate, np.nan)
    rows = _hit(rng, (data["spend"] > 1) & (data["clicks"] > 0), 0.01)
    data["spend"][rows] = data["spend"].max() * rng.uniform(2, 20, rows.size)
    dear = np.setdiff1d(_hit(rng, data["clicks"] > 20, 0.005), rows)
    data["spend"][dear] *= 300
    data["cpc"][dear] = np.round(data["spend"][dear] / data["clicks"][dear], 4)
    _assert_exactly({"spend": _found(data)["spend"]}, "spend", rows)


def test_a_group_of_which_most_is_damaged_does_not_hide_it() -> None:
    rng = np.random.default_rng(13)
    data = _shop(rng, 8_000)
    large = np.flatnonzero(data["spend"] >= np.median(data["spend"]))
    rows = large[rng.random(large.size) < 0.6]
    data["spend"][rows] *= np.exp(rng.uniform(np.log(20), np.log(1000), rows.size))
    _assert_exactly(_found(data), "spend", rows)


def test_a_measurement_of_a_narrow_range_is_far_off_by_less_than_a_factor() -> None:
    rng = np.random.default_rng(8)
    columns = _sensors(rng, 4_000)
    humidity = np.round(60 - 1.5 * (columns["temperatur"] - 12) + rng.normal(0, 3, 4_000), 1)
    bad = rng.choice(4_000, 60, replace=False)
    humidity[bad] = np.round(rng.uniform(150, 300, 60), 1)
    table = pa.table({**columns, "humidity": humidity})
    (claim,) = [h for h in propose(context_of(table)) if "humidity" in h.columns]
    found = set(rows_where(table, claim))
    assert found <= set(bad.tolist())
    assert len(found) > 55


def test_values_far_off_are_found_in_a_column_that_is_nearly_always_zero() -> None:
    rng = np.random.default_rng(21)
    data = _shop(rng, 4_000)
    data["refunds"] = rng.binomial(data["orders"], 0.003)
    some = np.flatnonzero(data["refunds"] > 0)
    assert 50 < some.size < 100
    assert not _found(data)
    rows = rng.choice(some, 10, replace=False)
    data["refunds"][rows] = rng.integers(1_400, 9_000, 10)
    _assert_exactly(_found(data), "refunds", rows)


def test_a_third_of_the_amounts_replaced_by_large_ones_does_not_hide_what_they_follow() -> None:
    rng = np.random.default_rng(22)
    data = _shop(rng, 6_000)
    orders = data["orders"]
    data["revenue"] = np.round(orders * 40 * rng.lognormal(0, 0.3, orders.size), 2)
    large = np.quantile(data["revenue"][orders > 0], [0.97, 0.998])
    small = (orders > 0) & (data["revenue"] <= np.quantile(data["revenue"][orders > 0], 0.4))
    rows = _hit(rng, small, 0.9)
    data["revenue"][rows] = np.round(rng.uniform(*large, rows.size), 2)
    _assert_exactly(_found(data), "revenue", rows)


def test_a_metric_that_is_one_column_here_and_another_there_has_no_outliers() -> None:
    rng = np.random.default_rng(23)
    data = _shop(rng, 3_000)
    data["results"] = np.where(rng.random(3_000) < 0.7, data["clicks"], data["orders"])
    assert "results" not in _found(data)


def test_a_campaign_of_few_rows_with_a_level_of_its_own_is_no_outlier() -> None:
    rng = np.random.default_rng(29)
    data = _shop(rng, 320)
    few = np.arange(320) % 15 == 3
    data["kampagne"] = np.where(few, "k99", np.array(data["kampagne"])).tolist()
    data["spend"] = np.where(few, data["spend"] * rng.choice([2, 60], 320, p=[0.3, 0.7]), data["spend"]).round(2)
    assert 12 < few.sum() < 25
    assert _found(data) == {}
