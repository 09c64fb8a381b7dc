"""Dates far beyond the period that a table is about: 2205 for 2025, or 9999-12-31 as the day of an event.

The yardstick is the table itself, never the clock, so that the same file audited next year gives the same findings.
"""

from __future__ import annotations

import numpy as np
from sqlglot import exp

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.hypothesis.scope import day_literal, day_of, event_date
from assay.hypothesis.series import iso
from assay.hypothesis.temporal.cadence import reports_daily
from assay.profile.arrays import Ints

IMPOSSIBLE = int(np.datetime64("2100-01-01", "D").astype(np.int64))
YEAR = 365
LARGEST_SHARE = 0.45
OPEN_ENDED = 0.02  # share of rows above which one far value says "without end"


def future_dates(context: Context) -> list[Hypothesis]:
    """Raise dates that lie isolated after the rest of their column."""
    event = event_date(context)
    found = []
    for column, role in context.roles.items():
        if role.family is not Family.DATE:
            continue
        days, rows = _counts(context, column, column == event)
        if len(days) < 2 or rows.sum() < 10:
            continue
        if column == event:
            found += _event(context, column, days, rows)
        else:
            found += _other(context, column, days, rows)
    return found


def _counts(context: Context, column: str, event: bool) -> tuple[Ints, Ints]:
    """Days of a column, ascending, and their rows: exact for the event date, else those of the sample."""
    counted = context.profile.groups.days
    if event and counted is not None:
        order = np.argsort(counted.day, kind="stable")
        return counted.day[order], counted.rows[order]
    numbers = context.profile[column].numbers
    days, rows = np.unique(np.floor(numbers[np.isfinite(numbers)]).astype(np.int64), return_counts=True)
    return days, rows.astype(np.int64)


def _event(context: Context, column: str, days: Ints, rows: Ints) -> list[Hypothesis]:
    end, span, dense = _bulk(days, rows)
    later = days > end
    if not later.any() or rows[later].sum() > LARGEST_SHARE * rows.sum():
        return []
    distance = int(days[later][0]) - end
    far = later & (days >= IMPOSSIBLE) & (end < IMPOSSIBLE - 10 * YEAR)
    report = dense and reports_daily(context, column, end)
    remote = distance > max(2 * span, (2 if report else 3) * YEAR)
    # A list of what ran on each day ends sharply; what follows after a pause and is thin does not belong to it.
    thin = rows[later].sum() / (days[later][-1] - end) < 0.05 * rows[~later].sum() / (span + 1)
    strays = report and thin and distance > max(30, span // 2)
    if not (remote or strays):
        later = far
    if not later.any():
        return []
    first = int(days[later][0])
    bound = end if first - end > 0 and (remote or strays) else first - 1
    return [_future(context, column, bound, end, days[later], rows[later], 0.95)]


def _bulk(days: Ints, rows: Ints) -> tuple[int, int, bool]:
    """Last day and length of the stretch with most rows between long pauses, and whether most of its days have rows."""
    gaps = np.diff(days)
    usual = float(np.quantile(gaps, 0.5)) if len(gaps) else 1.0
    part = np.concatenate([[0], np.cumsum(gaps > max(30, 20 * usual))])
    weight = np.bincount(part, weights=rows)
    inside = days[part == int(np.argmax(weight))]
    span = int(inside[-1] - inside[0])
    return int(inside[-1]), span, len(inside) >= 0.8 * (span + 1)


def _other(context: Context, column: str, days: Ints, rows: Ints) -> list[Hypothesis]:
    """Other date columns may lie in the future (ends, expiries), and one far value may mean "without end"."""
    far = days >= IMPOSSIBLE
    share = rows[far].sum() / rows.sum()
    if not far.any() or share > 0.2 or (len(days[far]) == 1 and share > OPEN_ENDED):
        return []
    end = int(days[~far][-1])
    if int(np.median(np.repeat(days, np.minimum(rows, 1000)))) > IMPOSSIBLE - 50 * YEAR:
        return []
    # Above the sampled share, the whole table may hold further ones: the bound is the century, not the sample's dates.
    return [_future(context, column, IMPOSSIBLE - 1, end, days[far], rows[far], 0.85 if len(days[far]) > 1 else 0.45)]


def _future(
    context: Context, column: str, bound: int, end: int, days: Ints, rows: Ints, confidence: float
) -> Hypothesis:
    years = round((int(days[0]) - end) / YEAR, 1)
    return Hypothesis(
        kind="future_dates",
        columns=(column,),
        reason=f"Dates in {column} lie {years} years or more after the last of all others.",
        test=RowTest(exp.GT(this=day_of(context, column), expression=day_literal(bound))),
        prior=0.9,
        strict=confidence >= 0.5,
        weight=0.8,
        confidence=confidence,
        action="Correct the dates at the source; until then keep these rows out of daily figures.",
        evidence={
            "last_usual_day": iso(end),
            "first": iso(days[0]),
            "last": iso(days[-1]),
            "days": len(days),
            "seen": int(rows.sum()),
        },
    )
