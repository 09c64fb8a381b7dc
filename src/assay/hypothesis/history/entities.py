"""Whether a few of its entities make a day what it is: one campaign, machine or shop that starts, grows or ends.

A load that goes wrong takes rows of many entities; business moves one of them at a time. So what a day does is compared
with what it does without the entities that are new or ended and the few that changed most.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from assay.hypothesis.history.baseline import FEWEST, LEVEL
from assay.hypothesis.hypothesis import Context
from assay.hypothesis.temporal.cadence import coarsest_entity
from assay.hypothesis.temporal.continuity import FEW, ONE_OFF
from assay.profile.arrays import Bools, Floats
from assay.profile.history import History

FEWEST_DAYS = 3  # with rows of an entity, which tell what is usual of it
FEWEST_OTHERS = 3  # entities that speak for a load
LEAST_ROWS = 0.25  # of the rows of a day, that these have
LASTING = 0.8  # of the entities of a day that have rows on the next one, so that those without any tell something
SPARED = 0.5  # of how far a day is off, which those have at most that are as usual
UNUSUAL = 3.0  # standard deviations of the number of entities that begin or end from one day to the next


@dataclass(frozen=True, eq=False)
class Others:
    """The entities of a day that go on and are not the few that changed most.

    Attributes:
        entity: the column that names entities.
        rows: their rows of the day in the sample.
        usual: their share of the usual amount of a day; 0 where that is unknown.
        shift: how much farther than the whole day they are from what is usual, as a natural logarithm.
    """

    entity: str
    rows: Bools
    usual: float
    shift: float

    def spared(self, off: float) -> bool:
        """Whether most of how far the day is off is not theirs: too few to be sure of it, they excuse no rise.

        What falls to nothing says less: the sums of a few are often nothing by chance.
        """
        return off < 0 or off + self.shift <= SPARED * off

    @property
    def words(self) -> str:
        """Why a day is as it is if the others are as they were."""
        return f"few values of {self.entity} make it so, or some that began or ended; the others are as usual"


def others_of(
    context: Context, history: History, date: str, day: int, amounts: Floats, rows: Bools | None = None
) -> Others | None:
    """What a day looks like without the few entities that changed most, by the sampled rows.

    Args:
        amounts: of each row of the sample; NaN is nothing.
        rows: the rows of the sample that count; by default all.

    Returns:
        None where that cannot be told: the table names no entities, they are too few or too young, they come and go by
        chance (buyers, or campaigns of a thin sample), or more of them began or ended at once than do from day to day,
        as in a load of which a part was lost.
    """
    past = sorted(d for d in history.days if d < day)[-LEVEL:]
    entity = coarsest_entity(context, above=FEW) or coarsest_entity(context, above=FEWEST_OTHERS)
    if entity is None or len(past) < FEWEST:
        return None
    column = context.profile[entity]
    when = np.nan_to_num(np.floor(context.profile.sample[date].numbers), nan=-1e9).astype(np.int64)
    listed = np.array([*past, day], dtype=np.int64)
    place = np.minimum(np.searchsorted(listed, when), len(past))
    own = (listed[place] == when) & (column.codes >= 0)
    if rows is not None:
        own &= rows
    cells = (column.codes[own], place[own])
    totals = np.zeros((len(column.values), len(listed)))
    there = np.zeros(totals.shape, dtype=np.bool_)
    np.add.at(totals, cells, np.nan_to_num(amounts[own]))
    there[cells] = True
    if not _last(there[:, :-1]) or _many_begin_or_end(there):
        return None
    days = there[:, :-1].sum(axis=1)
    going = there[:, -1] & (days >= FEWEST_DAYS)
    usual = np.where(going, totals[:, :-1].sum(axis=1) / np.maximum(days, 1), 0.0)
    changed = np.where(going, np.abs(totals[:, -1] - usual), -1.0)
    few = np.argsort(-changed, kind="stable")[: ONE_OFF if going.sum() >= FEW else 1]
    going[few] = False
    today = own & (place == len(past))
    left = today & going[np.maximum(column.codes, 0)]
    if going.sum() < FEWEST_OTHERS or left.sum() < LEAST_ROWS * today.sum():
        return None
    return Others(entity, left, *_compared(totals, going, float(usual[going].sum())))


def _last(there: Bools) -> bool:
    """Whether what has rows on a day mostly has some on the next one."""
    return bool((there[:, 1:] & there[:, :-1]).sum() >= LASTING * there[:, :-1].sum())


def _many_begin_or_end(there: Bools) -> bool:
    """Whether on the last day more entities have their first or their last row than from one day to the next before."""
    changes = np.count_nonzero(there[:, 1:] != there[:, :-1], axis=0)
    before, today = changes[:-1], int(changes[-1])
    spread = max(float(before.std()), math.sqrt(float(before.mean())), 1.0)
    return today > float(before.mean()) + UNUSUAL * spread


def _compared(totals: Floats, going: Bools, usual: float) -> tuple[float, float]:
    """The share of the usual amount that some entities have, and how much farther off they are than all.

    Args:
        totals: by entity and day, the day in question last.
        usual: of these entities.
    """
    whole, today = float(totals[:, :-1].sum() / (totals.shape[1] - 1)), float(totals[:, -1].sum())
    if min(whole, usual, today) <= 0:  # of nothing each has its part
        return (min(usual / whole, 1.0) if whole > 0 else 0.0), 0.0
    now = max(float(totals[going, -1].sum()), 1e-3 * usual)
    return min(usual / whole, 1.0), math.log(now / usual) - math.log(today / whole)
