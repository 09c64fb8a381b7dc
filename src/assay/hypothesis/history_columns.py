"""Columns that the table had and lost, types that changed, and columns that are emptier than they ever were."""

from __future__ import annotations

import math

from sqlglot import exp

from assay.hypothesis.baseline import limit
from assay.hypothesis.hypothesis import Context, Fact, Hypothesis, RowTest
from assay.hypothesis.scope import between, event_date
from assay.hypothesis.series import iso
from assay.profile.history import History
from assay.source.base import ColumnType

NUMBERS = {ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.FLOAT}
TIMES = {ColumnType.DATE, ColumnType.TIMESTAMP}
LEAST_NULLS = 0.02  # more than usual, before a jump is worth a word


def changed_columns(context: Context, history: History) -> list[Hypothesis]:
    """Raise lost columns, changed types and jumps of the null rate."""
    return [*_lost(history), *_retyped(history), *_emptier(context, history)]


def _lost(history: History) -> list[Hypothesis]:
    return [
        Hypothesis(
            "missing_columns",
            (name,),
            f"The column was there in earlier audits ({column.role or column.type}) and is gone.",
            Fact(rows=history.state.rows),
            origin="memory",
            prior=0.95,
            weight=1.0,
            confidence=0.97,
            action="Ask who changed the export; restore the column, or confirm that it was dropped on purpose.",
            evidence={"was": column.type, "role": column.role, "audits": history.audits},
        )
        for name, column in history.columns.items()
        if name not in history.state.columns
    ]


def _group(kind: str) -> str:
    if kind in NUMBERS:
        return "number"
    return "date" if kind in TIMES else kind


def _retyped(history: History) -> list[Hypothesis]:
    found = []
    for name, was in history.columns.items():
        now = history.state.columns.get(name)
        empty = now is None or now.nulls == now.rows or was.nulls == was.rows
        if now is None or empty or _group(now.type) == _group(was.type):
            continue
        found.append(
            Hypothesis(
                "type_change",
                (name,),
                f"The column held values of type {was.type} in earlier audits and now holds {now.type}.",
                Fact(rows=now.rows - now.nulls if now.rows == history.state.rows else history.state.rows),
                origin="memory",
                prior=0.9,
                weight=0.9,
                confidence=0.93,
                action="Find what changed in the load; cast the column back, or confirm the new type.",
                evidence={"was": was.type, "now": now.type},
            )
        )
    return found


def _emptier(context: Context, history: History) -> list[Hypothesis]:
    """Days on which a column is empty far more often than on the days before."""
    date, found = event_date(context), []
    fresh = history.fresh()
    if date is None or not fresh:
        return []
    names = sorted({n for d in fresh for n in history.state.days[d].amounts})
    tests = max(len(names) * len(fresh), 1)
    for name in names:
        past = [
            (s.amounts[name].present, s.rows) for _, s in sorted(history.days.items()) if name in s.amounts and s.rows
        ][-60:]
        if len(past) < 3:
            continue
        rates = [1 - present / rows for present, rows in past]
        usual = sum(rates) / len(rates)
        spread = max(math.sqrt(sum((r - usual) ** 2 for r in rates) / len(rates)), 1e-9)
        bad = []
        for day in fresh:
            state = history.state.days[day]
            if name not in state.amounts or not state.rows:
                continue
            rate = 1 - state.amounts[name].present / state.rows
            chance = math.sqrt(max(usual, 1 / state.rows) * (1 - min(usual, 0.99)) / state.rows)
            if rate > max(rates) and rate - usual > max(LEAST_NULLS, limit(tests, len(past)) * max(spread, chance)):
                bad.append((day, rate))
        if not bad or len(bad) > max(3, len(fresh) // 3):
            continue
        value = exp.column(name, quoted=True).is_(exp.null())
        days = exp.or_(*[exp.and_(*between(context, date, day, day)) for day, _ in bad])
        found.append(
            Hypothesis(
                "missing_values",
                (name,),
                f"Empty in {bad[-1][1]:.1%} of the rows of {_days([d for d, _ in bad])}; "
                f"earlier days have {usual:.1%}, at most {max(rates):.1%}.",
                RowTest(exp.and_(value, exp.paren(days))),
                origin="memory",
                prior=0.85,
                strict=False,
                weight=0.8,
                confidence=0.9,
                action="Load the day again; rows without the value should not train a model.",
                evidence={"days": [iso(d) for d, _ in bad], "usual_rate": round(usual, 5)},
            )
        )
    return found


def _days(days: list[int]) -> str:
    return iso(days[0]) if len(days) == 1 else f"{len(days)} days, the last {iso(days[-1])}"
