"""Days with far fewer or more rows than their neighbours, and first and last days that are only partly loaded."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sqlglot import exp

from assay.hypothesis.hypothesis import Context, Fact, Hypothesis, RowTest
from assay.hypothesis.scope import among, between
from assay.hypothesis.series import Panel, deseason, iso, scale_of, side_medians, z_limit
from assay.hypothesis.temporal.cadence import reports_daily
from assay.hypothesis.temporal.continuity import lost_by_many
from assay.profile.arrays import Floats, Ints

FEWEST_DAYS = 14
FEWEST_ROWS = 30  # rows a day below which half of them is a handful
LEAST_FACTOR = 1.6
LISTED = 50


def volume_anomalies(
    context: Context, date: str, table: Panel, splits: dict[str, Panel], gap_days: set[int]
) -> list[Hypothesis]:
    """Days whose rows are far off the level of both the week before and the week after."""
    rows = table.rows[0]
    if len(rows) < FEWEST_DAYS:
        return []
    report = reports_daily(context, date)
    cells = len(rows) + sum(p.rows.size for p in splits.values())
    found: list[Hypothesis] = []
    whole = _unusual(rows, table.first, cells, gap_days)
    for day in whole:
        lost = report and lost_by_many(context, date, (), table.first + day, int(rows[day]))
        found.append(_anomaly(context, date, (), table, rows, day, lost))
    taken = {table.first + d for d in whole} | gap_days
    for column, split in splits.items():
        for line, own in enumerate(split.rows):
            unusual = [d for d in _unusual(own, split.first, cells, taken) if own[d] < _neighbours(own, d)]
            name = str(split.names[line])
            for day in unusual:
                if report and lost_by_many(context, date, (column, name), split.first + day, int(own[day])):
                    found.append(_anomaly(context, date, (column, name), split, own, day, report))
                    taken.add(split.first + day)
    return found


def _unusual(rows: Ints, first: int, tests: int, skip: set[int]) -> list[int]:
    """Positions of the unusual days; none where unusual days are usual."""
    present = np.flatnonzero(rows > 0)
    if len(present) < FEWEST_DAYS:
        return []
    start, stop = int(present[0]), int(present[-1]) + 1
    logs = np.where(rows[start:stop] > 0, np.log(np.maximum(rows[start:stop], 1)), np.nan)
    flat = deseason(logs)
    before, after = side_medians(flat, 7)
    away = np.where((flat - before) * (flat - after) > 0, np.minimum(abs(flat - before), abs(flat - after)), 0.0)
    away = np.where(np.isfinite(flat + before + after), away, 0.0)
    away[:2] = away[-2:] = 0.0
    level = np.exp(np.minimum(np.nan_to_num(before, nan=0.0), np.nan_to_num(after, nan=0.0)))
    steps = np.diff(flat[np.isfinite(flat)])
    noise = np.maximum(scale_of(steps) / math.sqrt(2), np.minimum(1 / np.sqrt(np.maximum(level, 1)), 0.05))
    limit = np.maximum(z_limit(tests, 1e-4) * 1.3 * noise, math.log(LEAST_FACTOR))
    days = [int(d) for d in np.flatnonzero((away > limit) & (level >= FEWEST_ROWS)) + start]
    days = [d for d in days if first + d not in skip]
    return days if len(days) <= max(2, 0.02 * len(present)) else []


def _neighbours(rows: Ints, day: int) -> float:
    around = np.concatenate([rows[max(day - 7, 0) : day], rows[day + 1 : day + 8]])
    around = around[around > 0]
    return float(np.median(around)) if len(around) else 0.0


def _anomaly(
    context: Context, date: str, segment: tuple[str, ...], source: Panel, rows: Ints, day: int, report: bool
) -> Hypothesis:
    usual, seen = _neighbours(rows, day), int(rows[day])
    factor = seen / max(usual, 1.0)
    when = source.first + day
    fewer = factor < 1
    parts = between(context, date, when, when)
    if segment:
        parts.append(among(context, segment[0], [segment[1]]))
    reason = f"One day has {factor:.2g} times the rows of the days around it, in {date}"
    if segment:
        reason = f"One day of one segment of {segment[0]} has {factor:.2g} times the rows of the days around it"
    if not fewer and abs(factor - round(factor)) < 0.05:
        reason += "; a whole multiple looks like a load that ran more than once"
    return Hypothesis(
        kind="volume_anomaly",
        columns=(date, *segment[:1]),
        reason=reason + ".",
        # Lost rows cannot be listed; surplus ones are among the rows of that day.
        test=Fact(rows=max(0, seen - round(usual))) if fewer else RowTest(exp.and_(*parts)),
        cells=(date,),
        prior=0.6,
        strict=False,
        weight=0.6,
        # Events have busy and quiet days; a list of what runs does not, unless it was loaded in part.
        confidence=0.85 if report and fewer else 0.45,
        action="Compare the day with the source and load it again."
        if fewer
        else "Look for rows that were loaded twice.",
        evidence={"day": iso(when), "rows": seen, "usual_rows": round(usual, 1), "factor": round(factor, 3)},
        segment=" ".join(segment),
    )


def partial_ends(date: str, table: Panel) -> list[Hypothesis]:
    """The last day (or the first) holds only part of its usual rows or amounts: a load that was not finished."""
    rows = table.rows[0]
    if len(rows) < FEWEST_DAYS or (rows > 0).sum() < 0.8 * len(rows):
        return []
    found = []
    for word, at in (("last", len(rows) - 1), ("first", 0)):
        shares = {"rows": _share(rows.astype(np.float64), at)}
        shares |= {name: _share(values[0], at) for name, values in table.sums.items()}
        known = {name: share for name, share in shares.items() if np.isfinite(share)}
        amounts = [share for name, share in known.items() if name != "rows"]
        empty = bool(amounts) and max(amounts) == 0
        if not (empty or known.get("rows", 1.0) < 0.6 or (len(amounts) >= 2 and np.median(amounts) < 0.5)):
            continue
        if word == "first" and known.get("rows", 1.0) > 0.3 and not empty:
            continue  # a table that grows begins small
        state = "has rows but no amounts yet" if empty else "holds only part of its usual rows or amounts"
        evidence: dict[str, Any] = {
            "day": iso(table.first + at),
            "share_of_usual": {k: round(v, 3) for k, v in known.items()},
        }
        found.append(
            Hypothesis(
                kind="stale_data",
                columns=(date,),
                reason=f"Partial {word} day: it {state}; a drop there is no trend.",
                test=Fact(rows=int(rows[at])),
                prior=0.5,
                strict=False,
                weight=0.3,
                confidence=0.4,
                action=f"Leave the {word} day out of comparisons until it is complete.",
                evidence=evidence,
            )
        )
    return found


def _share(values: Floats, at: int) -> float:
    """A day's value as a share of the usual one of the seven days next to it; NaN where that cannot be told."""
    near = values[max(at - 14, 0) : at] if at else values[1:15]
    usual = float(np.median(near))
    noise = scale_of(near) / usual if usual > 0 else 1.0
    if usual <= 0 or noise > 0.25:
        return float("nan")
    if values[at] >= 0.8 * near.min():
        return 1.0  # such days have been there before
    return max(0.0, float(values[at]) / usual)
