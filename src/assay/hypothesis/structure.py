"""Segments in which a relation never held: structure of the table, not damage to its rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sqlglot import exp

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context
from assay.profile.arrays import Bools, Floats, Ints
from assay.profile.sample import SampleColumn

MAX_SEGMENTS = 200
ROWS_TO_TELL = 8
MAX_PARTS = 12
ROWS_OF_A_PART = 150


@dataclass(frozen=True)
class Segments:
    """Values of a column that decide where a relation does not hold."""

    column: str
    values: tuple[str, ...]
    rows: Bools


def broken_segments(
    context: Context, relevant: Bools, broken: Bools, share: float = 0.9, decided: float = 0.7
) -> Segments | None:
    """The column whose values decide whether the relation holds, with those under which it does not; None if none does.

    Args:
        relevant: rows in which the relation says something.
        broken: rows that break it.
        share: of the relevant rows of a segment, how many break it where it does not hold.
        decided: share of the variance of ``broken`` that the column explains.
    """
    total = int(broken.sum())
    if total < ROWS_TO_TELL:
        return None
    best: tuple[float, Segments] | None = None
    for column in _dimensions(context, MAX_SEGMENTS):
        codes = column.codes
        n, v, between = _between(codes, len(column.values), relevant, broken)
        bad = (v >= share * n) & (n > 0)  # also values of few rows, where others tell
        told = bad & (n >= ROWS_TO_TELL)
        if between < decided or not told.any() or bad[n > 0].all() or v[bad].sum() < 0.9 * total:
            continue
        values = tuple(value for value, wrong in zip(column.values, bad, strict=True) if wrong)
        segments = Segments(column.name, values, np.isin(codes, np.flatnonzero(bad)))
        if best is None or between > best[0] + 1e-9:
            best = (between, segments)
    return best[1] if best else None


def telling_column(context: Context, relevant: Bools, outcome: Bools) -> str | None:
    """The column whose values tell most about an outcome, if any tells at least a tenth of its variance."""
    found = []
    for column in _dimensions(context, 3 * MAX_PARTS):
        _, _, between = _between(column.codes, len(column.values), relevant, outcome)
        found.append((round(between, 9), column.name))
    best = max(found, key=lambda f: f[0], default=(0.0, ""))
    return best[1] if best[0] >= 0.1 else None


def parts_of(context: Context, column: str, present: Bools) -> list[tuple[exp.Expr | None, Bools]]:
    """The rows of ``present`` by the frequent values of a column, the others together last; each with its condition."""
    sampled = context.profile[column]
    codes = sampled.codes[present]
    text = exp.cast(context.profile.value(column), "text")
    counts = np.bincount(codes[codes >= 0], minlength=len(sampled.values))
    frequent = [int(c) for c in np.flatnonzero(counts >= ROWS_OF_A_PART)[:MAX_PARTS]]
    if not frequent:
        return [(None, np.ones(len(codes), dtype=np.bool_))]
    literals = [exp.Literal.string(sampled.values[c]) for c in frequent]
    parts: list[tuple[exp.Expr | None, Bools]] = [
        (exp.EQ(this=text.copy(), expression=literal), codes == code)
        for code, literal in zip(frequent, literals, strict=True)
    ]
    other = exp.not_(exp.In(this=text.copy(), expressions=[literal.copy() for literal in literals]))
    parts.append((exp.Coalesce(this=exp.paren(other), expressions=[exp.true()]), ~np.isin(codes, frequent)))
    return parts


def _dimensions(context: Context, most: int) -> list[SampleColumn]:
    families = (Family.DIMENSION, Family.FLAG)
    return [
        c for c in context.profile.columns if context.roles[c.name].family in families and 2 <= len(c.values) <= most
    ]


def _between(codes: Ints, size: int, relevant: Bools, outcome: Bools) -> tuple[Floats, Floats, float]:
    """Relevant rows and outcomes by value, and the share of the outcome's variance that is between values."""
    known = relevant & (codes >= 0)
    n = np.bincount(codes[known], minlength=size).astype(np.float64)
    v = np.bincount(codes[outcome & known], minlength=size).astype(np.float64)
    mean = float(v.sum() / max(n.sum(), 1))
    if not 0 < mean < 1:
        return n, v, 0.0
    # Every value explains something by chance.
    chance = np.count_nonzero(n) / max(n.sum(), 1)
    between = float(np.sum(n * (v / np.maximum(n, 1) - mean) ** 2) / (n.sum() * mean * (1 - mean)))
    return n, v, max(between - chance, 0.0)
