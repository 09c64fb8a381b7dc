"""The rows that a relation is judged on, and the SQL of their legitimate boxes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sqlglot import exp

from assay.hypothesis.hypothesis import Context
from assay.hypothesis.relations.columns import Operand, operand
from assay.hypothesis.relations.excess import Box, Rows
from assay.profile.arrays import Bools, Floats


@dataclass(frozen=True, eq=False)
class Scene:
    """Delivery of the sampled rows: impressions and spend, where the table has them."""

    impressions: Floats | None
    spend: Floats | None
    impressions_sql: exp.Expr | None
    spend_sql: exp.Expr | None

    @staticmethod
    def of(context: Context) -> Scene:
        seen, paid = operand(context, "impressions"), operand(context, "spend")
        return Scene(
            seen.numbers(context) if seen else None,
            paid.numbers(context) if paid else None,
            value_of(context, seen) if seen else None,
            value_of(context, paid) if paid else None,
        )

    def rows(self, a: Floats, b: Floats) -> tuple[Rows, Bools]:
        """The rows in which both sides are present and not negative, and which rows of the sample they are."""
        present = np.isfinite(a) & np.isfinite(b) & (a >= 0) & (b >= 0)
        idle = np.zeros(len(a), dtype=np.bool_)
        if self.impressions is not None:
            idle = self.impressions == 0
            if self.spend is not None:
                idle &= ~(self.spend != 0) | np.isnan(self.spend)
        exposure = self.impressions[present] if self.impressions is not None else None
        return Rows(a[present], b[present], exposure, idle[present]), present

    def sql(self, box: Box, a: exp.Expr, b: exp.Expr) -> exp.Expr:
        """True on the rows of a box."""
        over = exp.Sub(this=a.copy(), expression=b.copy())
        within: exp.Expr = exp.LTE(this=over, expression=number(box.excess))
        if box.share:
            share = exp.Mul(this=number(box.share), expression=b.copy())
            within = exp.paren(exp.or_(within, exp.LTE(this=over.copy(), expression=share)))
        parts = [within]
        if box.low is not None and box.low == box.high:
            parts.append(exp.EQ(this=b.copy(), expression=number(box.low)))
        elif box.low is not None:
            parts.append(exp.GTE(this=b.copy(), expression=number(box.low)))
        if box.high is not None and np.isfinite(box.high) and box.high != box.low:
            parts.append(exp.LTE(this=b.copy(), expression=number(box.high)))
        if box.exposure is not None and self.impressions_sql is not None:
            parts.append(exp.LTE(this=self.impressions_sql.copy(), expression=number(round(box.exposure))))
        if box.undelivered:
            if self.impressions_sql is None:
                return exp.false()
            parts.append(exp.EQ(this=self.impressions_sql.copy(), expression=number(0)))
            if self.spend_sql is not None:
                spent = exp.Coalesce(this=self.spend_sql.copy(), expressions=[number(0)])
                parts.append(exp.EQ(this=spent, expression=number(0)))
        return exp.paren(exp.and_(*parts))


def value_of(context: Context, column: Operand) -> exp.Expr:
    value = context.profile.value(column.name)
    return exp.Coalesce(this=value, expressions=[number(0)]) if column.blank_is_zero else value


def number(value: float) -> exp.Expr:
    return exp.Literal.number(int(value) if float(value).is_integer() else repr(float(f"{value:.6g}")))
