"""A delimited text file of any kind as a scratch table.

It is decoded, cut to the table, and read as text with the lines of torn rows kept; then it is typed by what the values
read as.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from itertools import islice
from pathlib import Path

import duckdb

from assay.errors import SourceError
from assay.source.files.dialect import Reader
from assay.source.files.ragged import Fault, mark_rows, mend, put_back, stage_records
from assay.source.files.regular import read_even
from assay.source.files.sketch import TAIL, Sketch, ends_of, sketch_of
from assay.source.files.staged import Staged
from assay.source.files.tear import broken_text, left_out, odd_header, torn_rows
from assay.source.files.transcoded import as_text, is_binary
from assay.source.files.written import Writing
from assay.source.recipe import Recipe


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
        made = read_even(connection, table, [plain.path], sketch, skip=first_line - 1, typed=typed)
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
        hides = "rowid" in (n.lower() for n in sketch.layout.names)  # the engine's own places
        faults = mend(path, mended, sketch.dialect, sketch.layout, first_line, apart=typed and not hides)
        made = read_even(connection, table, [mended], sketch, skip=0, typed=typed) if mended.stat().st_size else None
        mended.unlink()
        if made is not None:
            put_back(connection, table, faults, made.casts)
            return faults, made.writings
    with path.open(encoding="utf-8", newline="\n") as file:
        rows = islice(file, first_line - 1 if first_line is not None else 0, None if first_line is not None else 0)
        records = Reader(sketch.dialect).read(line.rstrip("\n") for line in rows)
        found = stage_records(connection, records, table, replace(sketch.layout, first=0))
    return [replace(f, line=f.line + (first_line or 1) - 1) for f in found], ()


def _cut(path: Path, lines: int) -> None:
    """Remove the last lines of a file."""
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - TAIL - 4)
        file.seek(start)
        end = file.read()
        kept = end.split(b"\n")[: -lines or None]
        file.truncate(start + len(b"\n".join(kept)) + 1)
