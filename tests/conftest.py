"""Shared configuration of the tests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run, and no failure because a machine is busy.
settings.register_profile("assay", deadline=None, derandomize=True)
settings.load_profile("assay")


@pytest.fixture(scope="session", autouse=True)
def _memories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test ever touches its user's memory, nor do the commands that it starts."""
    folder = tmp_path_factory.mktemp("memories")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_MEMORY", str(folder / "shared.db"))
        patch.delenv("ASSAY_MEMORY_SCOPE", raising=False)
        yield folder


@pytest.fixture(autouse=True)
def _own_memory(_memories: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test remembers, no other recalls."""
    name = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]
    monkeypatch.setenv("ASSAY_MEMORY", str(_memories / f"{name}.db"))
