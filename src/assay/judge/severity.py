"""How much a finding matters: what it breaks, how much of the table, and how sure."""

from __future__ import annotations

from assay.hypothesis.hypothesis import Hypothesis
from assay.judge.finding import Severity

FEW = 3  # bad rows below which a high rate says more of how short the table is than of how bad


def severity(hypothesis: Hypothesis, rate: float, rows: int, *, consequence: bool = False) -> Severity:
    """Grade an error.

    A rate is not a significance: one row that breaks a strict relation is a medium finding, however long the table;
    what is unsure or harmless stays a note, however many rows it has.

    Args:
        rate: bad rows as a share of all rows.
        rows: bad rows.
        consequence: the rows are explained by another finding.
    """
    if consequence or hypothesis.confidence < 0.3:
        return Severity.INFO
    if hypothesis.confidence < 0.5 or hypothesis.weight < 0.4:
        return Severity.LOW
    harm = hypothesis.weight * hypothesis.confidence
    if harm >= 0.8 and rate >= 0.1 and rows >= FEW:
        return Severity.CRITICAL
    if harm >= 0.6 and rate >= 0.01:
        return Severity.HIGH
    return Severity.MEDIUM
