"""Null rates against the table's own past: of columns that are no metrics, and of tables without days."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assay.judge.finding import Finding
from assay.memory.bank import Memory
from tests.memory.replay import Columns, ads, audited, found, on, until

ROWS = 400


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Memory]:
    with Memory(str(tmp_path / "m.db"), author="ann") as memory:
        yield memory


def customers(seed: int, empty: float) -> Columns:
    """A table without days, of which a share of the cities is empty."""
    rng = np.random.default_rng(seed)
    cities = rng.choice(["Lagos", "Osaka", "Lima"], ROWS).astype(object)
    cities[rng.random(ROWS) < empty] = None
    names = np.array([f"{seed}-{i:04d}" for i in range(ROWS)])
    return {"customer_id": names, "city": cities, "score": np.round(rng.normal(50, 9, ROWS), 2)}


def city(place: Path, bank: Memory, empties: list[float], first: int = 0) -> list[Finding]:
    """What the last of several audits says of the empty cities, by the past; earlier ones are said to be fine."""
    for number, empty in enumerate(empties, start=first):
        audit = audited(customers(number, empty), place, bank, number)
        told = [f for f in found(audit, "missing_values") if f.evidence["origin"] == "memory"]
        for finding in audit.findings:
            if number == first and finding.status == "new":
                bank.explain(finding.id, "not asked of everybody", up_to=0.5)
    return told


def test_a_jump_in_a_table_without_days_is_told(tmp_path: Path, bank: Memory) -> None:
    (jump,) = city(tmp_path / "c.parquet", bank, [0, 0, 0, 0, 0.7])
    assert (jump.columns, jump.status, jump.evidence.get("days")) == (("city",), "new", None)
    assert "0.0%" in jump.reason
    (again,) = city(tmp_path / "c.parquet", bank, [0.7], 5)
    assert again.id == jump.id, "it has become no new normal"
    assert not city(tmp_path / "c.parquet", bank, [0], 6)


def test_a_jump_beyond_what_is_known_is_news(tmp_path: Path, bank: Memory) -> None:
    (jump,) = city(tmp_path / "c.parquet", bank, [0.05, 0.06, 0.05, 0.04, 0.06, 0.7])
    assert jump.status == "new"
    assert "known up to 50 %" in jump.reason


def test_a_column_that_is_noisy_is_allowed_its_noise(tmp_path: Path, bank: Memory) -> None:
    assert not city(tmp_path / "c.parquet", bank, [0.25, 0.4, 0.15, 0.3, 0.2, 0.45])


def test_few_past_loads_tell_nothing(tmp_path: Path, bank: Memory) -> None:
    assert not city(tmp_path / "c.parquet", bank, [0.05, 0.05, 0.5])


def test_a_jump_in_a_name_on_a_day_is_told_until_it_is_mended(table: Path, memory: Memory) -> None:
    columns = until(ads(), 31)
    damaged = {**columns, "platform": np.where(on(columns, 30) & (np.arange(len(columns["date"])) % 2 == 0), None,
                                               columns["platform"])}  # fmt: skip
    for day in (31, 32):
        later = until(ads(), day)
        grown = {n: np.concatenate([damaged[n], later[n][len(damaged[n]) :]]) for n in later}
        (jump,) = [f for f in found(audited(grown, table, memory, day), "missing_values") if "platform" in f.columns]
        assert jump.rows_affected == 16
    mended = audited(until(ads(), 33), table, memory, 33)
    assert not found(mended, "missing_values")
