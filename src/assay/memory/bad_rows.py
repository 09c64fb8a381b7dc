"""What an audit with a memory asks of bad rows: on which days they are, and how far beyond what is right they go."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from assay.errors import QueryError
from assay.hypothesis.hypothesis import Context
from assay.hypothesis.scope import event_date
from assay.judge.findings import Ruling
from assay.scan.copies import Copies
from assay.source.base import Source

DIGITS = 6  # of a magnitude: sums that engines add in any order are not told by their last digits


@dataclass(frozen=True)
class BadRows:
    """Of findings, by id.

    Attributes:
        days: the days (since 1970) with bad rows, where that is known.
        magnitudes: how far the worst row is beyond what is right.
    """

    days: Mapping[str, set[int]] = field(default_factory=dict)
    magnitudes: Mapping[str, float] = field(default_factory=dict)


def look(source: Source, ruling: Ruling, context: Context, wanted: Sequence[str], bounded: Sequence[str]) -> BadRows:
    """Ask the table about the bad rows of findings, in one statement.

    Args:
        wanted: findings whose days and magnitudes are of use; not asked for where statements are paid.
        bounded: findings whose magnitude decides whether they are news; always asked for.
    """
    ids = [i for i in dict.fromkeys([*bounded, *(() if source.billed else wanted)]) if i in ruling.checks]
    checks = {i: c for i in ids if not isinstance(c := ruling.checks[i], Copies)}
    date = None if source.billed else event_date(context)
    far = {i: ruling.magnitudes[i] for i in checks if i in ruling.magnitudes}
    if not far and (date is None or not checks):
        return BadRows()
    counts = [exp.alias_(exp.CountIf(this=c.copy()), f"n{k}") for k, c in enumerate(checks.values())]
    greatest = [
        exp.alias_(exp.Max(this=exp.Case(ifs=[exp.If(this=checks[i].copy(), true=_double(m))])), f"m{k}")
        for k, (i, m) in enumerate(far.items())
    ]
    day = [] if date is None else [exp.alias_(_day(context, date), "day")]
    query = exp.select(*day, *counts, *greatest).from_(source.relation())
    if day:
        query = query.group_by(exp.Literal.number(1))
    try:
        answer: dict[str, list[Any]] = source.ask(query).to_pydict()
    except QueryError:
        return BadRows()
    days = {
        i: {int(d) for d, n in zip(answer["day"], answer[f"n{k}"], strict=True) if n and d is not None}
        for k, i in enumerate(checks if date is not None else ())
    }
    worst = {i: [float(v) for v in answer[f"m{k}"] if v is not None] for k, i in enumerate(far)}
    return BadRows(days, {i: _figure(max(v)) for i, v in worst.items() if v and math.isfinite(max(v))})


def _day(context: Context, date: str) -> exp.Expr:
    epoch = exp.cast(exp.Literal.string("1970-01-01"), "date")
    day = exp.DateDiff(this=exp.cast(context.profile.value(date), "date"), expression=epoch, unit=exp.var("DAY"))
    return exp.cast(day, "bigint")


def _double(value: exp.Expr) -> exp.Expr:
    return exp.cast(exp.paren(value.copy()), "double")


def _figure(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
