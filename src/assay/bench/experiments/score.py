"""Scores: error types found and false alarms of a table, and rows called bad against rows that are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from assay.bench.corrupt.truth import Injected
from assay.bench.experiments.detector import NOWHERE, Found
from assay.profile.arrays import Ints

WITHIN = 0.98  # of a finding's rows that are damaged ones, for it to speak of the damage
ABSENT = "missing_columns"  # names what is not there, in the words of its role rather than of a header
OF_ROWS = ("duplicate_rows", "duplicate_keys", "stale_data")  # name the key or the date, where values are damaged


@dataclass(frozen=True)
class Types:
    """Which error types were found.

    Attributes:
        found: injected kinds that an alarm of an expected kind names in one of their columns.
        missed: the other ones.
        also: alarms of other kinds whose rows are damaged rows: neither hits nor false alarms.
        false: the other alarms.
    """

    found: tuple[str, ...]
    missed: tuple[str, ...]
    also: tuple[str, ...]
    false: tuple[str, ...]

    @property
    def perfect(self) -> bool:
        return not self.missed and not self.false


@dataclass(frozen=True)
class Ratio:
    """Precision, recall and F1 of hits, false alarms and misses; 1 where there was nothing to find or to say."""

    hits: int
    false: int
    missed: int

    @property
    def precision(self) -> float:
        return self.hits / (self.hits + self.false) if self.hits + self.false else 1.0

    @property
    def recall(self) -> float:
        return self.hits / (self.hits + self.missed) if self.hits + self.missed else 1.0

    @property
    def f1(self) -> float:
        total = 2 * self.hits + self.false + self.missed
        return 2 * self.hits / total if total else 1.0


def right(found: Found, injected: Injected, damaged: Ints) -> bool:
    """Whether a finding or one of its consequences is of a kind expected for an error and names one of its columns.

    Kinds that speak of whole rows need not name a damaged column, if their rows are damaged ones.
    """
    return any(
        kind in injected.expected
        and (
            kind == ABSENT
            or bool(set(columns) & set(injected.columns))
            or (kind in OF_ROWS and _within(found, damaged))
        )
        for kind, columns in found.claims
    )


def _within(found: Found, damaged: Ints) -> bool:
    return bool(found.rows.size) and bool(np.isin(found.rows, damaged).mean() >= WITHIN)


def types(findings: Iterable[Found], injected: Sequence[Injected], damaged: Ints) -> Types:
    """Score the alarms of a table against the errors that were put into it.

    Args:
        damaged: positions of all damaged rows, decoys not among them.
    """
    alarms = [f for f in findings if f.alarm]
    real = [i for i in injected if i.expected]
    found = [i.kind for i in real if any(right(a, i, damaged) for a in alarms)]
    other = [a for a in alarms if not any(right(a, i, damaged) for i in real)]
    within = [a for a in other if _within(a, damaged)]
    false = [a for a in other if not any(a is w for w in within)]
    missed = [i.kind for i in real if i.kind not in found]
    labels = (tuple(sorted(a.label for a in group)) for group in (within, false))
    return Types(tuple(found), tuple(missed), *labels)


def counted(scored: Iterable[Types]) -> Ratio:
    """Hits, false alarms and misses of several tables together."""
    hits = false = missed = 0
    for one in scored:
        hits, false, missed = hits + len(one.found), false + len(one.false), missed + len(one.missed)
    return Ratio(hits, false, missed)


def rows(findings: Iterable[Found], damaged: Ints) -> Ratio:
    """Score the rows of all alarms together against the damaged rows."""
    called = [f.rows for f in findings if f.alarm]
    reported = np.unique(np.concatenate(called)) if called else NOWHERE
    hits = int(np.isin(reported, damaged).sum())
    return Ratio(hits, int(reported.size) - hits, int(damaged.size) - hits)
