"""Try recommenders on the hidden world: for each set of given fields, what they rank first against what is best.

The only place besides the generator that sees the world. Recommenders see texts only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assay.campaigns.graph import World
from assay.campaigns.knobs import ATTRIBUTES
from assay.campaigns.ranking import hit, ndcg, regret
from assay.campaigns.recommend import Recommender, Structured, Wish

MOST = 10_000  # candidates of a query; where there are more, this many are drawn
Places = NDArray[np.intp]
Texts = Mapping[str, Sequence[str]]


class Ranker(Protocol):
    """Gives each candidate a figure; the largest is recommended."""

    def worth(self, given: Mapping[str, str], offered: Texts, places: Places) -> NDArray[np.floating]:
        """The worth of candidates.

        Args:
            given: the texts of the fields that are decided.
            offered: the texts to choose from, for each other field.
            places: the candidates, ``(candidates, offered fields)``: which text of each field.
        """
        ...


@dataclass(frozen=True)
class Trial:
    """How a ranker did with one set of given fields: means over its queries.

    Attributes:
        candidates: how many there were to rank in each query.
        queries: how many had a best candidate at all.
        regret: of the first choice, 0 best and 1 random; ``ndcg`` and ``hit`` are of the first ten, ``hit5`` of five,
            ``hit1`` of the first.
    """

    ranker: str
    given: tuple[str, ...]
    candidates: int
    queries: int
    regret: float
    ndcg: float
    hit: float
    hit5: float
    hit1: float


def subsets() -> list[tuple[str, ...]]:
    """The 30 sets of given fields: not none and not all."""
    return [chosen for size in range(1, len(ATTRIBUTES)) for chosen in combinations(ATTRIBUTES, size)]


def trials(
    world: World,
    rankers: Mapping[str, Ranker],
    queries: int,
    seed: int,
    given: Sequence[tuple[str, ...]] | None = None,
    most: int = MOST,
) -> Iterator[Trial]:
    """Try each ranker with each set of given fields, all on the same queries and candidates.

    A query is a campaign of the world's own, of which some fields are hidden. A field offers one text of each of its
    values.
    """
    rng = np.random.default_rng(np.random.SeedSequence([world.knobs.seed, seed, 3]))
    catalogue = {a: world.render_all(a, np.arange(len(world.attributes[a])), rng) for a in ATTRIBUTES}
    for known in subsets() if given is None else given:
        wanted = tuple(a for a in ATTRIBUTES if a not in known)
        sizes = [len(catalogue[a]) for a in wanted]
        total = int(np.prod(sizes))
        found: dict[str, list[tuple[float, ...]]] = {name: [] for name in rankers}
        for campaign in world.draw(queries, rng):
            chosen = np.arange(total) if total <= most else rng.choice(total, most, replace=False)
            places = np.stack(np.unravel_index(chosen, sizes), axis=1)
            truth = _truth(world, campaign, wanted, places)
            told = {a: world.render(a, int(campaign[ATTRIBUTES.index(a)]), rng) for a in known}
            if truth.min() == truth.max():
                continue
            offered = {a: catalogue[a] for a in wanted}
            for name, ranker in rankers.items():
                order = np.argsort(-ranker.worth(told, offered, places), kind="stable")
                hits = (hit(truth, order, k) for k in (10, 5, 1))
                found[name].append((regret(truth, order), ndcg(truth, order), *hits))
        for name, results in found.items():
            means = np.mean(results, axis=0).tolist() if results else [float("nan")] * 5
            yield Trial(name, known, min(total, most), len(results), *means)


def _truth(world: World, campaign: NDArray[np.intp], wanted: Sequence[str], places: Places) -> NDArray[np.float64]:
    """The net balance of every candidate, without noise."""
    whole = np.tile(campaign, (len(places), 1))
    for column, name in enumerate(wanted):
        whole[:, ATTRIBUTES.index(name)] = places[:, column]
    return world.net(whole)


class ByTables:
    """assay's recommender."""

    def __init__(self, model: Structured) -> None:
        self._recommender = Recommender(model)

    def worth(self, given: Mapping[str, str], offered: Texts, places: Places) -> NDArray[np.floating]:
        """The expected balance."""
        grid = self._recommender.grid(Wish(given, offered=offered))
        return grid.balance[tuple(places[:, i] for i in range(places.shape[1]))]


class ByChance:
    """Any order."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def worth(self, given: Mapping[str, str], offered: Texts, places: Places) -> NDArray[np.floating]:
        """Random figures."""
        return self._rng.random(len(places))


class ByPopularity:
    """What past campaigns used most, together with what is given."""

    def __init__(self, model: Structured) -> None:
        self._model, self._tables = model, model.tables()

    def worth(self, given: Mapping[str, str], offered: Texts, places: Places) -> NDArray[np.floating]:
        """Training campaigns with each pair of a given value and an offered one, summed as logarithms."""
        code = {name: int(self._model.resolve(name, [text])[0].argmax()) for name, text in given.items()}
        total = np.zeros(len(places))
        for column, name in enumerate(offered):
            values = self._model.resolve(name, list(offered[name])).argmax(axis=1)
            for other, known in code.items():
                first, second = sorted((name, other), key=self._tables.attributes.index)
                counts = self._tables.counts[first, second]
                seen = counts[values, known] if first == name else counts[known, values]
                total += np.log1p(seen)[places[:, column]]
        return total


class Classifier(Protocol):
    """Predicts the outcome of campaigns in texts."""

    def predict_proba(self, campaigns: Mapping[str, Sequence[str | None]]) -> NDArray[np.floating]:
        """The probability of each class, ``(rows, 3)``."""
        ...


class ByClasses:
    """Classify every candidate, and take the likeliest to overperform: what one does without tables."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    def worth(self, given: Mapping[str, str], offered: Texts, places: Places) -> NDArray[np.floating]:
        """The probability of the highest class, less that of the lowest."""
        rows: dict[str, list[str | None]] = {name: [text] * len(places) for name, text in given.items()}
        for column, name in enumerate(offered):
            rows[name] = [offered[name][i] for i in places[:, column].tolist()]
        told = self._classifier.predict_proba(rows)
        return np.asarray(told[:, 2] - told[:, 0])
