"""What memory added to an audit, in words that are safe to show: part of the view model."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from assay.judge.finding import Finding
from assay.judge.remembered import Moved, Remembered
from assay.report.item import NAME, PROSE, titled
from assay.report.record import Audit
from assay.report.sparkline import finite
from assay.report.text import count_text, plural, value_text, visible

DAYS = 31  # of a chart
EXACT = 1e15  # whole numbers below are written with all their digits


@dataclass(frozen=True)
class Chart:
    """A figure that moved.

    Attributes:
        values: one a day, the last one last; None where there is none.
        first, last: the earliest and the last value with their days, in words.
        span: the least and the greatest, in words.
    """

    name: str
    values: tuple[float | None, ...]
    first: str
    last: str
    span: str


@dataclass(frozen=True)
class Group:
    """Lines of one sort.

    Attributes:
        word: what they are in one word; ``title`` the same for a heading.
    """

    word: str
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class MemoryView:
    """The part of a report that is about memory.

    Attributes:
        recalled: a sentence.
        groups: what there is to list, empty ones left out.
        summary_first: whether the summary comes before all else.
        signed: who signs the report; "" for nobody.
    """

    recalled: str
    groups: tuple[Group, ...]
    charts: tuple[Chart, ...]
    summary_first: bool
    signed: str


def memory_view(audit: Audit) -> MemoryView | None:
    """What the report says of memory; None for an audit without."""
    told = audit.memory
    if told is None:
        return None
    groups = (
        Group("applied", "Explanations that apply", _claims(told.explanations)),
        Group("gone", "Gone since the audit before", _claims(told.gone)),
        Group("ended", "Explanations that ended", _claims(told.lapsed)),
        Group("unused", "Explanations that nothing needed for long", _claims(told.unused)),
        Group("stated", "What people stated", tuple(visible(line, PROSE) for line in told.stated)),
    )
    return MemoryView(
        _recalled(told),
        tuple(g for g in groups if g.lines),
        tuple(_chart(m) for m in told.moved if m.values),
        told.summary_first,
        visible(told.signed, 120),
    )


def day_of(audit: Audit) -> str:
    """The day of an audit (ISO), which *today* means in its report."""
    return (audit.memory.today if audit.memory is not None else "") or audit.started[:10]


def compared(audit: Audit) -> str:
    """A sentence of what is first seen, still there, gone and explained; "" where there is nothing to compare with."""
    told, today = audit.memory, day_of(audit)
    if told is None or not (told.audits or told.explanations):
        return ""
    counts = Counter(_standing(f, today) for f in audit.findings)
    counts["gone"] = len(told.gone)
    words = ("first seen today", "still there", "gone", "known", "expected")
    listed = ", ".join(f"{count_text(counts[w])} {w}" for w in words if counts[w])
    return f"Compared with earlier audits: {listed or 'nothing new'}."


def explained_text(findings: Sequence[Finding]) -> list[str]:
    """How many findings are no news, by what they are: ``2 known``, ``1 expected``."""
    counts = Counter(f.status for f in findings)
    return [f"{count_text(counts[s])} {s}" for s in ("known", "expected") if counts[s]]


def _standing(finding: Finding, today: str) -> str:
    if finding.status != "new":
        return finding.status
    return "first seen today" if finding.first_seen is None or finding.first_seen >= today else "still there"


def _recalled(told: Remembered) -> str:
    parts = [plural(told.audits, "earlier audit")] if told.audits else []
    parts += [f"{plural(len(told.explanations), 'explanation')} in use"] if told.explanations else []
    parts += [f"{plural(len(told.stated), 'thing')} that people stated"] if told.stated else []
    if not told.audits:
        parts.append("no earlier audit with other data: later ones are compared with this one")
    return "; ".join(parts)


def _claims(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(visible(titled(line), PROSE) for line in lines)


def _chart(moved: Moved) -> Chart:
    values = moved.values[-DAYS:]
    known = finite(values)
    name = value_text(moved.name, NAME)
    last = visible(moved.last, 10)
    if not known:
        return Chart(name, values, "", f"nothing until {last}", "")
    at = next(i for i, v in enumerate(values) if v is not None and math.isfinite(v))
    first_day = (date.fromisoformat(moved.last) - timedelta(days=len(values) - 1 - at)).isoformat()
    end = values[-1]
    return Chart(
        name,
        values,
        f"{amount_text(values[at] or 0.0)} on {first_day}",
        f"{amount_text(end)} on {last}" if end is not None and math.isfinite(end) else f"nothing on {last}",
        f"{amount_text(min(known))} to {amount_text(max(known))}",
    )


def amount_text(value: float) -> str:
    """A figure of a day: whole with thousands apart where it is large, else with four digits that matter."""
    if abs(value) >= EXACT:
        return f"{value:.4g}"
    if abs(value) >= 1000 or value.is_integer():
        return count_text(round(value))
    return f"{value:.4g}"
