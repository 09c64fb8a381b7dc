"""What a metric's value should be in a row, given a related metric and the row's segments, and how far it may stray."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from assay.hypothesis.measures import Measure
from assay.hypothesis.outliers.effects import LEAST_FACTOR, Effect
from assay.hypothesis.outliers.lines import ALONE_SHARE, LINKED_SHARE, Line, some
from assay.hypothesis.robust import Curve, densest, equal_parts, median, quantiles, tail_cut
from assay.profile.arrays import Bools, Floats

FIT_ROWS = 20_000
LEAST_ROWS = 40
LEAST_RIGHT = 40  # where it is known which rows are right
LEAST_LOW_FACTOR = float(np.log(15.0))  # shares of something come close to 0 by nature
LEAST_DISTANCE = float(np.arcsinh(15.0))  # in spreads, of signed values: they have two poles by nature, like latitudes
LEAST_SPREAD = LEAST_FACTOR / 5
LEAST_MEASURED = 0.02
FAR = 10.0  # spreads at which a physical measurement, which has a range of its own, is far off by less than a factor
TRIMMED = 0.1  # of what is cut off to find the bulk, how much may be sound: only the tails' limits are claims


@dataclass(frozen=True, eq=False)
class Side:
    """One tail: the level beyond which a value is suspect, as a curve of the expected level.

    Attributes:
        above: sample rows beyond the cut.
        expected: number of sample rows that the bulk's tail puts beyond.
        cut: distance of the limit from the centre, in spreads.
    """

    limit: Curve
    above: int
    expected: float
    cut: float


@dataclass(frozen=True, eq=False)
class Expectation:
    """The expected level, ``level + slope * related + effects`` bent by ``centre``, and the limits of the tails."""

    measure: Measure
    related: Measure | None
    slope: float
    level: float
    effects: tuple[Effect, ...]
    centre: Curve
    spreads: tuple[Curve, Curve] | None = None  # upward and downward, in levels by expected level
    sides: Mapping[str, Side] = field(default_factory=dict)

    def predictor(self) -> Floats:
        """The linear part by sample row, NaN where the row cannot be judged."""
        total = np.full(self.measure.values.size, self.level)
        if self.related is not None:
            total = total + self.slope * self.related.values
        for effect in self.effects:
            total = total + effect()
        return total

    def suspects(self, side: str) -> Bools:
        """Sample rows beyond the limit of a side."""
        limit = self.sides[side].limit(self.predictor())
        values = self.measure.values
        with np.errstate(invalid="ignore"):
            return np.asarray(values > limit if side == "high" else values < limit, dtype=np.bool_)

    def residual(self) -> Floats:
        """Level minus expected level by sample row; the expected one is unbent, as in SQL."""
        constant, slope = self.centre.straight()
        return self.measure.values - (constant + slope * self.predictor())


def expectation(
    target: Measure,
    others: Sequence[Measure | None],
    line: Line,
    rng: np.random.Generator,
    tails: bool = True,
    among: Bools | None = None,
) -> Expectation | None:
    """Bend a line to the level's centre, and find where its tails end.

    The line's residuals tell the bulk; centre and spread by expected level are measured on the bulk, so that small
    counts are allowed their chance and large ones are not.

    Args:
        among: rows that may be the bulk, where that is known.
    """
    related = others[line.other] if line.other >= 0 else None
    flat = Curve(np.zeros(1), np.zeros(1), 1.0, 1.0)
    fitted = Expectation(target, related, line.slope, line.constant, line.effects, flat)
    straight = fitted.predictor()
    usable = np.isfinite(target.smooth) & np.isfinite(straight)
    rows = some(np.flatnonzero(usable if among is None else usable & among), FIT_ROWS, rng)
    if rows.size < (LEAST_ROWS if among is None else LEAST_RIGHT):
        return None
    share = ALONE_SHARE if related is None else LINKED_SHARE
    bulk = rows[_bulk(target, target.smooth[rows], straight[rows], share)] if among is None else rows
    floor = LEAST_MEASURED if target.measured else LEAST_SPREAD
    centre, high, low = _by_level(straight[bulk], (target.smooth - straight)[bulk], floor)
    fitted = replace(fitted, centre=centre, spreads=(high, low))
    return _with_sides(fitted, 0.9 if among is not None else _most(share)) if tails else fitted


def confirmed(fitted: Expectation, witness: Expectation) -> Expectation:
    """The same with the tails of what a second expectation sees at least half of.

    What is rare by one expectation alone, because its related metric is off or its segment is of its own kind, is no
    tail of both; so the tail of both is the shorter one.
    """
    half = 2 * (witness.measure.smooth - witness.centre(witness.predictor()))
    return _with_sides(fitted, _most(LINKED_SHARE), half)


def _bulk(target: Measure, level: Floats, line: Floats, share: float) -> Bools:
    """Rows that are not in a separate tail of the global residual."""
    if target.logarithmic:
        # Where less than one is expected, one is observed or the row is not here.
        least = float(quantiles(level, (0.05,))[0])
        line = np.maximum(line, least) + np.log1p(np.exp(-np.abs(line - least)))
    rest = level - line
    centre, width = densest(rest, share)
    sigma = max(width / (0.908 if share == LINKED_SHARE else 1.349), 0.05)
    scores = (rest - centre) / sigma
    most = _most(share) * scores.size
    high, low = (tail_cut(sign * scores, 2.0, most, TRIMMED) for sign in (1.0, -1.0))
    return np.asarray((scores < (high.at if high else np.inf)) & (scores > (-low.at if low else -np.inf)), np.bool_)


def _most(share: float) -> float:
    return 0.65 if share == LINKED_SHARE else 0.47


def _by_level(line: Floats, rest: Floats, floor: float) -> tuple[Curve, Curve, Curve]:
    """Centre of the level, and upper and lower spread of at least ``floor``, as curves of the linear expectation."""
    bins = int(np.clip(line.size // 200, 1, 6))
    knots: list[float] = []
    stats: list[Floats] = []
    for part in equal_parts(line, bins):
        at = median(line[part])
        if knots and at < knots[-1] + 0.1:
            continue
        knots.append(at)
        stats.append(quantiles(rest[part], (0.16, 0.5, 0.84)))
    x = np.array(knots)
    low, middle, high = np.array(stats).T
    values = middle + x
    slopes = np.diff(values) / np.diff(x) if x.size > 1 else np.ones(1)
    centre = Curve(x, values, float(np.clip(slopes[0], 0.0, 1.0)), float(np.clip(slopes[-1], 0.7, 1.3)))
    return centre, _flat(x, np.maximum(high - middle, floor)), _flat(x, np.maximum(middle - low, floor))


def _flat(x: Floats, values: Floats) -> Curve:
    return Curve(x, values, 0.0, 0.0)


def _with_sides(fitted: Expectation, most: float, at_most: Floats | None = None) -> Expectation:
    """The same with the limits of its tails; ``at_most`` is an excess by sample row that bounds its own."""
    assert fitted.spreads is not None
    high, low = fitted.spreads
    line = fitted.predictor()
    known = np.isfinite(line) & np.isfinite(fitted.measure.smooth)
    line, level = line[known], fitted.measure.smooth[known]
    rest = level - fitted.centre(line)
    sides = {}
    for side, spread, sign in (("high", high, 1.0), ("low", low, -1.0)):
        # Only one half matters to a tail; the other one counts as many.
        excess = sign * rest if at_most is None else np.fmin(sign * rest, sign * at_most[known])
        half = excess > 0
        scores = excess[half] / spread(line[half])
        cut = tail_cut(scores, 3.0, most * rest.size)
        if cut is None:
            continue
        least = LEAST_FACTOR if side == "high" else LEAST_LOW_FACTOR
        least = least if fitted.measure.logarithmic else LEAST_DISTANCE
        if fitted.measure.measured:
            least = min(least, FAR * float(np.max(spread.values)))
        values = fitted.centre.values + sign * np.maximum(cut.at * spread.values, least)
        limit = Curve(fitted.centre.knots, values, fitted.centre.left, fitted.centre.right)
        if fitted.measure.bound is not None:
            if side == "low":
                continue
            limit = Curve(limit.knots, np.maximum(values, fitted.measure.bound), 0.0, limit.right)
        sides[side] = Side(limit.rising(), cut.above, cut.expected, cut.at)
    return replace(fitted, sides=sides)
