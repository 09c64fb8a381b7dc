"""Missing values: nulls and what stands for them, where a value is due.

A column is expected to be dense by its role and by itself. What other columns decide (see
:mod:`assay.hypothesis.missing.structure`) is structure; what is left is damage, whatever its mechanism: sprinkled over
all rows, more in some segments than in others, or all of some days. Columns that lack the same rows have one cause.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlglot import exp

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.hypothesis.missing.blocks import Block, block_of_days
from assay.hypothesis.missing.density import Due, blank_for_zero, due_region, expected_dense
from assay.hypothesis.missing.doubt import contradicted, doubtful, optional, vouched
from assay.hypothesis.missing.sentinels import Absence, absence, certain_by_company
from assay.hypothesis.missing.structure import Features, features
from assay.hypothesis.missing.undefined import undefined
from assay.profile.arrays import Bools

SPARSE = 0.8  # absence from which what is there is the exception, and a further gap cannot be told from its pattern
FEWEST_FILLED = 12  # with fewer values nothing tells what a column should hold
SAME_ROWS = 0.9  # columns whose missing rows overlap to this share (Jaccard) have one cause
METRICS = (Family.COUNT, Family.MONEY, Family.RATE, Family.NUMBER)


@dataclass(frozen=True, eq=False)
class Case:
    """A column with missing values.

    Attributes:
        rows: the bad rows of the sample.
        due: the rows of the sample in which a value is due.
        predicate: true on the bad rows of the table.
    """

    column: str
    rows: Bools
    due: Bools
    predicate: exp.Expr
    confidence: float
    reason: str
    evidence: dict[str, Any] = field(default_factory=dict)


def propose(context: Context) -> list[Hypothesis]:
    """Raise one hypothesis for each set of columns that lack values in the same rows."""
    sample = context.profile.sample
    if not sample.rows:
        return []
    cases: list[Case] = []
    unharmed: list[str] = []
    known: Features | None = None
    for name in sample.names:
        found = certain_by_company(context, absence(context, name))
        if not found.mask.any():
            unharmed.append(name)
            continue
        known = known or features(context)
        case = _case(context, found, known)
        if case is not None:
            cases.append(case)
    cases = [case for case in cases if not contradicted(context, case.column, case.rows)]
    damaged = [case.column for case in cases]
    cases = [case for case in cases if not vouched(context, case.column, case.rows, damaged)]
    raised = [_hypothesis(context, group) for group in _grouped(cases, known)]
    return raised + [_guard(context, name) for name in unharmed if _guarded(context, name)]


def _case(context: Context, found: Absence, known: Features) -> Case | None:
    name, sample = found.column, context.profile.sample
    if found.mask.all():
        return _empty(context, found)
    block = block_of_days(context, found)
    usable = ~block.rows if block else np.ones(sample.rows, dtype=np.bool_)
    if undefined(context, name, found.mask):
        return None
    due = due_region(context, found, known, usable)
    parts: list[exp.Expr] = []
    rows = np.zeros(sample.rows, dtype=np.bool_)
    where = rows.copy()
    confidence, why = 0.0, ""
    if due.harmed:
        confidence, why = expected_dense(context, found, due, block is not None)
        if confidence > 0:
            rows |= found.mask & usable & due.rows
            where |= usable & due.rows
            parts.append(_and(found.predicate, due.condition))
    if block is not None:
        sure, explained = _block_confidence(context, name, block)
        confidence, why = (sure, explained) if not parts else (max(confidence, sure), why)
        rows |= found.mask & block.rows & due.possible
        where |= due.possible
        parts.append(exp.and_(exp.paren(_and(found.predicate, due.possible_condition)), exp.paren(block.condition)))
    if not parts or not rows.any():
        return None
    sparse = found.mask.mean() >= SPARSE and context.role(name).dense is not True
    if (
        sparse
        or context.profile.sample.rows - found.mask.sum() < FEWEST_FILLED
        or _rarely_blank_for_zero(context, found, due)
    ):
        confidence = min(confidence, 0.45)
    evidence: dict[str, Any] = {
        "forms": found.forms,
        "share_in_sample": round(float(rows.mean()), 6),
        "mechanism": _mechanism(due, block),
    }
    if due.decided_by:
        evidence["legitimately_absent_by"] = list(due.decided_by)
    if block is not None:
        evidence["days"] = block.days
    return Case(name, rows, where, exp.or_(*[exp.paren(p) for p in parts]), confidence, why, evidence)


def _rarely_blank_for_zero(context: Context, found: Absence, due: Due) -> bool:
    """Whether blanks usually mean none and few of the due values are blank: none and lost cannot be told apart then."""
    return found.mask.mean() >= 0.2 and due.rate < 0.05 and blank_for_zero(context, found)


def _mechanism(due: Due, block: Block | None) -> str:
    if block is not None and not due.harmed:
        return "block of days"
    return "depends on other columns" if due.uneven else "uniform" + (" and a block of days" if block else "")


def _and(predicate: exp.Expr, condition: exp.Expr | None) -> exp.Expr:
    if condition is None or isinstance(condition, exp.Boolean):
        return predicate.copy()
    return exp.and_(exp.paren(predicate.copy()), exp.paren(condition.copy()))


def _empty(context: Context, found: Absence) -> Case | None:
    """A column without any value: worth a note where its role says that every row should have one."""
    if context.role(found.column).dense is not True:
        return None
    return Case(
        found.column, found.mask, found.mask, found.predicate, 0.45, f"{found.column} has no value in any row", {}
    )


def _block_confidence(context: Context, name: str, block: Block) -> tuple[float, str]:
    core = context.role(name).dense is True
    if block.leading and not core:
        return 0.4, f"{name} has no values before a day: it was probably introduced then"
    where = "on the last days" if block.trailing else "on some days"
    metric = context.role(name).family in (*METRICS, Family.DIMENSION, Family.ID)
    return (0.92 if core or metric else 0.7), f"{name} has no values {where}, and is there on the others: a failed load"


def _grouped(cases: list[Case], known: Features | None) -> list[list[Case]]:
    groups: list[list[Case]] = []
    rows = known.rows if known else slice(None)
    for case in cases:
        for group in groups:
            here, there = case.rows[rows], group[0].rows[rows]
            both, either = (here & there).sum(), (here | there).sum()
            if both and (both == either or (both >= 3 and both >= SAME_ROWS * either)):
                group.append(case)
                break
        else:
            groups.append([case])
    return groups


def _hypothesis(context: Context, group: list[Case]) -> Hypothesis:
    columns = tuple(case.column for case in group)
    best = max(group, key=lambda case: case.confidence)
    reason = best.reason
    if len(group) > 1:
        reason = f"{', '.join(columns)} have no value in the same rows: one cause"
    confidence = best.confidence
    if all(optional(context, c) for c in columns) and doubtful(context, columns, group[0].rows, group[0].due):
        confidence = min(confidence, 0.45)
        reason += "; but so few rows do not tell it from a metric that was none or does not apply"
    important = any(context.role(c).family in (*METRICS, Family.DATE, Family.ID) for c in columns)
    predicate = group[0].predicate if len(group) == 1 else exp.or_(*[exp.paren(case.predicate) for case in group])
    return Hypothesis(
        "missing_values",
        columns,
        reason,
        RowTest(predicate),
        origin="discovered",
        prior=0.6,
        weight=0.8 if important else 0.65,
        confidence=confidence,
        action="find out which load or source lost the values and load these rows again; do not fill them with zeros",
        evidence=best.evidence,
    )


def _guarded(context: Context, name: str) -> bool:
    """Whether a column without missing values in the sample is worth a look at all rows."""
    role = context.role(name)
    return role.dense is not False and role.family not in (Family.TEXT, Family.OTHER)


def _guard(context: Context, name: str) -> Hypothesis:
    role = context.role(name)
    sure = role.dense is True or role.family in (*METRICS, Family.DIMENSION) or name in context.grain
    return Hypothesis(
        "missing_values",
        (name,),
        f"{name} has a value in (nearly) every row",
        RowTest(exp.column(name, quoted=True).is_(exp.null())),
        prior=0.1,
        weight=0.5,
        confidence=0.8 if sure else 0.45,
        action="find out which load or source lost the values and load these rows again; do not fill them with zeros",
    )
