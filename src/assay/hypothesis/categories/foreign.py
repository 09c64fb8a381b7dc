"""Values that belong to the domain of another column: swapped or misplaced cells.

One value in two domains proves nothing (New York is a city and a state). Most of one column's domain inside another
one does, if the cells were exchanged, or if they come in the proportions of the other column or in equal ones, as draws
from its domain do; a domain that is part of another by nature (branch city, customer city) shows neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.hypothesis.categories.column import CategoryColumn
from assay.hypothesis.hypothesis import Context
from assay.profile.arrays import Bools, Floats

_DOMAIN_WHOLE, _DOMAIN_COVERED = 0.98, 0.6
_OWN_MASS = 0.5
_LOOKED_AT = 2_000


@dataclass(frozen=True)
class Foreign:
    """Values of one column that are at home in ``home``; ``sure`` if they cannot be at home in both."""

    home: str
    values: tuple[str, ...]
    sure: bool


def foreign_values(context: Context, columns: Sequence[CategoryColumn]) -> dict[str, Foreign]:
    """For each column the values in it of another column's domain, if there are any."""
    shares = {
        c.name: {v: n / c.rows for v, n in zip(c.values[:_LOOKED_AT], c.counts.tolist(), strict=False)} for c in columns
    }
    found: dict[str, Foreign] = {}
    for column in columns:
        for home in columns:
            if column.name in found or home is column:
                continue
            here, there = shares[column.name], shares[home.name]
            shared = [v for v in home.values[: min(home.core, _LOOKED_AT)] if v in here]
            values = _misplaced(here, there, shared)
            if values:
                back = [v for v in column.values[: min(column.core, _LOOKED_AT)] if v in there and v not in values]
                sure = _exchanged(context, column.name, home.name, values, back) or _drawn(column, there, values)
                found[column.name] = Foreign(home.name, tuple(values), sure)
    return _without_shifted_rows(context, found)


def _misplaced(here: dict[str, float], there: dict[str, float], shared: Sequence[str]) -> list[str]:
    """Those of the shared values that are at home ``there``: all of its domain, or the ones more usual there."""
    owned = [v for v in shared if here[v] < there[v]]
    for values, covered in ((list(shared), _DOMAIN_WHOLE), (owned, _DOMAIN_COVERED)):
        if len(values) < 2 or sum(there[v] for v in values) < covered:
            continue
        if 1.0 - sum(here[v] for v in values) >= _OWN_MASS:
            return values
    return []


def _cells(context: Context, name: str, values: Sequence[str]) -> Bools:
    column = context.profile[name]
    wanted = set(values)
    known = np.array([v in wanted for v in column.values] + [False], dtype=np.bool_)
    return np.asarray(known[column.codes], dtype=np.bool_)


def _exchanged(context: Context, name: str, home: str, values: Sequence[str], back: Sequence[str]) -> bool:
    """Whether the misplaced cells' home column has a value of this column in the same rows."""
    here = _cells(context, name, values)
    return bool(back) and int(here.sum()) >= 3 and float(_cells(context, home, back)[here].mean()) > 0.8


def _drawn(column: CategoryColumn, there: dict[str, float], values: Sequence[str]) -> bool:
    """Whether the misplaced values occur as often as draws from the other column's cells or values would."""
    wanted = set(values)
    index = [i for i, v in enumerate(column.values) if v in wanted]
    seen = column.counts[index].astype(np.float64)
    if seen.sum() < 15:
        return False
    weights = np.array([there[column.values[i]] for i in index])
    return any(_fits(seen, w / w.sum()) for w in (weights, np.ones(len(index))))


def _fits(seen: Floats, shares: Floats) -> bool:
    """Chi-squared within its mean and three standard deviations."""
    expected = seen.sum() * shares
    freedom = len(seen) - 1
    return bool(((seen - expected) ** 2 / expected).sum() <= freedom + 3.0 * np.sqrt(2.0 * freedom))


def _without_shifted_rows(context: Context, found: dict[str, Foreign]) -> dict[str, Foreign]:
    """Drop columns whose misplaced cells mostly lie in rows with three or more such cells: those rows are shifted."""
    if len(found) < 3:
        return found
    cells = {name: _cells(context, name, f.values) for name, f in found.items()}
    together = np.sum(list(cells.values()), axis=0) >= 3
    return {n: f for n, f in found.items() if not cells[n].any() or float(together[cells[n]].mean()) < 0.5}
