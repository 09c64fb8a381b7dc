"""Where a column should have a value, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sqlglot import exp

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context
from assay.hypothesis.missing.doubt import above_none
from assay.hypothesis.missing.sentinels import Absence, owned
from assay.hypothesis.missing.structure import PURE, Features, Node, condition, grow, most_zeros, within, zero_estimate
from assay.profile.arrays import Bools

MOSTLY_ABSENT = 0.45  # above it nothing but a role or structure tells damage from a column that few rows fill
HOLDS = 0.5  # share of a column's values that must lie where it is due, for the structure to be understood
FRINGE = 0.015  # share of the reported rows that may be absent by nature
THIN = 0.2  # absence that no structure explains, if it is nowhere more frequent than this
LEAST_ROWS, LEAST_RATE = 5, 0.001  # fewer exceptions from a structure are its fringe


@dataclass(frozen=True, eq=False)
class Due:
    """Where a value is due.

    Attributes:
        rows: sampled rows in which it is due, with ``condition`` in SQL (None: all rows).
        harmed: whether values are missing there.
        possible: sampled rows in which it may be there at all, with its condition: all but the purely empty leaves.
        decided_by: columns that decide whether it is there.
        uneven: whether damage is more frequent in some segments than in others.
        rate: share of the due rows without a value.
        understood: whether structure was found that leaves a part in which it is due.
    """

    rows: Bools
    condition: exp.Expr | None
    harmed: bool
    possible: Bools
    possible_condition: exp.Expr | None
    decided_by: tuple[str, ...] = ()
    uneven: bool = False
    rate: float = 0.0
    understood: bool = False


def due_region(context: Context, found: Absence, known: Features, usable: Bools) -> Due:
    """Grow the tree of a column's absence on the usable rows and read from it where the column is due."""
    everywhere = np.ones(len(usable), dtype=np.bool_)
    absent = found.mask
    if not (absent & usable).any():
        return Due(everywhere, None, False, everywhere, None)
    tree = grow(known, found.column, absent, usable)
    if not tree.children:
        return _plain(context, found, usable)
    columns = tuple(sorted(_columns(tree)))
    leaves = tree.leaves()
    pure = [leaf for leaf in leaves if leaf.rate >= PURE]
    others = [leaf for leaf in leaves if leaf.rate < PURE]
    possible, possible_condition = everywhere, None
    if pure and not usable.all():
        possible = _full(known, within(tree, others, known, everywhere))
        possible_condition = condition(tree, others, context)
    silent = Due(everywhere, None, False, possible, possible_condition, columns)
    blank_zero = blank_for_zero(context, found)
    if context.role(found.column).dense is True and not blank_zero:
        return Due(everywhere, None, True, everywhere, None, columns, True, float(absent[usable].mean()))
    if not others:
        return silent
    base = _alike(others)
    present = sum(leaf.rows - leaf.absent for leaf in leaves)
    held = sum(leaf.rows - leaf.absent for leaf in base) / max(present, 1)
    rows, gone = sum(leaf.rows for leaf in base), sum(leaf.absent for leaf in base)
    rate = gone / max(rows, 1)
    region = base
    uneven = False
    thin = not pure and max(leaf.rate for leaf in others) < THIN
    if not blank_zero and gone <= max(LEAST_ROWS, LEAST_RATE * rows) and (thin or rows >= HOLDS * tree.rows):
        # Mostly complete, and missing in a part of the rows of some segments: no structure looks like that.
        between = [leaf for leaf in others if leaf not in base]
        if sum(leaf.absent for leaf in between) < HOLDS * tree.absent:
            return silent
        region, uneven = others, True
        rows, gone = sum(leaf.rows for leaf in region), sum(leaf.absent for leaf in region)
    elif held < HOLDS or gone < LEAST_ROWS or rate < LEAST_RATE:
        return _by_presence(context, found, usable, silent) if blank_zero else silent
    inside = _full(known, within(tree, region, known, usable))
    if blank_zero and not _beyond_zero(context, found, known, within(tree, region, known, usable)):
        return silent
    where = condition(tree, region, context)
    if blank_zero and not uneven and len(known.rows) == len(usable):
        inside, more = _also_due(context, found, inside, usable, gone / rows)
        where = exp.or_(*[exp.paren(part) for part in (where, *more) if part is not None])
    return Due(inside, where, True, possible, possible_condition, columns, uneven, gone / max(rows, 1), bool(pure))


def _plain(context: Context, found: Absence, usable: Bools) -> Due:
    """Nothing decides about it: it is due everywhere, unless a blank stands for none."""
    everywhere = np.ones(len(usable), dtype=np.bool_)
    rate = float(found.mask[usable].mean())
    if blank_for_zero(context, found):
        values = context.profile[found.column].numbers[usable & ~found.mask]
        few = found.mask[usable].sum() <= 3 * zero_estimate(values)
        if few and not above_none(context, found.column, found.mask, usable):
            return Due(everywhere, None, False, everywhere, None)
    return Due(everywhere, None, True, everywhere, None, (), False, rate, False)


def _columns(node: Node) -> set[str]:
    if not node.children or node.feature is None:
        return set()
    return {node.feature.column} | {c for child in node.children for c in _columns(child)}


def _alike(leaves: list[Node]) -> list[Node]:
    """The leaves with the least absence, as long as one rate fits them and hardly any absence is beyond it."""
    ordered = sorted(leaves, key=lambda leaf: leaf.rate)
    base, beyond = [ordered[0]], 0.0
    for leaf in ordered[1:]:
        rows, gone = sum(b.rows for b in base), sum(b.absent for b in base)
        rate = (gone + leaf.absent) / (rows + leaf.rows)
        spread = float(np.sqrt(rate * (1 - rate) * (1 / rows + 1 / leaf.rows)))
        beyond += max(0.0, leaf.absent - leaf.rows * gone / rows)
        if leaf.rate - gone / rows > 4 * spread or beyond > max(FRINGE * (gone + leaf.absent), spread * leaf.rows):
            break
        base.append(leaf)
    return base


def _full(known: Features, inside: Bools) -> Bools:
    """Rows that trees are grown from, spread to all sampled rows: an approximation for comparing columns."""
    total = known.context.profile.sample.rows
    rows = np.zeros(total, dtype=np.bool_)
    rows[known.rows] = inside
    return rows if len(known.rows) < total else inside


def blank_for_zero(context: Context, found: Absence) -> bool:
    """Whether an export leaves a count or an amount blank for none: it has no zeros."""
    if context.role(found.column).family not in (Family.COUNT, Family.MONEY):
        return False
    values = context.profile[found.column].numbers[~found.mask]
    return not (values == 0).any()


def _beyond_zero(context: Context, found: Absence, known: Features, inside: Bools) -> bool:
    """Whether more values are missing in a region than blanks for zero can explain, by far."""
    if context.role(found.column).family is not Family.COUNT:
        return True
    rows = known.rows[inside]
    values = context.profile[found.column].numbers[rows][~found.mask[rows]]
    return float(found.mask[rows].sum()) > 4 * most_zeros(values)


def _by_presence(context: Context, found: Absence, usable: Bools, silent: Due) -> Due:
    """Due where a column is there that goes with it: an amount where its count is, a count where its amount is.

    Only a column that is blank for none as well can vouch: others may have lost the same rows. If what is missing gets
    rarer with the size of the other column, the one does not go with the other: many carts have no purchase, few none.
    """
    sample, absent = context.profile.sample, found.mask
    family = context.role(found.column).family
    best: tuple[float, str, Bools] | None = None
    for name in sample.names:
        column, other = sample[name], context.role(name).family
        if name == found.column or {family, other} != {Family.COUNT, Family.MONEY} or not column.nulls.any():
            continue
        there = ~column.nulls & usable
        if (column.numbers[there] == 0).any() or not there.any():
            continue
        covered = float((there & ~absent).sum() / max((~absent & usable).sum(), 1))
        explained = float(absent[~there & usable].mean()) if (~there & usable).any() else 0.0
        rate = float(absent[there].mean())
        if covered >= 0.5 and explained >= 0.99 and (best is None or rate < best[0]):
            best = (rate, name, there)
    if best is None:
        return silent
    rate, name, there = best
    sizes = sample[name].numbers
    large = there & (sizes > np.median(sizes[there]))
    small = there & ~large
    spread = float(np.sqrt(rate * (1 - rate) * (1 / max(large.sum(), 1) + 1 / max(small.sum(), 1))))
    even = abs(float(absent[large].mean()) - float(absent[small].mean())) <= 4 * spread if large.any() else False
    if absent[there].sum() < LEAST_ROWS or not 0.012 <= rate <= MOSTLY_ABSENT or not even:
        return silent
    where = exp.column(name, quoted=True).is_(exp.null()).not_()
    return Due(there, where, True, silent.possible, silent.possible_condition, (name,), False, rate, True)


def _also_due(
    context: Context, found: Absence, inside: Bools, usable: Bools, rate: float
) -> tuple[Bools, list[exp.Expr]]:
    """Further rows in which a value is due because another metric is above zero: a landing page was clicked."""
    sample, absent = context.profile.sample, found.mask
    conditions: list[exp.Expr] = []
    for name in sample.names:
        if name == found.column or not context.role(name).metric:
            continue
        with np.errstate(invalid="ignore"):
            more = (sample[name].numbers > 0) & usable & ~inside
        rows, gone = int(more.sum()), int(absent[more].sum())
        if rows >= 20 and gone and gone <= rate * rows + 2 * np.sqrt(rate * rows):
            inside = inside | more
            conditions.append(exp.GT(this=context.profile.value(name), expression=exp.Literal.number(0)))
    return inside, conditions


def expected_dense(context: Context, found: Absence, due: Due, block: bool) -> tuple[float, str]:
    """How sure missing values are damage (0: they are not), and why."""
    name, role = found.column, context.role(found.column)
    if due.understood:
        why = f"{name} is missing in rows where {', '.join(due.decided_by)} say that it should be there"
        metric = role.family in (Family.COUNT, Family.MONEY, Family.RATE) and role.origin != "values"
        if not metric and (role.dense is False or found.mask.mean() > 0.3):
            return 0.45, why
        return (0.88 if due.rate <= 0.7 else 0.6 if metric else 0.45), why
    why = f"{name} is missing in some rows and there in others, and nothing in the row explains it"
    if due.uneven:
        why = f"{name} is missing in rows of some segments more than of others ({', '.join(due.decided_by)})"
    if role.dense is True or (name in context.grain and role.family in (Family.DATE, Family.ID, Family.DIMENSION)):
        return 0.95, why
    if role.dense is False:
        return (0.75 if role.family is Family.RATE and due.rate <= MOSTLY_ABSENT else 0.0), why
    if due.rate > MOSTLY_ABSENT:
        return 0.4, f"{why}; most rows of such a column may well be empty"
    if due.uneven and role.origin == "values" and role.family not in (Family.COUNT, Family.MONEY):
        return 0.45, why
    match role.family:
        case Family.COUNT | Family.MONEY:
            return 0.9, why
        case Family.RATE | Family.NUMBER | Family.FLAG | Family.DIMENSION:
            return 0.8, why
        case Family.DATE:
            return (0.95 if role.event_time else 0.6 if due.rate <= 0.1 else 0.45), why
        case Family.ID:
            return (0.45 if _refers_to_rows(context, name) else 0.75), why
        case Family.NAME | Family.TEXT:
            if owned(context, name, found.mask):
                return 0.85, f"{name} is missing in rows of entities that have one in their other rows"
            return (0.55 if due.rate <= 0.1 else 0.45), why
    return (0.6 if block else 0.45), why


def _refers_to_rows(context: Context, name: str) -> bool:
    """Whether an id is that of another row of the table (a manager, a parent): the topmost has none."""
    sample = context.profile.sample
    mine = sample[name].values[:200]
    others = [c for c in sample.names if c != name and context.role(c).family is Family.ID]
    if not sample.complete or len(mine) < 2:
        return False
    return any(len(sample[c].values) > 2 * len(mine) and set(mine) <= set(sample[c].values) for c in others)
