"""The ordinal pair table: one learned number for each pair of values, and two learned thresholds.

The balance of a campaign is the sum of its ten numbers; the classes are intervals of it with logistic noise (McCullagh,
"Regression models for ordinal data", 1980). Each table is the sum of a particular part, one number a pair, and of a
part that the traits of the two values explain, ``T(a)' M T(b)``. Both are shrunk by an L2 penalty. The loss is convex
but for the distance of the thresholds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

TRAIT_SHARE = 0.05  # the penalty of the explained part, as a share of that of the particular part
LEAST = 1e-12


@dataclass(frozen=True)
class PairTable:
    """Fitted tables in the order of ``itertools.combinations`` of the fields, and the thresholds ``low < high``."""

    tables: tuple[Floats, ...]
    low: float
    high: float
    state: Floats

    def balance(self, codes: Codes) -> Floats:
        """The sum of each row's numbers."""
        total = np.zeros(len(codes))
        for table, (i, j) in zip(self.tables, combinations(range(codes.shape[1]), 2), strict=True):
            total += table[codes[:, i], codes[:, j]]
        return total

    def probabilities(self, codes: Codes) -> Floats:
        """The probability of each class, ``(rows, 3)``."""
        balance = self.balance(codes)
        under, not_over = expit(self.low - balance), expit(self.high - balance)
        return np.stack([under, not_over - under, 1 - not_over], axis=1)


def fit_pairs(
    codes: Codes,
    labels: NDArray[np.int8],
    profiles: Sequence[Floats],
    penalty: float,
    rounds: int,
    start: Floats | None = None,
) -> PairTable:
    """Maximum a posteriori by L-BFGS.

    Args:
        codes: campaigns, ``(rows, fields)``, each code below the height of the field's profile.
        profiles: for each field the traits of its values, ``(values, traits)``; without traits ``(values, 0)``.
        penalty: L2 on the particular numbers.
        rounds: at most so many steps.
        start: the ``state`` of a fit to go on from.
    """
    problem = _Problem(codes, labels, profiles, penalty)
    first = problem.start() if start is None else start
    options = {"maxiter": rounds, "maxcor": 20, "ftol": 1e-9, "gtol": 1e-8}
    done = minimize(problem.loss, first, jac=True, method="L-BFGS-B", options=options)
    low = float(done.x[-2])
    return PairTable(tuple(problem.tables(done.x)), low, low + float(np.exp(done.x[-1])), done.x)


class _Problem:
    """The penalised likelihood of one data set, as a function of one long vector."""

    def __init__(self, codes: Codes, labels: NDArray[np.int8], profiles: Sequence[Floats], penalty: float) -> None:
        self.under, self.over = labels == 0, labels == 2
        self.middle = ~(self.under | self.over)
        self.traits = [p - p.mean(axis=0) for p in profiles]
        self.pairs = list(combinations(range(codes.shape[1]), 2))
        self.shapes = [(len(profiles[i]), len(profiles[j])) for i, j in self.pairs]
        self.cells = [codes[:, i] * len(profiles[j]) + codes[:, j] for i, j in self.pairs]
        explained = [self.traits[i].shape[1] * self.traits[j].shape[1] for i, j in self.pairs]
        sizes = [a * b for a, b in self.shapes] + explained
        self.ends = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
        self.penalty = np.repeat([penalty, penalty * TRAIT_SHARE], [sum(sizes[: len(self.pairs)]), sum(explained)])
        shares = np.clip(np.cumsum(np.bincount(labels, minlength=3))[:2] / max(len(labels), 1), 0.01, 0.99)
        self.cuts = np.log(shares / (1 - shares))

    def start(self) -> Floats:
        """No relation at all, and thresholds that give the classes' shares."""
        zeros = np.zeros(self.ends[-1] + 2)
        zeros[-2:] = self.cuts[0], np.log(max(self.cuts[1] - self.cuts[0], 0.1))
        return zeros

    def tables(self, x: Floats) -> list[Floats]:
        """The ten tables of a vector."""
        found = []
        for p, (i, j) in enumerate(self.pairs):
            particular = x[self.ends[p] : self.ends[p + 1]].reshape(self.shapes[p])
            found.append(particular + self.traits[i] @ self._explained(x, p) @ self.traits[j].T)
        return found

    def _explained(self, x: Floats, p: int) -> Floats:
        i, j = self.pairs[p]
        q = p + len(self.pairs)
        return x[self.ends[q] : self.ends[q + 1]].reshape(self.traits[i].shape[1], self.traits[j].shape[1])

    def loss(self, x: Floats) -> tuple[float, Floats]:
        """The mean penalised negative log likelihood and its gradient."""
        rows = max(len(self.under), 1)
        balance = np.zeros(len(self.under))
        for table, cell in zip(self.tables(x), self.cells, strict=True):
            balance += table.ravel()[cell]
        width = np.exp(x[-1])
        under, not_over = expit(x[-2] - balance), expit(x[-2] + width - balance)
        chance = np.maximum(np.where(self.under, under, np.where(self.over, 1 - not_over, not_over - under)), LEAST)
        at_low, at_high = under * (1 - under) / chance, not_over * (1 - not_over) / chance
        by_low = np.where(self.under, at_low, np.where(self.middle, -at_low, 0.0))
        by_high = np.where(self.middle, at_high, np.where(self.over, -at_high, 0.0))
        slope = by_low + by_high
        gradient = np.empty_like(x)
        for p, (i, j) in enumerate(self.pairs):
            height, breadth = self.shapes[p]
            cells = np.bincount(self.cells[p], slope, minlength=height * breadth)
            q = p + len(self.pairs)
            gradient[self.ends[p] : self.ends[p + 1]] = cells
            by_traits = self.traits[i].T @ cells.reshape(height, breadth) @ self.traits[j]
            gradient[self.ends[q] : self.ends[q + 1]] = by_traits.ravel()
        gradient[:-2] += self.penalty * x[:-2]
        gradient[-2:] = -slope.sum(), -by_high.sum() * width
        value = -np.log(chance).sum() + 0.5 * float(self.penalty @ x[:-2] ** 2)
        return value / rows, gradient / rows
