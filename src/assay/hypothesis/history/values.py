"""Amounts that are off in the rows of one platform (source, objective) and not in the others.

Each value of the column whose amounts are kept apart is judged by its own past: by its own noise, since campaigns of
one type vary more than those of another, and by its own delay, since platforms report at their own pace. One cause is
told once: where it is confined to some values, with these; else for the whole table.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from assay.hypothesis.history.amounts import FEWEST_ROWS, Part, anomaly, made_by_few
from assay.hypothesis.history.off import LEAST_FACTOR, Line, Off, line_within, moved_alone, off_of
from assay.hypothesis.hypothesis import Context, Hypothesis
from assay.hypothesis.robust import median
from assay.hypothesis.scope import event_date
from assay.hypothesis.series import iso
from assay.profile.history import ROWS, History

RECENT = 14  # fresh days that are looked at by value
CHANGED = 3.0  # times as large or as small, all amounts of a value together: its campaigns are not those of its past


def unusual_within(context: Context, history: History, whole: Sequence[Hypothesis]) -> list[Hypothesis]:
    """The unusual amounts of a table, as far as they are not confined to some values, and those that are.

    Args:
        whole: what is unusual of the table's own sums.
    """
    date, last = event_date(context), history.last
    told = {(h.evidence["day"], h.columns[0]): h for h in whole if h.columns != (date,)}
    if date is None or last is None:
        return list(whole)
    found = list(whole)
    fresh = history.novel()[-RECENT:]
    tests = sum(
        len(totals) for d in fresh for metrics in history.state.days[d].sums.values() for totals in metrics.values()
    )
    lines: dict[tuple[str, str], Line] = {}
    for day in fresh:
        for column in history.state.days[day].sums:
            offs = _offs(history, lines, column, day, last)
            alone: dict[str, list[str]] = defaultdict(list)
            for value, off in offs.items():
                for name in _alone(off, tests):
                    alone[name].append(value)
            for name, values in alone.items():
                total = told.get((iso(day), name))
                if total is not None and not _confined(offs, name, values):
                    continue
                if total is not None:
                    found.remove(total)
                whys = [
                    made_by_few(context, history, date, offs[v], name, tests, (column, history.texts[v]))
                    for v in values
                ]
                why = whys[0] if all(whys) else ""
                found.append(_told(context, history, date, column, {v: offs[v] for v in values}, name, why))
    return found


def _offs(history: History, lines: dict[tuple[str, str], Line], column: str, day: int, last: int) -> dict[str, Off]:
    """How far each value's amounts of a day, and its rows, are from what the value's past lets expect."""
    state, offs = history.state.days[day], {}
    rows = state.parts.get(column, {})
    for value in sorted(history.texts.keys() & rows.keys(), key=lambda v: history.texts[v]):
        now = {name: totals[value] for name, totals in state.sums[column].items() if value in totals}
        if rows[value] < FEWEST_ROWS or not now:
            continue
        if (column, value) not in lines:
            lines[column, value] = line_within(history, column, value)
        offs[value] = off_of(lines[column, value], day, {**now, ROWS: float(rows[value])}, last)
    return offs


def _alone(off: Off, tests: int) -> list[str]:
    """The amounts that moved alone, farther than they ever did: one platform's mixture changes with its campaigns.

    Where most of a platform's campaigns started or stopped, its amounts follow those that are left.
    """
    if abs(off.common) > math.log(CHANGED):
        return []
    return [
        name
        for name in moved_alone(off, tests, few=True)
        if name != ROWS and abs(off.apart(name)) > float(np.abs(off.errors_apart(name)).max(initial=0.0))
    ]


def _confined(offs: Mapping[str, Off], name: str, values: Sequence[str]) -> bool:
    """Whether an amount of the other values, of which there are as many, did what their other amounts did."""
    others = np.array([off.apart(name) for v, off in offs.items() if v not in values and name in off.amounts])
    return len(others) >= len(values) and abs(median(others)) <= math.log(LEAST_FACTOR)


def _told(
    context: Context, history: History, date: str, column: str, offs: Mapping[str, Off], name: str, why: str
) -> Hypothesis:
    """One finding of an amount in all values in which it is off."""
    totals = {v: history.state.days[off.day].sums[column][name][v] for v, off in offs.items()}
    usual = sum(math.exp(off.forecasts[name].expected) for off in offs.values())
    seen = sum(math.exp(off.forecasts[name].expected + off.amounts[name]) for off in offs.values())
    worst = max(offs.values(), key=lambda off: abs(off.apart(name)))
    joint = replace(
        worst,
        amounts={**worst.amounts, name: math.log(seen / usual)},
        forecasts={**worst.forecasts, name: replace(worst.forecasts[name], expected=math.log(usual))},
    )
    part = Part(column, tuple(history.texts[v] for v in offs), sum(totals.values()))
    return anomaly(context, history, date, joint, name, part, why)
