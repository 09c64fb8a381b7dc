"""Plans of stacked errors: what the engine keeps saves work, and changes nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlglot import exp

from assay.bench.advertising import generate
from assay.bench.corrupt import KINDS, Error, corrupt
from assay.bench.corrupt.plan import plan
from assay.bench.corrupt.scene import Scene
from assay.config import Settings
from assay.domain.pack import load_packs
from assay.source.open import find_tables

STACK = [Error(k, 0.03) for k, kind in KINDS.items() if kind.group in ("structural", "logical")]


def test_what_the_engine_keeps_changes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def files(folder: str) -> list[bytes]:
        done = corrupt(generate(400), [*STACK, Error("stale_copies", 0.05)], 1, tmp_path / folder)
        return [p.read_bytes() for p in (done.table, done.cells)]

    kept = files("kept")
    monkeypatch.setattr(sys.modules["assay.bench.corrupt.plan"], "MOST_KEPT", 0)
    assert files("worked_out") == kept


def test_the_condition_of_an_error_is_worked_out_once_however_many_follow(tmp_path: Path) -> None:
    pq.write_table(generate(400), tmp_path / "ads.parquet")
    source = find_tables(str(tmp_path / "ads.parquet"))[0].open(Settings())
    made = plan(Scene(source, load_packs(), 1), STACK)
    thresholds = [h.condition.find(exp.LTE) for h in made.hits[:-1] if not h.damage.drops]
    assert len(thresholds) >= 8
    for threshold in thresholds:
        assert threshold is not None
        assert sum(f"<= {threshold.expression.sql()}" in asked for asked in source.asked) == 1
    source.close()
