"""Relations are learned from campaigns whose values are known: as numbers, and as signs."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from assay.campaigns.graph import World, build_world
from assay.campaigns.knobs import VERSIONS
from assay.campaigns.models.affinity import Affinity
from assay.campaigns.models.pairs import PairTable, _Problem, fit_pairs
from assay.campaigns.models.ternary import Length, Scale, sample

SMALL = replace(VERSIONS["V15"], sizes=(6, 6, 6, 5, 5), cores=0)
NO_TRAITS = [np.zeros((size, 0)) for size in SMALL.sizes]
SCALE = Scale(-2.5, 2.5, 0.3)


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(SMALL)


@pytest.fixture(scope="module")
def campaigns(world: World) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    codes = world.draw(6_000, rng)
    return codes, world.label(codes, rng)


@pytest.fixture(scope="module")
def fitted(campaigns: tuple[np.ndarray, np.ndarray]) -> PairTable:
    codes, labels = campaigns
    return fit_pairs(codes[:5_000], labels[:5_000], NO_TRAITS, 0.1, 150)


def test_the_gradient_is_that_of_the_loss(campaigns: tuple[np.ndarray, np.ndarray]) -> None:
    codes, labels = campaigns
    traits = [np.random.default_rng(i).normal(size=(size, 2)) for i, size in enumerate(SMALL.sizes)]
    problem = _Problem(codes[:300], labels[:300], traits, 0.5)
    rng = np.random.default_rng(1)
    x, step = problem.start() + 0.1 * rng.normal(size=len(problem.start())), rng.normal(size=len(problem.start()))
    ahead, behind = problem.loss(x + 1e-5 * step)[0], problem.loss(x - 1e-5 * step)[0]
    assert (ahead - behind) / 2e-5 == pytest.approx(problem.loss(x)[1] @ step, rel=1e-5)


def test_the_pair_table_predicts_campaigns_it_has_not_seen(
    campaigns: tuple[np.ndarray, np.ndarray], fitted: PairTable
) -> None:
    codes, labels = campaigns
    chances = fitted.probabilities(codes[5_000:])
    assert chances.sum(axis=1) == pytest.approx(np.ones(1_000))
    assert np.mean(chances.argmax(axis=1) == labels[5_000:]) > 0.95
    assert fitted.low < fitted.high


def test_sampled_signs_are_the_hidden_relations(
    world: World, campaigns: tuple[np.ndarray, np.ndarray], fitted: PairTable
) -> None:
    codes, labels = campaigns
    unit = (SCALE.upper - SCALE.lower) / (fitted.high - fitted.low)
    first = [t * unit for t in fitted.tables]
    chain = sample(codes[:5_000], labels[:5_000], NO_TRAITS, first, SCALE, Length(150, 50, 1.5), seed=0)
    chances = chain.probabilities(codes[5_000:], SCALE)
    assert np.mean(chances.argmax(axis=1) == labels[5_000:]) > 0.97
    # Constants can move between tables, but what two campaigns differ by cannot.
    found = sum(t[codes[:, i], codes[:, j]] for t, (i, j) in zip(chain.mean(), combinations(range(5), 2), strict=True))
    assert np.corrcoef(found, world.net(codes))[0, 1] > 0.98


def test_the_same_seed_draws_the_same_chain(campaigns: tuple[np.ndarray, np.ndarray], fitted: PairTable) -> None:
    codes, labels = campaigns
    brief = Length(5, 20, 1.0)
    chains = [sample(codes, labels, NO_TRAITS, fitted.tables, SCALE, brief, seed=s) for s in (1, 1, 2)]
    same = [all(np.array_equal(a, b) for a, b in zip(chains[0].tables, c.tables, strict=True)) for c in chains]
    assert same == [True, True, False]


def test_traits_tell_of_pairs_that_no_campaign_has() -> None:
    profile = np.repeat(np.eye(3), 4, axis=0)
    signs = np.kron(np.where(np.eye(3) > 0, 1, -1), np.ones((4, 4))).astype(np.intp)
    told, rng = signs.copy(), np.random.default_rng(0)
    affinity = Affinity(profile, profile, np.zeros((12, 12)))
    chances = []
    for _ in range(200):
        # Nothing is known of the first pair: its sign follows the prior.
        prior = affinity.draw(told, rng)
        told[0, 0] = prior[:, 0].argmax() - 1
        chances.append(np.exp(prior[:, 0]))
    assert np.mean(chances[50:], axis=0)[2] > 0.8


def test_without_traits_the_prior_is_the_share_of_relations() -> None:
    rng = np.random.default_rng(0)
    signs = rng.choice([-1, 0, 1], p=[0.15, 0.7, 0.15], size=(40, 40))
    affinity = Affinity(np.zeros((40, 0)), np.zeros((40, 0)), np.zeros((40, 40)))
    chances = np.mean([np.exp(affinity.draw(signs, rng)).mean(axis=1) for _ in range(100)], axis=0)
    assert chances == pytest.approx([0.15, 0.7, 0.15], abs=0.05)
