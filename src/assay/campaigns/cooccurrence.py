"""Which values go with which in past campaigns: ``P(missing fields | given fields)``.

Campaigns repeat past combinations and change some of their fields. The model says just that: a campaign is one of the
combinations that came often, each field replaced with a probability of its own by any value (drawn as often as it
comes), or it is a free draw of all fields. The shares and the probabilities are fitted by expectation maximisation.
Fields that go with no other, such as places drawn at random, are left out of the combinations.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from assay.campaigns.tables import MISSING

Floats = NDArray[np.float64]
Codes = NDArray[np.integer]

OFTEN = 3  # rows that make a combination a past one
MOST = 4_000  # past combinations that are held
FITTED = 4_000  # rows that the shares are fitted on
ROUNDS = 6
CERTAIN = 6.0  # standard deviations of a dependence beyond chance
BATCH = 4_000_000  # cells of a working matrix


@dataclass(frozen=True)
class Cooccurrence:
    """The fitted mixture.

    Attributes:
        frequency: for each field, how often each value comes.
        held: which fields combinations hold.
        combinations: past combinations as codes, ``(combinations, fields)``; fields that are not held are 0.
        shares: of each combination, and last of free draws.
        replaced: for each field, how often a repeated campaign changes it; 1 for those that are not held.
    """

    frequency: tuple[Floats, ...]
    held: tuple[bool, ...]
    combinations: Codes
    shares: Floats
    replaced: Floats

    @classmethod
    def fit(cls, rows: Codes, sizes: tuple[int, ...]) -> Cooccurrence:
        """Learn it from campaigns as codes, ``(rows, fields)``; rows with missing fields are left out."""
        whole = rows[(rows != MISSING).all(axis=1)].astype(np.int64)
        frequency = tuple(_frequency(whole[:, f], size) for f, size in enumerate(sizes))
        held = _dependent(whole, sizes)
        kept = np.where(held, whole, 0)
        distinct, counts = np.unique(kept, axis=0, return_counts=True)
        often = np.argsort(-counts, kind="stable")[:MOST]
        often = often[counts[often] >= OFTEN]
        past = distinct[often] if held.any() else distinct[:0]
        start = np.append(counts[often] if len(past) else [], max(1.0, len(whole) - counts[often].sum()))
        replaced = np.where(held, 0.1, 1.0)
        fitted = cls(frequency, tuple(held.tolist()), past, start / start.sum(), replaced)
        chosen = whole[:: max(1, len(whole) // FITTED)][:FITTED]
        for _ in range(ROUNDS if len(past) else 0):
            fitted = fitted._improved(chosen)
        return fitted

    def _improved(self, rows: Codes) -> Cooccurrence:
        """One round of expectation maximisation."""
        owner = self.posterior(rows)
        shares = owner.sum(axis=0) + 1e-3
        replaced = self.replaced.copy()
        repeated = owner[:, :-1].sum() + 2.0
        for f, held in enumerate(self.held):
            if held:
                same = rows[:, f, None] == self.combinations[None, :, f]
                by_chance = self.replaced[f] * self.frequency[f][rows[:, f]]
                drawn = np.where(same, (by_chance / (1 - self.replaced[f] + by_chance))[:, None], 1.0)
                replaced[f] = np.clip(((owner[:, :-1] * drawn).sum() + 0.1) / repeated, 1e-3, 0.95)
        return Cooccurrence(self.frequency, self.held, self.combinations, shares / shares.sum(), replaced)

    def posterior(self, rows: Codes) -> Floats:
        """Of which combination each row is, given what is given of it, ``(rows, combinations + 1)``; last: of none."""
        logs = np.tile(np.log(self.shares), (len(rows), 1))
        for f, frequency in enumerate(self.frequency):
            given = np.flatnonzero(rows[:, f] != MISSING)
            by_chance = frequency[rows[given, f]]
            logs[given, -1] += np.log(by_chance)
            if self.held[f]:
                drawn = np.log(self.replaced[f] * by_chance)
                kept = np.log(1 - self.replaced[f] + self.replaced[f] * by_chance)
                same = rows[given, f, None] == self.combinations[None, :, f]
                logs[given, :-1] += np.where(same, kept[:, None], drawn[:, None])
            elif len(self.combinations):
                logs[given, :-1] += np.log(by_chance)[:, None]
        logs -= logs.max(axis=1, keepdims=True)
        np.exp(logs, out=logs)
        logs /= logs.sum(axis=1, keepdims=True)
        return logs

    def values(self, rows: Codes, field: int) -> Floats:
        """The probability of each value of a field, given the others that are given, ``(rows, values)``."""
        asked = rows.copy()
        asked[:, field] = MISSING
        distinct, place = np.unique(asked, axis=0, return_inverse=True)
        found = np.empty((len(distinct), len(self.frequency[field])))
        step = max(1, BATCH // (len(self.combinations) + 1))
        for first in range(0, len(distinct), step):
            owner = self.posterior(distinct[first : first + step])
            found[first : first + step] = owner @ self._emitted(field)
        return np.asarray(found[place.ravel()])

    def _emitted(self, field: int) -> Floats:
        """What each combination has in a field, ``(combinations + 1, values)``."""
        frequency = self.frequency[field]
        table = np.tile(frequency, (len(self.combinations) + 1, 1))
        if self.held[field] and len(self.combinations):
            table[:-1] *= self.replaced[field]
            table[np.arange(len(self.combinations)), self.combinations[:, field]] += 1 - self.replaced[field]
        return table

    def draw(self, rows: Codes, times: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Completions of each row, ``(rows, times, fields)``: what is given stays, what is missing is drawn jointly."""
        complete = np.repeat(rows[:, None, :].astype(np.int64), times, axis=1)
        step = max(1, BATCH // (len(self.combinations) + 1))
        for first in range(0, len(rows), step):
            part = complete[first : first + step]
            owners = _choose(self.posterior(rows[first : first + step]), times, rng)
            for f, frequency in enumerate(self.frequency):
                absent = np.flatnonzero(rows[first : first + step, f] == MISSING)
                if not len(absent):
                    continue
                drawn = _choose(frequency[None, :], len(absent) * times, rng).reshape(len(absent), times)
                if self.held[f] and len(self.combinations):
                    owner = owners[absent]
                    repeats = (owner < len(self.combinations)) & (rng.random(owner.shape) >= self.replaced[f])
                    drawn[repeats] = self.combinations[owner[repeats], f]
                part[absent, :, f] = drawn
        return complete


def _frequency(codes: Codes, size: int) -> Floats:
    """How often each value comes; none never."""
    return np.asarray((np.bincount(codes, minlength=size) + 0.5) / (len(codes) + 0.5 * size), np.float64)


def _choose(probabilities: Floats, times: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draws from each row of probabilities, evenly spread (systematic sampling), in a random order."""
    edges = np.cumsum(probabilities, axis=1)
    points = (rng.permuted(np.tile(np.arange(times), (len(edges), 1)), axis=1) + rng.random((len(edges), 1))) / times
    found = np.empty((len(edges), times), np.int64)
    for row, edge in enumerate(edges):
        found[row] = np.searchsorted(edge, points[row] * edge[-1], side="right")
    return np.asarray(np.minimum(found, probabilities.shape[1] - 1))


def _dependent(rows: Codes, sizes: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which fields depend on another one, by the chi-squared statistic of each pair's table."""
    held = np.zeros(len(sizes), bool)
    if not len(rows):
        return held
    for i, j in combinations(range(len(sizes)), 2):
        table = np.zeros((sizes[i], sizes[j]))
        np.add.at(table, (rows[:, i], rows[:, j]), 1.0)
        expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / len(rows)
        seen = expected > 0
        # Pearson's statistic: unlike the likelihood ratio it keeps its mean where cells are nearly empty.
        statistic = float(((table - expected)[seen] ** 2 / expected[seen]).sum())
        freedom = max(1, (int((table.sum(axis=1) > 0).sum()) - 1) * (int((table.sum(axis=0) > 0).sum()) - 1))
        if (statistic - freedom) / np.sqrt(2 * freedom) > CERTAIN:
            held[[i, j]] = True
    return held
