"""Robust centres, curves and tails: estimates that stay right when a large share of the values is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assay.profile.arrays import Bools, Floats

Places = npt.NDArray[np.int64]


def median(values: Floats) -> float:
    """The median of a vector; NaN where one is in it or it is empty.

    It equals ``np.median``, which takes ten times as long for the short series that are compared thousands of times.
    """
    ordered = np.sort(values)
    n = ordered.size
    if not n or np.isnan(ordered[-1]):
        return float("nan")
    return float(ordered[n // 2]) if n % 2 else 0.5 * float(ordered[n // 2 - 1] + ordered[n // 2])


def quantiles(values: Floats, shares: Sequence[float]) -> Floats:
    """Quantiles of a vector, linear between neighbours.

    They equal ``np.quantile``, which takes several times as long for a few hundred values.
    """
    ordered = np.sort(values)
    places = np.asarray(shares) * (ordered.size - 1)
    below = places.astype(np.int64)
    above = np.minimum(below + 1, ordered.size - 1)
    return np.asarray(ordered[below] + (places - below) * (ordered[above] - ordered[below]), dtype=np.float64)


def equal_parts(values: Floats, parts: int) -> list[Bools]:
    """Which values are in each of so many parts of equal size, in ascending order; equal values by their position.

    The parts are those of ``np.array_split`` of a stable ``np.argsort``, which takes five times as long.
    """
    ordered = np.sort(values)
    sizes = [values.size // parts + (part < values.size % parts) for part in range(parts)]
    places = np.zeros(values.size, dtype=np.int8)
    for first in np.cumsum(sizes)[:-1]:
        if first == values.size:
            break
        least = ordered[first]
        places += values >= least
        before = int(first - np.searchsorted(ordered, least))  # equal ones that the part before has
        if before:
            places[np.flatnonzero(values == least)[:before]] -= 1
    return [places == part for part in range(parts)]


def densest(values: Floats, share: float) -> tuple[float, float]:
    """Median and width of the shortest interval that holds ``share`` of the values.

    With ``share`` 0.5 this is the shorth (Andrews et al., 1972), which up to half of the values cannot move far.
    """
    ordered = np.sort(values)
    n = ordered.size
    held = min(max(int(share * n) + 1, 2), n)
    widths = ordered[held - 1 :] - ordered[: n - held + 1]
    first = int(np.argmin(widths))
    return float(ordered[first + held // 2]), float(widths[first])


def densest_widths(rows: Floats, share: float) -> Floats:
    """For each row of a matrix the width of the shortest interval that holds ``share`` of it."""
    ordered = np.sort(rows, axis=1)
    held = max(int(share * rows.shape[1]) + 1, 2)
    gaps = ordered[:, held - 1 :] - ordered[:, : rows.shape[1] - held + 1]
    return np.asarray(gaps.min(axis=1), dtype=np.float64)


LEAST_SLOPE = 0.05


@dataclass(frozen=True, eq=False)
class Curve:
    """A function of one variable: straight lines between knots, and of a given slope beyond the first and the last."""

    knots: Floats
    values: Floats
    left: float
    right: float

    def __call__(self, x: Floats) -> Floats:
        inside = np.interp(x, self.knots, self.values)
        below = np.minimum(x - self.knots[0], 0.0) * self.left
        above = np.maximum(x - self.knots[-1], 0.0) * self.right
        return np.asarray(inside + below + above, dtype=np.float64)

    def rising(self) -> Curve:
        """The curve made strictly increasing: it never climbs by less than ``LEAST_SLOPE``."""
        values = self.values.copy()
        for i in range(1, values.size):
            values[i] = max(values[i], values[i - 1] + LEAST_SLOPE * (self.knots[i] - self.knots[i - 1]))
        return Curve(self.knots, values, max(self.left, LEAST_SLOPE), max(self.right, LEAST_SLOPE))

    def inverse(self) -> Curve:
        """The inverse of a strictly increasing curve."""
        return Curve(self.values, self.knots, 1 / self.left, 1 / self.right)

    def straight(self) -> tuple[float, float]:
        """Constant and slope of the least-squares line through the knots."""
        if self.knots.size == 1:
            return float(self.values[0] - self.knots[0]), 1.0
        slope, constant = np.polyfit(self.knots, self.values, 1)
        return float(f"{constant:.6g}"), float(f"{slope:.6g}")

    def bends(self) -> tuple[float, float, list[tuple[float, float]]]:
        """The same function as ``c0 + c1 x + sum(d |x - k|)``: c0, c1 and the pairs (k, d)."""
        slopes = np.concatenate([[self.left], np.diff(self.values) / np.diff(self.knots), [self.right]])
        halves = np.diff(slopes) / 2
        pairs = [(float(k), float(d)) for k, d in zip(self.knots, halves, strict=True) if abs(d) > 1e-9]
        start = self.values[0] - self.left * self.knots[0] - float(np.sum(halves * self.knots))
        return float(start), float(self.left + np.sum(halves)), pairs


@dataclass(frozen=True)
class Cut:
    """Where a tail stops being the bulk's own.

    Attributes:
        at: the score beyond which values are suspect.
        above: values beyond it.
        expected: how many the bulk's tail would put there.
        gap: distance from the last value of the bulk to the first suspect one.
    """

    at: float
    above: int
    expected: float
    gap: float


TAIL_LEVELS = (0.70, 0.96, 0.996)
FALSE_SHARE = 0.02
FAR_VALUES = 25
FEW_VALUES = 3
LEAST_TAIL = 15
LEAST_INSIDE = 12
SAME = 0.01
SURPRISE = 14.0  # nats: odds of about one in a million, because many columns, sides and cuts are tried
MODEL_DOUBT = 3.0
GAP_DOUBT = 2.0
WIDE = 1.0


def tail_cut(scores: Floats, start: float, most: float, false_share: float = FALSE_SHARE) -> Cut | None:
    """The lowest score where the bulk's tail must have ended, or None.

    The scores have their centre at 0 and the tail of interest above. The null model is a tail that is nowhere heavier
    than exponential, which on a log scale is a power law: its rate is fitted from upper quantiles of the part below the
    cut (by censored maximum likelihood, so that the cut itself and stray values do not matter), at two levels; the far
    one counts, extrapolated further where the decay weakens from one level to the next. A log-normal tail decays faster
    than that, a Pareto tail exactly so; only damage and a second population are heavier, or lie beyond a gap.

    Args:
        scores: finite values in any order; the ones below 0 do not matter.
        start: lowest cut to consider.
        most: largest number of scores that may be suspect.
        false_share: of the suspect ones, how many the bulk's tail may put there.
    """
    up = np.sort(scores[scores > 0])
    if up.size < LEAST_TAIL or up[-1] <= start:
        return None
    cuts = [c for c in (_overfull(up, start, most, false_share), _parted(up, start, most)) if c]
    return min(cuts, key=lambda c: c.at, default=None)


def _overfull(up: Floats, start: float, most: float, false_share: float) -> Cut | None:
    """The lowest cut beyond which there are more values than expected."""
    cuts = np.unique(np.concatenate([np.linspace(start, min(up[-1], 4 * start), 100), np.geomspace(start, up[-1], 60)]))
    cuts = cuts[cuts < up[-1]]
    inside = np.searchsorted(up, cuts, "right")
    above = up.size - inside
    usable = (inside >= LEAST_INSIDE) & (above >= 3) & (above <= most)
    cuts, inside, above = cuts[usable], inside[usable], above[usable]
    if not cuts.size:
        return None
    expected, _ = _beyond(up, cuts, inside)
    doubtful = MODEL_DOUBT * expected + 1e-12
    surprise = above * np.log(above / doubtful) - above + doubtful
    found = (above > doubtful) & (surprise > SURPRISE) & (expected <= false_share * above)
    if not found.any():
        return None
    first = int(np.argmax(found))
    low, high = up[inside[first] - 1], up[inside[first]]
    at = min((cuts[first] + high) / 2, 1.3 * cuts[first])
    return Cut(float(at), int(above[first]), float(expected[first]), float(high - low))


def _parted(up: Floats, start: float, most: float) -> Cut | None:
    """The gap that is the most too wide for the number of values beyond it.

    In an exponential tail the gap below the i-th largest value is exponential with i times the rate (Renyi, 1953).
    Values that repeat, such as price points, count once.
    """
    gaps = np.diff(up)
    distinct = np.cumsum((gaps > SAME)[::-1])[::-1]
    above = up.size - 1 - np.arange(gaps.size)
    usable = (up[1:] > start) & (above >= 3) & (above <= most) & (up.size - above >= LEAST_INSIDE) & (gaps > SAME)
    places = np.flatnonzero(usable)
    if not places.size:
        return None
    places = places[np.argsort(-(distinct * gaps)[places])[:50]]
    places.sort()
    expected, rate = _beyond(up, np.maximum(up[places] + gaps[places] / 2, start), places + 1)
    surprise = distinct[places] * gaps[places] * rate / GAP_DOUBT
    # A gap must be wide beside the bulk's own decay: the rate of a part of a tail is overrated.
    surprise = np.where(gaps[places] * rate > WIDE, surprise, 0.0)
    first = int(np.argmax(surprise))
    if surprise[first] <= SURPRISE + np.log(up.size):
        return None
    place = places[first]
    at = max(up[place] + gaps[place] / 2, start)
    return Cut(float(at), int(above[place]), float(min(expected[first], 0.5)), float(gaps[place]))


def _beyond(up: Floats, cuts: Floats, inside: Places) -> tuple[Floats, Floats]:
    """For each cut how many values the ones inside lead to expect beyond it, and the rate at which they get fewer."""
    sums = np.concatenate([[0.0], np.cumsum(up)])
    first, second, third = ((level * inside).astype(np.int64) for level in TAIL_LEVELS)
    low, middle, high = up[first], up[second], up[third]

    def decay(a: Places, b: Places, floor: Floats, ceiling: Floats) -> tuple[Floats, Floats]:
        excess = sums[b] - sums[a] - floor * (b - a) + (inside - b) * (ceiling - floor)
        rate = (b - a) / np.maximum(excess, 1e-9)
        return rate, rate * _least_rate(b - a)

    (near_rate, near), (far_rate, far) = decay(first, second, low, middle), decay(second, third, middle, high)
    # Of few values none tells how the decay goes on far out: it may weaken by half.
    few = third - second < FEW_VALUES
    far_rate, far = np.where(few, near_rate / 2, far_rate), np.where(few, near / 2, far)
    farther = np.where(few, far, far / np.maximum(near / far, 1.0))
    # Where enough values tell that the decay quickens, half of that is believed to go on.
    told = (third - second >= FAR_VALUES) & (far > near)
    rate = np.where(told, np.sqrt(near * np.maximum(far, near)), farther)
    beyond_low = (inside - first) * np.exp(-near * np.maximum(cuts - low, 0))
    beyond_middle = (inside - second) * np.exp(-rate * np.maximum(cuts - middle, 0))
    expected = np.where(told, beyond_middle, np.maximum(beyond_low, beyond_middle))
    # Just below a gap a part of a tail looks steeper than it is.
    return expected, np.where(few, far, np.minimum(far_rate, 2 * near_rate) / np.maximum(near_rate / far_rate, 1.0))


def _least_rate(values: Places) -> Floats:
    """How much of a rate that so many values tell is sure at 95 %: a quantile of the gamma distribution, divided by
    its mean (Wilson and Hilferty, 1931)."""
    n = np.maximum(values, 1)
    return np.asarray(np.maximum(1 - 1 / (9 * n) - 1.645 / (3 * np.sqrt(n)), 0.0) ** 3, dtype=np.float64)
