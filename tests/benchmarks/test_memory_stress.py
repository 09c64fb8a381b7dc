"""A small run of the stress test: what a writer was told is kept is kept, whole, whoever is killed beside it."""

from __future__ import annotations

from pathlib import Path

from benchmarks.memory_stress import stress


def test_writers_killed_at_any_moment_lose_nothing_and_leave_nothing_half_written(tmp_path: Path) -> None:
    outcome = stress(tmp_path, processes=3, kills=5, seed=1)
    assert outcome.is_clean, outcome
    assert outcome.killed == 5 and outcome.found >= outcome.noted > 0
