"""Decimal numbers that lost their mark are found however many they are; whole numbers by nature are left alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from assay.hypothesis.texts.lost_points import propose
from tests.builders import context_of, rows_where

ROWS = 2_000


def prices(seed: int = 0) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.round(np.random.default_rng(seed).lognormal(3.0, 0.9, ROWS) + 0.01, 2)


def without_mark(values: np.ndarray[Any, np.dtype[np.float64]], rows: np.ndarray[Any, Any]) -> None:
    values[rows] = [float(f"{v!r}".replace(".", "")) for v in values[rows].tolist()]


@pytest.mark.parametrize("share", [0.02, 0.2, 0.8])
def test_numbers_without_their_mark_are_found(share: float) -> None:
    values = prices()
    rows = np.sort(np.random.default_rng(1).choice(ROWS, int(share * ROWS), replace=False))
    without_mark(values, rows)
    (found,) = propose(context_of({"price": values}))
    assert found.kind == "malformed_values"
    bad = set(rows_where({"price": values}, found))
    hits = len(bad & set(rows.tolist()))
    assert hits >= 0.97 * len(rows)
    assert len(bad) - hits <= 0.02 * len(bad)


def whole_from_some_size_on() -> dict[str, Any]:
    values = np.random.default_rng(2).lognormal(5.0, 2.0, ROWS)
    return {"price": np.array([float(f"{v:.4g}") for v in values])}


def whole_in_the_tail() -> dict[str, Any]:
    values = np.random.default_rng(3).lognormal(6.4, 0.35, ROWS)
    return {"area": np.array([float(f"{v:.4g}") for v in values])}


def currencies() -> dict[str, Any]:
    values, yen = prices(), np.arange(ROWS) % 3 == 0
    return {"price": np.where(yen, np.round(values * 150), values), "currency": np.where(yen, "JPY", "EUR").tolist()}


def round_amounts() -> dict[str, Any]:
    values = prices()
    values[::5] = 500 * np.random.default_rng(3).integers(1, 20, len(values[::5]))
    return {"price": values}


def some_whole() -> dict[str, Any]:
    values = prices()
    values[::3] = np.ceil(values[::3])
    return {"price": values}


@pytest.mark.parametrize("build", [whole_from_some_size_on, whole_in_the_tail, currencies, round_amounts, some_whole])
def test_what_is_whole_by_nature_is_silent(build: Any) -> None:
    assert propose(context_of(build())) == []


def test_amounts_are_judged_by_what_one_of_their_count_is_worth() -> None:
    rng = np.random.default_rng(6)
    sold = rng.geometric(0.05, ROWS)
    value = np.round(sold * rng.normal(40, 4, ROWS), 2)
    value[sold >= 40] = np.rint(
        value[sold >= 40]
    )  # large sums that are whole: as large as a small one without its mark
    rows = np.flatnonzero(sold <= 20)[::30]
    without_mark(value, rows)
    table = {"purchases": sold, "revenue": value}
    (found,) = propose(context_of(table))
    assert set(rows_where(table, found)) == set(rows[value[rows] % 1 == 0].tolist())


@pytest.mark.parametrize("step", [3, 5, 30])
def test_rates_have_no_count_that_they_are_worth_something_of(step: int) -> None:
    rng = np.random.default_rng(7)
    views = rng.poisson(300, ROWS) + 1
    rate = rng.binomial(views, 0.4) / views
    rows = np.arange(0, ROWS, step)
    lost = np.array([float(repr(v).replace("0.", "").lstrip("0") or "0") for v in rate[rows].tolist()])
    rate[rows] = lost
    (found,) = propose(context_of({"views": views, "completion_rate": rate}))
    assert set(rows_where({"views": views, "completion_rate": rate}, found)) == set(rows.tolist())


def test_all_amounts_of_some_days_are_a_change_of_unit() -> None:
    values, day = prices(), np.arange(ROWS) // 20
    late = day >= 70
    values[late] = np.round(100 * values[late])
    columns = {"date": (np.datetime64("2025-01-01") + day).tolist(), "price": values}
    (found,) = propose(context_of(columns))
    assert (found.kind, found.columns, found.evidence["factor"]) == ("unit_change", ("price", "date"), 100)
    assert rows_where(columns, found) == np.flatnonzero(late).tolist()
