"""The predicate of outliers: a fitted expectation and its limits as SQL."""

from __future__ import annotations

import numpy as np
from sqlglot import exp

from assay.hypothesis.hypothesis import Context
from assay.hypothesis.measures import number
from assay.hypothesis.outliers.effects import Dimension
from assay.hypothesis.outliers.expectation import Expectation
from assay.hypothesis.outliers.stage import Damage, Stage
from assay.hypothesis.robust import Curve
from assay.profile.arrays import Floats, Ints
from assay.source.base import ColumnType

ROUNDING = 1e-4  # literals have six digits


def predicate_of(context: Context, damage: Damage) -> exp.Expr:
    """True on suspect rows: each stage judges the rows that the ones before it cannot, the ceiling the rest."""
    predicates: list[exp.Expr] = []
    unjudged: list[exp.Expr] = []
    for stage in damage.stages:
        predicates.append(exp.and_(*unjudged, _predicate(context, stage)))
        unjudged.append(_unjudged(context, stage.expected))
    if damage.ceiling is not None:
        value = damage.stages[0].expected.measure.sql(context)
        beyond = exp.GT(this=value, expression=number(damage.ceiling + ROUNDING))
        predicates.append(exp.and_(*unjudged, beyond))
    return exp.or_(*predicates)


def _predicate(context: Context, stage: Stage) -> exp.Expr:
    """True on suspect rows: the line of the other columns is below what the limit's inverse makes of the value.

    So the long part, the line, stands there once.
    """
    fitted = stage.expected
    value = fitted.measure.sql(context)
    predicates: list[exp.Expr] = []
    for name in stage.sides:
        beyond = exp.LT if name == "high" else exp.GT
        limit = _bent(fitted.sides[name].limit.inverse(), value)
        predicate: exp.Expr = beyond(this=_line(context, fitted), expression=limit)
        if stage.witness is not None:
            excess = [exp.paren(value.copy() - expected_level(context, e)) for e in (stage.witness, fitted)]
            half = exp.Mul(this=number(0.5), expression=excess[1])
            agrees = (exp.GT if name == "high" else exp.LT)(this=excess[0], expression=half)
            predicate = exp.and_(predicate, exp.Coalesce(this=exp.paren(agrees), expressions=[exp.true()]))
        predicates.append(predicate)
    return exp.or_(*predicates)


def _bent(curve: Curve, value: exp.Expr) -> exp.Expr:
    """A curve of an expression in SQL, as a sum of bends: no branches, and null where the expression is."""
    constant, slope, bends = curve.bends()
    total: exp.Expr = number(constant) + exp.Mul(this=number(slope), expression=exp.paren(value.copy()))
    for knot, turn in bends:
        distance = exp.Abs(this=exp.paren(value.copy()) - number(knot))
        total = exp.Add(this=total, expression=exp.Mul(this=number(turn), expression=distance))
    return exp.paren(total)


def expected_level(context: Context, fitted: Expectation) -> exp.Expr:
    """The expected level in SQL, unbent."""
    constant, slope = fitted.centre.straight()
    return exp.paren(number(constant) + exp.Mul(this=number(slope), expression=_line(context, fitted)))


def _line(context: Context, fitted: Expectation) -> exp.Expr:
    """The linear expectation in SQL."""
    line: exp.Expr = number(fitted.level)
    if fitted.related is not None:
        related = exp.Mul(this=number(fitted.slope), expression=exp.paren(fitted.related.sql(context)))
        line = exp.Add(this=line, expression=related)
    for effect in fitted.effects:
        line = exp.Add(this=line, expression=_effect(context, effect.dimension, effect.shifts, effect.default))
    return exp.paren(line)


def _unjudged(context: Context, fitted: Expectation) -> exp.Expr:
    """Rows of which an expectation says nothing: the related metric or the segment is missing."""
    parts: list[exp.Expr] = [fitted.related.sql(context).is_(exp.null())] if fitted.related is not None else []
    for effect in fitted.effects:
        if effect.default is None:
            known = _among(context, effect.dimension, np.flatnonzero(np.isfinite(effect.shifts)))
            parts.append(exp.not_(exp.Coalesce(this=exp.paren(known), expressions=[exp.false()])))
        elif np.isnan(effect.shifts).any():
            parts.append(_among(context, effect.dimension, np.flatnonzero(np.isnan(effect.shifts))))
    return exp.or_(exp.false(), *parts)


def _effect(context: Context, dimension: Dimension, shifts: Floats, default: float | None) -> exp.Expr:
    branches = [
        exp.If(this=_among(context, dimension, np.flatnonzero(shifts == shift)), true=number(shift))
        for shift in sorted(set(shifts[np.isfinite(shifts)].tolist()))
        if shift != default
    ]
    if default is not None and np.isnan(shifts).any():
        branches.append(exp.If(this=_among(context, dimension, np.flatnonzero(np.isnan(shifts))), true=exp.null()))
    otherwise = exp.null() if default is None else number(default)
    return exp.Case(ifs=branches, default=otherwise) if branches else otherwise


def _among(context: Context, dimension: Dimension, places: Ints) -> exp.Expr:
    column = context.profile[dimension.name]
    literal = exp.Literal.string if column.type is ColumnType.TEXT else number
    values = [literal(column.values[i]) for i in places]
    return exp.In(this=context.profile.value(dimension.name), expressions=values)
