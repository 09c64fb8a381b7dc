"""A small run of audits that share a memory, of which some are killed: the others are remembered, once and whole."""

from __future__ import annotations

from pathlib import Path

from benchmarks.memory_kills import kills


def test_audits_killed_at_any_moment_lose_nothing_and_leave_nothing_half_written(tmp_path: Path) -> None:
    outcome = kills(tmp_path, processes=2, times=1, seed=1)
    assert outcome.is_clean, outcome
    assert outcome.killed == 1 and outcome.found >= outcome.noted > 0
