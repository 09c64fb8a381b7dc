"""Rates that bear witness: rows in which a count no longer agrees with the rates that were computed from it.

An export computes its rates from the counts beside them. Where a rate follows exactly from them in nearly all rows, a
row in which it does not was changed afterwards, and one in which it does was not, whatever else is unusual about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from sqlglot import exp

from assay.hypothesis.hypothesis import Context
from assay.hypothesis.identities.identity import violation
from assay.hypothesis.identities.proof import Proof
from assay.hypothesis.quantities import quantity
from assay.hypothesis.rate_columns import rate_columns
from assay.profile.arrays import Bools

FEWEST = 3  # rows
MOSTLY = 0.9  # of the rows of which a rate tells
MAJORITY = 2 / 3
ROUGHLY = 0.01  # apart are a rate and what follows from its columns where they plainly disagree
TELLING = 10.0  # times as often do rates disagree in the rows that break a relation as in the others

_proofs: WeakKeyDictionary[Context, dict[tuple[str, str, str], tuple[Bools, exp.Expr] | None]] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Changed:
    """Rows of the sample in which a rate disagrees.

    Attributes:
        told: rows of which any of the rates says something.
        predicate: true on the rows that changed.
        sound: true on the rows of which a rate says something, and none disagrees.
    """

    rows: Bools
    told: Bools
    predicate: exp.Expr
    sound: exp.Expr


def changed(context: Context, columns: Sequence[str], suspect: Bools, *, silent: bool) -> Changed | None:
    """Rows that were changed after the rates of ``columns`` were computed; None where no rate tells.

    Args:
        suspect: sampled rows that break a relation of these columns, of which the rates shall tell.
        silent: whether rows without any of the rates count as changed where most of the others were.
    """
    if suspect.sum() < FEWEST:
        return None
    rows = np.zeros(context.profile.sample.rows, dtype=np.bool_)
    parts: list[exp.Expr] = []
    mute = np.ones_like(rows)
    silence: list[exp.Expr] = []
    for rate, above, below, _ in rate_columns(context):
        if above not in columns and below not in columns:
            continue
        if _agrees(context, (rate, above, below), suspect):
            continue
        proven = _proven(context, (rate, above, below))
        if proven is None:
            continue
        here, disagrees = proven
        if (here & suspect).sum() < FEWEST or here[suspect].mean() < TELLING * here[~suspect].mean():
            continue
        rows |= here
        parts.append(disagrees.copy())
        mute &= _says_nothing(context, rate, above, below)
        silence.append(_silence(context, rate, above, below))
    if not parts:
        return None
    broken, quiet = (
        exp.Coalesce(this=exp.paren(e), expressions=[exp.false()]) for e in (exp.or_(*parts), exp.and_(*silence))
    )
    sound = exp.and_(exp.not_(broken), exp.not_(quiet))
    if silent and rows[suspect & ~mute].mean() > MOSTLY:
        rows |= mute & suspect
        parts.append(exp.and_(*silence))
    predicate = exp.Coalesce(this=exp.paren(exp.or_(*parts)), expressions=[exp.false()])
    return Changed(rows, ~mute, predicate, sound)


def vindicated(context: Context, column: str, suspect: Bools) -> exp.Expr | None:
    """True on rows that were not changed after the rates of a column were computed; None where that tells nothing.

    Args:
        suspect: sampled rows whose value looks wrong. Only where the rates disagree with most of these was the damage
            done after the rates were computed, so that rows in which they agree are sound.
    """
    proven = changed(context, (column,), suspect, silent=False)
    if proven is None or not proven.rows[suspect & proven.told].mean() > MAJORITY:
        return None
    return proven.sound


def _proven(context: Context, columns: tuple[str, str, str]) -> tuple[Bools, exp.Expr] | None:
    """Where a rate follows exactly from its columns: the sampled rows in which it does not, and these in SQL."""
    known = _proofs.setdefault(context, {})
    if columns not in known:
        items = [q for q in (quantity(context, name) for name in columns) if q is not None]
        found = Proof(items, context.seed).product(1, 0, 2) if len(items) == 3 else None
        known[columns] = None if found is None else (found[1].broken, violation(found[0], items))
    return known[columns]


def _agrees(context: Context, columns: tuple[str, str, str], suspect: Bools) -> bool:
    """Whether too few suspects disagree with a rate even roughly: the exact proof is dear, and would find fewer."""
    part, upper, lower = (context.profile[name].numbers for name in columns)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = part * lower / upper
        usual = np.nanmedian(ratio) if np.isfinite(ratio).any() else np.nan
        apart = np.abs(part * lower - usual * upper)[suspect] > ROUGHLY * np.abs(usual * upper)[suspect]
    return bool(apart.sum() < FEWEST)


def _says_nothing(context: Context, rate: str, above: str, below: str) -> Bools:
    """Rows in which a rate is empty, or of nothing: it would be the same whatever had been counted."""
    part, upper, lower = (context.profile[name].numbers for name in (rate, above, below))
    silent: Bools = np.isnan(part) | ~(lower > 0) | ((part == 0) & (upper == 0))
    return silent


def _silence(context: Context, rate: str, above: str, below: str) -> exp.Expr:
    part, upper, lower = (context.profile.value(name) for name in (rate, above, below))
    zero = exp.and_(exp.EQ(this=part, expression=exp.convert(0)), exp.EQ(this=upper, expression=exp.convert(0)))
    some = exp.Coalesce(this=exp.paren(exp.GT(this=lower, expression=exp.convert(0))), expressions=[exp.false()])
    return exp.paren(exp.or_(part.copy().is_(exp.null()), exp.not_(some), exp.paren(zero)))
