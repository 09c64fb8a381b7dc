"""Days that are missing from a table, or from one of its segments, although they normally have rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from assay.hypothesis.hypothesis import Context, Fact, Hypothesis
from assay.hypothesis.series import Panel, iso, runs
from assay.hypothesis.temporal.cadence import (
    Cadence,
    cadence_of,
    coarsest_entity,
    dispersion,
    empty_odds,
    holiday,
    local_level,
    reports_daily,
)
from assay.profile.arrays import Bools, Ints

CHANCE = math.log(1e-3)  # that a clean table shows any such gap
LISTED = 50
FEWEST_ROWS = 10  # rows a day below which a segment's silence means little
FEWEST_ENTITIES = 3  # that must fall silent together and come back
LONGEST_HOLIDAY = 5  # working days
ACTION = "Reload the missing days, or note why there is no data."


def table_gaps(context: Context, date: str, table: Panel) -> list[Hypothesis]:
    """Days without any row inside the covered period of a table with a cadence."""
    rows = table.rows[0]
    cadence = cadence_of(rows, table.first)
    if cadence is None:
        return []
    missing = cadence.expected & (rows == 0)
    if not missing.any() or missing.sum() > 0.2 * cadence.expected.sum():
        return []
    spread = dispersion(rows)
    tests = math.log(len(rows))
    least = 0.2 * float(np.median(rows[rows > 0]))  # a table that grows has empty days at its beginning
    gaps = [
        (start, stop)
        for start, stop in _expected_runs(cadence, rows)
        if local_level(rows, start, stop) >= least
        # Days in a row are empty for one reason, so that each says less than the one before.
        and (1 + math.log2(int(missing[start:stop].sum()))) * empty_odds(local_level(rows, start, stop), spread) + tests
        < CHANCE
    ]
    if not gaps:
        return []
    lost = np.concatenate([np.arange(a, b)[missing[a:b]] for a, b in gaps])
    confidence = _confidence(context, date, cadence, table, gaps, lost)
    count = len(lost)
    reason = (
        f"{count} {_plural(cadence.unit, count)} inside the covered period {'has' if count == 1 else 'have'} "
        f"no row in {date}, "
        f"while every {cadence.unit} around has some"
    )
    if confidence < 0.5:
        reason += "; they may be days without business"
    return [_gap(date, (date,), table.days[lost], reason, confidence, local_level(rows, *gaps[0]), cadence.unit)]


def segment_gaps(context: Context, date: str, table: Panel, column: str, split: Panel) -> list[Hypothesis]:
    """Days on which one segment has no row although it normally has some every day, and the rest of the table has."""
    covered = table.rows[0] > 0
    found: list[Hypothesis] = []
    lines: list[tuple[int, Ints, float]] = []
    cells = absent = 0
    for line, rows in enumerate(split.rows):
        present = np.flatnonzero(rows > 0)
        if len(present) < 2 * FEWEST_PERIODS_SEGMENT:
            continue
        inside = slice(present[0], present[-1] + 1)
        open_days = covered & _open(rows, covered)
        missing = np.zeros(len(rows), np.bool_)
        missing[inside] = (rows[inside] == 0) & open_days[inside]
        cells += int(open_days[inside].sum())
        absent += int(missing.sum())
        if missing.any():
            lines.append((line, np.flatnonzero(missing), dispersion(rows)))
    # A column whose segments come and go has no cadence to break.
    if not lines or absent > 0.05 * cells or len(lines) > max(1, 0.2 * len(split.rows)):
        return []
    for line, days, spread in lines:
        rows = split.rows[line]
        flags = np.zeros(len(rows), np.bool_)
        flags[days] = True
        sure = [
            (a, b)
            for a, b in runs(flags | ~covered)
            if flags[a:b].any()
            and local_level(rows, a, b) >= FEWEST_ROWS
            and empty_odds(local_level(rows, a, b), spread) + math.log(cells) < CHANCE
            and b - a <= max(30, len(rows) // 4)
            and _returning(context, date, column, str(split.names[line]), table.first + a, table.first + b)
        ]
        if not sure:
            continue
        lost = np.concatenate([np.arange(a, b)[flags[a:b]] for a, b in sure])
        segment = f"{column} {split.names[line]}"
        reason = f"One segment of {column} has no row on {len(lost)} of the days on which all others report"
        confidence = 0.85 if reports_daily(context, date) or coarsest_entity(context) is None else 0.6
        level = local_level(rows, *sure[0])
        found.append(_gap(date, (date, column), table.days[lost], reason, confidence, level, "day", segment))
    return found


FEWEST_PERIODS_SEGMENT = 7


def _open(rows: Ints, covered: Bools) -> Bools:
    """For each day whether the segment has rows on that weekday more often than not."""
    weekday = np.arange(len(rows)) % 7
    share = [np.mean(rows[(weekday == w) & covered] > 0) if np.any((weekday == w) & covered) else 0.0 for w in range(7)]
    present = np.flatnonzero(rows > 0)
    inside = (present[-1] - present[0] + 1) / len(rows)
    opened: Bools = np.array(share) >= 0.5 * inside
    return opened[weekday]


def _returning(context: Context, date: str, column: str, value: str, first: int, after: int) -> bool:
    """Whether several entities of the segment have rows right before and right after the gap.

    One campaign that pauses is no gap in the data; many that pause and resume together are.
    """
    entity = coarsest_entity(context, above=len(context.profile[column].values))
    if entity is None or entity == column:
        return True
    sample = context.profile.sample
    codes = sample[column].codes
    names = sample[column].values
    if value not in names:
        return False
    day = np.nan_to_num(sample[date].numbers, nan=-1e9)
    own = codes == names.index(value)
    before = own & (day >= first - 7) & (day < first)
    later = own & (day >= after) & (day < after + 7)
    who = sample[entity].codes
    return len(np.intersect1d(who[before], who[later])) >= FEWEST_ENTITIES


def _expected_runs(cadence: Cadence, rows: Ints) -> list[tuple[int, int]]:
    """Stretches without rows that hold at least one expected day; closed days between them do not part them."""
    return [(a, b) for a, b in runs(rows == 0) if cadence.expected[a:b].any()]


def _confidence(
    context: Context, date: str, cadence: Cadence, table: Panel, gaps: list[tuple[int, int]], lost: Ints
) -> float:
    longest = max(b - a for a, b in gaps)
    if longest > max(45, len(table.rows[0]) / 3):
        return 0.45  # two periods that were put into one table
    if cadence.closed and max(int(cadence.expected[a:b].sum()) for a, b in gaps) <= LONGEST_HOLIDAY:
        return 0.4  # working days that were public holidays
    if reports_daily(context, date):
        return 0.9
    if all(holiday(int(d)) for d in table.days[lost]):
        return 0.4
    return 0.85


def _gap(
    date: str,
    columns: tuple[str, ...],
    days: Ints,
    reason: str,
    confidence: float,
    level: float,
    unit: str,
    segment: str = "",
) -> Hypothesis:
    evidence: dict[str, Any] = {
        "missing_days": [iso(d) for d in days[:LISTED]],
        "missing": len(days),
        "usual_rows": round(level, 1),
        "cadence": unit,
    }
    return Hypothesis(
        kind="date_gap",
        columns=columns,
        reason=reason + ".",
        test=Fact(),
        cells=(date,),
        prior=0.8,
        weight=0.6,
        confidence=confidence,
        action=ACTION,
        evidence=evidence,
        segment=segment,
    )


def _plural(unit: str, count: int) -> str:
    if count == 1 or unit[0].isdigit():
        return unit
    return unit + "s"
