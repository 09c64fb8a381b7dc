"""A delimited text file as a scratch table: quickly where it is regular, carefully where anything about it is odd.

The quick way is the engine's own reader with the dialect spelled out, so that it refuses what it cannot read instead of
guessing. What it refuses, and files whose head or end looks odd, go the careful way: decoded, cut to the table, read as
text with the lines of torn rows kept, then typed by what the values read as.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import duckdb

from assay.errors import SourceError
from assay.source.files.calendar_formats import CalendarFormat
from assay.source.files.casts import quoted, text
from assay.source.files.dialect import Dialect, Reader
from assay.source.files.ragged import Fault, mark_rows, mend, stage_records
from assay.source.files.sketch import TAIL, Sketch, alike, ends_of, sketch_of
from assay.source.files.tear import broken_text, left_out, odd_header, torn_rows
from assay.source.files.transcoded import as_text, is_binary, is_plain
from assay.source.notes import Note
from assay.source.recipe import Recipe

GUESSED = "sample_size = -1, dateformat = '%Y-%m-%d'"  # other dates are read by the habits of the column
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
    for path in paths:
        head, tail = ends_of(path)
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
    reading = f"{_options(first.dialect, header=True, skip=0)}, {_guessed(first)}"
    days = _read(connection, table, f"{file_list(paths)}, {reading}", first)
    if days is None:
        return None
    recipe = Recipe(f"read_csv({file_list(shown)}, {reading})").then(days) if shown is not None else None
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


def _days(connection: duckdb.DuckDBPyConnection, table: str, sketch: Sketch) -> Mapping[str, str]:
    """Make dates of what the engine took for midnights: days that are not written with dashes."""
    described = connection.sql(f"SELECT * FROM {table} LIMIT 0")
    types = dict(zip(described.columns, map(str, described.types), strict=True))
    made = {}
    for name, writing in sketch.writings.items():
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
        reading = _even(sketch, first_line - 1, typed=typed)
        made = _read(connection, table, f"{text(str(plain.path))}, {reading}", sketch)
        if shown is not None and made is not None and plain.faithful and not sketch.footer:
            recipe = Recipe(f"read_csv({text(shown)}, {reading})").then(made)
    if made is None:
        faults = _stage_mended(connection, plain.path, table, scratch, sketch, first_line, typed=typed)
    hidden = mark_rows(connection, table, faults)
    notes += torn_rows(name, len(sketch.layout.names), [(f.line, f.mark) for f in faults])
    notes += broken_text(name, plain.broken, plain.encoding.name)
    if plain.path != path:
        plain.path.unlink()
    return Staged(table, hidden, tuple(notes), recipe)


def _stage_mended(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    table: str,
    scratch: Path,
    sketch: Sketch,
    first_line: int | None,
    *,
    typed: bool,
) -> list[Fault]:
    """Read rows that do not all have the same fields, or that the engine refuses for another reason."""
    if first_line is not None:
        mended = scratch / f"{table}.mended"
        faults = mend(path, mended, sketch.dialect, sketch.layout, first_line)
        arguments = f"{text(str(mended))}, {_even(sketch, 0, typed=typed)}"
        read = mended.stat().st_size and _read(connection, table, arguments, sketch) is not None
        mended.unlink()
        if read:
            return faults
    with path.open(encoding="utf-8", newline="\n") as file:
        rows = islice(file, first_line - 1 if first_line is not None else 0, None if first_line is not None else 0)
        records = Reader(sketch.dialect).read(line.rstrip("\n") for line in rows)
        found = stage_records(connection, records, table, replace(sketch.layout, first=0))
    return [replace(f, line=f.line + (first_line or 1) - 1) for f in found]


def _even(sketch: Sketch, skip: int, *, typed: bool) -> str:
    """What the engine's reader is told of rows that all have the same fields."""
    names = ", ".join(text(n) for n in sketch.layout.names)
    options = _options(sketch.dialect, header=False, skip=skip)
    kinds = _guessed(sketch) if typed else "all_varchar = true"
    return f"{options}, {kinds}, names = [{names}]"


def _guessed(sketch: Sketch) -> str:
    return f"{GUESSED}, {WHOLE_ONLY}" if sketch.decimal_commas else GUESSED


def _options(dialect: Dialect, *, header: bool, skip: int) -> str:
    quote = text(dialect.quote)
    return (
        f"delim = {text(dialect.delimiter)}, quote = {quote}, escape = {quote}, header = {str(header).lower()}, "
        f"skip = {skip}, strict_mode = true, null_padding = false, max_line_size = 16777216"
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
