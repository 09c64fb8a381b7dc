"""Texts become values without labels."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from assay.campaigns.graph import World, build_world
from assay.campaigns.knobs import VERSIONS
from assay.campaigns.models.resolver import Resolver, fit_resolver
from assay.campaigns.models.synonyms import find_groups
from assay.campaigns.models.tokens import frequent_words, incidence, tokenise

ROWS = 4_000


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(VERSIONS["V15"])


def texts(world: World, attribute: str, rows: int, seed: int) -> tuple[pa.Array, np.ndarray]:
    rng = np.random.default_rng(seed)
    codes = rng.integers(len(world.attributes[attribute]), size=rows)
    return pa.array(world.render_all(attribute, codes, rng)), codes


@pytest.fixture(scope="module")
def platforms(world: World) -> Resolver:
    return fit_resolver(texts(world, "platform", ROWS, 1)[0])


def test_words_are_lower_case_and_missing_texts_have_none() -> None:
    tokens = tokenise(pa.array(["Buy NOW, café-bar!", None, ""]))
    assert tokens.words.to_pylist()[:4] == ["buy", "now", "café", "bar"]
    counts = incidence(tokens, frequent_words(tokens, 1))
    assert np.diff(counts.indptr).tolist() == [4, 0, 0]


def test_synonyms_are_found_by_the_company_they_keep(world: World) -> None:
    told, _ = texts(world, "platform", ROWS, 2)
    tokens = tokenise(told)
    words = frequent_words(tokens, 5)
    groups = find_groups(incidence(tokens, words))
    of = dict(zip(words.to_pylist(), groups.of_word.tolist(), strict=True))
    assert of["podcasts"] == of["audiobooks"] != -1
    assert of["podcasts"] != of["shopping"]


def test_every_value_is_found_and_fresh_texts_resolve_to_it(world: World, platforms: Resolver) -> None:
    fresh, codes = texts(world, "platform", 1_000, 3)
    found = platforms.resolve(fresh)
    counts = np.zeros((platforms.values, len(world.attributes["platform"])))
    np.add.at(counts, (found, codes), 1)
    assert platforms.values == len(world.attributes["platform"])
    assert counts.max(axis=1).sum() / 1_000 > 0.98


def test_values_of_many_traits_are_mostly_told_apart(world: World) -> None:
    resolver = fit_resolver(texts(world, "creative", 2 * ROWS, 4)[0])
    fresh, codes = texts(world, "creative", 1_000, 5)
    counts = np.zeros((resolver.values, len(world.attributes["creative"])))
    np.add.at(counts, (resolver.resolve(fresh), codes), 1)
    assert counts.max(axis=1).sum() / 1_000 > 0.95


def test_a_text_of_unknown_words_is_no_value_and_its_posterior_is_the_shares(platforms: Resolver) -> None:
    strange = pa.array(["xyzzy plugh", None])
    assert platforms.resolve(strange).tolist() == [-1, -1]
    assert platforms.posterior(strange)[0] == pytest.approx(np.exp(platforms.log_share))


def test_a_column_of_few_distinct_texts_is_taken_as_it_is() -> None:
    told = pa.array([f"brand-{i % 7:02d}" for i in range(700)])
    resolver = fit_resolver(told)
    assert resolver.values == 7
    assert len({(int(c), t) for c, t in zip(resolver.resolve(told), told.to_pylist(), strict=True)}) == 7


def test_no_text_at_all_is_one_value() -> None:
    resolver = fit_resolver(pa.nulls(50, pa.string()))
    assert resolver.values == 1
    assert resolver.resolve(pa.array(["anything"])).tolist() == [-1]


def test_each_value_has_a_typical_text_that_resolves_to_it(platforms: Resolver) -> None:
    assert platforms.resolve(pa.array(platforms.texts)).tolist() == list(range(platforms.values))
