"""Several text files as one table: columns matched by name, and what differs between the files noted.

Files of months drift: columns come and go, and a number becomes text. The table has all columns; rows of files that
lack one are null there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
from sqlglot import exp

from assay.source.files.careful import stage_carefully
from assay.source.files.casts import quoted
from assay.source.files.sketch import family
from assay.source.files.staged import Staged
from assay.source.files.written import writing_of
from assay.source.notes import Note

FILE = "assay_file"
SAMPLED = 5_000
LISTED = 5


def stage_together(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], table: str, scratch: Path, names: Sequence[str]
) -> Staged:
    """Read each file carefully into one table of texts, with the number of its file in a hidden column.

    Args:
        names: what the files are called in notes.
    """
    parts = [
        stage_carefully(connection, path, f"{table}_{place}", scratch, name)
        for place, (path, name) in enumerate(zip(paths, names, strict=True))
    ]
    return unite(connection, parts, table, names)


def unite(connection: duckdb.DuckDBPyConnection, parts: Sequence[Staged], table: str, names: Sequence[str]) -> Staged:
    """One table of the tables of several files; columns that differ in case or outer spaces only are the same."""
    columns = [connection.sql(f"SELECT * FROM {part.table} LIMIT 0").columns for part in parts]
    hidden = tuple(dict.fromkeys([FILE, *(h for part in parts for h in part.hidden)]))
    spelling: dict[str, str] = {}
    for own in columns:
        for name in own:
            spelling.setdefault(name.casefold(), name)
    selects = []
    for place, (part, own) in enumerate(zip(parts, columns, strict=True)):
        fields = ", ".join(f"{quoted(n)} AS {quoted(spelling[n.casefold()])}" for n in own)
        selects.append(f"SELECT {fields}, {place}::INTEGER AS {FILE} FROM {part.table}")
    connection.execute(f"CREATE TABLE {table} AS {' UNION ALL BY NAME '.join(selects)}")
    for part in parts:
        connection.execute(f"DROP TABLE {part.table}")
    shown = [c for c in spelling.values() if c not in hidden]
    has = [frozenset(n.casefold() for n in own) for own in columns]
    notes = [note for part in parts for note in part.notes]
    notes += _come_and_go(shown, has, names)
    notes += _changed(connection, table, shown, has, names)
    return Staged(table, hidden, tuple(notes))


def _come_and_go(columns: Sequence[str], has: Sequence[frozenset[str]], names: Sequence[str]) -> list[Note]:
    notes = []
    for column in columns:
        there = [column.casefold() in own for own in has]
        if all(there):
            continue
        lacking = [place for place, here in enumerate(there) if not here]
        # A column that starts somewhere and stays was added; one that was there before is lost.
        added = there == sorted(there)
        notes.append(
            Note(
                "missing_columns", (column,),
                f"{column} is there from the file {names[len(lacking)]} on" if added
                else f"{column} is missing in {len(lacking)} of {len(names)} files, and was there before",
                None if added else _in_files(lacking),
                harm=0.2 if added else 0.8, confidence=0.3 if added else 0.85,
                action=f"ask the source for {column} in these files, or say that it was removed on purpose",
                evidence={"files": [names[p] for p in lacking[:LISTED]], "files_in_all": len(lacking)},
            )
        )  # fmt: skip
    return notes


def _changed(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[str],
    has: Sequence[frozenset[str]],
    names: Sequence[str],
) -> list[Note]:
    """Columns that read as numbers or dates in most files, and as something else in others."""
    notes = []
    for column in columns:
        kinds = {
            place: kind
            for place, own in enumerate(has)
            if column.casefold() in own and (kind := _kind(connection, table, column, place))
        }
        found = sorted(set(kinds.values()), key=lambda k: (-list(kinds.values()).count(k), k))
        if len(found) < 2 or found[0] == "text":
            continue
        odd = [place for place, kind in kinds.items() if kind != found[0]]
        others = " or ".join(f"a {k}" if k != "text" else k for k in found[1:])
        present = exp.Not(this=exp.Is(this=exp.column(column, quoted=True), expression=exp.Null()))
        notes.append(
            Note(
                "type_change", (column,),
                f"{column} is a {found[0]} in most files and {others} in {len(odd)} of {len(kinds)}",
                exp.and_(_in_files(odd), present), harm=0.7, confidence=0.85,
                action=f"load {column} with one type everywhere, and find out which export changed it",
                evidence={"files": [names[p] for p in odd[:LISTED]], "files_in_all": len(odd)},
            )
        )  # fmt: skip
    return notes


def _kind(connection: duckdb.DuckDBPyConnection, table: str, column: str, place: int) -> str | None:
    rows = connection.execute(
        f"SELECT {quoted(column)}, count(*) FROM (SELECT {quoted(column)} FROM {table} WHERE {FILE} = {place} "
        f"AND trim({quoted(column)}) <> '' LIMIT {SAMPLED}) GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    return family(writing_of([v for v, _ in rows], [n for _, n in rows])) if rows else None


def _in_files(places: Sequence[int]) -> exp.Expr:
    return exp.In(this=exp.column(FILE, quoted=True), expressions=[exp.Literal.number(p) for p in places])
