"""Null models of an excess a > b: what a clean table shows of it, and which boxes of rows that explains.

A relation a <= b that is only usual breaks in clean tables: conversions after a view, a page loaded twice, a cart event
that the pixel missed. Such rows look alike: few events, beside few. Damage picks rows without looking at their size, so
its rate is measured where nothing legitimate can be (the certain rows), and that rate says how many of the doubtful
rows it explains. The doubtful rows that it does not explain are legitimate, and are described by boxes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from assay.profile.arrays import Bools, Floats

EDGES = np.array([0, 1, 2, 3, 4, 5, 7, 10, 15, 25, 50, 100, 200, 500, 1000, 1e4, np.inf])
SMALL = 3  # events that a person would call few
ENOUGH = 60  # rows that a rate can be measured on


@dataclass(frozen=True)
class Box:
    """Rows that carry the signature of a legitimate exception; bounds are inclusive, None is no bound.

    Attributes:
        low, high: of the larger side b.
        excess: of a - b.
        share: of a - b relative to b, an alternative to ``excess``.
        exposure: highest impressions; more would have brought more clicks.
        undelivered: impressions and spend are zero.
    """

    low: float | None = None
    high: float | None = None
    excess: float = 0.0
    share: float = 0.0
    exposure: float | None = None
    undelivered: bool = False

    def holds(self, rows: Rows) -> Bools:
        """The rows inside."""
        inside = (rows.excess <= self.excess) | (rows.excess <= self.share * rows.b)
        if self.low is not None:
            inside &= rows.b >= self.low
        if self.high is not None:
            inside &= rows.b <= self.high
        if self.exposure is not None and rows.exposure is not None:
            inside &= ~(rows.exposure > self.exposure)
        return inside & rows.undelivered if self.undelivered else inside


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows in which both sides are present.

    Attributes:
        a, b: the sides of a <= b.
        exposure: impressions, None where the table has none.
        undelivered: impressions and spend are zero.
    """

    a: Floats
    b: Floats
    exposure: Floats | None
    undelivered: Bools

    @property
    def excess(self) -> Floats:
        return self.a - self.b

    @property
    def violating(self) -> Bools:
        return self.excess > 1e-9 * np.maximum(np.abs(self.b), 1.0)

    def where(self, mask: Bools) -> Rows:
        """The rows of a mask."""
        exposure = self.exposure[mask] if self.exposure is not None else None
        return Rows(self.a[mask], self.b[mask], exposure, self.undelivered[mask])


@dataclass(frozen=True)
class Null:
    """What is legitimate.

    Attributes:
        boxes: of legitimate rows.
        rate: share of damaged rows among those where nothing legitimate can be; None where there are too few to tell.
    """

    boxes: tuple[Box, ...] = field(default=())
    rate: float | None = None

    def legitimate(self, rows: Rows) -> Bools:
        """Rows that a box holds."""
        inside: Bools = np.zeros(len(rows.a), dtype=np.bool_)
        for box in self.boxes:
            inside |= box.holds(rows)
        return inside


def fit(rows: Rows, allow: tuple[str, ...], rate: float | None = None) -> Null:
    """The null model of a relation from a sample, of which up to two fifths may be damaged.

    Args:
        allow: the exceptions that the pack names.
        rate: share of damaged rows, where it is known from other rows of the table.
    """
    if "attributed" in allow:
        return _attributed(rows, rate)
    if "missed_event" in allow:
        return _missed(rows)
    reloads = _reloads(rows) if "reloads" in allow else Null()
    if "undelivered" in allow:
        late = _undelivered(rows)
        return Null(reloads.boxes + late.boxes, late.rate)
    return reloads


def explained(observed: float, expected: float) -> bool:
    """Whether damage at its measured rate accounts for at least half of the rows observed."""
    if expected <= 0:
        return False
    return observed <= 2 * expected + (np.sqrt(expected) if expected >= 4 else 0)


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


def _attributed(rows: Rows, rate: float | None = None) -> Null:
    """Conversions without a click.

    For a fixed b the count a has a distribution that falls off towards b, so that legitimate rows above b are at most
    as many as rows close below b (rows of damage are not: they are above). Where there are none, the excess is damage.
    """
    place = np.searchsorted(EDGES, rows.b, side="right") - 1
    violating = rows.violating
    near = ~violating & (rows.a > rows.b / 2) & (rows.a >= 1)
    n = np.bincount(place, minlength=len(EDGES))
    broken = np.bincount(place[violating], minlength=len(EDGES))
    below = np.bincount(place[near], minlength=len(EDGES))
    certain = [i for i in range(3, len(EDGES)) if below[i] <= 0.2 * broken[i] + 0.002 * n[i]]
    # One or two clicks leave hardly any room below them, so that only many rows above tell.
    certain += [i for i in (1, 2) if broken[i] >= 5 * max(int(below[i]), 1)]
    sure = int(n[certain].sum())
    rate = float(broken[certain].sum()) / sure if sure >= ENOUGH else rate
    fewest = _fewest_clicks(rows)
    boxes = []
    for i in np.flatnonzero(n):
        if i in certain:
            continue
        inside = rows.where(place == i)
        most = _usual_exposure(inside, bool(rate), fewest, float(EDGES[i + 1] - 1))
        plausible = inside.violating
        if most is not None and inside.exposure is not None:
            plausible = plausible & ~(inside.exposure > most)
        allowed = _tail(inside.excess[plausible], rate, int(n[i]))
        if allowed > 0:
            boxes.append(Box(float(EDGES[i]), float(EDGES[i + 1] - 1), allowed, exposure=most))
    return Null(tuple(_joined(boxes)), rate)


def _joined(boxes: list[Box]) -> list[Box]:
    """Neighbours that allow the same, as one."""
    joined: list[Box] = []
    for box in boxes:
        last = joined[-1] if joined else None
        if (
            last is not None
            and (last.excess, last.exposure) == (box.excess, box.exposure)
            and last.high is not None
            and last.high + 1 == box.low
        ):
            joined[-1] = replace(last, high=box.high)
        else:
            joined.append(box)
    return joined


def _usual_exposure(inside: Rows, damaged: bool, fewest: float | None, high: float) -> float | None:
    """Impressions above which at most ``high`` clicks are improbable; stricter where damage is known to be about."""
    if inside.exposure is None:
        return None
    usual = inside.exposure[~inside.violating & np.isfinite(inside.exposure)]
    if len(usual) >= ENOUGH:
        return float(np.quantile(usual, 0.97)) if damaged else float(np.quantile(usual, 0.995)) * 1.3 + 1
    return (high + 1) / fewest if fewest and damaged and np.isfinite(high) else None


def _fewest_clicks(rows: Rows) -> float | None:
    """The lowest usual number of clicks for an impression, one click granted."""
    if rows.exposure is None:
        return None
    usual = ~rows.violating & (rows.exposure > 0)
    if usual.sum() < ENOUGH:
        return None
    return float(np.quantile((rows.b[usual] + 1) / rows.exposure[usual], 0.01))


def _tail(excess: Floats, rate: float | None, n: int) -> float:
    """The largest excess that is legitimate in a stratum of ``n`` rows: above it damage explains what is there."""
    if not len(excess):
        return float(SMALL) if not rate else 0.0
    ordered = np.sort(np.ceil(excess - 1e-9))[::-1]
    first = max(1.0, float(np.count_nonzero(excess <= 1)))
    # Attributed events fall off by at least half with each further one.
    cap = SMALL + 2 * np.log2(1 + first)
    if not rate:
        return float(min(ordered[0], cap)) if ordered[0] > SMALL else float(SMALL)
    expected, taken, least = rate * n, 0, float("inf")
    for level in np.unique(ordered)[::-1]:
        here = int(np.count_nonzero(ordered == level))
        if level > SMALL:
            damage = taken + here <= 2 * expected + 2 * np.sqrt(expected) + 1
        elif level > 1:
            damage = explained(here, expected - taken)
        else:
            # A single event too many is the commonest legitimate one; damage has it about as often as two to four.
            beside = np.count_nonzero((ordered > 1) & (ordered <= 4)) / 3
            damage = explained(here, min(expected - taken, beside))
        if not damage:
            break
        taken += here
        least = float(level)
    return float(min(least - 1 if np.isfinite(least) else ordered[0], cap))


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
        here = np.count_nonzero(near & base & (np.ceil(k) == j))
        if here > 3 and not explained(here, density):
            allowed, share = float(j), float(np.count_nonzero(near & base & (k <= j))) / int(base.sum())
    if not allowed:
        return Null((), rate)
    boxes.append(Box(10 if base is large else 1, None, allowed))
    if base is large:
        for b in range(10):
            stratum = rows.b == b
            doubtful = int(np.count_nonzero(violating & stratum & (k <= allowed)))
            if doubtful <= 3 * share * int(stratum.sum()) + 2:
                boxes.append(Box(b, b, allowed))
    return Null(tuple(boxes), rate)


def _missed(rows: Rows) -> Null:
    """One or two events of b that were not recorded; damage is told from rows with several events of a."""
    violating = rows.violating
    many = rows.a >= 2
    lost = violating & many & (rows.b == 0)
    rate = float(lost.sum()) / int(many.sum()) if many.sum() >= 20 else None
    cell = int(np.count_nonzero(violating & (rows.a <= 1) & (rows.b == 0)))
    alone = int(np.count_nonzero((rows.a > 0) & (rows.a <= 1)))
    boxes = [Box(1, 1, 1.0), Box(2, None, 2.0)]
    # Where carts and purchases are counted apart, many rows lie close below and some close above.
    boxes += [box for box in _attributed(Rows(rows.a, rows.b, None, rows.undelivered)).boxes if box.low]
    if not explained(cell, rate * alone if rate else 0.0):
        boxes.append(Box(0, 0, 1.0))
    return Null(tuple(boxes), rate)
