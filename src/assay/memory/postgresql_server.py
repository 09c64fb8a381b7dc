"""A PostgreSQL server that many machines share: migrated by one of them, asked when needed, errors in one line."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from assay.errors import MemoryStoreError, MissingExtraError
from assay.memory.migrations import migrations

try:
    import psycopg
    from psycopg import conninfo
except ImportError:
    raise MissingExtraError("psycopg", "postgres") from None

T = TypeVar("T")
Connection = psycopg.Connection[tuple[Any, ...]]

SCHEMA = "assay_memory"
VERSIONS = f"{SCHEMA}.migration"
# What writers and migrations wait for is numbered; "assay" in ASCII is the first of the two numbers.
LOCK = int.from_bytes(b"assa", "big")
MIGRATION_LOCK = 0
CONNECT_SECONDS = 10
SCRUB_WAIT = "10s"


class PostgreSQLServer:
    """One database; safe to use from several threads.

    Attributes:
        address: where it is, without a password.
    """

    def __init__(self, address: str) -> None:
        self._target = address
        try:
            parameters = conninfo.conninfo_to_dict(address)
        except psycopg.ProgrammingError:
            # What the library says may hold the password.
            raise MemoryStoreError(
                "the address of the memory is no valid postgresql://USER@HOST:PORT/DATABASE; "
                "percent-encode special characters in the password"
            ) from None
        self._password = str(parameters.get("password") or "")
        self.address = _shown(parameters)
        self._connection: Connection | None = None
        self._is_migrated = False
        self._lock = threading.RLock()

    def read(self, ask: Callable[[Connection], T], empty: T) -> T:
        """What ``ask`` returns; ``empty`` where nothing was ever written."""
        with self._lock:
            try:
                connection = self._connected()
                return ask(connection) if self._migrated(connection, create=False) else empty
            except psycopg.Error as error:
                raise self._advice(error) from error

    def write(self, scope: str, change: Callable[[Connection], T]) -> T:
        """Make a change as one transaction; writers of one scope wait for each other, so they never deadlock."""
        with self._lock:
            try:
                connection = self._connected()
                self._migrated(connection, create=True)
                with connection.transaction():
                    connection.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (LOCK, f"scope {scope}"))
                    return change(connection)
            except psycopg.Error as error:
                raise self._advice(error) from error

    def scrub(self, tables: tuple[str, ...]) -> None:
        """Write tables anew without what was deleted; the server's own log may hold it for a while."""
        with self._lock:
            try:
                connection = self._connected()
                for table in tables:
                    connection.execute(f"SET lock_timeout = '{SCRUB_WAIT}'")
                    try:
                        connection.execute(f"VACUUM (FULL) {SCHEMA}.{table}")
                    except psycopg.errors.LockNotAvailable:
                        # Somebody reads without end: the server will reuse the space in its own time.
                        connection.execute(f"VACUUM {SCHEMA}.{table}")
                    finally:
                        connection.execute("RESET lock_timeout")
            except psycopg.Error as error:
                raise self._advice(error) from error

    def close(self) -> None:
        with self._lock:
            connection, self._connection, self._is_migrated = self._connection, None, False
            if connection is not None:
                connection.close()

    def _connected(self) -> Connection:
        """A connection that answers: servers and what stands before them end those that are idle for long."""
        if self._connection is not None:
            try:
                self._connection.execute("SELECT 1")
            except psycopg.OperationalError:
                self._connection.close()
                self._connection = None
        if self._connection is None:
            # Poolers that share sessions know no prepared statements.
            self._connection = psycopg.connect(
                self._target,
                autocommit=True,
                prepare_threshold=None,
                connect_timeout=CONNECT_SECONDS,
                application_name="assay",
            )
        return self._connection

    def _migrated(self, connection: Connection, create: bool) -> bool:
        """Bring the tables up to date; False if there are none and none are to be made."""
        if self._is_migrated:
            return True
        known = migrations("postgresql")
        applied = _applied(connection)
        if not applied and not create:
            return False
        if applied < len(known):
            with connection.transaction():
                _migrate(connection)
        elif applied > len(known):
            raise MemoryStoreError(
                f"the memory {self.address} was written by a newer assay (its version is {applied}, this one knows "
                f"{len(known)}): upgrade assay, or name another database"
            )
        self._is_migrated = True
        return True

    def _advice(self, error: psycopg.Error) -> MemoryStoreError:
        reason = " ".join((str(error).strip().splitlines() or [type(error).__name__])[0].split())
        if self._password:
            reason = reason.replace(self._password, "***")
        name = f"the memory {self.address}"
        if isinstance(error, psycopg.errors.InsufficientPrivilege):
            return MemoryStoreError(f"{name} refuses ({reason}): its user needs the right to create a schema in it")
        if isinstance(error, psycopg.errors.DiskFull):
            return MemoryStoreError(f"{name} cannot grow, the server's disk is full: make room, then try again")
        if isinstance(error, psycopg.OperationalError):
            return MemoryStoreError(f"{name} cannot be reached ({reason}): check that the server runs, and the address")
        return MemoryStoreError(f"{name} cannot be used ({reason})")


def _shown(parameters: dict[str, Any]) -> str:
    user, host, port = (str(parameters.get(key) or "") for key in ("user", "host", "port"))
    at = f"{user}@" if user else ""
    return f"postgresql://{at}{host}{':' if port else ''}{port}/{parameters.get('dbname') or ''}"


def _applied(connection: Connection) -> int:
    """The number of the last migration that was applied; 0 where there was none."""
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (VERSIONS,)).fetchone()
    if not row or not row[0]:
        return 0
    last = connection.execute(f"SELECT coalesce(max(number), 0) FROM {VERSIONS}").fetchone()
    return int(last[0]) if last else 0


def _migrate(connection: Connection) -> None:
    """Apply what is missing; another process may have done it since it was looked at."""
    connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (LOCK, MIGRATION_LOCK))
    there = connection.execute("SELECT to_regnamespace(%s) IS NOT NULL", (SCHEMA,)).fetchone()
    if not there or not there[0]:  # asked for, since CREATE ... IF NOT EXISTS needs rights that it does not use
        connection.execute(f"CREATE SCHEMA {SCHEMA}")
    connection.execute(f"CREATE TABLE IF NOT EXISTS {VERSIONS} (number integer PRIMARY KEY, name text NOT NULL)")
    for migration in migrations("postgresql")[_applied(connection) :]:
        for statement in migration.statements:
            connection.execute(statement)
        connection.execute(f"INSERT INTO {VERSIONS} VALUES (%s, %s)", (migration.number, migration.name))
