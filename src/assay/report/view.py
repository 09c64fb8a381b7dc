"""The view model: what every report for people says, in words that are safe to show; renderers only lay it out.

All text here went through :func:`assay.report.text.visible`: it is one line and holds no character that would not be
seen. Escaping for a markup language is the renderer's part.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.judge.finding import Checked, Finding, Severity, Verdict
from assay.report.json import order
from assay.report.record import Audit
from assay.report.text import (
    CUT,
    bytes_text,
    count_text,
    kind_text,
    listed,
    plural,
    seconds_text,
    share_text,
    value_text,
    visible,
)

NAME = 40  # characters of a column name
PROSE = 600
SQL = 4_000
SAMPLE_COLUMNS = 10
PROBLEM = Severity.MEDIUM  # what fails a gate by default; below it are notes


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
        known: why it is no news, for findings that memory or normal variation explains.
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

    @property
    def subject(self) -> str:
        names = listed(self.columns, 4) if self.columns else "whole table"
        return f"{names} ({self.segment})" if self.segment else names


@dataclass(frozen=True)
class Passed:
    """A kind of error that was looked for and not found in these columns."""

    title: str
    checks: int
    columns: tuple[str, ...]


@dataclass(frozen=True)
class View:
    """A whole report.

    Attributes:
        empty: whether there are no rows, so that nothing can be said.
        verdict: one line that says how the table is.
        summary: a few sentences for somebody who reads no further.
        problems: new findings of severity medium and worse; ``notes`` the rest; ``explained`` what is no news.
        expected: what was seen and is normal, in words.
        untested: what could not be measured, in words.
        skipped: columns that were not audited, in words.
    """

    table: str
    source: str
    shape: str
    empty: bool
    worst: Severity | None
    verdict: str
    summary: tuple[str, ...]
    counts: tuple[tuple[Severity, int], ...]
    problems: tuple[Item, ...]
    notes: tuple[Item, ...]
    explained: tuple[Item, ...]
    passed: tuple[Passed, ...]
    expected: tuple[str, ...]
    untested: tuple[str, ...]
    skipped: tuple[str, ...]
    footer: str


def view(audit: Audit) -> View:
    """The view of an audit."""
    ordered = sorted(audit.findings, key=order)
    items = [_item(number, finding) for number, finding in enumerate(ordered, 1)]
    new = [(f, i) for f, i in zip(ordered, items, strict=True) if f.status == "new"]
    problems = tuple(i for f, i in new if f.severity.rank <= PROBLEM.rank)
    notes = tuple(i for f, i in new if f.severity.rank > PROBLEM.rank)
    tally = Counter(f.severity for f, _ in new)
    counts = tuple((s, tally[s]) for s in Severity if tally[s])
    return View(
        table=visible(audit.table, 200),
        source=visible(audit.source, 200),
        shape=f"{plural(audit.rows, 'row')} × {plural(len(audit.columns), 'column')}",
        empty=not audit.rows,
        worst=audit.worst(),
        verdict=_verdict(audit, counts),
        summary=_summary(audit, problems, notes),
        counts=counts,
        problems=problems,
        notes=notes,
        explained=tuple(i for f, i in zip(ordered, items, strict=True) if f.status != "new"),
        passed=_passed(audit),
        expected=tuple(_expected(c) for c in audit.checked if c.verdict is Verdict.EXPECTED),
        untested=tuple(visible(f, PROSE) for f in audit.failures),
        skipped=tuple(
            f"{visible(c.column.name, NAME)}: {visible(c.skipped, PROSE)}" for c in audit.columns if c.skipped
        ),
        footer=_footer(audit),
    )


def _item(number: int, finding: Finding) -> Item:
    whole = not finding.rows_affected
    return Item(
        number=number,
        id=finding.id,
        severity=finding.severity,
        title=kind_text(finding.kind),
        columns=_names(finding.columns),
        segment=visible(finding.segment, 80),
        rows="–" if whole else count_text(finding.rows_affected),
        rate="–" if whole else share_text(finding.rate),
        confidence=f"{min(max(finding.confidence, 0), 0.999):.0%}" if finding.confidence < 0.995 else ">99%",
        reason=_prose(finding.reason, finding.columns),
        action=_prose(finding.action),
        consequences=tuple(visible(_sentence(c), PROSE) for c in finding.consequences),
        evidence=tuple((visible(str(k).replace("_", " "), NAME), _figure(v)) for k, v in _told(finding)),
        predicate=visible(finding.predicate or "", SQL),
        query=visible(finding.query or "", SQL),
        sample=_sample(finding),
        known=_known(finding),
    )


def _prose(text: str, names: Sequence[str] = ()) -> str:
    """Words as a sentence: a capital in front, unless it is the name of a column, and a full stop."""
    shown = visible(text.strip(), PROSE)
    if not shown:
        return ""
    if not text.strip().startswith(tuple(n for n in names if n)):
        shown = shown[0].upper() + shown[1:]
    return shown if shown.endswith((".", "!", "?", ":", CUT)) else f"{shown}."


def _told(finding: Finding) -> list[tuple[str, Any]]:
    """Evidence worth a line: not what the columns beside it already say."""
    return [(k, v) for k, v in finding.evidence.items() if k not in ("rows", "origin") and v not in (None, "", (), {})]


def _figure(value: Any) -> str:
    if isinstance(value, float):
        rounded = float(f"{value:.4g}") if math.isfinite(value) else value
        return count_text(int(rounded)) if math.isfinite(value) and rounded.is_integer() else value_text(rounded)
    if isinstance(value, int) and not isinstance(value, bool):
        return count_text(value)
    if isinstance(value, Mapping):
        return visible(listed([f"{value_text(k, 30)}: {_figure(v)}" for k, v in value.items()], 8), 200)
    if isinstance(value, list | tuple | set | frozenset):
        ordered = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return visible(listed([_example(v) if isinstance(v, Mapping) else value_text(v, 30) for v in ordered], 6), 200)
    return value_text(value, 200)


def _example(record: Mapping[str, Any]) -> str:
    """A bad value with the right one, where that is known, or any other record of figures."""
    if "bad" not in record:
        return ", ".join(f"{k} {_figure(v)}" for k, v in record.items())
    right = record.get("right")
    return value_text(record["bad"], 30) + (f" → {value_text(right, 30)}" if right is not None else "")


def _sentence(consequence: str) -> str:
    kind, separator, rest = consequence.partition(" in ")
    return f"{kind_text(kind)} in {rest}" if separator else consequence


def _known(finding: Finding) -> str:
    if finding.status == "new":
        return ""
    explanation = (finding.memory or {}).get("explanation") or (finding.memory or {}).get("reason") or ""
    return visible(f"{finding.status}: {explanation}" if explanation else finding.status, PROSE)


def _names(columns: Iterable[str]) -> tuple[str, ...]:
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


def _verdict(audit: Audit, counts: Sequence[tuple[Severity, int]]) -> str:
    problems = sum(n for s, n in counts if s.rank <= PROBLEM.rank)
    notes = sum(n for s, n in counts if s.rank > PROBLEM.rank)
    if not problems:
        if not audit.rows:
            return "The table has no rows: there is nothing to audit"
        return "No problems found" + (f", {plural(notes, 'note')}" if notes else "")
    graded = ", ".join(f"{n} {s}" for s, n in counts if s.rank <= PROBLEM.rank)
    return f"{plural(problems, 'problem')}: {graded}" + (f" (and {plural(notes, 'note')})" if notes else "")


def _summary(audit: Audit, problems: Sequence[Item], notes: Sequence[Item]) -> tuple[str, ...]:
    sentences = []
    if problems:
        worst = problems[0]
        reach = f": {worst.rows} rows, {worst.rate} of the table" if worst.rows != "–" else ""
        sentences.append(f"The worst is {worst.title[:1].lower()}{worst.title[1:]} in {worst.subject}{reach}.")
        largest = max(problems, key=lambda i: int(i.rows.replace(",", "")) if i.rows != "–" else 0)
        if largest is not worst and largest.rows != "–":
            what = f"{largest.title[:1].lower()}{largest.title[1:]} in {largest.subject}"
            sentences.append(f"The largest is {what}: {largest.rows} rows, {largest.rate}.")
        touched = Counter(c for i in problems for c in i.columns[:4])
        name, times = touched.most_common(1)[0] if touched else ("", 0)
        if times > 1:
            sentences.append(f"{times} of the {len(problems)} problems are in {name}.")
        if worst.action:
            sentences.append(f"First: {worst.action[:1].lower()}{worst.action[1:].rstrip('.')}.")
    elif notes:
        sentences.append("What was noted is small or unsure and fails no gate.")
    sentences.append(_tally(audit))
    return tuple(sentences)


def _tally(audit: Audit) -> str:
    verdicts = Counter(c.verdict for c in audit.checked)
    words = (
        (Verdict.CLEAN, "clean"),
        (Verdict.ERROR, "in error"),
        (Verdict.KNOWN, "known"),
        (Verdict.EXPECTED, "within what is normal"),
        (Verdict.UNTESTABLE, "untestable"),
    )
    told = ", ".join(f"{count_text(verdicts[v])} {word}" for v, word in words if verdicts[v])
    return f"{plural(len(audit.checked), 'check')} ran" + (f": {told}." if told else ".")


def _passed(audit: Audit) -> tuple[Passed, ...]:
    place = {c.column.name: i for i, c in enumerate(audit.columns)}
    clean: dict[str, list[Checked]] = {}
    for checked in audit.checked:
        if checked.verdict is Verdict.CLEAN:
            clean.setdefault(checked.kind, []).append(checked)
    passed = []
    for kind, checks in clean.items():
        columns = sorted({c for check in checks for c in check.columns}, key=lambda c: (place.get(c, len(place)), c))
        passed.append(Passed(kind_text(kind), len(checks), _names(columns)))
    return tuple(sorted(passed, key=lambda p: p.title))


def _expected(checked: Checked) -> str:
    rows = checked.measured.get("rows") or 0
    legitimate = checked.measured.get("legitimate_rows") or 0
    told = []
    if rows:
        told.append(f"{plural(int(rows), 'row')}, no more than a clean table of this size may show")
    if legitimate:
        told.append(f"{plural(int(legitimate), 'row')} with the signature of a legitimate exception")
    what = f"{kind_text(checked.kind)} in {listed(_names(checked.columns), 4) or 'the table'}"
    return f"{what}: {'; '.join(told)}" if told else what


def _footer(audit: Audit) -> str:
    parts = [plural(audit.cost.statements, "statement"), seconds_text(audit.seconds)]
    if audit.cost.bytes is not None:
        parts.insert(1, f"{bytes_text(audit.cost.bytes)} read")
    started = audit.started.replace("T", " ").removesuffix("+00:00")
    return " · ".join([*parts, f"{started} UTC", f"assay {audit.version}", f"seed {audit.seed}"])
