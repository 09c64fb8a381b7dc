"""Units of money and ratios."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from assay.domain.pack import load_packs
from assay.domain.roles import assign_roles
from assay.profile.sample import from_arrow

RNG = np.random.default_rng(0)
SHOWN = RNG.poisson(20_000, 2_000)
CLICKED = RNG.binomial(SHOWN, 0.02)
MONEY = SHOWN * RNG.lognormal(1.6, 0.2, 2_000) / 1000


def scale_of(column: str, values: NDArray[Any], spend: str = "spend", amounts: NDArray[Any] = MONEY) -> float:
    table = pa.table({"impressions": SHOWN, "clicks": CLICKED, spend: amounts} | {column: values})
    return assign_roles(from_arrow(table), load_packs())[column].scale


@pytest.mark.parametrize("factor", [1.0, 100.0])
def test_per_cent_and_fractions_are_told_by_what_they_are_a_ratio_of(factor: float) -> None:
    assert scale_of("ctr", np.round(factor * CLICKED / SHOWN, 4)) == pytest.approx(1 / factor)


def test_micros_are_known_by_name_and_by_value() -> None:
    micros = np.round(MONEY * 1e6).astype(np.int64)
    assert scale_of("cost_micros", micros, "cost_micros", micros) == 1e-6
    assert scale_of("spend", micros, "spend", micros) == 1e-6
    assert scale_of("spend", MONEY.round(2)) == 1.0


def test_a_price_follows_the_unit_of_what_was_spent() -> None:
    micros = np.round(MONEY * 1e6).astype(np.int64)
    assert scale_of("average_cpc", micros / CLICKED, "cost_micros", micros) == 1e-6
    assert scale_of("cpm", 1000 * MONEY / SHOWN) == 1.0


def test_a_ratio_of_something_else_keeps_its_unit() -> None:
    assert scale_of("ctr", RNG.random(2_000) * 37) == 1.0
