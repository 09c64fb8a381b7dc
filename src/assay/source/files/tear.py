"""The notes that a text file gives rise to: torn rows, bytes that are no text, footers, odd headers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from assay.source.files.dialect import Record
from assay.source.files.layout import Layout
from assay.source.notes import Note, places

MARK = "assay_mark"
REPLACED = "\ufffd"
SHORT, LONG, TORN = 1, 2, 4
_RELOAD = "load these rows again from the source; look for a separator, a quote or a line break inside a field"
_REASONS = {
    SHORT | LONG: ("column_shift", "rows have fewer or more fields than the header: what follows is in wrong columns"),
    TORN: ("malformed_values", "a quote is opened and never closed; the line is read as if the quote were a letter"),
}


def torn_rows(file: str, width: int, faults: Sequence[tuple[int, int]]) -> list[Note]:
    """Notes on rows whose number of fields, or quotes, are wrong.

    Args:
        faults: line and mark of each.
    """
    notes = []
    for mark, (kind, reason) in _REASONS.items():
        lines = [line for line, own in faults if own & mark]
        if not lines:
            continue
        evidence = {**places(file, lines), "fields": width}
        if mark != TORN:
            evidence["too_few"] = sum(bool(own & SHORT) for _, own in faults)
            evidence["too_many"] = sum(bool(own & LONG) for _, own in faults)
        notes.append(Note(kind, (), reason, marked(mark), action=_RELOAD, evidence=evidence))
    return notes


def marked(mark: int) -> exp.Expr:
    """SQL condition that a row carries a mark."""
    bit = exp.BitwiseAnd(this=exp.column(MARK, quoted=True), expression=exp.Literal.number(mark))
    return exp.NEQ(this=exp.paren(bit), expression=exp.Literal.number(0))


def broken_text(file: str, lines: Sequence[int], encoding: str) -> list[Note]:
    """A note on bytes that are no characters of the file's encoding."""
    if not lines:
        return []
    return [
        Note(
            "malformed_values", (), f"bytes that are no {encoding} text, shown as {REPLACED}", rows=len(lines),
            harm=0.7, confidence=0.9,
            action="write the whole file in UTF-8; parts of it come from a source with another encoding",
            evidence={**places(file, list(lines)), "encoding": encoding},
        )
    ]  # fmt: skip


def located(note: Note, columns: Sequence[str]) -> Note:
    """A note on undecodable bytes with the columns that hold them, and the condition of their rows."""
    tests = [exp.Like(this=exp.column(c, quoted=True), expression=exp.Literal.string(f"%{REPLACED}%")) for c in columns]
    return replace(note, columns=tuple(columns), predicate=exp.or_(*tests)) if tests else note


def left_out(file: str, footer: Sequence[Record]) -> list[Note]:
    """A note on rows below the table."""
    filled = [r for r in footer if any(f.strip() for f in r.fields)]
    if not filled:
        return []
    return [
        Note(
            "malformed_values", (), "totals or remarks below the table, which are left out of it", rows=len(filled),
            harm=0.1, confidence=0.2, action="export without totals and footers",
            evidence=places(file, [r.line for r in filled]),
        )
    ]  # fmt: skip


def odd_header(file: str, layout: Layout) -> list[Note]:
    """A note on names that are empty or repeat another one."""
    if not layout.odd_names:
        return []
    return [
        Note(
            "malformed_values", layout.odd_names, "the header names these columns twice or not at all; they got names",
            harm=0.1, confidence=0.2, action="give every column a name of its own", evidence={"file": file},
        )
    ]  # fmt: skip
