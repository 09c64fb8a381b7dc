"""Steps in the ratio of two metrics: from a date on a segment counts less (or more) of one than of all it goes with.

Levels themselves rise and fall with campaigns; the ratio of linked metrics does not, except slowly. So a step of a
ratio is evidence only where it is sharp, stays, stands out of the noise of all segments, dates and pairs that were
looked at and of the wandering that the ratio does anyway, and shows in the same entities before and after, so that no
change of the mix explains it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from sqlglot import exp

from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.hypothesis.scope import among, between
from assay.hypothesis.series import (
    Panel,
    beats_wander,
    best_step,
    deseason,
    iso,
    line_medians,
    scale_of,
    step_screen,
    z_limit,
)
from assay.hypothesis.temporal.mix import WINDOW, same_entities
from assay.profile.arrays import Bools, Floats

FEWEST_DAYS = 7  # on both sides of a step
LEAST_SHIFT = math.log(1.35)
LARGEST_SHIFT = math.log(8)  # beyond it another unit somewhere in the segment is likelier than another way to count
LEAST_COUNT = 5.0  # usual daily sum of a count below which its ratio says nothing
PARTNERS = 3
LINES = 60
SHARP = 0.6
SAME = 3  # days within which steps are one
SURE, NOTE = 0.82, 0.45


@dataclass(frozen=True)
class Shift:
    """A step of the ratio of ``metric`` to others in one line of a panel; ``loss`` where it falls to nothing."""

    column: str | None
    segment: str | None
    metric: str
    partner: str
    day: int
    shift: float
    z: float
    loss: bool
    confidence: float


def level_shifts(context: Context, date: str, table: Panel, splits: dict[str, Panel]) -> list[Hypothesis]:
    """Raise the changes of level of one metric against those that it goes with, one for each metric and date."""
    if table.rows.shape[1] < 2 * FEWEST_DAYS or len(table.sums) < 2:
        return []
    # What is planned does not follow what happens.
    pairs = [pair for pair in linked_pairs(table) if all(context.role(m).name != "budget" for m in pair)]
    tests = float(sum(min(len(p.rows), LINES) for p in splits.values()) + 1) * len(pairs) * table.rows.shape[1]
    limit = z_limit(tests) * 1.5
    shifts: list[Shift] = []
    for column, split in ((None, table), *splits.items()):
        lines = np.argsort(-split.rows.sum(axis=1), kind="stable")[:LINES]
        shifts += _losses(context, date, column, split, pairs)
        shifts += _steps(context, date, column, split, lines, pairs, limit)
    return [_hypothesis(context, date, shift) for shift in _roots(shifts)]


def linked_pairs(table: Panel) -> list[tuple[str, str]]:
    """Each metric with the few others whose daily ratio to it is steadiest, the smaller metric first."""
    names = [m for m, v in table.sums.items() if np.median(v[0][table.rows[0] > 0]) > 0 and (v[0] >= 0).all()]
    logs = {m: np.log(np.where(table.sums[m][0] > 0, table.sums[m][0], np.nan)) for m in names}
    pairs: list[tuple[str, str]] = []
    for name in names:
        noise = {o: scale_of(np.diff(logs[name] - logs[o])) for o in names if o != name}
        for other in sorted(noise, key=lambda o: (noise[o], names.index(o)))[:PARTNERS]:
            if noise[other] < 0.7:
                small = sorted((name, other), key=lambda m: (float(table.sums[m][0].sum()), names.index(m)))
                pairs.append((small[0], small[1]))
    return sorted(set(pairs))


def _ratios(split: Panel, a: str, b: str) -> Floats:
    top, bottom = split.sums[a], split.sums[b]
    known = (top > 0) & (bottom > 0)
    return np.where(known, np.log(np.where(known, top, 1.0)) - np.log(np.where(known, bottom, 1.0)), np.nan)


def _steps(
    context: Context,
    date: str,
    column: str | None,
    split: Panel,
    lines: np.ndarray[tuple[int], np.dtype[np.int64]],
    pairs: list[tuple[str, str]],
    limit: float,
) -> list[Shift]:
    found: list[Shift] = []
    raw: list[tuple[int, str, str, int, float, float]] = []
    ratios: dict[tuple[str, str], Floats] = {}
    usual = {m: line_medians(np.where(split.sums[m] > 0, split.sums[m], np.nan)) for p in pairs for m in p}
    days = (split.rows > 0).sum(axis=1)
    for a, b in pairs:
        ratio = ratios[a, b] = _ratios(split, a, b)
        enough = np.isfinite(ratio).sum(axis=1) >= np.maximum(2 * FEWEST_DAYS, 0.7 * days)
        enough &= (usual[a] >= LEAST_COUNT) & (usual[b] >= LEAST_COUNT)
        places = lines[enough[lines]]
        if not len(places):
            continue
        sizes, screened = step_screen(ratio[places], FEWEST_DAYS)
        for line in places[(screened >= 0.7 * limit) & (abs(sizes) >= 0.7 * LEAST_SHIFT)].tolist():
            series = deseason(ratio[line])
            step = best_step(series, FEWEST_DAYS)
            if step is None or step.z < limit or abs(step.shift) < LEAST_SHIFT or not SHARP < step.sharpness < 1.6:
                continue
            if not _power_of_ten(step.shift) and _beats_line(series, step.index) and beats_wander(series, step.index):
                raw.append((line, a, b, step.index, step.shift, step.z))
    for line in sorted({r[0] for r in raw}):
        own = [r for r in raw if r[0] == line]
        for at in sorted({r[3] for r in own}):
            near = [r for r in own if abs(r[3] - at) <= SAME]
            shift = _judged(context, date, column, split, near, {p: r[line] for p, r in ratios.items()})
            found += [shift] if shift is not None else []
    return found


def _judged(
    context: Context,
    date: str,
    column: str | None,
    split: Panel,
    near: list[tuple[int, str, str, int, float, float]],
    ratios: dict[tuple[str, str], Floats],
) -> Shift | None:
    """The shift behind the steps of one line and date; None where its entities do not show it."""
    line, a, b, index, size, _ = max(near, key=lambda r: r[5])
    name, day = split.names[line], split.first + index
    paired = same_entities(context, date, column, name, day, a, b)
    rows = split.rows[line]
    if paired is None and np.median(rows[rows > 0]) > 1:
        return None  # a mix of unknown things
    if paired is not None and (not paired.agrees(size) or _power_of_ten(paired.typical)):
        return None
    moves = {pair: _move(context, date, (column, name), day, pair, ratio, index) for pair, ratio in ratios.items()}
    choices = _suspects(near)
    metric, partner, shift, z = next((c for c in choices if _alone(moves, c[0], c[2])), choices[0])
    alone = paired is not None and _alone(moves, metric, shift)
    if abs(shift) > LARGEST_SHIFT and not alone:
        return None
    confidence = SURE if alone and abs(shift) <= LARGEST_SHIFT else NOTE
    return Shift(column, name, metric, partner, day, shift, z, False, confidence)


def _suspects(near: list[tuple[int, str, str, int, float, float]]) -> list[tuple[str, str, float, float]]:
    """The metrics of the stepping pairs, those that most pairs share first, each with its clearest partner and step."""
    found: dict[str, tuple[int, str, float, float]] = {}
    for _, a, b, _, shift, z in near:
        for metric, partner, own in ((a, b, shift), (b, a, -shift)):
            votes, best = found.get(metric, (0, "", 0.0, 0.0))[0], found.get(metric)
            clearest = best[1:] if best is not None and best[3] >= z else (partner, own, z)
            found[metric] = (votes + 1, *clearest)
    order = sorted(found, key=lambda m: (-found[m][0], m))
    return [(m, *found[m][1:]) for m in order]


def _move(
    context: Context,
    date: str,
    segment: tuple[str | None, str | None],
    day: int,
    pair: tuple[str, str],
    ratio: Floats,
    index: int,
) -> float:
    """How far the ratio of a pair moves at a date: in the same entities, or, where there are none, by its days."""
    paired = same_entities(context, date, *segment, day, *pair)
    if paired is not None:
        return paired.typical if paired.entities >= 3 else math.nan
    before, after = ratio[max(index - WINDOW, 0) : index], ratio[index : index + WINDOW]
    before, after = before[np.isfinite(before)], after[np.isfinite(after)]
    return float(np.median(after) - np.median(before)) if min(len(before), len(after)) >= FEWEST_DAYS else math.nan


def _alone(moves: dict[tuple[str, str], float], metric: str, shift: float) -> bool:
    """Whether the metric steps against all that it goes with, and those not against each other.

    A click rate that falls with all that follows from clicks is the market; clicks that fall alone are the counting.
    """
    own = [(m if a == metric else -m) / shift for (a, b), m in moves.items() if metric in (a, b) and np.isfinite(m)]
    others = [abs(m / shift) for pair, m in moves.items() if metric not in pair and np.isfinite(m)]
    return min(own, default=0.0) > 0.5 and max(others, default=0.0) < 0.5 and (len(own) >= 2 or not others)


def _power_of_ten(shift: float) -> bool:
    """Whether a shift is a change of unit, which has its own proposer."""
    decades = shift / math.log(10)
    return abs(decades) > 0.8 and abs(decades - round(decades)) < 0.12


def _beats_line(series: Floats, cut: int) -> bool:
    """Whether two levels fit a series much better than one straight line does."""
    x = np.flatnonzero(np.isfinite(series))
    y = series[x]
    line = y - np.polyval(np.polyfit(x, y, 1), x)
    step = np.where(x < cut, y - np.median(y[x < cut]), y - np.median(y[x >= cut]))
    return bool(np.abs(step).sum() < 0.75 * np.abs(line).sum())


def _losses(context: Context, date: str, column: str | None, split: Panel, pairs: list[tuple[str, str]]) -> list[Shift]:
    """Metrics that are nothing from a date on while what they come from goes on as before: a tracker that broke."""
    found = []
    for a, b in pairs:
        top, bottom = split.sums[a], split.sums[b]
        for line in np.flatnonzero((top > 0).sum(axis=1) >= FEWEST_DAYS):
            nonzero = np.flatnonzero(top[line] > 0)
            cut = int(nonzero[-1]) + 1
            active: Bools = bottom[line] > 0
            before, after = active[:cut], active[cut:]
            if (
                after.sum() < FEWEST_DAYS
                or before.sum() < 2 * FEWEST_DAYS
                or (top[line][:cut][before] > 0).mean() < 0.9
            ):
                continue
            expected = top[line][:cut].sum() / bottom[line][:cut].sum() * bottom[line][cut:].sum()
            if expected < 50:
                continue
            name = split.names[line]
            paired = same_entities(context, date, column, name, split.first + cut, a, b)
            if paired is None and np.median(split.rows[line][split.rows[line] > 0]) > 1:
                continue
            if paired is not None and (paired.steady < 20 or paired.steady_entities < 2 or paired.seen > 0):
                continue
            found.append(Shift(column, name, a, b, split.first + cut, -math.inf, float(expected), True, SURE))
    return found


def _roots(shifts: list[Shift]) -> list[Shift]:
    """One shift for each metric and date: that of the table if it steps, else that of the segments that step most."""
    kept: list[Shift] = []
    for shift in sorted(shifts, key=lambda s: (not s.loss, -s.confidence, s.column is not None, -s.z, s.metric)):
        near = [k for k in kept if abs(k.day - shift.day) <= (30 if k.loss and shift.loss else SAME)]
        known = [k for k in near if k.metric == shift.metric]
        if any(k.column != shift.column or k.segment == shift.segment for k in known):
            continue
        # What is measured against a metric that stepped, or is less sure than it on that day, follows from it.
        if any(k.metric == shift.partner or k.confidence > shift.confidence for k in near):
            continue
        kept.append(shift)
    return kept


def _hypothesis(context: Context, date: str, shift: Shift) -> Hypothesis:
    value = context.profile.value
    parts = between(context, date, shift.day, None)
    columns = [shift.metric]
    where = "in the whole table"
    if shift.column is not None and shift.segment is not None:
        parts.append(among(context, shift.column, [shift.segment]))
        columns.append(shift.column)
        where = f"in one segment of {shift.column}"
    parts.append(exp.GT(this=value(shift.partner), expression=exp.Literal.number(0)))
    if shift.loss:
        reason = f"From one day on {shift.metric} is zero {where} while {shift.partner} goes on as before."
    else:
        factor = math.exp(shift.shift)
        reason = f"From one day on {shift.metric} stands at {factor:.2g} times its level per {shift.partner} {where}."
        parts.append(exp.not_(exp.Is(this=value(shift.metric), expression=exp.null())))
    return Hypothesis(
        kind="level_shift",
        columns=tuple(dict.fromkeys((*columns, shift.partner, date))),
        reason=reason,
        test=RowTest(exp.and_(*parts)),
        cells=(shift.metric,),
        prior=0.7,
        strict=False,
        weight=0.6,
        confidence=shift.confidence,
        action=f"Check how {shift.metric} has been counted since that day.",
        evidence={
            "since": iso(shift.day),
            "factor": 0.0 if shift.loss else round(math.exp(shift.shift), 4),
            "partner": shift.partner,
            ("expected" if shift.loss else "z"): round(shift.z, 1),
        },
        segment=f"{shift.column} {shift.segment}" if shift.column is not None else "",
    )
