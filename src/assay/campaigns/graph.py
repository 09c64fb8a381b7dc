"""The hidden world: values with traits, signed relations between them, and the campaigns that they make.

Each of five attributes has values; each pair of values of two attributes has a relation: negative, neutral or positive.
The net balance of a campaign is the sum of its ten relations, and two thresholds make a label of it. All attributes
count the same. Nothing here is fitted to anybody's data: it is a re-creation of a published pattern.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from assay.campaigns.knobs import ATTRIBUTES, Knobs
from assay.campaigns.wordings import Attribute, Traits, Vocabulary, draw_zips, vocabulary, write, write_places

PAIRS = tuple(combinations(ATTRIBUTES, 2))
BATCH = 2_000  # rows that are compared with all past combinations at once

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Value:
    """One value of an attribute.

    Attributes:
        id: its name, which no text holds.
        traits: its level of each trait of the attribute.
        zips: its zip codes; empty for all but places.
    """

    id: str
    traits: Traits
    zips: tuple[str, ...] = ()


@dataclass(frozen=True)
class World:
    """A hidden world. Campaigns are rows of five indices into the values, in the order of ``ATTRIBUTES``.

    Attributes:
        knobs: what it was made with.
        attributes: the values of each attribute.
        relations: for each pair of attributes, a matrix of -1, 0 and 1 by their values.
        cores: past combinations that campaigns repeat, ``(cores, 5)``; none where campaigns are independent draws.
    """

    knobs: Knobs
    attributes: dict[str, tuple[Value, ...]]
    relations: dict[tuple[str, str], NDArray[np.int8]]
    cores: Codes

    def draw(self, rows: int, rng: np.random.Generator) -> Codes:
        """Random campaigns, ``(rows, 5)``; geography is always random."""
        sizes = np.array(self.knobs.sizes)
        free = rng.integers(0, sizes, size=(rows, len(sizes)))
        if not len(self.cores):
            return free
        campaigns = self.cores[rng.integers(len(self.cores), size=rows)].copy()
        campaigns[:, -1] = free[:, -1]
        changed = np.flatnonzero(rng.random(rows) < self.knobs.redraw)
        field = rng.integers(len(sizes) - 1, size=len(changed))
        campaigns[changed, field] = free[changed, field]
        return campaigns

    def likely(self, campaigns: Codes, column: int) -> Floats:
        """How likely each value of an attribute is, given the others and how campaigns are drawn, ``(rows, values)``.

        Args:
            column: the attribute; what campaigns have there does not count.
        """
        sizes = self.knobs.sizes
        if not len(self.cores) or column == len(sizes) - 1:
            return np.full((len(campaigns), sizes[column]), 1 / sizes[column])
        others = [c for c in range(len(sizes) - 1) if c != column]
        share = self.knobs.redraw / (len(sizes) - 1)  # of campaigns that redraw one given attribute
        worth = np.zeros((len(campaigns), sizes[column]))
        told = (self.cores[:, column, None] == np.arange(sizes[column])).astype(float)
        for start in range(0, len(campaigns), BATCH):
            rows = campaigns[start : start + BATCH]
            same = np.stack([rows[:, c, None] == self.cores[:, c] for c in others])
            count = same.sum(axis=0)
            whole = (count == len(others)).astype(float)
            kept = whole * (1 - self.knobs.redraw + sum(share / sizes[c] for c in others))
            for place, c in enumerate(others):
                kept += ((count == len(others) - 1) & ~same[place]) * (share / sizes[c])
            worth[start : start + BATCH] = kept @ told + whole.sum(axis=1, keepdims=True) * share / sizes[column]
        worth += 1e-12
        return np.asarray(worth / worth.sum(axis=1, keepdims=True))

    def net(self, campaigns: Codes) -> Floats:
        """The net balance of each campaign's ten relations, without noise."""
        total = np.zeros(len(campaigns))
        for (a, b), relation in self.relations.items():
            total += relation[campaigns[:, ATTRIBUTES.index(a)], campaigns[:, ATTRIBUTES.index(b)]]
        return total

    def label(self, campaigns: Codes, rng: np.random.Generator) -> NDArray[np.int8]:
        """Outcomes as indices into ``CLASSES``, with noise and what no text tells."""
        spread = np.hypot(self.knobs.noise, self.knobs.hidden)
        balance = self.net(campaigns) + rng.normal(0.0, spread, len(campaigns))
        return (balance > self.knobs.lower).astype(np.int8) + (balance > self.knobs.upper).astype(np.int8)

    def render(self, attribute: str, value_index: int, rng: np.random.Generator) -> str:
        """One of the many texts that tell a value."""
        return self.render_all(attribute, np.array([value_index]), rng)[0]

    def render_all(self, attribute: str, codes: Codes, rng: np.random.Generator) -> list[str]:
        """One text for each code."""
        values = self.attributes[attribute]
        words = vocabulary().attributes[attribute]
        if values[0].zips:
            return write_places(words, [v.zips for v in values], codes, rng)
        return write(words, [v.traits for v in values], codes, self.knobs.terse, rng)


def build_world(knobs: Knobs) -> World:
    """The world of these knobs; the same knobs give the same world."""
    words = vocabulary()
    streams = np.random.SeedSequence([knobs.seed, 1]).spawn(3)
    values, relation, core = (np.random.default_rng(s) for s in streams)
    attributes = {
        name: _values(words.attributes[name], size, values) for name, size in zip(ATTRIBUTES, knobs.sizes, strict=True)
    }
    match = {
        trait: _match(len(levels), trait in words.ordered)
        for name in ATTRIBUTES
        for trait, levels in words.attributes[name].levels.items()
    }
    relations = {pair: _relation(pair, attributes, words, match, knobs, relation) for pair in PAIRS}
    cores = core.integers(0, knobs.sizes, size=(knobs.cores, len(knobs.sizes)))
    return World(knobs, attributes, relations, cores)


def _values(words: Attribute, size: int, rng: np.random.Generator) -> tuple[Value, ...]:
    """Values that differ from each other in at least two traits, so that a text without one still tells which it is."""
    shape = [len(levels) for levels in words.levels.values()]
    chosen: list[NDArray[np.intp]] = []
    for place in rng.permutation(int(np.prod(shape))):
        levels = np.array(np.unravel_index(int(place), shape))
        if all(np.sum(levels != other) >= 2 for other in chosen):
            chosen.append(levels)
        if len(chosen) == size:
            break
    if len(chosen) < size:
        chosen += [rng.integers(0, shape) for _ in range(size - len(chosen))]
    zips: Sequence[tuple[str, ...]] = draw_zips(size, rng) if not words.phrases else [()] * size
    told = [{t: names[i] for (t, names), i in zip(words.levels.items(), c, strict=True)} for c in chosen]
    return tuple(Value(f"{words.name}-{i:02d}", told[i], zips[i]) for i in range(size))


def _match(levels: int, ordered: bool) -> Floats:
    """How well two levels of one trait go together: by their distance, or by being the same."""
    if ordered:
        places = np.arange(levels)
        affinity = -np.abs(places[:, None] - places[None, :]).astype(float)
    else:
        affinity = np.eye(levels)
    return np.asarray((affinity - affinity.mean()) / affinity.std())


def _relation(
    pair: tuple[str, str],
    attributes: dict[str, tuple[Value, ...]],
    words: Vocabulary,
    match: dict[str, Floats],
    knobs: Knobs,
    rng: np.random.Generator,
) -> NDArray[np.int8]:
    """The signs of an affinity: part is explained by traits, part is particular to the two values."""
    first, second = (words.attributes[name].levels for name in pair)
    left, right = ([v.traits for v in attributes[name]] for name in pair)
    score = np.zeros((len(left), len(right)))
    for t, t_levels in first.items():
        for u, u_levels in second.items():
            table = match[t] if t == u else rng.normal(size=(len(t_levels), len(u_levels)))
            rows = [t_levels.index(v[t]) for v in left]
            columns = [u_levels.index(v[u]) for v in right]
            score += table[np.ix_(rows, columns)]
    score = (score - score.mean()) / score.std()
    score = np.sqrt(knobs.explained) * score + np.sqrt(1 - knobs.explained) * rng.normal(size=score.shape)
    strength = [knobs.strength[ATTRIBUTES.index(name)] for name in pair]
    density = knobs.density * strength[0] * strength[1]
    low, high = np.quantile(score, [density / 2, 1 - density / 2])
    return np.asarray((score > high).astype(np.int8) - (score < low).astype(np.int8))
