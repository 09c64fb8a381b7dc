"""What a table's own past tells of a new load, by whole audits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from assay.judge.finding import Severity, Verdict
from assay.memory.bank import Memory
from tests.memory.replay import Columns, ads, audited, day, found, on, only, scaled, until

ALL = ads()
NOW = 31  # days at the audit; the memory knows 30 of them
LAST = NOW - 1
AMOUNTS = ("impressions", "clicks", "conversions", "spend")


def _with_nulls(columns: Columns, name: str, where: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Columns:
    return {**columns, name: pa.array(columns[name].tolist(), mask=np.asarray(where, dtype=bool))}


def test_a_good_day_and_the_same_day_again_are_no_news(table: Path, memory: Memory) -> None:
    for _ in range(2):
        worst = audited(until(ALL, NOW), table, memory, NOW).worst()
        assert worst is None or worst.rank > Severity.MEDIUM.rank


def test_a_lost_column(table: Path, memory: Memory) -> None:
    columns = until(ALL, NOW)
    del columns["clicks"]
    for _ in range(2):
        assert [f.columns for f in found(audited(columns, table, memory, NOW), "missing_columns")] == [("clicks",)]


def test_a_changed_type(table: Path, memory: Memory) -> None:
    columns = until(ALL, NOW)
    columns["ad_id"] = np.array([int(a[1:]) for a in columns["ad_id"]])
    assert [f.columns for f in found(audited(columns, table, memory, NOW), "type_change")] == [("ad_id",)]


def test_a_jump_of_the_null_rate_is_one_finding(table: Path, memory: Memory) -> None:
    columns = until(ALL, NOW)
    audit = audited(
        _with_nulls(columns, "spend", on(columns, LAST) & (np.arange(len(columns["date"])) % 2 == 0)),
        table,
        memory,
        NOW,
    )
    assert [f.columns for f in found(audit, "missing_values")] == [("spend",)]
    assert not found(audit, "metric_anomaly")


def test_half_a_day_of_rows(table: Path, memory: Memory) -> None:
    columns = until(ALL, NOW)
    random = np.random.default_rng(3).random(len(columns["date"])) < 0.5
    audit = audited(only(columns, ~on(columns, LAST) | random), table, memory, NOW)
    assert [f.segment for f in found(audit, "volume_anomaly")] == [day(LAST).isoformat()]
    assert not found(audit, "metric_anomaly")


def test_a_doubled_day(table: Path, memory: Memory) -> None:
    columns = until(ALL, NOW)
    twice = on(columns, LAST)
    audit = audited({n: np.concatenate([v, v[twice]]) for n, v in columns.items()}, table, memory, NOW)
    (copied,) = [f for f in audit.findings if f.kind == "duplicate_rows"]
    assert any(c.startswith("volume_anomaly") for c in copied.consequences)
    assert not found(audit, "volume_anomaly")


def test_a_vanished_category_is_reported_until_it_is_back(table: Path, memory: Memory) -> None:
    columns = until(ALL, NOW + 1)
    cut = only(columns, ~on(columns, LAST) | (columns["platform"] != "Quombat"))
    for days in (NOW, NOW + 1):
        audit = audited(until(cut, days), table, memory, days)
        drift = [f for f in audit.findings if f.kind == "distribution_drift"]
        assert [f.columns for f in drift] == [("platform",)]
        assert not found(audit, "volume_anomaly")
    assert not [f for f in audited(columns, table, memory, NOW + 1).findings if f.kind == "distribution_drift"]


def test_a_moved_mixture(table: Path, memory: Memory) -> None:
    columns = ads(entities=64, days=NOW)
    rng = np.random.default_rng(0)
    moved = on(columns, LAST) & (columns["platform"] == "Quombat") & (rng.random(len(columns["date"])) < 0.8)
    path = table.with_name("mixture.parquet")
    for days in (28, 29, 30):
        audited(until(columns, days), path, memory, days)
    columns["platform"] = np.where(moved, "Zephyrine", columns["platform"])
    drift = found(audited(columns, path, memory, NOW), "distribution_drift")
    assert [(f.columns, f.segment) for f in drift] == [(("platform",), day(LAST).isoformat())]


def test_an_amount_that_moves_alone_stays_news_under_the_same_id_until_it_is_mended(
    table: Path, memory: Memory
) -> None:
    wrong = scaled(ALL, on(ALL, LAST), 100, "spend")
    ids = set()
    for days in (NOW, NOW, NOW + 1, NOW + 2):
        audit = audited(until(wrong, days), table, memory, days)
        (finding,) = found(audit, "metric_anomaly")
        assert (finding.columns, finding.segment, finding.status) == (("spend",), day(LAST).isoformat(), "new")
        assert finding.first_seen == day(NOW).isoformat()
        ids.add(finding.id)
    assert len(ids) == 1
    assert not found(audited(until(ALL, NOW + 2), table, memory, NOW + 2), "metric_anomaly")


def test_amounts_that_rise_together_are_expected(table: Path, memory: Memory) -> None:
    audit = audited(scaled(until(ALL, NOW), on(until(ALL, NOW), LAST), 3, *AMOUNTS), table, memory, NOW)
    assert not found(audit, "metric_anomaly")
    told = [c for c in audit.checked if c.kind == "metric_anomaly" and c.verdict is Verdict.EXPECTED]
    assert "sale" in str(told[0].measured["expected"])


def test_a_stated_sale_is_told_by_its_name(table: Path, memory: Memory) -> None:
    memory.remember(f"Spring sale from {day(LAST)} to {day(LAST + 1)}")
    audit = audited(scaled(until(ALL, NOW), on(until(ALL, NOW), LAST), 3, *AMOUNTS), table, memory, NOW)
    assert not found(audit, "metric_anomaly")
    assert any("Spring sale" in str(c.measured.get("expected")) for c in audit.checked)


def test_a_sale_excuses_no_change_of_a_unit(table: Path, memory: Memory) -> None:
    memory.remember(f"Spring sale on {day(LAST)}")
    audit = audited(scaled(until(ALL, NOW), on(until(ALL, NOW), LAST), 100, "spend"), table, memory, NOW)
    assert found(audit, "metric_anomaly")


def test_data_that_is_later_than_ever_is_stale(table: Path, memory: Memory) -> None:
    audited(until(ALL, NOW), table, memory, NOW)
    audited(until(ALL, NOW + 1), table, memory, NOW + 1)
    late = audited(until(ALL, NOW + 1), table, memory, NOW + 6)
    assert found(late, "stale_data")


def test_a_table_that_is_audited_again_and_again_is_not_stale(tmp_path: Path) -> None:
    with Memory(str(tmp_path / "m.db")) as memory:
        for today in (20, 21, 22, 30, 60):
            audit = audited(until(ALL, 20), tmp_path / "fixed.parquet", memory, today)
            assert not found(audit, "stale_data"), today


def test_accepted_days_that_vanished(table: Path, memory: Memory) -> None:
    columns = until(ALL, NOW)
    audit = audited(only(columns, ~(on(columns, 10) | on(columns, 11))), table, memory, NOW)
    (gap,) = found(audit, "date_gap")
    assert gap.evidence["days"] == [day(10).isoformat(), day(11).isoformat()]


def test_an_empty_table_fails_the_gate(table: Path, memory: Memory) -> None:
    audit = audited(only(ALL, np.zeros(len(ALL["date"]), dtype=bool)), table, memory, NOW)
    assert audit.worst() is not None
    assert not found(audited(until(ALL, NOW), table, memory, NOW), "volume_anomaly")


def test_two_months_without_an_audit_are_no_fault(table: Path, memory: Memory) -> None:
    worst = audited(ads(days=80), table, memory, 80).worst()
    assert worst is None or worst.rank > Severity.MEDIUM.rank


@pytest.mark.parametrize("age", [12, 20])
def test_an_old_day_that_changes_stays_news_for_days(table: Path, memory: Memory, age: int) -> None:
    for days in (NOW, NOW + 1):
        audited(until(ALL, days), table, memory, days)
    wrong = scaled(ALL, on(ALL, NOW + 1 - age), 1.2, "conversions", "clicks")
    for days in (NOW + 2, NOW + 3, NOW + 4):
        restated = found(audited(until(wrong, days), table, memory, days), "metric_anomaly")
        assert "restated" in {f.segment for f in restated}, days


def test_conversions_that_keep_arriving_are_no_fault_once_that_is_known(tmp_path: Path) -> None:
    columns, share = ads(), (0.5, 0.75, 0.9)
    with Memory(str(tmp_path / "m.db")) as memory:
        for days in range(27, 33):
            arrived = until(columns, days)
            for age, part in enumerate(share):
                arrived["conversions"] = np.where(
                    on(arrived, days - 1 - age),
                    (arrived["conversions"] * part).round().astype(int),
                    arrived["conversions"],
                )
            audit = audited(arrived, tmp_path / "late.parquet", memory, days)
            assert not found(audit, "metric_anomaly"), days
