"""Text files and workbooks as one typed scratch table: unpacked, staged the quick or the careful way, typed, noted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from assay.errors import SourceError
from assay.source.files.encoding import UTF8, detect_encoding
from assay.source.files.tear import MARK, REPLACED, located
from assay.source.files.textfile import Staged, stage_carefully, stage_quickly
from assay.source.files.together import stage_together, unite
from assay.source.files.totals import drop_totals
from assay.source.files.transcoded import CHUNK, transcode
from assay.source.files.typed import quoted, text, type_columns
from assay.source.files.unpacked import unpacked
from assay.source.files.workbook import sheet_names, stage_sheet

LARGEST_OBJECT = 134_217_728


def stage_texts(
    connection: duckdb.DuckDBPyConnection,
    paths: Sequence[Path],
    table: str,
    scratch: Path,
    kind: str,
    *,
    sheet: str | None = None,
    bound: int | None = None,
) -> Staged:
    """Read files of one kind (``csv``, ``json`` or ``excel``) into a scratch table with the types of the values.

    Args:
        scratch: a folder for what is unpacked and decoded on the way.
        sheet: the sheet of a workbook.
        bound: bytes that unpacking may write (None: no bound).

    Raises:
        SourceError: a file is not what its name says.
        BudgetError: a packed file is larger than the bound.
    """
    names = [path.name for path in paths]
    if kind == "excel":
        staged = _workbooks(connection, paths, table, sheet)
    else:
        plain = [unpacked(path, scratch / f"unpacked{i}", bound) for i, path in enumerate(paths)]
        if kind == "json":
            plain = [_decoded(path, scratch / f"decoded{i}") for i, path in enumerate(plain)]
            _objects(connection, plain, table)
            staged = Staged(table, (), ())
        elif stage_quickly(connection, plain, table):
            staged = Staged(table, (), ())
        elif len(plain) == 1:
            staged = stage_carefully(connection, plain[0], table, scratch, names[0], typed=True)
        else:
            staged = stage_together(connection, plain, table, scratch, names)
        for path, original in zip(plain, paths, strict=True):
            if path != original:
                path.unlink()
    sound = f"coalesce({MARK}, 0) = 0" if MARK in staged.hidden else "TRUE"
    notes = [*staged.notes, *type_columns(connection, table, sound)]
    if any("encoding" in note.evidence for note in notes):
        broken = _broken_columns(connection, table)
        notes = [located(note, broken) if "encoding" in note.evidence else note for note in notes]
    if len(paths) == 1:
        notes += drop_totals(connection, table, staged.hidden, names[0])
    return Staged(table, staged.hidden, tuple(notes))


def _workbooks(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], table: str, sheet: str | None) -> Staged:
    parts = []
    for place, path in enumerate(paths):
        sheets = [sheet] if sheet is not None else sheet_names(path)
        if len(sheets) != 1:
            has = f"{len(sheets)} sheets ({', '.join(sheets[:8])})" if sheets else "no sheet with cells"
            raise SourceError(f"{path.name}: has {has}; name one as {path.name}#SHEET")
        own = table if len(paths) == 1 else f"{table}_{place}"
        parts.append(stage_sheet(connection, path, sheets[0], own, f"{path.name}#{sheets[0]}"))
    return parts[0] if len(parts) == 1 else unite(connection, parts, table, [p.name for p in paths])


def _objects(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], table: str) -> None:
    listed = ", ".join(text(str(p)) for p in paths)
    union = ", union_by_name = true" if len(paths) > 1 else ""
    options = f"maximum_object_size = {LARGEST_OBJECT}{union}"
    connection.execute(f"CREATE TABLE {table} AS SELECT * FROM read_json_auto([{listed}], {options})")


def _decoded(path: Path, target: Path) -> Path:
    """A JSON file as UTF-8 without a byte order mark."""
    with path.open("rb") as file:
        encoding = detect_encoding(file.read(CHUNK), whole=False)
    return path if encoding == UTF8 else transcode(path, target, encoding).path


def _broken_columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    described = connection.sql(f"SELECT * FROM {table} LIMIT 0")
    names = [n for n, t in zip(described.columns, described.types, strict=True) if str(t) == "VARCHAR"]
    counts = [f"count(*) FILTER (WHERE contains({quoted(n)}, {text(REPLACED)}))" for n in names]
    found = connection.execute(f"SELECT {', '.join(counts)} FROM {table}").fetchone() if counts else ()
    return [n for n, count in zip(names, found or (), strict=True) if count]
