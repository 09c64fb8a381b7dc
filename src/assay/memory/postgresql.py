"""Memory in PostgreSQL: the store of teams, shared by any number of machines."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

from assay.memory.encoding import clean
from assay.memory.entry import Entry, EntryType, Tally
from assay.memory.pattern import fits
from assay.memory.postgresql_server import Connection, PostgreSQLServer
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
from assay.memory.store import State
from assay.memory.words import parts_of, words_of

# A text's index of words cannot hold more than 1 MB, nor a word of more than 2 kB.
MAX_INDEXED_WORDS = 10_000
MAX_WORD = 200

PUT_ENTRY = """
INSERT INTO assay_memory.entry (scope, id, type, table_name, is_pattern, text, body, author, created, until, words)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, array_to_tsvector(%s::text[]))
ON CONFLICT (scope, id) DO UPDATE SET
    type = excluded.type, table_name = excluded.table_name, is_pattern = excluded.is_pattern, text = excluded.text,
    body = excluded.body, author = excluded.author, created = excluded.created, until = excluded.until,
    words = excluded.words
"""
PUT_STATE = """
INSERT INTO assay_memory.state (scope, table_name, part, body) VALUES (%s, %s, %s, %s)
ON CONFLICT (scope, md5(table_name), part) DO UPDATE SET body = excluded.body
"""
DROP_STATE = "DELETE FROM assay_memory.state WHERE scope = %s AND md5(table_name) = md5(%s) AND part = %s"
ADD_TALLY = """
INSERT INTO assay_memory.tally AS there (scope, table_name, kind, role, tested, true_, accepted, rejected)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (scope, md5(table_name), kind, md5(role)) DO UPDATE SET
    tested = there.tested + excluded.tested, true_ = there.true_ + excluded.true_,
    accepted = there.accepted + excluded.accepted, rejected = there.rejected + excluded.rejected
"""
# Each name and type is looked up by itself: an index holds them in order, so the newest few are read and no others.
ENTRIES = f"""
SELECT {COLUMNS}, seq FROM unnest(%s::text[]) AS wanted_type CROSS JOIN LATERAL (
    SELECT * FROM assay_memory.entry WHERE scope = %s AND type = wanted_type COLLATE "C" {NEWEST} LIMIT %s
) AS found {NEWEST} LIMIT %s
"""
ENTRIES_OF_TABLE = f"""
SELECT {COLUMNS}, seq FROM unnest(%s::text[]) AS wanted_type CROSS JOIN unnest(%s::text[]) AS wanted_table
CROSS JOIN LATERAL (
    SELECT * FROM assay_memory.entry
    WHERE scope = %s AND md5(table_name) = md5(wanted_table) AND type = wanted_type COLLATE "C" {NEWEST} LIMIT %s
) AS found {NEWEST} LIMIT %s
"""
SEARCH = f"""
SELECT {COLUMNS} FROM assay_memory.entry, CAST(%s AS tsquery) AS question WHERE scope = %s AND words @@ question
ORDER BY ts_rank(words, question) DESC, created DESC, seq DESC LIMIT %s
"""


class PostgreSQLStore:
    """A memory in the schema ``assay_memory`` of a database; see :class:`~assay.memory.store.Store`."""

    def __init__(self, address: str, scope: str) -> None:
        self.scope = clean(scope)
        self._server = PostgreSQLServer(address)
        self.address = self._server.address

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

        def change(connection: Connection) -> None:
            with connection.cursor() as cursor:
                cursor.executemany(PUT_ENTRY, [(*row, _indexed(row[5])) for row in rows])
                cursor.executemany(DROP_STATE, [part[:3] for part in parts if part[3] is None])
                cursor.executemany(PUT_STATE, [part for part in parts if part[3] is not None])
                cursor.executemany(ADD_TALLY, sums)

        self._server.write(self.scope, change)

    def entries(
        self, types: Sequence[EntryType] = (), table: str | None = None, limit: int | None = None
    ) -> list[Entry]:
        wanted = [kind.value for kind in dict.fromkeys(types or EntryType)]

        def ask(connection: Connection) -> list[Row]:
            if table is None:
                return connection.execute(ENTRIES, (wanted, self.scope, limit, limit)).fetchall()
            names = self._names(connection, clean(table))
            return connection.execute(ENTRIES_OF_TABLE, (wanted, names, self.scope, limit, limit)).fetchall()

        nothing: list[Row] = []
        return [entry_of(row) for row in self._server.read(ask, nothing)]

    def entry(self, identity: str) -> Entry | None:
        begin = clean(identity)
        if not begin:
            return None
        query = (
            f"SELECT {COLUMNS} FROM assay_memory.entry WHERE scope = %s AND id >= %s AND id < %s ORDER BY id LIMIT 2"
        )
        rows = self._rows(query, (self.scope, begin, begin + HIGHEST))
        return the_entry(rows, begin)

    def states(self, table: str, since: str = "") -> dict[str, State]:
        rows = self._rows(
            "SELECT part, body FROM assay_memory.state "
            "WHERE scope = %s AND md5(table_name) = md5(%s) AND part >= %s ORDER BY part",
            (self.scope, clean(table), clean(since)),
        )
        return states_of(rows, table)

    def tallies(self) -> list[Tally]:
        rows = self._rows(
            "SELECT table_name, kind, role, tested, true_, accepted, rejected FROM assay_memory.tally "
            "WHERE scope = %s ORDER BY table_name, kind, role",
            (self.scope,),
        )
        return [Tally(*row) for row in rows]

    def search(self, words: str, limit: int = 20) -> list[Entry]:
        nothing: list[Row] = []
        return [entry_of(row) for row in self._server.read(lambda c: self._search(c, words, limit), nothing)]

    def forget(self, identity: str) -> bool:
        return self._remove("id = %s", clean(identity)) > 0

    def forget_table(self, table: str) -> int:
        return self._remove("md5(table_name) = md5(%s)", clean(table), tables=("state", "tally"))

    def secret(self) -> bytes:
        query = "SELECT value FROM assay_memory.secret WHERE scope = %s"
        there = self._rows(query, (self.scope,))
        if there:
            return bytes(there[0][0])

        def change(connection: Connection) -> bytes:
            insert = "INSERT INTO assay_memory.secret VALUES (%s, %s) ON CONFLICT DO NOTHING"
            connection.execute(insert, (self.scope, secrets.token_bytes(32)))
            return bytes(connection.execute(query, (self.scope,)).fetchall()[0][0])

        return self._server.write(self.scope, change)

    def close(self) -> None:
        self._server.close()

    def _rows(self, query: str, values: Row) -> list[Row]:
        nothing: list[Row] = []
        return self._server.read(lambda connection: connection.execute(query, values).fetchall(), nothing)

    def _names(self, connection: Connection, table: str) -> list[str]:
        """The table and the patterns that fit it."""
        query = "SELECT DISTINCT table_name FROM assay_memory.entry WHERE scope = %s AND is_pattern"
        patterns = [name for (name,) in connection.execute(query, (self.scope,)).fetchall() if fits(name, table)]
        return list(dict.fromkeys([table, *patterns]))

    def _search(self, connection: Connection, question: str, limit: int) -> list[Row]:
        words = _indexed(clean(question))
        if words:
            # Words are letters and digits only: nothing in them could end the quotes.
            asked = " & ".join(f"'{word}':*" for word in words)
            found = connection.execute(SEARCH, (asked, self.scope, limit)).fetchall()
            if found:
                return found
        return self._look_through(connection, parts_of(question), limit)

    def _look_through(self, connection: Connection, parts: list[str], limit: int) -> list[Row]:
        """Entries that hold the parts anywhere: for what is no word, and scripts that write without spaces."""
        query = f"SELECT {COLUMNS} FROM assay_memory.entry WHERE scope = %s {NEWEST}"
        with connection.transaction(), connection.cursor(name="look_through") as cursor:
            cursor.execute(query, (self.scope,))
            return holding(cursor, parts, limit)

    def _remove(self, where: str, value: str, tables: tuple[str, ...] = ()) -> int:
        """Remove entries, and rows of other tables, so that their bytes are gone; how many entries went."""

        def change(connection: Connection) -> dict[str, int]:
            return {
                table: connection.execute(
                    f"DELETE FROM assay_memory.{table} WHERE scope = %s AND {where}", (self.scope, value)
                ).rowcount
                for table in ("entry", *tables)
            }

        if not self._server.read(lambda _: True, False):
            return 0
        gone = self._server.write(self.scope, change)
        self._server.scrub(tuple(table for table, count in gone.items() if count))
        return gone["entry"]


def _indexed(text: str) -> list[str]:
    """The words that a text is found by."""
    return list(dict.fromkeys(word[:MAX_WORD] for word in words_of(text)))[:MAX_INDEXED_WORDS]
