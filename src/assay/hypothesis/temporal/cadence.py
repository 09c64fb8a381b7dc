"""How regularly a table has rows: which days it should cover, and how its rows a day scatter."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context
from assay.hypothesis.series import scale_of, side_medians
from assay.profile.arrays import Bools, Ints

FEWEST_PERIODS = 8
OPEN = 0.5  # share of the weeks in which a weekday must have rows to be expected
PUBLIC_HOLIDAYS = {"12-24", "12-25", "12-26", "12-31", "01-01", "01-02"}


@dataclass(frozen=True, eq=False)
class Cadence:
    """Which days have rows.

    Attributes:
        unit: ``day``, ``week`` or ``month``, or ``N days``.
        expected: for each day of the period whether rows are expected.
        closed: whether some weekdays never have rows, as in tables of working days.
    """

    unit: str
    expected: Bools
    closed: bool = False


def cadence_of(rows: Ints, first: int) -> Cadence | None:
    """The cadence of a series of rows a day that begins on day ``first``; None where there is none."""
    present = np.flatnonzero(rows > 0)
    if len(present) < FEWEST_PERIODS:
        return None
    steps, counts = np.unique(np.diff(present), return_counts=True)
    usual = int(steps[np.argmax(counts)])
    if usual > 1:
        return _monthly(rows, first, present) or _periodic(rows, present, usual, float(counts.max()) / counts.sum())
    return _daily(rows, present)


def _periodic(rows: Ints, present: Ints, usual: int, share: float) -> Cadence | None:
    if share < 0.8 or np.any(np.diff(present) % usual):
        return None
    expected = np.zeros(len(rows), np.bool_)
    expected[present[0] :: usual] = True
    return Cadence("week" if usual == 7 else f"{usual} days", expected)


def _monthly(rows: Ints, first: int, present: Ints) -> Cadence | None:
    dates = (first + present).astype("datetime64[D]")
    months = dates.astype("datetime64[M]").astype(np.int64)
    of_month = (dates - dates.astype("datetime64[M]")).astype(np.int64)
    to_end = ((dates.astype("datetime64[M]") + 1).astype("datetime64[D]") - dates).astype(np.int64)
    if len(np.unique(of_month)) == 1:
        anchor = np.arange(months[0], months[-1] + 1).astype("datetime64[M]").astype("datetime64[D]") + of_month[0]
    elif len(np.unique(to_end)) == 1:
        anchor = (np.arange(months[0], months[-1] + 1) + 1).astype("datetime64[M]").astype("datetime64[D]") - to_end[0]
    else:
        return None
    steps, counts = np.unique(np.diff(months), return_counts=True)
    usual = int(steps[np.argmax(counts)])
    if counts.max() < 0.8 * counts.sum() or np.any(np.diff(months) % usual):
        return None
    expected = np.zeros(len(rows), np.bool_)
    at = anchor[::usual].astype(np.int64) - first
    expected[at[(at >= 0) & (at < len(rows))]] = True
    return Cadence("month" if usual == 1 else f"{usual} months", expected)


def _daily(rows: Ints, present: Ints) -> Cadence | None:
    weekday = np.arange(len(rows)) % 7
    share = np.array([np.mean(rows[weekday == w] > 0) if np.any(weekday == w) else 1.0 for w in range(7)])
    # A short series cannot tell a closed weekday from a gap: a weekday without any row is taken as closed.
    opened = share > 0 if len(rows) < 28 else share >= OPEN
    expected = opened[weekday]
    if len(present) < 0.8 * expected.sum():
        return None
    return Cadence("day", expected, bool((~opened).any()))


def dispersion(rows: Ints) -> float:
    """Variance of the rows a day relative to their local level: 1 for independent events, near 0 for a fixed list."""
    present = rows[rows > 0].astype(np.float64)
    if len(present) < 5:
        return 1.0
    before, after = side_medians(present, 7)
    level = np.where(np.isfinite(before) & np.isfinite(after), (before + after) / 2, np.median(present))
    rest = (present - level) / np.sqrt(level)
    core = rest[(rest >= np.quantile(rest, 0.05)) & (rest <= np.quantile(rest, 0.95))]
    return max(scale_of(rest) ** 2, float(core.var()), 0.02)


def empty_odds(level: float, spread: float) -> float:
    """Natural logarithm of the probability that a day has no row by chance, when ``level`` rows are usual.

    Negative binomial counts with variance ``spread`` x ``level``; below 1, a fixed list thinned at random.
    """
    if level <= 0:
        return 0.0
    if spread <= 1.05:
        return -level / max(spread, 0.02)
    size = level / (spread - 1)
    return -size * math.log(spread)


def local_level(rows: Ints, start: int, stop: int, reach: int = 7) -> float:
    """Usual rows a day around positions ``start`` to ``stop`` - 1: the lower median of both sides' days."""
    before = rows[:start][rows[:start] > 0][-reach:]
    after = rows[stop:][rows[stop:] > 0][:reach]
    if not len(before) or not len(after):
        return 0.0
    return float(min(np.median(before), np.median(after)))


def holiday(day: int) -> bool:
    """Whether a day is one on which most businesses of most countries rest."""
    return str(np.datetime64(day, "D"))[5:] in PUBLIC_HOLIDAYS


def coarsest_entity(context: Context, above: int = 1) -> str | None:
    """The column of ids or names with the fewest values, more than ``above``: what starts and stops as one."""
    sample = context.profile.sample
    counts = {
        c: len(sample[c].values)
        for c, r in context.roles.items()
        if r.family in (Family.ID, Family.NAME) and above < len(sample[c].values) <= sample.rows / 5
    }
    return min(counts, key=lambda c: (counts[c], sample.names.index(c))) if counts else None


def reports_daily(context: Context, date: str, until: int | None = None) -> bool:
    """Whether the table reports each of its entities every day, rather than listing events as they happen.

    The finest entities of the grain have rows on most days between their first and their last. Rows after the day
    ``until`` are left out.
    """
    sample = context.profile.sample
    if date not in context.grain or sample.rows < 30:
        return False
    others = [c for c in context.grain if c != date]
    key = np.zeros(sample.rows, np.int64)
    for column in others:
        codes = sample[column].codes + 1
        key = np.unique(key * (int(codes.max()) + 1) + codes, return_inverse=True)[1].astype(np.int64)
    day = sample[date].numbers
    fine = np.isfinite(day) if until is None else np.isfinite(day) & (day < until + 1)
    key, day = key[fine], day[fine]
    if not len(key):
        return False
    count = np.bincount(key)
    first, last = np.full(len(count), np.inf), np.full(len(count), -np.inf)
    np.minimum.at(first, key, day)
    np.maximum.at(last, key, day)
    span = np.maximum(last - first + 1, 1)
    long = span >= 3
    filled = count[long].sum() / max(sample.fraction * span[long].sum(), 1.0)
    return bool(filled >= 0.6)
