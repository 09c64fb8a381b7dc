"""A delimited text file as a scratch table: quickly where it is regular, carefully where anything about it is odd.

The quick way is the engine's own reader with the dialect spelled out, so that it refuses what it cannot read instead of
guessing. What it refuses, and files whose head or end looks odd, go the careful way: decoded, cut to the table, read as
text with the lines of torn rows kept, then typed by what the values read as.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from assay.errors import SourceError
from assay.source.files.calendar_formats import CalendarFormat
from assay.source.files.dialect import Dialect, Reader, Record, declared_delimiter, detect_dialect, records_of
from assay.source.files.layout import Layout, find_layout, footer_start, is_total
from assay.source.files.numerals import Numerals
from assay.source.files.ragged import Fault, mark_rows, mend, stage_records
from assay.source.files.tear import broken_text, left_out, odd_header, torn_rows
from assay.source.files.transcoded import encoding_of, is_binary, is_plain, transcode
from assay.source.files.typed import quoted, text
from assay.source.files.written import Writing, writing_of
from assay.source.notes import Note
from assay.source.recipe import Recipe

GUESSED = "sample_size = -1, dateformat = '%Y-%m-%d'"  # other dates are read by the habits of the column
HEAD = 1 << 18
TAIL = 1 << 16
LOOKED_AT = 400  # records from which the layout is told
REFUSALS = (duckdb.InvalidInputException, duckdb.ConversionException)
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
            and self.records[0].line == 1
            and tuple(cells) == layout.names
            and not layout.odd_names
            and not self.footer
            and self.even
        )

    @property
    def countable(self) -> bool:
        """Whether the engine can find the rows by their line: what is above has no line breaks in fields."""
        return self.even and all("\n" not in f for r in self.records[: self.layout.first] for f in r.fields)

    @property
    def decimal_commas(self) -> bool:
        """Whether a column writes numbers in the way that the engine would misread."""
        return any(w and isinstance(w.form, Numerals) and w.form.decimal == "," for w in self.writings().values())

    def writings(self) -> dict[str, Writing | None]:
        """What the first rows say of how each column is written."""
        rows = [r.fields for r in self.records[self.layout.first :] if len(r.fields) == len(self.layout.names)]
        columns = zip(*rows, strict=True) if rows else [()] * len(self.layout.names)
        found: dict[str, Writing | None] = {}
        for name, cells in zip(self.layout.names, columns, strict=True):
            values = [c for c in cells if c.strip()]
            found[name] = writing_of(values, [1] * len(values))
        return found


def stage_quickly(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], table: str, shown: Sequence[str] | None = None
) -> Staged | None:
    """Read regular files of one form with the engine's own reader; None if they are not, or if it refuses them.

    Args:
        shown: where a reader of the report finds the files; None where the engine cannot read them there.
    """
    first: Sketch | None = None
    for path in paths:
        head, tail = _ends(path)
        if not is_plain(head, tail):
            return None
        sketch = _sketch(head.decode("utf-8", "ignore"), tail.decode("utf-8", "ignore"), cut=len(head) == HEAD)
        if not sketch.regular or sketch.decimal_commas:
            return None
        if first and not _alike(first, sketch):
            return None
        first = first or sketch
    if first is None:
        return None
    options = _options(first.dialect, header=True, skip=0)
    days = _read(connection, table, f"{file_list(paths)}, {options}, {GUESSED}", first)
    if days is None:
        return None
    recipe = Recipe(f"read_csv({file_list(shown)}, {options}, {GUESSED})").then(days) if shown is not None else None
    return Staged(table, (), (), recipe)


def file_list(paths: Sequence[str | Path]) -> str:
    """Files as the SQL of a reader's first argument."""
    listed = [text(str(p)) for p in paths]
    return listed[0] if len(listed) == 1 else f"[{', '.join(listed)}]"


def _read(
    connection: duckdb.DuckDBPyConnection, table: str, arguments: str, sketch: Sketch
) -> Mapping[str, str] | None:
    """Make a table with the engine's reader; None if it refuses the file, or finds other columns in it.

    Returns:
        The columns that were given another type afterwards, with the SQL of their values.
    """
    try:
        connection.execute(f"CREATE TABLE {table} AS SELECT * FROM read_csv({arguments})")
    except REFUSALS:
        return None
    if tuple(connection.sql(f"SELECT * FROM {table} LIMIT 0").columns) != sketch.layout.names:
        connection.execute(f"DROP TABLE {table}")
        return None
    return _days(connection, table, sketch)


def _alike(one: Sketch, other: Sketch) -> bool:
    """Whether two files have the same columns, and values of the same types in them."""
    if one.dialect != other.dialect or one.layout.names != other.layout.names:
        return False
    mine, theirs = one.writings(), other.writings()
    return all(family(mine[n]) == family(theirs[n]) for n in mine)


def _days(connection: duckdb.DuckDBPyConnection, table: str, sketch: Sketch) -> Mapping[str, str]:
    """Make dates of what the engine took for midnights: days that are not written with dashes."""
    described = connection.sql(f"SELECT * FROM {table} LIMIT 0")
    types = dict(zip(described.columns, map(str, described.types), strict=True))
    made = {}
    for name, writing in sketch.writings().items():
        form = writing.form if writing is not None else None
        if types.get(name) == "TIMESTAMP" and isinstance(form, CalendarFormat) and form.separator != "-":
            moments = f"SELECT count(*) FROM {table} WHERE {quoted(name)} <> {quoted(name)}::DATE"
            if connection.execute(moments).fetchone() == (0,):
                connection.execute(f"ALTER TABLE {table} ALTER {quoted(name)} TYPE DATE")
                made[name] = f"{quoted(name)}::DATE"
    return made


def family(writing: Writing | None) -> str:
    """``number``, ``date`` or ``text``: what cannot change without an error."""
    if writing is None:
        return "text"
    return "number" if writing.type.numeric else "date"


@dataclass(frozen=True)
class Staged:
    """A scratch table of texts.

    Attributes:
        hidden: its columns that are not of the file.
        notes: what is odd about the file.
        recipe: SQL that reads the same from the file; None where none does.
    """

    table: str
    hidden: tuple[str, ...]
    notes: tuple[Note, ...]
    recipe: Recipe | None = None


def stage_carefully(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    table: str,
    scratch: Path,
    name: str,
    *,
    typed: bool = False,
    shown: str | None = None,
) -> Staged:
    """Read one file into a table of texts.

    Args:
        typed: whether the engine may give types to columns that hold nothing else but its own spelling.
        scratch: a folder for intermediate files.
        name: the file's name in notes.
        shown: where a reader of the report finds the file; None where the engine cannot read it there.

    Raises:
        SourceError: there is no table in the file.
    """
    plain = transcode(path, scratch / f"{table}.txt", encoding_of(path))
    head, tail = _ends(plain.path)
    if is_binary(head):
        raise SourceError(f"{name}: holds binary data, no text; name it by its format (.parquet, .xlsx) or export CSV")
    sketch = _sketch(head.decode("utf-8", "ignore"), tail.decode("utf-8", "ignore"), cut=len(head) == HEAD)
    if not any(f.strip() for r in sketch.records for f in r.fields):
        raise SourceError(f"{name}: the file has no rows and no header")
    if sketch.footer:
        _cut(plain.path, sketch.footer_lines)
    notes = [*odd_header(name, sketch.layout), *left_out(name, sketch.footer)]
    first_line = sketch.records[sketch.layout.first].line if len(sketch.records) > sketch.layout.first else None
    faults: list[Fault] = []
    typed = typed and not sketch.decimal_commas
    recipe: Recipe | None = None
    made = None
    if first_line is not None and sketch.countable:
        reading = _even(sketch, first_line - 1, typed=typed)
        made = _read(connection, table, f"{text(str(plain.path))}, {reading}", sketch)
        if shown is not None and made is not None and plain.faithful and not sketch.footer:
            recipe = Recipe(f"read_csv({text(shown)}, {reading})").then(made)
    if made is None:
        mended = scratch / f"{table}.mended"
        faults = mend(plain.path, mended, sketch.dialect, sketch.layout)
        if not mended.stat().st_size or not _stage_even(connection, mended, table, sketch, typed=typed):
            with plain.path.open(encoding="utf-8", newline="\n") as file:
                records = Reader(sketch.dialect).read(line.rstrip("\n") for line in file)
                stage_records(connection, records, table, sketch.layout)
        mended.unlink()
    hidden = mark_rows(connection, table, faults)
    notes += torn_rows(name, len(sketch.layout.names), [(f.line, f.mark) for f in faults])
    notes += broken_text(name, plain.broken, plain.encoding.name)
    plain.path.unlink()
    return Staged(table, hidden, tuple(notes), recipe)


def _stage_even(connection: duckdb.DuckDBPyConnection, path: Path, table: str, sketch: Sketch, *, typed: bool) -> bool:
    """Read rows that all have the same fields, and no header, with the engine; False if they have not."""
    return _read(connection, table, f"{text(str(path))}, {_even(sketch, 0, typed=typed)}", sketch) is not None


def _even(sketch: Sketch, skip: int, *, typed: bool) -> str:
    """What the engine's reader is told of rows that all have the same fields."""
    names = ", ".join(text(n) for n in sketch.layout.names)
    options = _options(sketch.dialect, header=False, skip=skip)
    kinds = GUESSED if typed else "all_varchar = true"
    return f"{options}, {kinds}, names = [{names}]"


def _options(dialect: Dialect, *, header: bool, skip: int) -> str:
    quote = text(dialect.quote)
    return (
        f"delim = {text(dialect.delimiter)}, quote = {quote}, escape = {quote}, header = {str(header).lower()}, "
        f"skip = {skip}, strict_mode = true, null_padding = false, max_line_size = 16777216"
    )


def _ends(path: Path) -> tuple[bytes, bytes]:
    """The first and the last bytes of a file; the last ones are empty where the first are all."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD)
        file.seek(max(len(head), size - TAIL))
        return head, file.read()


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


def _cut(path: Path, lines: int) -> None:
    """Remove the last lines of a file."""
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - TAIL - 4)
        file.seek(start)
        end = file.read()
        kept = end.split(b"\n")[: -lines or None]
        file.truncate(start + len(b"\n".join(kept)) + 1)
