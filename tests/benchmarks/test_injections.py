"""Injected errors: the mask names exactly the rows that were damaged, in every style and variant."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.bench.advertising import generate
from assay.bench.styles import STYLES
from benchmarks.injections import KINDS, Injection, NotApplicableError, inject

ROWS = 400
IN_PLACE = [kind for kind in KINDS if kind not in ("duplicate_rows", "missing_columns")]


@cache
def clean(style: str) -> pa.Table:
    return generate(ROWS, seed=5, style=style)


def damaged(style: str, kind: str, rate: float, seed: int) -> Injection:
    return inject(clean(style), STYLES[style], kind, rate, seed)


def lines(table: pa.Table) -> np.ndarray:
    return np.array([repr(line) for line in table.to_pylist()])


@pytest.mark.parametrize("kind", IN_PLACE)
@pytest.mark.parametrize("style", list(STYLES))
@settings(max_examples=6, deadline=None, derandomize=True)
@given(rate=st.floats(0.005, 0.4), seed=st.integers(0, 50))
def test_mask_is_what_changed(style: str, kind: str, rate: float, seed: int) -> None:
    try:
        bad = inject(clean(style), STYLES[style], kind, rate, seed)
    except NotApplicableError:
        return
    assert bad.table.column_names == clean(style).column_names
    changed = lines(bad.table) != lines(clean(style))
    legit = 2 if kind == "purchases_without_add_to_cart" else 0  # a cart that was 0 before
    assert not (changed & ~bad.mask).any()
    assert (bad.mask & ~changed).sum() <= legit
    assert 1 <= bad.mask.sum() <= max(1, round(rate * ROWS))
    assert not (bad.excused & bad.mask).any()


@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize("style", list(STYLES))
def test_copies_are_the_later_ones(style: str, turn: int) -> None:
    bad = damaged(style, "duplicate_rows", 0.1, turn)
    text, seen, copies = lines(bad.table), set[str](), []
    for line in text:
        copies.append(line in seen)
        seen.add(line)
    assert (np.array(copies) == bad.mask).all()
    assert bad.table.num_rows == ROWS + bad.mask.sum()


@pytest.mark.parametrize("turn", range(3))
def test_a_column_is_gone(turn: int) -> None:
    bad = damaged("canonical", "missing_columns", 0.1, turn)
    assert bad.columns[0] not in bad.table.column_names
    assert not bad.mask.any()


def test_what_an_export_lacks_is_said() -> None:
    with pytest.raises(NotApplicableError, match="no column for purchases"):
        inject(clean("google"), STYLES["google"], "purchases_without_add_to_cart", 0.1, 0)


@pytest.mark.parametrize("kind", list(KINDS))
def test_same_seed_same_damage(kind: str) -> None:
    first, second = (damaged("canonical", kind, 0.05, 3) for _ in range(2))
    assert first.table.equals(second.table)
    assert (first.mask == second.mask).all()
