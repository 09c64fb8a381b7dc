"""Counterparts: columns that count the same events in their own way, and so tell which cells of a count were changed.

Exports report results beside the leads, installs or purchases that they are, or conversions by the day of the click
beside those by their own day. A count that agrees with one of them in nearly all rows was changed where it agrees with
none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sqlglot import exp

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context
from assay.hypothesis.relation_columns import Operand
from assay.hypothesis.relation_scene import value_of
from assay.profile.arrays import Bools

FEWEST = 3  # rows
ENOUGH = 60  # rows that show that columns agree
NEARLY = 0.98  # of the rows that are right
HARDLY = 0.1  # of the rows that are not
NOTABLE = 0.02
EVENTS = (0, 1)  # by how many counterparts may differ


@dataclass(frozen=True, eq=False)
class Disagreeing:
    """Rows of the sample in which no counterpart is near the count, and the predicate of such rows."""

    rows: Bools
    predicate: exp.Expr


def disagreeing(
    context: Context, count: Operand, beside: Operand, right: Bools, wrong: Bools, doubtful: Bools
) -> Disagreeing | None:
    """Rows in which a count agrees with none of its counterparts; None where it has none.

    Args:
        beside: what the count is compared with in a relation, which is no witness of it.
        right, wrong: sampled rows that keep the relation, and that break it beyond doubt.
        doubtful: those that it is asked for; larger counts may differ by more.
    """
    values = count.numbers(context)
    if wrong.sum() < FEWEST or not doubtful.any():
        return None
    asked = right & (values >= 2) & (values <= values[doubtful].max())
    if asked.sum() < ENOUGH:
        return None
    others = {
        c.name: c.numbers
        for c in context.profile.columns
        if c.type.numeric
        and c.name not in (count.name, beside.name)
        and context.roles[c.name].family in (Family.COUNT, Family.NUMBER)
    }
    for events in EVENTS:
        near: Bools = np.zeros_like(asked)
        names: list[str] = []
        for name, numbers in others.items():
            with np.errstate(invalid="ignore"):
                here = np.abs(numbers - values) <= events
            if here[asked].mean() >= NOTABLE and here[wrong].mean() <= HARDLY:
                near |= here
                names.append(name)
        if near[asked].mean() >= NEARLY and near[wrong].mean() <= HARDLY:
            return Disagreeing(~near, exp.not_(_near(context, count, names, events)))
    return None


def _near(context: Context, count: Operand, names: list[str], events: int) -> exp.Expr:
    own = value_of(context, count)
    apart = [
        exp.Abs(this=exp.paren(exp.Sub(this=context.profile.value(name), expression=own.copy()))) for name in names
    ]
    near = exp.or_(*(exp.LTE(this=gap, expression=exp.convert(events)) for gap in apart))
    return exp.Coalesce(this=exp.paren(near), expressions=[exp.false()])
