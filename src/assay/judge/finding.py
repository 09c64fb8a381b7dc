"""Verdicts, findings and what was checked: what the judge decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from assay.source.base import Column


class Verdict(StrEnum):
    """What a test says of a hypothesis. A crash is never a verdict about data: it is ``untestable``."""

    CLEAN = "clean"
    ERROR = "error"
    KNOWN = "known"
    EXPECTED = "expected"
    UNTESTABLE = "untestable"


class Severity(StrEnum):
    """How much it matters, worst first. ``low`` and ``info`` are notes: they do not fail a gate."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for critical to 4 for info."""
        return list(Severity).index(self)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        id: stable: the same table, kind and columns give the same id in every run.
        status: ``new``, ``known`` (memory explains it) or ``expected`` (normal variation).
        rate: rows affected as a share of all rows.
        predicate: SQL in the engine's dialect that is true on bad rows; None for a claim about the whole table.
        query: the statement that counts them.
        sample: a few bad rows: row index, key columns and bad cells by column name.
        consequences: what else the same rows break, in words.
        memory: what memory said of it.
    """

    id: str
    kind: str
    category: str
    status: str
    severity: Severity
    confidence: float
    columns: tuple[str, ...]
    rows_affected: int
    rate: float
    reason: str
    predicate: str | None = None
    query: str | None = None
    action: str = ""
    segment: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    consequences: tuple[str, ...] = ()
    sample: tuple[Mapping[str, Any], ...] = ()
    first_seen: str | None = None
    memory: Mapping[str, Any] | None = None


def claim(kind: str, columns: Sequence[str]) -> str:
    """What a hypothesis or finding says, in words."""
    return f"{kind} in {', '.join(columns)}"


def of_effect(consequence: str) -> tuple[str, int]:
    """The claim of a consequence, and its rows."""
    name, _, rows = consequence.rpartition(" (")
    return name, int(rows.split()[0].replace(",", ""))


@dataclass(frozen=True)
class Checked:
    """A hypothesis that was tested, with its verdict and what was measured."""

    kind: str
    columns: tuple[str, ...]
    verdict: Verdict
    measured: Mapping[str, Any]


@dataclass(frozen=True)
class AuditedColumn:
    """A column with its meaning, for the report."""

    column: Column
    role: str
    family: str
    skipped: str | None = None
