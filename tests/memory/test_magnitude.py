"""Explanations that bound how far a row may be beyond what is right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assay.errors import ConfigurationError
from assay.judge.finding import Finding
from assay.memory.bank import Memory
from tests.memory.replay import Columns, ads, audited, until

DAYS = 6
BASE = until(ads(), DAYS)
ROWS = len(BASE["date"])


def beyond(by: int, kind: str = "clicks") -> Columns:
    """With 5 % of the rows that have more clicks than impressions, by so many."""
    where = np.random.default_rng(0).permutation(ROWS) < round(0.05 * ROWS)
    return {**BASE, kind: np.where(where, BASE["impressions"] + by, BASE[kind])}


def finding(place: Path, bank: Memory, columns: Columns, day: int = DAYS) -> Finding:
    audit = audited(columns, place, bank, day)
    (found,) = [f for f in audit.findings if f.kind == "clicks_exceed_impressions"]
    return found


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Memory]:
    with Memory(str(tmp_path / "m.db"), author="ann") as memory:
        yield memory


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "ads.parquet"


def test_the_evidence_says_how_far_the_worst_row_is_beyond(place: Path, bank: Memory) -> None:
    assert finding(place, bank, beyond(40)).evidence["magnitude"] == 40


def test_within_its_bound_a_finding_is_known_and_beyond_it_is_news(place: Path, bank: Memory) -> None:
    bank.explain(finding(place, bank, beyond(40)).id, "auto-clicks", at_most=50)
    known = finding(place, bank, beyond(50), DAYS + 1)
    assert known.status == "known"
    assert known.memory is not None and known.memory["at_most"] == 50
    news = finding(place, bank, beyond(51), DAYS + 2)
    assert news.status == "new"
    assert "known by at most 50, now 51" in news.reason


def test_both_bounds_are_told_where_both_are_passed(place: Path, bank: Memory) -> None:
    bank.explain(finding(place, bank, beyond(40)).id, "auto-clicks", up_to=0.02, at_most=50)
    assert "known up to 2 %, now 5" in finding(place, bank, beyond(40), DAYS + 1).reason
    both = finding(place, bank, beyond(900), DAYS + 2)
    assert "known up to 2 %" in both.reason and "by at most 50, now 900" in both.reason


def test_it_is_of_the_rows_of_its_condition_and_carried_elsewhere(tmp_path: Path, place: Path, bank: Memory) -> None:
    bank.explain(finding(place, bank, beyond(40)).id, "auto-clicks", up_to=1, at_most=50, where="platform = 'Quombat'")
    bank.export(tmp_path / "memory.json")
    columns = beyond(45)
    columns["clicks"] = np.where(
        (columns["clicks"] > columns["impressions"]) & (columns["platform"] != "Quombat"),
        columns["clicks"] + 500,
        columns["clicks"],
    )
    with Memory(str(tmp_path / "other.db")) as other:
        other.import_(tmp_path / "memory.json")
        audit = audited(columns, place, other, DAYS + 1)
    told = {f.status: f.evidence["magnitude"] for f in audit.findings if f.kind == "clicks_exceed_impressions"}
    assert told == {"known": 45, "new": 545}


def test_a_bound_is_a_number_above_nothing_of_a_finding_that_goes_beyond(place: Path, bank: Memory) -> None:
    columns = beyond(40)
    columns["spend"] = np.where(np.arange(ROWS) % 20 == 0, None, columns["spend"])
    audit = audited(columns, place, bank, DAYS)
    found = {f.kind: f.id for f in audit.findings}
    for wrong in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ConfigurationError, match="above 0"):
            bank.explain(found["clicks_exceed_impressions"], "why", at_most=wrong)
    with pytest.raises(ConfigurationError, match="how far"):
        bank.explain(found["missing_values"], "why", at_most=3)
