"""Relations as what they are, negative, neutral or positive: sampled from their posterior.

Every campaign has exactly one cell of each pair's table. So, given the other nine tables, the cells of one table are
independent, and a whole table is drawn at once: a blocked Gibbs sampler over the factor graph of relations and
campaigns. Noise falls from high to its own level while the chain burns in (simulated annealing); predictions are
averages over what the chains visit afterwards. The prior of a relation comes from the traits of its two values
(``affinity``) and is drawn with the relations themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from assay.campaigns.models.affinity import Affinity

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

SIGNS = np.array([-1, 0, 1])
SURPRISE = 1e-3  # share of labels that nothing explains
EVERY = 10  # sweeps between two samples that are kept
RETHINK = 4  # sweeps between two draws of what traits make of the relations
COOLING = 0.8  # the share of the burn-in after which noise stays at its own level


@dataclass(frozen=True)
class Scale:
    """Where the classes begin on the scale of whole relations, and the noise on it."""

    lower: float
    upper: float
    noise: float

    def log_chances(self, reach: int, noise: float) -> Floats:
        """Log probability of each class for each whole balance from ``-reach`` to ``reach``, ``(3, balances)``."""
        balance = np.arange(-reach, reach + 1)
        under, not_over = ndtr((self.lower - balance) / noise), ndtr((self.upper - balance) / noise)
        chances = np.stack([under, not_over - under, 1 - not_over])
        return np.asarray(np.log((1 - SURPRISE) * np.maximum(chances, 0) + SURPRISE / 3))


@dataclass(frozen=True)
class Samples:
    """What a chain visited: for each pair of fields, ``(samples, values, values)`` of -1, 0 and 1."""

    tables: tuple[NDArray[np.int8], ...]

    def last(self) -> list[Floats]:
        """Where the chain ended: another may go on from there."""
        return [t[-1].astype(np.float64) for t in self.tables]

    def mean(self) -> list[Floats]:
        """The posterior mean of each table."""
        return [t.mean(axis=0) for t in self.tables]

    def probabilities(self, codes: Codes, scale: Scale) -> Floats:
        """The probability of each class, averaged over the samples, ``(rows, 3)``."""
        reach = len(self.tables)
        chances = np.exp(scale.log_chances(reach, scale.noise))
        pairs = list(combinations(range(codes.shape[1]), 2))
        total = np.zeros((len(codes), 3))
        cells = [codes[:, i] * t.shape[2] + codes[:, j] for t, (i, j) in zip(self.tables, pairs, strict=True)]
        for s in range(len(self.tables[0])):
            balance = np.full(len(codes), reach, dtype=np.int16)
            for table, cell in zip(self.tables, cells, strict=True):
                balance += table[s].ravel().take(cell)
            total += chances.T[balance]
        return total / max(len(self.tables[0]), 1)


@dataclass(frozen=True)
class Length:
    """How long a chain runs.

    Attributes:
        burn, keep: sweeps to forget, and sweeps of which every tenth is kept.
        heat: standard deviation of the additional noise at the beginning.
    """

    burn: int
    keep: int
    heat: float = 0.0


def sample(
    codes: Codes,
    labels: NDArray[np.int8],
    profiles: Sequence[Floats],
    first: Sequence[Floats],
    scale: Scale,
    length: Length,
    seed: int,
) -> Samples:
    """One chain.

    Args:
        codes: campaigns, ``(rows, fields)``, each code below the height of the field's profile.
        profiles: for each field the traits of its values, ``(values, traits)``; without traits ``(values, 0)``.
        first: where the chain starts: relations on their own scale, ``(values, values)`` for each pair of fields.
    """
    rng = np.random.default_rng(seed)
    pairs = list(combinations(range(len(profiles)), 2))
    sizes = [len(p) for p in profiles]
    affinities = [Affinity(profiles[i], profiles[j], start) for (i, j), start in zip(pairs, first, strict=True)]
    priors = [np.zeros((len(SIGNS), start.size)) for start in first]
    reach = len(pairs) + 1
    width = 2 * reach + 1
    cells = [codes[:, i] * sizes[j] + codes[:, j] for i, j in pairs]
    base = [(cell * 3 + labels) * width + reach for cell in cells]
    counts = [start.size for start in first]
    tables = [np.clip(np.rint(t.ravel()), -1, 1).astype(np.intp) for t in first]
    balance = np.sum([t.take(cell) for t, cell in zip(tables, cells, strict=True)], axis=0)
    kept: list[list[NDArray[np.int8]]] = [[] for _ in pairs]
    for sweep in range(length.burn + length.keep):
        hot = length.heat * max(0.0, 1 - sweep / max(COOLING * length.burn, 1)) ** 2
        logs = scale.log_chances(reach, float(np.hypot(scale.noise, hot)))
        # What a label says of a relation, by the balance of the other nine: one column a sign.
        votes = np.stack([np.roll(logs, -sign, axis=1).ravel() for sign in SIGNS], axis=1)
        for p in rng.permutation(len(pairs)):
            if sweep % RETHINK == 0:
                priors[p] = affinities[p].draw(tables[p].reshape(first[p].shape), rng)
            rest = balance - tables[p].take(cells[p])
            seen = np.bincount(base[p] + rest, minlength=counts[p] * 3 * width).reshape(counts[p], 3 * width)
            odds = (seen @ votes).T + priors[p]
            tables[p] = np.argmax(odds + rng.gumbel(size=odds.shape), axis=0) - 1
            balance = rest + tables[p].take(cells[p])
        if sweep >= length.burn and (sweep - length.burn) % EVERY == 0:
            for p, start in enumerate(first):
                kept[p].append(tables[p].reshape(start.shape).astype(np.int8))
    return Samples(tuple(np.stack(k) for k in kept))
