"""Rates say which rows of an amount are in another unit, however many these are."""

from __future__ import annotations

import numpy as np
import pytest

from assay.hypothesis.hypothesis import Hypothesis
from assay.hypothesis.units.propose import propose
from assay.hypothesis.units.rates import witnessed
from tests.builders import context_of, rows_where
from tests.hypothesis.panels import Columns, ads, changed


def rated(seed: int = 0) -> Columns:
    """Ads with the cost per click and per thousand impressions that an export computes, printed to two decimals."""
    columns = ads(days=40, seed=seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        cpc = np.round(np.where(columns["clicks"] > 0, columns["spend"] / columns["clicks"], 0), 2)
        cpm = np.round(np.where(columns["impressions"] > 0, 1000 * columns["spend"] / columns["impressions"], 0), 2)
    return {**columns, "cpc": cpc, "cpm": cpm}


def found(columns: Columns) -> tuple[list[Hypothesis], set[int]]:
    raised = [h for h in propose(context_of(columns)) if h.confidence >= 0.5]
    return raised, set().union(*(rows_where(columns, h) for h in raised))


@pytest.mark.parametrize("factor", [100, 1_000_000])
@pytest.mark.parametrize("platforms", [["alpha"], ["alpha", "beta"]])
def test_the_rates_tell_which_part_is_wrong_even_where_it_is_most_of_the_table(
    platforms: list[str], factor: float
) -> None:
    clean = rated()
    bad = np.isin(clean["platform"], platforms)
    raised, rows = found(changed(clean, "spend", bad, clean["spend"] * factor))
    assert [(h.kind, h.cells) for h in raised] == [("unit_change", ("spend",))]
    expected = np.flatnonzero(bad & (clean["spend"] > 0) & (clean["impressions"] > 0))
    assert rows <= set(np.flatnonzero(bad).tolist())
    assert len(rows) > 0.97 * len(expected)


def test_a_rate_in_another_unit_is_told_from_the_amount_it_is_computed_from() -> None:
    clean = rated()
    bad = clean["platform"] == "alpha"
    raised, rows = found(changed(clean, "cpm", bad, clean["cpm"] * 1000))
    assert [(h.kind, h.cells) for h in raised] == [("unit_change", ("cpm",))]
    assert rows <= set(np.flatnonzero(bad).tolist())


@pytest.mark.parametrize("seed", range(3))
def test_rounded_rates_of_small_amounts_are_no_change_of_unit(seed: int) -> None:
    clean = rated(seed)
    small = {**clean, "cpc": np.round(clean["cpc"] / 100, 2), "spend": np.round(clean["spend"] / 100, 2)}
    assert witnessed(context_of(clean)) == []
    assert witnessed(context_of(small)) == []


def test_values_of_any_size_are_outliers_and_no_change_of_unit() -> None:
    clean = rated()
    rng = np.random.default_rng(0)
    bad = rng.random(len(clean["spend"])) < 0.05
    wild = clean["spend"] * 10 ** rng.uniform(1, 4, len(bad))
    assert witnessed(context_of(changed(clean, "spend", bad, wild))) == []


def test_rows_of_an_entity_in_another_unit_are_all_told_though_rates_say_nothing_of_some() -> None:
    clean = ads(campaigns=36, days=40)
    clicks = np.where(np.arange(len(clean["clicks"])) % 3 == 0, 0, clean["clicks"])
    cpc = np.round(clean["spend"] / np.maximum(clicks, 1), 2) * (clicks > 0)
    clean = {
        **clean,
        "clicks": clicks,
        "landing_page_views": np.minimum(clean["landing_page_views"], clicks),
        "cpc": cpc,
    }
    bad = clean["campaign_id"] == "c004"
    raised, rows = found(changed(clean, "spend", bad, clean["spend"] * 1_000_000))
    assert [h.columns[0] for h in raised] == ["spend"]
    assert rows == set(np.flatnonzero(bad & (clean["spend"] > 0)).tolist())
