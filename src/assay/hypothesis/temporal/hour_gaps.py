"""Hours, half days and other regular times that are missing inside days that have rows."""

from __future__ import annotations

import math

import numpy as np

from assay.hypothesis.hypothesis import Context, Fact, Hypothesis
from assay.hypothesis.series import runs
from assay.hypothesis.temporal.cadence import dispersion, empty_odds
from assay.hypothesis.temporal.gaps import ACTION, CHANCE, LISTED
from assay.profile.arrays import Bools, Floats, Ints
from assay.profile.groups import Slots

DAY = 86_400
FEWEST_DAYS = 5
OPEN = 0.8  # share of the days on which a time of day must have rows to be expected
MOST = 0.1  # share of the expected times beyond which the table has no such cadence
LONGEST = 200_000  # slots


def hour_gaps(context: Context, date: str) -> list[Hypothesis]:
    """Times of day without any row, on days that have rows, although that time has rows on nearly all other days.

    Days that are missing as a whole are left to the tests of days.
    """
    slots = context.profile.groups.slots
    grid = _by_day(slots) if slots is not None else None
    if slots is None or grid is None or len(grid) < FEWEST_DAYS:
        return []
    covered: Bools = np.asarray((grid > 0).any(axis=1))
    week = _weekdays(grid, covered)
    share = np.stack([np.mean(grid[covered & (week == w)] > 0, axis=0) for w in range(week.max() + 1)])[week]
    # The first and the last day may be cut.
    inside = np.cumsum(grid.ravel()).reshape(grid.shape) > 0
    inside &= np.cumsum(grid.ravel()[::-1])[::-1].reshape(grid.shape) > 0
    expected: Bools = (share >= OPEN) & covered[:, None] & inside
    missing = expected & (grid == 0)
    if not missing.any() or missing.sum() > MOST * expected.sum():
        return []
    flat, odds = missing.ravel(), _odds(grid, covered).ravel() + math.log(grid.size)
    sure = [(a, b) for a, b in runs(flat) if float(odds[a:b].sum()) - (b - a - 1) * math.log(grid.size) < CHANCE]
    if not sure:
        return []
    first = int(slots.slot[0] * slots.step // DAY) * DAY
    times = np.concatenate([np.arange(a, b) for a, b in sure]) * slots.step + first
    doubt = ""
    if all(_clock_change(first, slots.step, a, b) for a, b in sure):
        doubt = "clocks that are put forward skip this hour"
    elif all(_at_closed_hours(expected.ravel(), a, b) for a, b in sure):
        doubt = "business may have begun later or ended earlier"
    return [_hypothesis(date, slots.step, times, doubt)]


def _by_day(slots: Slots) -> Ints | None:
    """Rows as a matrix of days and times of day; None where the period is too long for that."""
    each = DAY // slots.step
    if not len(slots.slot):
        return None
    first, last = int(slots.slot[0]) // each, int(slots.slot[-1]) // each
    if (last - first + 1) * each > LONGEST:
        return None
    grid = np.zeros((last - first + 1) * each, np.int64)
    grid[slots.slot - first * each] = slots.rows
    return grid.reshape(-1, each)


def _weekdays(grid: Ints, covered: Bools) -> Ints:
    """The weekday of each day, where there are weeks enough to tell weekdays apart; opening hours differ by weekday."""
    weekday = np.arange(len(grid), dtype=np.int64) % 7
    enough = all(np.count_nonzero(covered & (weekday == w)) >= FEWEST_DAYS for w in range(7))
    return weekday if enough else np.zeros_like(weekday)


def _odds(grid: Ints, covered: Bools) -> Floats:
    """Natural logarithm of the probability that each slot is empty by chance, from the same time on other days."""
    odds = np.zeros(grid.shape)
    for time in range(grid.shape[1]):
        rows = grid[covered, time]
        present = rows[rows > 0]
        if len(present):
            odds[:, time] = empty_odds(float(np.median(present)), dispersion(rows))
    return odds


def _clock_change(first: int, step: int, start: int, stop: int) -> bool:
    """Whether a gap is the hour that clocks skip in spring: a single one, at night, at a week's end."""
    begin = first + start * step
    weekday = (begin // DAY + 3) % 7
    return (stop - start) * step <= 3_600 and begin % DAY < 4 * 3_600 and weekday in (5, 6)


def _at_closed_hours(expected: Bools, start: int, stop: int) -> bool:
    """Whether a gap begins or ends where the table has no rows on any day."""
    return not (expected[max(start - 1, 0)] and expected[min(stop, len(expected) - 1)])


def _hypothesis(date: str, step: int, times: Ints, doubt: str) -> Hypothesis:
    unit = "hour" if step == 3_600 else "half day" if step == DAY // 2 else f"{step // 60} minutes"
    count = len(times)
    reason = (
        f"{count} times of day ({unit} each) have no row in {date} on days that have others"
        if count > 1
        else (f"one time of day ({unit}) has no row in {date} on a day that has others")
    )
    if doubt:
        reason += f"; {doubt}"
    return Hypothesis(
        kind="date_gap",
        columns=(date,),
        reason=reason + ".",
        test=Fact(),
        cells=(date,),
        prior=0.8,
        weight=0.6,
        confidence=0.4 if doubt else 0.85,
        action=ACTION.replace("days", "hours"),
        evidence={
            "missing_times": [str(np.datetime64(int(t), "s")).replace("T", " ")[:16] for t in times[:LISTED]],
            "missing": count,
            "cadence": unit,
        },
        segment=f"times of day, {unit} each",
    )
