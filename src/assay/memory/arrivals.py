"""How days changed since the audit before: of the whole table, and of the rows with each value of one column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from assay.memory.observation import Doubt
from assay.profile.history import ROWS, Growth, History, differs
from assay.profile.state import DayState

YOUNG = 14  # days before the last one on which no change is known as well
SEEN = 1e-4  # change, as a natural logarithm, that is kept


def changes(history: History, doubt: Doubt) -> list[tuple[str, int, int, float]]:
    """How trusted figures of accepted days changed since the audit before, the number of rows among them.

    Returns:
        Metric, age then, age now, natural logarithm of the ratio.
    """
    found = []
    for before, after, state, old, wrong in _aged(history, doubt):
        for name, total, was in _pairs(state, old):
            if total > 0 and was > 0 and name not in wrong:
                change = float(np.log(total / was))
                if before < YOUNG or abs(change) > SEEN:
                    found.append((name, before, after, round(change, 5)))
    return found


def _pairs(state: DayState, old: DayState) -> list[tuple[str, float, float]]:
    pairs = [(n, a.total, old.amounts[n].total) for n, a in state.amounts.items() if n in old.amounts]
    return [(ROWS, float(state.rows or 0), float(old.rows or 0)), *pairs]


def changes_within(history: History, doubt: Doubt) -> dict[str, Any]:
    """The same of the rows with each (hidden) value of the column whose amounts are kept apart, as JSON.

    Returns:
        For each column the pairs of ages, and for each value its metrics: the natural logarithms of the ratios in the
        order of the ages (None where unknown), or None in their place where nothing changed.
    """
    ages: dict[str, list[list[int]]] = defaultdict(list)
    moved: dict[str, dict[str, dict[str, dict[int, float]]]] = defaultdict(lambda: defaultdict(dict))
    for before, after, state, old, wrong in _aged(history, doubt):
        for column, metrics in state.sums.items():
            if column in wrong or column not in old.sums:
                continue
            place = len(ages[column])
            ages[column].append([before, after])
            for name in [n for n in metrics if n in old.sums[column] and n not in wrong]:
                for value, total in metrics[name].items():
                    steps = moved[column][value].setdefault(name, {})
                    was = old.sums[column][name].get(value, 0.0)
                    if total > 0 and was > 0:
                        steps[place] = round(float(np.log(total / was)), 4)
    return {
        column: {
            "ages": pairs,
            "of": {
                value: {name: _row(steps, len(pairs)) for name, steps in sorted(metrics.items())}
                for value, metrics in sorted(moved[column].items())
            },
        }
        for column, pairs in ages.items()
    }


def _row(steps: Mapping[int, float], n: int) -> list[float | None] | None:
    return [steps.get(i) for i in range(n)] if any(abs(s) > SEEN for s in steps.values()) else None


def growth_within(told: Sequence[tuple[int, Mapping[str, Any]]]) -> dict[tuple[str, str], list[Growth]]:
    """What :func:`changes_within` wrote in several audits, by column and value.

    Where nothing of a value ever changed, one step an audit says so.

    Args:
        told: the number of each audit, in order, and what it wrote.
    """
    alive = {
        (column, value)
        for _, columns in told
        for column, one in columns.items()
        for value, metrics in one["of"].items()
        if any(steps is not None for steps in metrics.values())
    }
    growth: dict[tuple[str, str], list[Growth]] = defaultdict(list)
    for audit, columns in told:
        for column, one in columns.items():
            for value, metrics in one["of"].items():
                if (column, value) not in alive:
                    before, after = one["ages"][0]
                    growth[column, value].append(Growth(ROWS, audit, before, after, 0.0))
                    continue
                for name, steps in metrics.items():
                    for (before, after), step in zip(one["ages"], steps or [0.0] * len(one["ages"]), strict=True):
                        if step is not None:
                            growth[column, value].append(Growth(name, audit, before, after, step))
    return dict(growth)


def _aged(history: History, doubt: Doubt) -> Iterator[tuple[int, int, DayState, DayState, frozenset[str]]]:
    """Accepted days whose rows may be trusted: age then, age now, the day now and then, columns that are wrong."""
    last, last_before = history.last, history.before
    if last is None or last_before is None:
        return
    for day, state in sorted(history.state.days.items()):
        old = history.days.get(day)
        before, after = last_before - day, last - day
        if old is None or before < 0 or after <= before or (before >= YOUNG and not differs(old, state)):
            continue
        wrong, rows = doubt.of(day)
        if not rows:
            yield before, after, state, old, wrong
