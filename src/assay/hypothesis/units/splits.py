"""The sample's rows by entity and day, ordered once, so that many ratios can be looked at cheaply."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context
from assay.profile.arrays import Floats, Ints

ENOUGH = 10_000  # rows for levels
LEVELS = 7  # columns that are looked at


CURRENCIES = frozenset({
    "USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "NZD", "CNY", "HKD", "SGD", "KRW", "INR", "IDR", "MYR",
    "PHP", "THB", "VND", "TWD", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "BGN", "TRY", "RUB", "UAH",
    "KZT", "ILS", "AED", "SAR", "EGP", "ZAR", "NGN", "KES", "BRL", "MXN", "ARS", "CLP", "COP", "PEN", "PKR",
    "BDT", "LKR", "QAR", "KWD", "BHD", "OMR", "MAD", "TND", "ISK", "GEL", "RSD",
})  # fmt: skip


@dataclass(frozen=True, eq=False)
class Split:
    """The sample by the values of one column; all rows together where ``column`` is None.

    Attributes:
        names: the values.
        codes: entity of each row, -1 for none.
        day: day of each row since 1970, -1e9 where there is none.
    """

    column: str | None
    names: tuple[str, ...]
    codes: Ints
    day: Ints

    @cached_property
    def sizes(self) -> Ints:
        """Rows of each entity."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.names)).astype(np.int64)

    @property
    def entities(self) -> float:
        """The effective number of entities (inverse Simpson index): single damaged values hardly count."""
        sizes = self.sizes.astype(float)
        return float(sizes.sum() ** 2 / max((sizes**2).sum(), 1.0))

    @cached_property
    def _cells(self) -> tuple[Ints, Ints, Ints]:
        """Row numbers ordered by entity and day, starts of the cells in them, and the entity of each cell."""
        rows = np.flatnonzero((self.codes >= 0) & (self.day > -1e8))
        if not len(rows):
            return rows, rows, rows
        low = int(self.day[rows].min())
        span = int(self.day[rows].max()) - low + 1
        key = self.codes[rows] * span + (self.day[rows] - low)
        order = np.argsort(key, kind="stable")
        rows, key = rows[order], key[order]
        starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
        return rows, starts, key[starts] // span

    def members(self, entity: int) -> Ints:
        """Row numbers of an entity, ordered by day."""
        rows, starts, owner = self._cells
        first, last = np.searchsorted(owner, [entity, entity + 1])
        edges = np.append(starts, len(rows))
        return rows[edges[first] : edges[last]]

    def apart(self, logs: Floats, least: float) -> list[int]:
        """Entities whose days' mean levels leave a gap of nearly ``least``, the widest first; a cheap screen."""
        rows, starts, owner = self._cells
        if not len(starts):
            return []
        values = logs[rows]
        known = np.isfinite(values)
        count = np.add.reduceat(known.astype(np.float64), starts)
        total = np.add.reduceat(np.where(known, values, 0.0), starts)
        filled = count > 0
        mean, entity = total[filled] / count[filled], owner[filled]
        if not len(mean):
            return []
        firsts = np.flatnonzero(np.concatenate([[True], entity[1:] != entity[:-1]]))
        reach = np.maximum.reduceat(mean, firsts) - np.minimum.reduceat(mean, firsts)
        wide = np.zeros(len(self.names), np.bool_)
        wide[entity[firsts[reach > max(0.85, least)]]] = True
        chosen = wide[entity]
        entity, mean = entity[chosen], mean[chosen]
        order = np.argsort(entity * 1e3 + mean)  # equal ones have no gap, in whatever order
        gap = np.where(np.diff(entity[order]) == 0, np.diff(mean[order]), 0.0)
        far = np.flatnonzero(gap > 0.8 * least)
        far = far[np.argsort(-gap[far], kind="stable")]
        return list(dict.fromkeys(entity[order][far].tolist()))

    def means(self, logs: Floats, least: int = 3) -> Floats:
        """Mean level of each entity with at least ``least`` values, ascending; stands in for medians cheaply."""
        stride = max(1, len(logs) // ENOUGH)
        codes, values = self.codes[::stride], logs[::stride]
        known = (codes >= 0) & np.isfinite(values)
        count = np.bincount(codes[known], minlength=len(self.names))
        total = np.bincount(codes[known], weights=values[known], minlength=len(self.names))
        return np.sort(total[count >= least] / count[count >= least])


@dataclass(frozen=True, eq=False)
class View:
    """Logs by row (NaN for none) that several splits look at; what the looks share is computed once."""

    logs: Floats
    _levels: dict[str | None, tuple[Floats, Ints]] = field(default_factory=dict, init=False)

    @cached_property
    def _ascending(self) -> Ints:
        """Row numbers of about ``ENOUGH`` known logs, in ascending order of the logs."""
        known = np.flatnonzero(np.isfinite(self.logs))
        known = known[:: max(1, len(known) // ENOUGH)]
        return known[np.argsort(self.logs[known])]

    def levels(self, split: Split, least: int = 1) -> Floats:
        """Median level of each entity of the split, NaN for those with fewer than ``least`` values."""
        if split.column not in self._levels:
            self._levels[split.column] = self._medians(split)
        medians, sizes = self._levels[split.column]
        return np.where(sizes >= least, medians, np.nan)

    def _medians(self, split: Split) -> tuple[Floats, Ints]:
        rows = self._ascending
        codes = split.codes[rows]
        rows, codes = rows[codes >= 0], codes[codes >= 0]
        order = np.argsort(codes.astype(np.int16) if len(split.names) < 32_000 else codes, kind="stable")
        sizes = np.bincount(codes, minlength=len(split.names)).astype(np.int64)
        start = np.cumsum(sizes) - sizes
        values = np.append(self.logs[rows[order]], np.nan)
        low, high = start + np.maximum(sizes - 1, 0) // 2, start + sizes // 2
        return (values[np.minimum(low, len(values) - 1)] + values[np.minimum(high, len(values) - 1)]) / 2, sizes


def splits_of(context: Context, date: str | None) -> list[Split]:
    """The sample as a whole, then by entity columns from coarse to fine; the last is the finest."""
    sample = context.profile.sample
    day = np.full(sample.rows, -(10**9), np.int64)
    if date is not None:
        numbers = sample[date].numbers
        known = np.isfinite(numbers)
        day[known] = np.floor(numbers[known]).astype(np.int64)
    sizes = {
        c: len(sample[c].values)
        for c, r in context.roles.items()
        if r.family in (Family.DIMENSION, Family.ID, Family.NAME, Family.FLAG)
        and 2 <= len(sample[c].values) <= max(sample.rows / 10, 2)
    }
    chosen: list[str] = []
    for column in sorted(sizes, key=lambda c: (sizes[c], context.roles[c].family is not Family.ID)):
        if not any(sizes[column] == sizes[c] and _same(context, column, c) for c in chosen):
            chosen.append(column)
    if len(chosen) > LEVELS:
        ids = [c for c in chosen if context.roles[c].family is Family.ID][-LEVELS // 2 :]
        rest = [c for c in chosen if c not in ids]
        picked = {*ids, *rest[: LEVELS - len(ids)]}
        chosen = [c for c in chosen if c in picked]
    whole = Split(None, ("",), np.zeros(sample.rows, np.int64), day)
    return [whole, *(Split(c, tuple(sample[c].values), sample[c].codes, day) for c in chosen)]


def _same(context: Context, a: str, b: str) -> bool:
    """Whether two columns with as many values name the same things (an id and its name)."""
    sample = context.profile.sample
    pairs = sample[a].codes * (len(sample[b].values) + 1) + sample[b].codes
    return len(np.unique(pairs)) <= len(sample[a].values) + 1


def currency_column(context: Context) -> str | None:
    """The column whose values are currency codes: amounts of different currencies have different levels by nature."""
    sample = context.profile.sample
    for column, role in context.roles.items():
        if role.name == "currency":
            return column
        values = sample[column].values if role.family in (Family.DIMENSION, Family.FLAG, Family.TEXT) else []
        if values and len(values) <= 60 and sum(v.strip().upper() in CURRENCIES for v in values) >= 0.7 * len(values):
            return column
    return None
