"""The predicate of broken dependencies: pairs of values that are wrong, or groups and the values right in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlglot import exp

from assay.hypothesis.dependencies.measure import Dependency
from assay.hypothesis.hypothesis import Context
from assay.profile.arrays import Bools, Ints
from assay.profile.sample import SampleColumn
from assay.source.base import ColumnType

_MOST_DETERMINANTS = 3
_MOST_GROUPS = 4_000


# Determinant, dependent, their dependency, and the (column, code) where another rule holds.
Report = tuple[str, str, Dependency, tuple[tuple[str, int], ...]]


def pairs_predicate(context: Context, codes: dict[str, Ints], rows: Bools, edges: Sequence[Report]) -> exp.Expr | None:
    """True on ``rows`` of a complete sample; in a larger table, on every row that breaks the first dependency."""
    if not context.profile.sample.complete:
        determinant, dependent, dependency, exceptions = edges[0]
        suspect = _against_majority(context, determinant, dependent, dependency)
        for name, code in exceptions:
            same = exp.Coalesce(this=listed_values(context.profile[name], np.array([code])), expressions=[exp.false()])
            suspect = exp.and_(suspect, exp.not_(same))
        return suspect
    parts: list[exp.Expr] = []
    left = rows.copy()
    for determinant, dependent, dependency, _ in edges:
        a, b = codes[determinant], codes[dependent]
        broken = dependency.broken(a, b)
        pair = a * dependency.dependents + b
        wanted = np.setdiff1d(pair[broken & left], pair[broken & ~rows])
        if not len(wanted):
            continue
        left &= ~(broken & np.isin(pair, wanted))
        parts.append(_pairs(context, determinant, dependent, wanted, dependency.dependents))
        if len(parts) == _MOST_DETERMINANTS or not left.any():
            break
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else exp.paren(exp.or_(*(exp.paren(p) for p in parts)))


def _pairs(context: Context, determinant: str, dependent: str, pairs: Ints, width: int) -> exp.Expr:
    both = np.stack([pairs // width, pairs % width], axis=1)
    return listed_pairs(context.profile[determinant], context.profile[dependent], both)


def listed_pairs(a: SampleColumn, b: SampleColumn, codes: Ints) -> exp.Expr:
    """``(a, b) in ((.., ..), ..)`` for rows of codes of both columns."""
    listed = [exp.Tuple(expressions=[_literal(a, one), _literal(b, other)]) for one, other in codes.tolist()]
    return exp.In(this=exp.Tuple(expressions=[stored(a), stored(b)]), expressions=listed)


def _against_majority(context: Context, determinant: str, dependent: str, dependency: Dependency) -> exp.Expr:
    """The groups of A whose right value of B is known, with any other value than that or a tolerated one."""
    a, b = context.profile[determinant], context.profile[dependent]
    groups = np.flatnonzero(dependency.right >= 0)[:_MOST_GROUPS]
    right = groups * dependency.dependents + dependency.right[groups]
    tolerated = dependency.tolerated[np.isin(dependency.tolerated // max(dependency.dependents, 1), groups)]
    good = np.sort(np.concatenate([right, tolerated]))
    allowed = _pairs(context, determinant, dependent, good, dependency.dependents)
    return exp.and_(
        listed_values(a, groups), exp.not_(exp.Is(this=stored(b), expression=exp.null())), exp.not_(allowed)
    )


def listed_values(column: SampleColumn, codes: Ints) -> exp.Expr:
    """``column in (..)`` for some of its codes."""
    return exp.In(this=stored(column), expressions=[_literal(column, code) for code in codes.tolist()])


def stored(column: SampleColumn) -> exp.Expr:
    """The column as stored: a text that reads as a number is compared as text."""
    return exp.column(column.name, quoted=True)


def _literal(column: SampleColumn, code: int) -> exp.Expr:
    text, stored = column.values[code], column.column.type
    if stored is ColumnType.INTEGER:
        return exp.Literal.number(text)
    literal = exp.Literal.string(text)
    return exp.cast(literal, "date") if stored is ColumnType.DATE else literal
