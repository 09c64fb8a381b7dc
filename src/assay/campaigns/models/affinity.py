"""What traits make of relations: an ordered probit model of the signs of one pair of fields, drawn together with them.

Behind each sign is an affinity: the part that the traits of both values explain, ``T(a)' M T(b)`` with a normal prior
on ``M``, and a part of the two values' own. Above a threshold the sign is positive, below its opposite negative; the
threshold is where the share of signs that are not neutral puts it. Given signs, affinities are truncated normals, and
given affinities ``M`` is normal (Albert and Chib, "Bayesian analysis of binary and polychotomous response data", 1993).
In the bases of both trait matrices all of it is diagonal, so a draw costs four small products.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]

EXPLAINED = 0.6  # variance of what traits explain of an affinity; the rest of 1 is its own
CONSTANT = 0.5  # of the basis, beside traits of unit length: a value may be liked by all
FEW = 2  # relations added to those that are not neutral, and to those that are
LEAST = 1e-6


class Affinity:
    """The affinity of two fields' values, as last drawn."""

    def __init__(self, left: Floats, right: Floats, first: Floats) -> None:
        """Start from a first guess.

        Args:
            left, right: the traits of the values of both fields, ``(values, traits)``; without traits ``(values, 0)``.
            first: relations on their own scale, ``(values, values)``.
        """
        (self._left, a), (self._right, b) = _basis(left), _basis(right)
        room = np.outer(a, b)
        room *= EXPLAINED * first.size / room.sum()
        own = 1 - EXPLAINED
        self._own = float(np.sqrt(own))
        self._kept, self._spread = room / (room + own), np.sqrt(room * own / (room + own))
        self._told = EXPLAINED * np.clip(first, -1.0, 1.0)

    def draw(self, signs: NDArray[np.intp], rng: np.random.Generator) -> Floats:
        """Draw affinities and what traits explain of them, given signs; the log prior of signs that they make.

        Args:
            signs: -1, 0 or 1 for each two values, ``(values, values)``.

        Returns:
            The log probability of -1, 0 and 1, ``(3, cells)``.
        """
        busy = (np.count_nonzero(signs) + FEW) / (signs.size + 2 * FEW)
        bound = float(ndtri(1 - busy / 2) * np.sqrt(self._own**2 + (self._told**2).mean()))
        under, over = self._below(-bound), self._below(bound)
        # A sign leaves its affinity one of three intervals: draw from what the normal has there.
        low = np.where(signs < 0, 0.0, np.where(signs == 0, under, over))
        high = np.where(signs < 0, under, np.where(signs == 0, over, 1.0))
        place = low + (high - low) * rng.random(signs.shape)
        drawn = self._told + self._own * ndtri(np.clip(place, 1e-9, 1 - 1e-9))
        inside = self._left.T @ drawn @ self._right
        inside = self._kept * inside + self._spread * rng.standard_normal(inside.shape)
        self._told = self._left @ inside @ self._right.T
        under, over = self._below(-bound), self._below(bound)
        chances = np.stack([under.ravel(), (over - under).ravel(), 1 - over.ravel()])
        return np.asarray(np.log(np.maximum(chances, LEAST)))

    def _below(self, bound: float) -> Floats:
        return np.asarray(ndtr((bound - self._told) / self._own))


def _basis(traits: Floats) -> tuple[Floats, Floats]:
    """Orthonormal directions of a constant and of centred traits, ``(values, directions)``, with their variances."""
    centred = traits - traits.mean(axis=0)
    size = np.sqrt(max(float((centred**2).sum()) / len(centred), 1e-9))
    both = np.concatenate([np.full((len(traits), 1), CONSTANT), centred / size], axis=1)
    directions, lengths, _ = np.linalg.svd(both, full_matrices=False)
    return directions, lengths**2
