"""The report in a terminal, readable at 80 columns, and in a pipe as plain text."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from assay.judge.finding import Severity
from assay.report.item import Cell, Item, SampleTable
from assay.report.record import Audit
from assay.report.remembered import MemoryView
from assay.report.sparkline import sparkline
from assay.report.text import cut, left_out_text, listed, plural
from assay.report.view import View, view

WIDTH = 110  # lines longer than this are hard to read
STYLES = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "bold yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "blue",
}
PREDICATE = 480
VALUE = 22  # characters of a value in a sample
EXPECTED = 6
GAP = 2


def render(audit: Audit, width: int = 100) -> str:
    """The report as plain text without colour, ``width`` columns wide."""
    buffer = io.StringIO()
    show(audit, Console(file=buffer, width=width, color_system=None, legacy_windows=False))
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def show(audit: Audit, console: Console) -> None:
    """Print the report to a console."""
    width = min(console.width, WIDTH)
    for part in _parts(view(audit), width, console.options.ascii_only):
        console.print(part, highlight=False, markup=False, emoji=False, width=width)


def _parts(told: View, width: int, ascii_only: bool) -> Iterator[RenderableType]:
    yield Rule(Text(f" {cut(told.table, width - 12)} ", "bold"), style="dim", align="left", characters="─")
    yield _verdict(told)
    yield Text(f"   {told.shape}", "dim")
    yield Text()
    for sentence in told.summary:
        yield Padding(Text(sentence), (0, 3))
    if told.problems or told.notes:
        yield Text()
        yield Padding(_overview([*told.problems, *told.notes], width - 1), (0, 0, 0, 1))
    for item in told.problems:
        yield from _detail(item, width)
    if told.notes:
        yield from _section("Notes: small or unsure, they fail no gate")
        for item in told.notes:
            yield from _note(item)
    if told.explained:
        yield from _section(told.explained_title)
        for item in told.explained:
            yield from _note(item)
    if told.memory is not None:
        yield from _memory(told.memory, width, ascii_only)
    yield from _checked(told)
    yield Text()
    yield Text(told.footer, "dim")


def _verdict(told: View) -> Text:
    if told.problems and told.worst:
        return Text(f" ✗ {told.verdict} ", STYLES[told.worst])
    sound = told.complete and not told.empty
    return Text(f" ✓ {told.verdict}", "bold green") if sound else Text(f" ○ {told.verdict}", "bold")


def _section(title: str) -> Iterator[RenderableType]:
    yield Text()
    yield Rule(Text(f" {title} ", "bold"), style="dim", align="left", characters="─")


def _overview(items: Sequence[Item], room: int) -> Table:
    subjects = [_subject(item) for item in items]
    figures = [max(len(head), *(len(t) for t in texts)) for head, texts in (
        ("#", [str(i.number) for i in items]),
        ("severity", [str(i.severity) for i in items]),
        ("rows", [i.rows for i in items]),
        ("rate", [i.rate for i in items]),
        ("sure", [i.confidence for i in items]),
    )]  # fmt: skip
    left = max(20, room - sum(figures) - 6 * GAP)
    widest = max(cell_len(s) for s in [*subjects, "columns"])
    what = min(max(len(i.title) for i in items), max(left // 2, left - widest))
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="dim", show_edge=False)
    table.add_column("#", justify="right", style="dim", no_wrap=True)
    table.add_column("severity", no_wrap=True)
    table.add_column("what", overflow="fold", width=what)
    table.add_column("columns", overflow="fold", width=min(widest, left - what))
    for name in ("rows", "rate", "sure"):
        table.add_column(name, justify="right", no_wrap=True)
    for item, subject in zip(items, subjects, strict=True):
        severity = Text(str(item.severity), STYLES[item.severity])
        table.add_row(
            str(item.number), severity, Text(item.title), Text(subject), item.rows, item.rate, item.confidence
        )
    return table


def _subject(item: Item) -> str:
    columns = listed([cut(c, 24) for c in item.columns], 3) or "whole table"
    return columns + (f" ({cut(item.segment, 24)})" if item.segment else "")


def _detail(item: Item, width: int) -> Iterator[RenderableType]:
    yield Text()
    heading = Text.assemble(
        (f" {item.number} {str(item.severity).upper()} ", STYLES[item.severity]),
        (f" {item.title}", "bold"),
        (f" · {item.subject}", ""),
    )
    heading.overflow = "fold"
    yield heading
    facts = [] if item.rows == "–" else [f"{item.rows} {'row' if item.rows == '1' else 'rows'}", item.rate]
    facts += [f"{item.confidence} sure", f"id {item.id}", *([item.seen] if item.seen else [])]
    yield Padding(Text(" · ".join(facts), "dim"), (0, 0, 0, 3))
    grid = Table.grid(padding=(0, 1))
    grid.add_column(style="dim", no_wrap=True, justify="right", min_width=5)
    grid.add_column(overflow="fold")
    grid.add_row("why", Text(item.reason))
    if item.evidence:
        grid.add_row("seen", Text(" · ".join(f"{k}: {v}" for k, v in item.evidence)))
    for consequence in item.consequences:
        grid.add_row("also", Text(consequence))
    if item.action:
        grid.add_row("do", Text(item.action, "green"))
    proof = item.predicate or item.query
    if proof:
        grid.add_row("where" if item.predicate else "query", Text(cut(proof, PREDICATE), "cyan"))
    body: list[RenderableType] = [grid]
    if item.sample:
        body += [Text(), Padding(_sample(item.sample, width - 12), (0, 0, 0, 6))]
    yield Padding(Group(*body), (0, 0, 0, 3))


def _note(item: Item) -> Iterator[RenderableType]:
    heading = Text.assemble((f"{item.severity} ", STYLES[item.severity]), item.title, f" · {item.subject}")
    if item.rows != "–":
        heading.append(f" · {item.rows} {'row' if item.rows == '1' else 'rows'}, {item.rate}", "dim")
    if item.seen:
        heading.append(f" · {item.seen}", "dim")
    grid = Table.grid(padding=(0, 1))
    grid.add_column(style="dim", justify="right", min_width=3, no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(str(item.number), heading)
    grid.add_row("", Padding(Text(item.known or item.reason, "dim"), (0, 0, 0, 2)))
    yield grid


def _sample(sample: SampleTable, room: int) -> Table:
    """As many columns as fit: the position and the bad cells first, in the order of the table."""
    widths = [
        min(VALUE, max([cell_len(name), *(cell_len(row[i].text) for row in sample.rows)]))
        for i, name in enumerate(sample.header)
    ]
    bad = [any(row[i].bad for row in sample.rows) for i in range(len(sample.header))]
    wanted = sorted(range(len(widths)), key=lambda i: (sample.header[i] != "row", not bad[i], i))
    chosen: list[int] = []
    for index in wanted:
        if sum(widths[i] + 2 for i in [*chosen, index]) <= room:
            chosen.append(index)
    chosen.sort()
    left_out = sample.left_out + len(widths) - len(chosen)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    for index in chosen:
        number = any(row[index].number for row in sample.rows)
        table.add_column(Text(cut(sample.header[index], VALUE)), justify="right" if number else "left", no_wrap=True)
    for row in sample.rows:
        table.add_row(*[Text(cut(row[i].text, VALUE), _style(row[i])) for i in chosen])
    if left_out:
        table.caption = Text(left_out_text(left_out), "dim")
        table.caption_justify = "left"
    return table


def _style(cell: Cell) -> str:
    if cell.null:
        return "red italic" if cell.bad else "dim italic"
    return "red" if cell.bad else ""


def _checked(told: View) -> Iterator[RenderableType]:
    if told.passed:
        yield from _section("Checked and found clean")
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(justify="right", style="dim", no_wrap=True)
        table.add_column(overflow="fold", style="dim")
        for passed in told.passed:
            names = listed([cut(c, 24) for c in passed.columns], 5)
            table.add_row(Text.assemble(("✓ ", "green"), passed.title), plural(passed.checks, "check"), Text(names))
        yield table
    for title, lines in told.remarks:
        if lines:
            yield from _section(title)
            grid = Table.grid(padding=(0, 1))
            grid.add_column(style="dim")
            grid.add_column(style="dim", overflow="fold")
            _listed(grid, " ·", lines)
            yield grid


def _listed(grid: Table, mark: str, lines: Sequence[str], *, once: bool = False) -> None:
    """The first lines, each behind the mark (``once``: only the first), and how many more there are."""
    for place, line in enumerate(lines[:EXPECTED]):
        grid.add_row("" if once and place else mark, Text(line))
    if len(lines) > EXPECTED:
        grid.add_row("", f"and {len(lines) - EXPECTED} more (all are in --format json)")


def _memory(told: MemoryView, width: int, ascii_only: bool) -> Iterator[RenderableType]:
    yield from _section("Memory")
    grid = Table.grid(padding=(0, 1))
    grid.add_column(style="dim", no_wrap=True, justify="right", min_width=9)
    grid.add_column(overflow="fold")
    _listed(grid, "recalled", [told.recalled])
    for group in told.groups:
        _listed(grid, group.word, group.lines, once=True)
    yield grid
    if told.charts:
        yield Text()
        yield Text("   What moved, the last day in brackets", "dim")
        charts = Table.grid(padding=(0, 2, 0, 0))
        charts.add_column(no_wrap=True)
        charts.add_column(overflow="fold")
        for chart in told.charts:
            name = cut(chart.name, max(8, width // 2 - 20))
            line = sparkline(chart.values, ascii_only)
            charts.add_row(name, Text.assemble(line[:-3], (line[-3:], "bold")))
            figures = [chart.first, chart.last, chart.span and f"range {chart.span}"]
            charts.add_row("", Text(" · ".join(f for f in figures if f), "dim"))
        yield Padding(charts, (0, 0, 0, 3))
