"""The log ratios in which a change of unit would show: each metric by the one that it follows most closely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context
from assay.hypothesis.shifted.propose import in_place
from assay.hypothesis.units.splits import Split, View
from assay.profile.arrays import Floats, Ints

SCREENED = 4_000  # rows for choosing partners
FEWEST = 30
WINDOW = 20  # columns on either side that a metric may follow in a very wide table
LOOSEST = 0.6  # decades that the densest half of a ratio may span


@dataclass(frozen=True, eq=False)
class Ratio:
    """A metric relative to a partner, or as it is.

    Attributes:
        logs: decimal logarithm of the ratio for each sampled row, NaN where it is not defined.
        own: decimal logarithm of the metric itself.
        known: whether the pack knows both columns.
        within: the logs less the level of the row's value in a coarse column, by column; filled as they are needed.
    """

    metric: str
    partner: str | None
    logs: Floats
    own: Floats
    known: bool
    within: dict[str, View] = field(default_factory=dict, init=False)

    @cached_property
    def view(self) -> View:
        """The logs as they are."""
        return View(self.logs)

    @property
    def words(self) -> str:
        """What the metric is compared with, in words."""
        return f"its level per {self.partner}" if self.partner else "its usual level"


def ratios_of(context: Context, entity: Split) -> list[Ratio]:
    """The ratio to look at for each metric that has one, and rates as they are.

    Spreads are judged within the values of ``entity``, which differ from each other by nature.
    """
    sample = context.profile.sample
    names = [c for c, r in context.roles.items() if (r.metric or r.family is Family.RATE) and sample[c].type.numeric]
    sound = in_place(context)
    logs: dict[str, Floats] = {}
    for name in names:
        values = np.abs(sample[name].numbers)
        with np.errstate(divide="ignore", invalid="ignore"):
            log = np.log10(values)
        log[~(np.isfinite(log) & sound)] = np.nan
        if np.isfinite(log).sum() >= FEWEST:
            logs[name] = log
    stride = max(1, sample.rows // SCREENED)
    group = entity.codes[::stride]
    short = {name: _centred(log[::stride], group) for name, log in logs.items()}
    metrics = [n for n in logs if context.roles[n].metric]
    found = []
    for name in logs:
        role = context.roles[name]
        best: str | None = None
        width = _dense_width(short[name]) if role.family in (Family.RATE, Family.NUMBER) else np.inf
        widths = _widths(short, name, _near(metrics, name)) if role.metric else {}
        for other, spread in widths.items():
            if spread < width - 1e-9:
                best, width = other, spread
        partners = [best] if width <= LOOSEST else []
        if best is not None and {role.family, context.roles[best].family} == {Family.MONEY}:
            # Amounts of money may all have changed their unit at once: then only something else tells.
            apart = {o: w for o, w in widths.items() if context.roles[o].family is not Family.MONEY}
            partners += [min(apart, key=lambda o: apart[o])] if apart and min(apart.values()) <= LOOSEST else []
        for partner in partners:
            ratio = logs[name] - logs[partner] if partner is not None else logs[name]
            known = bool(role.name) and (partner is None or bool(context.roles[partner].name))
            found.append(Ratio(name, partner, ratio, logs[name], known))
    return found


def _widths(short: Mapping[str, Floats], name: str, others: Sequence[str]) -> dict[str, float]:
    """How widely the ratio to each of the others is spread, where enough of it is defined."""
    own = np.isfinite(short[name]).sum()
    widths = {}
    for other in others if own else ():
        ratio = short[name] - short[other]
        covered = np.isfinite(ratio).sum() / own
        if covered >= 0.5 and np.isfinite(ratio).sum() >= FEWEST:
            widths[other] = _dense_width(ratio) / covered
    return widths


def _near(metrics: list[str], name: str) -> list[str]:
    """The metrics that one may follow: all others, in a very wide table the ones that stand around it."""
    place = metrics.index(name)
    window = metrics if len(metrics) <= 2 * WINDOW else metrics[max(0, place - WINDOW) : place + WINDOW + 1]
    return [other for other in window if other != name]


def _centred(values: Floats, group: Ints) -> Floats:
    """The values less the mean of their group."""
    known = np.isfinite(values) & (group >= 0)
    count = np.bincount(group[known], minlength=int(group.max(initial=0)) + 1)
    total = np.bincount(group[known], weights=values[known], minlength=len(count))
    out = np.full(len(values), np.nan)
    out[known] = values[known] - total[group[known]] / count[group[known]]
    return out


def _dense_width(values: Floats) -> float:
    """Length of the shortest interval that holds half of the values: unmoved by up to half of them elsewhere."""
    finite = np.sort(values[np.isfinite(values)])
    half = max(1, len(finite) // 2)
    if len(finite) < 2 * half or len(finite) < 4:
        return float("inf")
    return float((finite[half:] - finite[: len(finite) - half]).min())
