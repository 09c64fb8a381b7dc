"""Segments in which a relation never held: structure of the table, not damage to its rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context
from assay.profile.arrays import Bools

MAX_SEGMENTS = 200
ROWS_TO_TELL = 8
BIMODAL = 0.7


@dataclass(frozen=True)
class Segments:
    """Values of a column that decide where a relation does not hold."""

    column: str
    values: tuple[str, ...]
    rows: Bools


def broken_segments(context: Context, relevant: Bools, broken: Bools) -> Segments | None:
    """The column whose values decide whether the relation holds, with those under which it does not; None if none does.

    Args:
        relevant: rows in which the relation says something.
        broken: rows that break it.
    """
    total = int(broken.sum())
    if total < ROWS_TO_TELL:
        return None
    best: tuple[float, Segments] | None = None
    for column in context.profile.columns:
        role = context.roles[column.name]
        if role.family not in (Family.DIMENSION, Family.FLAG) or not 2 <= len(column.values) <= MAX_SEGMENTS:
            continue
        codes = column.codes
        known = relevant & (codes >= 0)
        n = np.bincount(codes[known], minlength=len(column.values)).astype(float)
        v = np.bincount(codes[broken & known], minlength=len(column.values))
        share = v / np.maximum(n, 1)
        bad = (share >= 0.9) & (n >= ROWS_TO_TELL)
        mean = float(v.sum() / max(n.sum(), 1))
        if not bad.any() or bad.all() or not 0 < mean < 1:
            continue
        between = float(np.sum(n * (share - mean) ** 2) / (n.sum() * mean * (1 - mean)))
        if between < BIMODAL or v[bad].sum() < 0.9 * total:
            continue
        values = tuple(value for value, wrong in zip(column.values, bad, strict=True) if wrong)
        segments = Segments(column.name, values, np.isin(codes, np.flatnonzero(bad)))
        if best is None or between > best[0] + 1e-9:
            best = (between, segments)
    return best[1] if best else None
