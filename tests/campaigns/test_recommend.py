"""Completions of campaigns: the best first, within what is allowed, different where that is wished."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from assay.campaigns.graph import World
from assay.campaigns.knobs import ATTRIBUTES
from assay.campaigns.recommend import Recommender, Wish
from assay.campaigns.trials import subsets
from assay.errors import ConfigurationError
from tests.campaigns.toys import SMALL, Knowing, named_world

GIVEN = {"audience": "audience 2", "brand": "brand 1", "geography": "geography 0"}


@pytest.fixture(scope="module")
def world() -> World:
    return named_world()


@pytest.fixture(scope="module")
def recommender(world: World) -> Recommender:
    return Recommender(Knowing.of(world))


def codes(values: dict[str, str]) -> np.ndarray:
    return np.array([[int(values[a].split()[1]) for a in ATTRIBUTES]])


@pytest.mark.parametrize("known", subsets(), ids="+".join)
def test_every_subset_is_completed_with_the_truly_best_first(
    world: World, recommender: Recommender, known: tuple[str, ...]
) -> None:
    given = {name: f"{name} 1" for name in known}
    found = recommender.recommend(Wish(given))
    nets = [float(world.net(codes({**given, **c.values}))[0]) for c in found]
    everything = np.stack(
        np.meshgrid(*[[1] if a in given else range(n) for a, n in zip(ATTRIBUTES, SMALL.sizes, strict=True)]), -1
    )
    best = np.sort(world.net(everything.reshape(-1, 5)))[::-1]
    assert nets == best[: len(nets)].tolist()
    assert [c.balance for c in found] == pytest.approx([4 * net for net in nets])


def test_probabilities_and_interval_go_with_the_balance(recommender: Recommender) -> None:
    first = recommender.recommend(Wish(GIVEN))[0]
    assert sum(first.probabilities) == pytest.approx(1.0)
    low, high = first.interval
    assert low < first.balance < high


def test_only_what_is_allowed_and_not_excluded_is_recommended(recommender: Recommender) -> None:
    wish = Wish(GIVEN, allowed={"platform": ["platform 1", "platform 3"]}, excluded={"creative": ["creative 0"]})
    found = recommender.recommend(wish, 100)
    assert {c.values["platform"] for c in found} == {"platform 1", "platform 3"}
    assert {c.values["creative"] for c in found} == {f"creative {i}" for i in range(1, 7)}


def test_a_field_that_nobody_asked_for_is_averaged_over_past_campaigns(recommender: Recommender) -> None:
    found = recommender.recommend(Wish(GIVEN, wanted=["platform"]), 100)
    assert [set(c.values) for c in found] == [{"platform"}] * 4
    sure = recommender.recommend(Wish({**GIVEN, "creative": "creative 1"}, wanted=["platform"]), 1)[0]
    assert found[0].doubt > sure.doubt


def test_a_value_described_by_text_only_is_between_those_it_may_be(recommender: Recommender) -> None:
    offered = {"platform": ["platform 1", "platform 3", "platform 1 3"]}
    found = {
        c.values["platform"]: c
        for c in recommender.recommend(Wish({**GIVEN, "creative": "creative 1"}, offered=offered))
    }
    one, three, either = (found[text] for text in offered["platform"])
    assert either.balance == pytest.approx((one.balance + three.balance) / 2, abs=1e-4)
    assert either.doubt > min(one.doubt, three.doubt)


def test_diversity_gives_other_values_and_keeps_the_best_first(recommender: Recommender) -> None:
    plain, diverse = (recommender.recommend(Wish({"brand": "brand 1"}, diversity=d), 8) for d in (0.0, 0.7))
    assert diverse[0] == plain[0]

    def likeness(found: list) -> float:
        pairs = [(a, b) for i, a in enumerate(found) for b in found[:i]]
        return float(np.mean([sum(a.values[k] == b.values[k] for k in a.values) for a, b in pairs]))

    assert likeness(diverse) < likeness(plain)


def test_caution_prefers_what_is_known(recommender: Recommender) -> None:
    bold, careful = (recommender.recommend(Wish({"brand": "brand 1"}, caution=c), 10) for c in (-2.0, 2.0))
    assert np.mean([c.doubt for c in careful]) < np.mean([c.doubt for c in bold])


def test_pairs_that_no_campaign_had_are_counted(world: World) -> None:
    model = Knowing.of(world)
    fresh = replace(model.known, rows=model.known.rows[model.known.rows[:, 3] != 2])
    found = Recommender(Knowing(fresh)).recommend(Wish({**GIVEN, "creative": "creative 1"}), 100)
    unseen = {c.values["platform"]: c.unseen for c in found}
    assert unseen.pop("platform 2") >= 4
    assert max(unseen.values()) < 4


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        (Wish({a: f"{a} 0" for a in ATTRIBUTES}), "every field is given"),
        (Wish({"colour": "red"}), "no field is called 'colour'"),
        (Wish(GIVEN, wanted=["brand", "platform"]), "given and wanted at once: brand"),
        (Wish(GIVEN, allowed={"platform": []}), "nothing is left"),
        (Wish(GIVEN, offered={"platform": []}), "nothing is left"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(recommender: Recommender, wish: Wish, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        recommender.recommend(wish)
