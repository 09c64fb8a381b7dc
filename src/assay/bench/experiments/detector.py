"""A detector is any callable from a table's file to what it found there; the audit is one of them."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from assay.errors import ConfigurationError
from assay.judge.finding import Finding, Severity
from assay.pipeline import audit
from assay.profile.arrays import Ints

AUDIT = "assay"
NOWHERE: Ints = np.empty(0, np.int64)
_CONSEQUENCE = re.compile(r"(?P<kind>\w+) in (?P<columns>.*?)(?: \([\d,]+ rows\))?")


@dataclass(frozen=True)
class Found:
    """One finding.

    Attributes:
        kind: in assay's vocabulary of finding kinds.
        severity: ``critical`` to ``info``; ``low`` and ``info`` are notes and no alarms.
        columns: the columns that it names.
        rows: 0-based positions of the rows that it calls bad; none for a claim about the whole table.
        consequences: further kinds, with their columns, that the finding says the same rows break.
        words: what it says, figures included, to compare runs.
    """

    kind: str
    severity: str
    columns: tuple[str, ...]
    rows: Ints = field(default_factory=lambda: NOWHERE)
    consequences: tuple[tuple[str, tuple[str, ...]], ...] = ()
    words: str = ""

    @property
    def alarm(self) -> bool:
        """Whether it asks for action."""
        return Severity(self.severity).rank < Severity.LOW.rank

    @property
    def claims(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The kind with its columns, and those of its consequences."""
        return ((self.kind, self.columns), *self.consequences)

    @property
    def label(self) -> str:
        """Kind and first columns, for a log."""
        return f"{self.kind}({', '.join(self.columns[:3])})"


@dataclass(frozen=True)
class Detection:
    """What a detector found in one table, and what that cost besides time (statements, bytes, tokens...)."""

    findings: tuple[Found, ...]
    cost: Mapping[str, float | None] = field(default_factory=dict)


Detector = Callable[[Path], Detection]


def audit_detector(path: Path) -> Detection:
    """The audit with its default settings and without memory: new findings, with the rows of ``--rows-out``."""
    rows_out = path.with_suffix(".rows.parquet")
    try:
        done = audit(path, rows_out=rows_out)
        bad = bad_rows(rows_out)
    finally:
        rows_out.unlink(missing_ok=True)
    found = tuple(_found(f, bad.get(f.id, NOWHERE)) for f in done.findings if f.status == "new")
    return Detection(found, {"statements": done.cost.statements, "bytes": done.cost.bytes})


def bad_rows(rows_out: Path) -> dict[str, Ints]:
    """Positions of the bad rows of each finding, by its id, from a file that ``--rows-out`` wrote."""
    table = pq.read_table(rows_out, columns=["finding_id", "row_index"]).drop_null()
    ids, places = np.array(table["finding_id"].to_pylist(), str), table["row_index"].to_numpy()
    return {str(i): np.unique(places[ids == i]) for i in np.unique(ids)}


def load_detector(address: str) -> Detector:
    """The detector of that name: ``assay``, or the function at ``module:function``.

    Raises:
        ConfigurationError: there is no such function.
    """
    if address == AUDIT:
        return audit_detector
    module, separator, function = address.partition(":")
    try:
        found: Any = getattr(importlib.import_module(module), function) if separator else None
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(f"detector {address}: {error}") from None
    if not callable(found):
        raise ConfigurationError(f"detector {address}: write {AUDIT}, or module:function")
    detector: Detector = found
    return detector


def _found(finding: Finding, rows: Ints) -> Found:
    told = (_CONSEQUENCE.fullmatch(c) for c in finding.consequences)
    consequences = tuple((m["kind"], tuple(m["columns"].split(", "))) for m in told if m)
    words = (
        finding.id, finding.reason, finding.action, finding.confidence, finding.rows_affected, finding.predicate,
        finding.segment, finding.consequences, finding.evidence, finding.sample,
    )  # fmt: skip
    return Found(finding.kind, str(finding.severity), finding.columns, rows, consequences, repr(words))
