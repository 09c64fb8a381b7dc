"""The record of an audit: the only thing a report is made from."""

from __future__ import annotations

from dataclasses import dataclass

from assay.judge.finding import AuditedColumn, Checked, Finding, Severity
from assay.judge.remembered import Remembered
from assay.source.base import Cost


@dataclass(frozen=True)
class Audit:
    """Everything one run saw and decided.

    Attributes:
        started: UTC time in ISO 8601.
        statements: the SQL that ran, in order.
        failures: metrics and statements that could not be measured, with the reason.
        incomplete: those of them for which whole kinds of errors were not looked for: such an audit passes no gate.
        memory: what memory added; None for an audit without.
    """

    table: str
    source: str
    rows: int
    columns: tuple[AuditedColumn, ...]
    findings: tuple[Finding, ...]
    checked: tuple[Checked, ...]
    started: str
    seconds: float
    cost: Cost
    statements: tuple[str, ...]
    failures: tuple[str, ...]
    seed: int
    version: str
    memory: Remembered | None = None
    incomplete: tuple[str, ...] = ()

    def worst(self) -> Severity | None:
        """The worst severity among the new findings, None if there are none."""
        new = [f.severity for f in self.findings if f.status == "new"]
        return min(new, key=lambda s: s.rank) if new else None

    def to_json(self) -> str:
        """The machine contract (schema ``assay/1``)."""
        from assay.report.json import render

        return render(self)

    def to_markdown(self) -> str:
        """The report for people, as Markdown."""
        from assay.report.markdown import render

        return render(self)
