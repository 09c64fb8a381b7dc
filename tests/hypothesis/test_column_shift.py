"""Rows whose cells have moved by one column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from assay.bench.advertising import generate
from assay.bench.styles import STYLES
from assay.domain.role import Family
from assay.hypothesis.hypothesis import Hypothesis
from assay.hypothesis.quantities import quantities
from assay.hypothesis.shifted.numbers import forms_of
from assay.hypothesis.shifted.propose import in_place, propose
from tests.builders import Table, context_of, judge, rows_where

ROWS = 3_000
Columns = dict[str, Any]


def visits() -> Columns:
    """A log in which every column is text, as a hand-made export has it."""
    rng = np.random.default_rng(0)
    return {
        "session": [f"S{i:06d}" for i in range(ROWS)],
        "Land": list(map(str, rng.choice(["Deutschland", "Österreich", "Schweiz"], ROWS))),
        "gerät": list(map(str, rng.choice(["Handy", "Rechner", "Tablet"], ROWS))),
        "browser": list(map(str, rng.choice(["Firefox", "Chrome", "Safari", "Edge"], ROWS))),
        "seiten": [str(n) for n in rng.poisson(4, ROWS) + 1],
        "datum": [f"2024-05-{i % 28 + 1:02d}" for i in range(ROWS)],
    }


def shift(columns: Columns, share: float, start: int, step: int = 1) -> list[int]:
    names = list(columns)
    rows = np.flatnonzero(np.random.default_rng(1).random(ROWS) < share).tolist()
    for row in rows:
        line = [columns[n][row] for n in names]
        line = line[:start] + line[start + 1 :] + [None] if step == 1 else [*line[:start], None, *line[start:-1]]
        for name, cell in zip(names, line, strict=True):
            columns[name][row] = cell
    return rows


def findings(table: Table) -> list[Hypothesis]:
    return [j.hypothesis for j in judge(table, propose(context_of(table))) if j.rows]


@pytest.mark.parametrize("share", [0.005, 0.1, 0.4])
@pytest.mark.parametrize(("start", "step"), [(0, 1), (1, 1), (2, 1), (0, -1), (1, -1)])
def test_shifted_rows_are_found(share: float, start: int, step: int) -> None:
    columns = visits()
    rows = shift(columns, share, start, step)
    (finding,) = findings(columns)
    assert finding.kind == "column_shift"
    found, bad = set(rows_where(columns, finding)), set(rows)
    assert len(found & bad) >= 0.98 * len(bad)
    assert len(found - bad) <= 0.02 * len(found)


def test_a_clean_table_is_silent() -> None:
    assert findings(visits()) == []


@pytest.mark.parametrize("style", STYLES)
def test_clean_exports_are_silent(style: str) -> None:
    assert findings(generate(2_000, seed=1, style=style)) == []


def test_a_single_wrong_cell_is_no_shift() -> None:
    columns = visits()
    for row in range(0, ROWS, 10):
        columns["Land"][row] = columns["gerät"][row]
    assert findings(columns) == []


def test_two_columns_that_are_swapped_are_no_shift() -> None:
    columns = visits()
    for row in range(0, ROWS, 10):
        columns["Land"][row], columns["gerät"][row] = columns["gerät"][row], columns["Land"][row]
    assert findings(columns) == []


def test_columns_that_share_their_values_are_silent() -> None:
    rng = np.random.default_rng(2)
    cities = ["Porto", "Lisboa", "Braga", "Faro"]
    columns: Columns = {c: list(map(str, rng.choice(cities, ROWS))) for c in ("de", "para", "via", "sede")}
    assert findings(columns) == []


def delivery(seed: int = 0) -> Columns:
    """Counts and amounts beside each other, as a report of numbers has them."""
    rng = np.random.default_rng(seed)
    shown = rng.poisson(rng.lognormal(7, 1, ROWS))
    clicks = rng.binomial(shown, 0.02)
    spend = np.round(clicks * rng.lognormal(-0.5, 0.3, ROWS) + 0.01, 2)
    sold = rng.binomial(clicks, 0.1)
    value = np.round(sold * rng.lognormal(3, 0.4, ROWS), 2)
    seen = rng.binomial(shown, 0.7)
    names = ("shown", "clicks", "spend", "sold", "value", "seen")
    return {n: c.tolist() for n, c in zip(names, (shown, clicks, spend, sold, value, seen), strict=True)}


@pytest.mark.parametrize(("share", "written"), [(0.005, True), (0.1, True), (0.4, True), (0.005, False), (0.1, False)])
@pytest.mark.parametrize("start", [0, 1])
def test_shifted_numbers_are_found(share: float, written: bool, start: int) -> None:
    columns = delivery()
    if written:
        columns = {n: list(map(str, cells)) for n, cells in columns.items()}
    rows = shift(columns, share, start)
    (finding,) = findings(columns)
    found, bad = set(rows_where(columns, finding)), set(rows)
    assert len(found & bad) >= 0.9 * len(bad)
    assert len(found - bad) <= 0.02 * len(found)


def test_fractions_of_conversions_beside_fractions_of_their_value_are_no_shift() -> None:
    columns = delivery()
    rng = np.random.default_rng(2)
    shared = (np.array(columns["sold"]) > 0) & (rng.random(ROWS) < 0.4)
    sold = columns["sold"] - shared * rng.random(ROWS).round(4)
    columns["sold"] = sold.tolist()
    columns["seen"] = (columns["seen"] + shared * 0.5).tolist()
    columns["rate"] = (sold / np.maximum(columns["clicks"], 1)).round(6).tolist()
    assert findings(columns) == []


def test_counts_and_amounts_without_a_shift_are_silent() -> None:
    assert findings(delivery()) == []
    assert findings({n: list(map(str, cells)) for n, cells in delivery().items()}) == []


def test_relations_and_units_are_learned_from_rows_in_their_place() -> None:
    columns = delivery()
    columns["ratio"] = [n // 7 for n in columns["shown"]]
    rows = shift(columns, 0.3, 1)
    context = context_of(columns)
    sound = in_place(context)
    assert sound.sum() <= ROWS - 0.9 * len(rows)
    assert all(not np.isfinite(q.values[~sound]).any() for q in quantities(context, (Family.COUNT, Family.MONEY)))


def test_amounts_that_are_mostly_none_do_not_have_the_form_of_counts() -> None:
    rng = np.random.default_rng(3)
    amounts = np.where(rng.random(ROWS) < 0.85, 0.0, np.round(rng.lognormal(3, 0.4, ROWS), 2))
    written = ["0" if a == 0 else str(a) for a in amounts.tolist()]
    sample = context_of({"amount": amounts.tolist(), "written": written, "sold": delivery()["sold"]}).profile.sample
    assert [forms_of(sample[c]).usual for c in ("amount", "written", "sold")] == ["fraction", "fraction", "whole"]


def test_counts_that_are_mostly_none_do_not_have_the_form_of_amounts() -> None:
    rng = np.random.default_rng(4)
    sold = rng.poisson(0.4, ROWS)
    cells = np.where(rng.random(ROWS) < 0.4, [f"{v:.1f}" for v in sold * rng.random(ROWS).round(1)], sold.astype(str))
    context = context_of({"day": list(range(ROWS)), "sold": list(map(str, cells)), "note": ["x"] * ROWS})
    assert forms_of(context.profile["sold"]).usual == "whole"
