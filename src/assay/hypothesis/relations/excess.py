"""Null models of an excess a > b: what a clean table shows of it, and which boxes of rows that explains.

A relation a <= b that is only usual breaks in clean tables: conversions after a view, a page loaded twice, a cart event
that the pixel missed. Such rows look alike: few events, beside few. Damage picks rows without looking at their size, so
its rate is measured where nothing legitimate can be (the certain rows), and that rate says how many of the doubtful
rows it explains. The doubtful rows that it does not explain are legitimate, and are described by boxes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from assay.profile.arrays import Bools, Floats

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


def explained(observed: float, expected: float) -> bool:
    """Whether damage at its measured rate accounts for at least half of the rows observed."""
    if expected <= 0:
        return False
    return observed <= 2 * expected + (np.sqrt(expected) if expected >= 4 else 0)
