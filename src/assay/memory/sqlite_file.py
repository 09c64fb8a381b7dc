"""A SQLite file that many processes share: made when first written, locked with patience, never half-written."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from assay.errors import MemoryStoreError
from assay.memory.migrations import migrations

T = TypeVar("T")

PATIENCE_SECONDS = 60.0
BUSY_MILLISECONDS = 5_000
# What a page cache may take: states of a few megabytes are read at once.
CACHE_KIB = 16_000
VERSIONS = "assay_migration"


class SQLiteFile:
    """One file; safe to use from several threads and processes.

    Attributes:
        path: where it is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._is_migrated = False
        self._lock = threading.RLock()

    def read(self, ask: Callable[[sqlite3.Connection], T], empty: T) -> T:
        """What ``ask`` returns; ``empty`` where there is no file yet, or nothing in it."""

        def attempt() -> T:
            connection = self._connected(create=False)
            return empty if connection is None or not self._migrated(connection, create=False) else ask(connection)

        with self._lock:
            return self._patiently(attempt)

    def write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Make a change as one transaction; it may be tried several times, each time from the start."""

        def attempt() -> T:
            connection = self._connected(create=True)
            assert connection is not None
            self._migrated(connection, create=True)
            return transaction(connection, change)

        with self._lock:
            return self._patiently(attempt)

    def scrub(self) -> None:
        """Empty the write-ahead log, where what was removed from the tables may still be readable.

        Raises:
            MemoryStoreError: another program reads the file without end.
        """

        def attempt() -> None:
            connection = self._connected(create=False)
            if connection is not None:
                busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if busy:
                    raise sqlite3.OperationalError("database is locked")

        with self._lock:
            self._patiently(attempt)

    def close(self) -> None:
        with self._lock:
            connection, self._connection, self._is_migrated = self._connection, None, False
            if connection is not None:
                connection.close()

    def _connected(self, create: bool) -> sqlite3.Connection | None:
        if self._connection is not None:
            if self._identity == self._on_disk():
                return self._connection
            self.close()  # somebody removed or replaced the file: what is written to it now would be lost
        if not self.path.exists():
            if not create:
                self._require_folder()
                return None
            self._make()
        elif not self.path.is_file():
            what = "a folder; name a file in it" if self.path.is_dir() else "no regular file; name another"
            raise MemoryStoreError(f"the memory {self.path} is {what}, for example {self.path / 'memory.db'}")
        uri = f"file:{quote(str(self.path))}?mode=rw"
        connection = sqlite3.connect(
            uri, uri=True, timeout=BUSY_MILLISECONDS / 1000, isolation_level=None, check_same_thread=False
        )
        try:
            # What is deleted is overwritten with zeros, and nothing is written to temporary files beside.
            for setting in ("secure_delete = ON", "temp_store = MEMORY", f"cache_size = -{CACHE_KIB}"):
                connection.execute(f"PRAGMA {setting}").fetchall()
        except BaseException:
            connection.close()
            raise
        self._connection, self._identity = connection, self._on_disk()
        return connection

    def _on_disk(self) -> tuple[int, int] | None:
        """Which file the path leads to."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _require_folder(self) -> None:
        for folder in self.path.parents:
            if folder.exists():
                if not folder.is_dir():
                    raise MemoryStoreError(f"the memory {self.path} cannot be: {folder} is no folder; name another")
                return

    def _make(self) -> None:
        """An empty file that only its owner can read."""
        self._require_folder()
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))

    def _migrated(self, connection: sqlite3.Connection, create: bool) -> bool:
        """Bring the tables up to date; False if there are none and none are to be made."""
        if self._is_migrated:
            return True
        known = migrations("sqlite")
        applied = _applied(connection, self.path)
        if not applied and not create:
            return False
        if applied < len(known):
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                # Where a file system cannot share memory, SQLite stays with its older journal, which is safe, too.
                connection.execute("PRAGMA journal_mode = WAL").fetchall()
            transaction(connection, lambda c: _migrate(c, self.path))
        elif applied > len(known):
            raise MemoryStoreError(
                f"the memory {self.path} was written by a newer assay (its version is {applied}, this one knows "
                f"{len(known)}): upgrade assay, or name another file"
            )
        self._is_migrated = True
        return True

    def _patiently(self, attempt: Callable[[], T]) -> T:
        """Try until no other process is in the way."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        pause = 0.005
        while True:
            try:
                return attempt()
            except sqlite3.Error as error:
                if not _is_busy(error) or time.monotonic() > deadline:
                    raise MemoryStoreError(self._advice(error)) from error
            except OSError as error:
                reason = error.strerror or str(error)
                raise MemoryStoreError(
                    f"the memory {self.path} cannot be used ({reason}): name a file that you may write, "
                    "or go without a memory"
                ) from error
            # Processes that wait for each other must not wake at the same moment.
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, 0.25)

    def _advice(self, error: sqlite3.Error) -> str:
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        name = f"the memory {self.path}"
        if _is_busy(error):
            return f"{name} is kept locked by another program: end it, then try again"
        if code == sqlite3.SQLITE_NOTADB:
            return f"{name} is no SQLite database: name another file"
        if code == sqlite3.SQLITE_CORRUPT:
            return f"{name} is damaged: put a copy in its place, or move it away to begin a new one"
        if code == sqlite3.SQLITE_FULL:
            return f"{name} cannot grow, the disk is full: make room, then try again"
        if code == sqlite3.SQLITE_TOOBIG:
            return f"{name} cannot hold a value of more than 1 GB: split the table into smaller parts"
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN):
            return f"{name} cannot be written ({error}): its file and folder must be yours to write"
        reason = " ".join(str(error).split())
        return f"{name} cannot be used ({reason}): check the disk and its free space, or name another file"


def transaction(connection: sqlite3.Connection, change: Callable[[sqlite3.Connection], T]) -> T:
    """Run a change that is there as a whole or not at all, with the right to write from its first statement on."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = change(connection)
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # a full disk has rolled back by itself
            connection.execute("ROLLBACK")
        raise
    return result


def _applied(connection: sqlite3.Connection, path: Path) -> int:
    """The number of the last migration that was applied; 0 for an empty file."""
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if VERSIONS in names:
        return int(connection.execute(f"SELECT coalesce(max(number), 0) FROM {VERSIONS}").fetchone()[0])
    if names:
        raise MemoryStoreError(f"{path} is a database of another program: name another file for the memory")
    return 0


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Apply what is missing; another process may have done it since it was looked at."""
    applied = _applied(connection, path)
    connection.execute(f"CREATE TABLE IF NOT EXISTS {VERSIONS} (number INTEGER PRIMARY KEY, name TEXT NOT NULL)")
    for migration in migrations("sqlite")[applied:]:
        for statement in migration.statements:
            connection.execute(statement)
        connection.execute(f"INSERT INTO {VERSIONS} VALUES (?, ?)", (migration.number, migration.name))


def _is_busy(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return "is locked" in str(error)
    return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)
