"""What the two ends of a text file say of it: its dialect, where the table is, how its columns are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from assay.source.files.calendar_formats import CalendarFormat
from assay.source.files.casts import Cast, ways_of
from assay.source.files.dialect import Dialect, Record, declared_delimiter, detect_dialect, records_of
from assay.source.files.layout import Layout, find_layout, footer_start, is_total
from assay.source.files.mixed_calendars import MixedCalendar
from assay.source.files.numerals import Numerals
from assay.source.files.written import Habits, Writing, habits_of, manner, unit_of, writing_of

HEAD = 1 << 18
TAIL = 1 << 16
LOOKED_AT = 400  # records from which the layout is told
LAST = 30  # records in which a footer is looked for


@dataclass(frozen=True)
class Sketch:
    """What the two ends of a file say of it.

    Attributes:
        records: the first records.
        footer: records at the end that are no rows.
        footer_lines: lines from the first of them to the end.
        even: whether all records that were seen have as many fields as the header.
    """

    dialect: Dialect
    layout: Layout
    records: tuple[Record, ...]
    footer: tuple[Record, ...]
    footer_lines: int
    even: bool

    @property
    def regular(self) -> bool:
        """Whether there is nothing but a header and rows, all of one form."""
        layout = self.layout
        cells = self.records[0].fields if self.records else []
        return (
            layout.header == 0
            and self.dialect.usual
            and self.records[0].line == 1
            and tuple(cells) == layout.names
            and not layout.odd_names
            and not self.footer
            and self.even
        )

    @property
    def countable(self) -> bool:
        """Whether the engine can find the rows by their line: what is above has no line breaks in fields."""
        return (
            self.even
            and self.dialect.usual
            and all("\n" not in f for r in self.records[: self.layout.first] for f in r.fields)
        )

    @property
    def decimal_commas(self) -> bool:
        """Whether a column writes numbers in the way that the engine would misread."""
        return any(w and isinstance(w.form, Numerals) and w.form.decimal == "," for w in self.writings.values())

    @cached_property
    def values(self) -> dict[str, Counter[str]]:
        """The values in the first rows by column, and how often each is there."""
        rows = [r.fields for r in self.records[self.layout.first :] if len(r.fields) == len(self.layout.names)]
        columns = zip(*rows, strict=True) if rows else [()] * len(self.layout.names)
        return {n: Counter(c for c in cells if c.strip()) for n, cells in zip(self.layout.names, columns, strict=True)}

    @cached_property
    def writings(self) -> dict[str, Writing | None]:
        """What the first rows say of how each column is written."""
        return {n: writing_of(list(v), list(v.values())) for n, v in self.values.items()}

    def casts(self, later: Mapping[str, Collection[str]]) -> dict[str, Cast]:
        """The types of columns of which there is no doubt how they are written, where the engine would have some.

        Args:
            later: for some columns cells further on that are not like those of the first rows. Where they show how
                thousands are grouped, all columns of numbers may have such cells.
        """
        values = {n: v + Counter(later.get(n, ())) for n, v in self.values.items()}
        read = {n: w if n not in later else writing_of(list(values[n]), list(values[n].values()))
                for n, w in self.writings.items()}  # fmt: skip
        writings = {n: w for n, w in read.items() if w is not None}
        habits = habits_of([*writings.values()])
        sure = [n for n, w in writings.items() if w.form is not None and _no_doubt(w.form, habits)]
        casts = {n: cast for n in sure if (cast := _cast(n, values[n], habits))}
        seen = {n: c.writing.form.group for n, c in casts.items() if c.writing and isinstance(c.writing.form, Numerals)}
        groups = {group for n, group in seen.items() if any(group in cell for cell in later.get(n, ()))}
        if len(groups) == 1:
            (group,) = groups
            habits = replace(habits, decimal="." if group == "," else ",")
            for name in (n for n, w in writings.items() if w.type.numeric and w.form is None):
                cast = _cast(name, values[name] + Counter([f"1{group}234"]), habits)
                if (
                    cast
                    and cast.writing
                    and isinstance(cast.writing.form, Numerals)
                    and cast.writing.form.group == group
                ):
                    casts[name] = cast
        return casts


def _cast(name: str, values: Counter[str], habits: Habits) -> Cast | None:
    told = values.most_common()
    cast = next(iter(ways_of(name, [v for v, _ in told], [n for _, n in told], habits)), None)
    return None if cast is None or cast.unusual else cast


def _no_doubt(form: Numerals | CalendarFormat | MixedCalendar, habits: Habits) -> bool:
    return form.certain or (isinstance(form, Numerals) and habits.decimal is not None)


def ends_of(path: Path) -> tuple[bytes, bytes]:
    """The first and the last bytes of a file; the last ones are empty where the first are all."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD)
        file.seek(max(len(head), size - TAIL))
        return head, file.read()


def sketch_of(head: bytes, tail: bytes) -> Sketch:
    """The sketch of a UTF-8 file from its first and last bytes, as :func:`ends_of` gives them."""
    return _sketch(head.decode("utf-8", "ignore"), tail.decode("utf-8", "ignore"), cut=len(head) == HEAD)


def _sketch(head: str, tail: str, *, cut: bool) -> Sketch:
    lines = head.replace("\r\n", "\n").split("\n")
    if cut:
        lines.pop()
    dialect = detect_dialect([line for line in lines[:LOOKED_AT] if line.strip()])
    if lines and declared_delimiter(lines[0]):
        lines[0] = ""
    all_records = records_of(lines, dialect)
    last_lines = lines if not cut else tail.replace("\r\n", "\n").split("\n")[1:]
    last = all_records if not cut else records_of(last_lines, dialect)
    layout = find_layout(all_records[:LOOKED_AT])
    width = len(layout.names)
    body = last[layout.first :] if not cut else last
    end = _footer(body, width, last_lines)
    footer = tuple(body[end:])
    records = all_records if cut else all_records[: len(all_records) - len(footer)]
    rows = records[layout.first :]
    even = all(len(r.fields) == width and not r.torn for r in rows) and not (rows and is_total(rows[0].fields))
    lines_below = len(last_lines) - (footer[0].line - 1) if footer else 0
    return Sketch(dialect, layout, tuple(records), footer, lines_below, even)


def _footer(body: Sequence[Record], width: int, lines: Sequence[str]) -> int:
    """Index of the first record below the table."""
    if len(body) < 2:
        return len(body)
    last = body[-LAST:]
    blank_before = frozenset(r.line for r in last if r.line > 1 and not lines[r.line - 2].strip())
    return len(body) - len(last) + footer_start(last, width, blank_before=blank_before)


def alike(one: Sketch, other: Sketch) -> bool:
    """Whether two files have the same columns, and values of the same types, in the same manner and unit."""
    if one.dialect != other.dialect or one.layout.names != other.layout.names:
        return False
    mine, theirs = one.writings, other.writings
    told = [{manner(mine[n]), manner(theirs[n])} - {None} for n in mine]
    told += [{unit_of(mine[n], one.values[n]), unit_of(theirs[n], other.values[n])} - {None} for n in mine]
    return all(family(mine[n]) == family(theirs[n]) for n in mine) and all(len(seen) < 2 for seen in told)


def family(writing: Writing | None) -> str:
    """``number``, ``date`` or ``text``: what cannot change without an error."""
    if writing is None:
        return "text"
    return "number" if writing.type.numeric else "date"
