"""What a metric's value should be in a row."""

from __future__ import annotations

import numpy as np
import pytest

from assay.domain.role import Family
from assay.hypothesis.measures import Measure
from assay.hypothesis.outliers.effects import Dimension
from assay.hypothesis.outliers.lines import lines

ADS = 40


@pytest.mark.parametrize("lost", [0.0, 0.4, 0.75])
def test_an_entity_keeps_its_level_where_most_of_its_values_are_blown_up(lost: float) -> None:
    rng = np.random.default_rng(18)
    ad, level = rng.integers(0, ADS, 6_000), rng.normal(0, 1.2, ADS)
    values = 6 + level[ad] + rng.normal(0, 0.1, ad.size)
    hurt = (ad % 4 == 0) & (rng.random(ad.size) < lost)
    values = values + np.where(hurt, rng.uniform(np.log(30), np.log(1_000), ad.size), 0.0)
    target = Measure("spend", Family.MONEY, values, values, 0.01)
    (line,) = lines(target, [], [Dimension("ad_id", ad, ADS)], rng)
    (effect,) = line.effects
    shifts = effect.shifts - np.median(effect.shifts - level)
    assert np.abs(shifts - level).max() < 0.5
