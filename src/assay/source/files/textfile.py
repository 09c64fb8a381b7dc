"""A delimited text file as a scratch table: quickly where it is regular, carefully where anything about it is odd.

The quick way is the engine's own reader with the dialect spelled out, so that it refuses what it cannot read instead of
guessing. What it refuses, and files whose head or end looks odd, go the careful way: decoded, cut to the table, read as
text with the lines of torn rows kept, then typed by what the values read as.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import duckdb

from assay.errors import SourceError
from assay.source.files.by_head import LONG_LINES, create_by_head
from assay.source.files.calendar_formats import CalendarFormat
from assay.source.files.casts import quoted, text
from assay.source.files.dialect import Reader
from assay.source.files.ragged import Fault, mark_rows, mend, stage_records
from assay.source.files.sketch import TAIL, Sketch, alike, ends_of, sketch_of
from assay.source.files.tear import broken_text, left_out, odd_header, torn_rows
from assay.source.files.transcoded import as_text, is_binary, is_plain, returns_alone
from assay.source.files.written import Writing
from assay.source.notes import Note
from assay.source.recipe import Recipe

DATES = "dateformat = '%Y-%m-%d'"  # other dates are read by the habits of the column
ALL_ROWS = "sample_size = -1"
TEXTS = "all_varchar = true"
# Where numbers have decimal commas a point groups thousands: the engine may read whole numbers, but none with a point.
WHOLE_ONLY = "auto_type_candidates = ['BOOLEAN', 'BIGINT', 'TIME', 'DATE', 'TIMESTAMP', 'VARCHAR']"
REFUSALS = (duckdb.InvalidInputException, duckdb.ConversionException)


def stage_quickly(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], table: str, shown: Sequence[str] | None = None
) -> Staged | None:
    """Read regular files of one form with the engine's own reader; None if they are not, or if it refuses them.

    Args:
        shown: where a reader of the report finds the files; None where the engine cannot read them there.
    """
    first: Sketch | None = None
    returns = {returns_alone(path) for path in paths}
    if len(returns) > 1:
        return None
    (carriage,) = returns
    for path in paths:
        head, tail = ends_of(path)
        if carriage:
            head, tail = head.replace(b"\r", b"\n"), tail.replace(b"\r", b"\n")
        if not is_plain(head, tail):
            return None
        sketch = sketch_of(head, tail)
        if not sketch.regular or (sketch.decimal_commas and len(paths) > 1):
            return None
        if first and not alike(first, sketch):
            return None
        first = first or sketch
    if first is None:
        return None
    made = _read(connection, table, paths, first, carriage=carriage)
    if made is None:
        return None
    return Staged(table, (), (), made.recipe(shown) if shown is not None else None, made.writings)


def file_list(paths: Sequence[str | Path]) -> str:
    """Files as the SQL of a reader's first argument."""
    listed = [text(str(p)) for p in paths]
    return listed[0] if len(listed) == 1 else f"[{', '.join(listed)}]"


@dataclass(frozen=True)
class _Made:
    """How a table was made of files: what the engine's reader was told, and the columns retyped afterwards, in SQL."""

    options: str
    casts: Mapping[str, str]
    writings: tuple[Writing, ...] = ()

    def recipe(self, shown: Sequence[str]) -> Recipe:
        """What anybody reads the same with, from where they find the files."""
        return Recipe(f"read_csv({file_list(shown)}, {self.options})").then(self.casts)


def _read(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    paths: Sequence[Path],
    sketch: Sketch,
    *,
    skip: int | None = None,
    typed: bool = True,
    carriage: bool = False,
) -> _Made | None:
    """Make a table with the engine's reader; None if it refuses the files, or finds other columns in them.

    Args:
        skip: lines above the first row; None where a header is the first line.
        typed: whether the engine may give types to columns that hold nothing else but its own spelling.
        carriage: whether lines end with carriage returns alone.
    """
    options = _options(sketch, header=skip is None, skip=skip or 0, typed=typed) + (
        r", new_line = '\r'" if carriage else ""
    )
    naming = "" if skip is None else f", names = [{', '.join(map(text, sketch.layout.names))}]"
    if typed:
        with suppress(*REFUSALS):
            names = sketch.layout.names
            made = create_by_head(connection, table, paths, options, naming, names, sketch.casts)
            if made is not None:
                told = ", ".join(f"{text(n)}: 'VARCHAR'" for n in made.texts)
                reading = f"{options}{naming}, {LONG_LINES}, {ALL_ROWS}" + (f", types = {{{told}}}" if told else "")
                writings = tuple(c.writing for c in made.casts if c.writing is not None)
                casts = {c.name: c.sql for c in made.casts}
                days = _days(connection, table, {n: w for n, w in sketch.writings.items() if n not in casts})
                return _Made(reading, casts | days, writings)
    options = f"{options}{naming}, {LONG_LINES}" + (f", {ALL_ROWS}" if typed else "")
    try:
        connection.execute(f"CREATE TABLE {table} AS SELECT * FROM read_csv({file_list(paths)}, {options})")
    except REFUSALS:
        return None
    if tuple(connection.sql(f"SELECT * FROM {table} LIMIT 0").columns) != sketch.layout.names:
        connection.execute(f"DROP TABLE {table}")
        return None
    return _Made(options, _days(connection, table, sketch.writings))


def _days(connection: duckdb.DuckDBPyConnection, table: str, writings: Mapping[str, Writing | None]) -> dict[str, str]:
    """Make dates of what the engine took for midnights: days that are not written with dashes."""
    described = connection.sql(f"SELECT * FROM {table} LIMIT 0")
    types = dict(zip(described.columns, map(str, described.types), strict=True))
    made = {}
    for name, writing in writings.items():
        form = writing.form if writing is not None else None
        if types.get(name) == "TIMESTAMP" and isinstance(form, CalendarFormat) and form.separator != "-":
            moments = f"SELECT count(*) FROM {table} WHERE {quoted(name)} <> {quoted(name)}::DATE"
            if connection.execute(moments).fetchone() == (0,):
                connection.execute(f"ALTER TABLE {table} ALTER {quoted(name)} TYPE DATE")
                made[name] = f"{quoted(name)}::DATE"
    return made


@dataclass(frozen=True)
class Staged:
    """A scratch table of texts.

    Attributes:
        hidden: its columns that are not of the file.
        notes: what is odd about the file.
        recipe: SQL that reads the same from the file; None where none does.
        writings: how columns are written that have types already.
    """

    table: str
    hidden: tuple[str, ...]
    notes: tuple[Note, ...]
    recipe: Recipe | None = None
    writings: tuple[Writing, ...] = ()


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
    plain = as_text(path, scratch / f"{table}.txt")
    head, tail = ends_of(plain.path)
    if is_binary(head):
        raise SourceError(f"{name}: holds binary data, no text; name it by its format (.parquet, .xlsx) or export CSV")
    sketch = sketch_of(head, tail)
    if not any(f.strip() for r in sketch.records for f in r.fields):
        raise SourceError(f"{name}: the file has no rows and no header")
    if sketch.footer:
        if plain.path == path:
            plain = replace(plain, path=Path(shutil.copyfile(path, scratch / f"{table}.txt")))
        _cut(plain.path, sketch.footer_lines)
    notes = [*odd_header(name, sketch.layout), *left_out(name, sketch.footer)]
    first_line = sketch.records[sketch.layout.first].line if len(sketch.records) > sketch.layout.first else None
    faults: list[Fault] = []
    recipe: Recipe | None = None
    made = None
    if first_line is not None and sketch.countable:
        made = _read(connection, table, [plain.path], sketch, skip=first_line - 1, typed=typed)
        if shown is not None and made is not None and plain.faithful and not sketch.footer:
            recipe = made.recipe([shown])
    writings = made.writings if made is not None else ()
    if made is None:
        faults, writings = _stage_mended(connection, plain.path, table, scratch, sketch, first_line, typed=typed)
    hidden = mark_rows(connection, table, faults)
    notes += torn_rows(name, len(sketch.layout.names), [(f.line, f.mark) for f in faults])
    notes += broken_text(name, plain.broken, plain.encoding.name)
    if plain.path != path:
        plain.path.unlink()
    return Staged(table, hidden, tuple(notes), recipe, writings)


def _stage_mended(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    table: str,
    scratch: Path,
    sketch: Sketch,
    first_line: int | None,
    *,
    typed: bool,
) -> tuple[list[Fault], tuple[Writing, ...]]:
    """Read rows that do not all have the same fields, or that the engine refuses for another reason.

    Returns:
        The rows that were mended, and how columns are written that have types already.
    """
    if first_line is not None:
        mended = scratch / f"{table}.mended"
        faults = mend(path, mended, sketch.dialect, sketch.layout, first_line)
        made = _read(connection, table, [mended], sketch, skip=0, typed=typed) if mended.stat().st_size else None
        mended.unlink()
        if made is not None:
            return faults, made.writings
    with path.open(encoding="utf-8", newline="\n") as file:
        rows = islice(file, first_line - 1 if first_line is not None else 0, None if first_line is not None else 0)
        records = Reader(sketch.dialect).read(line.rstrip("\n") for line in rows)
        found = stage_records(connection, records, table, replace(sketch.layout, first=0))
    return [replace(f, line=f.line + (first_line or 1) - 1) for f in found], ()


def _options(sketch: Sketch, *, header: bool, skip: int, typed: bool) -> str:
    """What the engine's reader is told of rows that all have the same fields."""
    quote = text(sketch.dialect.quote)
    kinds = ([DATES, WHOLE_ONLY] if sketch.decimal_commas else [DATES]) if typed else [TEXTS]
    return (
        f"delim = {text(sketch.dialect.delimiter)}, quote = {quote}, escape = {quote}, "
        f"header = {str(header).lower()}, skip = {skip}, strict_mode = true, null_padding = false, "
        f"{', '.join(kinds)}"
    )


def _cut(path: Path, lines: int) -> None:
    """Remove the last lines of a file."""
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - TAIL - 4)
        file.seek(start)
        end = file.read()
        kept = end.split(b"\n")[: -lines or None]
        file.truncate(start + len(b"\n".join(kept)) + 1)
