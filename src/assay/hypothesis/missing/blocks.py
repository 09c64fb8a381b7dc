"""Days on which a column has no values at all, while it has them on the others."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlglot import exp

from assay.hypothesis.hypothesis import Context
from assay.hypothesis.missing.sentinels import EPOCH, Absence
from assay.profile.arrays import Bools

FEWEST_PAUSES = 3
PARTLY = 0.5  # of the rows of a day beside empty ones
RARE = 0.1  # of the rows of the other days, where such a day cannot be theirs
CHANCE = 1e-6  # that a day is empty by chance, over all days


@dataclass(frozen=True, eq=False)
class Block:
    """Days without values.

    Attributes:
        rows: the sampled rows of these days.
        condition: SQL of these days.
        days: how many.
        leading, trailing: whether they are the first, or the last, days of the table.
    """

    rows: Bools
    condition: exp.Expr
    days: int
    leading: bool
    trailing: bool


def block_of_days(context: Context, found: Absence) -> Block | None:
    """The days on which every value is missing, if chance at the rate of the other days cannot explain them.

    Days of one weekday only are a rhythm, not damage. More than half of the days are no exception. Nor are several runs
    of days of a column that few rows fill on the other days: it comes and goes, as a voucher of one campaign does, and
    the rows of a day are then no independent draws.
    """
    date = next((c for c, role in context.roles.items() if role.event_time), None)
    if date is None or date == found.column:
        return None
    numbers = np.floor(context.profile[date].numbers)
    seen = np.isfinite(numbers)
    if not seen.any():
        return None
    days, codes = np.unique(numbers[seen], return_inverse=True)
    if len(days) < 4:
        return None
    rows = np.bincount(codes, minlength=len(days))
    absent = np.bincount(codes[found.mask[seen]], minlength=len(days))
    lost = (absent >= 0.98 * rows) & (rows > 0)
    if not lost.any() or lost.sum() > 0.5 * len(days):
        return None
    rest = float(absent[~lost].sum() / max(rows[~lost].sum(), 1))
    runs = _runs(lost)
    # A run of empty days counts as a whole: few rows a day may each be empty by chance, not all of a week's.
    likely = [rest ** int(rows[a:b].sum()) * len(days) < CHANCE and rows[a:b].sum() >= 3 for a, b in runs]
    runs = [run for run, real in zip(runs, likely, strict=True) if real]
    if not runs or _one_weekday(days, runs) or (len(runs) >= FEWEST_PAUSES and rest > 0.5):
        return None
    if rest <= RARE:
        # A load breaks off within a day, and starts again within one.
        partly = absent >= PARTLY * rows
        runs = [(a - int(a > 0 and partly[a - 1]), b + int(b < len(days) and partly[b])) for a, b in runs]
    inside = np.zeros(len(days), dtype=np.bool_)
    for a, b in runs:
        inside[a:b] = True
    members = np.zeros(len(numbers), dtype=np.bool_)
    members[seen] = inside[codes]
    leading, trailing = runs == [(0, runs[0][1])], runs == [(runs[0][0], len(days))]
    return Block(members, _between(context, date, days, runs), int(inside.sum()), leading, trailing)


def _runs(flags: Bools) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _one_weekday(days: npt.NDArray[np.float64], runs: list[tuple[int, int]]) -> bool:
    lost = np.concatenate([days[a:b] for a, b in runs])
    return len(runs) >= 3 and len(np.unique(lost % 7)) <= 2


def _between(context: Context, date: str, days: npt.NDArray[np.float64], runs: list[tuple[int, int]]) -> exp.Expr:
    day = exp.cast(context.profile.value(date), "date")
    parts = [exp.Between(this=day.copy(), low=_day(days[a]), high=_day(days[b - 1])) for a, b in runs]
    return exp.or_(*parts)


def _day(number: float) -> exp.Expr:
    return exp.cast(exp.Literal.string(str(EPOCH + dt.timedelta(days=int(number)))), "date")
