"""Predicates of where something happens: in some entities, from a day, until a day."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from assay.hypothesis.hypothesis import Context
from assay.hypothesis.series import iso
from assay.source.base import ColumnType


def day_literal(day: int) -> exp.Expr:
    """A day since 1970 as a date in SQL."""
    return exp.cast(exp.Literal.string(iso(day)), "date")


def day_of(context: Context, column: str) -> exp.Expr:
    """The calendar day of a date or timestamp column."""
    value = context.profile.value(column)
    return exp.cast(value, "date") if context.profile[column].type is ColumnType.TIMESTAMP else value


def between(context: Context, column: str, first: int | None, last: int | None) -> list[exp.Expr]:
    """The conditions that a row's day is ``first`` or later and ``last`` or earlier; None for no bound."""
    conditions: list[exp.Expr] = []
    if first is not None:
        conditions.append(exp.GTE(this=day_of(context, column), expression=day_literal(first)))
    if last is not None:
        conditions.append(exp.LTE(this=day_of(context, column), expression=day_literal(last)))
    return conditions


def among(context: Context, column: str, values: Sequence[str]) -> exp.Expr:
    """The condition that a column has one of some values, given as the text that the sample shows."""
    kind = context.profile[column].type
    literals: list[exp.Expr]
    if kind is ColumnType.INTEGER and all(v.lstrip("-").isdigit() for v in values):
        target, literals = context.profile.value(column), [exp.convert(int(v)) for v in values]
    else:
        bare = exp.column(column, quoted=True)
        target = bare if kind is ColumnType.TEXT else exp.cast(bare, "text")
        literals = [exp.Literal.string(v) for v in values]
    if len(literals) == 1:
        return exp.EQ(this=target, expression=literals[0])
    return exp.In(this=target, expressions=literals)


def event_date(context: Context) -> str | None:
    """The column of the day that rows are about, None where there is none."""
    return next((c for c, r in context.roles.items() if r.event_time), None)
