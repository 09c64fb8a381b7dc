"""The report as Markdown (GitHub flavour), safe whatever the data and the names hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assay.report.item import Item, SampleTable
from assay.report.record import Audit
from assay.report.remembered import MemoryView
from assay.report.sparkline import sparkline
from assay.report.text import left_out_text, listed
from assay.report.view import View, view

MARKS = {"critical": "🔴", "high": "🟠", "medium": "🟡", "low": "🔵", "info": "⚪"}
EXPECTED = 30

_ENTITIES = {"&": "&amp;", "|": "&#124;", "\\": "&#92;", "`": "&#96;", "@": "&#64;"}
_MARKUP = re.compile(
    r"(?P<entity>[&|\\`@])|(?P<link>(?<=\w):(?=//)|(?<=www)\.)|(?P<mark>[*\[\]~$<>]|(?<![^\W_])_|_(?![^\W_]))",
    re.IGNORECASE,
)
_BLOCK_START = re.compile(r"^(\d{1,9}(?=[.)](?:\s|$))|)([-+=.)#])")
_PLAIN_CODE = re.compile(r"[^`|]*[^`|\s][^`|]*")


def render(audit: Audit) -> str:
    """The report as a Markdown document."""
    return "\n".join(_lines(view(audit)))


def escape(text: str) -> str:
    """One line of text as Markdown that shows exactly this text: no emphasis, link, HTML, table or list comes of it."""
    return _BLOCK_START.sub(r"\1\\\2", _MARKUP.sub(_escaped, text))


def code(text: str) -> str:
    """Text as a code span, or escaped where a code span could not hold it (back quotes, pipes in a table)."""
    if not _PLAIN_CODE.fullmatch(text) or text != text.strip():
        return escape(text) or "&nbsp;"
    return f"`{text}`"


def _escaped(match: re.Match[str]) -> str:
    if match["entity"]:
        return _ENTITIES[match[0]]
    return f"&#{ord(match[0])};" if match["link"] else f"\\{match[0]}"


def fenced(text: str, language: str) -> Iterator[str]:
    """The lines of a code block whose fence is longer than any run of back quotes in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from (f"{fence}{language}", text, fence)


def _lines(told: View) -> Iterator[str]:
    yield f"# Audit of {code(told.table)}"
    yield ""
    yield from _head(told)
    if told.problems or told.notes:
        yield from _overview([*told.problems, *told.notes])
    for title, items in (("Findings", told.problems), ("Notes", told.notes), (told.explained_title, told.explained)):
        if items:
            yield f"## {title}"
            yield ""
        for item in items:
            yield from _item(item)
    if told.memory is not None:
        yield from _memory(told.memory)
    yield from _checked(told)
    yield "---"
    yield ""
    yield f"{escape(told.footer)}"
    yield ""
    if told.memory is not None and told.memory.signed:
        yield f"Signed: {escape(told.memory.signed)}"
        yield ""


def _head(told: View) -> Iterator[str]:
    """The verdict and the summary; where people want the summary first, with the verdict as its first line."""
    first = told.memory is not None and told.memory.summary_first
    table = f"{escape(told.shape)}, from {code(told.source)}."
    if not first:
        yield f"**{escape(told.verdict)}.** {table}"
        yield ""
    yield "## Executive summary"
    yield ""
    if first:
        yield f"- **{escape(told.verdict)}.**"
    yield from (f"- {escape(sentence)}" for sentence in told.summary)
    yield ""
    if first:
        yield table
        yield ""


def _overview(items: Sequence[Item]) -> Iterator[str]:
    yield "| # | severity | what | columns | rows | rate | confidence |"
    yield "|--:|---|---|---|--:|--:|--:|"
    for item in items:
        columns = _codes(item.columns, 4) or "whole table"
        where = f" ({escape(item.segment)})" if item.segment else ""
        yield (
            f"| {item.number} | {MARKS[item.severity]} {item.severity} | {escape(item.title)} | {columns}{where} "
            f"| {item.rows} | {escape(item.rate)} | {escape(item.confidence)} |"
        )
    yield ""


def _item(item: Item) -> Iterator[str]:
    columns = _codes(item.columns, 6) or "the whole table"
    yield f"### {item.number}. {MARKS[item.severity]} {escape(item.title)} in {columns}"
    yield ""
    facts = [f"**{item.severity}**"]
    if item.segment:
        facts.append(escape(item.segment))
    if item.rows != "–":
        facts.append(f"{item.rows} {'row' if item.rows == '1' else 'rows'} ({escape(item.rate)})")
    facts += [f"confidence {escape(item.confidence)}", f"id {code(item.id)}"]
    facts += [escape(item.seen)] if item.seen else []
    yield " · ".join(facts)
    yield ""
    if item.known:
        yield f"**No news:** {escape(item.known)}"
        yield ""
    yield f"**Why:** {escape(item.reason)}"
    yield ""
    if item.action:
        yield f"**Recommended action:** {escape(item.action)}"
        yield ""
    if item.evidence:
        yield "**Evidence:** " + "; ".join(f"{escape(name)} {code(figure)}" for name, figure in item.evidence)
        yield ""
    if item.consequences:
        yield "**The same rows also break:**"
        yield ""
        yield from (f"- {escape(consequence)}" for consequence in item.consequences)
        yield ""
    if item.query or item.predicate:
        yield "Counted by" if item.query else "Bad rows are those where"
        yield ""
        yield from fenced(item.query or item.predicate, "sql")
        yield ""
    if item.sample:
        yield from _sample(item.sample)


def _sample(sample: SampleTable) -> Iterator[str]:
    numbers = [any(row[i].number for row in sample.rows) for i in range(len(sample.header))]
    yield "| " + " | ".join(code(name) for name in sample.header) + " |"
    yield "|" + "|".join("--:" if number else "---" for number in numbers) + "|"
    for row in sample.rows:
        cells = ["*null*" if cell.null else code(cell.text) for cell in row]
        yield "| " + " | ".join(f"**{c}**" if cell.bad else c for c, cell in zip(cells, row, strict=True)) + " |"
    yield ""
    if sample.left_out:
        yield f"({left_out_text(sample.left_out)})"
        yield ""


def _memory(told: MemoryView) -> Iterator[str]:
    yield "## Memory"
    yield ""
    yield f"**Recalled:** {escape(told.recalled)}."
    yield ""
    for group in told.groups:
        yield f"**{group.title}:**"
        yield ""
        yield from _bullets(group.lines)
    if told.charts:
        yield "**What moved**, the last day in brackets:"
        yield ""
        yield "| figure | by day | first | last | range |"
        yield "|---|---|--:|--:|--:|"
        for chart in told.charts:
            cells = (escape(t) for t in (chart.first, chart.last, chart.span))
            yield f"| {code(chart.name)} | {code(sparkline(chart.values))} | {' | '.join(cells)} |"
        yield ""


def _bullets(lines: Sequence[str]) -> Iterator[str]:
    yield from (f"- {escape(line)}" for line in lines[:EXPECTED])
    if len(lines) > EXPECTED:
        yield f"- and {len(lines) - EXPECTED} more"
    yield ""


def _checked(told: View) -> Iterator[str]:
    if told.passed:
        yield "## Checked and found clean"
        yield ""
        yield "| looked for | checks | columns |"
        yield "|---|--:|---|"
        for passed in told.passed:
            yield f"| {escape(passed.title)} | {passed.checks:,} | {_codes(passed.columns, 12) or '–'} |"
        yield ""
    for title, lines in told.remarks:
        if lines:
            yield f"## {title}"
            yield ""
            yield from _bullets(lines)


def _codes(names: Sequence[str], limit: int) -> str:
    return listed([code(name) for name in names], limit)
