"""Sums, products, ratios and copies: found with their scale and rounding, and silent where they only nearly hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import sqlglot

from assay.hypothesis.hypothesis import Hypothesis, RowTest
from assay.hypothesis.identities.propose import propose
from tests.builders import context_of, rows_where

ROWS = 3_000


def claims(table: pa.Table) -> dict[str, Hypothesis]:
    return {h.evidence["identity"]: h for h in propose(context_of(table))}


def involving(found: dict[str, Hypothesis], *columns: str) -> Hypothesis:
    return next(h for h in found.values() if set(h.columns) == set(columns))


def orders(rows: int = ROWS, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    quantity = 1 + rng.poisson(2, rows)
    price = np.round(np.exp(rng.normal(3, 1, rows)), 2)
    shipping = np.round(rng.uniform(2, 20, rows), 2)
    subtotal = np.round(quantity * price, 2)
    return {
        "Menge": quantity,
        "Einzelpreis": price,
        "Zwischensumme": subtotal,
        "Versandkosten": shipping,
        "Gesamt": np.round(subtotal + shipping, 2),
        "Gewicht": np.round(rng.gamma(3, 2, rows), 1),
    }


def servers(rows: int = ROWS, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    good = rng.poisson(400, rows)
    denied, failed = rng.poisson(30, rows), rng.poisson(9, rows)
    total = good + denied + failed
    size = np.rint(total * np.exp(rng.normal(9, 0.5, rows))).astype(int)
    return {
        "ok": good,
        "denied": denied,
        "failed": failed,
        "requests": total,
        "bytes": size,
        "kilobytes_per_request": np.round(size / 1000 / total, 2),
        "failed_percent": np.round(100 * failed / total, 1),
        "uptime_seconds": rng.integers(1, 90_000, rows),
    }


def test_products_and_sums_are_found_with_no_row_that_breaks_them() -> None:
    data = orders()
    found = claims(pa.table(data))
    assert {frozenset(h.columns) for h in found.values()} == {
        frozenset({"Zwischensumme", "Menge", "Einzelpreis"}),
        frozenset({"Gesamt", "Zwischensumme", "Versandkosten"}),
    }
    assert all(rows_where(pa.table(data), h) == [] for h in found.values())


def test_scale_rounding_and_three_terms_are_inferred() -> None:
    found = claims(pa.table(servers()))
    assert set(found) == {
        "requests = ok + denied + failed",
        "kilobytes_per_request = 0.001 * bytes / requests",
        "failed_percent = 100 * failed / requests",
    }
    assert found["failed_percent = 100 * failed / requests"].evidence["half_unit_of_result"] == pytest.approx(0.05)


@pytest.mark.parametrize("share", [0.005, 0.4])
@pytest.mark.parametrize("column", ["Menge", "Einzelpreis", "Zwischensumme"])
def test_exactly_the_damaged_rows_break_the_identity(column: str, share: float) -> None:
    data, rng = orders(), np.random.default_rng(1)
    damaged = np.sort(rng.choice(ROWS, int(share * ROWS), replace=False))
    values = data[column].copy()
    values[damaged] = np.round(values[damaged] * rng.choice([3, 7, 20], damaged.size), 2)
    data[column] = values
    table = pa.table(data)
    hypothesis = involving(claims(table), "Menge", "Einzelpreis", "Zwischensumme")
    assert rows_where(table, hypothesis) == damaged.tolist()


def test_the_column_that_all_broken_identities_share_is_named_first() -> None:
    data = servers()
    values = data["requests"].copy()
    values[:300] *= 4
    data["requests"] = values
    found = claims(pa.table(data))
    assert len(found) == 3
    assert {h.columns[0] for h in found.values()} == {"requests"}
    assert {h.cells for h in found.values()} == {("requests",)}


def test_a_column_that_another_identity_clears_is_not_blamed() -> None:
    data = servers()
    values = data["failed_percent"].copy()
    values[:300] = np.round(values[:300] * 5, 1)
    data["failed_percent"] = values
    found = claims(pa.table(data))
    assert found["failed_percent = 100 * failed / requests"].cells == ("failed_percent",)


def test_equal_columns_and_unit_copies_are_found() -> None:
    rng = np.random.default_rng(2)
    seconds = rng.integers(10, 90_000, ROWS)
    table = pa.table(
        {
            "segundos": seconds,
            "duração": seconds,
            "horas": np.round(seconds / 3600, 3),
            "idade": rng.integers(0, 99, ROWS),
        }
    )
    pairs = {frozenset(h.columns) for h in claims(table).values()}
    assert frozenset({"segundos", "duração"}) in pairs
    assert len(pairs) == 2


def test_days_between_two_dates_are_an_identity() -> None:
    rng = np.random.default_rng(3)
    arrival, nights = rng.integers(18_000, 18_900, ROWS), 1 + rng.geometric(0.3, ROWS)
    claimed = nights.copy()
    claimed[:200] += 30
    table = pa.table(
        {
            "Anreise": pa.array(arrival.astype("int32")).cast(pa.date32()),
            "Abreise": pa.array((arrival + nights).astype("int32")).cast(pa.date32()),
            "Nächte": claimed,
        }
    )
    hypothesis = involving(claims(table), "Anreise", "Abreise", "Nächte")
    assert rows_where(table, hypothesis) == list(range(200))


def test_missing_values_and_zero_denominators_break_nothing() -> None:
    rng = np.random.default_rng(4)
    visits = rng.poisson(2, ROWS) * rng.poisson(15, ROWS)
    sales = rng.binomial(visits, 0.2)
    rate = np.where(visits == 0, 0, sales / np.maximum(visits, 1))
    table = pa.table(
        {"visits": visits, "sales": pa.array(sales, mask=rng.random(ROWS) < 0.1), "rate": np.round(rate, 4)}
    )
    hypothesis = involving(claims(table), "visits", "sales", "rate")
    assert rows_where(table, hypothesis) == []


def test_not_a_number_breaks_nothing() -> None:
    data = orders()
    data["Zwischensumme"] = data["Zwischensumme"].copy()
    data["Zwischensumme"][:50] = np.nan
    table = pa.table(data)
    assert rows_where(table, involving(claims(table), "Menge", "Einzelpreis", "Zwischensumme")) == []


def test_single_precision_is_no_damage() -> None:
    rng = np.random.default_rng(5)
    hours, wage = rng.integers(60, 180, ROWS), rng.gamma(20, 1.2, ROWS).astype("float32")
    table = pa.table({"hours": hours, "wage": wage, "gross": (hours * wage).astype("float32")})
    assert rows_where(table, involving(claims(table), "hours", "wage", "gross")) == []


def test_a_component_that_is_not_listed_is_no_error() -> None:
    rng = np.random.default_rng(6)
    data = orders()
    fee = np.where(rng.random(ROWS) < 0.15, np.round(data["Gesamt"] * 0.03 + 0.3, 2), 0)
    table = pa.table({"amount": data["Gesamt"], "charged": np.round(data["Gesamt"] + fee, 2)})
    assert claims(table) == {}


def test_a_sum_that_lacks_a_rare_small_part_is_no_identity() -> None:
    rng = np.random.default_rng(7)
    calls, mails = rng.poisson(3, ROWS), rng.poisson(2, ROWS)
    walk_ins = (rng.random(ROWS) < 0.04) * (1 + rng.poisson(0.3, ROWS))
    assert claims(pa.table({"calls": calls, "mails": mails, "contacts": calls + mails + walk_ins})) == {}


def test_a_discount_that_explains_all_deviations_is_no_error() -> None:
    rng = np.random.default_rng(8)
    net = np.round(np.exp(rng.normal(4, 1, ROWS)), 2)
    discount = np.where(rng.random(ROWS) < 0.3, np.round(net * rng.uniform(0.05, 0.4, ROWS), 2), 0)
    table = pa.table({"net": net, "discount": discount, "tax": np.round((net - discount) * 0.19, 2)})
    assert claims(table) == {}


def test_what_holds_under_some_categories_only_is_a_definition() -> None:
    rng = np.random.default_rng(12)
    goal = rng.choice(["visits", "calls", "visits again"], ROWS)
    visits, calls = rng.poisson(40, ROWS), rng.poisson(25, ROWS)
    table = pa.table(
        {"goal": goal, "visits": visits, "calls": calls, "results": np.where(goal == "calls", calls, visits)}
    )
    assert claims(table) == {}


def test_a_category_of_few_rows_may_be_one_under_which_it_does_not_hold() -> None:
    rng = np.random.default_rng(30)
    goal = np.repeat(["clicks", "purchases", "installs", "leads"], [290, 18, 18, 5])
    clicks = 10 + rng.poisson(40, goal.size)
    results = np.where(goal == "clicks", clicks, 1 + rng.poisson(1, goal.size))
    assert claims(pa.table({"goal": goal, "clicks": clicks, "results": results})) == {}


def test_columns_that_are_nearly_equal_are_no_identity() -> None:
    rng = np.random.default_rng(9)
    booked = rng.poisson(3, ROWS) + rng.poisson(2, ROWS)
    table = pa.table({"booked": booked, "attended": rng.binomial(booked, 0.96) + (rng.random(ROWS) < 0.02)})
    assert claims(table) == {}


@pytest.mark.parametrize("rows", [10, 60, ROWS])
def test_small_numbers_that_add_up_by_chance_are_no_identity(rows: int) -> None:
    rng = np.random.default_rng(10)
    table = pa.table({f"c{i}": rng.integers(0, 4 + 2 * i, rows) for i in range(9)})
    assert claims(table) == {}


def test_correlated_measures_are_no_identity() -> None:
    rng = np.random.default_rng(11)
    size = np.exp(rng.normal(3, 1, ROWS))
    table = pa.table({f"m{i}": rng.poisson(size * np.exp(rng.normal(-0.6 * i, 0.3, ROWS))) for i in range(7)})
    assert claims(table) == {}


@pytest.mark.parametrize("dialect", ["duckdb", "bigquery", "postgres"])
def test_predicates_are_valid_in_every_dialect(dialect: str) -> None:
    for hypothesis in claims(pa.table(servers())).values():
        assert isinstance(hypothesis.test, RowTest)
        text = hypothesis.test.predicate.sql(dialect)
        assert sqlglot.parse_one(text, dialect=dialect).sql(dialect) == text


def test_constant_empty_and_tiny_tables_raise_nothing() -> None:
    assert claims(pa.table({"a": [1, 1, 1], "b": [2.0, 2.0, 2.0]})) == {}
    assert claims(pa.table({"a": pa.array([], pa.int64()), "b": pa.array([], pa.float64())})) == {}
    assert claims(pa.table({"a": pa.nulls(5, pa.int64()), "b": [1, 2, 3, 4, 5]})) == {}


def test_a_likeness_of_a_damaged_column_is_not_taken_for_the_identity() -> None:
    rng = np.random.default_rng(9)
    requests = rng.poisson(300, ROWS) + 1
    failed = rng.binomial(requests, 0.1)
    timed_out = failed + np.where(rng.random(ROWS) < 0.2, rng.integers(3, 20, ROWS) * rng.choice([-1, 1], ROWS), 0)
    rate = np.round(100 * failed / requests, 4)
    clean = {"requests": requests, "failed": failed, "timed_out": timed_out, "rate": rate}
    assert any("failed" in h.columns for h in propose(context_of(pa.table(clean))))
    damaged = np.where(rng.random(ROWS) < 0.4, failed * 3 + 5, failed)
    found = propose(context_of(pa.table({**clean, "failed": damaged})))
    assert not [h for h in found if "timed_out" in h.columns and "rate" in h.columns]


def invoices(rows: int = ROWS, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    quantity, price = 1 + rng.poisson(2, rows), np.round(np.exp(rng.normal(3, 1, rows)), 2)
    discount = rng.choice([0.0, 0.05, 0.1, 0.25], rows, p=[0.4, 0.3, 0.2, 0.1])
    net = np.round(quantity * price * (1 - discount), 2)
    vat = rng.choice([0, 7, 19], rows, p=[0.1, 0.2, 0.7])
    return {
        "quantity": quantity,
        "unit_price": price,
        "discount": discount,
        "net_amount": net,
        "vat_rate": vat,
        "gross_amount": np.round(net * (1 + vat / 100), 2),
    }


def test_totals_after_a_discount_and_with_a_tax() -> None:
    columns = invoices()
    columns["net_amount"] = columns["net_amount"].copy()
    bad = {17, 640, 1_200, 2_900}
    for row, factor in zip(sorted(bad), (1.5, 0.2, 40, 0.01), strict=True):
        columns["net_amount"][row] = np.round(columns["net_amount"][row] * factor + 1, 2)
    table = pa.table(columns)
    found = claims(table)
    total = involving(found, "quantity", "unit_price", "discount", "net_amount")
    assert set(rows_where(table, total)) == bad
    taxed = involving(found, "net_amount", "vat_rate", "gross_amount")
    assert taxed.evidence["identity"] == "gross_amount = net_amount * (1 + vat_rate / 100)"
    assert set(rows_where(table, taxed)) == bad


def test_a_rating_is_no_discount() -> None:
    columns = invoices()
    rng = np.random.default_rng(1)
    stars = {"unit_price": columns["unit_price"], "stars": rng.integers(0, 6, ROWS), "sold": columns["quantity"]}
    assert claims(pa.table({**stars, "paid": np.round(columns["unit_price"] * rng.uniform(0.5, 1, ROWS), 2)})) == {}


def test_the_factor_of_a_copy_is_exact_beside_outliers() -> None:
    rng = np.random.default_rng(5)
    local = np.round(rng.lognormal(4.0, 1.5, ROWS), 2)
    dollars = np.round(1.0832 * local, 2)
    bad = np.flatnonzero(rng.random(ROWS) < 0.3)
    spoilt = local.copy()
    spoilt[bad] *= 140
    table = pa.table({"local": np.round(spoilt, 2), "dollars": dollars})
    (found,) = propose(context_of(table))
    assert rows_where(table, found) == bad.tolist()


def stock(rows: int = ROWS, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    received = np.where(rng.random(rows) < 0.4, rng.poisson(80, rows), 0)
    opening = 100 + rng.poisson(300, rows)
    shipped = np.minimum(rng.poisson(30, rows), opening)
    return {
        "opening": opening,
        "received": received,
        "shipped": shipped,
        "closing": opening + received - shipped,
        "minimum": 50 + rng.poisson(20, rows),
    }


def test_a_balance_is_found_and_the_rows_that_break_it() -> None:
    data = stock()
    (found,) = claims(pa.table(data)).values()
    assert found.evidence["identity"] == "closing = opening + received - shipped"
    assert rows_where(pa.table(data), found) == []
    data["closing"][[5, 70, 900]] += [4, -11, 60]
    (found,) = claims(pa.table(data)).values()
    assert found.columns[0] == "closing" and rows_where(pa.table(data), found) == [5, 70, 900]


def test_two_sums_of_the_same_are_no_balance_as_well() -> None:
    rng = np.random.default_rng(0)
    men, women, young = (rng.poisson(n, ROWS) for n in (40, 60, 30))
    people = men + women
    table = pa.table({"men": men, "women": women, "people": people, "young": np.minimum(young, people)})
    table = table.append_column("old", pa.array(people - table["young"].to_numpy()))
    assert set(claims(table)) == {"people = men + women", "people = young + old"}


def test_a_component_of_few_rows_is_told_from_few_wrong_amounts() -> None:
    rng = np.random.default_rng(1)
    closing, cost = stock()["closing"], np.round(rng.uniform(2, 60, ROWS), 2)
    value = np.round(closing * cost, 2)
    few = rng.random(ROWS) < 0.01
    wrong = np.where(few, np.round(value * rng.uniform(1.2, 1.6, ROWS), 2), value)
    duty = np.where(few, np.round(value * 1.4, 2), value)
    (damage,) = claims(pa.table({"closing": closing, "cost": cost, "value": wrong})).values()
    (component,) = claims(pa.table({"closing": closing, "cost": cost, "value": duty})).values()
    assert component.confidence < 0.5 < damage.confidence
    assert "component" in component.reason and "component" not in damage.reason


def test_the_larger_of_two_columns_is_no_copy_of_one_of_them() -> None:
    rng = np.random.default_rng(4)
    weight = np.round(rng.gamma(3, 2, ROWS), 2)
    volume = np.round(weight * rng.uniform(0.3, 1.1, ROWS), 2)
    table = pa.table({"weight": weight, "volume_weight": volume, "charged": np.maximum(weight, volume)})
    assert claims(table) == {}
