"""A day that one campaign makes what it is, against a day of which the load went wrong; by whole audits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import assay
from assay.config import Settings
from assay.hypothesis.history.baseline import forecast
from assay.judge.finding import Verdict
from assay.memory.bank import Memory
from assay.report.record import Audit
from tests.memory.replay import Columns, ads, audited, day, found, on, only, scaled, until, write

ALL = ads()
NOW = 31
LAST = NOW - 1


def _expected(audit: Audit, kind: str) -> list[str]:
    told = [str(c.measured["expected"]) for c in audit.checked if c.kind == kind and c.verdict is Verdict.EXPECTED]
    return [why for why in told if "ad_id" in why]


def _of(columns: Columns, *ads: str) -> Any:
    return on(columns, LAST) & np.isin(columns["ad_id"], ads)


def test_an_amount_that_one_campaign_moves_is_expected(table: Path, memory: Memory) -> None:
    columns = until(ALL, NOW)
    audit = audited(scaled(columns, _of(columns, "a003"), 300, "spend"), table, memory, NOW)
    assert not [f for f in found(audit, "metric_anomaly") if f.evidence["origin"] == "memory"]
    assert _expected(audit, "metric_anomaly")


def test_an_amount_that_all_campaigns_move_is_news(table: Path, memory: Memory) -> None:
    columns = until(ALL, NOW)
    assert found(audited(scaled(columns, on(columns, LAST), 10, "spend"), table, memory, NOW), "metric_anomaly")


def test_fewer_rows_because_campaigns_ended_over_some_days_are_expected(table: Path, memory: Memory) -> None:
    gone = ~np.isin(ALL["ad_id"], [f"a{n:03d}" for n in range(18)])
    steps = {26: 6, 27: 9, 28: 12, 29: 15, 30: 18}
    keep = np.ones(len(gone), dtype=bool)
    for number, ended in steps.items():
        keep &= ~(on(ALL, number) & np.isin(ALL["ad_id"], [f"a{n:03d}" for n in range(ended)]))
    columns = only(ALL, keep)
    path = table.with_name("ended.parquet")
    for days in range(26, NOW + 1):
        audit = audited(until(columns, days), path, memory, days)
        assert not found(audit, "volume_anomaly"), days


def test_rows_that_are_lost_at_random_are_news_however_few_campaigns_lose_all_of_theirs(
    table: Path, memory: Memory
) -> None:
    columns = until(ads(entities=32), NOW)
    lost = on(columns, LAST) & (np.random.default_rng(3).random(len(columns["date"])) < 0.5)
    assert found(audited(only(columns, ~lost), table, memory, NOW), "volume_anomaly")


def test_a_thin_sample_of_what_runs_every_day_excuses_no_lost_rows(tmp_path: Path, memory: Memory) -> None:
    columns, path = ads(entities=200, days=NOW), tmp_path / "sampled.parquet"
    lost = on(columns, LAST) & (np.random.default_rng(5).random(len(columns["date"])) < 0.5)
    for days, table in ((LAST, until(columns, LAST)), (NOW, only(columns, ~lost))):
        write(table, path)
        audit = assay.audit(path, memory=memory, settings=Settings(today=day(days), sample_rows=1_500))
    assert found(audit, "volume_anomaly")


def test_a_name_that_one_campaign_lacks_is_expected_and_one_that_many_lack_is_news(
    tmp_path: Path, memory: Memory
) -> None:
    columns = ads(entities=64, days=NOW)
    columns["campaign_id"] = np.array([f"c{int(a[1:]) % 16:02d}" for a in columns["ad_id"]])
    path = tmp_path / "campaigns.parquet"
    for days in (26, 27, 28, 29, 30):
        audited(until(columns, days), path, memory, days)
    for lacking, news in ((2, False), (8, True)):
        where = on(columns, LAST) & np.isin(columns["campaign_id"], [f"c{n:02d}" for n in range(lacking)])
        damaged = {**columns, "platform": np.where(where, None, columns["platform"])}
        audit = audited(damaged, path, memory, NOW)
        told = [f for f in found(audit, "missing_values") if "platform" in f.columns and "usual_rate" in f.evidence]
        assert bool(told) == news, lacking


def test_a_level_that_wanders_is_told_by_the_last_days_and_a_steady_one_by_two_weeks() -> None:
    days = np.arange(19_000, 19_090, dtype=np.int64)
    rng = np.random.default_rng(2)
    for logs, nearer in ((5 + np.cumsum(rng.normal(0, 0.08, 90)), True), (5 + rng.normal(0, 0.08, 90), False)):
        usual, lately = forecast(days, logs, 19_090), forecast(days, logs, 19_090, wanders=True)
        assert usual is not None and lately is not None
        assert (lately.noise < usual.noise) == nearer
