"""Text files and workbooks as one typed scratch table: unpacked, staged the quick or the careful way, typed, noted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from assay.errors import SourceError
from assay.source.files.casts import quoted, text
from assay.source.files.encoding import UTF8, detect_encoding
from assay.source.files.headers import drop_headers
from assay.source.files.regular import stage_quickly
from assay.source.files.staged import Staged, file_list
from assay.source.files.tear import MARK, REPLACED, located
from assay.source.files.totals import drop_totals
from assay.source.files.transcoded import CHUNK, transcode
from assay.source.files.typed import type_columns
from assay.source.files.unpacked import packing, unpacked
from assay.source.recipe import Recipe

LARGEST_OBJECT, SMALL_OBJECT = 134_217_728, 16_777_216  # bytes; buffers are as large
EMPTY = (["json"], ["JSON"], ["json"])  # what the engine makes of a file without objects
_KNOWN = {".gz": "gzip", ".zst": "zstd"}


def stage_texts(
    connection: duckdb.DuckDBPyConnection,
    paths: Sequence[Path],
    table: str,
    scratch: Path,
    kind: str,
    *,
    sheet: str | None = None,
    bound: int | None = None,
    addresses: Sequence[str] | None = None,
) -> Staged:
    """Read files of one kind (``csv``, ``json`` or ``excel``) into a scratch table with the types of the values.

    Args:
        scratch: a folder for what is unpacked and decoded on the way.
        sheet: the sheet of a workbook.
        bound: bytes that unpacking may write (None: no bound).
        addresses: where a reader of the report finds the files; by default ``paths``.

    Raises:
        SourceError: a file is not what its name says.
        BudgetError: a packed file is larger than the bound.
    """
    names = [path.name for path in paths]
    if kind == "excel":
        staged = _workbooks(connection, paths, table, sheet)
    else:
        plain = [unpacked(path, scratch / f"unpacked{i}", bound) for i, path in enumerate(paths)]
        shown = _shown(paths, addresses or [str(p) for p in paths])
        if kind == "json":
            decoded = [_decoded(path, scratch / f"decoded{i}") for i, path in enumerate(plain)]
            staged = _objects(connection, decoded, table, shown if decoded == plain else None, names)
            plain = decoded
        elif quickly := stage_quickly(connection, plain, table, shown):
            staged = quickly
        elif len(plain) == 1:
            from assay.source.files.careful import stage_carefully

            only = shown[0] if shown else None
            staged = stage_carefully(connection, plain[0], table, scratch, names[0], typed=True, shown=only)
        else:
            from assay.source.files.together import stage_together

            staged = stage_together(connection, plain, table, scratch, names)
        for path, original in zip(plain, paths, strict=True):
            if path != original:
                path.unlink()
    repeated = drop_headers(connection, table, staged.hidden, names[0] if len(names) == 1 else f"{len(names)} files")
    sound = f"coalesce({MARK}, 0) = 0" if MARK in staged.hidden else "TRUE"
    typed = type_columns(connection, table, sound, staged.writings)
    notes, hidden = [*staged.notes, *repeated, *typed.notes], (*staged.hidden, *typed.marks)
    recipe = staged.recipe.beside(typed.marks).then(typed.casts) if staged.recipe and not staged.hidden else None
    if any("encoding" in note.evidence for note in notes):
        broken = _broken_columns(connection, table)
        notes = [located(note, broken) if "encoding" in note.evidence else note for note in notes]
    if len(paths) == 1:
        totals = drop_totals(connection, table, hidden, names[0])
        notes += totals
        recipe = None if totals else recipe
    recipe = None if repeated else recipe
    return Staged(table, hidden, tuple(notes), recipe)


def _shown(paths: Sequence[Path], addresses: Sequence[str]) -> Sequence[str] | None:
    """The addresses, if the engine can read what is there: plain files, and packings that it knows by their suffix."""
    packed = ((packing(path), path.suffix.lower()) for path in paths)
    return addresses if all(_KNOWN.get(suffix) == how for how, suffix in packed) else None


def _workbooks(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], table: str, sheet: str | None) -> Staged:
    from assay.source.files.together import unite
    from assay.source.files.workbook import sheet_names, stage_sheet

    parts = []
    for place, path in enumerate(paths):
        sheets = [sheet] if sheet is not None else sheet_names(path)
        if len(sheets) != 1:
            has = f"{len(sheets)} sheets ({', '.join(sheets[:8])})" if sheets else "no sheet with cells"
            raise SourceError(f"{path.name}: has {has}; name one as {path.name}#SHEET")
        own = table if len(paths) == 1 else f"{table}_{place}"
        parts.append(stage_sheet(connection, path, sheets[0], own, f"{path.name}#{sheets[0]}"))
    return parts[0] if len(parts) == 1 else unite(connection, parts, table, [p.name for p in paths])


def _objects(
    connection: duckdb.DuckDBPyConnection,
    paths: Sequence[Path],
    table: str,
    shown: Sequence[str] | None,
    names: Sequence[str],
) -> Staged:
    """JSON files, each with the types of its own values; those of one form are one table that anybody can read so."""
    parts = [Staged(f"{table}_{place}", (), ()) for place in range(len(paths))]
    forms = []
    options = "sample_size = -1"
    for part, path in zip(parts, paths, strict=True):
        largest = min(LARGEST_OBJECT, max(SMALL_OBJECT, path.stat().st_size))
        options = f"maximum_object_size = {largest}, sample_size = -1"
        connection.execute(f"CREATE TABLE {part.table} AS SELECT * FROM read_json_auto({text(str(path))}, {options})")
        described = connection.sql(f"SELECT * FROM {part.table} LIMIT 0")
        columns, types = list(described.columns), list(map(str, described.types))
        mixed = [n for n, kind in zip(columns, types, strict=True) if kind == "JSON"]
        for name in mixed:  # numbers beside texts: as texts, without their quotes
            column = quoted(name)
            connection.execute(f"ALTER TABLE {part.table} ALTER {column} TYPE VARCHAR USING ({column} ->> '$')")
        forms.append((columns, types, mixed))
    held = [part for part, form in zip(parts, forms, strict=True) if form != EMPTY] or parts[:1]
    staged = Staged(table, (), ())
    if len(held) == 1:
        connection.execute(f"ALTER TABLE {held[0].table} RENAME TO {table}")
    else:
        from assay.source.files.together import unite

        staged = unite(connection, held, table, [n for n, part in zip(names, parts, strict=True) if part in held])
    alike = all(form == forms[0] for form in forms) and not forms[0][2] and not staged.notes
    recipe = Recipe(f"read_json_auto({file_list(shown)}, {options})") if shown is not None and alike else None
    return replace(staged, recipe=recipe)


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
