"""Texts that are not what their column holds."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from assay.hypothesis.hypothesis import Hypothesis
from assay.hypothesis.texts.malformed import propose
from tests.builders import context_of, judge, rows_where

ROWS = 2_000
Columns = dict[str, Any]
NUMBER = np.random.default_rng(0)


def findings(columns: Columns) -> list[Hypothesis]:
    raised = [h for h in propose(context_of(columns)) if h.confidence >= 0.5]
    return [j.hypothesis for j in judge(columns, raised) if j.rows]


def spoil(cells: list[str], share: float, broken: list[str]) -> list[int]:
    rows = sorted(np.random.default_rng(1).choice(len(cells), max(1, int(share * len(cells))), replace=False).tolist())
    for place, row in enumerate(rows):
        cells[row] = broken[place % len(broken)]
    return rows


def spend() -> list[str]:
    return [f"{v:.2f}" for v in np.random.default_rng(2).lognormal(3, 1, ROWS)]


@pytest.mark.parametrize("share", [0.005, 0.1, 0.38])
def test_texts_in_a_column_of_numbers(share: float) -> None:
    cells = spend()
    rows = spoil(cells, share, ["abc", "1.2.3", "#REF!", "12a", "see note"])
    (finding,) = findings({"spend": cells, "id": [f"c{i}" for i in range(ROWS)]})
    assert (finding.kind, finding.columns) == ("malformed_values", ("spend",))
    assert rows_where({"spend": cells}, finding) == rows


def test_placeholders_are_missing_and_not_malformed() -> None:
    cells = spend()
    spoil(cells, 0.1, ["N/A", "", " ", "-"])
    assert findings({"spend": cells}) == []


@pytest.mark.parametrize(
    ("usual", "other"),
    [("2024-03-{:02d}", "{:02d}/03/2024"), ("{:02d}.03.2024", "2024-03-{:02d}"), ("2024-03-{:02d}", "Mar {}, 2024")],
)
def test_dates_in_two_formats(usual: str, other: str) -> None:
    cells = [usual.format(i % 28 + 1) for i in range(ROWS)]
    rows = spoil(cells, 0.1, [other.format(i) for i in range(1, 20)])
    (finding,) = findings({"datum": cells})
    assert rows_where({"datum": cells}, finding) == rows


@pytest.mark.parametrize(
    ("usual", "never"), [("2024-03-{:02d}", ["2024-02-30", "0000-00-00"]), ("{:02d}.03.2024", ["31.02.2024"])]
)
def test_dates_that_no_calendar_has(usual: str, never: list[str]) -> None:
    cells = [usual.format(i % 28 + 1) for i in range(ROWS)]
    rows = spoil(cells, 0.02, [*never, "soon"])
    (finding,) = findings({"datum": cells})
    assert rows_where({"datum": cells}, finding) == rows


def test_shares_with_and_without_a_sign() -> None:
    cells = [f"{v:.3f}" for v in np.random.default_rng(3).random(ROWS)]
    rows = spoil(cells, 0.2, ["4.5%", "12 %"])
    (finding,) = findings({"abv": cells})
    assert rows_where({"abv": cells}, finding) == rows


def test_a_date_in_a_column_of_times() -> None:
    cells = [f"{i % 12 + 1}:{i % 60:02d} {'a' if i % 2 else 'p'}.m." for i in range(ROWS)]
    rows = spoil(cells, 0.03, ["12/02/2011 6:55 a.m."])
    (finding,) = findings({"departure": cells})
    assert rows_where({"departure": cells}, finding) == rows


@pytest.mark.parametrize("share", [0.01, 0.3])
def test_codes_of_another_shape(share: float) -> None:
    cells = [f"ORD-{i:06d}" for i in range(ROWS)]
    rng = np.random.default_rng(5)
    broken = ["".join(rng.choice(list("abcdeXYZ0123456789/-_"), 8)) for _ in range(ROWS)]
    rows = spoil(cells, share, [b for b in broken if not re.fullmatch("[a-zA-Z]+-[0-9]+", b)])
    found = findings({"order_id": cells, "n": list(range(ROWS))})
    assert [h.columns for h in found] == [("order_id",)]
    assert rows_where({"order_id": cells}, found[0]) == rows


def test_clean_columns_of_text_are_silent() -> None:
    rng = np.random.default_rng(4)
    columns: Columns = {
        "name": [f"{a} {b}" for a, b in zip(rng.choice(["Ana", "Jörg", "Иван"], ROWS), rng.choice(["Li", "Maß"], ROWS),
                                            strict=True)],
        "address": [f"{rng.integers(1, 99)}{rng.choice(['', 'a', ' bis'])} {rng.choice(['Main St', 'Hohe Str.'])}"
                    for _ in range(ROWS)],
        "stock_code": [f"{rng.integers(10_000, 99_999)}{rng.choice(['', 'A', 'B'], p=[0.9, 0.06, 0.04])}"
                       for _ in range(ROWS)],
        "размер": list(map(str, rng.choice(["42", "44", "46", "XL", "S"], ROWS))),
        "zip": [f"{rng.integers(1000, 99_999):05d}" for _ in range(ROWS)],
        "version": list(map(str, rng.choice(["1.2.3", "1.10", "2.0"], ROWS))),
        "phone": [f"+49 {rng.integers(100, 999)} {rng.integers(10_000, 99_999)}" for _ in range(ROWS)],
        "price": [f"${v:,.2f}" for v in rng.lognormal(7, 1, ROWS)],
        "betrag": [f"{v:.2f}".replace(".", ",") for v in rng.lognormal(3, 1, ROWS)],
        "path": [f"/p/{rng.integers(0, 50)}/{rng.choice(['a', 'b-c', 'd.html'])}" for _ in range(ROWS)],
    }  # fmt: skip
    assert findings(columns) == []
