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
from assay.hypothesis.relations.columns import Operand
from assay.hypothesis.relations.scene import value_of
from assay.profile.arrays import Bools

FEWEST = 3  # rows
ENOUGH = 60  # rows that show that columns agree
NEARLY = 0.98  # of the rows that are right
MOSTLY = 0.5  # of the rows that seem right, among them some that are not
RARELY = 1 / 3  # of the rows that are not, among them some that are
NOTABLE = 0.02
EVENTS = (0, 1)  # by how many counterparts may differ


@dataclass(frozen=True, eq=False)
class Disagreeing:
    """Rows of the sample in which no counterpart is near the count, and the predicate of such rows.

    Attributes:
        told: whether nearly all right rows have a counterpart that is near, so that rows without one are not right.
        exact: whether near is equal, so that rows in which a counterpart agrees are hardly so by chance.
    """

    rows: Bools
    predicate: exp.Expr
    told: bool
    exact: bool


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
    found: list[Disagreeing] = []
    for events in EVENTS:
        near: Bools = np.zeros_like(asked)
        names: list[str] = []
        for name, numbers in others.items():
            with np.errstate(invalid="ignore"):
                here = np.abs(numbers - values) <= events
            if here[asked].mean() >= NOTABLE and here[wrong].mean() <= RARELY:
                near |= here
                names.append(name)
        covered = near[asked].mean()
        if covered >= (NEARLY if events else MOSTLY) and near[wrong].mean() <= RARELY:
            found.append(
                Disagreeing(~near, exp.not_(_near(context, count, names, events)), covered >= NEARLY, not events)
            )
    return max(found, key=lambda f: f.told, default=None)


def _near(context: Context, count: Operand, names: list[str], events: int) -> exp.Expr:
    own = value_of(context, count)
    apart = [
        exp.Abs(this=exp.paren(exp.Sub(this=context.profile.value(name), expression=own.copy()))) for name in names
    ]
    near = exp.or_(*(exp.LTE(this=gap, expression=exp.convert(events)) for gap in apart))
    return exp.Coalesce(this=exp.paren(near), expressions=[exp.false()])
