"""Several text files as one table: columns matched by name, and what differs between the files noted.

Files of months drift: columns come and go, a number becomes text, an export is made in another country. The table has
all columns; rows of files that lack one are null there. Where files write numbers or dates in different manners, each
is read in its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from sqlglot import exp

from assay.source.files.careful import stage_carefully
from assay.source.files.casts import Cast, quoted, ways_of
from assay.source.files.sketch import family
from assay.source.files.staged import Staged
from assay.source.files.written import Writing, habits_of, manner, writing_of
from assay.source.notes import Note

FILE = "assay_file"
SAMPLED = 5_000
LISTED = 5


@dataclass(frozen=True)
class _Own:
    """What a file says of one of its columns.

    Attributes:
        cast: how all of the cells that were looked at read; None where they do not.
    """

    writing: Writing | None
    cast: Cast | None


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
    owns = [_owns(connection, part) for part in parts]
    manners = {
        key: {p: m for p, own in enumerate(owns) if key in own and (m := manner(own[key].writing))} for key in spelling
    }
    apart = {key: found for key, found in manners.items() if len(set(found.values())) > 1}
    selects = []
    for place, (part, own) in enumerate(zip(parts, columns, strict=True)):
        read = {n: owns[place].get(n.casefold()) if n.casefold() in apart else None for n in own}
        fields = ", ".join(f"{_usual(n, told)} AS {quoted(spelling[n.casefold()])}" for n, told in read.items())
        selects.append(f"SELECT {fields}, {place}::INTEGER AS {FILE} FROM {part.table}")
    connection.execute(f"CREATE TABLE {table} AS {' UNION ALL BY NAME '.join(selects)}")
    for part in parts:
        connection.execute(f"DROP TABLE {part.table}")
    shown = [c for c in spelling.values() if c not in hidden]
    has = [frozenset(n.casefold() for n in own) for own in columns]
    notes = [note for part in parts for note in part.notes]
    notes += _come_and_go(shown, has, names)
    notes += _changed(shown, owns, names)
    notes += [_written_apart(spelling[key], found, names) for key, found in apart.items()]
    return Staged(table, hidden, tuple(notes))


def _owns(connection: duckdb.DuckDBPyConnection, part: Staged) -> dict[str, _Own]:
    """What a file says of each of its columns that has a value, by the column's name in small letters."""
    counted = {}
    for name in connection.sql(f"SELECT * FROM {part.table} LIMIT 0").columns:
        if name in part.hidden:
            continue
        rows = connection.execute(
            f"SELECT {quoted(name)}, count(*) FROM (SELECT {quoted(name)} FROM {part.table} "
            f"WHERE trim({quoted(name)}) <> '' LIMIT {SAMPLED}) GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchall()
        if rows:
            counted[name] = [v for v, _ in rows], [n for _, n in rows]
    habits = habits_of([writing_of(*told) for told in counted.values()])
    return {
        name.casefold(): _Own(writing_of(*told, habits), next(iter(ways_of(name, *told, habits)), None))
        for name, told in counted.items()
    }


def _usual(name: str, own: _Own | None) -> str:
    """SQL of a column's texts in the manner of the engine, as far as they are to be brought into it."""
    if own is None or own.cast is None:
        return quoted(name)
    return f"coalesce(CAST({own.cast.sql} AS VARCHAR), {quoted(name)})"


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


def _changed(columns: Sequence[str], owns: Sequence[Mapping[str, _Own]], names: Sequence[str]) -> list[Note]:
    """Columns that read as numbers or dates in most files, and as something else in others."""
    notes = []
    for column in columns:
        key = column.casefold()
        kinds = {place: family(own[key].writing) for place, own in enumerate(owns) if key in own}
        found = sorted(set(kinds.values()), key=lambda k: (-list(kinds.values()).count(k), k))
        if len(found) < 2 or found[0] == "text":
            continue
        odd = [place for place, kind in kinds.items() if kind != found[0]]
        others = " or ".join(f"a {k}" if k != "text" else k for k in found[1:])
        notes.append(
            Note(
                "type_change", (column,),
                f"{column} is a {found[0]} in most files and {others} in {len(odd)} of {len(kinds)}",
                _cells_in(column, odd), harm=0.7, confidence=0.85,
                action=f"load {column} with one type everywhere, and find out which export changed it",
                evidence={"files": [names[p] for p in odd[:LISTED]], "files_in_all": len(odd)},
            )
        )  # fmt: skip
    return notes


def _written_apart(column: str, manners: Mapping[int, str], names: Sequence[str]) -> Note:
    """A note on a column that files write in different manners."""
    told = list(manners.values())
    usual, *others = sorted(set(told), key=lambda m: (-told.count(m), told.index(m)))
    odd = [place for place, own in manners.items() if own != usual]
    listed = [names[p] for p in odd[:LISTED]]
    return Note(
        "type_change", (column,),
        f"{column} is written with {' or '.join(others)} in {len(odd)} of {len(names)} files, and with {usual} in "
        "others; each file is read in its own way",
        _cells_in(column, odd), harm=0.65, confidence=0.75,
        action="have every export write numbers and dates in the same way, before others read them in one",
        evidence={"files": listed, "files_in_all": len(odd), "usual": usual, "others": others},
    )  # fmt: skip


def _cells_in(column: str, places: Sequence[int]) -> exp.Expr:
    """SQL condition of the cells of some files that hold something."""
    return exp.and_(
        _in_files(places), exp.Not(this=exp.Is(this=exp.column(column, quoted=True), expression=exp.Null()))
    )


def _in_files(places: Sequence[int]) -> exp.Expr:
    return exp.In(this=exp.column(FILE, quoted=True), expressions=[exp.Literal.number(p) for p in places])
