"""Robust estimates."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from assay.hypothesis.robust import equal_parts, median, quantiles, tail_cut


@given(arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e300, 1e300)))
def test_the_median_of_a_vector_is_numpys(values: np.ndarray) -> None:
    assert median(values) == pytest.approx(float(np.median(values)), rel=1e-15, abs=1e-300)


@pytest.mark.parametrize("values", [[], [1.0, math.nan, 2.0]])
def test_nothing_and_nothing_known_have_no_median(values: list[float]) -> None:
    assert math.isnan(median(np.array(values)))


@given(
    arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e150, 1e150)),
    st.lists(st.floats(0, 1), min_size=1, max_size=4),
)
def test_the_quantiles_of_a_vector_are_numpys(values: np.ndarray, shares: list[float]) -> None:
    scale = float(np.max(np.abs(values))) + 1e-300
    assert quantiles(values, shares) == pytest.approx(np.quantile(values, shares), rel=1e-9, abs=1e-12 * scale)


@pytest.mark.parametrize("size", [15, 25, 40])
def test_few_values_of_a_heavy_tail_are_its_own(size: int) -> None:
    rng = np.random.default_rng(size)
    assert all(tail_cut(np.abs(rng.standard_t(3, size)), 3.0, size) is None for _ in range(200))


def test_a_dozen_values_far_beyond_a_few_dozen_are_cut_off() -> None:
    rng = np.random.default_rng(1)
    scores = np.concatenate([np.abs(rng.normal(0, 1, 40)), rng.uniform(10, 20, 12)])
    cut = tail_cut(scores, 3.0, 30)
    assert cut is not None
    assert cut.above == 12


@given(st.lists(st.integers(0, 12), max_size=80), st.integers(1, 6))
def test_equal_parts_are_those_of_a_sorted_order(values: list[int], parts: int) -> None:
    numbers = np.array(values, dtype=np.float64)
    told = [np.flatnonzero(part).tolist() for part in equal_parts(numbers, parts)]
    assert told == [sorted(part.tolist()) for part in np.array_split(np.argsort(numbers, kind="stable"), parts)]
