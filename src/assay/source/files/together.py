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

from assay.source.base import ColumnType
from assay.source.duckdb import column_type
from assay.source.files.careful import stage_carefully
from assay.source.files.casts import quoted, ways_of
from assay.source.files.sketch import family
from assay.source.files.staged import Staged
from assay.source.files.written import Habits, habits_of, manner, unit_of, writing_of
from assay.source.notes import Note

FILE = "assay_file"
SAMPLED = 5_000
LISTED = 5


@dataclass(frozen=True)
class _Own:
    """What a file says of one of its columns.

    Attributes:
        kind: ``number``, ``date`` or ``text``; ``other`` for what is typed already and neither.
        manner: how it writes numbers or dates; None where it is read like any other file.
        unit: the currencies and the per-cent sign beside its numbers, or that there are none; None where nothing tells.
        usual: SQL of the cells in the manner of the engine, as far as they read; None where that is no other.
    """

    kind: str
    manner: str | None
    unit: str | None
    usual: str | None


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
    hidden = tuple(dict.fromkeys(h for part in parts for h in part.hidden))
    spelling: dict[str, str] = {}
    for own in columns:
        for name in own:
            spelling.setdefault(name.casefold(), name)
    file = FILE
    while file in spelling:
        file += "_"
    owns = [_owns(connection, part) for part in parts]
    manners = {key: {p: m for p, own in enumerate(owns) if key in own and (m := own[key].manner)} for key in spelling}
    apart = {key: found for key, found in manners.items() if len(set(found.values())) > 1}
    units = {
        key: {p: u for p, own in enumerate(owns) if key in own and (u := own[key].unit) is not None} for key in spelling
    }
    mixed = {key: found for key, found in units.items() if len(set(found.values())) > 1}
    shown = [c for c in spelling.values() if c not in hidden]
    has = [frozenset(n.casefold() for n in own) for own in columns]
    notes = _come_and_go(shown, has, names, file)
    notes += _changed(shown, owns, names, file)
    notes += [_written_apart(spelling[key], found, names, file) for key, found in apart.items() if key not in mixed]
    notes += [_written_apart(spelling[key], found, names, file, units=True) for key, found in mixed.items()]
    selects = []
    for place, (part, own) in enumerate(zip(parts, columns, strict=True)):
        # Where one column shows that the files differ, none is read by what the others say of it.
        told = {n: owns[place].get(n.casefold()) for n in own if apart and n.casefold() not in mixed}
        usual = {n: one.usual for n, one in told.items() if one is not None}
        fields = ", ".join(f"{usual.get(n) or quoted(n)} AS {quoted(spelling[n.casefold()])}" for n in own)
        selects.append(f"SELECT {fields}{f', {place}::INTEGER AS {file}' if notes else ''} FROM {part.table}")
    connection.execute(f"CREATE TABLE {table} AS {' UNION ALL BY NAME '.join(selects)}")
    for part in parts:
        connection.execute(f"DROP TABLE {part.table}")
    return Staged(table, (file, *hidden) if notes else hidden, (*(n for part in parts for n in part.notes), *notes))


def _owns(connection: duckdb.DuckDBPyConnection, part: Staged) -> dict[str, _Own]:
    """What a file says of each of its columns that has a value, by the column's name in small letters."""
    described = connection.sql(f"SELECT * FROM {part.table} LIMIT 0")
    columns = {n: str(t) for n, t in zip(described.columns, described.types, strict=True) if n not in part.hidden}
    typed = {n: _Own(_kind(t), None, None, None) for n, t in columns.items() if t not in ("VARCHAR", "JSON")}
    ((size,),) = connection.execute(f"SELECT count(*) FROM {part.table}").fetchall()
    ordered = "rowid" not in map(str.lower, columns)
    some = f"rowid % {1 + size // SAMPLED} = 0" if ordered else "TRUE"  # months begin with days that say little
    counted = {}
    for name in (n for n, kind in columns.items() if kind == "VARCHAR"):
        rows = connection.execute(
            f"SELECT {quoted(name)}, count(*) FROM (SELECT {quoted(name)} FROM {part.table} "
            f"WHERE trim({quoted(name)}) <> '' AND {some} LIMIT {SAMPLED}) GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchall()
        if rows:
            counted[name] = [v for v, _ in rows], [n for _, n in rows]
    habits = habits_of([writing_of(*told) for told in counted.values()])
    told = typed | {name: _own(name, *found, habits) for name, found in counted.items()}
    return {name.casefold(): own for name, own in told.items()}


def _kind(native: str) -> str:
    """What a column of a type of the engine holds."""
    kind = column_type(native)
    return "number" if kind.numeric else "date" if kind in (ColumnType.DATE, ColumnType.TIMESTAMP) else "other"


def _own(name: str, values: Sequence[str], counts: Sequence[int], habits: Habits) -> _Own:
    writing = writing_of(values, counts, habits)
    form = writing.form if writing is not None else None
    cast = next(iter(ways_of(name, values, counts, habits)), None)
    read = cast.sql if cast is not None else None
    if cast is None and form is not None and not any(":" in v for v in values):
        read = form.expression(exp.column(name, quoted=True)).sql("duckdb")  # some cells are none: the others read
    usual = f"coalesce(CAST({read} AS VARCHAR), {quoted(name)})" if read and form is not None else None
    return _Own(family(writing), manner(writing, habits), unit_of(writing, values), usual)


def _come_and_go(columns: Sequence[str], has: Sequence[frozenset[str]], names: Sequence[str], file: str) -> list[Note]:
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
                None if added else _in_files(file, lacking),
                harm=0.2 if added else 0.8, confidence=0.3 if added else 0.85,
                action=f"ask the source for {column} in these files, or say that it was removed on purpose",
                evidence={"files": [names[p] for p in lacking[:LISTED]], "files_in_all": len(lacking)},
            )
        )  # fmt: skip
    return notes


def _changed(columns: Sequence[str], owns: Sequence[Mapping[str, _Own]], names: Sequence[str], file: str) -> list[Note]:
    """Columns that read as numbers or dates in most files, and as something else in others."""
    notes = []
    for column in columns:
        key = column.casefold()
        kinds = {place: own[key].kind for place, own in enumerate(owns) if key in own}
        found = sorted(set(kinds.values()), key=lambda k: (-list(kinds.values()).count(k), k))
        if len(found) < 2 or found[0] in ("text", "other"):
            continue
        odd = [place for place, kind in kinds.items() if kind != found[0]]
        others = " or ".join({"text": "text", "other": "something else"}.get(k, f"a {k}") for k in found[1:])
        notes.append(
            Note(
                "type_change", (column,),
                f"{column} is a {found[0]} in most files and {others} in {len(odd)} of {len(kinds)}",
                _cells_in(file, column, odd), harm=0.7, confidence=0.85,
                action=f"load {column} with one type everywhere, and find out which export changed it",
                evidence={"files": [names[p] for p in odd[:LISTED]], "files_in_all": len(odd)},
            )
        )  # fmt: skip
    return notes


def _written_apart(
    column: str, found: Mapping[int, str], names: Sequence[str], file: str, *, units: bool = False
) -> Note:
    """A note on a column that files write in different manners, or with different units.

    Args:
        found: the manner, or the unit, by the place of the file.
    """
    told = list(found.values())
    usual, *others = sorted(set(told), key=lambda m: (-told.count(m), told.index(m)))
    odd = [place for place, own in found.items() if own != usual]
    listed = [names[p] for p in odd[:LISTED]]
    way, end = "write numbers and dates in the same way", "each file is read in its own way"
    if units:
        way, end = "write amounts in one unit, and convert the others", "it stays text"
    return Note(
        "type_change", (column,),
        f"{column} is written with {' or '.join(others)} in {len(odd)} of {len(names)} files, and with {usual} in "
        f"others; {end}",
        _cells_in(file, column, odd), harm=0.65, confidence=0.75,
        action=f"have every export {way}, before all are read in one",
        evidence={"files": listed, "files_in_all": len(odd), "usual": usual, "others": others},
    )  # fmt: skip


def _cells_in(file: str, column: str, places: Sequence[int]) -> exp.Expr:
    """SQL condition of the cells of some files that hold something."""
    return exp.and_(
        _in_files(file, places), exp.Not(this=exp.Is(this=exp.column(column, quoted=True), expression=exp.Null()))
    )


def _in_files(file: str, places: Sequence[int]) -> exp.Expr:
    return exp.In(this=exp.column(file, quoted=True), expressions=[exp.Literal.number(p) for p in places])
