"""Hand-built audits for the tests of the reports."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from assay.judge.finding import AuditedColumn, Checked, Finding, Severity, Verdict
from assay.judge.remembered import Moved, Remembered
from assay.report.record import Audit
from assay.source.base import Column, ColumnType, Cost

COLUMNS = (
    AuditedColumn(Column("date", ColumnType.DATE, "DATE"), "date", "date"),
    AuditedColumn(Column("campaign_id", ColumnType.TEXT, "VARCHAR"), "campaign_id", "id"),
    AuditedColumn(Column("brand", ColumnType.TEXT, "VARCHAR"), "brand", "dimension"),
    AuditedColumn(Column("impressions", ColumnType.INTEGER, "BIGINT"), "impressions", "count"),
    AuditedColumn(Column("clicks", ColumnType.INTEGER, "BIGINT"), "clicks", "count"),
    AuditedColumn(Column("conversions", ColumnType.FLOAT, "DOUBLE"), "conversions", "count"),
    AuditedColumn(Column("spend", ColumnType.DECIMAL, "DECIMAL(18,2)"), "spend", "money"),
    AuditedColumn(Column("raw", ColumnType.NESTED, "STRUCT"), "", "", "STRUCT values are not audited"),
)


def finding(**changes: Any) -> Finding:
    """A finding whose fields can be set one by one."""
    fields: dict[str, Any] = {
        "id": "0123456789ab",
        "kind": "clicks_exceed_impressions",
        "category": "logical",
        "status": "new",
        "severity": Severity.HIGH,
        "confidence": 0.98,
        "columns": ("clicks", "impressions"),
        "rows_affected": 1213,
        "rate": 1213 / 101_522,
        "reason": "An ad cannot be clicked more often than it was shown.",
        "predicate": '"clicks" > "impressions"',
        "action": "Quarantine these rows and ask the platform's export for both columns of these days again.",
        "evidence": {"rows": 1213, "largest_excess": 412.0, "origin": "pack"},
        "sample": (
            {"row_index": 17, "date": dt.date(2026, 3, 1), "campaign_id": "c_102", "clicks": 91, "impressions": 45},
            {
                "row_index": 80211,
                "date": dt.date(2026, 4, 9),
                "campaign_id": "c_7",
                "clicks": 4000,
                "impressions": 3588,
            },
        ),
    }
    fields |= changes
    counted = f"SELECT COUNT(*) FROM read_parquet('ads.parquet') WHERE {fields['predicate']}"
    return Finding(**{"query": counted if fields["predicate"] else None, **fields})


def audit_with(*findings: Finding, **changes: Any) -> Audit:
    """An audit of a table of 101,522 rows with these findings."""
    fields: dict[str, Any] = {
        "table": "ads.parquet",
        "source": "exports/ads.parquet",
        "rows": 101_522,
        "columns": COLUMNS,
        "findings": findings,
        "checked": (
            Checked("missing_values", ("spend",), Verdict.CLEAN, {"rows": 0}),
            Checked("missing_values", ("brand",), Verdict.CLEAN, {"rows": 0}),
            Checked("negative_metric", ("clicks",), Verdict.CLEAN, {"rows": 0}),
            Checked("negative_metric", ("impressions",), Verdict.CLEAN, {"rows": 0}),
            Checked("duplicate_keys", ("date", "campaign_id"), Verdict.CLEAN, {"rows": 0}),
            Checked("clicks_exceed_impressions", ("clicks", "impressions"), Verdict.ERROR, {"rows": 1213}),
            Checked(
                "conversions_exceed_clicks", ("conversions", "clicks"), Verdict.EXPECTED,
                {"rows": 3, "legitimate_rows": 41},
            ),
            Checked("outliers", ("spend",), Verdict.UNTESTABLE, {"failure": "value out of range"}),
        ),
        "started": "2026-05-01T08:30:00+00:00",
        "seconds": 1.4312345,
        "cost": Cost(5, 12_345_678),
        "statements": ("SELECT 1",),
        "failures": ("outliers in spend: value out of range",),
        "seed": 0,
        "version": "0.1.0",
    }  # fmt: skip
    return Audit(**{**fields, **changes})


def example() -> Audit:
    """Findings of every severity and status, with every type of value in their samples."""
    return audit_with(
        finding(),
        finding(
            id="1123456789ab",
            kind="unit_change",
            category="temporal",
            severity=Severity.CRITICAL,
            confidence=0.997,
            columns=("spend",),
            rows_affected=14_210,
            rate=0.14,
            segment="campaign_id c_17",
            reason="From 2026-03-02 on, spend per impression is 1,000,000 times what it was before.",
            predicate="\"campaign_id\" = 'c_17' AND \"date\" >= CAST('2026-03-02' AS DATE)",
            action="Divide spend by 1,000,000 in these rows: the export switched to micros.",
            evidence={"factor": 1_000_000.0, "from": "2026-03-02", "origin": "discovered"},
            consequences=("relation_violation in spend, clicks, cpc (14,001 rows)",),
            sample=(
                {
                    "row_index": 62_001, "date": dt.date(2026, 3, 2), "campaign_id": "c_17",
                    "spend": Decimal("123450000.00"),
                },
            ),
        ),
        finding(
            id="2123456789ab",
            kind="categorical_corruption",
            category="structural",
            severity=Severity.MEDIUM,
            confidence=0.9,
            columns=("brand",),
            rows_affected=3,
            rate=3 / 101_522,
            reason="Values that look like none of the 12 brands of this column.",
            predicate="\"brand\" IN ('xK|9`q', 'a\nb', '')",
            query=None,
            action="",
            evidence={"values": ["xK|9`q", "a\nb", ""], "share_of_cells": 0.0000295503},
            sample=(
                {"row_index": 1, "brand": "xK|9`q"},
                {"row_index": 2, "brand": "a\nb"},
                {"row_index": 3, "brand": ""},
                {"row_index": 4, "brand": None},
            ),
        ),
        finding(
            id="3123456789ab",
            kind="stale_data",
            category="temporal",
            severity=Severity.LOW,
            confidence=0.45,
            columns=("date",),
            rows_affected=0,
            rate=0.0,
            reason="The last day has 40 % fewer rows than the same weekday before: it may still be loading.",
            predicate=None,
            query=None,
            action="Audit this day again tomorrow.",
            evidence={"last_day": dt.date(2026, 4, 30)},
            sample=(),
        ),
        finding(
            id="4123456789ab",
            kind="outliers",
            category="statistical",
            status="known",
            severity=Severity.MEDIUM,
            columns=("conversions",),
            rows_affected=12,
            rate=12 / 101_522,
            reason="Far above what the clicks of these rows explain.",
            predicate='"conversions" > 4000',
            evidence={},
            sample=({"row_index": 5, "conversions": float("nan"), "spend": b"\x00\xff"},),
            memory={"reason": "the spring campaign", "author": "ana"},
            first_seen="2026-04-01",
        ),
    )  # fmt: skip


SPEND = (
    1200.5, 1180.0, 1211.25, 1305.5, 1410.0, 1402.75, 1195.0, 1204.5, 1187.0, None, 1311.0, 1422.5, 1399.0, 1190.25,
    1201.0, 1185.5, 1215.0, 1300.75, 1415.5, 1405.0, 1199.0, 1207.5, 1183.0, 1209.0, 1308.5, 1418.0, 1401.5, 120_400.0,
)  # fmt: skip
EXPLAINED = {
    "id": "9f0011223344",
    "by": "ana",
    "since": "2026-03-02",
    "until": "2026-12-31",
    "up_to": 0.08,
    "rate_in_scope": 0.051,
    "where": "platform = 'TikTok'",
    "reason": "view-through attribution",
}


def remembered(**changes: Any) -> Remembered:
    """What the memory of this table added, whose fields can be set one by one."""
    fields: dict[str, Any] = {
        "audits": 12,
        "explanations": (
            "conversions_exceed_clicks in conversions, clicks where platform = 'TikTok': view-through attribution "
            "(known up to 8 %; ana, 2026-03-02, until 2026-12-31; 9f0011223344)",
        ),
        "gone": ("date_gap in date",),
        "stated": ("Spring sale from 2026-04-10 to 2026-04-13",),
        "unused": ("outliers in spend: the agency's test (known up to 1 %; ben, 2025-11-20; 1a0011223344)",),
        "lapsed": ("missing_values in brand: old export (known up to 2 %; ana, 2025-10-01, until 2026-04-01; 2b)",),
        "moved": (
            Moved("spend", "2026-04-30", SPEND),
            Moved("rows", "2026-04-30", (1690.0, 1702.0, 1688.0, None)),
        ),
        "today": "2026-05-01",
    }
    return Remembered(**{**fields, **changes})


def recalled(**changes: Any) -> Audit:
    """An audit with memory: news of today, news that is still there, a known and an expected finding."""
    return audit_with(
        finding(first_seen="2026-05-01"),
        finding(
            id="5123456789ab", kind="missing_values", category="structural", severity=Severity.MEDIUM,
            columns=("spend",), rows_affected=900, rate=0.0089, first_seen="2026-04-28",
            reason="Nulls in a column that has a value elsewhere: known up to 0.3 %, now 0.89 % (late upload).",
        ),
        finding(
            id="6123456789ab", kind="conversions_exceed_clicks", status="known", severity=Severity.MEDIUM,
            columns=("conversions", "clicks"), rows_affected=1100, rate=0.0108, memory=EXPLAINED,
            segment="where platform = 'TikTok'", first_seen="2026-03-01",
        ),
        finding(
            id="7123456789ab", kind="outliers", category="statistical", status="expected", severity=Severity.LOW,
            columns=("spend",), rows_affected=7, rate=7 / 101_522, first_seen="2026-03-01",
            memory={"id": "8b", "by": "ben", "since": "2026-03-05", "until": None, "up_to": 0.001,
                    "rate_in_scope": 7 / 101_522, "where": None, "reason": "no error"},
        ),
        memory=remembered(**changes),
    )  # fmt: skip
