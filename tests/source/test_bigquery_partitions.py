"""Which partitions a condition leaves, by their ids."""

from __future__ import annotations

from datetime import date

import pytest

from assay.source import guard
from assay.source.bigquery.partitions import INGESTION, SUFFIX, Partitioning

DAYS = ["20251231", "20260101", "20260102", "__NULL__", "__UNPARTITIONED__"]
HOURS = ["2026010100", "2026010123", "2026010200"]
MONTHS = ["202512", "202601", "202602"]


def kept(partitions: Partitioning, where: str, names: list[str]) -> list[str]:
    return partitions.kept(guard.parse_predicate(where, "bigquery"), names)


@pytest.mark.parametrize(
    ("where", "names", "left"),
    [
        ("day >= '2026-01-01'", DAYS, ["20260101", "20260102", "__UNPARTITIONED__"]),
        ("day >= DATE '2026-01-02'", DAYS, ["20260102", "__UNPARTITIONED__"]),
        ("DATE('2026-01-01') > day", DAYS, ["20251231", "__UNPARTITIONED__"]),
        ("day BETWEEN '2025-12-01' AND '2025-12-31' AND x > 3", DAYS, ["20251231", "__UNPARTITIONED__"]),
        ("day = '2026-01-02'", DAYS, ["20260102", "__UNPARTITIONED__"]),
        ("day = '2026-01-02' OR x > 3", DAYS, DAYS),
        ("x > '2026-01-02'", DAYS, DAYS),
        ("day > CURRENT_DATE()", DAYS, DAYS),
        ("day >= TIMESTAMP '2026-01-01 23:10:00'", HOURS, ["2026010123", "2026010200"]),
        ("day >= '2026-01-15'", MONTHS, ["202601", "202602"]),
        ("day < '2026-01-01'", MONTHS, ["202512", "202601"]),
    ],
)
def test_partitions_of_days_hours_and_months(where: str, names: list[str], left: list[str]) -> None:
    assert kept(Partitioning("day"), where, names) == left


def test_partitions_of_integers_span_their_interval() -> None:
    by_ten = Partitioning("id", by_day=False, interval=10)
    assert kept(by_ten, "id >= 25 AND id < 40", ["0", "10", "20", "30", "40"]) == ["20", "30"]
    assert kept(by_ten, "id = -3", ["-10", "0", "__NULL__"]) == ["-10"]
    assert by_ten.since(date(2026, 1, 1)) is None


def test_the_time_of_ingestion_has_two_names() -> None:
    ingested = Partitioning(INGESTION)
    for name in ("_PARTITIONDATE", "_PARTITIONTIME"):
        assert kept(ingested, f"{name} >= '2026-01-02'", DAYS[:3]) == ["20260102"]
        assert ingested.limited_by(guard.parse_predicate(f"{name} >= '2026-01-02'", "bigquery"))
    since = ingested.since(date(2026, 1, 2))
    assert since is not None
    assert since.sql("bigquery") == "_PARTITIONDATE >= CAST('2026-01-02' AS DATE)"


def test_tables_by_month_begin_with_the_month_of_the_day() -> None:
    since = Partitioning(SUFFIX, digits=6).since(date(2026, 1, 20))
    assert since is not None
    assert since.sql("bigquery") == "_TABLE_SUFFIX >= '202601'"
