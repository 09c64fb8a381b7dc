"""Days with far more or fewer rows than their past lets expect, vanished days, and data that is later than ever."""

from __future__ import annotations

import math

import numpy as np
from sqlglot import exp

from assay.hypothesis.history.baseline import forecast, limit, log_of
from assay.hypothesis.history.delay import delay_of
from assay.hypothesis.history.entities import others_of
from assay.hypothesis.hypothesis import Context, Fact, Hypothesis, RowTest
from assay.hypothesis.scope import between, event_date
from assay.hypothesis.series import iso
from assay.hypothesis.temporal.cadence import reports_daily
from assay.profile.history import ROWS, History

LEAST_FACTOR = 1.3
LEAST_ROWS = 5
FEWEST_LAGS = 3


def unusual_volumes(context: Context, history: History) -> list[Hypothesis]:
    """Raise fresh days whose number of rows is off, and accepted days that are gone."""
    date = event_date(context)
    if date is None:
        return []
    return [*_off(context, history, date), *_gone(history, date)]


def _off(context: Context, history: History, date: str) -> list[Hypothesis]:
    accepted = {d: s.rows for d, s in history.days.items() if s.rows is not None}
    days = np.array(sorted(accepted), dtype=np.int64)
    delay, newest = delay_of(history), history.last or 0
    # Rows that keep arriving are compared as far as they have arrived.
    logs = np.array([log_of(accepted[int(d)] or 0) + delay.remaining(ROWS, newest - int(d)) for d in days])
    fresh, found = history.novel(), []
    for day in fresh:
        rows = history.state.days[day].rows or 0
        expected = forecast(days, logs, day, wanders=True)
        if expected is None or math.exp(expected.expected) < LEAST_ROWS:
            continue
        usual = math.exp(expected.expected - delay.remaining(ROWS, newest - day))
        off = log_of(max(rows, 0.5)) - math.log(usual)
        chance = expected.noise_of(usual)
        sure = limit(len(fresh), expected.past)
        if abs(off) <= max(sure * chance, math.log(LEAST_FACTOR)):
            continue
        event = history.event(day)
        fewer, last = off < 0, day == history.last
        found.append(
            Hypothesis(
                kind="volume_anomaly",
                columns=(date,),
                reason=f"{iso(day)} has {rows:,} rows; by earlier days of the week it should have about {usual:,.0f}.",
                test=_rows_of(context, date, day, fewer, round(usual) - rows),
                cells=(date,),
                origin="memory",
                prior=0.8,
                strict=False,
                weight=0.7,
                confidence=0.45 if event or (fewer and last and history.today - day < 1) else 0.88,
                action="Compare the day with the source and load it again." if fewer else "Look for a double load.",
                evidence={"day": iso(day), "rows": rows, "usual_rows": round(usual, 1), "forecasts": expected.past},
                segment=iso(day),
                expected=f"{event.name} was announced for that day"
                if event
                else _ended(context, history, date, day, off, sure * chance),
            )
        )
    return found


def _ended(context: Context, history: History, date: str, day: int, off: float, far: float) -> str:
    """Why a day of a table that reports each of its entities every day has other rows than usual: some began or ended.

    Args:
        off: how far off its rows are, as a natural logarithm.
        far: how far off such days are at most.
    """
    if not reports_daily(context, date):
        return ""
    others = others_of(context, history, date, day, np.ones(context.profile.sample.rows))
    if others is None or not others.usual or not others.spared(off):
        return ""
    least = max(far / math.sqrt(others.usual), math.log(LEAST_FACTOR))
    return "" if abs(off + others.shift) > least else others.words


def _rows_of(context: Context, date: str, day: int, fewer: bool, lost: int) -> Fact | RowTest:
    """Lost rows cannot be listed; surplus ones are among the rows of that day."""
    return Fact(rows=max(lost, 0)) if fewer else RowTest(exp.and_(*between(context, date, day, day)))


def emptied(context: Context, history: History) -> list[Hypothesis]:
    """Raise a table that has no rows at all and had some."""
    before = next((rows for rows in reversed(history.totals) if rows), 0)
    if not before:
        return []
    return [
        Hypothesis(
            kind="volume_anomaly",
            columns=tuple(context.profile.sample.names[:1]),
            reason=f"The table is empty; in an earlier audit it had {before:,} rows.",
            test=Fact(rows=before),
            origin="memory",
            prior=0.95,
            weight=1.0,
            confidence=0.95,
            action="Load the table again.",
            evidence={"rows": 0, "usual_rows": before},
            segment="empty",
        )
    ]


def _gone(history: History, date: str) -> list[Hypothesis]:
    """Accepted days inside the period of the table that have no rows any more."""
    if not history.state.days or history.partial:
        return []
    first, last = min(history.state.days), max(history.state.days)
    gone = [d for d, s in sorted(history.days.items()) if first < d < last and d not in history.state.days and s.rows]
    if not gone:
        return []
    rows = sum(history.days[d].rows or 0 for d in gone)
    told = iso(gone[0]) if len(gone) == 1 else f"{len(gone)} days from {iso(gone[0])} to {iso(gone[-1])}"
    return [
        Hypothesis(
            kind="date_gap",
            columns=(date,),
            reason=f"Rows of {told} were there in an earlier audit and are gone.",
            test=Fact(rows=rows),
            origin="memory",
            prior=0.9,
            weight=0.9,
            confidence=0.95,
            action="Load the days again from the source.",
            evidence={"days": [iso(d) for d in gone[:50]], "rows": rows},
        )
    ]


def late_data(context: Context, history: History) -> list[Hypothesis]:
    """Raise a last day that is older than it was in any earlier audit."""
    date, last = event_date(context), history.last
    if date is None or last is None or len(history.lags) < FEWEST_LAGS:
        return []
    lag = history.today - last
    past = np.array(history.lags)
    usual, most = float(np.median(past)), int(past.max())
    if lag <= most + 1 and not (lag > most and np.ptp(past) == 0 and len(past) >= 7):
        return []
    return [
        Hypothesis(
            kind="stale_data",
            columns=(date,),
            reason=f"The last day is {iso(last)}, {lag} days before this audit; in {len(past)} earlier audits it was "
            f"{usual:.0f} days, at most {most}.",
            test=Fact(rows=0),
            origin="memory",
            prior=0.9,
            weight=0.8,
            confidence=0.9,
            action="Find out why the load did not run.",
            evidence={"last_day": iso(last), "lag": lag, "usual_lag": usual, "greatest_lag": most},
            segment="late",
        )
    ]
