"""Ranges: negative counts and money, shares above one, parts of things that come whole, and infinity.

Negative numbers are no error in a column that is signed by nature. The null model of such a column is that it runs
through zero, or that another column decides the sign; a flipped sign leaves numbers that are as large as the others.
"""

from __future__ import annotations

import numpy as np
from sqlglot import exp

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.hypothesis.missing.sentinels import numeric_sentinels
from assay.hypothesis.missing.structure import PURE, Features, features, grow
from assay.profile.arrays import Floats
from assay.source.base import ColumnType

MEASURED = (Family.COUNT, Family.MONEY, Family.RATE, Family.NUMBER)
SIGNED_SHARE = 0.45  # more negative numbers than this are a sign that the column is signed, whatever its name
MANY_NEGATIVE = 0.25  # above it only numbers that keep off zero are told from numbers that run through it
LEAST_NEGATIVE = 12  # fewer say nothing of how they are distributed
BOUNDED = frozenset({"ctr", "link_ctr", "viewability", "impression_share"})
LARGEST = 0.45


def propose(context: Context) -> list[Hypothesis]:
    """Raise what lies outside the range that a column's meaning allows."""
    sample = context.profile.sample
    if not sample.rows:
        return []
    raised: list[Hypothesis | None] = []
    known: Features | None = None
    for name in sample.names:
        column = sample[name]
        if not column.type.numeric:
            continue
        numbers = column.numbers
        raised.append(_infinite(context, name, numbers))
        if context.role(name).family not in MEASURED:
            continue
        if (numbers < 0).any() and not context.role(name).signed:
            known = known or features(context)
        raised += [
            _negative(context, name, numbers, known),
            _above_one(context, name, numbers),
            _fractions(context, name, numbers),
        ]
    return [h for h in raised if h is not None]


def _negative(context: Context, name: str, numbers: Floats, known: Features | None) -> Hypothesis | None:
    role = context.role(name)
    if role.signed:
        return None
    named = bool(role.name) and role.family in (Family.COUNT, Family.MONEY, Family.RATE)
    present = numbers[np.isfinite(numbers)]
    codes = numeric_sentinels(present)
    values = present[~np.isin(present, codes)]
    below = values[values < 0]
    value = context.profile.value(name)
    below_zero = exp.LT(this=value, expression=exp.Literal.number(0))
    predicate: exp.Expr = below_zero
    minus = sorted({int(c) for c in codes if c < 0})
    if minus:
        predicate = exp.and_(below_zero, context.profile.value(name).isin(*minus).not_())
    if not len(below):
        if not named and role.family not in (Family.COUNT, Family.MONEY):
            return None
        sure = 0.9 if named or role.origin != "values" else 0.6
        sure = sure if len(values) else 0.45
        return _below(name, value, predicate, sure, "none of the sampled values is negative", 0.0, 0.1)
    share = len(below) / len(values)
    confidence, why = _flipped(context, name, values, named, known)
    if confidence == 0.0:
        return None
    return _below(name, value, predicate, confidence, why, share, 0.7)


def _below(
    name: str, value: exp.Expr, predicate: exp.Expr, confidence: float, why: str, share: float, prior: float
) -> Hypothesis:
    return Hypothesis(
        "negative_metric",
        (name,),
        f"{name} is negative in some rows; {why}",
        RowTest(predicate, magnitude=exp.Neg(this=exp.paren(value.copy()))),
        origin="generic",
        prior=prior,
        weight=0.8,
        confidence=confidence,
        action="restore the sign at the source, or move refunds and corrections to a column of their own",
        evidence={"share_in_sample": round(share, 6)},
    )


def _flipped(context: Context, name: str, values: Floats, named: bool, known: Features | None) -> tuple[float, str]:
    """How sure negative values are errors (0: they are the column's nature), and why."""
    role = context.role(name)
    below, above = values[values < 0], values[values > 0]
    share = len(below) / len(values)
    if named and role.family is not Family.MONEY and share <= SIGNED_SHARE:
        return 0.95, "what is counted cannot be less than none"
    if share > SIGNED_SHARE or len(above) < 10:
        if named and role.family is Family.COUNT and _turned(context, name, below, above):
            return 0.9, "what is counted cannot be less than none, and they are as large as the others"
        if named and role.family is Family.MONEY and len(below) >= LEAST_NEGATIVE and _earned(context, name):
            return 0.8, "what is earned beside counted delivery cannot be less than nothing, and others are positive"
        return (0.45, "but so many are that it may be signed") if named else (0.0, "")
    if known is not None and _decided(context, name, known):
        return (0.4 if named else 0.0), "but another column decides the sign: refunds or corrections"
    alike = _alike(-below, above)
    through_zero = _through_zero(below, above)
    if named:
        small = float(np.median(-below)) < 0.1 * float(np.median(above))
        if through_zero and small and share < 0.01:
            return 0.6, "they are few and small, as credits are: check whether they are corrections"
        return 0.95, "what is paid cannot be less than nothing here"
    if role.origin == "values" and share > MANY_NEGATIVE and not _keeps_off_zero(values):
        return 0.0, ""
    if through_zero and not (alike and share < 0.3 and role.family is Family.COUNT):
        return 0.0, ""
    if role.family in (Family.COUNT, Family.MONEY):
        sure = 0.9 if alike else 0.6 if role.origin != "values" else 0.45
        return sure, "and as large as the others with the sign turned" if alike else "and nothing else in it is signed"
    if alike and len(below) >= LEAST_NEGATIVE:
        return 0.75, "and as large as the others with the sign turned"
    return (0.4, "which is rare there") if share < 0.02 else (0.0, "")


def _turned(context: Context, name: str, below: Floats, above: Floats) -> bool:
    """Whether most numbers of a count had their sign turned: no other count is so, as all are in a table of changes."""
    if len(above) < 10 or not _alike(-below, above):
        return False
    for other, role in context.roles.items():
        if other != name and role.family in (Family.COUNT, Family.NUMBER) and context.profile[other].type.numeric:
            numbers = context.profile[other].numbers
            if (numbers < 0).sum() > MANY_NEGATIVE * np.isfinite(numbers).sum():
                return False
    return True


def _earned(context: Context, name: str) -> bool:
    """Whether amounts are what a pack's delivery earns, in a table that does not turn its counts and other amounts.

    What is paid may be written with a minus throughout, and books turn the sign of whole columns: neither is so here.
    """
    spec = context.pack.roles.get(context.role(name).name)
    if spec is None or spec.outlay:
        return False
    counted = False
    for other, role in context.roles.items():
        if other == name or role.family not in (Family.COUNT, Family.MONEY) or other not in context.profile.sample:
            continue
        numbers = context.profile[other].numbers if context.profile[other].type.numeric else np.empty(0)
        if (numbers < 0).sum() > MANY_NEGATIVE * np.isfinite(numbers).sum():
            return False
        beside = context.pack.roles.get(role.name)
        counted |= beside is not None and beside.anchor and beside.pack == spec.pack and role.family is Family.COUNT
    return counted


def _alike(first: Floats, second: Floats) -> bool:
    """Whether two sets of numbers are distributed alike (Kolmogorov and Smirnov)."""
    return _distance(first, second) <= 1.7 * float(np.sqrt(1 / len(first) + 1 / len(second))) + 0.1


def _distance(first: Floats, second: Floats) -> float:
    """The largest difference of two distribution functions (Kolmogorov and Smirnov)."""
    both = np.concatenate((first, second))
    a = np.searchsorted(np.sort(first), both, side="right") / len(first)
    b = np.searchsorted(np.sort(second), both, side="right") / len(second)
    return float(np.abs(a - b).max())


def _through_zero(below: Floats, above: Floats) -> bool:
    """Whether values run on through zero: as dense just below it as just above it.

    Flipped signs put a share of the positive numbers below zero, so that there are fewer by that share; numbers that
    keep away from zero do so on both sides.
    """
    width = float(np.quantile(above, 0.1)) if len(above) else 0.0
    just_above = float((above <= width).sum())
    just_below = float((below >= -width).sum())
    noise = 3 * float(np.sqrt(just_below))
    return just_below + noise >= 0.6 * just_above and just_below + noise >= 0.2 * len(below)


def _keeps_off_zero(values: Floats) -> bool:
    """Whether hardly any value is near zero, as in a quantity that cannot change its sign."""
    sizes = np.abs(values[values != 0])
    return float(np.quantile(sizes, 0.01)) >= 0.1 * float(np.median(sizes))


def _decided(context: Context, name: str, known: Features) -> bool:
    """Whether other columns decide the sign: nearly all negative values lie in rows where nearly all are negative."""
    negative = context.profile[name].numbers < 0
    tree = grow(known, name, negative, np.isfinite(context.profile[name].numbers))
    inside = sum(leaf.absent for leaf in tree.leaves() if leaf.rate >= PURE)
    return bool(tree.children) and inside >= 0.9 * max(tree.absent, 1)


def _above_one(context: Context, name: str, numbers: Floats) -> Hypothesis | None:
    role = context.role(name)
    if role.name not in BOUNDED:
        return None
    present = numbers[np.isfinite(numbers)]
    bound = 100.0 if len(present) and (role.scale < 1 or np.quantile(present, 0.95) > 1.5) else 1.0
    if not len(present) or (present > bound).mean() > LARGEST:
        return None
    above = exp.GT(this=context.profile.value(name), expression=exp.convert(bound * 1.0001))
    return Hypothesis(
        "relation_violation",
        (name,),
        f"{name} is a share of a whole and lies above {'100 %' if bound > 1 else 'one'}",
        RowTest(above),
        origin="pack",
        prior=0.2,
        weight=0.6,
        confidence=0.7,
        action=f"recompute {name} from its parts, and check them",
    )


def _fractions(context: Context, name: str, numbers: Floats) -> Hypothesis | None:
    role = context.role(name)
    column = context.profile[name]
    if role.family is not Family.COUNT or role.fractional or column.type is ColumnType.INTEGER:
        return None
    if not role.name or role.origin == "values" or role.scale != 1:
        return None
    present = numbers[np.isfinite(numbers) & (np.abs(numbers) < 2**50)]
    parts = np.abs(present - np.round(present)) > 1e-6 * np.maximum(np.abs(present), 1)
    if not len(present) or parts.mean() > LARGEST:
        return None
    value = context.profile.value(name)
    apart = exp.Abs(this=exp.Sub(this=value, expression=exp.Round(this=value.copy())))
    return Hypothesis(
        "malformed_values",
        (name,),
        f"{name} counts whole things and has fractions",
        RowTest(exp.GT(this=apart, expression=exp.convert(0.001))),
        origin="pack",
        prior=0.5 if parts.any() else 0.1,
        weight=0.6,
        confidence=0.8,
        action=f"check whether {name} was averaged, scaled or attributed in parts",
        evidence={"share_in_sample": round(float(parts.mean()), 6)},
    )


def _infinite(context: Context, name: str, numbers: Floats) -> Hypothesis | None:
    if context.profile[name].type is not ColumnType.FLOAT or not np.isinf(numbers).any():
        return None
    ends = [exp.cast(exp.Literal.string(text), "double") for text in ("Infinity", "-Infinity")]
    return Hypothesis(
        "malformed_values",
        (name,),
        f"{name} is infinite in some rows: a division by zero upstream",
        RowTest(context.profile.value(name).isin(*ends)),
        prior=0.9,
        weight=0.8,
        confidence=0.95,
        action="guard the division that made it and load these rows again",
        evidence={"share_in_sample": round(float(np.isinf(numbers).mean()), 6)},
    )
