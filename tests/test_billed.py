"""Where statements are billed: a small table is pulled once, a large one asked in three; the same findings."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest

from assay.bench.advertising import generate
from assay.config import Settings
from assay.pipeline import audit
from assay.report.record import Audit
from tests.builders import source_of


@pytest.fixture(scope="module")
def broken() -> pa.Table:
    table = generate(4_000, 3)
    clicks = table["clicks"].to_numpy().copy()
    clicks[100:180] = table["impressions"].to_numpy()[100:180] + 500
    spend = np.where(np.arange(len(clicks)) % 20 == 0, np.nan, table["spend"].to_numpy())
    table = table.set_column(table.column_names.index("clicks"), "clicks", pa.array(clicks))
    table = table.set_column(table.column_names.index("spend"), "spend", pa.array(spend, from_pandas=True))
    return pa.concat_tables([table, table.slice(1_000, 60)])


def audited(table: pa.Table, settings: Settings, *, billed: bool) -> Audit:
    source = source_of(table, settings)
    source.billed = billed
    return audit(source, settings=settings)


def facts(result: Audit) -> list[tuple[object, ...]]:
    """What was found; the tables are files in folders of their own."""
    queries = [re.sub(r"'[^']*/table\.parquet'", "'table.parquet'", f.query or "") for f in result.findings]
    found = zip(result.findings, queries, strict=True)
    return [(f.id, f.severity, f.rows_affected, f.consequences, query, f.sample) for f, query in found]


@pytest.mark.parametrize("pulled_rows", [0, 100_000])
def test_findings_are_those_of_an_engine_that_does_not_bill(broken: pa.Table, pulled_rows: int) -> None:
    usual = audited(broken, Settings(), billed=False)
    billed = audited(broken, Settings(pulled_rows=pulled_rows), billed=True)
    assert len(usual.findings) >= 3
    assert facts(billed) == facts(usual)
    assert billed.failures == ()


def test_a_small_table_is_read_once(broken: pa.Table) -> None:
    assert len(audited(broken, Settings(), billed=True).statements) == 1


def test_a_large_table_is_sampled_counted_and_tested(broken: pa.Table) -> None:
    result = audited(broken, Settings(sample_rows=1_000, pulled_rows=0), billed=True)
    assert len(result.statements) == 3
