"""Memory in one SQLite file: the store of a laptop, a container, a small team on one machine."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from assay.memory import sqlite_words as index
from assay.memory.encoding import clean
from assay.memory.entry import Entry, EntryType, Tally
from assay.memory.pattern import fits
from assay.memory.rows import (
    COLUMNS,
    HIGHEST,
    NEWEST,
    Row,
    entry_of,
    entry_row,
    holding,
    state_rows,
    states_of,
    tally_rows,
    the_entry,
)
from assay.memory.sqlite_file import SQLiteFile
from assay.memory.store import State
from assay.memory.words import parts_of, words_of


class SQLiteStore:
    """A memory in a SQLite file, made when something is first written; see :class:`~assay.memory.store.Store`."""

    def __init__(self, path: str, scope: str) -> None:
        self.scope = clean(scope)
        self._file = SQLiteFile(Path(path).expanduser().absolute())
        self.address = str(self._file.path)

    def write(
        self,
        entries: Sequence[Entry] = (),
        states: Mapping[tuple[str, str], State | None] | None = None,
        tallies: Sequence[Tally] = (),
    ) -> None:
        rows = [entry_row(self.scope, entry) for entry in entries]
        parts, sums = state_rows(self.scope, states), tally_rows(self.scope, tallies)
        if not (rows or parts or sums):
            return

        def change(connection: sqlite3.Connection) -> None:
            indexed = bool(rows) and index.prepare(connection)
            for row in rows:
                _put_entry(connection, row, indexed)
            for part in parts:
                _put_state(connection, part)
            connection.executemany(
                "INSERT INTO tally VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "tested = tested + excluded.tested, true_ = true_ + excluded.true_, "
                "accepted = accepted + excluded.accepted, rejected = rejected + excluded.rejected",
                sums,
            )

        self._file.write(change)

    def entries(
        self, types: Sequence[EntryType] = (), table: str | None = None, limit: int | None = None
    ) -> list[Entry]:
        wanted = list(dict.fromkeys(types or EntryType))

        def ask(connection: sqlite3.Connection) -> list[Row]:
            if table is None:
                return [row for kind in wanted for row in self._of(connection, "", (kind,), limit)]
            names = self._names(connection, clean(table))
            return [
                row
                for name in names
                for kind in wanted
                for row in self._of(connection, "AND table_name = ?", (kind, name), limit)
            ]

        nothing: list[Row] = []
        rows = sorted(self._file.read(ask, nothing), key=lambda row: (row[6], row[-1]), reverse=True)
        return [entry_of(row) for row in rows[:limit]]

    def entry(self, identity: str) -> Entry | None:
        begin = clean(identity)
        if not begin:
            return None
        rows = self._rows(
            f"SELECT {COLUMNS} FROM entry WHERE scope = ? AND id >= ? AND id < ? ORDER BY id LIMIT 2",
            (self.scope, begin, begin + HIGHEST),
        )
        return the_entry(rows, begin)

    def states(self, table: str, since: str = "") -> dict[str, State]:
        rows = self._rows(
            "SELECT part, body FROM state WHERE scope = ? AND table_name = ? AND part >= ? ORDER BY part",
            (self.scope, clean(table), clean(since)),
        )
        return states_of(rows, table)

    def tallies(self) -> list[Tally]:
        rows = self._rows(
            "SELECT table_name, kind, role, tested, true_, accepted, rejected FROM tally WHERE scope = ? "
            "ORDER BY table_name, kind, role",
            (self.scope,),
        )
        return [Tally(*row) for row in rows]

    def search(self, words: str, limit: int = 20) -> list[Entry]:
        nothing: list[Row] = []
        return [entry_of(row) for row in self._file.read(lambda c: self._search(c, words, limit), nothing)]

    def forget(self, identity: str) -> bool:
        return self._remove("id = ?", clean(identity)) > 0

    def forget_table(self, table: str) -> int:
        return self._remove("table_name = ?", clean(table), tables=("state", "tally"))

    def secret(self) -> bytes:
        query = "SELECT value FROM secret WHERE scope = ?"
        there = self._rows(query, (self.scope,))
        if there:
            return bytes(there[0][0])

        def change(connection: sqlite3.Connection) -> bytes:
            connection.execute("INSERT OR IGNORE INTO secret VALUES (?, ?)", (self.scope, secrets.token_bytes(32)))
            return bytes(connection.execute(query, (self.scope,)).fetchone()[0])

        return self._file.write(change)

    def close(self) -> None:
        self._file.close()

    def _rows(self, query: str, values: Row) -> list[Row]:
        nothing: list[Row] = []
        return self._file.read(lambda connection: connection.execute(query, values).fetchall(), nothing)

    def _names(self, connection: sqlite3.Connection, table: str) -> list[str]:
        """The table and the patterns that fit it."""
        query = "SELECT DISTINCT table_name FROM entry WHERE scope = ? AND is_pattern = 1"
        patterns = [name for (name,) in connection.execute(query, (self.scope,)) if fits(name, table)]
        return list(dict.fromkeys([table, *patterns]))

    def _of(self, connection: sqlite3.Connection, where: str, values: Row, limit: int | None) -> list[Row]:
        """Entries of one type (and table), the newest first: what an index holds in this order."""
        query = f"SELECT {COLUMNS}, seq FROM entry WHERE scope = ? AND type = ? {where} {NEWEST} LIMIT ?"
        return connection.execute(query, (self.scope, *values, -1 if limit is None else limit)).fetchall()

    def _search(self, connection: sqlite3.Connection, question: str, limit: int) -> list[Row]:
        words = words_of(question)
        if 0 < len(words) <= index.MAX_WORDS and index.is_available(connection) and index.is_whole(connection):
            columns = ", ".join(f"entry.{name.strip()}" for name in COLUMNS.split(","))
            found = connection.execute(
                f"SELECT {columns} FROM words JOIN entry ON entry.seq = words.rowid "
                "WHERE words MATCH ? AND entry.scope = ? ORDER BY words.rank, created DESC, seq DESC LIMIT ?",
                (index.question(words), self.scope, limit),
            ).fetchall()
            if found:
                return found
        return self._look_through(connection, parts_of(question), limit)

    def _look_through(self, connection: sqlite3.Connection, parts: list[str], limit: int) -> list[Row]:
        """Entries that hold the parts anywhere: for what is no word, and scripts that write without spaces."""
        query = f"SELECT {COLUMNS} FROM entry WHERE scope = ? {NEWEST}"
        return holding(connection.execute(query, (self.scope,)), parts, limit)

    def _remove(self, where: str, value: str, tables: Sequence[str] = ()) -> int:
        """Remove entries, and rows of other tables, so that their bytes are gone; how many entries went."""
        values = (self.scope, value)

        def change(connection: sqlite3.Connection) -> tuple[int, int]:
            rows = connection.execute(f"SELECT seq, text FROM entry WHERE scope = ? AND {where}", values).fetchall()
            if rows and index.prepare(connection):
                for seq, text in rows:
                    index.remove(connection, seq, text)
            connection.executemany("DELETE FROM entry WHERE seq = ?", [(seq,) for seq, _ in rows])
            others = [connection.execute(f"DELETE FROM {t} WHERE scope = ? AND {where}", values) for t in tables]
            if rows and index.is_available(connection):
                index.scrub(connection)
            return len(rows), sum(cursor.rowcount for cursor in others)

        if not self._file.read(lambda _: True, False):
            return 0
        gone, others = self._file.write(change)
        if gone or others:
            self._file.scrub()
        return gone


def _put_entry(connection: sqlite3.Connection, row: Row, indexed: bool) -> None:
    scope, identity, text = row[0], row[1], row[5]
    query = "SELECT seq, text FROM entry WHERE scope = ? AND id = ?"
    there = connection.execute(query, (scope, identity)).fetchone()
    if there is not None:
        if indexed:
            index.remove(connection, *there)
        connection.execute(
            "UPDATE entry SET type = ?, table_name = ?, is_pattern = ?, text = ?, body = ?, author = ?, created = ?, "
            "until = ? WHERE seq = ?",
            (*row[2:], there[0]),
        )
        seq = there[0]
    else:
        columns = "scope, id, type, table_name, is_pattern, text, body, author, created, until"
        seq = connection.execute(f"INSERT INTO entry ({columns}) VALUES ({', '.join('?' * 10)})", row).lastrowid
    if indexed:
        index.add(connection, seq, text)


def _put_state(connection: sqlite3.Connection, row: Row) -> None:
    if row[3] is None:
        connection.execute("DELETE FROM state WHERE scope = ? AND table_name = ? AND part = ?", row[:3])
        return
    connection.execute(
        "INSERT INTO state (scope, table_name, part, body) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (scope, table_name, part) DO UPDATE SET body = excluded.body",
        row,
    )
