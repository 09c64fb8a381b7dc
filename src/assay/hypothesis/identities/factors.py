"""Amounts after a discount or with a tax: what becomes of a column where a percentage of it is taken off or put on.

They are columns that the table does not list, and that its sums and products are made of: a total is the quantity times
the price less the discount. They stand in searches beside the real columns, and a claim names the columns they are of.
"""

from __future__ import annotations

import numpy as np
from sqlglot import exp

from assay.domain.role import Family
from assay.hypothesis.quantities import Quantity

MOST_RATES = 40  # distinct values of a rate that people set; rates that are measured have more
MOST_BASES, MOST_PERCENTAGES = 8, 2
LEAST_ROWS = 20


def adjusted(items: list[Quantity]) -> list[Quantity]:
    """Amounts less, and plus, each percentage of the table: few columns of few values from 0 to 1, or to 100."""
    rates = [q for q in items if _percentage(q)][:MOST_PERCENTAGES]
    bases = [q for q in items if q.family in (Family.MONEY, Family.NUMBER) and not q.computed and q not in rates]
    return [_adjusted(base, rate, sign) for rate in rates for base in bases[:MOST_BASES] for sign in (-1, 1)]


def _percentage(item: Quantity) -> bool:
    known = item.values[np.isfinite(item.values)]
    if item.family not in (Family.RATE, Family.NUMBER, Family.MONEY, Family.COUNT, Family.DIMENSION):
        return False
    if item.family is Family.COUNT and item.sure:
        return False  # it counts events, and is mostly nothing where these are rare
    if not known.size or known.min() < 0 or known.max() >= 100:
        return False
    if item.family is not Family.RATE and (known == 0).mean() < 0.1 and known.max() >= 1:
        return False  # small numbers of any sort; what is taken off is mostly nothing for some
    return int((known > 0).sum()) >= LEAST_ROWS and len(np.unique(known)) <= MOST_RATES


def _adjusted(base: Quantity, rate: Quantity, sign: int) -> Quantity:
    known = rate.values[np.isfinite(rate.values)]
    whole = 100 if known.max() >= 1 else 1
    share = rate.number.copy() if whole == 1 else exp.Div(this=rate.number.copy(), expression=exp.convert(100.0))
    kind = exp.Add if sign > 0 else exp.Sub
    factor = exp.paren(kind(this=exp.convert(1.0), expression=share))
    words = f"{base.name} * (1 {'+' if sign > 0 else '-'} {rate.name}{'' if whole == 1 else ' / 100'})"
    return Quantity(
        name=words,
        values=base.values * (1 + sign * rate.values / whole),
        family=base.family,
        sure=base.sure,
        whole=False,
        decimals=base.decimals,
        coarse=base.coarse or rate.coarse,
        number=exp.Mul(this=base.number.copy(), expression=factor),
        raw=base.raw,
        floating=base.floating or rate.floating,
        kind=base.kind,
        parts=(base.name, rate.name),
    )
