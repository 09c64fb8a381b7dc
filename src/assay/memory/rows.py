"""Entries, states and tallies as the rows of a database, the same in every one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from assay.errors import MemoryStoreError
from assay.memory.encoding import clean, from_json, pack, to_json, unpack
from assay.memory.entry import Entry, EntryType, Tally
from assay.memory.pattern import is_pattern
from assay.memory.store import State
from assay.memory.words import holds

Row = tuple[Any, ...]

COLUMNS = "id, type, table_name, text, body, author, created, until"
NEWEST = "ORDER BY created DESC, seq DESC"
# Sorts behind all that begins with what stands before it.
HIGHEST = "\U0010ffff"


def entry_row(scope: str, entry: Entry) -> Row:
    """Scope, id, type, table, whether it is a pattern, text, body, author, created, until.

    Raises:
        MemoryStoreError: the body holds something that is no JSON value.
    """
    table, body = clean(entry.table), to_json(entry.body, f"the entry {entry.id}")
    until = None if entry.until is None else clean(entry.until)
    said = (clean(entry.text), body, clean(entry.author), clean(entry.created), until)
    return (scope, clean(entry.id), entry.type.value, table, is_pattern(table), *said)


def entry_of(row: Row) -> Entry:
    """The entry of a row of :data:`COLUMNS`, whatever follows them.

    Raises:
        MemoryStoreError: a newer assay wrote it, or it is damaged.
    """
    identity, kind, table, text, body, author, created, until = row[:8]
    value = from_json(body, f"the entry {identity}")
    if kind not in list(EntryType):
        raise MemoryStoreError(f"the entry {identity} is of a type this assay does not know ({kind}): upgrade assay")
    return Entry(identity, EntryType(kind), table, text, value, author, created, until)


def the_entry(rows: Sequence[Row], begin: str) -> Entry | None:
    """The entry whose id is ``begin``, or the only one whose id begins so, of the first two that do."""
    return entry_of(rows[0]) if rows and (len(rows) == 1 or rows[0][0] == begin) else None


def holding(rows: Iterable[Row], parts: list[str], limit: int) -> list[Row]:
    """The first rows of :data:`COLUMNS` whose text holds the parts anywhere; no more are read than that takes."""
    return list(islice((row for row in rows if holds(row[3], parts)), max(limit, 0)))


def state_rows(scope: str, states: Mapping[tuple[str, str], State | None] | None) -> list[Row]:
    """Scope, table, part and the compressed state; None where it is to be removed."""
    return [
        (scope, clean(table), clean(part), None if state is None else pack(state, f"the state {part} of {table}"))
        for (table, part), state in (states or {}).items()
    ]


def states_of(rows: Sequence[Row], table: str) -> dict[str, State]:
    """The states of rows of part and compressed state."""
    return {part: unpack(body, f"the state {part} of {table}") for part, body in rows}


def tally_rows(scope: str, tallies: Sequence[Tally]) -> list[Row]:
    """Scope, table, kind, role and the four counts."""
    return [
        (scope, clean(t.table), clean(t.kind), clean(t.role), t.tested, t.true, t.accepted, t.rejected) for t in tallies
    ]
