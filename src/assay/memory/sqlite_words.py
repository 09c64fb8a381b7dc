"""The index of words of a SQLite memory: made from the entries, so it can be made anew at any time."""

from __future__ import annotations

import sqlite3

# Longer questions are answered without the index: its parser has a limit.
MAX_WORDS = 100


def is_available(connection: sqlite3.Connection) -> bool:
    """Whether this build of SQLite has FTS5."""
    return bool(connection.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").fetchone())


def prepare(connection: sqlite3.Connection) -> bool:
    """Make the index ready to be written to, within a transaction; False if this build of SQLite has none.

    Without it the index is marked as lacking entries, and is made anew by the next process that has it.
    """
    if not is_available(connection):
        connection.execute("UPDATE words_state SET is_whole = 0 WHERE is_whole")
        return False
    if not is_whole(connection):
        connection.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (text, content = 'entry', content_rowid = 'seq', "
            "tokenize = 'porter unicode61 remove_diacritics 2')"
        )
        connection.execute("INSERT INTO words (words) VALUES ('rebuild')")
        connection.execute("UPDATE words_state SET is_whole = 1")
    return True


def is_whole(connection: sqlite3.Connection) -> bool:
    """Whether the index has all entries."""
    return bool(connection.execute("SELECT is_whole FROM words_state").fetchone()[0])


def add(connection: sqlite3.Connection, seq: int, text: str) -> None:
    """Index the text of an entry."""
    connection.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (seq, text))


def remove(connection: sqlite3.Connection, seq: int, text: str) -> None:
    """Take an entry out of the index; its words may stay readable in the file until :func:`scrub`."""
    connection.execute("INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)", (seq, text))


def scrub(connection: sqlite3.Connection) -> None:
    """Write the index anew without what was removed.

    FTS5's own ``secure-delete`` does this at each removal, but makes the file unreadable to SQLite before 3.42.
    """
    connection.execute("INSERT INTO words (words) VALUES ('optimize')")


def question(words: list[str]) -> str:
    """A question in the language of FTS5: all of the words, or words that begin so."""
    return " AND ".join(f'"{word}"*' for word in words)
