"""Units that rates bear witness of: amounts whole decades off what the rates beside them were computed from.

An export computes cost per click and per thousand impressions before an amount changes its unit. Afterwards all of
these rates are off by the same power of ten, in exactly the rows that changed, however many these are. Where half of a
table is in another unit, levels say only that there are two of them; the rates say which one is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlglot import exp

from assay.hypothesis.hypothesis import Context
from assay.hypothesis.quantities import Quantity, quantity
from assay.hypothesis.rate_columns import rate_columns
from assay.profile.arrays import Bools, Floats

FEWEST = 5  # rows
COARSEST = 0.1  # relative rounding beyond which a number says nothing of a decade
ON_DECADE = 0.06  # decades off a whole number that rounding explains
EXACT = 0.9  # share of a rate's rows that lie on whole decades
ALIKE = 0.8  # share of the rows off the usual decade that are off by the same one
BALANCED = 0.25  # rows of another decade, for one of the most usual, from which the conventional one is right
AGREED = 0.9  # of the rows that one rate says are off and another can tell of


@dataclass(frozen=True, eq=False)
class Rate:
    """A ratio column with the two that it is computed from: decades between it and what follows from them.

    Attributes:
        off: decades by row less those of the right rows, NaN where the rate says nothing.
        base: decades of the right rows.
    """

    members: tuple[Quantity, Quantity, Quantity]
    times: float
    off: Floats
    base: int

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(q.name for q in self.members)

    def effect(self, column: str) -> int:
        """Decades that the rate is off for one that a column is."""
        return -1 if column == self.names[1] else 1

    def beyond(self, column: str, decades: int) -> exp.Expr:
        """The condition that a column is off by more than half of these decades, as the rate tells."""
        rate, above, below = (q.number for q in self.members)
        shift = decades * self.effect(column)
        cut = exp.convert(float(f"{self.times * 10.0 ** (self.base + shift / 2):.6g}"))
        telling = [exp.GT(this=q.number.copy(), expression=exp.convert(_least(q))) for q in self.members]
        side = exp.GT if shift > 0 else exp.LT
        left = exp.Mul(this=rate.copy(), expression=below.copy())
        return exp.and_(*telling, side(this=left, expression=exp.Mul(this=cut, expression=above.copy())))


@dataclass(frozen=True, eq=False)
class Witnessed:
    """Rows of an amount in another unit, as its rates tell."""

    metric: str
    decades: int
    rows: Bools
    rates: tuple[Rate, ...]

    @property
    def telling(self) -> Bools:
        """The rows that any of the rates tells of: without a click there is no cost per click."""
        told: Bools = np.logical_or.reduce([np.isfinite(rate.off) for rate in self.rates])
        return told

    @property
    def predicate(self) -> exp.Expr:
        """True on the rows that any of the rates says are off."""
        told = exp.or_(*(rate.beyond(self.metric, self.decades) for rate in self.rates))
        return exp.Coalesce(this=exp.paren(told), expressions=[exp.false()])

    def tells_of(self, columns: Sequence[str]) -> bool:
        """Whether a comparison of these columns is about the same change."""
        return self.metric in columns or any(r.names[0] in columns for r in self.rates)


def witnessed(context: Context) -> list[Witnessed]:
    """Each amount that some rates say is in another unit in some rows."""
    rates = _rates(context)
    suspects = sorted({c for rate in rates for c in rate.names if _odd(rate).sum() >= FEWEST})
    cases = [case for column in suspects if (case := _case(rates, column)) is not None]
    cases.sort(key=lambda c: (-len(c.rates), _unmoved(context, c)))
    kept: list[Witnessed] = []
    for case in cases:
        if not any((case.rows & other.rows).any() for other in kept):
            kept.append(case)
    return kept


def _rates(context: Context) -> list[Rate]:
    """The ratios that a pack knows, where they follow from their columns but for powers of ten."""
    found = []
    for *parts, times in rate_columns(context):
        members = [q for q in (quantity(context, name) for name in parts) if q is not None]
        rate = _rate(members, times) if len(members) == 3 else None
        found += [rate] if rate is not None else []
    return found


def _rate(members: Sequence[Quantity], times: float) -> Rate | None:
    rate, above, below = members
    useful = np.logical_and.reduce([q.values > _least(q) for q in members])
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log10(rate.values * below.values / (above.values * times))
    logs[~useful] = np.nan
    known = logs[useful]
    decade = np.rint(known)
    whole = np.abs(known - decade) <= ON_DECADE
    if known.size < 10 * FEWEST or whole.mean() < EXACT:
        return None
    levels, counts = np.unique(decade[whole], return_counts=True)
    rivals = levels[counts >= BALANCED * counts.max()]
    base = int(min(rivals, key=lambda level: (abs(level), -level)))
    off = logs - base
    beyond = np.abs(known - base) > 2 * ON_DECADE
    there = np.unique(decade[whole & beyond], return_counts=True)[1]
    if there.max(initial=0) < ALIKE * beyond.sum():
        return None
    return Rate((rate, above, below), times, off, base)


def _least(item: Quantity) -> float:
    """The size from which a printed number is precise enough to tell its decade."""
    return item.half / COARSEST


def _odd(rate: Rate) -> Bools:
    with np.errstate(invalid="ignore"):
        odd: Bools = (np.abs(rate.off) > 0.5) & (np.abs(rate.off - np.rint(rate.off)) <= ON_DECADE)
    return odd


def _case(rates: Sequence[Rate], column: str) -> Witnessed | None:
    """The change of a column that explains all that its rates say; None where some of them disagree."""
    own = [rate for rate in rates if column in rate.names]
    rows = np.logical_or.reduce([_odd(rate) for rate in own])
    off = np.concatenate([rate.off[_odd(rate)] * rate.effect(column) for rate in own])
    levels, counts = np.unique(np.rint(off), return_counts=True)
    decades = int(levels[np.argmax(counts)])
    if counts.max() < ALIKE * counts.sum():
        return None
    for rate in own:
        told = rows & np.isfinite(rate.off)
        agree = np.abs(rate.off[told] - decades * rate.effect(column)) <= 2 * ON_DECADE
        if told.any() and agree.mean() < AGREED:
            return None
    return Witnessed(column, decades, rows, tuple(own))


def _unmoved(context: Context, case: Witnessed) -> float:
    """How far the change of a column's own level is from the one that it is suspected of, in decades."""
    values = context.profile[case.metric].numbers
    some = values > 0
    inside, outside = np.log10(values[some & case.rows]), np.log10(values[some & ~case.rows])
    if not inside.size or not outside.size:
        return np.inf
    return abs(float(np.median(inside) - np.median(outside)) - case.decades)
