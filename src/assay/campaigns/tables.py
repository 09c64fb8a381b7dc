"""What a structured model knows: values of each attribute, a table of relations for each pair, and where classes begin.

The balance of a campaign is the sum of one entry of each table. What completes or explains campaigns needs no more than
this, whichever model has learned it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Codes = NDArray[np.int16]
Pair = tuple[str, str]

MISSING = -1  # the code of a field that is not given


@dataclass(frozen=True)
class Tables:
    """Ten tables of relations and what they were learned from.

    Attributes:
        attributes: their names, in the order of all rows of codes.
        texts: for each attribute one typical text of each of its values.
        scores: for each pair of attributes the learned relations, ``(values, values)``, in logits of the outcome.
        rows: the training campaigns as codes, ``(rows, attributes)``.
        low, high: balances at which the classes begin: ``P(lowest) = s(low - balance)``, ``P(highest) = s(balance -
            high)`` with the logistic function ``s``.
    """

    attributes: tuple[str, ...]
    texts: Mapping[str, tuple[str, ...]]
    scores: Mapping[Pair, Floats]
    rows: Codes
    low: float
    high: float

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """All pairs of attributes, in their order."""
        return tuple(combinations(self.attributes, 2))

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many values each attribute has."""
        return tuple(len(self.texts[a]) for a in self.attributes)

    @cached_property
    def counts(self) -> Mapping[Pair, NDArray[np.int64]]:
        """How many training campaigns hold each pair of values."""
        found = {}
        for a, b in self.pairs:
            i, j = self.attributes.index(a), self.attributes.index(b)
            shape = (len(self.texts[a]), len(self.texts[b]))
            known = self.rows[(self.rows[:, i] != MISSING) & (self.rows[:, j] != MISSING)]
            cells = np.ravel_multi_index((known[:, i].astype(np.int64), known[:, j].astype(np.int64)), shape)
            found[a, b] = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
        return found

    @cached_property
    def doubts(self) -> Mapping[Pair, Floats]:
        """The variance of each learned relation: that of all relations where a pair was never seen, less with each row.

        The posterior variance of a normal mean, whose observations each give the information of a training row about
        its balance (Fisher's, of the ordered logistic model).
        """
        whole = self.rows[(self.rows != MISSING).all(axis=1)]
        information = self._information(self.balance(whole)) if len(whole) else 0.0
        doubts = {}
        for pair in self.pairs:
            prior = float(np.var(self.scores[pair])) + 1e-6
            doubts[pair] = (prior / (1.0 + self.counts[pair] * prior * information)).astype(np.float32)
        return doubts

    def _information(self, balance: Floats) -> float:
        lower, upper = _logistic(self.low - balance), _logistic(balance - self.high)
        slopes = (lower * (1 - lower), upper * (1 - upper))
        middle = np.maximum(1 - lower - upper, 1e-9)
        each = slopes[0] * (1 - lower) + slopes[1] * (1 - upper) + (slopes[0] - slopes[1]) ** 2 / middle
        return float(each.mean())

    def balance(self, codes: NDArray[np.integer]) -> Floats:
        """The balance of each campaign, ``(rows,)``; every field must be given."""
        total = np.zeros(len(codes), np.float32)
        for a, b in self.pairs:
            total += self.scores[a, b][codes[:, self.attributes.index(a)], codes[:, self.attributes.index(b)]]
        return total

    def probabilities(self, balance: Floats, variance: Floats | float = 0.0) -> NDArray[np.float64]:
        """The probability of each class for balances, ``(rows, 3)``.

        Args:
            variance: how uncertain the balances are; doubt draws probabilities towards the middle (MacKay, 1992).
        """
        shrink = 1.0 / np.sqrt(1.0 + np.pi / 8 * np.asarray(variance, np.float64))
        told = np.asarray(balance, np.float64)
        lower, upper = _logistic(shrink * (self.low - told)), _logistic(shrink * (told - self.high))
        return np.stack([lower, np.maximum(1.0 - lower - upper, 0.0), upper], axis=-1)


def _logistic(value: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(value, -60.0, 60.0))))
