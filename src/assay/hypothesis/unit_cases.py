"""Where a ratio stands whole decades off: on some days of an entity, or in some entities among their like."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from assay.hypothesis.hypothesis import Context
from assay.hypothesis.series import group_medians, log10_choose, runs, scale_of, widest_gaps
from assay.hypothesis.unit_ratios import Ratio
from assay.hypothesis.unit_splits import Split
from assay.profile.arrays import Bools, Floats, Ints

LEAST_GAP = 0.35  # decades without any day between the two levels
CHANCE = -4.0  # decimal logarithm of the probability that days fall apart so by chance
CLOSE = 0.12  # decades off a whole number
SURE, LIKELY, NOTE = 0.92, 0.82, 0.45
FEWEST_SIBLINGS = 6
ALWAYS_APART = 1.7  # decades by which an entity that is always different must be away
MOST_GROUPS = 40  # looked at closely in one split; where more stand out, standing out is usual
SAME_ENTITIES = 0.8  # share of finer entities that must show the change themselves


@dataclass(frozen=True, eq=False)
class Case:
    """Rows in another unit.

    Attributes:
        column: the entity column, None for all rows.
        values: the entities, as text.
        decades: whole decades that the metric is off.
        apart: measured decades.
        rows: the bad rows of the sample.
        first, last: certain bad days (None: open).
        first_possible, last_possible: days up to which the sample leaves it open.
        middle: decimal logarithm of the ratio half-way between the levels.
        moved: decades that the metric itself moved, without its partner.
    """

    column: str | None
    values: tuple[str, ...]
    decades: int
    apart: float
    rows: Bools
    first: int | None
    last: int | None
    first_possible: int | None
    last_possible: int | None
    middle: float
    moved: float
    confidence: float

    @property
    def own(self) -> bool:
        """Whether the metric itself moved, rather than its partner the other way."""
        return abs(self.moved - self.decades) < 0.5 * abs(self.decades)


def periods_apart(context: Context, ratio: Ratio, split: Split, finest: Split) -> list[Case]:
    """Entities whose daily levels fall into two groups whole decades apart, one of which is one run of days."""
    least = LEAST_GAP if split.column is None or len(split.names) <= 50 else 1.0
    groups = split.apart(ratio.logs, least)
    if len(groups) > MOST_GROUPS:
        return []
    found = []
    levels: Floats | None = None
    for group in groups:
        rows = split.members(group)
        rows = rows[np.isfinite(ratio.logs[rows])]
        when, level, weight = group_medians(split.day[rows], ratio.logs[rows])
        if len(when) < 3:
            continue
        _, width, middle = widest_gaps(np.zeros(len(level), np.int64), np.sort(level), 1)
        if not len(width) or width[0] < LEAST_GAP:
            continue
        levels = split.levels(ratio.logs) if levels is None else levels
        siblings = np.delete(levels, group)
        period = _period((when, level, weight), float(middle[0]), siblings[np.isfinite(siblings)], len(split.names))
        if period is None:
            continue
        case = _case(context, ratio, split, group, period, (when, level))
        if _shown_by_entities(case, ratio, split, group, finest):
            found.append(case)
    return found


@dataclass(frozen=True)
class _Period:
    start: int
    stop: int
    decades: int
    apart: float
    middle: float
    confidence: float


def _period(cells: tuple[Ints, Floats, Ints], cut: float, siblings: Floats, tests: int) -> _Period | None:
    """The one run of days at another level, if the levels are whole decades apart and far out of the noise."""
    _, level, weight = cells
    above = level > cut
    up, down = float(np.median(level[above])), float(np.median(level[~above]))
    apart = up - down
    decades = round(apart)
    noise = max(scale_of(level[above]), scale_of(level[~above]), 0.01)
    if decades < 1 or abs(apart - decades) > min(CLOSE, 0.03 + 3 * noise) or apart < 5 * noise:
        return None
    odd = _odd_side(above, weight, (down, up), siblings)
    flags = above if odd else ~above
    stretches = runs(flags)
    if len(stretches) != 1:
        return None
    start, stop = stretches[0]
    n, bad = len(flags), stop - start
    # One run among all ways to pick as many days.
    chance = math.log10(n - bad + 1) - log10_choose(n, bad) + math.log10(max(tests, 1))
    clear = int(weight[flags].sum()) >= 20 and apart > 12 * noise and decades >= 2
    if bad >= n or (chance > CHANCE and not clear):
        return None
    rows = int(min(weight[flags].sum(), weight[~flags].sum()))
    confidence = SURE if decades >= 2 and rows >= 3 else LIKELY if rows >= 20 and noise < 0.15 else NOTE
    sign = 1 if odd else -1
    return _Period(start, stop, sign * decades, sign * apart, (up + down) / 2, confidence)


def _case(
    context: Context, ratio: Ratio, split: Split, group: int, period: _Period, cells: tuple[Ints, Floats]
) -> Case:
    when, _ = cells
    start, stop = period.start, period.stop
    first = int(when[start]) if start > 0 else None
    last = int(when[stop - 1]) if stop < len(when) else None
    complete = context.profile.sample.complete
    first_possible = first if first is None or complete else int(when[start - 1]) + 1
    last_possible = last if last is None or complete else int(when[stop]) - 1
    rows = np.zeros(context.profile.sample.rows, np.bool_)
    members = split.members(group)
    day = split.day[members]
    bad = np.ones(len(members), np.bool_)
    bad &= (day >= first) if first is not None else True
    bad &= (day <= last) if last is not None else True
    rows[members[bad]] = True
    moved = float(np.nanmedian(ratio.own[members[bad]]) - np.nanmedian(ratio.own[members[~bad]]))
    values = (split.names[group],) if split.column is not None else ()
    return Case(
        split.column, values, period.decades, period.apart, rows, first, last, first_possible, last_possible,
        period.middle, moved, period.confidence,
    )  # fmt: skip


def _shown_by_entities(case: Case, ratio: Ratio, split: Split, group: int, finest: Split) -> bool:
    """Whether the finest entities changed themselves, so that it is not another mix of them."""
    if finest.column == split.column:
        return True
    members = split.members(group)
    members = members[np.isfinite(ratio.logs[members]) & (finest.codes[members] >= 0)]
    bad = case.rows[members]
    inside, level_in, _ = group_medians(finest.codes[members[bad]], ratio.logs[members[bad]])
    outside, level_out, _ = group_medians(finest.codes[members[~bad]], ratio.logs[members[~bad]])
    _, at_in, at_out = np.intersect1d(inside, outside, return_indices=True)
    moves = level_in[at_in] - level_out[at_out]
    if not len(moves):
        return False
    near = np.abs(moves - case.decades) < 0.35
    return bool(near.mean() >= SAME_ENTITIES or (len(near) >= 3 and near.mean() >= 0.7)) and (
        abs(float(np.median(moves)) - case.decades) <= CLOSE + 0.05
    )


def _odd_side(above: Bools, weight: Ints, levels: tuple[float, float], siblings: Floats) -> bool:
    """Whether the upper level is the wrong one: the one farther from what others have, else the rarer one."""
    if len(siblings) >= 3:
        usual, spread = float(np.median(siblings)), scale_of(siblings, 0.05)
        far_down, far_up = abs(levels[0] - usual), abs(levels[1] - usual)
        if abs(far_up - far_down) > max(0.4, spread):
            return far_up > far_down
    return bool(weight[above].sum() <= weight[~above].sum())


def levels_apart(context: Context, ratio: Ratio, split: Split) -> list[Case]:
    """Entities whose whole level stands whole decades off that of all others, beyond what entities differ by."""
    currency = next((c for c, r in context.roles.items() if r.name == "currency"), None)
    if split.column is None or split.column == currency:
        return []
    logs = ratio.logs if currency is None else ratio.logs - _by_group(context.profile[currency].codes, ratio.logs)
    level = split.levels(logs, least=3)
    entity = np.flatnonzero(np.isfinite(level))
    level, weight = level[entity], split.sizes[entity]
    if len(level) < FEWEST_SIBLINGS:
        return []
    _, width, middle = widest_gaps(np.zeros(len(level), np.int64), np.sort(level), 1)
    if not len(width) or width[0] < 0.7 * ALWAYS_APART:
        return []
    above = level > float(middle[0])
    apart = float(np.median(level[above]) - np.median(level[~above]))
    odd = bool(weight[above].sum() <= weight[~above].sum())
    flags = above if odd else ~above
    rest = level[~flags]
    spread = max(scale_of(rest), float(rest.max() - rest.min()) / 4, 0.03)
    decades = round(apart)
    if len(rest) < FEWEST_SIBLINGS - 1 or apart < max(ALWAYS_APART, 6 * spread) or width[0] < 0.6 * apart:
        return []
    if abs(apart - decades) > max(CLOSE, 2.5 * spread):
        return []
    # Decades between like things of other trades (bytes of pages and of films) may be their nature.
    sure = ratio.known and spread < 0.4 and len(rest) >= flags.sum()
    bad = np.isin(split.codes, entity[flags])
    sign = 1 if odd else -1
    moved = float(np.nanmedian(ratio.own[bad]) - np.nanmedian(ratio.own[~bad]))
    values = tuple(split.names[i] for i in entity[flags])
    # Entities differ in size, so which metric moved is told only roughly.
    moved = sign * decades if abs(moved - sign * decades) < abs(moved) + 0.3 and moved * sign > 0.3 else moved
    if np.isnan(moved):
        return []
    return [
        Case(
            split.column, values, sign * decades, sign * apart, bad, None, None, None, None, float(middle[0]), moved,
            SURE if sure else NOTE,
        )
    ]  # fmt: skip


def _by_group(codes: Ints, logs: Floats) -> Floats:
    known = np.flatnonzero(np.isfinite(logs) & (codes >= 0))
    group, level, _ = group_medians(codes[known], logs[known])
    table = np.full(int(codes.max(initial=0)) + 2, np.nan)
    table[group] = level
    return table[codes]
