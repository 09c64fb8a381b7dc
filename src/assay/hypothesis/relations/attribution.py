"""Conversions without a click: how many a clean table shows, by how many clicks there were."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from assay.hypothesis.relations.excess import ENOUGH, SMALL, Box, Null, Rows, explained
from assay.profile.arrays import Floats

UNEQUAL = 5.0  # times as many second events after a first one as if all rows were alike
FEW = 3  # clicks from which on rows below tell of rows above
EDGES = np.array([0, 1, 2, 3, 4, 5, 7, 10, 15, 25, 50, 100, 200, 500, 1000, 1e4, np.inf])


@dataclass(frozen=True)
class _Stratum:
    """Rows with about the same b.

    Attributes:
        n: rows.
        broken: rows with a > b.
        legitimate: rows with a > b that the rows below b lead to expect.
        decay: factor by which rows become fewer when a doubles.
    """

    n: int
    broken: int
    legitimate: float
    decay: float

    @property
    def certain(self) -> bool:
        """Whether legitimate rows are too few to matter, so that a > b is damage."""
        return self.legitimate <= 0.05 * self.broken + 0.0005 * self.n

    @property
    def reach(self) -> float:
        """The multiple of b up to which a single legitimate row may lie."""
        if self.legitimate <= 0.5:
            return 1.0
        doublings = 1 + np.log2(2 * self.legitimate) / max(-np.log2(self.decay), 0.5)
        return float(2 ** min(doublings, 4.0))


def attributed(rows: Rows, rate: float | None = None) -> Null:
    """The null model of conversions above clicks.

    For a fixed b the count a falls off: of the rows in (b/4, b/2] a share is left in (b/2, b], and at most as large a
    share of these lies above b. Rows of damage are not seen below. Where hardly any legitimate row is expected, every
    excess is damage; elsewhere damage at the same rate is taken off the largest excess first.

    Args:
        rate: share of damaged rows, where other rows of the table tell it.
    """
    place = np.searchsorted(EDGES, rows.b, side="right") - 1
    strata = _strata(rows, place)
    certain = [i for i, s in strata.items() if i >= FEW and s.certain]
    rate = _rate([strata[i] for i in certain], rate)
    fewest = _fewest_clicks(rows)
    lost = _lost_clicks(rows, place, strata)
    boxes = []
    for i, stratum in strata.items():
        if i in certain:
            continue
        inside = rows.where(place == i)
        low, high = float(EDGES[i]), float(EDGES[i + 1] - 1)
        most, of_lost = lost.get(i) or (_usual_exposure(inside, bool(rate), fewest, high), 0.0)
        plausible = inside.violating
        if most is not None and inside.exposure is not None:
            plausible = plausible & ~(inside.exposure > most)
        reach = (stratum.reach - 1) * (low if np.isinf(high) else high)
        expected = max((rate or 0.0) * stratum.n, of_lost)
        if i >= FEW and expected:
            expected = max(expected, stratum.broken - stratum.legitimate)
        allowed = _tail(inside.excess[plausible], expected, reach, stratum.n)
        if allowed > 0:
            boxes.append(Box(low, high, float(np.floor(allowed)), exposure=most))
    return Null(tuple(_joined(boxes)), rate)


def _rate(certain: list[_Stratum], otherwise: float | None) -> float | None:
    n = sum(s.n for s in certain)
    return sum(s.broken for s in certain) / n if n >= ENOUGH else otherwise


def _strata(rows: Rows, place: npt.NDArray[np.intp]) -> dict[int, _Stratum]:
    size = len(EDGES)
    n = np.bincount(place, minlength=size)
    broken = np.bincount(place[rows.violating], minlength=size)
    bands = _bands(rows, place)
    strata: dict[int, _Stratum] = {}
    for i in np.flatnonzero(n):
        legitimate, decay = _extrapolated(*bands[i])
        strata[int(i)] = _Stratum(int(n[i]), int(broken[i]), legitimate, decay)
    return strata


def _bands(rows: Rows, place: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Rows by stratum in (b/2, b] and in (b/4, b/2], shape (strata, 2)."""
    first, second = rows.b / 2, rows.b / 4
    kept = ~rows.violating & ((rows.a >= 1) | (rows.b < 4))
    upper = kept & (rows.a > first) & (rows.a >= 1)
    # Below four there is no second band: everything under the first stands for it.
    lower = kept & (rows.a <= first) & ((rows.a > second) | (rows.b < 4))
    return np.stack([np.bincount(place[band], minlength=len(EDGES)) for band in (upper, lower)], axis=1)


def _extrapolated(upper: int, lower: int) -> tuple[float, float]:
    """Rows to expect in the next band, generously (counts are dispersed more than a Poisson); the decay."""
    decay = min(float(upper) / max(float(lower), 1.0), 0.9)
    return (3.0 * upper * decay if upper else 0.0), max(decay, 0.01)


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
    if inside.exposure is None or not damaged:
        return None  # conversions after a view come with many views
    usual = inside.exposure[~inside.violating & np.isfinite(inside.exposure)]
    if len(usual) >= ENOUGH:
        return float(np.quantile(usual, 0.97))
    return (high + 1) / fewest if fewest and np.isfinite(high) else None


def _lost_clicks(
    rows: Rows, place: npt.NDArray[np.intp], strata: dict[int, _Stratum]
) -> dict[int, tuple[float, float]]:
    """Strata of few clicks whose violating rows have the impressions of rows with many: clicks that were lost.

    Returns:
        By stratum the impressions that nine in ten of its rows do not reach, and the rows of damage that do not either.
    """
    if rows.exposure is None:
        return {}
    room = [strata[i] for i in range(1, FEW) if i in strata]
    if sum(s.broken for s in room) < 5 * max(sum(s.legitimate for s in room), 1.0):
        return {}  # the rows below lead to expect those above: views, which come with many impressions
    bounds: dict[int, float] = {}
    above, broken = {}, {}
    for i in range(FEW):
        inside = place == i
        usual = rows.exposure[inside & ~rows.violating & np.isfinite(rows.exposure)]
        if len(usual) < ENOUGH // 2:
            continue
        bounds[i] = float(np.quantile(usual, 0.9))
        broken[i] = int(np.count_nonzero(inside & rows.violating))
        above[i] = int(np.count_nonzero(inside & rows.violating & (rows.exposure > bounds[i])))
    if sum(above.values()) < max(SMALL, 0.5 * sum(broken.values())):
        return {}
    lost: dict[int, tuple[float, float]] = {}
    for i, bound in bounds.items():
        # Views bring the legitimate rows among them above the bound somewhat more often than others.
        damaged = float(np.clip((above[i] - 0.2 * broken[i]) / 0.6, 0, broken[i]))
        lost[i] = (bound, max(damaged - above[i], 0.0))
    return lost


def _fewest_clicks(rows: Rows) -> float | None:
    """The lowest usual number of clicks for an impression, one click granted."""
    if rows.exposure is None:
        return None
    usual = ~rows.violating & (rows.exposure > 0)
    if usual.sum() < ENOUGH:
        return None
    return float(np.quantile((rows.b[usual] + 1) / rows.exposure[usual], 0.01))


def _tail(excess: Floats, expected: float, reach: float, n: int) -> float:
    """The largest excess that is legitimate in a stratum: above it damage explains what is there.

    Args:
        expected: rows of damage.
        reach: excess up to which the rows below b lead to expect one.
        n: rows of the stratum.
    """
    if not len(excess):
        return max(float(SMALL), reach) if not expected else 0.0
    ordered = np.sort(np.ceil(excess - 1e-9))[::-1]
    first = max(1.0, float(np.count_nonzero(excess <= 1)))
    # Attributed events fall off by at least half with each further one.
    cap = max(SMALL + 2 * np.log2(1 + first), reach)
    if not expected:
        return float(cap) if ordered[0] > SMALL else max(float(SMALL), reach)
    taken, least = 0, float("inf")
    for level in np.unique(ordered)[::-1]:
        here = int(np.count_nonzero(ordered == level))
        # Attributed events fall off: what is more frequent than the step below it is none.
        rising = level > 1 and here > np.count_nonzero(ordered == level - 1)
        if level > SMALL or rising:
            damage = taken + here <= 2 * expected + 2 * np.sqrt(expected) + 1
        elif level > 1:
            # Two rare events in a row are rarer still, though rows differ in how rare they are.
            rarer = min(UNEQUAL * first / max(n, 1), 1.0) ** (level - 1)
            damage = explained(here, expected - taken) or (here == 1 and expected - taken > first * rarer)
        else:
            # A single event too many is the commonest legitimate one; damage has it about as often as two to four.
            beside = np.count_nonzero((ordered > 1) & (ordered <= 4)) / 3
            damage = explained(here, min(expected - taken, beside))
        if not damage:
            break
        taken += here
        least = float(level)
    return float(min(least - 1 if np.isfinite(least) else ordered[0], cap))
