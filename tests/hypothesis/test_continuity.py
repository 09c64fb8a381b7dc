"""What goes on across a day, told from a thin sample."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.hypothesis.temporal.continuity import continued

DAYS = 15
MIDDLE = 7


def sampled(level: NDArray[Any], seed: int = 0) -> NDArray[np.int64]:
    """Two halves of a thinned list, of rows a day by entity and day."""
    return np.random.default_rng(seed).poisson(np.stack([level, level]) / 2)


def test_the_level_of_what_goes_on_is_unbiased_also_in_a_thin_sample() -> None:
    level = np.full((3_000, DAYS), 0.8)
    usual, length = continued(sampled(level))
    assert length == MIDDLE
    assert abs(usual.mean() / 0.8 - 1) < 0.03


def test_the_middle_day_says_nothing_of_what_is_usual() -> None:
    whole = sampled(np.full((40, DAYS), 2.0))
    half = whole.copy()
    half[:, :, MIDDLE] //= 2
    np.testing.assert_array_equal(continued(half)[0], continued(whole)[0])


def test_what_ended_or_began_does_not_go_on() -> None:
    day = np.arange(DAYS)
    ended = np.where(day < MIDDLE, 3.0, 0.0)
    began = np.where(day > MIDDLE, 3.0, 0.0)
    usual, _ = continued(sampled(np.array([ended, began] * 20)))
    assert not usual.any()


def test_of_a_change_of_level_the_lower_one_goes_on() -> None:
    level = np.where(np.arange(DAYS) < MIDDLE, 9.0, 2.0)[None, :].repeat(200, axis=0)
    usual, _ = continued(sampled(level))
    assert abs(usual.mean() - 2.0) < 0.2
