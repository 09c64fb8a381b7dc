"""Robust statistics of daily series: levels, noise, steps and gaps, none of which a few bad days can move."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from assay.hypothesis.robust import median
from assay.profile.arrays import Bools, Floats, Ints
from assay.profile.groups import Days

MAD_TO_SIGMA = 1.4826  # of a normal distribution
CHANGE = 14  # values before and after a place, by which changes are compared
PAUSE = 400  # days without any row that part the main period of a table from stray dates


def iso(day: int | float) -> str:
    """The date of a day since 1970, as ISO text."""
    return str(np.datetime64(int(day), "D"))


def scale_of(values: Floats, floor: float = 0.0) -> float:
    """Robust standard deviation: the median absolute deviation in normal sigmas; at least ``floor``."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return floor
    return max(floor, MAD_TO_SIGMA * median(np.abs(finite - median(finite))))


def z_limit(tests: float, alpha: float = 1e-3) -> float:
    """The deviation, in sigmas, that the largest of ``tests`` normal draws exceeds with probability ``alpha``."""
    return NormalDist().inv_cdf(1 - min(0.25, alpha / (2 * max(tests, 1.0))))


def log10_choose(n: int, k: int) -> float:
    """Decimal logarithm of the number of ways to choose k of n."""
    return (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)) / math.log(10)


def main_period(days: Ints, rows: Ints) -> tuple[int, int]:
    """First and last day of the stretch that holds most rows; stretches are parted by long pauses."""
    unique, inverse = np.unique(days, return_inverse=True)
    weight = np.bincount(inverse, weights=rows)
    part = np.concatenate([[0], np.cumsum(np.diff(unique) > PAUSE)])
    best = int(np.argmax(np.bincount(part, weights=weight)))
    inside = unique[part == best]
    return int(inside[0]), int(inside[-1])


@dataclass(frozen=True, eq=False)
class Panel:
    """Daily figures as matrices, one line a segment (one line in all where the table is not split).

    Attributes:
        names: the segments' values as text; None for the whole table.
        first: day of the first column, as days since 1970.
        rows: rows, shape (segments, days).
        sums: for each metric its sums, same shape; 0 where there are none.
    """

    names: tuple[str | None, ...]
    first: int
    rows: Ints
    sums: dict[str, Floats]

    @property
    def days(self) -> Ints:
        """Day of each column."""
        return self.first + np.arange(self.rows.shape[1], dtype=np.int64)


def panel(days: Days, period: tuple[int, int], split: bool) -> Panel:
    """The days of a table, or of its segments, within a period, with zeros where there are no rows."""
    first, last = period
    inside = (days.day >= first) & (days.day <= last)
    if split:
        inside &= days.segment != ""
    day = days.day[inside] - first
    names, line = np.unique(days.segment[inside].astype(str), return_inverse=True)
    shape = (max(len(names), 1), last - first + 1)
    where = (line.reshape(-1), day)
    rows = np.zeros(shape, np.int64)
    np.add.at(rows, where, days.rows[inside])
    sums = {}
    for name, values in days.sums.items():
        total = np.zeros(shape)
        np.add.at(total, where, np.nan_to_num(values[inside], posinf=0.0, neginf=0.0))
        sums[name] = total
    return Panel(tuple(names) if split else (None,), first, rows, sums)


def line_medians(values: Floats) -> Floats:
    """Median of the finite values of each line of a matrix, NaN where there are none."""
    ordered = np.sort(values, axis=1)  # NaN sorts last
    count = np.isfinite(ordered).sum(axis=1)
    lines = np.arange(len(ordered))
    low, high = (
        ordered[lines, np.maximum(count - 1, 0) // 2],
        ordered[lines, np.minimum(count // 2, ordered.shape[1] - 1)],
    )
    return np.where(count > 0, (low + high) / 2, np.nan)


def side_medians(values: Floats, width: int) -> tuple[Floats, Floats]:
    """Median of the ``width`` values before and after each one, NaN where fewer than half of them are finite.

    A value that is far from both is a spike; a value that is far from one of them stands at a step.
    """
    padded = np.concatenate([np.full(width, np.nan), values, np.full(width, np.nan)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)
    enough = np.isfinite(windows).sum(axis=1) * 2 >= width
    medians = np.where(enough, line_medians(windows), np.nan)
    return medians[: len(values)], medians[width + 1 :]


def weekday_effect(values: Floats) -> Floats:
    """What each weekday adds to a series, shape (7,), index 0 for that of the first day; zeros below four weeks."""
    effect = np.zeros(7)
    if np.isfinite(values).sum() < 28:
        return effect
    before, after = side_medians(values, 7)
    rest = values - (before + after) / 2
    for weekday in range(7):
        own = rest[weekday::7]
        own = own[np.isfinite(own)]
        effect[weekday] = median(own) if own.size >= 3 else 0.0
    return effect - median(effect)


def deseason(values: Floats) -> Floats:
    """The series without its weekly season."""
    effect = weekday_effect(values)
    return values - effect[np.arange(len(values)) % 7]


@dataclass(frozen=True)
class Step:
    """A change of level.

    Attributes:
        index: first position at the new level.
        shift: new level less old level.
        z: the shift in standard errors, with the noise's autocorrelation taken into account.
        sharpness: share of the shift that happens within a few days of the change (1: a step, near 0: a drift).
    """

    index: int
    shift: float
    z: float
    sharpness: float


def step_screen(values: Floats, least: int) -> tuple[Floats, Floats]:
    """For each line of a matrix its best step, by means, and the step's z; cheap, for all lines at once."""
    known = np.isfinite(values)
    centre = line_medians(values)[:, None]
    reach = 4 * np.maximum(MAD_TO_SIGMA * line_medians(np.abs(values - centre))[:, None], 1e-6)
    filled = np.where(known, np.clip(np.nan_to_num(values - centre), -reach, reach), 0.0)
    n, total = np.cumsum(known, axis=1).astype(np.float64), np.cumsum(filled, axis=1)
    left, right = n, n[:, -1:] - n
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = (total[:, -1:] - total) / right - total / left
        gain = np.where((left >= least) & (right >= least), shift**2 * left * right / n[:, -1:], 0.0)
        lines, cut = np.arange(len(values)), gain.argmax(axis=1)
        best, n_left, n_right = shift[lines, cut], left[lines, cut], right[lines, cut]
        before = np.arange(values.shape[1]) <= cut[:, None]
        level = np.where(
            before, (total[lines, cut] / n_left)[:, None], ((total[:, -1] - total[lines, cut]) / n_right)[:, None]
        )
        rest = np.where(known, filled - level, 0.0)
        power = np.maximum((rest**2).sum(axis=1), 1e-12)
        echo = np.clip((rest[:, 1:] * rest[:, :-1]).sum(axis=1) / power, 0.0, 0.9)
        error = np.sqrt(power / n[:, -1] * (1 / n_left + 1 / n_right) * (1 + echo) / (1 - echo))
        z = np.where(gain[lines, cut] > 0, np.abs(best) / np.maximum(error, 1e-6), 0.0)
        raw = np.cumsum(np.where(known, values, 0.0), axis=1)
        full = (raw[:, -1] - raw[lines, cut]) / n_right - raw[lines, cut] / n_left
    return np.nan_to_num(full), np.nan_to_num(z)


def best_step(values: Floats, least: int) -> Step | None:
    """The best single change of level of a series, with at least ``least`` finite values on both sides."""
    finite = np.flatnonzero(np.isfinite(values))
    y = values[finite]
    n = len(y)
    if n < 2 * least:
        return None
    middle, spread = median(y), scale_of(np.diff(y)) / math.sqrt(2)
    reach = max(4 * scale_of(y), 6 * spread, 1e-9)
    y = np.clip(y, middle - reach, middle + reach)
    left = np.arange(least, n - least + 1)
    sums = np.cumsum(y)
    means_left, means_right = sums[left - 1] / left, (sums[-1] - sums[left - 1]) / (n - left)
    gain = (means_right - means_left) ** 2 * left * (n - left) / n
    cut = int(left[np.argmax(gain)])
    shift = median(y[cut:]) - median(y[:cut])
    raw = values[finite]
    full = median(raw[cut:]) - median(raw[:cut])
    rest = np.concatenate([y[:cut] - y[:cut].mean(), y[cut:] - y[cut:].mean()])
    sigma = max(float(rest.std()), scale_of(rest), 1e-6)
    echo = float(np.clip(np.dot(rest[1:], rest[:-1]) / max(np.dot(rest, rest), 1e-12), 0.0, 0.9))
    error = sigma * math.sqrt((1 / cut + 1 / (n - cut)) * (1 + echo) / (1 - echo))
    near = min(5, least)
    jump = median(y[cut : cut + near]) - median(y[cut - near : cut])
    return Step(int(finite[cut]), full, abs(shift) / error, jump / shift if shift else 0.0)


def beats_wander(series: Floats, cut: int) -> bool:
    """Whether a series changes more around a day than around any other, as its changes scatter.

    The ratio of a large segment wanders: what it is made of changes a little every week, and that adds up. The best
    step of a random walk is far outside of its daily noise, but not outside of what the walk does elsewhere.
    """
    before, after = side_medians(series, CHANGE)
    changes = after - before  # without the day itself, which a step may fall into
    other = changes[abs(np.arange(len(series)) - cut) > CHANGE]
    other = other[np.isfinite(other)]
    if not np.isfinite(changes[cut]) or len(other) < CHANGE:
        return True  # nothing to compare with
    return bool(abs(changes[cut]) > z_limit(len(other) / CHANGE) * scale_of(other))


def widest_gaps(group: Ints, value: Floats, least: int) -> tuple[Ints, Floats, Floats]:
    """For each group the widest gap between neighbouring values that leaves ``least`` values on both sides.

    Args:
        group: group number of each value, ascending, and ``value`` ascending within a group.

    Returns:
        The groups that are large enough, the width of the gap, and its middle.
    """
    starts = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]])) if len(group) else np.empty(0, np.int64)
    sizes = np.diff(np.append(starts, len(group)))
    place = np.arange(len(group)) - np.repeat(starts, sizes)
    size = np.repeat(sizes, sizes)
    gap = np.append(np.diff(value), -1.0)
    gap[(place + 1 < least) | (size - place - 1 < least)] = -1.0
    if not len(starts):
        return np.empty(0, np.int64), np.empty(0), np.empty(0)
    widest = np.maximum.reduceat(gap, starts)
    at = np.flatnonzero(gap == np.repeat(widest, sizes))
    _, first = np.unique(group[at], return_index=True)
    at = at[first]
    fits = widest > 0
    return group[starts][fits], widest[fits], (value[at] + gap[at] / 2)[fits]


def group_medians(group: Ints, value: Floats) -> tuple[Ints, Floats, Ints]:
    """Groups, the median of each one's values, and how many values it has; ``value`` must be finite."""
    order = np.lexsort((value, group))
    group, value = group[order], value[order]
    starts = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]])) if len(group) else np.empty(0, np.int64)
    sizes = np.diff(np.append(starts, len(group)))
    low, high = starts + (sizes - 1) // 2, starts + sizes // 2
    return group[starts], (value[low] + value[high]) / 2, sizes.astype(np.int64)


def runs(flags: Bools) -> list[tuple[int, int]]:
    """Stretches of true values, as (first, past the last)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
