"""Every store, for the tests that all of them must pass."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assay.memory.open import open_store
from assay.memory.store import Store
from tests.memory.stores.server import Server, binaries, running

Open = Callable[..., Store]
"""Opens the store of a test, by default in the scope ``team``; each call is a connection of its own."""


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    pytest.importorskip("psycopg")
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed")
    with running(programs) as server:
        yield server


@pytest.fixture
def database(postgresql: Server) -> Iterator[str]:
    """The address of an empty database."""
    name = f"memory_{uuid.uuid4().hex}"
    postgresql.execute(f"CREATE DATABASE {name}")
    yield postgresql.address(name)
    postgresql.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql", "vertex"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens one store after another on the same memory."""
    opened: list[Store] = []

    def open_one(scope: str = "team") -> Store:
        opened.append(make(scope))
        return opened[-1]

    if request.param == "sqlite":
        address = str(tmp_path / "memory.db")
    elif request.param == "postgresql":
        address = request.getfixturevalue("database")
    else:
        pytest.importorskip("google.adk.memory")
        from tests.memory.stores.vertex_fake import FakeBank

        bank = FakeBank()

    def make(scope: str) -> Store:
        return bank.store(scope) if request.param == "vertex" else open_store(address, scope)

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(opener: Open) -> Store:
    return opener()
