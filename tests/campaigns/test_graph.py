"""The hidden world: values, relations, labels, texts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from assay.campaigns.graph import PAIRS, World, build_world
from assay.campaigns.knobs import ATTRIBUTES, VERSIONS, Knobs, knobs_of
from assay.errors import ConfigurationError


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(VERSIONS["V15"])


def test_ten_tables_of_signs_as_dense_as_the_knobs_say(world: World) -> None:
    assert len(world.relations) == 10
    for (a, b), relation in world.relations.items():
        assert relation.shape == (len(world.attributes[a]), len(world.attributes[b]))
        assert set(np.unique(relation)) <= {-1, 0, 1}
        strength = [world.knobs.strength[ATTRIBUTES.index(name)] for name in (a, b)]
        assert np.mean(relation != 0) == pytest.approx(world.knobs.density * strength[0] * strength[1], abs=0.02)


def test_the_same_knobs_give_the_same_world_and_another_seed_another(world: World) -> None:
    again, other = build_world(VERSIONS["V15"]), build_world(replace(VERSIONS["V15"], seed=99))
    assert all(np.array_equal(world.relations[p], again.relations[p]) for p in PAIRS)
    assert any(not np.array_equal(world.relations[p], other.relations[p]) for p in PAIRS)


def test_the_net_balance_is_the_sum_of_ten_relations(world: World) -> None:
    campaigns = world.draw(50, np.random.default_rng(1))
    for campaign, net in zip(campaigns.tolist(), world.net(campaigns).tolist(), strict=True):
        places = {name: campaign[i] for i, name in enumerate(ATTRIBUTES)}
        assert net == sum(int(world.relations[a, b][places[a], places[b]]) for a, b in PAIRS)


def test_labels_follow_the_thresholds_but_for_noise(world: World) -> None:
    rng = np.random.default_rng(2)
    campaigns = world.draw(5_000, rng)
    net, labels = world.net(campaigns), world.label(campaigns, rng)
    told = (net > world.knobs.lower).astype(int) + (net > world.knobs.upper)
    assert np.mean(told == labels) > 0.99


def test_campaigns_repeat_past_combinations_where_the_knobs_say_so(world: World) -> None:
    rng = np.random.default_rng(3)
    repeated = len(np.unique(world.draw(3_000, rng)[:, :4], axis=0))
    wide = build_world(VERSIONS["V15-wide"])
    assert repeated < 1_600
    assert len(np.unique(wide.draw(3_000, rng)[:, :4], axis=0)) > 2_900


def test_values_differ_in_at_least_two_traits(world: World) -> None:
    for attribute in ATTRIBUTES[:4]:
        values = world.attributes[attribute]
        apart = [sum(a.traits[t] != b.traits[t] for t in a.traits) for a in values for b in values if a.id < b.id]
        assert min(apart) >= 2


def test_a_value_has_many_texts_and_none_holds_its_id(world: World) -> None:
    for attribute in ATTRIBUTES:
        rng = np.random.default_rng(4)
        texts = world.render_all(attribute, np.zeros(500, dtype=np.intp), rng)
        assert len(set(texts)) > 200
        assert not any(world.attributes[attribute][0].id in text for text in texts)


def test_places_are_lists_of_zip_codes_of_their_region(world: World) -> None:
    text = world.render("geography", 3, np.random.default_rng(5))
    zips = [word.strip(",;/") for word in text.split() if word.strip(",;/").isdigit()]
    assert 3 <= len(zips) <= 8
    assert set(zips[:2]) <= set(world.attributes["geography"][3].zips)


def test_knobs_survive_a_card() -> None:
    for knobs in VERSIONS.values():
        assert Knobs.from_json(knobs.to_json() | {"sizes": list(knobs.sizes)}) == knobs


@pytest.mark.parametrize("wrong", [{"sizes": (1, 2, 2, 2, 2)}, {"density": 1.5}, {"lower": 3.0}, {"noise": 0.0}])
def test_knobs_that_make_no_world_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        replace(VERSIONS["V15"], **wrong)  # type: ignore[arg-type]


def test_an_unknown_version_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match="V99"):
        knobs_of("V99")


def test_how_likely_a_value_is_agrees_with_how_often_it_is_drawn() -> None:
    world = build_world(replace(VERSIONS["V15"], sizes=(4, 3, 3, 3, 3), cores=5))
    campaigns = world.draw(200_000, np.random.default_rng(0))
    asked = campaigns[:1].copy()
    alike = (campaigns[:, 1:4] == asked[0, 1:4]).all(axis=1)
    drawn = np.bincount(campaigns[alike, 0], minlength=4) / alike.sum()
    assert world.likely(asked, 0)[0] == pytest.approx(drawn, abs=0.02)
    assert world.likely(asked, 4)[0] == pytest.approx(np.full(3, 1 / 3))
