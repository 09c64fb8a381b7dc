"""Where the table is in a file: title lines above the header, the header itself, totals and metadata below the rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from assay.source.files.calendar_formats import calendar_of
from assay.source.files.dialect import Record
from assay.source.files.numerals import numerals_of

TOTAL = re.compile(
    r"^(grand |sub|overall |report )?totals?\b( ?[:\-–(].*| general| général| geral| rows?| of .*)?$|^total[:\-–].*"
    r"|^(gesamt(summe|ergebnis|zahl)?|summe|insgesamt|totale|totaal|totalt|suma|somme|soma|sum|celkem|razem|ogółem"
    r"|yhteensä|összesen|toplam|genel toplam|итого|всего|итог|разом|усього"
    r"|合計|総計|总计|總計|合计|합계|총계)\b ?:?.*$",
    re.IGNORECASE,
)
BLANK = frozenset({"", "-", "--", "—", "–"})
HEAD_RECORDS = 60


@dataclass(frozen=True)
class Layout:
    """The rows of a file that are its table.

    Attributes:
        header: index of the header among the records, None if the first record is data.
        names: names of the columns, unique and not empty.
        odd_names: header cells that were empty or repeated another one.
        first: index of the first row of data.
        titles: records above the header.
    """

    header: int | None
    names: tuple[str, ...]
    odd_names: tuple[str, ...]
    first: int
    titles: tuple[Record, ...] = ()


def find_layout(records: Sequence[Record]) -> Layout:
    """The layout from the first records of a file."""
    width = _width(records)
    start = _table_start(records, width)
    start += _grouped(records[start : start + HEAD_RECORDS])
    names = [f.strip() for f in records[start].fields] if start < len(records) else []
    below = [r.fields for r in records[start + 1 : start + 1 + HEAD_RECORDS]]
    titles = tuple(records[:start])
    if not is_header(names, below):
        return Layout(None, tuple(f"column{i}" for i in range(width)), (), start, titles)
    rows = [b for b in below if len(b) == len(names) + 1]
    if rows and len(rows) > len(below) / 2 and any(r[-1].strip() for r in rows):
        names.insert(0, "")  # the names of rows, which R writes without a name of their own
    # A delimiter at the end of every line makes a column that has neither a name nor a value.
    while len(names) > 1 and not names[-1] and all(len(b) < len(names) or not b[-1].strip() for b in below):
        names.pop()
    unique, odd = unique_names(names)
    return Layout(start, unique, odd, start + 1, titles)


def unique_names(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names that are not empty and differ without regard to case, and those that had to be changed for it."""
    taken: set[str] = set()
    own = {" ".join(n.split()).casefold() for n in names}
    unique: list[str] = []
    odd: list[str] = []
    for place, raw in enumerate(names):
        name = " ".join(raw.split()) or f"column{place}"
        if not raw.strip():
            odd.append(name)
        candidate, number = name, 0
        while candidate.casefold() in taken or (number and candidate.casefold() in own):
            number += 1
            candidate = f"{name}_{number}"
        if number:
            odd.append(candidate)
        taken.add(candidate.casefold())
        unique.append(candidate)
    return tuple(unique), tuple(odd)


def is_header(names: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a record names columns: its cells are words, where those below it are numbers or dates."""
    filled = [n for n in names if n]
    if not filled:
        return False
    typed = [place for place, name in enumerate(names) if name and _typed([name])]
    if not typed:
        return True
    years = [n for n in (names[p] for p in typed) if re.fullmatch(r"(19|20)\d\d([-/ ]\d\d)?", n)]
    if len(years) == len(typed) < len(filled):
        return True
    columns = {p: [b[p] for b in below if p < len(b) and b[p].strip()] for p in range(len(names))}
    named_over_values = [p for p, n in enumerate(names) if n and p not in typed and _typed(columns[p])]
    return len(named_over_values) > len(typed)


def is_total(fields: Sequence[str]) -> bool:
    """Whether a row says that it is the sum of the others, and names nothing else."""
    filled = [(p, f.strip()) for p, f in enumerate(fields) if f.strip() not in BLANK]
    if not filled or not TOTAL.match(filled[0][1]):
        return False
    words = [f for _, f in filled[1:] if not _typed([f]) and not TOTAL.match(f)]
    return len(words) <= max(0, len(filled) // 3) and (len(filled) < len(fields) or not words) and len(fields) > 1


def footer_start(records: Sequence[Record], width: int, *, blank_before: frozenset[int] = frozenset()) -> int:
    """Index of the first record of the footer: totals, and remarks that do not have the table's form.

    Args:
        records: the last records of a file; the first of them belongs to the table.
        width: fields of a row.
        blank_before: lines of records that an empty line stands before.
    """
    end = _before_remarks(records, width, blank_before)
    while end > 1 and (is_total(records[end - 1].fields) or not any(f.strip() for f in records[end - 1].fields)):
        end -= 1
    # Remarks may follow totals without an empty line.
    below = next((p for p in range(1, end) if is_total(records[p].fields)), end)
    unlike = all(is_total(r.fields) or _unlike(r.fields, width) for r in records[below:end])
    return below if unlike else end


def _before_remarks(records: Sequence[Record], width: int, blank_before: frozenset[int]) -> int:
    """Index of the first record behind an empty line from which on no record looks like a row."""
    end = start = len(records)
    while start > 1:
        fields = records[start - 1].fields
        if not (_unlike(fields, width) or is_total(fields) or not any(f.strip() for f in fields)):
            break
        start -= 1
        if records[start].line in blank_before:
            end = start
    # Without an empty line several sparse lines of another form are remarks, and a single one may be a torn row.
    bare = records[start:]
    return start if width > 3 and len(bare) > 1 and all(len(r.fields) <= 2 for r in bare) else end


def _unlike(fields: Sequence[str], width: int) -> bool:
    """Whether a record has not the form of a row of the table."""
    return width > 1 and (len(fields) != width or sum(bool(f.strip()) for f in fields) <= max(1, width // 3))


def _width(records: Sequence[Record]) -> int:
    """Fields of most records; of the first one where all are alone."""
    widths = Counter(len(r.fields) for r in records)
    if not widths:
        return 0
    most = max(widths.values())
    return max(w for w, n in widths.items() if n == most) if most > 1 else max(widths)


def _table_start(records: Sequence[Record], width: int) -> int:
    """Index of the first record that is as wide and as full as a header."""
    needed = 1 if width < 2 else max(2, round(0.6 * width))
    for place, record in enumerate(records):
        # A header may lack the name of its last or first column; titles have one cell, or a name and a value.
        if len(record.fields) >= width - 1 and sum(bool(f.strip()) for f in record.fields) >= needed:
            return place
    for place, record in enumerate(records):
        if len(record.fields) == width:
            return place
    return 0


def _grouped(records: Sequence[Record]) -> bool:
    """Whether the first record names groups of columns only, and the next one the columns themselves."""
    if len(records) < 3 or all(f.strip() for f in records[0].fields):
        return False
    group, names = ([f.strip() for f in r.fields] for r in records[:2])
    if len(names) != len(group) or not all(names) or len(set(names)) < len(names):
        return False
    columns = list(zip(*(r.fields for r in records[2:] if len(r.fields) == len(names)), strict=True))
    typed = [place for place, cells in enumerate(columns) if _typed(cells)]
    return bool(typed) and not any(_typed([n]) for n in names)


def _typed(values: Sequence[str]) -> bool:
    """Whether most texts are numbers or dates."""
    values = [v for v in values if v.strip() not in BLANK]
    if not values:
        return False
    ones = [1] * len(values)
    numerals = numerals_of(values, ones)
    reads = sum(numerals.number(v) == numerals.number(v) for v in values)
    if reads < 0.6 * len(values):
        calendar = calendar_of(values, ones)
        reads = max(reads, sum(calendar.day(v) == calendar.day(v) for v in values) if calendar else 0)
    return reads >= 0.6 * len(values)
