"""Rows that break an identity: damage lies anywhere, looseness lies just beyond the tolerance."""

from __future__ import annotations

import math

import numpy as np

from assay.profile.arrays import Floats, Ints

RARE = 0.4
LEAST = 5


def largest(values: Floats) -> Ints:
    """Positions of the largest tenth of the values."""
    return np.flatnonzero(values >= np.quantile(values, 0.9))


def apart(off: Floats, limit: Floats, ring: Floats, random: Floats, rows: Ints) -> bool:
    """Whether the rows that break the identity are no more often just beyond its tolerance than damaged ones would be.

    Args:
        ring: how far just beyond is.
        random: for each row, how often a random value is just beyond. Only rows where that is rare can tell.
        rows: the rows to look at.
    """
    off, random = np.abs(off[rows]), random[rows]
    broken = off > limit[rows]
    near = broken & (off <= ring[rows])
    telling = random <= RARE
    count = int((broken & telling).sum())
    if count < LEAST:
        return bool(broken.any()) and bool(near.sum() <= 0.3 * broken.sum())
    expected = float(random[telling & broken].sum())
    return float((near & telling).sum()) <= 1.3 * expected + 2 * math.sqrt(expected) + 0.15 * count
