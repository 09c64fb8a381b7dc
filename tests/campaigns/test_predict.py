"""Which pairs speak for a campaign, and which against."""

from __future__ import annotations

import numpy as np
import pytest

from assay.campaigns.graph import PAIRS, World
from assay.campaigns.knobs import ATTRIBUTES
from assay.campaigns.predict import Explainer, checked
from assay.errors import ConfigurationError
from tests.campaigns.toys import Knowing, named_world


@pytest.fixture(scope="module")
def world() -> World:
    return named_world()


@pytest.fixture(scope="module")
def explainer(world: World) -> Explainer:
    return Explainer(Knowing.of(world, 6_000))


def texts(codes: np.ndarray) -> dict[str, list[str | None]]:
    return {a: [f"{a} {code}" for code in codes[:, i].tolist()] for i, a in enumerate(ATTRIBUTES)}


def test_effects_are_the_relations_of_the_ten_pairs(world: World, explainer: Explainer) -> None:
    codes = world.draw(40, np.random.default_rng(0))
    told = explainer.effects(texts(codes))
    assert told.sum(axis=1) == pytest.approx(4 * world.net(codes))
    for column, (a, b) in enumerate(PAIRS):
        relation = world.relations[a, b][codes[:, ATTRIBUTES.index(a)], codes[:, ATTRIBUTES.index(b)]]
        assert told[:, column] == pytest.approx(4 * relation)


def test_pairs_for_and_against_are_told_apart_and_neutral_ones_left_out(world: World, explainer: Explainer) -> None:
    codes = world.draw(40, np.random.default_rng(0))
    for explanation, effects in zip(explainer.explain(texts(codes), 10), explainer.effects(texts(codes)), strict=True):
        assert all(r.effect > 0 for r in explanation.speaks_for)
        assert all(r.effect < 0 for r in explanation.speaks_against)
        assert len(explanation.speaks_for) == (effects > 0).sum()
        assert len(explanation.speaks_against) == (effects < 0).sum()


@pytest.mark.parametrize("absent", [None, "", "  "])
def test_a_field_that_is_not_given_is_what_past_campaigns_had(
    world: World, explainer: Explainer, absent: str | None
) -> None:
    core = world.cores[:1]
    campaign = texts(core)
    whole = explainer.effects(campaign)
    without = explainer.effects({**campaign, "platform": [absent]})
    assert np.abs(without - whole).sum() < 0.5 * np.abs(whole).sum() + 4


def test_fields_may_be_left_out_altogether(explainer: Explainer) -> None:
    assert explainer.effects({"brand": ["brand 1", "brand 2"]}).shape == (2, 10)


@pytest.mark.parametrize("campaigns", [{}, {"colour": ["red"]}, {"brand": ["a"], "platform": ["b", "c"]}])
def test_what_are_no_campaigns_is_refused(campaigns: dict[str, list[str | None]]) -> None:
    with pytest.raises(ConfigurationError):
        checked(campaigns)
