"""Recommenders against the hidden world."""

from __future__ import annotations

import numpy as np
import pytest

from assay.campaigns.ranking import hit, ndcg, regret
from assay.campaigns.trials import ByChance, ByPopularity, ByTables, subsets, trials
from tests.campaigns.toys import Knowing, named_world

TRUTH = np.array([0.0, 3.0, 1.0, 4.0])


def test_the_best_order_has_no_regret_and_full_gain() -> None:
    order = np.array([3, 1, 2, 0])
    assert (regret(TRUTH, order), ndcg(TRUTH, order, 3), hit(TRUTH, order, 1)) == (0.0, 1.0, 1.0)


def test_regret_is_a_share_of_what_chance_costs() -> None:
    assert regret(TRUTH, np.array([2, 1, 0, 3])) == pytest.approx((4 - 1) / (4 - 2))


def test_gain_counts_less_further_down() -> None:
    late, early = np.array([0, 2, 1, 3]), np.array([1, 3, 2, 0])
    assert ndcg(TRUTH, late, 4) < ndcg(TRUTH, early, 4) < 1
    assert hit(TRUTH, late, 3) == 0.0
    assert hit(TRUTH, late, 4) == 1.0


def test_there_are_thirty_sets_of_given_fields() -> None:
    assert len(set(subsets())) == 30


def test_who_knows_the_world_ranks_perfectly_and_chance_does_not() -> None:
    world = named_world()
    model = Knowing.of(world)
    rankers = {"tables": ByTables(model), "chance": ByChance(0), "popular": ByPopularity(model)}
    given = [("audience", "brand", "geography"), ("platform",)]
    found = {(t.ranker, t.given): t for t in trials(world, rankers, 30, 1, given, most=200)}
    assert len(found) == 6
    for known in given:
        knowing, chance = found["tables", known], found["chance", known]
        assert (knowing.regret, knowing.hit1) == (0.0, 1.0)
        assert knowing.ndcg == pytest.approx(1.0)
        assert 0.7 < chance.regret < 1.3
    assert found["tables", given[0]].candidates == 28
    assert found["tables", given[1]].candidates == 200
