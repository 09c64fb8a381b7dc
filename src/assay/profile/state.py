"""What is kept of a table for later audits: a state by day that merges, so that a month is the merge of its days.

After the analyzers of Deequ (Schelter et al., "Automating large-scale data quality verification", VLDB 2018): counts
and sums of disjoint rows add up.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from assay.profile.groups import Days, Groups

SPLIT_VALUES = 60  # values of a segment column up to which its days are kept apart
VALUES_KEPT = 1_000
SUMMED = 12  # values of one column whose amounts are kept
SUMS_KEPT = 240  # of these amounts a day

Sums = Mapping[str, Mapping[str, float]]
"""Totals by metric and (hidden) value."""

Number = TypeVar("Number", int, float)

Hide = Callable[[str], str]
"""What stands for a data value in a state: a keyed hash, or the value itself where that was asked for."""


@dataclass(frozen=True)
class Amount:
    """A metric over some rows: values that are present, and their sum."""

    present: int
    total: float

    def merge(self, other: Amount) -> Amount:
        return Amount(self.present + other.present, self.total + other.total)


@dataclass(frozen=True)
class DayState:
    """One day, or any other set of rows.

    Attributes:
        rows: rows; None where they are not trusted.
        amounts: by metric; metrics that are not trusted are left out.
        parts: for each segment column the rows by (hidden) value.
        sums: for the segment column whose amounts are kept apart, the total of each metric by (hidden) value.
    """

    rows: int | None
    amounts: Mapping[str, Amount] = field(default_factory=dict)
    parts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    sums: Mapping[str, Sums] = field(default_factory=dict)

    def merge(self, other: DayState) -> DayState:
        """The state of both sets of rows together; they must be disjoint."""
        parts = {c: _added(self.parts[c], other.parts[c]) for c in self.parts.keys() & other.parts.keys()}
        sums = {}
        for column in self.sums.keys() & other.sums.keys():
            mine, theirs = self.sums[column], other.sums[column]
            sums[column] = {m: _added(mine[m], theirs[m]) for m in mine if m in theirs}
        rows = None if self.rows is None or other.rows is None else self.rows + other.rows
        # A metric that only one of them has adds nothing from rows that are empty; else its total is unknown.
        names = {n for n in {**self.amounts, **other.amounts} if self._knows(n) and other._knows(n)}
        zero = Amount(0, 0.0)
        amounts = {n: self.amounts.get(n, zero).merge(other.amounts.get(n, zero)) for n in sorted(names)}
        return DayState(rows, amounts, parts, sums)

    def _knows(self, metric: str) -> bool:
        return metric in self.amounts or self.rows == 0

    def without(self, columns: frozenset[str], *, rows: bool) -> DayState:
        """What is left when some columns (and, with ``rows``, the number of rows and all amounts) are not trusted."""
        if rows:
            return DayState(None)
        amounts = {n: a for n, a in self.amounts.items() if n not in columns}
        parts = {c: values for c, values in self.parts.items() if c not in columns}
        sums = {
            c: {n: totals for n, totals in metrics.items() if n not in columns}
            for c, metrics in self.sums.items()
            if c not in columns
        }
        return DayState(self.rows, amounts, parts, sums)

    def digest(self) -> str:
        """32 bits that tell whether a day changed; not by which segments it was counted, since these may vary."""
        text = json.dumps(replace(self, parts={}, sums={}).to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()

    def to_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "n": self.rows,
            "m": {n: [a.present, a.total] for n, a in self.amounts.items()},
            "p": {c: dict(values) for c, values in self.parts.items()},
        }
        if self.sums:  # values once a column, not once a metric
            body["s"] = {c: _table(metrics) for c, metrics in self.sums.items()}
        return body

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> DayState:
        return cls(
            body["n"],
            {n: Amount(int(present), float(total)) for n, (present, total) in body.get("m", {}).items()},
            body.get("p", {}),
            {
                c: {n: {v: t for v, t in zip(values, row, strict=True) if t is not None} for n, row in rows.items()}
                for c, (values, rows) in body.get("s", {}).items()
            },
        )


def _added(mine: Mapping[str, Number], theirs: Mapping[str, Number]) -> dict[str, Number]:
    return {k: mine.get(k, 0) + theirs.get(k, 0) for k in {**mine, **theirs}}


def _table(metrics: Sums) -> list[Any]:
    values = sorted({v for totals in metrics.values() for v in totals})
    return [values, {n: [totals.get(v) for v in values] for n, totals in metrics.items()}]


@dataclass(frozen=True)
class ColumnState:
    """A column: its type and meaning, and how many of the rows that were looked at are empty."""

    type: str
    role: str
    rows: int
    nulls: int

    def merge(self, other: ColumnState) -> ColumnState:
        return replace(self, rows=self.rows + other.rows, nulls=self.nulls + other.nulls)

    @property
    def null_rate(self) -> float:
        return self.nulls / self.rows if self.rows else 0.0


@dataclass(frozen=True)
class TableState:
    """A table.

    Attributes:
        rows: all rows, also those without a day.
        columns: by name, in table order.
        days: by day since 1970; empty where the table has none.
        values: rows by (hidden) value of the columns whose values were counted, the most frequent ones.
    """

    rows: int
    columns: Mapping[str, ColumnState] = field(default_factory=dict)
    days: Mapping[int, DayState] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def merge(self, other: TableState) -> TableState:
        """The state of both tables together; their rows must be disjoint."""
        columns = {**other.columns, **self.columns}
        columns |= {n: self.columns[n].merge(other.columns[n]) for n in self.columns.keys() & other.columns.keys()}
        days = {**self.days, **other.days}
        days |= {d: self.days[d].merge(other.days[d]) for d in self.days.keys() & other.days.keys()}
        values = {}
        for name in {**self.values, **other.values}:
            values[name] = _added(self.values.get(name, {}), other.values.get(name, {}))
        return TableState(self.rows + other.rows, columns, dict(sorted(days.items())), values)


def days_of(groups: Groups, hide: Hide, summed: str | None = None) -> dict[int, DayState]:
    """The state of each day that was counted.

    Args:
        summed: the segment column by whose values amounts are kept; None for none.
    """
    if groups.days is None:
        return {}
    parts: dict[int, dict[str, dict[str, int]]] = defaultdict(dict)
    for column, split in groups.segments.items():
        names = set(split.segment.tolist())
        if len(names) <= SPLIT_VALUES:
            hidden = {name: hide(name) if name else "" for name in names}
            for day, name, rows in zip(split.day.tolist(), split.segment.tolist(), split.rows.tolist(), strict=True):
                parts[day].setdefault(column, {})[hidden[name]] = rows
    counted = groups.days
    amounts: dict[int, dict[str, Amount]] = {day: {} for day in counted.day.tolist()}
    for metric, sums in counted.sums.items():
        present = counted.present[metric]
        totals = np.where(present > 0, sums, 0.0)
        for day, n, total in zip(counted.day.tolist(), present.tolist(), totals.tolist(), strict=True):
            amounts[day][metric] = Amount(int(n), total)
    apart = {} if summed is None else _sums_of(groups.segments[summed], hide)
    return {
        day: DayState(rows, amounts[day], parts.get(day, {}), {summed: apart[day]} if summed and day in apart else {})
        for day, rows in zip(counted.day.tolist(), counted.rows.tolist(), strict=True)
    }


def _sums_of(split: Days, hide: Hide) -> dict[int, dict[str, dict[str, float]]]:
    """Totals by day, metric and hidden value, of the values with most rows."""
    names, line = np.unique(split.segment.astype(str), return_inverse=True)
    rows = np.bincount(line, weights=split.rows)
    most = [i for i in np.argsort(-rows, kind="stable").tolist() if names[i]][:SUMMED]
    hidden = {i: hide(str(names[i])) for i in most}
    found: dict[int, dict[str, dict[str, float]]] = defaultdict(dict)
    for metric, sums in list(split.sums.items())[: SUMS_KEPT // max(len(most), 1)]:
        totals = np.where(split.present[metric] > 0, sums, 0.0)
        for day, value, total in zip(split.day.tolist(), line.tolist(), totals.tolist(), strict=True):
            if value in hidden:
                found[day].setdefault(metric, {})[hidden[value]] = total
    return found


def values_of(groups: Groups, hide: Hide) -> dict[str, dict[str, int]]:
    """Rows by hidden value of the columns all of whose values were counted."""
    return {
        column: {hide(v): n for v, n in zip(counts.values, counts.counts, strict=True)}
        for column, counts in groups.values.items()
        if counts.complete and counts.distinct <= VALUES_KEPT
    }
