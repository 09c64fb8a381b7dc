"""What every column of a table means, from its header and from its values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from assay.domain.header import read_header
from assay.domain.pack import Pack
from assay.domain.role import Family, Role
from assay.profile.sample import Sample, SampleColumn
from assay.source.base import ColumnType


def assign_roles(sample: Sample, pack: Pack) -> dict[str, Role]:
    """A role for every sampled column, in table order; at most one of them is the event time."""
    roles = {c.name: _role(c, pack) for c in sample.columns}
    dates = [(pack.roles[r.name].event_time or 99 if r.name in pack.roles else 98, i, c)
             for i, (c, r) in enumerate(roles.items()) if r.family is Family.DATE and r.name != "load_time"]  # fmt: skip
    if dates:
        first = min(dates)[2]
        roles[first] = replace(roles[first], event_time=True)
    return roles


def _role(column: SampleColumn, pack: Pack) -> Role:
    family = _family(column)
    header = read_header(column.name)
    key = next((k for k in (header.key, header.bare, *_stripped(header.bare)) if k in pack.index), None)
    spec = pack.roles[pack.index[key]] if key else None
    tokens = header.tokens
    if spec is None:
        if tokens[-1] in ("id", "key", "uuid"):
            return Role("", Family.ID, "name", 0.9)
        if tokens[-1] in ("name", "title", "url"):
            return Role("", Family.NAME, "name", 0.8)
        return Role("", family, "values", 0.6)
    metric = spec.family in (Family.COUNT, Family.MONEY, Family.RATE, Family.NUMBER)
    if metric != column.type.numeric or (spec.family is Family.DATE) != column.type.temporal:
        return Role("", family, "values", 0.6)
    scale = 1e-6 if "micro" in header.key else 1.0
    return Role(spec.name, spec.family, "both", 0.9, scale, spec.dense, spec.signed, spec.fractional)


def _stripped(key: str) -> list[str]:
    return [key[len(p) :] for p in ("metrics_", "segments_") if key.startswith(p)]


def _family(column: SampleColumn) -> Family:
    kind = column.type
    if kind.temporal:
        return Family.DATE
    if kind is ColumnType.BOOLEAN:
        return Family.FLAG
    if kind.numeric:
        numbers = column.numbers[np.isfinite(column.numbers)]
        if not len(numbers):
            return Family.OTHER
        whole = bool(np.mean(numbers == np.round(numbers)) > 0.98)
        distinct = len(np.unique(numbers))
        if not whole:
            return Family.RATE if np.quantile(numbers, 0.98) <= 1 and np.quantile(numbers, 0.02) >= 0 else Family.NUMBER
        if distinct <= 2:
            return Family.FLAG
        if distinct > 0.9 * len(numbers) and np.median(numbers) > 1e5:
            return Family.ID
        return Family.COUNT
    if kind is not ColumnType.TEXT:
        return Family.OTHER
    counts = column.counts
    present = int(counts.sum())
    if not present:
        return Family.OTHER
    if len(counts) <= 2:
        return Family.FLAG
    heavy = counts[counts >= max(3, present / 5000)].sum() / present
    if heavy >= 0.5 and len(counts[counts >= max(3, present / 5000)]) <= max(200, present / 50):
        return Family.DIMENSION
    spaced = np.mean([" " in v for v in column.values[:200]])
    if len(counts) > 0.9 * present:
        return Family.NAME if spaced > 0.3 else Family.ID
    return Family.NAME if spaced > 0.3 else Family.TEXT
