"""Where a ratio stands whole decades off: on some days of an entity, or in some entities among their like."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from assay.hypothesis.hypothesis import Context
from assay.hypothesis.robust import median
from assay.hypothesis.series import group_medians, log10_choose, runs, scale_of, widest_gaps
from assay.hypothesis.units.ratios import Ratio
from assay.hypothesis.units.splits import Split, View, currency_column
from assay.profile.arrays import Bools, Floats, Ints

LEAST_GAP = 0.35  # decades without any day between the two levels
CHANCE = -4.0  # decimal logarithm of the probability that days fall apart so by chance
CLOSE = 0.12  # decades off a whole number
SURE, LIKELY, NOTE = 0.92, 0.82, 0.45
FEWEST_SIBLINGS = 4
MANY_SIBLINGS = 7
ALIKE = 0.1  # decades that entities differ by where they are of one kind
ALWAYS_APART = 1.7  # decades by which an entity that is always different must be away
MOST_GROUPS = 40  # looked at closely in one split
EDGE = 7  # days on each side of a change that are compared
PURE = 0.97  # share of an entity's rows that must be off
COARSE = 40  # values of a column that entities are compared within
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


def periods_apart(context: Context, ratio: Ratio, split: Split, finest: Split, coarser: Sequence[Split]) -> list[Case]:
    """Entities whose daily levels fall into two groups whole decades apart, one of which is one run of days."""
    found = []
    for group in split.apart(ratio.logs, LEAST_GAP)[:MOST_GROUPS]:
        rows = split.members(group)
        rows = rows[np.isfinite(ratio.logs[rows])]
        when, level, weight = group_medians(split.day[rows], ratio.logs[rows])
        if len(when) < 3:
            continue
        _, width, middle = widest_gaps(np.zeros(len(level), np.int64), np.sort(level), 1)
        if not len(width) or width[0] < LEAST_GAP:
            continue
        usual = partial(_usual, ratio, split, group, coarser)
        period = _period(level, weight, float(middle[0]), usual, len(split.names))
        if period is None:
            continue
        case = _case(context, ratio, split, group, period, when)
        if _shown_by_entities(case, ratio, split, group, finest):
            found.append(case)
    return found


def _usual(ratio: Ratio, split: Split, group: int, coarser: Sequence[Split]) -> tuple[float, float]:
    """What an entity's level would be by its like, and how far they spread; NaN where there are too few."""
    best, spread = float("nan"), float("inf")
    rows = split.members(group)
    for view in (ratio.view, *_views(ratio, split, coarser)):
        siblings = np.delete(view.levels(split), group)
        siblings = siblings[np.isfinite(siblings)]
        shift = (ratio.logs - view.logs)[rows]
        if len(siblings) >= 3 and np.isfinite(shift).any() and scale_of(siblings, 0.05) < spread:
            spread = scale_of(siblings, 0.05)
            best = median(siblings) + float(np.nanmedian(shift))
    return best, spread


def _views(ratio: Ratio, split: Split, coarser: Sequence[Split]) -> list[View]:
    """The ratio within the values of each coarse column."""
    views = []
    for other in coarser:
        if other.column is not None and 2 <= len(other.names) <= min(COARSE, len(split.names) / 2):
            if other.column not in ratio.within:
                ratio.within[other.column] = View(ratio.logs - ratio.view.levels(other)[other.codes])
            views.append(ratio.within[other.column])
    return views


@dataclass(frozen=True)
class _Period:
    start: int
    stop: int
    decades: int
    apart: float
    middle: float
    confidence: float


def _period(
    level: Floats, weight: Ints, cut: float, usual: Callable[[], tuple[float, float]], tests: int
) -> _Period | None:
    """The one run of days at another level, if it begins and ends with whole decades, far out of the noise."""
    above = level > cut
    edges = np.flatnonzero(above[1:] != above[:-1]) + 1
    if not 1 <= len(edges) <= 2:
        return None
    # Levels are compared at the edges: in between they may drift.
    bounds = [0, *edges.tolist(), len(level)]
    medians = [
        (median(level[max(at - EDGE, low) : at]), median(level[at : min(at + EDGE, high)]))
        for low, at, high in zip(bounds, bounds[1:-1], bounds[2:], strict=False)
    ]
    apart = float(np.mean([abs(after - before) for before, after in medians]))
    decades = round(apart)
    noise = max(scale_of(np.diff(level)) / math.sqrt(2), 0.01)
    if decades < 1 or abs(apart - decades) > min(CLOSE, 0.03 + 3 * noise) or apart < 5 * noise:
        return None
    odd = _odd_side(above, weight, (min(medians[0]), max(medians[0])), usual())
    stretches = runs(above if odd else ~above)
    if len(stretches) != 1:
        return None
    start, stop = stretches[0]
    n, bad = len(level), stop - start
    rows = int(min(weight[start:stop].sum(), weight.sum() - weight[start:stop].sum()))
    # One run among all ways to pick as many days.
    chance = math.log10(n - bad + 1) - log10_choose(n, bad) + math.log10(max(tests, 1))
    if chance > CHANCE and not (rows >= 20 and apart > 12 * noise and decades >= 2):
        return None
    confidence = SURE if decades >= 2 and rows >= 3 else LIKELY if rows >= 20 and noise < 0.15 else NOTE
    sign = 1 if odd else -1
    return _Period(start, stop, sign * decades, sign * apart, cut, confidence)


def _case(context: Context, ratio: Ratio, split: Split, group: int, period: _Period, when: Ints) -> Case:
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
        abs(median(moves) - case.decades) <= CLOSE + 0.05
    )


def _odd_side(above: Bools, weight: Ints, levels: tuple[float, float], usual: tuple[float, float]) -> bool:
    """Whether the upper level is the wrong one: the one farther from what others have, the rarer, the later."""
    if np.isfinite(usual[0]):
        far_down, far_up = abs(levels[0] - usual[0]), abs(levels[1] - usual[0])
        if abs(far_up - far_down) > max(0.5, 1.5 * usual[1]):
            return far_up > far_down
    high, low = int(weight[above].sum()), int(weight[~above].sum())
    if max(high, low) > 1.5 * min(high, low):
        return high < low
    # Neither is rare: units change to something else, so the later one.
    return bool(above[-1])


def levels_apart(context: Context, ratio: Ratio, split: Split, coarser: Sequence[Split]) -> list[Case]:
    """Entities whose whole level stands whole decades off that of all others, beyond what entities differ by.

    Entities are compared within the values of the coarser column that explains their differences best.
    """
    currency = currency_column(context)
    if split.column is None or split.column == currency:
        return []
    if currency is not None:
        level = _by_group(context.profile[currency].codes, ratio.logs)
        ratio = replace(ratio, logs=ratio.logs - level)
    views = [ratio.view, *_views(ratio, split, coarser)]
    found = [case for view in views if (case := _outlying(ratio, split, view)) is not None]
    return [min(found, key=lambda case: (-case.confidence, abs(case.apart - case.decades)))] if found else []


def _outlying(ratio: Ratio, split: Split, view: View) -> Case | None:
    """The entities beyond the widest gap between the levels of entities, if that is no natural spread."""
    means = split.means(view.logs)
    if len(means) < FEWEST_SIBLINGS or means[-1] - means[0] < 0.9 * ALWAYS_APART:
        return None
    if np.diff(means).max() < 0.3 * ALWAYS_APART:
        return None
    level = view.levels(split, least=3)
    entity = np.flatnonzero(np.isfinite(level))
    level, weight = level[entity], split.sizes[entity]
    if len(level) < FEWEST_SIBLINGS:
        return None
    _, width, middle = widest_gaps(np.zeros(len(level), np.int64), np.sort(level), 1)
    if not len(width) or width[0] < 0.4 * ALWAYS_APART:
        return None
    above = level > float(middle[0])
    apart = median(level[above]) - median(level[~above])
    odd = bool(weight[above].sum() <= weight[~above].sum())
    flags = above if odd else ~above
    rest = level[~flags]
    decades = round(apart)
    if len(rest) < FEWEST_SIBLINGS - 1:
        return None
    few = len(rest) < MANY_SIBLINGS
    # The range of few siblings understates the spread that they come from.
    span = float(rest.max() - rest.min())
    spread = max(scale_of(rest), span / (3 if few else 4), 0.03)
    inner = np.diff(np.sort(rest))
    if apart < max(ALWAYS_APART, 6 * spread) or width[0] < max(0.4 * apart, 2 * inner.max()):
        return None
    if abs(apart - decades) > max(CLOSE, 2.5 * spread):
        return None
    sign = 1 if odd else -1
    bad = np.isin(split.codes, entity[flags])
    beyond = (view.logs - float(middle[0])) * sign > 0
    # Where only some rows of these entities are off, or others are off as well, it is not these entities.
    if (beyond & ~bad).sum() > 0.05 * bad.sum() or (beyond & bad).sum() < PURE * (np.isfinite(view.logs) & bad).sum():
        return None
    # Decades between like things of other trades (bytes of pages and of films) may be their nature.
    sure = ratio.known and len(rest) >= flags.sum() and (decades >= 4 or (spread < 0.4 and not few))
    # Not where all others are alike and a few are a thousand times more, or a hundred thousand times than few others.
    fewest = FEWEST_SIBLINGS - (1 if decades >= 5 else 0)
    likely = decades >= 3 and spread < ALIKE and len(rest) >= max(fewest, 3 * flags.sum())
    # Entities differ in size, so which of the two metrics moved is told only roughly.
    moved = float(np.nanmedian(ratio.own[bad]) - np.nanmedian(ratio.own[~bad]))
    moved = sign * decades if abs(moved) > abs(moved - sign * apart) else 0.0
    values = tuple(split.names[i] for i in entity[flags])
    return Case(
        split.column, values, sign * decades, sign * apart, bad, None, None, None, None, float(middle[0]), moved,
        SURE if sure else LIKELY if likely else NOTE,
    )  # fmt: skip


def _by_group(codes: Ints, logs: Floats) -> Floats:
    known = np.flatnonzero(np.isfinite(logs) & (codes >= 0))
    group, level, _ = group_medians(codes[known], logs[known])
    table = np.full(int(codes.max(initial=0)) + 2, np.nan)
    table[group] = level
    return table[codes]
