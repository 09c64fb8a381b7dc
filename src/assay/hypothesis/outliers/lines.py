"""Straight lines from a related metric and segments to a metric's level: which metrics explain it, and how closely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.hypothesis.measures import Measure
from assay.hypothesis.outliers.effects import Dimension, Effect, best_effect
from assay.hypothesis.robust import densest, densest_widths
from assay.profile.arrays import Bools, Floats, Ints

PAIR_ROWS = 800
LEAST_PAIRS = 30
LINE_ROWS = 3_000
CANDIDATES = 4
COVERED = 0.97
LEAST_CORRELATION = 0.25
SLOPES = (-1.0, 0.5, 0.8, 1.0, 1.25)
LIKELY = np.array([0.5, 1.0])
BY_PROPORTION = np.ones(1)
BAND_DOUBT = 4.0  # of a band's squared width, in parts of the root of the number of rows
LINKED_SHARE = 0.35  # of the rows that define a relation: more than half of them may be damaged
ALONE_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class Line:
    """Expected level = constant + slope x level of a related metric + effects of segments.

    Attributes:
        other: position of the related metric, -1 for none.
        width: of the shortest band that holds the bulk of the residuals.
        correlation: rank correlation with the related metric within the segments.
        coverage: share of the metric's values that have a related one.
        partial: whether only a part of the rows follows the related metric: their ranks hardly agree.
    """

    other: int
    slope: float
    constant: float
    effects: tuple[Effect, ...]
    width: float
    correlation: float
    coverage: float
    partial: bool = False

    @property
    def vagueness(self) -> float:
        """How loosely it tells the level; the lower, the better."""
        return self.width * float(np.sqrt(1 - self.correlation**2))


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
    rows = some(known, PAIR_ROWS, rng)
    level = target.smooth[rows]
    ranked: list[tuple[float, bool, int]] = []
    for index, other in enumerate(others):
        if other is None:
            continue
        related = other.values[rows]
        both = np.isfinite(related)
        coverage = float(np.mean(both))
        if np.count_nonzero(both) >= max(0.4 * rows.size, LEAST_PAIRS):
            ranks, bulk = _associations(level[both], related[both], LIKELY)
            correlation = max(abs(ranks), bulk)
            if correlation > LEAST_CORRELATION / 2:
                ranked.append((-correlation * np.sqrt(coverage), coverage >= COVERED, index))
    ranked.sort()
    # Some that are there in every row, beside the closest ones.
    chosen = [r[2] for r in ranked[:CANDIDATES]]
    chosen += [r[2] for r in ranked[CANDIDATES:] if r[1]][: max(2 - sum(r[1] for r in ranked[:CANDIDATES]), 0)]
    rows = some(known, LINE_ROWS, rng)
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
    if rows.size < LEAST_PAIRS:
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
        effect = best_effect(rest, rows, dimensions, [e.dimension.name for e in effects], share, width)
        if effect is None:
            break
        effects.append(effect[0])
        rest, width = rest - effect[0](rows), effect[1]
        kept = np.isfinite(rest)
        rows, rest, part = rows[kept], rest[kept], part[kept]
    ranks = bulk = 0.0
    if index >= 0 and rows.size >= LEAST_PAIRS:
        ranks, bulk = _associations(rest + part, part, BY_PROPORTION)
    partial = ranks <= LEAST_CORRELATION < bulk
    return Line(index, slope, constant, tuple(effects), width, max(ranks, bulk), coverage, partial)


def _associations(level: Floats, related: Floats, slopes: Floats) -> tuple[float, float]:
    """How closely two levels move together in all rows and in the bulk of them, both as correlations.

    Spearman's tells of a loose link, and a third of the rows that are wild hide a close one. The densest band around
    a line tells of a link that some rows break: with correlation r it is sqrt((1 - r^2) / (1 + r^2)) times as wide as
    where the rows are mismatched.
    """
    few = slice(None, None, max(level.size // PAIR_ROWS, 1))
    level, related = level[few], related[few]
    moved = slopes[:, None] * related
    paired, parted = (
        float(np.min(densest_widths(level - part, LINKED_SHARE)))
        for part in (moved, np.roll(moved, level.size // 2, axis=1))
    )
    share = min((paired / max(parted, 1e-9)) ** 2 * (1 + BAND_DOUBT / np.sqrt(level.size)), 1.0)
    return _rank_correlation(level, related), float(np.sqrt((1 - share) / (1 + share)))


def _rank_correlation(a: Floats, b: Floats) -> float:
    """Spearman's in at most some hundred rows, ties by position; damage weakens it for all candidates alike."""
    few = slice(None, None, max(a.size // PAIR_ROWS, 1))
    a, b = a[few], b[few]
    apart = _ranks(a) - _ranks(b)
    n = float(a.size)
    return 1 - 6 * float(apart @ apart) / (n * (n * n - 1))  # of ranks without ties


def _ranks(values: Floats) -> Floats:
    ranks = np.empty(values.size)
    ranks[np.argsort(values, kind="stable")] = np.arange(values.size)
    return ranks


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


def some(rows: Ints, most: int, rng: np.random.Generator) -> Ints:
    """At most so many of these rows, drawn, in order."""
    return rows if rows.size <= most else np.sort(rng.choice(rows, most, replace=False))
