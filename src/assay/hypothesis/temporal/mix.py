"""Whether the same entities changed, or only which of them there are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context
from assay.profile.arrays import Floats, Ints

WINDOW = 28  # days before and after
FEWEST_ROWS = 5
FEW = 0.1  # of an entity's rows that have some of a metric, on one side of a date
ENOUGH = 4  # such rows


@dataclass(frozen=True)
class Paired:
    """A metric after a date in entities that also ran before it.

    Attributes:
        seen: its sum after the date.
        expected: what the entities' own ratios before the date would have given.
        entities: entities with enough of it to tell.
        following: share of their expected sum that moved at least half as far as all of them together.
        typical: median log ratio of what they have to what was expected of them.
        steady: expected sum of the entities that had some of it in most of their rows before.
        steady_entities: number of these.
    """

    seen: float
    expected: float
    entities: int
    following: float
    typical: float = 0.0
    steady: float = 0.0
    steady_entities: int = 0

    def agrees(self, shift: float) -> bool:
        """Whether they show a shift (a log ratio) themselves, nearly all of several of them."""
        if self.entities < 3 or self.expected <= 0:
            return False
        own = math.log(max(self.seen, 0.5) / self.expected)
        return own * shift > 0 and abs(own) >= 0.6 * abs(shift) and self.following >= 0.75


def finest_entity(context: Context) -> str | None:
    """The column with most values that have several rows each in the sample and together hold most of its rows."""
    sample = context.profile.sample
    counts = {}
    for column, role in context.roles.items():
        if role.family in (Family.ID, Family.NAME, Family.DIMENSION):
            repeated = sample[column].counts[sample[column].counts >= FEWEST_ROWS]
            if len(repeated) >= 3 and repeated.sum() >= 0.5 * sample.rows:
                counts[column] = len(repeated)
    return max(counts, key=lambda c: (counts[c], -sample.names.index(c))) if counts else None


def same_entities(
    context: Context, date: str, column: str | None, segment: str | None, day: int, metric: str, partner: str
) -> Paired | None:
    """Compare a metric per ``partner`` before and from ``day`` within entities; None where there are none."""
    entity = finest_entity(context)
    sample = context.profile.sample
    if entity is None or entity == column:
        return None
    days = np.nan_to_num(np.floor(sample[date].numbers), nan=-1e9)
    rows = (abs(days - day) <= WINDOW) & (sample[entity].codes >= 0)
    if column is not None:
        names = sample[column].values
        if segment not in names:
            return None
        rows &= sample[column].codes == names.index(segment)
    top, bottom = sample[metric].numbers, sample[partner].numbers
    rows &= np.isfinite(top) & np.isfinite(bottom)
    if not rows.any():
        return Paired(0.0, 0.0, 0, 0.0)
    who, late = sample[entity].codes[rows], days[rows] >= day
    n = len(sample[entity].values)
    levels = [_without_peaks(v[rows], 2 * who + late, 2 * n) for v in (top, bottom)]
    sums = [np.bincount(who, weights=np.where(part, v, 0.0), minlength=n) for part in (~late, late) for v in levels]
    before, base, after, later = sums
    both = (base > 0) & (later > 0) & (before > 0)
    if not both.any():
        return Paired(0.0, 0.0, 0, 0.0)
    expected = before[both] / base[both] * later[both]
    seen = after[both]
    filled = np.bincount(who, weights=~late & (top[rows] > 0) & (bottom[rows] > 0), minlength=n)
    offered = np.bincount(who, weights=~late & (bottom[rows] > 0), minlength=n)
    steady = (filled >= 0.5 * offered)[both] & (offered[both] >= 3)
    strong = (expected >= 5) & (before[both] >= 5)
    total = math.log(max(seen.sum(), 0.5) / expected.sum())
    moves = np.log(np.maximum(seen[strong], 0.5) / expected[strong])
    follows = moves * np.sign(total) >= abs(total) / 2
    weight = expected[strong]
    share = float(weight[follows].sum() / weight.sum()) if weight.sum() > 0 else 0.0
    typical = float(np.median(moves)) if len(moves) else total
    return Paired(
        float(seen.sum()),
        float(expected.sum()),
        int(strong.sum()),
        share,
        typical,
        float(expected[steady].sum()),
        int(steady.sum()),
    )


def _without_peaks(values: Floats, groups: Ints, n: int) -> Floats:
    """Each group's few largest values, brought down to the next one: what one row has is not the level of an entity."""
    some = np.bincount(groups, weights=values > 0, minlength=n).astype(np.int64)
    size = np.bincount(groups, minlength=n)
    order = np.lexsort((values, groups))
    peaks = np.where(some >= ENOUGH, np.ceil(FEW * some).astype(np.int64), 0)
    highest = np.cumsum(size) - 1 - peaks
    caps = values[order[np.maximum(highest, 0)]]
    return np.minimum(values, caps[groups])
