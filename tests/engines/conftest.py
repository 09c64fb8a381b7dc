"""Engines that run for the whole session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engines.emulator import Emulator


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """A BigQuery that every client of this session talks to."""
    with Emulator() as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("BIGQUERY_EMULATOR_HOST", running.endpoint)
        yield running
