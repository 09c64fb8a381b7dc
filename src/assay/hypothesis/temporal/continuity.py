"""Whether what runs before and after a day also runs on it: lost rows, told apart from what ended or began."""

from __future__ import annotations

import math

import numpy as np

from assay.hypothesis.hypothesis import Context
from assay.hypothesis.temporal.cadence import coarsest_entity
from assay.profile.arrays import Floats, Ints

NEAR = 7  # days on each side that a day is compared with
SURE = 2.5  # standard deviations of what goes on, as sampled; only days that already stand out are looked at
ONE_OFF = 2  # entities that may pause for reasons of their own
FEW = 7  # entities of which two that pause are much of the table


def lost_by_many(context: Context, date: str, segment: tuple[str, ...], day: int, seen: int) -> bool:
    """Whether a day that has too few rows lacks more of them than ends, pauses of one or two, and sampling explain.

    Args:
        segment: a column and one of its values, or () for the whole table.
        day: days since 1970.
        seen: rows that the table, or the segment, has on that day.

    Returns:
        True as well where the table has no entity that starts and stops, so that nothing can explain the loss.
    """
    parts = len(context.profile[segment[0]].values) if segment else 1
    entity = coarsest_entity(context, above=max(parts, FEW)) or coarsest_entity(context, above=parts)
    if entity is None:
        return True
    sample = context.profile.sample
    days = np.nan_to_num(sample[date].numbers, nan=-1e9).astype(np.int64)
    own = (sample[entity].codes >= 0) & (np.abs(days - day) <= NEAR)
    if segment:
        names = sample[segment[0]].values
        if segment[1] not in names:
            return False
        own &= sample[segment[0]].codes == names.index(segment[1])
    who, when = sample[entity].codes[own], days[own] - day
    counts = np.zeros((2, len(sample[entity].values), 2 * NEAR + 1), np.int64)
    np.add.at(counts, (np.arange(len(who)) % 2, who, when + NEAR), 1)
    usual, length = continued(counts)
    # The rows of that day are counted; only what should be there is known from the sample.
    least = usual.sum() - SURE * math.sqrt(usual.sum() / length)
    away = np.sort(usual - counts[:, :, NEAR].sum(axis=0))[::-1][:ONE_OFF]
    paused = np.maximum(away, 0.0).sum()
    return bool(seen < (least - paused) / sample.fraction)


def continued(counts: Ints) -> tuple[Floats, float]:
    """Rows a day of each entity that go on across the middle day: the lower of its levels before and after it.

    What ended or began has none. The smaller of two sampled counts is biased, so one half of the sample says which
    side is the lower one and the other half says what its level is. A half without any row says nothing: there the
    smaller level counts, so that what is rarely sampled is taken for less than it is.

    Args:
        counts: sampled rows, shape (2 halves of the sample, entities, days), an odd number of days.

    Returns:
        Rows a day, shape (entities,), and how many days each of them is a mean of.
    """
    middle = counts.shape[2] // 2
    filled = counts.sum(axis=(0, 1)) > 0
    length = np.array([filled[:middle].sum(), filled[middle + 1 :].sum()])
    sides = np.stack([counts[:, :, :middle].sum(axis=2), counts[:, :, middle + 1 :].sum(axis=2)])
    levels = sides / np.maximum(length, 1)[:, None, None]
    total = np.zeros(counts.shape[1])
    for chooser, teller in ((0, 1), (1, 0)):
        before, after = levels[:, chooser]
        lower = np.where(before < after, levels[0, teller], levels[1, teller])
        level = np.where((before == after) & (before > 0), levels[:, teller].mean(axis=0), lower)
        total += np.where(before + after == 0, levels[:, teller].min(axis=0), level)
    return total, float(max(length.min(), 1))
