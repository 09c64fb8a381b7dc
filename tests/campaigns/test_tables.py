"""Balances, probabilities and doubts of tables."""

from __future__ import annotations

import numpy as np
import pytest

from assay.campaigns.tables import Tables
from tests.campaigns.toys import SMALL, Knowing, named_world


@pytest.fixture(scope="module")
def tables() -> Tables:
    return Knowing.of(named_world()).tables()


def test_a_balance_is_the_sum_of_ten_relations(tables: Tables) -> None:
    world = named_world()
    campaigns = world.draw(50, np.random.default_rng(0))
    assert tables.balance(campaigns) == pytest.approx(4 * world.net(campaigns))


def test_probabilities_sum_to_one_and_follow_the_balance(tables: Tables) -> None:
    told = tables.probabilities(np.linspace(-40, 40, 9, dtype=np.float32))
    assert told.sum(axis=1) == pytest.approx(1.0)
    assert (np.diff(told[:, 0]) <= 0).all()
    assert (np.diff(told[:, 2]) >= 0).all()
    assert told.argmax(axis=1).tolist() == [0, 0, 0, 0, 1, 2, 2, 2, 2]


def test_doubt_draws_probabilities_together(tables: Tables) -> None:
    sure, unsure = (tables.probabilities(np.array([30.0], np.float32), v)[0] for v in (0.0, 400.0))
    assert sure[2] > unsure[2] > 0.5
    assert unsure[0] > sure[0]


def test_what_was_seen_more_often_is_doubted_less(tables: Tables) -> None:
    pair = ("audience", "brand")
    counts, doubts = tables.counts[pair], tables.doubts[pair]
    assert counts.sum() == len(tables.rows)
    order = np.argsort(counts.ravel())
    assert (np.diff(doubts.ravel()[order]) <= 1e-6).all()
    assert doubts.ravel()[order[-1]] < doubts.ravel()[order[0]]


def test_sizes_are_those_of_the_texts(tables: Tables) -> None:
    assert tables.sizes == SMALL.sizes
