"""Robust statistics of daily series."""

from __future__ import annotations

import numpy as np
import pytest

from assay.hypothesis.series import beats_wander, best_step, z_limit


@pytest.mark.parametrize("seed", range(20))
def test_the_best_step_of_a_random_walk_is_not_beyond_its_wandering(seed: int) -> None:
    rng = np.random.default_rng(seed)
    walk = np.cumsum(rng.normal(0, 0.03, 400)) + rng.normal(0, 0.1, 400)
    step = best_step(walk, 7)
    assert step is not None
    assert not beats_wander(walk, step.index)


@pytest.mark.parametrize("seed", range(5))
def test_a_step_on_top_of_a_random_walk_is_beyond_its_wandering(seed: int) -> None:
    rng = np.random.default_rng(seed)
    walk = np.cumsum(rng.normal(0, 0.01, 400)) + rng.normal(0, 0.1, 400)
    walk[250:] += 0.7
    step = best_step(walk, 7)
    assert step is not None
    assert abs(step.index - 250) <= 2
    assert beats_wander(walk, step.index)


def test_a_short_series_has_no_wandering_to_compare_with() -> None:
    assert beats_wander(np.repeat([0.0, 1.0], 14), 14)


def test_more_tests_need_a_larger_deviation() -> None:
    assert z_limit(1) < z_limit(100) < z_limit(1e6)
