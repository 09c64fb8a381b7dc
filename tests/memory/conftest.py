"""Memories and tables that tests begin with; learning a table's past takes a second, so it is done once a file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.memory.bank import Memory
from tests.memory.replay import ads, learn


@pytest.fixture(scope="session")
def _learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A memory of three audits, after 28, 29 and 30 days."""
    folder = tmp_path_factory.mktemp("learned")
    place = folder / "ads.parquet"
    with Memory(str(folder / "memory.db"), author="ann") as memory:
        learn(ads(), place, memory, 28, 30)
    return folder


@pytest.fixture
def table(_learned: Path) -> Path:
    """Where the audited table is written."""
    return _learned / "ads.parquet"


@pytest.fixture
def memory(_learned: Path, tmp_path: Path) -> Iterator[Memory]:
    """A copy of the memory that knows 30 days of :func:`tests.memory.replay.ads`."""
    shutil.copy(_learned / "memory.db", tmp_path / "memory.db")
    with Memory(str(tmp_path / "memory.db"), author="ann") as opened:
        yield opened
