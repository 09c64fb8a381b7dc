"""Days on which an amount is not what the days before let expect.

A sale, a pause or a holiday moves all amounts of a day together: that is business. What moves apart from the others is
an error of the load. So each amount is judged by how far it is from its forecast and, besides, by how far it is from
what the other amounts of the day did. Amounts that keep arriving are compared as far as they have arrived.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from sqlglot import exp

from assay.hypothesis.history.baseline import FLOOR, Forecast, forecast, limit, log_of, spread_of
from assay.hypothesis.history.delay import Delay, delay_of
from assay.hypothesis.hypothesis import Context, Fact, Hypothesis, RowTest
from assay.hypothesis.robust import median
from assay.hypothesis.scope import between, event_date
from assay.hypothesis.series import iso, scale_of
from assay.profile.history import History

LEAST_FACTOR = 1.3
LEAST_EVENTS = 20.0  # an amount below which its chance decides
FEWEST_ROWS = 5
SLUMP = 0.6  # of the usual amounts, all together, from which a day looks loaded in part


@dataclass(frozen=True)
class Off:
    """How far the amounts of a day are from their forecasts, in natural logarithms.

    Attributes:
        late: how much less sure an amount is because it still arrives; None where that is not known yet.
    """

    day: int
    amounts: Mapping[str, float]
    forecasts: Mapping[str, Forecast]
    late: Mapping[str, float | None]

    @property
    def common(self) -> float:
        """What all amounts of the day did together; 0 where only one is known."""
        values = np.array(list(self.amounts.values()))
        return median(values) if len(values) >= 3 else 0.0

    def common_error(self, day: int) -> float:
        """The same of an earlier day, as its forecasts came out."""
        values = np.array([f.errors[day] for f in self.forecasts.values() if day in f.errors])
        return median(values) if len(values) >= 3 else 0.0


def unusual_amounts(context: Context, history: History) -> list[Hypothesis]:
    """Raise amounts of fresh days that are off by themselves, and days whose amounts are off together."""
    date = event_date(context)
    if date is None:
        return []
    delay, fresh = delay_of(history), history.novel()
    found: list[Hypothesis] = []
    tests = sum(len(history.state.days[d].amounts) for d in fresh)
    for day in fresh:
        off = _off(history, delay, day)
        if off.amounts:
            found += _judge(context, history, date, off, tests)
    return found


def _off(history: History, delay: Delay, day: int) -> Off:
    state, last = history.state.days[day], history.last or day
    amounts, forecasts = {}, {}
    if (state.rows or 0) >= FEWEST_ROWS:
        for name, amount in state.amounts.items():
            known = {d: s.amounts[name].total for d, s in history.days.items() if name in s.amounts}
            if not known or any(v < 0 for v in known.values()):
                continue
            days = np.array(sorted(known), dtype=np.int64)
            grown = [delay.remaining(name, last - int(d)) for d in days]
            logs = np.array([log_of(known[int(d)]) for d in days]) + np.array(grown)
            expected = forecast(days, logs, day)
            if expected is None or math.exp(expected.expected) < LEAST_EVENTS:
                continue
            seen = log_of(max(amount.total, 0.5)) + delay.remaining(name, last - day)
            amounts[name], forecasts[name] = seen - expected.expected, expected
    return Off(day, amounts, forecasts, {name: delay.spread(name, last - day) for name in amounts})


def _judge(context: Context, history: History, date: str, off: Off, tests: int) -> list[Hypothesis]:
    common, alone = off.common, []
    for name, away in off.amounts.items():
        expected = off.forecasts[name]
        apart = np.array([e - off.common_error(d) for d, e in expected.errors.items()])
        usual = math.exp(expected.expected)
        own = expected.noise_of(usual)
        beside = replace(expected, noise=spread_of(apart) if len(apart) >= 3 else expected.noise).noise_of(usual)
        sure, late = limit(tests, expected.past), off.late[name]
        if late is None and away < 0:
            continue  # it may only be on its way
        own, beside = math.hypot(own, late or 0.0), math.hypot(beside, late or 0.0)
        far, alone_far = abs(away) > sure * own, abs(away - common) > sure * beside
        least = math.log(LEAST_FACTOR)
        if far and alone_far and abs(away) > least and abs(away - common) > least:
            alone.append(name)
    found = [_anomaly(context, history, date, off, name) for name in alone]
    together = _together(history, date, off, tests, len(alone))
    return found if together is None else [*found, together]


def _anomaly(context: Context, history: History, date: str, off: Off, name: str) -> Hypothesis:
    away, expected, day = off.amounts[name], off.forecasts[name], off.day
    total = history.state.days[day].amounts[name].total
    event = history.event(day)
    seen, usual = _figure(total), _figure(math.exp(expected.expected))
    others = f" while the other amounts of the day are {_times(off.common)}" if off.common else ""
    return Hypothesis(
        kind="metric_anomaly",
        columns=(name,),
        reason=f"{iso(day)} sums to {seen}; by earlier days it should be about {usual} ({_times(away)}){others}.",
        test=RowTest(exp.and_(*between(context, date, day, day))),
        cells=(name,),
        origin="memory",
        prior=0.75,
        strict=False,
        weight=0.75,
        confidence=0.85 if expected.past >= 7 else 0.7,
        action="Compare the day with the source; look for a changed unit, a double count or a lost segment.",
        evidence={
            "day": iso(day),
            "factor": float(f"{math.exp(min(away, 50)):.3g}"),
            "factor_of_other_amounts": float(f"{math.exp(min(off.common, 50)):.3g}"),
            "noise": round(expected.noise, 4),
            "forecasts": expected.past,
        },
        segment=iso(day),
        expected=f"{event.name} was announced for that day" if event and abs(away) < math.log(20) else "",
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
