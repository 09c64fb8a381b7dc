"""The predicate of broken dependencies: pairs of values that are wrong, or groups and the values right in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from sqlglot import exp

from assay.hypothesis.dependency_measure import Bools, Dependency, Ints
from assay.hypothesis.hypothesis import Context
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
            same = exp.Coalesce(this=_is(context.profile[name], [code]), expressions=[exp.false()])
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
    """``(a = .. and b in (..)) or ..``, by the column with fewer values among the pairs."""
    a, b = context.profile[determinant], context.profile[dependent]
    by_a: dict[int, list[int]] = defaultdict(list)
    by_b: dict[int, list[int]] = defaultdict(list)
    for pair in pairs.tolist():
        by_a[pair // width].append(pair % width)
        by_b[pair % width].append(pair // width)
    outer, inner, groups = (a, b, by_a) if len(by_a) <= len(by_b) else (b, a, by_b)
    cases = [exp.and_(_is(outer, [one]), _is(inner, many)) for one, many in sorted(groups.items())]
    return cases[0] if len(cases) == 1 else exp.or_(*(exp.paren(c) for c in cases))


def _against_majority(context: Context, determinant: str, dependent: str, dependency: Dependency) -> exp.Expr:
    """For each right value of B: the groups of A that have it, and any other value."""
    a, b = context.profile[determinant], context.profile[dependent]
    tolerated: dict[int, list[int]] = defaultdict(list)
    for pair in dependency.tolerated.tolist():
        tolerated[pair // dependency.dependents].append(pair % dependency.dependents)
    by_right: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for group in np.flatnonzero(dependency.right >= 0)[:_MOST_GROUPS].tolist():
        by_right[(int(dependency.right[group]), *sorted(tolerated[group]))].append(group)
    cases = [exp.and_(_is(a, groups), exp.not_(_is(b, right))) for right, groups in sorted(by_right.items())]
    return cases[0] if len(cases) == 1 else exp.paren(exp.or_(*(exp.paren(c) for c in cases)))


def _is(column: SampleColumn, codes: Sequence[int]) -> exp.Expr:
    # The values as stored: a text that reads as a number is compared as text.
    value = exp.column(column.name, quoted=True)
    literals = [_literal(column, code) for code in codes]
    if len(literals) == 1:
        return exp.EQ(this=value, expression=literals[0])
    return exp.In(this=value, expressions=literals)


def _literal(column: SampleColumn, code: int) -> exp.Expr:
    text, stored = column.values[code], column.column.type
    if stored is ColumnType.INTEGER:
        return exp.Literal.number(text)
    literal = exp.Literal.string(text)
    return exp.cast(literal, "date") if stored is ColumnType.DATE else literal
