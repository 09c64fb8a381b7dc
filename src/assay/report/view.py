"""The view model: what every report for people says, in words that are safe to show; renderers only lay it out.

All text here went through :func:`assay.report.text.visible`: it is one line and holds no character that would not be
seen. Escaping for a markup language is the renderer's part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from assay.judge.finding import Checked, Severity, Verdict
from assay.report.item import NAME, PROSE, Item, item_of, names_of
from assay.report.json import order
from assay.report.record import Audit
from assay.report.remembered import MemoryView, compared, day_of, explained_text, memory_view
from assay.report.text import bytes_text, count_text, kind_text, listed, plural, seconds_text, visible

PROBLEM = Severity.MEDIUM  # what fails a gate by default; below it are notes


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
        complete: whether every kind of error was looked for.
        verdict: one line that says how the table is.
        summary: a few sentences for somebody who reads no further.
        problems: new findings of severity medium and worse; ``notes`` the rest; ``explained`` what is no news.
        expected: what was seen and is normal, in words.
        untested: what could not be measured, in words.
        skipped: columns that were not audited, in words.
        copied: what the table of the queries is, where it is not the one that the reader has.
        memory: what memory added; None for an audit without.
    """

    table: str
    source: str
    shape: str
    empty: bool
    complete: bool
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
    copied: tuple[str, ...]
    memory: MemoryView | None
    footer: str

    @property
    def explained_title(self) -> str:
        """How many findings are no news, for a heading."""
        return f"Known and expected: {plural(len(self.explained), 'finding')}, not counted by the gate"

    @property
    def remarks(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What is no finding, by title."""
        return (
            ("Seen, and normal", self.expected),
            ("Could not be tested", self.untested),
            ("Not audited", self.skipped),
            ("To run the queries", self.copied),
        )


def view(audit: Audit) -> View:
    """The view of an audit."""
    ordered = sorted(audit.findings, key=order)
    today = day_of(audit)
    items = [item_of(number, finding, today) for number, finding in enumerate(ordered, 1)]
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
        complete=not audit.incomplete,
        worst=audit.worst(),
        verdict=_verdict(audit, counts),
        summary=_summary(audit, problems, notes),
        counts=counts,
        problems=problems,
        notes=notes,
        explained=tuple(i for f, i in zip(ordered, items, strict=True) if f.status != "new"),
        passed=_passed(audit),
        expected=_normal(audit),
        untested=tuple(visible(f, PROSE) for f in audit.failures),
        skipped=tuple(
            f"{visible(c.column.name, NAME)}: {visible(c.skipped, PROSE)}" for c in audit.columns if c.skipped
        ),
        copied=tuple(
            f"{told}; its bad rows are in what --rows-out writes"
            for told in dict.fromkeys(i.copied for i in items if i.copied)
        ),
        memory=memory_view(audit),
        footer=_footer(audit),
    )


def _verdict(audit: Audit, counts: Sequence[tuple[Severity, int]]) -> str:
    problems = sum(n for s, n in counts if s.rank <= PROBLEM.rank)
    notes = sum(n for s, n in counts if s.rank > PROBLEM.rank)
    besides = ([plural(notes, "note")] if notes else []) + explained_text(audit.findings)
    if not problems:
        if not audit.rows:
            return "The table has no rows: there is nothing to audit"
        told = "No problems found" + (", but the audit is not complete" if audit.incomplete else "")
        return ", ".join([told, *besides])
    graded = ", ".join(f"{n} {s}" for s, n in counts if s.rank <= PROBLEM.rank)
    return f"{plural(problems, 'problem')}: {graded}" + (f" (and {', '.join(besides)})" if besides else "")


def _summary(audit: Audit, problems: Sequence[Item], notes: Sequence[Item]) -> tuple[str, ...]:
    sentences = []
    if problems:
        worst = problems[0]
        reach = f": {_rows(worst)}, {worst.rate} of the table" if worst.rows != "–" else ""
        sentences.append(f"The worst is {worst.title[:1].lower()}{worst.title[1:]} in {worst.subject}{reach}.")
        largest = max(problems, key=lambda i: int(i.rows.replace(",", "")) if i.rows != "–" else 0)
        if largest is not worst and largest.rows != "–":
            what = f"{largest.title[:1].lower()}{largest.title[1:]} in {largest.subject}"
            sentences.append(f"The largest is {what}: {_rows(largest)}, {largest.rate}.")
        touched = Counter(c for i in problems for c in i.columns[:4])
        name, times = touched.most_common(1)[0] if touched else ("", 0)
        if times > 1:
            sentences.append(f"{times} of the {len(problems)} problems are in {name}.")
        if worst.action:
            sentences.append(f"First: {worst.action[:1].lower()}{worst.action[1:].rstrip('.')}.")
    elif notes:
        sentences.append("What was noted is small or unsure and fails no gate.")
    if not audit.rows:
        sentences.append(
            f"Only its names are known ({plural(len(audit.columns), 'column')}); "
            "if rows were expected, look at the export, and at --where and --since."
        )
    against = compared(audit)
    sentences += [against] if against else []
    sentences.append(_tally(audit))
    return tuple(sentences)


def _rows(item: Item) -> str:
    return f"{item.rows} row" if item.rows == "1" else f"{item.rows} rows"


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
        passed.append(Passed(kind_text(kind), len(checks), names_of(columns)))
    return tuple(sorted(passed, key=lambda p: p.title))


def _normal(audit: Audit) -> tuple[str, ...]:
    """What is normal by itself; what people said is no error is told with its reason elsewhere."""
    said = {(f.kind, f.columns) for f in audit.findings if f.status == "expected"}
    expected = [c for c in audit.checked if c.verdict is Verdict.EXPECTED and (c.kind, c.columns) not in said]
    return tuple(map(_expected, expected))


def _expected(checked: Checked) -> str:
    rows = checked.measured.get("rows") or 0
    legitimate = checked.measured.get("legitimate_rows") or 0
    told = []
    if reason := checked.measured.get("expected"):
        told.append(f"{plural(int(rows), 'row')}, {visible(str(reason), PROSE)}")
    elif rows:
        told.append(f"{plural(int(rows), 'row')}, no more than a clean table of this size may show")
    if legitimate:
        told.append(f"{plural(int(legitimate), 'row')} with the signature of a legitimate exception")
    what = f"{kind_text(checked.kind)} in {listed(names_of(checked.columns), 4) or 'the table'}"
    return f"{what}: {'; '.join(told)}" if told else what


def _footer(audit: Audit) -> str:
    parts = [plural(audit.cost.statements, "statement"), seconds_text(audit.seconds)]
    if audit.cost.bytes is not None:
        parts.insert(1, f"{bytes_text(audit.cost.bytes)} read")
    started = audit.started.replace("T", " ").removesuffix("+00:00")
    return " · ".join([*parts, f"{started} UTC", f"assay {audit.version}", f"seed {audit.seed}"])
