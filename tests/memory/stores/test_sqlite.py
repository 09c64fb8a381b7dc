"""What only a SQLite file can get wrong: made late, private, shared, damaged, full, and empty of what was forgotten."""

from __future__ import annotations

import os
import resource
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.errors import MemoryStoreError
from assay.memory import migrations, sqlite_words
from assay.memory.entry import Entry, EntryType, Tally
from assay.memory.open import open_store
from assay.memory.sqlite import SQLiteStore


@pytest.fixture(autouse=True)
def _closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every store that a test opens is closed after it."""
    opened: list[SQLiteStore] = []
    make = SQLiteStore.__init__

    def remember(self: SQLiteStore, path: str, scope: str) -> None:
        make(self, path, scope)
        opened.append(self)

    monkeypatch.setattr(SQLiteStore, "__init__", remember)
    yield
    for store in opened:
        store.close()


def entry(identity: str = "a", text: str = "a cause", table: str = "ads") -> Entry:
    return Entry(identity, EntryType.CONTEXT, table, text, {"said": text}, created="2026-01-01")


def files(folder: Path) -> bytes:
    return b"".join(p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file())


def test_only_a_write_makes_the_file_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deep #1? %20" / "memory.db"
    store = SQLiteStore(str(path), "me")
    assert store.entries() == [] and not store.forget("a") and not path.parent.exists()
    store.write([entry()])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o600 for p in path.parent.iterdir())
    store.close()
    assert open_store(f"sqlite://{path}", "me").entries() == [entry()]


def test_a_file_of_no_bytes_is_an_empty_memory(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    path.touch()
    store = SQLiteStore(str(path), "me")
    assert store.entries() == [] and path.stat().st_size == 0
    store.write([entry()])
    assert store.entries() == [entry()]


def test_a_file_that_is_removed_while_it_is_open_is_made_anew(tmp_path: Path) -> None:
    store = SQLiteStore(str(tmp_path / "memory.db"), "me")
    store.write([entry("a")])
    for path in tmp_path.iterdir():
        path.unlink()
    assert store.entries() == []
    store.write([entry("b")])
    assert [e.id for e in SQLiteStore(str(tmp_path / "memory.db"), "me").entries()] == ["b"]


def test_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    SQLiteStore("~/memory.db", "me").write([entry()])
    assert (tmp_path / "memory.db").exists()


@pytest.mark.parametrize("forget", ["entry", "table"])
def test_no_byte_of_what_is_forgotten_stays_in_the_files(tmp_path: Path, forget: str) -> None:
    store, other = (SQLiteStore(str(tmp_path / "memory.db"), scope) for scope in ("me", "you"))
    secret = "Zanzibarquux " + "überlang " * 2_000 + "endofsecret"
    for n in range(60):
        store.write([entry(f"n{n}", f"plain text {n}")])
    store.write([entry("s", secret + " first version", "private"), entry("t", "Zanzibarquux too", "private")])
    for n in range(60):
        store.write([entry(f"m{n}", f"other text {n}")])
    store.write([entry("s", secret, "private")])
    other.write([entry()])
    assert b"Zanzibarquux" in files(tmp_path) and b"endofsecret" in files(tmp_path)
    if forget == "entry":
        assert store.forget("s") and store.forget("t")
    else:
        assert store.forget_table("private") == 2
    left = files(tmp_path).lower()
    assert not [w for w in (b"zanzibarq", b"quux", b"endofsecret", b"endofsecre", "überlang".encode()) if w in left]
    assert len(store.entries()) == 120 and len(store.search("other text", limit=200)) == 60


def test_what_cannot_be_a_memory_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("no database, but longer than the head of one " * 9, encoding="utf-8")
    os.mkfifo(tmp_path / "pipe")
    with sqlite3.connect(tmp_path / "foreign.db") as foreign:
        foreign.execute("CREATE TABLE bookmarks (x)")
    foreign.close()
    cases = {
        "folder": "is a folder",
        "text": "is no SQLite database",
        "pipe": "is no regular file",
        "text/memory.db": "is no folder",
        "foreign.db": "database of another program",
    }
    for name, message in cases.items():
        for use in (lambda s: s.entries(), lambda s: s.write([entry()]), lambda s: s.forget("a")):
            store = SQLiteStore(str(tmp_path / name), "me")
            with pytest.raises(MemoryStoreError, match=message) as caught:
                use(store)
            assert "\n" not in str(caught.value) and name.split("/")[0] in str(caught.value)
            store.close()


def test_an_unknown_kind_of_address_is_refused() -> None:
    with pytest.raises(MemoryStoreError, match="mysql"):
        open_store("mysql://host/db")


def test_a_damaged_file_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    store = SQLiteStore(str(path), "me")
    store.write([entry(f"e{n}", "text " * 50) for n in range(200)])
    store.close()
    data = bytearray(path.read_bytes())
    data[8192:] = b"\xff" * (len(data) - 8192)
    path.write_bytes(data)
    broken = SQLiteStore(str(path), "me")
    with pytest.raises(MemoryStoreError, match="damaged") as caught:
        broken.entries()
    assert "\n" not in str(caught.value)
    broken.close()


def test_a_damaged_state_is_told_apart_from_a_damaged_file(tmp_path: Path) -> None:
    store = SQLiteStore(str(tmp_path / "memory.db"), "me")
    store.write(states={("ads", "p"): {"x": 1}})
    with sqlite3.connect(tmp_path / "memory.db") as connection:
        connection.execute("UPDATE state SET body = ?", (b"no zlib",))
    connection.close()
    with pytest.raises(MemoryStoreError, match="the state p of ads is damaged"):
        store.states("ads")


FULL_DISK = """
import resource, signal, sys
from assay.errors import MemoryStoreError
from assay.memory.entry import Entry, EntryType
from assay.memory.sqlite import SQLiteStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = SQLiteStore(sys.argv[1], "me")
store.write([Entry("a", EntryType.CONTEXT, "ads", "kept")])
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
try:
    store.write([Entry("b", EntryType.CONTEXT, "ads", "x" * 2_000_000)])
except MemoryStoreError as error:
    print(error)
print([e.text for e in store.entries()])
"""


def test_a_disk_without_room_loses_the_write_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    command = [sys.executable, "-c", FULL_DISK, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ})
    message, left = done.stdout.splitlines()
    assert "free space" in message or "disk is full" in message
    assert left == "['kept']"
    assert [e.text for e in SQLiteStore(str(path), "me").entries()] == ["kept"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_file_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    SQLiteStore(str(tmp_path / "memory.db"), "me").write([entry()])
    (tmp_path / "memory.db").chmod(0o400)
    with pytest.raises(MemoryStoreError, match="cannot be written"):
        SQLiteStore(str(tmp_path / "memory.db"), "me").write([entry("b")])


def test_a_memory_of_a_newer_assay_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    SQLiteStore(str(path), "me").write([entry()])
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO assay_migration VALUES (9999, '9999_future.sql')")
    connection.close()
    for use in (lambda s: s.entries(), lambda s: s.write([entry("b")])):
        with pytest.raises(MemoryStoreError, match="newer assay"):
            use(SQLiteStore(str(path), "me"))


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_migrations_are_numbered_without_gaps(store: str) -> None:
    known = migrations.migrations(store)
    assert [m.number for m in known] == list(range(1, len(known) + 1)) and all(m.statements for m in known)


def test_many_that_open_at_once_migrate_once(tmp_path: Path) -> None:
    start, failures = threading.Barrier(8), []

    def write(n: int) -> None:
        store = SQLiteStore(str(tmp_path / "memory.db"), "me")
        start.wait()
        try:
            store.write([entry(f"e{n}")], tallies=[Tally("ads", "k", "r", 1)])
        except MemoryStoreError as error:
            failures.append(error)
        store.close()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store = SQLiteStore(str(tmp_path / "memory.db"), "me")
    assert not failures and len(store.entries()) == 8 and store.tallies() == [Tally("ads", "k", "r", 8)]


def test_one_store_is_used_from_many_threads(tmp_path: Path) -> None:
    store = SQLiteStore(str(tmp_path / "memory.db"), "me")
    threads = [threading.Thread(target=lambda n=n: store.write([entry(f"e{n}")])) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.entries()) == 8 and len(store.search("cause")) == 8


def test_search_works_without_the_index_and_the_index_catches_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "memory.db")
    SQLiteStore(path, "me").write([entry("a", "first clicks")])
    with monkeypatch.context() as without:
        without.setattr(sqlite_words, "is_available", lambda _: False)
        store = SQLiteStore(path, "me")
        store.write([entry("b", "second clicks")])
        assert {e.id for e in store.search("clicks")} == {"a", "b"} and {e.id for e in store.search("second")} == {"b"}
    store = SQLiteStore(path, "me")
    assert {e.id for e in store.search("click")} == {"a", "b"}
    store.write([entry("c", "third clicks")])
    assert {e.id for e in store.search("click")} == {"a", "b", "c"} and [e.id for e in store.search("second")] == ["b"]


def test_words_of_one_stem_are_found_by_each_other(tmp_path: Path) -> None:
    store = SQLiteStore(str(tmp_path / "memory.db"), "me")
    store.write([entry("a", "clicks were counted")])
    assert store.search("counting click")
