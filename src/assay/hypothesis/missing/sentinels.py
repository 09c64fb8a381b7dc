"""Where values are absent: nulls, and the words, numbers and dates that stand for them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from sqlglot import exp

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context
from assay.hypothesis.placeholders import DATE_SENTINELS, NUMERIC_SENTINELS, is_ambiguous, is_placeholder
from assay.profile.arrays import Bools
from assay.profile.sample import SampleColumn
from assay.source.base import ColumnType

FREQUENT = 8  # a sentinel occurs so many times as often as the most frequent value near it
FAR_YEARS = 3.0
OWNED = 0.9  # of the rows have the usual value of their entity
CONSTANT = 0.995
EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True, eq=False)
class Absence:
    """What stands for "no value" in a column of the sample.

    Attributes:
        mask: rows without a value, by any certain form.
        forms: rows by form: ``null``, ``nan``, ``word``, ``number``, ``date``.
        predicate: true on the rows without a value.
        doubtful: rows with a word that may be a category as well ("unknown"), and what selects them; None if none.
    """

    column: str
    mask: Bools
    predicate: exp.Expr
    forms: dict[str, int] = field(default_factory=dict)
    doubtful: tuple[Bools, exp.Expr] | None = None


def absence(context: Context, name: str) -> Absence:
    """Find every form in which a column says that it has no value."""
    column = context.profile[name]
    mask = column.nulls.copy()
    forms = {"null": int(mask.sum())}
    raw = exp.column(name, quoted=True)
    parts: list[exp.Expr] = [raw.is_(exp.null())]
    doubtful = None
    value = context.profile.value(name)
    if column.type is ColumnType.FLOAT:
        nan = np.isnan(column.numbers) & ~column.nulls
        if nan.any():
            forms["nan"] = int(nan.sum())
            mask |= nan
            parts.append(is_nan(value))
    if column.column.type is ColumnType.TEXT:
        certain, unsure = _words(context, column)
        if certain:
            here = np.isin(column.codes, [i for i, v in enumerate(column.values) if v in certain])
            forms["word"] = int(here.sum())
            mask |= here
            parts.append(raw.copy().isin(*sorted(certain)))
        if unsure:
            here = np.isin(column.codes, [i for i, v in enumerate(column.values) if v in unsure])
            doubtful = (here, raw.copy().isin(*sorted(unsure)))
    if column.type.numeric and context.role(name).family not in (Family.ID, Family.FLAG):
        numbers = numeric_sentinels(column.numbers[~mask])
        if numbers:
            here = np.isin(column.numbers, numbers)
            forms["number"] = int(here.sum())
            mask |= here
            parts.append(value.copy().isin(*[_number(n) for n in numbers]))
    if column.type.temporal:
        days = date_sentinels(column.numbers[~mask])
        if days:
            here = np.isin(np.floor(column.numbers), days)
            forms["date"] = int(here.sum())
            mask |= here
            literals = [exp.cast(exp.Literal.string(str(EPOCH + dt.timedelta(days=int(d)))), "date") for d in days]
            parts.append(exp.cast(value.copy(), "date").isin(*literals))
    forms = {form: rows for form, rows in forms.items() if rows}
    return Absence(name, mask, exp.or_(*parts), forms, doubtful)


def is_nan(value: exp.Expr) -> exp.Expr:
    """SQL that is true where a float is not a number.

    By its text, which every engine has; DuckDB answers ``isnan`` from Parquet statistics, which leave NaN out.
    """
    return exp.Lower(this=exp.cast(value.copy(), "text")).eq("nan")


def numeric_sentinels(values: npt.NDArray[np.float64]) -> list[float]:
    """Numbers of :data:`NUMERIC_SENTINELS` that cannot be measurements here: far more frequent than all values near
    them, and beyond the bulk of the others or the only negative ones."""
    values = values[np.isfinite(values)]
    if len(values) < 20:
        return []
    distinct, counts = np.unique(values, return_counts=True)
    found: list[float] = []
    for index in np.flatnonzero(np.isin(distinct, NUMERIC_SENTINELS)):
        number, rows = float(distinct[index]), int(counts[index])
        if rows < max(3, 2e-4 * len(values)):
            continue
        others = np.delete(distinct, index)
        weights = np.delete(counts, index)
        if not len(others) or weights.sum() < rows:
            continue
        others, weights = others[~np.isin(others, found)], weights[~np.isin(others, found)]
        if _apart(number, rows, others, weights):
            found.append(number)
    return found


def _apart(number: float, rows: int, others: npt.NDArray[np.float64], weights: npt.NDArray[np.int64]) -> bool:
    if not len(others):
        return False
    rank = {float(v) for v in NUMERIC_SENTINELS}
    plain = np.array([float(o) not in rank for o in others])
    if number < 0:
        # The only negative numbers, where zero is not a bound that values cross.
        negative = others[(others < 0) & plain]
        if len(negative):
            return number <= -99 and number < 2 * float(negative.min())
        return number <= -9 or (len(others) >= 5 and float(weights.sum()) > rows)
    others, weights = others[plain], weights[plain]
    if len(others) < 5:
        return False
    near = (others >= 0.5 * number) & (others <= 2 * number)
    if near.any():
        # Inside the distribution it has to tower above every value around it, which a natural value does not.
        common = int(weights[near].max())
        expected = weights[near].sum() / max(near.sum(), 1)
        return number >= 999 and rows >= max(FREQUENT * common, 20 * expected, 10) and near.sum() >= 10
    order = np.argsort(others)
    bulk = float(others[order][np.searchsorted(np.cumsum(weights[order]), 0.99 * weights.sum())])
    return number > 3 * max(abs(bulk), 1) and number > 2 * float(others[others < number].max(initial=0.0))


def date_sentinels(days: npt.NDArray[np.float64]) -> list[int]:
    """Days of :data:`DATE_SENTINELS` (since 1970) that lie years away from the bulk of the dates."""
    days = np.floor(days[np.isfinite(days)])
    if len(days) < 10:
        return []
    listed = np.array([(dt.date.fromisoformat(d) - EPOCH).days for d in DATE_SENTINELS], dtype=np.float64)
    is_listed = np.isin(days, listed)
    bulk = days[~is_listed]
    if not is_listed.any() or len(bulk) < 0.5 * len(days):
        return []
    low, high = np.quantile(bulk, [0.01, 0.99])
    gap = max(365 * FAR_YEARS, high - low)
    found = np.unique(days[is_listed & ((days < low - gap) | (days > high + gap))])
    return [int(d) for d in found]


def _words(context: Context, column: SampleColumn) -> tuple[set[str], set[str]]:
    """Values of a text column that are placeholders: the certain ones, and those that may be a category."""
    counted = context.profile.groups.values.get(column.name)
    values = set(column.values[:20_000]) | (set(counted.values) if counted else set())
    found = {v for v in values if len(v) <= 40 and is_placeholder(v)}
    unsure = {v for v in found if is_ambiguous(v)}
    return found - unsure, unsure


def _number(value: float) -> exp.Expr:
    return exp.convert(int(value)) if value.is_integer() else exp.convert(value)


def certain_by_company(context: Context, found: Absence) -> Absence:
    """An absence to which its doubtful words are added, if their company tells that they stand for no value.

    "Unknown" is no category in an id, in a column of numbers, or in rows of an entity whose other rows have a value.
    """
    if found.doubtful is None:
        return found
    rows, predicate = found.doubtful
    column = context.profile[found.column]
    plain = [v for v in column.values[:300] if not is_placeholder(v)]
    coded = bool(plain) and sum(any(c.isdigit() for c in v) for v in plain) >= 0.95 * len(plain)
    if not (coded or context.role(found.column).family is Family.ID or owned(context, found.column, found.mask | rows)):
        return found
    forms = {**found.forms, "word": found.forms.get("word", 0) + int(rows.sum())}
    return Absence(found.column, found.mask | rows, exp.or_(found.predicate, predicate), forms)


def owned(context: Context, name: str, absent: Bools) -> bool:
    """Whether an entity determines a column, so that absent values are known from the entity's other rows.

    A column that rows are broken down by belongs to no entity, unless it never varies within one; a coarse category is
    no entity.
    """
    sample = context.profile.sample
    if name in context.grain:
        return False
    alike = CONSTANT if context.role(name).breakdown else OWNED
    values = sample[name]
    plain = (values.codes >= 0) & ~absent
    width = len(values.values) + 1
    for other in sample.names:
        owner = sample[other].codes
        groups = len(sample[other].values)
        if other == name or context.role(other).family not in (Family.ID, Family.NAME, Family.DIMENSION):
            continue
        known, lost = plain & (owner >= 0), absent & (owner >= 0)
        few = groups <= 20 and context.role(other).family is Family.DIMENSION
        if few or not known.any() or not lost.any() or not 1 < groups <= known.sum() / 3:
            continue
        pairs, counts = np.unique(owner[known] * width + values.codes[known], return_counts=True)
        if np.bincount(pairs % width, counts).max() >= 0.9 * known.sum():
            continue
        main = np.zeros(groups, dtype=np.int64)
        np.maximum.at(main, pairs // width, counts)
        gone = np.bincount(owner[lost], minlength=groups)
        if main.sum() >= alike * known.sum() and float((main >= gone)[owner[lost]].mean()) > 0.8:
            return True
    return False
