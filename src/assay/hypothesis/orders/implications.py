"""Quantities that are never there without another one: a refund without a return, pages without a visit.

The zeros must stand apart from the other values. Even so an export may miss an event now and then, which cannot be told
from damage; what is found here stays a note.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assay.domain.role import Family
from assay.hypothesis.quantities import Quantity
from assay.profile.arrays import Bools

LEAST_ROWS = 200
NEVER = (Family.DATE, Family.RATE)  # a rate is 0 or undefined with its parts
LEAST_BROKEN = 5
MOST_BROKEN = 0.02
LIFT = 0.05
ABSENT = (0.1, 0.95)
MOST_CLAIMS = 5


@dataclass(frozen=True, eq=False)
class Implication:
    """Where ``cause`` is positive, ``effect`` is, as positions in a list of quantities.

    Attributes:
        rows: rows of the sample in which the cause is positive and the effect is known.
        relevant: which they are, and ``broken``, those whose effect is 0.
        expected: how many would be broken if the two had nothing to do with each other.
    """

    cause: int
    effect: int
    rows: int
    relevant: Bools
    broken: Bools
    expected: float


def search_implications(items: list[Quantity], taken: set[tuple[int, int]]) -> list[Implication]:
    """For each quantity the most telling other one that it needs, where that fails in a few rows.

    Args:
        taken: pairs (low, high) that are known to be ordered: the order says more.
    """
    usable = [i for i, q in enumerate(items) if q.family not in NEVER and not np.any(q.values < 0)]
    known = {i: np.isfinite(items[i].values) for i in usable}
    zero = {i: items[i].values == 0 for i in usable}
    found: dict[int, Implication] = {}
    for effect in usable:
        absent = float(zero[effect].sum()) / max(1, int(known[effect].sum()))
        if not ABSENT[0] <= absent <= ABSENT[1]:
            continue
        for cause in usable:
            if cause == effect or (cause, effect) in taken:
                continue
            relevant = known[cause] & ~zero[cause] & known[effect]
            broken = relevant & zero[effect]
            rows, count = int(relevant.sum()), int(broken.sum())
            expected = rows * absent
            if rows < LEAST_ROWS or not LEAST_BROKEN <= count <= min(MOST_BROKEN * rows, LIFT * expected):
                continue
            if _fades(items[effect], relevant, count):
                continue
            best = found.get(cause)
            if best is None or count / expected < float(best.broken.sum()) / best.expected:
                found[cause] = Implication(cause, effect, rows, relevant, broken, expected)
    ranked = sorted(found.values(), key=lambda i: (float(i.broken.sum()) / i.expected, i.cause))
    return ranked[:MOST_CLAIMS]


def _fades(effect: Quantity, relevant: Bools, count: int) -> bool:
    """Whether small values lead up to the zeros: then a zero is the end of the distribution and not a missing value."""
    values = effect.values[relevant]
    present = values[values > 0]
    small = max(1.0 if effect.whole else 0.0, 0.1 * float(np.median(present)))
    return int((present <= small).sum()) >= 0.3 * count
