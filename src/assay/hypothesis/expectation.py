"""What a metric's value should be in a row, given a related metric and the row's segments, and how far it may stray."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from assay.hypothesis.measures import Measure
from assay.hypothesis.robust import Bools, Curve, Floats, densest, densest_widths, tail_cut

Ints = npt.NDArray[np.int64]

PAIR_ROWS = 800
LINE_ROWS = 3_000
FIT_ROWS = 20_000
CANDIDATES = 4
COVERED = 0.97
LEAST_CORRELATION = 0.25
LEAST_EXPLAINED = 0.02
LEAST_GROUP = 12
LOW_PART = 0.1  # of a group's values, that may be all that is left of its level
LEAST_ROWS = 150
SLOPES = (-1.0, 0.5, 0.8, 1.0, 1.25)
LINKED_SHARE = 0.35  # of the rows that define a relation: more than half of them may be damaged
ALONE_SHARE = 0.5
LEAST_FACTOR = float(np.log(5.0))
LEAST_LOW_FACTOR = float(np.log(15.0))  # shares of something come close to 0 by nature
LEAST_DISTANCE = float(np.arcsinh(15.0))  # in spreads, of signed values: they have two poles by nature, like latitudes
LEAST_SPREAD = LEAST_FACTOR / 5


@dataclass(frozen=True, eq=False)
class Dimension:
    """A column of few values: for each sample row the index of its value (-1 for none and for rare ones)."""

    name: str
    codes: Ints
    size: int


@dataclass(frozen=True, eq=False)
class Effect:
    """How far each value of a dimension shifts the level; ``default`` for other values, None: not comparable."""

    dimension: Dimension
    shifts: Floats
    default: float | None

    def __call__(self) -> Floats:
        table = np.append(self.shifts, np.nan if self.default is None else self.default)
        return np.asarray(table[self.dimension.codes], dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Line:
    """Expected level = constant + slope x level of a related metric + effects of segments.

    Attributes:
        other: position of the related metric, -1 for none.
        width: of the shortest band that holds the bulk of the residuals.
        correlation: rank correlation with the related metric within the segments.
        coverage: share of the metric's values that have a related one.
    """

    other: int
    slope: float
    constant: float
    effects: tuple[Effect, ...]
    width: float
    correlation: float
    coverage: float

    @property
    def vagueness(self) -> float:
        """How loosely it tells the level; the lower, the better."""
        return self.width * float(np.sqrt(1 - self.correlation**2))


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


def lines(
    target: Measure,
    others: Sequence[Measure | None],
    dimensions: Sequence[Dimension],
    rng: np.random.Generator,
    among: Bools | None = None,
) -> list[Line]:
    """Straight-line fits of a metric's level, by the metrics that explain it, best first, then by segments only.

    Candidates are ranked by rank correlation in a few rows, and the best fitted with the segments, as a relation may
    show only within them (clicks per impression differ tenfold between platforms).

    Args:
        among: rows to fit; all by default.
    """
    known = np.flatnonzero(np.isfinite(target.smooth) if among is None else np.isfinite(target.smooth) & among)
    rows = _some(known, PAIR_ROWS, rng)
    level = target.smooth[rows]
    ranked: list[tuple[float, bool, int]] = []
    for index, other in enumerate(others):
        if other is None:
            continue
        related = other.values[rows]
        both = np.isfinite(related)
        coverage = float(np.mean(both))
        if np.count_nonzero(both) >= max(0.4 * rows.size, 80):
            correlation = abs(_rank_correlation(level[both], related[both]))
            if correlation > LEAST_CORRELATION / 2:
                ranked.append((-correlation * np.sqrt(coverage), coverage >= COVERED, index))
    ranked.sort()
    # Some that are there in every row, beside the closest ones.
    chosen = [r[2] for r in ranked[:CANDIDATES]]
    chosen += [r[2] for r in ranked[CANDIDATES:] if r[1]][: max(2 - sum(r[1] for r in ranked[:CANDIDATES]), 0)]
    rows = _some(known, LINE_ROWS, rng)
    alone = _line(target, None, -1, dimensions, rows)
    found = []
    for index in chosen:
        line = _line(target, others[index], index, dimensions, rows)
        if line is not None and line.correlation > LEAST_CORRELATION:
            found.append(line)
    found.sort(key=lambda line: line.vagueness)
    return found + ([alone] if alone is not None else [])


def _line(
    target: Measure, related: Measure | None, index: int, dimensions: Sequence[Dimension], rows: Ints
) -> Line | None:
    """The best line; beside the slope that looks best before segments are known, the one of proportion is tried."""
    if related is None:
        return _segmented(target, np.zeros(rows.size), 0.0, -1, dimensions, rows, 1.0)
    present = np.isfinite(related.values[rows])
    coverage, rows = float(np.mean(present)), rows[present]
    if rows.size < 80:
        return None
    slope = _slope(target.smooth[rows], related.values[rows], LINKED_SHARE)
    found = [
        _segmented(target, s * related.values[rows], s, index, dimensions, rows, coverage)
        for s in ((slope, 1.0) if abs(slope - 1) > 0.1 else (slope,))
    ]
    return min(found, key=lambda line: line.vagueness)


def _segmented(
    target: Measure,
    part: Floats,
    slope: float,
    index: int,
    dimensions: Sequence[Dimension],
    rows: Ints,
    coverage: float,
) -> Line:
    share = ALONE_SHARE if index < 0 else LINKED_SHARE
    rest = target.smooth[rows] - part
    constant, width = densest(rest, share)
    rest = rest - constant
    effects: list[Effect] = []
    for _ in range(2):
        effect = _best_effect(rest, rows, dimensions, [e.dimension.name for e in effects], share, width)
        if effect is None:
            break
        effects.append(effect[0])
        rest, width = rest - effect[0]()[rows], effect[1]
        kept = np.isfinite(rest)
        rows, rest, part = rows[kept], rest[kept], part[kept]
    correlation = _rank_correlation(rest + part, part) if index >= 0 and rows.size > 50 else 0.0
    return Line(index, slope, constant, tuple(effects), width, correlation, coverage)


def _rank_correlation(a: Floats, b: Floats) -> float:
    """Spearman's in at most some hundred rows, ties by position; damage weakens it for all candidates alike."""
    few = slice(None, None, max(a.size // PAIR_ROWS, 1))
    a, b = a[few], b[few]
    ranks = [np.argsort(np.argsort(v)).astype(np.float64) for v in (a, b)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _some(rows: Ints, most: int, rng: np.random.Generator) -> Ints:
    return rows if rows.size <= most else np.sort(rng.choice(rows, most, replace=False))


def _slope(level: Floats, related: Floats, share: float) -> float:
    """The slope with the densest band, refined by least squares within that band."""
    few = slice(None, None, max(level.size // PAIR_ROWS, 1))
    slopes = np.array(SLOPES)
    slope = float(slopes[np.argmin(densest_widths(level[few] - slopes[:, None] * related[few], share))])
    centre, width = densest(level - slope * related, share)
    band = np.abs(level - slope * related - centre) <= 1.5 * max(width, 0.02)
    x, y = related[band], level[band]
    spread = float(np.var(x))
    if spread <= 1e-9:
        return slope
    better = float(np.clip(np.mean((x - x.mean()) * (y - y.mean())) / spread, slope - 0.25, slope + 0.25))
    return float(f"{better:.4g}") if densest(level - better * related, share)[1] < 0.98 * width else slope


def _best_effect(
    rest: Floats, rows: Ints, dimensions: Sequence[Dimension], used: Sequence[str], share: float, width: float
) -> tuple[Effect, float] | None:
    """The dimension that explains most of the residual's variance, with the level of each of its values."""
    clipped = np.clip(rest, -2 * width, 2 * width)
    total = float(np.var(clipped)) * clipped.size
    best: tuple[float, Dimension] | None = None
    for dimension in dimensions:
        if dimension.name in used or total <= 0:
            continue
        codes = dimension.codes[rows] + 1
        sums = np.bincount(codes, clipped - clipped.mean(), dimension.size + 1)
        counts = np.bincount(codes, minlength=dimension.size + 1)
        explained = float(np.sum(sums**2 / np.maximum(counts, 1))) / total
        explained -= dimension.size / clipped.size  # what many values explain by chance
        if explained > (best[0] if best else LEAST_EXPLAINED):
            best = (explained, dimension)
    if best is None:
        return None
    dimension = best[1]
    # Steps of 0.2 (a factor of 1.2) are fine enough, and keep the SQL short.
    shifts = np.round(5 * _shifts(rest, dimension.codes[rows], dimension.size, share, width)) / 5 + 0.0
    effect = Effect(dimension, shifts, 0.0 if np.max(np.abs(shifts)) <= np.log(2.0) else None)
    after = rest - effect()[rows]
    spread = densest(after[np.isfinite(after)], share)[1]
    return (effect, spread) if spread < 0.97 * width else None


def _shifts(rest: Floats, codes: Ints, size: int, share: float, width: float) -> Floats:
    """The level of each group. Most of one may be blown up, and so spread out: a denser part far below tells then."""
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(size + 1))
    ordered = rest[order]
    groups = {i: ordered[edges[i] : edges[i + 1]] for i in range(size) if edges[i + 1] - edges[i] >= LEAST_GROUP}
    found = {i: densest(group, share) for i, group in groups.items()}
    usual = min(width, float(np.median([spread for _, spread in found.values()])) if found else 0.0)
    # Levels of groups differ by nature, and a group may have two: only one far above the others is doubted.
    low_end, middle = np.quantile([centre for centre, _ in found.values()] or [0.0], (0.16, 0.5))
    highest = middle + (middle - low_end) + LEAST_FACTOR
    shifts = np.zeros(size)
    for i, (centre, spread) in found.items():
        shifts[i] = centre
        low, least = groups[i], max(LOW_PART * groups[i].size, LEAST_GROUP / 2)
        while spread > 2 * usual and centre > highest:
            low = low[low < shifts[i] - LEAST_FACTOR]
            lower, tight = densest(low, least / low.size) if low.size >= least else (0.0, np.inf)
            if tight / least >= spread / (share * groups[i].size):
                break
            shifts[i] = lower
        if shifts[i] > max(4 * width, LEAST_FACTOR) and spread > 2 * width:
            # Too few values may be left for a dense part, but stand at the level that the other groups have.
            alike = groups[i][np.abs(groups[i]) <= 2 * width]
            if alike.size >= LOW_PART * groups[i].size:
                shifts[i] = float(np.median(alike))
    return shifts


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
    rows = _some(np.flatnonzero(usable if among is None else usable & among), FIT_ROWS, rng)
    if rows.size < LEAST_ROWS:
        return None
    share = ALONE_SHARE if related is None else LINKED_SHARE
    bulk = rows[_bulk(target, target.smooth[rows], straight[rows], share)] if among is None else rows
    centre, high, low = _by_level(straight[bulk], (target.smooth - straight)[bulk])
    fitted = replace(fitted, centre=centre)
    return _with_sides(fitted, high, low, 0.9 if among is not None else _most(share)) if tails else fitted


def _bulk(target: Measure, level: Floats, line: Floats, share: float) -> Bools:
    """Rows that are not in a separate tail of the global residual."""
    if target.logarithmic:
        # Where less than one is expected, one is observed or the row is not here.
        line = np.logaddexp(line, float(np.quantile(level, 0.05)))
    rest = level - line
    centre, width = densest(rest, share)
    sigma = max(width / (0.908 if share == LINKED_SHARE else 1.349), 0.05)
    scores = (rest - centre) / sigma
    most = _most(share) * scores.size
    high, low = tail_cut(scores, 2.0, most), tail_cut(-scores, 2.0, most)
    return np.asarray((scores < (high.at if high else np.inf)) & (scores > (-low.at if low else -np.inf)), np.bool_)


def _most(share: float) -> float:
    return 0.65 if share == LINKED_SHARE else 0.47


def _by_level(line: Floats, rest: Floats) -> tuple[Curve, Curve, Curve]:
    """Centre of the level, and upper and lower spread, as curves of the linear expectation."""
    bins = int(np.clip(line.size // 200, 1, 6))
    order = np.argsort(line, kind="stable")
    knots: list[float] = []
    stats: list[npt.NDArray[np.float64]] = []
    for part in np.array_split(order, bins):
        at = float(np.median(line[part]))
        if knots and at < knots[-1] + 0.1:
            continue
        knots.append(at)
        stats.append(np.quantile(rest[part], (0.16, 0.5, 0.84)))
    x = np.array(knots)
    low, middle, high = np.array(stats).T
    values = middle + x
    slopes = np.diff(values) / np.diff(x) if x.size > 1 else np.ones(1)
    centre = Curve(x, values, float(np.clip(slopes[0], 0.0, 1.0)), float(np.clip(slopes[-1], 0.7, 1.3)))
    return centre, _flat(x, np.maximum(high - middle, LEAST_SPREAD)), _flat(x, np.maximum(middle - low, LEAST_SPREAD))


def _flat(x: Floats, values: Floats) -> Curve:
    return Curve(x, values, 0.0, 0.0)


def _with_sides(fitted: Expectation, high: Curve, low: Curve, most: float) -> Expectation:
    line = fitted.predictor()
    known = np.isfinite(line) & np.isfinite(fitted.measure.smooth)
    line, level = line[known], fitted.measure.smooth[known]
    rest = level - fitted.centre(line)
    sides = {}
    for side, spread, sign in (("high", high, 1.0), ("low", low, -1.0)):
        # Only one half matters to a tail; the other one counts as many.
        half = sign * rest > 0
        scores = np.abs(rest[half]) / spread(line[half])
        cut = tail_cut(scores, 3.0, most * rest.size)
        if cut is None:
            continue
        least = LEAST_FACTOR if side == "high" else LEAST_LOW_FACTOR
        least = least if fitted.measure.logarithmic else LEAST_DISTANCE
        values = fitted.centre.values + sign * np.maximum(cut.at * spread.values, least)
        limit = Curve(fitted.centre.knots, values, fitted.centre.left, fitted.centre.right)
        if fitted.measure.bound is not None:
            if side == "low":
                continue
            limit = Curve(limit.knots, np.maximum(values, fitted.measure.bound), 0.0, limit.right)
        sides[side] = Side(limit.rising(), cut.above, cut.expected, cut.at)
    return replace(fitted, sides=sides)
