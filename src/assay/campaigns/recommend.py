"""Complete a campaign: rank the values of its missing fields by the outcome that is expected of the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assay.campaigns.cooccurrence import Cooccurrence
from assay.campaigns.tables import MISSING, Floats, Pair, Tables
from assay.errors import ConfigurationError

POOL = 1_000  # candidates that are looked at closely
EIGHTY = 1.2816  # standard deviations that hold 80 % of a normal distribution


class Structured(Protocol):
    """A model whose knowledge is tables, and which tells what values a text may mean."""

    def tables(self) -> Tables:
        """The learned tables."""
        ...

    def resolve(self, attribute: str, texts: Sequence[str]) -> Floats:
        """How likely each text is each value, ``(texts, values)``; rows sum to 1."""
        ...


@dataclass(frozen=True)
class Wish:
    """What a recommendation starts from.

    Attributes:
        given: texts of the fields that are decided.
        wanted: the fields to fill; by default all that are not given.
        offered: for some fields, the texts to choose from, also ones that no campaign has used; by default all values
            that the model knows.
        allowed, excluded: for some fields, texts of values that may, or may not, be chosen.
        diversity: from 0 (the best only) to 1 (different from each other before all).
        caution: standard deviations of doubt that are taken off each balance; below 0 it seeks what is unknown.
    """

    given: Mapping[str, str]
    wanted: Sequence[str] = ()
    offered: Mapping[str, Sequence[str]] = field(default_factory=dict)
    allowed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    excluded: Mapping[str, Sequence[str]] = field(default_factory=dict)
    diversity: float = 0.0
    caution: float = 0.0


@dataclass(frozen=True)
class Completion:
    """One way to complete a campaign.

    Attributes:
        values: a text for each wanted field.
        probabilities: of the three classes, from the lowest to the highest.
        balance: the expected net balance, in logits; ``doubt`` is its standard deviation.
        unseen: pairs of values that no training campaign has.
    """

    values: Mapping[str, str]
    probabilities: tuple[float, float, float]
    balance: float
    doubt: float
    unseen: int

    @property
    def interval(self) -> tuple[float, float]:
        """The balance lies between these with a probability of 80 %, as far as the model knows itself."""
        return self.balance - EIGHTY * self.doubt, self.balance + EIGHTY * self.doubt


@dataclass(frozen=True)
class Grid:
    """All combinations of candidates for the wanted fields.

    Attributes:
        fields: the wanted fields, the axes of ``balance`` and ``variance``.
        texts: the candidates of each.
        meaning: how likely each candidate is each value of the model, ``(candidates, values)``.
    """

    fields: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    meaning: tuple[Floats, ...]
    balance: Floats
    variance: Floats
    unseen: Floats


class Recommender:
    """Ranks completions by a structured model."""

    def __init__(self, model: Structured) -> None:
        self._model = model
        self._tables = model.tables()
        self._past = Cooccurrence.fit(self._tables.rows, self._tables.sizes)
        scores, doubts = self._tables.scores, self._tables.doubts
        self._squares = {pair: np.asarray(doubts[pair] + scores[pair] ** 2) for pair in self._tables.pairs}
        self._unseen = {pair: (count == 0).astype(np.float32) for pair, count in self._tables.counts.items()}

    def recommend(self, wish: Wish, count: int = 10) -> list[Completion]:
        """The best completions, the best first.

        Raises:
            ConfigurationError: there is nothing to fill, an unknown field, or nothing left to choose from.
        """
        grid = self.grid(wish)
        worth = np.asarray(grid.balance - wish.caution * np.sqrt(grid.variance), np.float32).ravel()
        pool = _largest(worth, max(POOL, count) if wish.diversity else count)
        places: NDArray[np.intp] = np.stack(np.unravel_index(pool, grid.balance.shape), axis=1)
        chosen = _spread(worth[pool], places, wish.diversity, count)
        return [self._completion(grid, tuple(places[i].tolist())) for i in chosen]

    def grid(self, wish: Wish) -> Grid:
        """The expected balance of every combination of candidates; raises what ``recommend`` does."""
        fields = self._wanted(wish)
        texts, meaning = zip(*(self._candidates(wish, name) for name in fields), strict=True)
        known = {name: self._model.resolve(name, [text])[0] for name, text in wish.given.items()}
        rest = tuple(a for a in self._tables.attributes if a not in known and a not in fields)
        axes = dict(zip(fields, meaning, strict=True))
        weights = {**axes, **{n: w[None, :] for n, w in {**known, **self._others(known, rest)}.items()}}
        balance, variance, unseen = (np.zeros(tuple(map(len, meaning)), np.float32) for _ in range(3))
        for pair in self._tables.pairs:
            score = _met(self._tables.scores[pair], pair, weights, fields)
            balance += score
            variance += np.maximum(_met(self._squares[pair], pair, weights, fields) - score**2, 0.0)
            unseen += _met(self._unseen[pair], pair, weights, fields)
        return Grid(fields, texts, meaning, balance, variance, unseen)

    def _others(self, known: Mapping[str, Floats], rest: tuple[str, ...]) -> dict[str, Floats]:
        """For fields that nobody asked for: how likely each value is in past campaigns with what is given."""
        attributes = self._tables.attributes
        row = np.full((1, len(attributes)), MISSING, np.int64)
        for name, weights in known.items():
            row[0, attributes.index(name)] = int(np.argmax(weights))
        return {n: self._past.values(row, attributes.index(n))[0].astype(np.float32) for n in rest}

    def _wanted(self, wish: Wish) -> tuple[str, ...]:
        attributes = self._tables.attributes
        for name in (*wish.given, *wish.wanted, *wish.offered, *wish.allowed, *wish.excluded):
            if name not in attributes:
                raise ConfigurationError(f"no field is called {name!r}; there are {', '.join(attributes)}")
        wanted = tuple(a for a in attributes if a in (wish.wanted or attributes) and a not in wish.given)
        if not wanted:
            raise ConfigurationError("every field is given; leave out what should be recommended")
        if set(wish.wanted) & set(wish.given):
            raise ConfigurationError(
                f"given and wanted at once: {', '.join(sorted(set(wish.wanted) & set(wish.given)))}"
            )
        return wanted

    def _candidates(self, wish: Wish, name: str) -> tuple[tuple[str, ...], Floats]:
        """The texts to choose from and what they may mean."""
        if name in wish.offered:
            texts = tuple(wish.offered[name])
            meaning = self._model.resolve(name, texts) if texts else np.zeros((0, 1), np.float32)
        else:
            texts = self._tables.texts[name]
            meaning = np.eye(len(texts), dtype=np.float32)
        keep = np.ones(len(texts), bool)
        if name in wish.allowed:
            keep &= self._same(name, meaning, wish.allowed[name])
        if name in wish.excluded:
            keep &= ~self._same(name, meaning, wish.excluded[name])
        if not keep.any():
            raise ConfigurationError(f"nothing is left to choose from for {name}")
        return tuple(t for t, k in zip(texts, keep, strict=True) if k), np.asarray(meaning[keep], np.float32)

    def _same(self, name: str, meaning: Floats, told: Sequence[str]) -> NDArray[np.bool_]:
        """Which candidates mean the same value as one of the texts."""
        if not told:
            return np.zeros(len(meaning), bool)
        values = self._model.resolve(name, list(told)).argmax(axis=1)
        return np.isin(meaning.argmax(axis=1), values)

    def _completion(self, grid: Grid, place: tuple[int, ...]) -> Completion:
        balance, variance = float(grid.balance[place]), float(grid.variance[place])
        low, middle, high = self._tables.probabilities(np.array([balance], np.float32), variance)[0].tolist()
        values = {name: texts[i] for name, texts, i in zip(grid.fields, grid.texts, place, strict=True)}
        return Completion(values, (low, middle, high), balance, variance**0.5, round(float(grid.unseen[place])))


def _met(table: Floats, pair: Pair, weights: Mapping[str, Floats], fields: tuple[str, ...]) -> Floats:
    """A pair's table for all candidates, with an axis of its own for each wanted field."""
    a, b = pair
    met = weights[a] @ table @ weights[b].T
    shape = [1] * len(fields)
    for name, length in zip(pair, met.shape, strict=True):
        if name in fields:
            shape[fields.index(name)] = length
    return np.asarray(met.reshape(shape), np.float32)


def _largest(worth: Floats, count: int) -> NDArray[np.intp]:
    """Places of the largest values, the largest first; among equals, the first ones."""
    if count < len(worth):
        edge = np.partition(worth, len(worth) - count)[len(worth) - count]
        sure, equal = np.flatnonzero(worth > edge), np.flatnonzero(worth == edge)
        found = np.concatenate([sure, equal[: count - len(sure)]])
    else:
        found = np.arange(len(worth))
    return found[np.argsort(-worth[found], kind="stable")]


def _spread(worth: Floats, places: NDArray[np.intp], diversity: float, count: int) -> list[int]:
    """Choose one after the other: worth, less likeness to what is chosen (maximal marginal relevance, 1998).

    Worth and likeness (the share of equal fields) are both between 0 and 1.
    """
    if not diversity:
        return list(range(min(count, len(worth))))
    spread = float(worth[0] - worth[-1])
    scaled = (worth - worth[-1]) / max(spread, 1e-9)
    like = np.zeros(len(worth), np.float64)
    free = np.ones(len(worth), bool)
    chosen: list[int] = []
    while len(chosen) < count and free.any():
        gain = np.where(free, (1 - diversity) * scaled - diversity * like, -np.inf)
        best = int(np.argmax(gain))
        chosen.append(best)
        free[best] = False
        like = np.maximum(like, (places == places[best]).mean(axis=1))
    return chosen
