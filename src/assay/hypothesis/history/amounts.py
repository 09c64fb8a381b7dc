"""Days on which an amount is not what the days before let expect.

A sale, a pause or a holiday moves all amounts of a day together: that is business. What moves apart from the others is
an error of the load. So each amount is judged by how far it is from its forecast and, besides, by how far it is from
what the other amounts of the day did. Amounts that keep arriving are compared as far as they have arrived.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from sqlglot import exp

from assay.hypothesis.history.baseline import FLOOR, limit, log_of
from assay.hypothesis.history.delay import Delay, delay_of
from assay.hypothesis.history.entities import others_of
from assay.hypothesis.history.off import LEAST_FACTOR, NONE, Line, Off, is_alone, moved_alone, off_of
from assay.hypothesis.hypothesis import Context, Fact, Hypothesis, RowTest
from assay.hypothesis.scope import among, between, event_date
from assay.hypothesis.series import iso, scale_of
from assay.profile.history import History

FEWEST_ROWS = 5
SLUMP = 0.6  # of the usual amounts, all together, from which a day looks loaded in part


@dataclass(frozen=True)
class Part:
    """The rows with some values of a column, and what an amount of them sums to."""

    column: str
    values: tuple[str, ...]
    total: float = 0.0

    @property
    def words(self) -> str:
        return f"{self.column} {', '.join(self.values)}"


def unusual_amounts(context: Context, history: History) -> list[Hypothesis]:
    """Raise amounts of fresh days that are off by themselves, and days whose amounts are off together."""
    date = event_date(context)
    if date is None:
        return []
    line, fresh = _line(history, delay_of(history)), history.novel()
    found: list[Hypothesis] = []
    tests = sum(len(history.state.days[d].amounts) for d in fresh)
    for day in fresh:
        state = history.state.days[day]
        if (state.rows or 0) >= FEWEST_ROWS:
            off = off_of(line, day, {n: a.total for n, a in state.amounts.items()}, history.last or day)
            if off.amounts:
                found += _judge(context, history, date, off, tests)
    return found


def _line(history: History, delay: Delay) -> Line:
    past: dict[str, dict[int, float]] = defaultdict(dict)
    for day, state in history.days.items():
        for name, amount in state.amounts.items():
            past[name][day] = amount.total
    return Line(past, delay)


def _judge(context: Context, history: History, date: str, off: Off, tests: int) -> list[Hypothesis]:
    alone = moved_alone(off, tests)
    found = [
        anomaly(context, history, date, off, name, why=made_by_few(context, history, date, off, name, tests))
        for name in alone
    ]
    together = _together(history, date, off, tests, len(alone))
    return found if together is None else [*found, together]


def made_by_few(
    context: Context, history: History, date: str, off: Off, name: str, tests: int, part: tuple[str, str] | None = None
) -> str:
    """Why an amount that moved alone is no error: a few entities moved it, and not the others; "" where they did.

    Args:
        part: a column and the one value of it that the amount is of; None for all rows.
    """
    sample = context.profile.sample
    rows = None
    if part is not None:
        column = sample[part[0]]
        rows = column.codes == (column.values.index(part[1]) if part[1] in column.values else -2)
    others = others_of(context, history, date, off.day, sample[name].numbers, rows)
    if others is None or not others.usual or not others.spared(off.amounts[name]):
        return ""
    alike = is_alone(off, name, tests, few=True, shift=others.shift, share=others.usual)
    return "" if alike else others.words


def anomaly(
    context: Context, history: History, date: str, off: Off, name: str, part: Part | None = None, why: str = ""
) -> Hypothesis:
    """One amount of a day that moved alone: of all rows, or of those with some values.

    Args:
        why: why that is to be expected, if it is.
    """
    away, expected, day = off.amounts[name], off.forecasts[name], off.day
    total = history.state.days[day].amounts[name].total if part is None else part.total
    where = between(context, date, day, day)
    told = iso(day)
    if part is not None:
        where = [*where, among(context, part.column, part.values)]
        told += f", in {f'{len(part.values)} values' if len(part.values) > 1 else 'one value'} of {part.column},"
    event = history.event(day)
    # By now: what is expected in the end is more where amounts keep arriving.
    seen, usual = _figure(total), _figure(math.exp(log_of(max(total, NONE)) - away))
    others = f" while the other amounts of the day are {_times(off.common)}" if off.common else ""
    return Hypothesis(
        kind="metric_anomaly",
        columns=(name,),
        reason=f"{told} sums to {seen}; by earlier days it should be about {usual} ({_times(away)}){others}.",
        test=RowTest(exp.and_(*where)),
        cells=(name,),
        origin="memory",
        prior=0.75,
        strict=False,
        weight=0.75,
        # What one platform does differently is business more often than what the whole table does.
        confidence=(0.85 if part is None else 0.75) if expected.past >= 7 else 0.7 if part is None else 0.6,
        action="Compare the day with the source; look for a changed unit, a double count or a lost segment.",
        evidence={
            "day": iso(day),
            "factor": float(f"{math.exp(min(away, 50)):.3g}"),
            "factor_of_other_amounts": float(f"{math.exp(min(off.common, 50)):.3g}"),
            "noise": round(expected.noise, 4),
            "forecasts": expected.past,
        },
        segment=iso(day) if part is None else f"{iso(day)}, {part.words}",
        expected=f"{event.name} was announced for that day" if event and abs(away) < math.log(20) else why,
    )


def _together(history: History, date: str, off: Off, tests: int, alone: int) -> Hypothesis | None:
    """All amounts of the day far off at once, which is business unless the load was partial."""
    if len(off.amounts) < 3 or alone > len(off.amounts) / 2:
        return None
    errors = {d for f in off.forecasts.values() for d in f.errors}
    past = np.array([off.common_error(d) for d in errors])
    noise = scale_of(past, FLOOR) if len(past) >= 3 else 0.2
    if abs(off.common) <= max(limit(tests, len(past)) * noise, math.log(LEAST_FACTOR)):
        return None
    event = history.event(off.day)
    risen = off.common > 0
    why = "all amounts rose together, as in a sale" if risen else ""
    return Hypothesis(
        kind="metric_anomaly",
        columns=(date,),
        reason=f"All amounts of {iso(off.day)} are {_times(off.common)}, by earlier days; what is sold or spent moves "
        "together, and so do the amounts of a day that was loaded in part.",
        test=Fact(rows=history.state.days[off.day].rows or 0),
        cells=(date,),
        origin="memory",
        prior=0.4,
        strict=False,
        weight=0.5,
        confidence=0.55 if off.common < math.log(SLUMP) and off.day != history.last else 0.4,
        action="Ask whether the day is complete.",
        evidence={"day": iso(off.day), "factor": float(f"{math.exp(off.common):.3g}"), "amounts": len(off.amounts)},
        segment=iso(off.day),
        expected=f"{event.name} was announced for that day" if event else why,
    )


def _times(log: float) -> str:
    return f"{math.exp(min(log, 50)):.3g} times as large as expected"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
