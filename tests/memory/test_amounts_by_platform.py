"""Platforms that report at their own pace and vary by their own measure, by whole audits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from assay.memory.bank import Memory
from assay.memory.naming import table_key
from assay.memory.session import Session
from assay.report.record import Audit
from tests.memory.replay import Columns, ads, audited, day, found, on, scaled, until

SLOW, FAST = "Zephyrine", "Quombat"
SHARE = (0.45, 0.65, 0.8, 0.9, 0.95)  # of the slow platform's conversions that have arrived, by age in days
FIRST, NOW = 27, 32
ALL = ads(days=44, entities=64)
Audits = Callable[[Columns], Audit]


def _arrived(days: int) -> Columns:
    """The first days, on the last of which one platform's conversions are still arriving."""
    table = until(ALL, days)
    for age, share in enumerate(SHARE):
        where = on(table, days - 1 - age) & (table["platform"] == SLOW)
        table["conversions"] = np.where(where, np.round(table["conversions"] * share), table["conversions"]).astype(int)
    return table


def _news(audit: Audit) -> list[tuple[tuple[str, ...], str]]:
    return [(f.columns, f.segment) for f in found(audit, "metric_anomaly")]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A memory of five audits of such a table, in which nothing was news."""
    folder = tmp_path_factory.mktemp("platforms")
    with Memory(str(folder / "memory.db")) as memory:
        for days in range(FIRST, NOW):
            assert not _news(audited(_arrived(days), folder / "ads.parquet", memory, days)), days
    return folder


@pytest.fixture
def memory(known: Path, tmp_path: Path) -> Iterator[Memory]:
    """A copy of that memory."""
    (tmp_path / "memory.db").write_bytes((known / "memory.db").read_bytes())
    with Memory(str(tmp_path / "memory.db")) as opened:
        yield opened


@pytest.fixture
def audit(known: Path, memory: Memory) -> Audits:
    """Audits of the next day's table."""
    return lambda columns: audited(columns, known / "ads.parquet", memory, NOW)


def test_the_slow_platform_is_still_low_and_that_is_no_news(audit: Audits) -> None:
    assert not _news(audit(_arrived(NOW)))


def test_the_same_lowness_of_the_fast_platform_is_news_with_its_rows_again_and_again(audit: Audits) -> None:
    table = _arrived(NOW)
    rows = on(table, NOW - 1) & (table["platform"] == FAST)
    table = scaled(table, rows, SHARE[0], "conversions")
    first, again = audit(table), audit(table)
    (finding,) = found(first, "metric_anomaly")
    assert (finding.columns, finding.segment) == (("conversions",), f"{day(NOW - 1)}, platform {FAST}")
    assert finding.rows_affected == rows.sum()
    assert FAST in str(finding.predicate) and FAST not in finding.reason
    assert _findings(first) == _findings(again)


def _findings(audit: Audit) -> str:
    return json.dumps(json.loads(audit.to_json())["findings"])


def test_what_vanishes_in_the_total_is_found_and_what_is_everywhere_is_told_of_the_whole(audit: Audits) -> None:
    table = _arrived(NOW)
    last = on(table, NOW - 1)
    one = scaled(table, last & (table["platform"] == FAST), 0.55, "clicks")
    two = scaled(one, last & (table["platform"] == "Wolfram"), 1.6, "clicks")  # and the total is as ever
    assert _news(audit(two)) == [(("clicks",), f"{day(NOW - 1)}, platform {FAST}, Wolfram")]
    assert _news(audit(scaled(table, last, 30, "spend"))) == [(("spend",), str(day(NOW - 1)))]


def test_a_platform_that_moves_as_a_whole_is_business(audit: Audits) -> None:
    table = _arrived(NOW)
    rows = on(table, NOW - 1) & (table["platform"] == FAST)
    assert not _news(audit(scaled(table, rows, 2, "impressions", "clicks", "conversions", "spend")))


@pytest.mark.parametrize(("platform", "news"), [(SLOW, False), (FAST, True)])
def test_a_day_that_changes_late_is_judged_by_the_delay_of_its_platform(
    audit: Audits, platform: str, news: bool
) -> None:
    table = _arrived(NOW)
    old = on(table, NOW - 1 - 4) & (table["platform"] == platform)
    told = _news(audit(scaled(table, old, 1.3, "conversions")))
    assert told == ([(("date", "conversions"), f"restated platform {platform}")] if news else [])


def test_since_last_reaches_back_as_far_as_the_slowest_platform(known: Path, memory: Memory) -> None:
    session = Session(memory, table_key(str(known / "ads.parquet"), "ads"), day(NOW))
    since = session.since()
    assert since is not None
    assert str(day(NOW - 2 - 7)) <= since <= str(day(NOW - 2 - len(SHARE)))


def test_amounts_are_kept_by_value_and_no_value_in_the_clear(known: Path, memory: Memory) -> None:
    parts = Session(memory, table_key(str(known / "ads.parquet"), "ads"), day(NOW)).recall.parts
    assert len(parts[f"d:{day(5)}"]["s"]["s"]["platform"][0]) == 4
    assert SLOW not in json.dumps(parts)


def test_a_memory_that_kept_no_amounts_by_value_is_read_and_learns_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "old.parquet"
    with Memory(str(tmp_path / "old.db")) as memory:
        with monkeypatch.context() as old:
            old.setattr("assay.memory.observation.summed_column", lambda *_: None)
            audited(_arrived(NOW - 3), table, memory, NOW - 3)
        for days in (NOW - 2, NOW - 1):
            assert not _news(audited(_arrived(days), table, memory, days))
        parts = Session(memory, table_key(str(table), "old"), day(NOW)).recall.parts
        assert "s" in parts[f"d:{day(5)}"]["s"]
