"""One finding in words that are safe to show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from assay.judge.finding import Finding, Severity
from assay.report.text import CUT, count_text, kind_text, listed, share_text, value_text, visible
from assay.report.wording import figure_text, grouped, label

NAME = 40  # characters of a column name
LABEL = 60
PROSE = 600
SQL = 4_000
SAMPLE_COLUMNS = 10


@dataclass(frozen=True)
class Cell:
    """A value in a sample: whether it is one of the bad ones, a number (for alignment), or null."""

    text: str
    bad: bool = False
    number: bool = False
    null: bool = False


@dataclass(frozen=True)
class SampleTable:
    """Bad rows as a table.

    Attributes:
        left_out: columns that did not fit.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left_out: int = 0


@dataclass(frozen=True)
class Item:
    """One finding in words.

    Attributes:
        subject: its columns, and its segment where it has one.
        rows: rows affected, or a dash where the claim is about the table as a whole.
        query: the statement that counts the bad rows, without its comment.
        copied: that comment: what its table is, where no statement on the file can count them.
        known: why it is no news, for findings that memory or normal variation explains.
        seen: since when it is there, for news of an audit with memory.
    """

    number: int
    id: str
    severity: Severity
    title: str
    columns: tuple[str, ...]
    segment: str
    rows: str
    rate: str
    confidence: str
    reason: str
    action: str
    consequences: tuple[str, ...]
    evidence: tuple[tuple[str, str], ...]
    predicate: str
    query: str
    sample: SampleTable | None
    known: str = ""
    copied: str = ""
    seen: str = ""

    @property
    def subject(self) -> str:
        names = listed(self.columns, 4) if self.columns else "whole table"
        return f"{names} ({self.segment})" if self.segment else names


def item_of(number: int, finding: Finding, today: str = "") -> Item:
    """The finding in words.

    Args:
        number: its place in the report, from 1.
        today: the day of the audit (ISO).
    """
    whole = not finding.rows_affected
    comment, statement = _apart(finding.query or "")
    return Item(
        number=number,
        id=finding.id,
        severity=finding.severity,
        title=kind_text(finding.kind),
        columns=names_of(finding.columns),
        segment=visible(finding.segment, 80),
        rows="–" if whole else count_text(finding.rows_affected),
        rate="–" if whole else share_text(finding.rate),
        confidence=f"{min(max(finding.confidence, 0), 0.999):.0%}" if finding.confidence < 0.995 else ">99%",
        reason=_prose(finding.reason, finding.columns),
        action=_prose(finding.action, finding.columns),
        consequences=tuple(visible(titled(c), PROSE) for c in finding.consequences),
        evidence=tuple((visible(label(str(k)), LABEL), figure_text(v, str(k))) for k, v in _told(finding)),
        predicate=visible(finding.predicate or "", SQL),
        query=visible(statement, SQL),
        copied=visible(comment, PROSE),
        sample=_sample(finding),
        known=_known(finding),
        seen=_seen(finding, today),
    )


def _prose(text: str, names: Sequence[str] = ()) -> str:
    """Words as a sentence: a capital in front, unless it is the name of a column, and a full stop."""
    shown = grouped(visible(text.strip(), PROSE), names)
    if not shown:
        return ""
    if not text.strip().startswith(tuple(n for n in names if n)):
        shown = shown[0].upper() + shown[1:]
    return shown if shown.endswith((".", "!", "?", ":", CUT)) else f"{shown}."


def _apart(query: str) -> tuple[str, str]:
    """The comment that a query starts with, and the query."""
    match = re.match(r"/\*\s*(.*?)\s*\*/\s*", query, re.DOTALL)
    return (match[1], query[match.end() :]) if match else ("", query)


def _told(finding: Finding) -> list[tuple[str, Any]]:
    """Evidence worth a line: not what the columns beside it already say."""
    empty: tuple[Any, ...] = (None, "", (), {}, [])
    return [(k, v) for k, v in finding.evidence.items() if k not in ("rows", "origin") and v not in empty]


def titled(claim: str) -> str:
    """``KIND in COLUMNS ...`` with the kind in words."""
    kind, separator, rest = claim.partition(" in ")
    return f"{kind_text(kind)} in {rest}" if separator else claim


def _known(finding: Finding) -> str:
    if finding.status == "new":
        return ""
    memory = finding.memory or {}
    told = finding.status
    bound, rate = memory.get("up_to"), memory.get("rate_in_scope")
    if isinstance(bound, int | float) and isinstance(rate, int | float):
        told += f" up to {share_text(bound)}, now {share_text(rate)}"
        told += f" of the rows where {memory['where']}" if memory.get("where") else ""
    most, far = memory.get("at_most"), memory.get("magnitude")
    if isinstance(most, int | float) and isinstance(far, int | float):
        told += f"; by at most {figure_text(most)}, now {figure_text(far)}"
    reason = memory.get("explanation") or memory.get("reason")
    told += f": {reason}" if reason else ""
    since, until = memory.get("since"), memory.get("until")
    said = [str(memory["by"])] if memory.get("by") else []
    said += [f"since {since}"] if since else []
    said += [f"until {until}"] if until else []
    return visible(told + (f" ({', '.join(said)})" if said else ""), PROSE)


def _seen(finding: Finding, today: str) -> str:
    if finding.status != "new" or not finding.first_seen:
        return ""
    if finding.first_seen >= today:
        return "first seen today"
    return f"still there, since {visible(finding.first_seen, 10)}"


def names_of(columns: Iterable[str]) -> tuple[str, ...]:
    """Column names as they are shown."""
    return tuple(value_text(c, NAME) for c in columns)


def _sample(finding: Finding) -> SampleTable | None:
    if not finding.sample:
        return None
    names = list(dict.fromkeys(name for row in finding.sample for name in row))
    if all(row.get("row_index") is None for row in finding.sample) and "row_index" in names:
        names.remove("row_index")
    first = [n for n in names if n == "row_index"] + [n for n in names if n in finding.columns]
    chosen = set(list(dict.fromkeys([*first, *names]))[:SAMPLE_COLUMNS])
    shown = [n for n in names if n in chosen]
    rows = tuple(tuple(_cell(row.get(n), n in finding.columns) for n in shown) for row in finding.sample)
    header = tuple("row" if n == "row_index" else value_text(n, NAME) for n in shown)
    return SampleTable(header, rows, len(names) - len(shown))


def _cell(value: Any, bad: bool) -> Cell:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return Cell(value_text(value), bad, number or type(value).__name__ == "Decimal", value is None)
