"""Where damage ends and conversions after a view begin."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.hypothesis.relations.attribution import attributed
from assay.hypothesis.relations.excess import Rows

Counts = NDArray[np.int64]


def ads(seed: int = 0) -> tuple[Counts, Counts]:
    """Conversions and clicks of rows, of which few have clicks and hardly any a conversion after a view."""
    rng = np.random.default_rng(seed)
    clicks = rng.poisson(rng.lognormal(2.5, 1.3, 6_000))
    return rng.binomial(clicks, 0.05) + (rng.random(6_000) < 0.004), clicks


def reported(conversions: Any, clicks: Any) -> NDArray[np.bool_]:
    rows = Rows(np.asarray(conversions, float), np.asarray(clicks, float), None, np.zeros(len(clicks), np.bool_))
    return rows.violating & ~attributed(rows).legitimate(rows)


def test_conversions_after_a_view_are_left_out() -> None:
    assert not reported(*ads()).any()


def test_an_excess_that_is_more_frequent_than_smaller_ones_is_damage_beside_few_clicks_as_well() -> None:
    conversions, clicks = ads()
    hit = np.random.default_rng(1).random(clicks.size) < 0.05
    damaged = np.where(hit, clicks + 3, conversions)
    found = reported(damaged, clicks)
    assert found[hit].mean() > 0.98
    assert found[~hit].mean() < 0.002
