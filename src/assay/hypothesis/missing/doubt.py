"""Whether the blanks of an optional metric are lost values, or none, or a metric that does not apply.

An advertising pack says which metrics every row has. The others are actions, which exports leave blank where there
were none, and metrics of some formats only. In a long table the structure of such blanks shows, in a short one not.
So they are errors only if the rows contradict both readings: rows with none are small rows, and a metric that does not
apply to a thing is blank in all its rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context
from assay.hypothesis.relations.columns import first_of
from assay.profile.arrays import Bools, Floats

STRONG = 3.0  # log likelihood ratio
APART = 4.0  # standard errors
MANY = 20  # blanks among which the structure of one in four would show
SIBLINGS = 8  # cells that tell whether a metric applies
MOSTLY = 2 / 3  # of the blanks that seem not to be due to none


def optional(context: Context, name: str) -> bool:
    """Whether a metric may be none or not apply, in a table of which the pack knows metrics that every row has."""
    role = context.role(name)
    if role.family not in (Family.COUNT, Family.MONEY) or role.dense is True:
        return False
    return any(r.dense is True and r.family in (Family.COUNT, Family.MONEY) for r in context.roles.values())


def doubtful(context: Context, columns: Sequence[str], absent: Bools, due: Bools) -> bool:
    """Whether blanks that optional metrics share may be none, or rows that the metrics do not apply to.

    Args:
        absent: sampled rows without a value where one seems to be due.
        due: sampled rows in which one seems to be due.
    """
    stated = all(bool((context.profile[c].numbers[~absent] == 0).any()) for c in columns)
    if stated and len(columns) == 1:
        return False  # none is written as zero, and what does not apply takes the metrics beside it along
    if not stated and _small(context, columns, absent, due):
        return True
    return _inapplicable(context, absent, due)


def _small(context: Context, columns: Sequence[str], absent: Bools, due: Bools) -> bool:
    """Whether rows without a value are rather the small ones, by any metric that every row has.

    Ranks are even over damaged rows. Where blanks are none they are low: a density of 3 (1 - r)^2 is the alternative.
    """
    for name, role in context.roles.items():
        if name in columns or name not in context.profile.sample or role.dense is not True or not role.metric:
            continue
        numbers = context.profile[name].numbers
        ranks = _ranks(numbers, due & np.isfinite(numbers), absent)
        if len(ranks) and float(np.sum(np.log(3 * (1 - ranks) ** 2))) > -STRONG:
            return True
    return False


def above_none(context: Context, name: str, absent: Bools, usable: Bools) -> bool:
    """Whether blanks of a metric cannot be none: they are not among the rows where what goes with it is least.

    Rows with none should be smaller still than those with the least that there is, by any metric that grows with this
    one. Only in tables of which the pack knows no metrics: there, blanks may also mean that a metric does not apply.

    Args:
        usable: sampled rows outside of what explains absence otherwise.
    """
    if optional(context, name) or absent[usable].sum() < MANY:
        return False
    values = context.profile[name].numbers
    there = usable & ~absent
    least = there & (values == np.nanmin(values[there]))
    if least.sum() < MANY or _inapplicable(context, absent & usable, usable):
        return False
    for other in context.profile.sample.names:
        if other == name or not context.role(other).metric:
            continue
        numbers = context.profile[other].numbers
        known = usable & np.isfinite(numbers)
        few, blank = _ranks(numbers, known, least), _ranks(numbers, known, absent & usable)
        if min(len(few), len(blank)) < MANY:
            continue
        noise = np.sqrt(few.var() / len(few) + blank.var() / len(blank))
        if few.mean() < 0.5 and blank.mean() - few.mean() > APART * noise:
            return True
    return False


def _ranks(numbers: Floats, among: Bools, of: Bools) -> Floats:
    """Mid-ranks of the rows ``of`` among all rows, above 0 and below 1."""
    ordered = np.sort(numbers[among])
    mine = numbers[among & of]
    low, high = np.searchsorted(ordered, mine, side="left"), np.searchsorted(ordered, mine, side="right")
    ranks: Floats = (low + high + 1.0) / (2 * (len(ordered) + 1))
    return np.clip(ranks, 1e-3, 1 - 1e-3)


def _inapplicable(context: Context, absent: Bools, due: Bools) -> bool:
    """Whether other rows of the same things, the finest that have several rows, lack the value as well."""
    finest: tuple[int, str] | None = None
    for name, role in context.roles.items():
        if name not in context.profile.sample or role.family not in (Family.ID, Family.NAME):
            continue
        things = len(np.unique(context.profile[name].codes[due]))
        if 1 < things <= due.sum() / 2 and (finest is None or things > finest[0]):
            finest = (things, name)
    few = int(absent.sum()) < MANY
    if finest is None:
        return few
    codes = context.profile[finest[1]].codes
    known = due & (codes >= 0)
    size = int(codes.max()) + 1
    rows, gone = np.bincount(codes[known], minlength=size), np.bincount(codes[known & absent], minlength=size)
    mine = codes[known & absent]
    others, there = int((rows[mine] - 1).sum()), int((rows[mine] - gone[mine]).sum())
    if others < SIBLINGS:
        return few
    usual = float((known & ~absent).sum() / max(int(known.sum()), 1))
    return there < 0.5 * usual * others


def contradicted(context: Context, name: str, absent: Bools) -> bool:
    """Whether blanks of a metric are told better by what they contradict: purchases without the carts before them.

    Most blanks of such a metric are none. Of those that are not, the ones that something else needs are certain, and
    the few others may well be none.

    Args:
        absent: sampled rows without a value where one seems to be due.
    """
    column = context.profile[name]
    if not optional(context, name) or (column.numbers == 0).any() or absent.sum() > column.nulls.sum() / 2:
        return False
    for relation in context.relations:
        if relation.form not in ("le", "implies"):
            continue
        needing, needed = (first_of(context, roles, context.role(name).qualifier) for roles in relation.roles)
        if needing is None or needed is None or needed.name != name or needing.name == name:
            continue
        if relation.kind != "relation_violation" and (needing.numbers(context) > 0)[absent].mean() >= MOSTLY:
            return True
    return False


def vouched(context: Context, name: str, absent: Bools, damaged: Sequence[str]) -> bool:
    """Whether an amount is blank where a count beside it is blank for none: no purchases, no value of purchases."""
    if context.role(name).family is not Family.MONEY or not absent.any():
        return False
    for other, role in context.roles.items():
        if other == name or other in damaged or role.family is not Family.COUNT or other not in context.profile.sample:
            continue
        column = context.profile[other]
        zero = not bool((column.numbers == 0).any())
        if zero and column.nulls[absent].mean() > MOSTLY and not column.nulls[~context.profile[name].nulls].any():
            return True
    return False
