"""Columns that are emptier than they ever were, day by day or load by load, beyond the noise of their own past."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
from sqlglot import exp

from assay.hypothesis.history.baseline import limit
from assay.hypothesis.history.entities import others_of
from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.hypothesis.missing.undefined import undefined
from assay.hypothesis.scope import between, event_date
from assay.hypothesis.series import iso
from assay.profile.empties import WHOLE, Empties, empties_of
from assay.profile.history import History

LEAST_NULLS = 0.02  # more than usual, before a jump is worth a word
FEWEST = 3  # past rates before another can be judged
REACH = 60  # past rates that are looked at
BEYOND = 2.0  # times as far from the usual rate as any past one: rates have heavy tails

EPOCH = date(1970, 1, 1).toordinal()

Counted = tuple[int, int]
"""Empty values, and rows."""


def emptier_columns(context: Context, history: History) -> list[Hypothesis]:
    """Raise jumps of the null rate: of metrics on days that are counted in full, of all else in the sample."""
    by_day = _days_of_metrics(context, history)
    counted = {n for s in history.state.days.values() for n in s.amounts}
    return by_day + _loads(context, history, counted)


def _days_of_metrics(context: Context, history: History) -> list[Hypothesis]:
    """Days on which a metric is empty far more often than on the days before."""
    dated, found = event_date(context), []
    fresh = history.fresh()
    if dated is None or not fresh:
        return []
    names = sorted({n for d in fresh for n in history.state.days[d].amounts})
    tests = max(len(names) * len(fresh), 1)
    for name in names:
        past = [
            (s.rows - s.amounts[name].present, s.rows)
            for _, s in sorted(history.days.items())
            if name in s.amounts and s.rows
        ]
        bad = {}
        for day in fresh:
            state = history.state.days[day]
            if name in state.amounts and state.rows:
                now = (state.rows - state.amounts[name].present, state.rows)
                if jumped(past, now, tests):
                    bad[iso(day)] = now
        if bad and len(bad) <= max(3, len(fresh) // 3):
            found += _told(context, history, name, dated, bad, past, tests)
    return found


def _loads(context: Context, history: History, without: set[str]) -> list[Hypothesis]:
    """Days, or the whole of a table without them, on which a column is emptier than in the loads that were accepted."""
    dated, known, found = event_date(context), history.empties, []
    now = empties_of(context.profile.sample, dated)
    fresh = {iso(d) for d in history.fresh()}
    asked = {c: _asked(known, now, c, fresh) for c in now.nulls if c not in without}
    tests = max(sum(map(len, asked.values())), 1)
    for name, loads in asked.items():
        past = [(known.nulls[name][load], known.rows[load]) for load in known.rows if load in known.nulls.get(name, {})]
        bad = {load: c for load in loads if jumped(past, c := (now.nulls[name][load], now.rows[load]), tests)}
        if bad:
            found += _told(context, history, name, dated, bad, past, tests)
    return found


def _asked(known: Empties, now: Empties, column: str, fresh: set[str]) -> list[str]:
    """The loads of a column that are not accepted as they are."""
    accepted, counted = known.nulls.get(column, {}), now.nulls[column]

    def grown(load: str) -> bool:
        return known.rows[load] == now.rows[load] and accepted[load] < counted[load]

    return [load for load in counted if load not in accepted or load in fresh or grown(load)]


def jumped(past: Sequence[Counted], now: Counted, tests: int) -> bool:
    """Whether a null rate is above all past ones, and farther than they are from each other and than chance."""
    past = past[-REACH:]
    if len(past) < FEWEST:
        return False
    rates = [empty / rows for empty, rows in past]
    rate, rows = now[0] / now[1], now[1]
    usual = sum(rates) / len(rates)
    spread = max(math.sqrt(sum((r - usual) ** 2 for r in rates) / len(rates)), 1e-9)
    chance = math.sqrt(max(usual, 1 / rows) * (1 - min(usual, 0.99)) / rows)
    least = max(LEAST_NULLS, BEYOND * (max(rates) - usual), limit(tests, len(past)) * max(spread, chance))
    return rate - usual > least


def _told(
    context: Context,
    history: History,
    name: str,
    dated: str | None,
    bad: Mapping[str, Counted],
    past: Sequence[Counted],
    tests: int,
) -> list[Hypothesis]:
    """That a column is empty in too many rows of some loads, those apart that are so for a reason."""
    apart: dict[str, dict[str, Counted]] = defaultdict(dict)
    for load, now in bad.items():
        apart[_reason(context, history, name, dated, load, past, tests)][load] = now
    return [_hypothesis(context, name, dated, loads, past, why) for why, loads in apart.items()]


def _reason(
    context: Context, history: History, name: str, dated: str | None, load: str, past: Sequence[Counted], tests: int
) -> str:
    """Why a column may be emptier on a day: what it is made of is zero, or a few entities lack it; "" for no reason."""
    if dated is None or load == WHOLE:
        return ""
    sample, day = context.profile.sample, day_of(load)
    nulls = sample[name].nulls
    absent = nulls & (np.floor(sample[dated].numbers) == day)
    if absent.any() and undefined(context, name, absent):
        return "a quantity that it is made of is zero in these rows"
    others = others_of(context, history, dated, day, nulls.astype(np.float64))
    if others is None:
        return ""
    rest = (int(nulls[others.rows].sum()), int(others.rows.sum()))
    return "" if jumped(past, rest, tests) else others.words


def _hypothesis(
    context: Context,
    name: str,
    dated: str | None,
    bad: Mapping[str, Counted],
    past: Sequence[Counted],
    why: str,
) -> Hypothesis:
    """That a column is empty in too many rows of some loads.

    Args:
        dated: the column of the day; without it the load is the table.
        why: why that is to be expected, if it is.
    """
    rates = [empty / rows for empty, rows in past[-REACH:]]
    usual, most = sum(rates) / len(rates), max(rates)
    days = [load for load in bad if load != WHOLE]
    last = list(bad)[-1]
    rate = bad[last][0] / bad[last][1]
    test: exp.Expr = exp.column(name, quoted=True).is_(exp.null())
    if dated is not None and days:
        when = [exp.and_(*between(context, dated, d, d)) for d in map(day_of, days)]
        test = exp.and_(test, exp.paren(exp.or_(*when)))
    where = "the rows" if not days else f"the rows of {days[0]}" if len(days) == 1 else _listed(days)
    before = "earlier days have" if days else f"the {len(rates)} loads before had"
    return Hypothesis(
        "missing_values",
        (name,),
        f"Empty in {rate:.1%} of {where}; {before} {usual:.1%}, at most {most:.1%}.",
        RowTest(test),
        origin="memory",
        prior=0.85,
        strict=False,
        weight=0.8,
        confidence=0.9,
        action="Load the day again; rows without the value should not train a model."
        if days
        else "Ask what changed in the load; rows without the value should not train a model.",
        evidence={"usual_rate": round(usual, 5), **({"days": days} if days else {})},
        segment="few" if why else "",
        expected=why,
    )


def day_of(load: str) -> int:
    """The day (since 1970) that a load of one day holds."""
    return date.fromisoformat(load).toordinal() - EPOCH


def _listed(days: Sequence[str]) -> str:
    return f"the rows of {len(days)} days, the last {days[-1]}"
