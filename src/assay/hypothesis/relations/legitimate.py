"""The null model of each exception that a pack names: late events, views, reloads, missed events."""

from __future__ import annotations

import numpy as np

from assay.hypothesis.relations.attribution import attributed
from assay.hypothesis.relations.excess import ENOUGH, SMALL, Box, Null, Rows, explained
from assay.profile.arrays import Floats

NEAR = 15  # events
SURPRISING = 3.0  # standard deviations
MUCH = 0.2  # of the rows with several events, from which on damage lies close below as well


def fit(rows: Rows, allow: tuple[str, ...], rate: float | None = None) -> Null:
    """The null model of a relation from a sample, of which up to two fifths may be damaged.

    Args:
        allow: the exceptions that the pack names.
        rate: share of damaged rows, where it is known from other rows of the table.
    """
    if "attributed" in allow:
        return attributed(rows, rate)
    if "missed_event" in allow:
        return _missed(rows)
    reloads = _reloads(rows) if "reloads" in allow else Null()
    if "undelivered" in allow:
        late = _undelivered(rows)
        return Null(reloads.boxes + late.boxes, late.rate)
    return reloads


def _undelivered(rows: Rows) -> Null:
    """Events booked on a row without delivery, unless damage is so common that it explains them."""
    delivered = ~rows.undelivered
    n = int(delivered.sum())
    rate = float((rows.violating & delivered).sum()) / n if n else 0.0
    late = rows.excess[rows.violating & rows.undelivered]
    idle = int(rows.undelivered.sum())
    if len(late) and explained(len(late), rate * idle):
        return Null((), rate)
    most = max(float(SMALL), float(np.quantile(late, 0.9))) if len(late) >= 10 else float(SMALL)
    return Null((Box(excess=min(most, 10.0), undelivered=True),), rate)


def _reloads(rows: Rows) -> Null:
    """An excess of one or two, or of a few per cent, at any size of b."""
    violating, k = rows.violating, rows.excess
    far = violating & (k > np.maximum(SMALL, 0.1 * rows.b))
    large = rows.b >= 10
    base = large if large.sum() >= ENOUGH else rows.b >= 1
    rate = float(far[base].sum()) / int(base.sum()) if base.sum() >= ENOUGH else None
    near = violating & ~far
    boxes: list[Box] = []
    if not rate:
        return Null((Box(1, None, SMALL, 0.05),), rate)
    # Of the damage, so many rows an excess of one event.
    density = float(np.median([np.count_nonzero(violating & base & (np.ceil(k) == j)) for j in range(4, 9)]))
    allowed, share = 0.0, 0.0
    for j in (1, 2, 3):
        here = int(np.count_nonzero(near & base & (np.ceil(k) == j)))
        if here > 3 and not explained(here, density):
            allowed, share = float(j), float(np.count_nonzero(near & base & (k <= j))) / int(base.sum())
    if not allowed:
        return Null(_single(rows), rate)
    boxes.append(Box(10 if base is large else 1, None, allowed))
    if base is large:
        for b in range(10):
            stratum = rows.b == b
            doubtful = int(np.count_nonzero(violating & stratum & (k <= allowed)))
            if doubtful <= 3 * share * int(stratum.sum()) + 2:
                boxes.append(Box(b, b, allowed))
    return Null(tuple(boxes), rate)


def _single(rows: Rows) -> tuple[Box, ...]:
    """An excess of one, where rows of any size have it far more often than one of two to four: reloads fall off."""
    some = rows.violating & (rows.b >= 1)
    counts = [int(np.count_nonzero(some & (np.ceil(rows.excess) == j))) for j in range(1, NEAR)]
    single: bool = counts[0] > SMALL and not explained(counts[0], sum(counts[1:4]) / 3)
    # Damage of which nothing lies near has no share in what lies next to it.
    far = int(np.count_nonzero(some & (rows.excess >= NEAR)))
    single |= counts[0] > 0 and not any(counts[1:]) and far >= NEAR
    return (Box(1, None, 1.0),) if single else ()


def _missed(rows: Rows) -> Null:
    """One or two events of b that were not recorded; damage is told from rows with several events of a."""
    violating = rows.violating
    many = rows.a >= 2
    lost = violating & many & (rows.b == 0)
    rate = float(lost.sum()) / int(many.sum()) if many.sum() >= 20 else None
    cell = int(np.count_nonzero(violating & (rows.a <= 1) & (rows.b == 0)))
    alone = int(np.count_nonzero((rows.a > 0) & (rows.a <= 1)))
    boxes = [Box(1, 1, 1.0), Box(2, None, 2.0)]
    if not rate or rate < MUCH:
        # Where carts and purchases are counted apart, many rows lie close below and some close above.
        boxes += [box for box in attributed(Rows(rows.a, rows.b, None, rows.undelivered)).boxes if box.low]
    expected = rate * alone if rate else 0.0
    if _larger(rows.a[lost], rows.a[many]):
        # Events out of nowhere, not events whose b was lost: a row of one is as rare among them as a row of two.
        expected = min(expected, float(np.count_nonzero(lost & (rows.a <= 2))))
    if not explained(cell, expected):
        boxes.append(Box(0, 0, 1.0))
    return Null(tuple(boxes), rate)


def _larger(some: Floats, every: Floats) -> bool:
    """Whether some rows are far less often among the smaller half than rows drawn from every one would be."""
    if not len(some):
        return False
    middle = np.median(every)
    share = float(np.mean(every <= middle))
    spread = np.sqrt(len(some) * share * (1 - share))
    return bool(np.count_nonzero(some <= middle) < len(some) * share - SURPRISING * spread)
