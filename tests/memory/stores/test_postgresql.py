"""What only PostgreSQL can get wrong: connections, passwords, rights, what stays after forgetting."""

from __future__ import annotations

import threading
from pathlib import Path
from urllib.parse import quote

import pytest

from assay.errors import MemoryStoreError
from assay.memory.entry import Entry, EntryType, Tally
from assay.memory.open import open_store
from tests.memory.stores.server import PASSWORD, Server

pytest.importorskip("psycopg")


def entry(identity: str = "a", text: str = "a cause") -> Entry:
    return Entry(identity, EntryType.CONTEXT, "ads", text, {}, created="2026-01-01")


def name_of(database: str) -> str:
    return database.rsplit("/", 1)[1]


def test_reading_makes_nothing_and_writing_makes_one_schema(postgresql: Server, database: str) -> None:
    schemas = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'assay%'"
    store = open_store(database, "me")
    assert store.entries() == [] and not store.forget("a") and postgresql.execute(schemas, name_of(database)) == []
    store.write([entry()])
    assert postgresql.execute(schemas, name_of(database)) == [("assay_memory",)]
    tables = postgresql.execute(
        "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", database=name_of(database)
    )
    assert tables == [(0,)]
    store.close()


def test_a_password_is_never_shown(postgresql: Server, database: str) -> None:
    secret = "geheim/ß @:%"
    wrong = postgresql.address(name_of(database), password=secret)
    addresses = [
        wrong,
        wrong.replace(f":{postgresql.port}/", ":1/"),
        f"postgresql://assay:{secret}@127.0.0.1:{postgresql.port}/x",
        f"postgresql://assay@127.0.0.1:notaport/x?password={quote(secret)}",
        f"postgresql://127.0.0.1:{postgresql.port}/x?user=assay&password={quote(secret)}",
        f"postgresql://assay:{quote(PASSWORD, safe='')}@127.0.0.1:{postgresql.port}/no_such_database",
    ]
    for address in addresses:
        with pytest.raises(MemoryStoreError) as caught:
            open_store(address, "me").entries()
        shown = str(caught.value)
        assert "\n" not in shown and "geheim" not in shown and "s3cret" not in shown, shown
    store = open_store(database, "me")
    assert store.address == f"postgresql://assay@127.0.0.1:{postgresql.port}/{name_of(database)}"
    store.close()


def test_a_server_that_is_not_there_is_one_line_that_says_so() -> None:
    with pytest.raises(MemoryStoreError, match=r"cannot be reached \(.*check that the server runs"):
        open_store("postgresql://assay@127.0.0.1:1/x", "me").write([entry()])


def test_a_user_without_rights_is_told_which_are_missing(postgresql: Server, database: str) -> None:
    role = name_of(database).replace("memory", "guest")
    postgresql.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'pw'")
    store = open_store(f"postgresql://{role}:pw@127.0.0.1:{postgresql.port}/{name_of(database)}", "me")
    with pytest.raises(MemoryStoreError, match="right to create a schema"):
        store.write([entry()])
    store.close()
    postgresql.execute(f"DROP ROLE {role}")


def test_a_user_with_rights_on_the_tables_only_uses_a_memory_that_another_made(
    postgresql: Server, database: str
) -> None:
    name, role = name_of(database), name_of(database).replace("memory", "guest")
    owner = open_store(database, "me")
    owner.write([entry()])
    postgresql.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'pw'")
    postgresql.execute(f"GRANT USAGE ON SCHEMA assay_memory TO {role}", name)
    postgresql.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA assay_memory TO {role}", name)
    guest = open_store(f"postgresql://{role}:pw@127.0.0.1:{postgresql.port}/{name}", "me")
    guest.write([entry("b")], {("ads", "p"): {"x": 1}}, [Tally("ads", "k", "r", 1)])
    assert len(guest.entries()) == 2 and len(guest.secret()) == 32
    assert guest.forget("b") and guest.forget_table("ads") == 1 and owner.entries() == []
    guest.close()
    owner.close()
    postgresql.execute(f"DROP OWNED BY {role}; DROP ROLE {role}", name)


def test_a_connection_that_the_server_ended_is_made_anew(postgresql: Server, database: str) -> None:
    store = open_store(database, "me")
    store.write([entry()])
    ended = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name_of(database)}'"
    assert postgresql.execute(ended) == [(True,)]
    store.write([entry("b")])
    assert {e.id for e in store.entries()} == {"a", "b"}
    store.close()


def test_many_that_open_at_once_migrate_once_and_lose_nothing(database: str) -> None:
    start, failures = threading.Barrier(6), []

    def write(n: int) -> None:
        store = open_store(database, "me")
        start.wait()
        try:
            for k in range(5):
                order = [Tally("ads", "k", "r", 1), Tally("ads", "l", "r", 1)]
                store.write([entry(f"e{n}-{k}")], {("ads", f"{n}"): {"k": k}}, order if n % 2 else order[::-1])
        except MemoryStoreError as error:
            failures.append(error)
        store.close()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store = open_store(database, "me")
    assert not failures and len(store.entries()) == 30 and len(store.states("ads")) == 6
    assert store.tallies() == [Tally("ads", "k", "r", 30), Tally("ads", "l", "r", 30)]
    store.close()


def test_a_memory_of_a_newer_assay_is_left_alone(postgresql: Server, database: str) -> None:
    store = open_store(database, "me")
    store.write([entry()])
    store.close()
    postgresql.execute("INSERT INTO assay_memory.migration VALUES (9999, 'future')", name_of(database))
    with pytest.raises(MemoryStoreError, match="newer assay"):
        store.entries()
    store.close()


def test_the_tables_files_hold_nothing_of_what_was_forgotten(postgresql: Server, database: str) -> None:
    store = open_store(database, "me")
    store.write([entry(f"n{n}", f"plain text {n}") for n in range(50)])
    store.write([entry("s", "Zanzibarquux " + "is the codeword " * 500)])
    folder = _folder(postgresql, name_of(database))
    postgresql.execute("ANALYZE", name_of(database))
    postgresql.execute("CHECKPOINT")
    assert _holds(folder, b"anzibarquux")
    assert store.forget("s")
    postgresql.execute("CHECKPOINT")
    assert not _holds(folder, b"anzibarquux") and len(store.entries()) == 50
    store.close()


def _folder(server: Server, database: str) -> Path:
    [(oid,)] = server.execute(f"SELECT oid FROM pg_database WHERE datname = '{database}'")
    return server.folder / "base" / str(oid)


def _holds(folder: Path, word: bytes) -> bool:
    return any(word in path.read_bytes() for path in folder.iterdir() if path.is_file())
