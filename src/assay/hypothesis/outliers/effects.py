"""How far each value of a dimension shifts a metric's level, also where most of one value's rows are blown up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from assay.hypothesis.robust import densest, median, quantiles
from assay.profile.arrays import Bools, Floats, Ints

LEAST_EXPLAINED = 0.02
LEAST_GROUP = 12
LEAST_GROUPS = 6  # that tell how far levels of groups differ
LOW_PART = 0.1  # of a group's values, that may be all that is left of its level
TELLING_PART = 0.25  # of a group whose other values stand closely together, far above
DENSE_PART, DENSE_SIGMAS = 0.35, 0.908  # of normal values this part lies within so many standard deviations
LEAST_FACTOR = float(np.log(5.0))


@dataclass(frozen=True, eq=False)
class Dimension:
    """A column of few values: for each sample row the index of its value (-1 for none and for rare ones)."""

    name: str
    codes: Ints
    size: int


@dataclass(frozen=True, eq=False)
class Effect:
    """How far each value of a dimension shifts the level; ``default`` for other values, None: not comparable.

    Attributes:
        doubtful: values whose level may be that of damaged rows, if there are any: far above the others', and wide.
    """

    dimension: Dimension
    shifts: Floats
    default: float | None
    doubtful: Bools

    def undoubted(self) -> Effect:
        """The same, with no level (NaN) for doubtful values."""
        return replace(self, shifts=np.where(self.doubtful, np.nan, self.shifts))

    def __call__(self, rows: Ints | slice = slice(None)) -> Floats:
        """The shift of each sample row, or of some."""
        table = np.append(self.shifts, np.nan if self.default is None else self.default)
        return np.asarray(table[self.dimension.codes[rows]], dtype=np.float64)


def best_effect(
    rest: Floats, rows: Ints, dimensions: Sequence[Dimension], used: Sequence[str], share: float, width: float
) -> tuple[Effect, float] | None:
    """The dimension that explains most of the residual's variance, with the level of each of its values."""
    clipped = np.clip(rest, -2 * width, 2 * width)
    centred = clipped - clipped.mean()
    total = float(centred @ centred)
    best: tuple[float, Dimension] | None = None
    for dimension in dimensions:
        if dimension.name in used or total <= 0:
            continue
        codes = dimension.codes[rows] + 1
        sums = np.bincount(codes, centred, dimension.size + 1)
        counts = np.bincount(codes, minlength=dimension.size + 1)
        explained = float(sums @ (sums / np.maximum(counts, 1))) / total
        explained -= dimension.size / clipped.size  # what many values explain by chance
        if explained > (best[0] if best else LEAST_EXPLAINED):
            best = (explained, dimension)
    if best is None:
        return None
    dimension = best[1]
    # Steps of 0.2 (a factor of 1.2) are fine enough, and keep the SQL short.
    shifts, doubtful = _shifts(rest, dimension.codes[rows], dimension.size, share, width)
    shifts = np.round(5 * shifts) / 5 + 0.0
    effect = Effect(dimension, shifts, 0.0 if np.max(np.abs(shifts)) <= np.log(2.0) else None, doubtful)
    after = rest - effect(rows)
    spread = densest(after[np.isfinite(after)], share)[1]
    return (effect, spread) if spread < 0.97 * width else None


def _shifts(rest: Floats, codes: Ints, size: int, share: float, width: float) -> tuple[Floats, Bools]:
    """The level of each group, and which are doubtful.

    Most of one may be blown up, and so spread out: a denser part far below tells then.
    """
    order = np.argsort(codes.astype(np.int16), kind="stable")  # few values: by radix
    edges = np.searchsorted(codes[order], np.arange(size + 1))
    ordered = rest[order]
    groups = {i: ordered[edges[i] : edges[i + 1]] for i in range(size) if edges[i + 1] - edges[i] >= LEAST_GROUP}
    found = {i: densest(group, share) for i, group in groups.items()}
    usual = min(width, median(np.array([spread for _, spread in found.values()])) if found else 0.0)
    # Levels of groups differ by nature, and a group may have two: only one far above the others is doubted.
    highest, beyond = _ordinary(np.array([centre for centre, _ in found.values()] or [0.0]))
    shifts, doubtful = np.zeros(size), np.zeros(size, dtype=np.bool_)
    for i, (centre, spread) in found.items():
        shifts[i] = centre
        low, least = groups[i], max(LOW_PART * groups[i].size, LEAST_GROUP / 2)
        while spread > 2 * usual and centre > highest:
            low = low[low < shifts[i] - LEAST_FACTOR]
            lower, tight = densest(low, least / low.size) if low.size >= least else (0.0, np.inf)
            if tight / least >= spread / (share * groups[i].size):
                break
            shifts[i] = lower
        if shifts[i] > max(4 * width, LEAST_FACTOR):
            # Too few values may be left for a dense part, but stand at the level that the other groups have.
            alike = groups[i][np.abs(groups[i]) <= 2 * width]
            part = LOW_PART if spread > 2 * width else TELLING_PART if len(found) >= LEAST_GROUPS else np.inf
            if alike.size >= part * groups[i].size:
                shifts[i] = float(np.median(alike))
        doubtful[i] = shifts[i] > highest and (spread > 2 * usual or shifts[i] > beyond)
    return shifts, doubtful


def _ordinary(centres: Floats) -> tuple[float, float]:
    """The level above which a group's is doubted if its values spread, and the one above which in any case.

    In most groups most values may be damaged, so that the level of groups is sought where these lie closest.
    """
    low_end, middle = quantiles(centres, (0.16, 0.5))
    between = middle - low_end
    if centres.size < LEAST_GROUPS:
        return float(middle + between + LEAST_FACTOR), np.inf
    dense, width = densest(centres, DENSE_PART)
    middle, between = min(middle, dense), min(between, width / DENSE_SIGMAS)
    return float(middle + between + LEAST_FACTOR), float(middle + 2 * between + LEAST_FACTOR)
