"""The family of a column from its values alone."""

from __future__ import annotations

import numpy as np

from assay.domain.role import Family
from assay.domain.shape import NumberShape, TextShape

LONG_CODE = 1e7  # nobody makes categories of eight digits


def family_of_numbers(shape: NumberShape) -> Family:
    """Flag, code, id, count, money, rate or another number; up to two fifths of the values may be wrong."""
    # Corruption makes negatives and decimals in counts, so majorities decide, and heavy values before all values.
    if shape.distinct == 2 and set(shape.values.tolist()) == {0.0, 1.0}:
        return Family.FLAG
    if shape.whole < 0.55:
        return _family_of_decimals(shape)
    if _is_sequence(shape):
        return Family.ID
    if _is_code(shape):
        short = shape.mid < LONG_CODE and shape.distinct <= max(60.0, 0.05 * shape.n)
        return Family.DIMENSION if short else Family.ID
    if shape.negative > 0.42:
        return Family.NUMBER
    return Family.COUNT


def _family_of_decimals(shape: NumberShape) -> Family:
    if shape.unit > 0.55:
        return Family.RATE
    positive = shape.negative < 0.42
    skewed = shape.high - shape.mid > 2 * (shape.mid - max(shape.low, 0.0))
    if shape.cents > 0.97 and positive and skewed and shape.high > 2:
        return Family.MONEY
    return Family.NUMBER


def _is_sequence(shape: NumberShape) -> bool:
    """Nearly unique whole numbers that run on, or that all have the same length."""
    if shape.distinct < 0.55 * shape.n or shape.distinct < 20:
        return False
    spread = shape.high - shape.low
    runs_on = spread <= 3 * shape.n and shape.distinct > 0.9 * shape.n
    long_and_even = shape.low >= 1e5 and shape.distinct > 0.9 * shape.n and np.log10(shape.high / shape.low) < 1.0
    return bool((runs_on and shape.low > -1) or long_and_even or shape.mid >= 1e12)


def _is_code(shape: NumberShape) -> bool:
    """Whole numbers that are names: years, hours, ratings, status codes, zip codes, ids of something that repeats."""
    keep = shape.counts >= max(2.0, 0.0005 * shape.n)
    values, counts = shape.values[keep], shape.counts[keep]
    if not len(values) or counts.sum() < 0.5 * shape.n:
        return False
    low, high, distinct = float(values.min()), float(values.max()), len(values)
    if low >= 1900 and high <= 2100 and distinct <= 201 and high - low < 150:
        return True
    if low < 0 or shape.mid >= 1e9:
        return shape.mid >= 1e9
    span = high - low + 1
    fill = distinct / span
    commonest = float(values[np.argmax(counts)])
    if fill > 0.9 and 3 <= distinct <= 60 and shape.n >= 10 * distinct:
        flat = np.quantile(counts, 0.9) < 2.5 * max(float(np.quantile(counts, 0.1)), 1.0)
        # Counts start at 0 or 1 and fall off; hours, months and ratings are flat or have their mode elsewhere.
        if (flat and distinct >= 5) or (low == 1 and high <= 10 and commonest > 2):
            return True
    if low >= 100 and distinct <= 80 and fill < 0.5 and shape.n >= 20 * distinct:
        return True
    lattice = next((step for step in (1000, 500, 100, 50, 25, 10, 5) if np.mean(values % step == 0) > 0.9), 1)
    if lattice > 1 or low < 1000:
        return False
    # A smooth quantity in this range would have taken about `expected` distinct values in n draws.
    expected = span * -np.expm1(-shape.n / span)
    return bool(distinct < 0.25 * expected and shape.n > 8 * distinct)


def family_of_texts(shape: TextShape, yes_no: bool) -> Family:
    """Flag, id, category, name or another text.

    Args:
        yes_no: whether the frequent texts are words for yes and no.
    """
    if yes_no:
        return Family.FLAG
    if shape.linked > 0.5:
        return Family.NAME
    if shape.hashed > 0.5:
        return Family.ID
    if shape.dated > 0.55:
        return Family.DATE
    # Few texts, each many times, beside a flood of singletons where 40 % are random strings.
    few = shape.heavy <= max(30.0, 0.01 * shape.n) and shape.heavy <= 400
    if few and shape.heavy_mass >= 0.5 and shape.heavy_mass + shape.singles > 0.85:
        if shape.coded > 0.9 and shape.heavy > 60 and shape.spaced < 0.2:
            return Family.ID
        return Family.NAME if shape.words > 6 else Family.DIMENSION
    if shape.coded > 0.55 and shape.spaced < 0.3:
        return Family.ID
    if shape.distinct > 0.9 * shape.n and shape.spaced < 0.1:
        return Family.ID if shape.coded > 0.3 else Family.TEXT
    return Family.NAME if shape.spaced > 0.3 else Family.TEXT
