"""Rows of totals that nothing but arithmetic gives away: no names, no date, and sums of the rows in the same file.

Some exports put such a row first, some last. It is left out only where numbers prove it.
"""

from __future__ import annotations

import duckdb

from assay.source.duckdb import column_type
from assay.source.files.casts import quoted
from assay.source.files.layout import is_total
from assay.source.notes import Note

ENOUGH = 3  # rows below which sums prove nothing
CLOSE = 1e-6


def drop_totals(connection: duckdb.DuckDBPyConnection, table: str, hidden: tuple[str, ...], file: str) -> list[Note]:
    """Remove the first and the last row of a typed table where they hold its sums; a note on each."""
    described = connection.sql(f"SELECT * FROM {table} LIMIT 0")
    types = {n: column_type(str(t)) for n, t in zip(described.columns, described.types, strict=True) if n not in hidden}
    numbers = [n for n, t in types.items() if t.numeric]
    words = [n for n, t in types.items() if not t.numeric]
    notes: list[Note] = []
    if not numbers or not words or "rowid" in map(str.lower, described.columns):  # such a column hides the engine's
        return notes
    for first in (True, False):
        size, low, high = connection.execute(f"SELECT count(*), min(rowid), max(rowid) FROM {table}").fetchone() or (
            0,
            0,
            0,
        )
        if size <= ENOUGH:
            break
        place = low if first else high
        if not _nameless(connection, table, words, place) or not _sums(connection, table, numbers, place):
            continue
        connection.execute(f"CREATE TABLE {table}_kept AS SELECT * FROM {table} WHERE rowid <> {place} ORDER BY rowid")
        connection.execute(f"DROP TABLE {table}")
        connection.execute(f"ALTER TABLE {table}_kept RENAME TO {table}")
        where = "first" if first else "last"
        notes.append(
            Note(
                "malformed_values", (), f"the {where} row holds the totals of the others; it is left out of the table",
                rows=1, harm=0.1, confidence=0.2, action="export without totals", evidence={"file": file, "row": where},
            )
        )  # fmt: skip
    return notes


def _nameless(connection: duckdb.DuckDBPyConnection, table: str, words: list[str], place: int) -> bool:
    listed = ", ".join(f"CAST({quoted(w)} AS VARCHAR)" for w in words)
    row = connection.execute(f"SELECT {listed} FROM {table} WHERE rowid = {place}").fetchone() or ()
    fields = [v or "" for v in row]
    return not any(f.strip() for f in fields) or is_total([*fields, ""])


def _sums(connection: duckdb.DuckDBPyConnection, table: str, numbers: list[str], place: int) -> bool:
    """Whether at least one number, and most of those that can be summed, are sums of the other rows."""
    others = [f"sum({quoted(n)}::DOUBLE) FILTER (WHERE rowid <> {place})" for n in numbers]
    own = [f"max({quoted(n)}::DOUBLE) FILTER (WHERE rowid = {place})" for n in numbers]
    found = connection.execute(f"SELECT {', '.join(own + others)} FROM {table}").fetchone() or ()
    pairs = list(zip(found[: len(numbers)], found[len(numbers) :], strict=True))
    right = [own for own, rest in pairs if own and rest and abs(own - rest) <= CLOSE * abs(rest) + 0.0051]
    return bool(right)
