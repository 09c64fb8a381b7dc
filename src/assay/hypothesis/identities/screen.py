"""A cheap look for arithmetic identities: few rows, all combinations of columns, nothing proven.

Products and ratios are sums of logarithms, and a constant factor disappears in differences between rows, so one search
finds every scale. Up to two rows in five may be corrupted: a candidate needs far fewer agreeing rows than a proof.
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import numpy.typing as npt

from assay.domain.role import Family
from assay.hypothesis.quantities import Quantity
from assay.profile.arrays import Bools, Ints

ROWS_BY_COLUMN = 32
ROWS_IN_ALL = 640
LEAST = 8
SHARE = 0.25
ROWS_BALANCED = 96
MOST_BALANCED = 60  # columns among which balances are looked for
MOST_ALIKE = 12  # pairs of equal sums in a row; more say nothing
TRUST = 0.1  # relative precision below which a value says nothing about a product
SMALL_INTEGER = 2e-3

Floats32 = npt.NDArray[np.float32]


def screening_rows(items: list[Quantity], seed: int) -> Ints:
    """Row numbers with enough of every column: for each some rows where it has a value other than 0."""
    rng = np.random.default_rng(seed)
    each = min(ROWS_BY_COLUMN, max(12, ROWS_IN_ALL // max(1, len(items))))
    picked = []
    for item in items:
        useful = np.flatnonzero(np.isfinite(item.values) & (item.values != 0))
        picked.append(np.sort(rng.choice(useful, each, replace=False)) if useful.size > each else useful)
    return np.concatenate(picked).astype(np.int64) if picked else np.empty(0, np.int64)


def sum_candidates(items: list[Quantity], rows: Ints) -> list[tuple[int, tuple[int, ...]]]:
    """Columns that may be the sum of two or three others: (target, terms)."""
    if len(items) < 3 or not rows.size:
        return []
    values = np.array([q.values[rows] for q in items])
    values[values == 0] = np.nan
    half = np.array([q.half for q in items])
    present = np.isfinite(values)
    filled = np.where(present, values, 0.0)
    weight = present.astype(np.float32)
    both = weight @ weight.T
    with np.errstate(invalid="ignore"):
        above = np.array([(values >= row).sum(axis=1) for row in values]).T / np.maximum(both, 1) >= 0.55
    unit = np.array([_unit(q) for q in items])
    dated = unit == "date"
    found: list[tuple[int, tuple[int, ...]]] = []
    for size in (2, 3):
        for terms in combinations(range(len(items)), size):
            chosen = list(terms)
            fits = _addable(unit, dated, chosen) & above[:, chosen].all(axis=1)
            fits[chosen] = False
            targets = np.flatnonzero(fits)
            if not targets.size:
                continue
            together = present[chosen].all(axis=0)
            if together.sum() < LEAST:
                continue
            total = filled[chosen][:, together].sum(axis=0)
            own = values[targets][:, together]
            slack = (half[targets] + half[chosen].sum())[:, None] + 1e-9 * np.abs(total)
            hits = (np.abs(own - total) <= slack).sum(axis=1)
            valid = np.isfinite(own).sum(axis=1)
            found += [(int(t), terms) for t in targets[(hits >= LEAST) & (hits >= SHARE * valid)]]
    return found


def balance_candidates(items: list[Quantity], rows: Ints) -> list[tuple[int, tuple[int, int, int]]]:
    """Columns of which two may sum to the same as two others: (target, terms) of ``target = a + b - c``.

    The target is the last of the four, as what is computed mostly stands behind what it is computed from.
    """
    if not 4 <= len(items) <= MOST_BALANCED or rows.size < LEAST:
        return []
    rows = rows[:: max(1, rows.size // ROWS_BALANCED)]
    values = np.array([q.values[rows] for q in items])
    values[values == 0] = np.nan
    unit = np.array([_unit(q) for q in items])
    pairs = np.array(
        [
            p
            for p in combinations(range(len(items)), 2)
            if len({*unit[list(p)]} - {""}) < 2 and "date" not in unit[list(p)]
        ]
    )
    if len(pairs) < 2:
        return []
    sums = np.round(values[pairs[:, 0]] + values[pairs[:, 1]], 6)
    hits: Counter[tuple[int, int]] = Counter()
    for column in sums.T:
        told = np.flatnonzero(np.isfinite(column))
        order = told[np.argsort(column[told], kind="stable")]
        ends = np.flatnonzero(np.diff(column[order]) != 0) + 1
        for equal in np.split(order, ends):
            if 1 < len(equal) <= MOST_ALIKE:
                hits.update(combinations(sorted(equal.tolist()), 2))
    found = []
    for (one, other), count in sorted(hits.items()):
        valid = int((np.isfinite(sums[one]) & np.isfinite(sums[other])).sum())
        members = {*pairs[one].tolist(), *pairs[other].tolist()}
        if count >= LEAST and count >= SHARE * valid and len(members) == 4 and len({*unit[list(members)]} - {""}) < 2:
            target = max(members)
            own, across = (one, other) if target in pairs[one] else (other, one)
            (beside,) = {*pairs[own].tolist()} - {target}
            a, b = pairs[across].tolist()
            found.append((target, (a, b, beside)))
    return found


def _addable(unit: npt.NDArray[np.str_], dated: Bools, terms: list[int]) -> Bools:
    """Targets that a sum of the terms may give: a date plus days is a date; elsewhere all sure units are one."""
    dates = int(dated[terms].sum())
    if dates == 1 and len(terms) == 2:
        other = terms[0] if dated[terms[1]] else terms[1]
        return dated & (unit[other] not in ("money", "rate"))
    units = {str(unit[t]) for t in terms} - {""}
    if dates or len(units) > 1:
        return np.zeros(unit.size, np.bool_)
    return ~dated & (np.isin(unit, [*units, ""]) if units else True)


def _unit(item: Quantity) -> str:
    sure = item.sure or item.family is Family.DATE
    return str(item.family) if sure and item.family is not Family.NUMBER else ""


def _logs(items: list[Quantity], rows: Ints) -> tuple[Floats32, Floats32]:
    """Differences of logarithms between neighbouring rows, NaN where they say nothing; and their precision."""
    values = np.array([q.values[rows] for q in items])
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.where(values > 0, values, np.nan))
        precision = np.array([_precision(q) for q in items])[:, None] / values
        small = np.array([q.decimals == 0 for q in items])[:, None]
        precision = np.where(small, np.minimum(precision, SMALL_INTEGER), precision)
        precision = np.where(precision > TRUST, np.nan, precision)
    steps = np.diff(logs, axis=1)
    # Equal neighbours agree with anything that is equal in both rows.
    steps[steps == 0] = np.nan
    return steps.astype(np.float32), (precision[:, 1:] + precision[:, :-1] + 2e-6).astype(np.float32)


def _precision(item: Quantity) -> float:
    return 0.5 if item.decimals == 0 else item.half


def product_candidates(items: list[Quantity], rows: Ints) -> list[tuple[int, int, int]]:
    """Columns (whole, a, b) of which whole may be proportional to a * b."""
    if len(items) < 3 or rows.size < 2:
        return []
    steps, precision = _logs(items, rows)
    usable = np.isfinite(steps) & np.isfinite(precision)
    steps[~usable] = np.nan
    weight = usable.astype(np.float32)
    numbers = np.arange(len(items))
    found = []
    for a, b in combinations(range(len(items)), 2):
        together = np.flatnonzero(usable[a] & usable[b])
        if together.size < LEAST:
            continue
        valid = weight[:, together].sum(axis=1)
        targets = numbers[(valid >= LEAST) & (numbers != a) & (numbers != b)]
        if not targets.size:
            continue
        grid = np.ix_(targets, together)
        total = steps[a, together] + steps[b, together]
        slack = precision[a, together] + precision[b, together] + precision[grid]
        with np.errstate(invalid="ignore"):
            hits = (np.abs(steps[grid] - total) <= slack).sum(axis=1)
        found += [(int(t), a, b) for t in targets[(hits >= LEAST) & (hits >= SHARE * valid[targets])]]
    return found


def copy_candidates(items: list[Quantity], rows: Ints) -> list[tuple[int, int]]:
    """Pairs of columns that may be proportional (or equal)."""
    if len(items) < 2 or rows.size < 2:
        return []
    steps, precision = _logs(items, rows)
    found = []
    for a in range(len(items) - 1):
        with np.errstate(invalid="ignore"):
            agree = np.abs(steps[a + 1 :] - steps[a]) <= precision[a + 1 :] + precision[a]
        valid = np.isfinite(steps[a + 1 :] + steps[a]).sum(axis=1)
        hits = agree.sum(axis=1)
        found += [(a, int(b) + a + 1) for b in np.flatnonzero((hits >= LEAST) & (hits >= SHARE * valid))]
    return found
