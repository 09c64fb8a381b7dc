"""Orders between columns that the data themselves show (start before end, shipped at most ordered), and the rows that
break them; and quantities that are never there without another one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from sqlglot import exp

from assay.domain.naming import DEADLINE, stage
from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.hypothesis.orders.implications import Implication, search_implications
from assay.hypothesis.orders.search import Order, search_orders
from assay.hypothesis.quantities import Quantity, quantities
from assay.hypothesis.structure import broken_segments

FAMILIES = (Family.COUNT, Family.MONEY, Family.RATE, Family.NUMBER, Family.DATE)
UNSEEN = 3.0  # rows of a sample that may be wrong by 95 % confidence though none was seen


def propose(context: Context) -> list[Hypothesis]:
    """One hypothesis for each order that the sample shows and no other order implies; notes of broken implications."""
    items = quantities(context, FAMILIES)
    known = _known(context, items)
    told = {i: stage(q.name, context.pack) for i, q in enumerate(items) if q.family is Family.DATE}
    # What begins comes before its deadline; anything else may be late.
    late = {(a, b) for a, one in told.items() for b, other in told.items() if one == DEADLINE and other != 0}
    known |= late | {(b, a) for a, b in late}
    stages = {i: one for i, one in told.items() if one is not None and one != DEADLINE}
    found = search_orders(items, context.seed, known, stages)
    orders = [_order(context, items, order) for order in found if not _defined(context, items, order)]
    implied = search_implications(items, known | {(o.low, o.high) for o in found})
    return orders + [
        _implication(items, one) for one in implied if broken_segments(context, one.relevant, one.broken) is None
    ]


def _defined(context: Context, items: list[Quantity], order: Order) -> bool:
    """Whether a category decides where the order holds: the columns mean different things there."""
    low, high = items[order.low].values, items[order.high].values
    with np.errstate(invalid="ignore"):
        return broken_segments(context, np.isfinite(low) & np.isfinite(high), low > high) is not None


def _known(context: Context, items: list[Quantity]) -> set[tuple[int, int]]:
    """Pairs that a pack has an opinion on, strict or not: it knows their exceptions."""
    at: dict[str, list[int]] = {}
    for i, item in enumerate(items):
        at.setdefault(context.roles[item.name].name, []).append(i)
    pairs = set()
    for relation in context.relations:
        if relation.form == "unordered":
            first, second = ([i for name in names for i in at.get(name, [])] for names in relation.roles)
            pairs |= {pair for a in first for b in second for pair in ((a, b), (b, a))}
        elif relation.form in ("le", "ladder"):
            steps = [[i for name in names for i in at.get(name, [])] for names in relation.roles]
            present = [step for step in steps if step]
            if len(present) == len(steps) or relation.form == "ladder":
                pairs |= {(low, high) for a, b in pairwise(present) for low in a for high in b if low != high}
    return pairs


def _order(context: Context, items: list[Quantity], order: Order) -> Hypothesis:
    low, high = items[order.low], items[order.high]
    sample = context.profile.sample
    return Hypothesis(
        kind="relation_violation",
        columns=(low.name, high.name),
        reason=f"{low.name} is at most {high.name} in all other rows, up to equality, and these rows are above it",
        test=RowTest(
            _above(low, high),
            tolerated=0.0 if sample.complete else UNSEEN / max(1, sample.rows),
            magnitude=None if low.family is Family.DATE else low.number.copy() - high.number.copy(),
        ),
        origin="discovered",
        prior=0.4,
        strict=sample.complete,
        weight=0.6,
        confidence=0.85,
        action=f"Find out which of {low.name} and {high.name} is wrong in these rows.",
        evidence={
            "order": f"{low.name} <= {high.name}",
            "rows_compared": order.rows,
            "broken_in_sample": order.broken,
            "expected_without_boundary": order.expected,
            "broken_if_dealt_at_random": order.dealt,
        },
    )


def _implication(items: list[Quantity], one: Implication) -> Hypothesis:
    cause, effect = items[one.cause], items[one.effect]
    zero = exp.Literal.number(0)
    conditions: list[exp.Expr] = [
        exp.GT(this=cause.number.copy(), expression=zero),
        exp.EQ(this=effect.number.copy(), expression=zero.copy()),
    ]
    conditions += [p for p in (cause.present(),) if p is not None]
    return Hypothesis(
        kind="relation_violation",
        columns=(effect.name, cause.name),
        cells=(effect.name,),
        reason=f"{effect.name} is 0 in these rows although {cause.name} is not, which hardly ever happens",
        test=RowTest(exp.and_(*conditions)),
        origin="discovered",
        prior=0.2,
        strict=False,
        weight=0.3,
        confidence=0.45,
        action=f"Check whether {effect.name} was recorded in these rows; single missed events are usual.",
        evidence={
            "implication": f"{cause.name} > 0 implies {effect.name} > 0",
            "rows_compared": one.rows,
            "broken_in_sample": int(one.broken.sum()),
            "broken_if_unrelated": round(one.expected, 1),
        },
    )


def _above(low: Quantity, high: Quantity) -> exp.Expr:
    if low.family is Family.DATE:
        sides = [q.raw.copy() if low.kind is high.kind else exp.cast(q.raw.copy(), "timestamp") for q in (low, high)]
        return exp.GT(this=sides[0], expression=sides[1])
    slack = exp.Mul(this=exp.Literal.number("1e-9"), expression=exp.Abs(this=high.number.copy()))
    conditions: list[exp.Expr] = [
        exp.GT(this=low.number.copy(), expression=exp.Add(this=high.number.copy(), expression=slack))
    ]
    conditions += [p for q in (low, high) if (p := q.present()) is not None]
    return exp.and_(*conditions)
