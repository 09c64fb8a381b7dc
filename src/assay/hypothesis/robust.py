"""Robust centres, curves and tails: estimates that stay right when a large share of the values is wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


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
FALSE_SHARE = 0.01
FAR_VALUES = 25
SURPRISE = 14.0  # nats: odds of about one in a million, because many columns, sides and cuts are tried
MODEL_DOUBT = 3.0


def tail_cut(scores: Floats, start: float, most: float) -> Cut | None:
    """The lowest score beyond which there are far more values than the bulk's tail explains, or None.

    The scores have their centre at 0 and the tail of interest above. The null model is a tail that is nowhere heavier
    than exponential, which on a log scale is a power law: its rate is fitted from upper quantiles of the part below the
    cut (by censored maximum likelihood, so that the cut itself and stray values do not matter), at two levels; the far
    one counts, extrapolated further where the decay weakens from one level to the next. A log-normal tail decays faster
    than that, a Pareto tail exactly so; only damage and a second population are heavier.

    Args:
        scores: finite values in any order.
        start: lowest cut to consider.
        most: largest share of the scores that may be suspect.
    """
    up = np.sort(scores[scores > 0])
    n = up.size
    if n < 60 or up[-1] <= start:
        return None
    cuts = np.unique(np.concatenate([np.linspace(start, min(up[-1], 4 * start), 100), np.geomspace(start, up[-1], 60)]))
    cuts = cuts[cuts < up[-1]]
    inside = np.searchsorted(up, cuts, "right")
    above = n - inside
    usable = (inside >= 50) & (above >= 3) & (above <= most * scores.size)
    cuts, inside, above = cuts[usable], inside[usable], above[usable]
    if not cuts.size:
        return None
    expected = _expected_beyond(up, cuts, inside)
    doubtful = MODEL_DOUBT * expected + 1e-12
    surprise = above * np.log(above / doubtful) - above + doubtful
    found = (above > doubtful) & (surprise > SURPRISE) & (expected <= FALSE_SHARE * above)
    if not found.any():
        return None
    first = int(np.argmax(found))
    low, high = up[inside[first] - 1], up[inside[first]]
    at = min((cuts[first] + high) / 2, 1.3 * cuts[first])
    return Cut(float(at), int(above[first]), float(expected[first]), float(high - low))


def _expected_beyond(up: Floats, cuts: Floats, inside: npt.NDArray[np.int64]) -> Floats:
    sums = np.concatenate([[0.0], np.cumsum(up)])
    first, second, third = ((level * inside).astype(np.int64) for level in TAIL_LEVELS)
    low, middle, high = up[first], up[second], up[third]

    def decay(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64], floor: Floats, ceiling: Floats) -> Floats:
        excess = sums[b] - sums[a] - floor * (b - a) + (inside - b) * (ceiling - floor)
        doubt = np.maximum(1 - 1.64 / np.sqrt(np.maximum(b - a, 1)), 0.25)
        return np.asarray(doubt * (b - a) / np.maximum(excess, 1e-9), dtype=np.float64)

    near = decay(first, second, low, middle)
    far = decay(second, third, middle, high)
    farther = far / np.maximum(near / far, 1.0)
    beyond_low = (inside - first) * np.exp(-near * np.maximum(cuts - low, 0))
    beyond_middle = (inside - second) * np.exp(-farther * np.maximum(cuts - middle, 0))
    # Where enough values tell that the decay quickens, half of that is believed to go on.
    told = (third - second >= FAR_VALUES) & (far > near)
    quick = np.sqrt(near * np.maximum(far, near))
    beyond_middle = np.where(told, (inside - second) * np.exp(-quick * np.maximum(cuts - middle, 0)), beyond_middle)
    return np.asarray(np.where(told, beyond_middle, np.maximum(beyond_low, beyond_middle)), dtype=np.float64)
