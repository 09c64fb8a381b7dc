"""Severity: each error type alone in a table at growing rates, how often it is found, and how exactly its rows are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from assay.bench.corrupt import KINDS, MECHANISMS, Error, NotApplicableError, corrupt
from assay.bench.experiments.detector import Detector
from assay.bench.experiments.run import Result, folder, timed
from assay.bench.experiments.score import rows, types
from assay.bench.experiments.tables import Clean, Tables
from assay.errors import ConfigurationError

RATES = (0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.4)
GROUPS = ("logical", "structural", "realistic", "decoy")
WITHOUT_RATE = ("dropped_column",)


@dataclass(frozen=True)
class Case:
    """A table with one error."""

    table: Clean
    error: Error


def kinds_of(names: Sequence[str]) -> list[str]:
    """The kinds of these names or groups; those of the article where none is named.

    Raises:
        ConfigurationError: there is no such kind or group.
    """
    found: list[str] = []
    for name in names or ("logical", "structural"):
        if name not in GROUPS and name not in KINDS:
            raise ConfigurationError(f"no error kind {name!r}; there are: {', '.join((*GROUPS, *KINDS))}")
        found += [name] if name in KINDS else [k for k, kind in KINDS.items() if kind.group == name]
    return list(dict.fromkeys(found))


def mechanisms_of(names: Sequence[str]) -> list[str]:
    """The mechanisms of these names; the usual one of each kind where none is named.

    Raises:
        ConfigurationError: there is no such mechanism.
    """
    for name in names:
        if name not in MECHANISMS:
            raise ConfigurationError(f"no mechanism {name!r}; there are: {', '.join(MECHANISMS)}")
    return list(names) or [""]


def cases(
    tables: Tables, kinds: Sequence[str], rates: Sequence[float] = RATES, mechanisms: Sequence[str] = ("",)
) -> list[Case]:
    """Each kind at each rate by each mechanism in each table; once where a rate means nothing.

    Args:
        mechanisms: names of ``MECHANISMS``; empty for the usual one of each kind. Kinds that a mechanism makes no sense
            for go without it.
    """
    return [
        Case(table, Error(kind, rate, mechanism))
        for kind in kinds
        for mechanism in mechanisms
        if not (mechanism and KINDS[kind].only and mechanism not in KINDS[kind].only)
        for table in tables
        for rate in (rates[:1] if kind in WITHOUT_RATE else rates)
    ]


def measure(detector: Detector, case: Case) -> Result | None:
    """Inject the error, look, and score the type and the rows; None where the table cannot carry it."""
    kind = case.error.kind
    with folder() as place:
        try:
            made = corrupt(case.table.address(place), [case.error], case.table.seed, place / "dirty")
        except NotApplicableError:
            return None
        detection, spent = timed(detector, made.table)
        every, damaged = made.bad_rows(0), made.bad_rows()
    injected = made.truth.injected[0]
    scored, by_row = types(detection.findings, made.truth.injected, damaged), rows(detection.findings, every)
    decoy = KINDS[kind].group == "decoy"
    return {
        **case.table.described(),
        "kind": kind,
        "group": injected.group,
        "rate": case.error.rate,
        "rate_achieved": injected.rate,
        "columns": injected.columns[:3],
        "mechanism": injected.mechanism,
        "place": injected.place,
        "variant": injected.variant,
        "found": bool(scored.false or scored.also) if decoy else bool(scored.found),
        "also": scored.also,
        "false": scored.false,
        "notes": [f.label for f in detection.findings if not f.alarm],
        "row_precision": round(by_row.precision, 4),
        "row_recall": round(by_row.recall, 4),
        "row_f1": round(by_row.f1, 4),
        "bad_rows": int(every.size),
        **spent,
    }


@dataclass(frozen=True)
class Curve:
    """One kind over all rates.

    Attributes:
        detected: share of cases in which it was found, by rate.
        precision, recall, f1: mean scores of the rows, by rate.
        smallest: the rate from which on it was always found; None if it was not found at the highest.
    """

    kind: str
    group: str
    cases: int
    detected: dict[float, float]
    precision: dict[float, float]
    recall: dict[float, float]
    f1: dict[float, float]

    @property
    def smallest(self) -> float | None:
        found: float | None = None
        for rate in sorted(self.detected, reverse=True):
            if self.detected[rate] < 1:
                break
            found = rate
        return found


def curves(results: Sequence[Result]) -> Iterator[Curve]:
    """A curve of each kind, in the order of the results."""
    for kind in dict.fromkeys(r["kind"] for r in results):
        group = [r for r in results if r["kind"] == kind]
        rates = sorted({r["rate"] for r in group})

        def mean(name: str, rates: Sequence[float] = rates, group: Sequence[Result] = group) -> dict[float, float]:
            return {rate: float(np.mean([r[name] for r in group if r["rate"] == rate])) for rate in rates}

        scores = (mean(name) for name in ("found", "row_precision", "row_recall", "row_f1"))
        yield Curve(kind, group[0]["group"], len(group), *scores)


def summary(results: Sequence[Result]) -> str:
    """A line a kind: how often it was found and the F1 of its rows at each rate, and from which rate on."""
    rates = sorted({r["rate"] for r in results})
    heads = "".join(f"{f'{rate:.1%}':>12}" for rate in rates)
    lines = [
        "found / row F1 by share of damaged rows; of a decoy, how often it was reported",
        f"{'kind':34}{heads}   from",
    ]
    for curve in curves(results):
        places = [
            f"{curve.detected[r]:.0%} / {curve.f1[r]:.2f}" if r in curve.detected else "" for r in rates
        ]  # fmt: skip
        smallest = "" if curve.group == "decoy" else "-" if curve.smallest is None else f"{curve.smallest:.1%}"
        lines.append(f"{curve.kind:34}{''.join(f'{p:>12}' for p in places)}   {smallest}")
    return "\n".join(lines)
