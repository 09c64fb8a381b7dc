"""Files as tables: Parquet read in place, text formats read once into a scratch table of the embedded engine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb
from sqlglot import exp

from assay.config import Settings
from assay.errors import SourceError
from assay.source.base import Column
from assay.source.busy import busy
from assay.source.duckdb import NUMBERED, DuckDBSource, columns_of, connect, one_line, within_bound
from assay.source.files.staged import Staged, file_list
from assay.source.footprint import Footprint
from assay.source.notes import Note
from assay.source.recipe import Recipe
from assay.source.scratch import scratch_path

READERS = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".xlsx": "excel",
    ".xlsm": "excel",
}
COMPRESSED = (".gz", ".zst", ".bz2", ".xz", ".zip")
LEGACY = (".xls", ".xlsb", ".ods", ".numbers")
STAGED = "staged"
BLANK_BYTES = 1_024


def file_format(path: Path) -> str | None:
    """``parquet``, ``csv``, ``json`` or ``excel`` by the file's suffix; None if it is not a table."""
    suffixes = [s.lower() for s in path.suffixes]
    if suffixes and suffixes[-1] in COMPRESSED:
        suffixes.pop()
    return READERS.get(suffixes[-1]) if suffixes else None


def open_files(
    paths: Sequence[Path],
    name: str,
    settings: Settings,
    where: exp.Expr | None = None,
    *,
    sheet: str | None = None,
    scratch: Path | None = None,
    addresses: Sequence[str] | None = None,
) -> DuckDBSource:
    """Open files of one format as one table.

    Args:
        paths: the files, in the order that gives rows their positions.
        sheet: the sheet of a workbook; by default the only one that holds anything.
        scratch: a folder to work in, which is removed with the source; by default a new one.
        addresses: where a reader of the report finds the files, if these are copies; by default ``paths``.

    Raises:
        SourceError: a file is missing, unreadable, of another format, or not what its name says.
        BudgetError: reading a text file is beyond the bound.
    """
    formats = {file_format(path) for path in paths}
    if formats & {None} and paths[0].suffix.lower() in LEGACY:
        raise SourceError(f"{name}: {paths[0].suffix} is not read; save it as .xlsx or CSV")
    if len(formats) != 1 or None in formats:
        raise SourceError(f"{name}: not a table file; assay reads {', '.join(sorted(READERS))}")
    blank = [path.name for path in paths if _blank(path)] if len(paths) > 1 else []
    if 0 < len(blank) < len(paths):
        held = [place for place, path in enumerate(paths) if not _blank(path)]
        addresses = [addresses[place] for place in held] if addresses is not None else None
        paths = [paths[place] for place in held]
    else:
        blank = []
    for path in paths:
        _check_readable(path)
    scratch, reading = scratch or scratch_path(), Staged(STAGED, (), ())
    connection = connect(settings, scratch=scratch)
    listed = ", ".join(_literal(str(path)) for path in paths)
    bound, size = settings.max_bytes, sum(path.stat().st_size for path in paths)
    try:
        if formats == {"parquet"}:
            busy()
            relation, position = _parquet(connection, listed, len(paths))
            recipe: Recipe | None = Recipe(_parquet_reader(addresses or paths))
        else:
            if bound is not None:
                remedy = "convert it to Parquet, or raise --max-bytes"
                within_bound(f"{name}: text is read whole, which is", size, 0, bound, remedy)
            scratch.mkdir(parents=True, exist_ok=True)
            from assay.source.files.texts import stage_texts

            kind = next(iter(formats)) or ""
            reading = stage_texts(
                connection, paths, STAGED, scratch, kind, sheet=sheet, bound=bound, addresses=addresses
            )
            relation, position, recipe = STAGED, _position(connection), reading.recipe
        staged = relation == STAGED
        return DuckDBSource(
            connection,
            name,
            relation,
            position,
            where=where,
            scratch=scratch,
            footprint=Footprint(connection, "" if staged else listed, where, held=True),
            max_bytes=bound,
            staged=size if staged else 0,
            recipe=recipe,
            inferred=formats != {"parquet"},
            hidden=reading.hidden,
            notes=(*reading.notes, *_without_rows(blank)),
            parts=_parts(connection, listed) if formats == {"parquet"} and len(paths) > 1 else None,
        )
    except BaseException as error:
        connection.close()
        shutil.rmtree(scratch, ignore_errors=True)
        if isinstance(error, duckdb.Error):
            kind = paths[0].suffix.lstrip(".")
            raise SourceError(f"{name}: cannot be read as {kind}: {one_line(error)}") from None
        raise


def _parquet_reader(paths: Sequence[str | Path]) -> str:
    together = ", union_by_name = true" if len(paths) > 1 else ""
    return f"read_parquet({file_list(paths)}{together})"


def _parquet(connection: duckdb.DuckDBPyConnection, listed: str, files: int) -> tuple[str, str]:
    relation = f"read_parquet([{listed}], union_by_name = true)"
    names = {n.lower() for n in connection.sql(f"SELECT * FROM {relation} LIMIT 0").columns}
    if names & {"file_row_number", "file_index"}:
        return _stage(connection, relation)
    if files == 1:
        return relation, "file_row_number"
    counts = connection.execute(
        f"SELECT file_index, count(*) FROM {relation} GROUP BY file_index ORDER BY file_index"
    ).fetchall()
    offsets, total = [], 0
    by_index = dict(counts)
    for index in range(files):
        offsets.append(total)
        total += by_index.get(index, 0)
    return relation, f"(file_row_number + ({offsets!r}::BIGINT[])[file_index::BIGINT + 1])"


def _parts(connection: duckdb.DuckDBPyConnection, listed: str) -> dict[str, tuple[Column, ...]]:
    """The columns of each file, where one column has several types; by the name that tells the files apart."""
    schemas = (
        f"SELECT file_name, list((name, type, converted_type::VARCHAR, logical_type::VARCHAR)) AS schema "
        f"FROM parquet_schema([{listed}]) GROUP BY 1"
    )
    alike = connection.execute(f"SELECT list(file_name ORDER BY file_name) FROM ({schemas}) GROUP BY schema").fetchall()
    if len(alike) < 2:
        return {}
    found = {f: columns_of(connection, f"read_parquet([{_literal(fs[0])}])") for (fs,) in alike for f in fs}
    return dict(sorted(found.items()))


def _stage(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[str, str]:
    """Copy a relation that is slow to read, or whose columns hide the engine's own, into a scratch table."""
    connection.execute(f"CREATE TABLE {STAGED} AS SELECT * FROM {relation}")
    return STAGED, _position(connection)


def _position(connection: duckdb.DuckDBPyConnection) -> str:
    names = {n.lower() for n in connection.sql(f"SELECT * FROM {STAGED} LIMIT 0").columns}
    return NUMBERED if "rowid" in names else "rowid"


def _blank(path: Path) -> bool:
    """Whether a file holds nothing but white space."""
    if not path.is_file() or path.stat().st_size > BLANK_BYTES:
        return False
    try:
        return not path.read_bytes().strip()
    except OSError:
        return False


def _without_rows(names: Sequence[str]) -> list[Note]:
    """A note on the files of several that are empty."""
    if not names:
        return []
    listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return [
        Note(
            "malformed_values", (), f"{listed}: empty, without rows and header", rows=0, harm=0.8, confidence=0.85,
            action="fetch these files again; what they should hold is missing in the table",
            evidence={"files": list(names[:5]), "files_in_all": len(names), "file": "empty files"},
        )
    ]  # fmt: skip


def _check_readable(path: Path) -> None:
    if not path.exists():
        raise SourceError(f"{path}: no such file")
    if not os.access(path, os.R_OK):
        raise SourceError(f"{path}: no permission to read it")
    if path.stat().st_size == 0:
        raise SourceError(f"{path}: the file is empty")


def _literal(text: str) -> str:
    return exp.Literal.string(text).sql("duckdb")
