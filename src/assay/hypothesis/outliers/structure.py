"""Suspects that are how some groups are, or values of a list, and no damage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations

import numpy as np

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context
from assay.hypothesis.measures import Measure
from assay.hypothesis.outliers.effects import Dimension
from assay.hypothesis.robust import Places
from assay.profile.arrays import Bools, Floats

RARE_SEGMENT = 0.05
PURE = 0.9
FAR_FROM_CHANCE = 4.0
LEARNT = 25  # rows from which a segment has a level of its own
LISTED_VALUES = 30
EXACT = 0.1
CONFIRMED = 0.9
TOLD_BY = 300  # rows that show whether columns multiply
GROUP_FAMILIES = (Family.DATE, Family.ID, Family.NAME, Family.DIMENSION, Family.FLAG, Family.TEXT)


def is_structural(context: Context, judged: Bools, suspects: Bools, dimensions: Sequence[Dimension]) -> bool:
    """Whether the suspects are how some groups are (a day, a campaign, a type), and not damaged cells.

    Either they fill whole groups, or nearly all of them come from one rare segment: that has a wider spread of its own.
    """
    bad = int(np.count_nonzero(suspects))
    for dimension in dimensions:
        total = np.bincount(dimension.codes[judged] + 1, minlength=dimension.size + 1)
        hits = np.bincount(dimension.codes[suspects] + 1, minlength=dimension.size + 1)
        if np.any((hits > 0.8 * bad) & (total < RARE_SEGMENT * total.sum())):
            return True
    for codes, size, dated in _groups(context):
        total = np.bincount(codes[judged], minlength=size)
        hits = np.bincount(codes[suspects], minlength=size)
        pure = (total >= 5) & (hits >= PURE * total)
        if hits[pure].sum() > 0.5 * bad:
            return True
        # Damage is not drawn to the rows of one thing; one too rare to have a level learnt has its own.
        if not dated and np.any((total >= 5) & (total < LEARNT) & (hits > 0.5 * total) & (hits > PURE * bad)):
            return True
    return False


def is_concentrated(context: Context, judged: Bools, suspects: Bools, line: Floats) -> bool:
    """Whether the suspects' share differs between groups by far more than chance: a level that some groups have.

    Args:
        line: the expected level by row; damage may depend on it, so that groups are compared at equal levels.
    """
    rows = np.flatnonzero(judged)
    tenth = np.empty(rows.size, dtype=np.int64)
    tenth[np.argsort(line[rows])] = np.arange(rows.size) * 10 // rows.size
    rate = (np.bincount(tenth, suspects[rows], 10) / np.maximum(np.bincount(tenth, minlength=10), 1))[tenth]
    for codes, size, _ in _groups(context):
        total, hits, expected, variance = (
            np.bincount(codes[rows], weights, size) for weights in (None, suspects[rows], rate, rate * (1 - rate))
        )
        held = (total >= 5) & (variance > 0)
        if np.count_nonzero(held) < 2:
            continue
        if float(np.mean((hits - expected)[held] ** 2 / variance[held])) > FAR_FROM_CHANCE:
            return True
    return False


def _groups(context: Context) -> Iterator[tuple[Places, int, bool]]:
    """For each grouping column the position of each row's value, the number of values, and whether it is a date."""
    for column in context.profile.columns:
        role = context.roles.get(column.name)
        if role is None or role.family not in GROUP_FAMILIES:
            continue
        if column.type.numeric or column.type.temporal:
            _, codes = np.unique(column.numbers, return_inverse=True)
        else:
            codes = column.codes + 1
        size = int(codes.max()) + 1
        if 2 <= size <= codes.size / 4:
            yield codes, size, role.family is Family.DATE


def is_confirmed(target: Measure, columns: Sequence[Measure], suspects: Bools) -> bool:
    """Whether two other amounts multiply or divide to the target, also where it is suspect: price x pieces = total.

    Nothing is off in a row whose three figures agree. Rates do not count: exports compute them from what is there.
    """
    others = [m for m in columns if m is not target and m.family is not Family.RATE and m.logarithmic]
    usual, odd = (np.flatnonzero(np.isfinite(target.values) & part) for part in (~suspects, suspects))
    usual, odd = (rows[:: max(rows.size // TOLD_BY, 1)] for rows in (usual, odd))
    if not target.logarithmic or usual.size < TOLD_BY / 2 or len(others) < 2:
        return False
    for first, second in permutations(others, 2):
        for sign in (-1.0, 1.0):
            rest, suspect = (target.values[r] - first.values[r] - sign * second.values[r] for r in (usual, odd))
            known = rest[np.isfinite(rest)]
            if known.size < PURE * rest.size or np.mean(np.abs(known) < EXACT) < PURE:
                continue
            if np.mean(np.abs(np.nan_to_num(suspect, nan=np.inf)) < EXACT) >= CONFIRMED:
                return True
    return False


def is_repeated(context: Context, target: Measure, suspects: Bools) -> bool:
    """Whether nearly all suspect values stand in the same row in other columns: a metric that is put together of these.

    "Results" are purchases in the rows of one kind of campaign and link clicks in those of another.
    """
    values = context.profile[target.name].numbers[suspects]
    others = [c for c in context.profile.columns if c.name != target.name and c.type.numeric]
    same = [c.numbers[suspects] == values for c in others]
    return bool(same) and float(np.mean(np.logical_or.reduce(same))) >= CONFIRMED


def is_listed(target: Measure, suspects: Bools) -> bool:
    """Whether the column has few values that all repeat (prices of plans, pack sizes), the suspect ones as well."""
    usual = np.unique(target.values[np.isfinite(target.values) & ~suspects], return_counts=True)[1]
    if np.sort(usual)[-LISTED_VALUES:].sum() < 0.9 * usual.sum():
        return False
    counts = np.unique(target.values[suspects], return_counts=True)[1]
    return bool(counts[counts > 1].sum() >= 0.6 * counts.sum())
