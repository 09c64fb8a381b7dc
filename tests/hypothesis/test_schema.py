"""Columns that a table lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from assay.bench.advertising import generate
from assay.bench.styles import STYLES
from assay.config import Settings
from assay.domain.pack import load_packs
from assay.examination import examine
from assay.hypothesis.hypothesis import Fact, Hypothesis
from assay.hypothesis.schema.propose import propose
from tests.builders import context_of, source_of

TABLES = {style: generate(600, seed=2, style=style) for style in STYLES}


def lost(table: Any, siblings: dict[str, tuple[str, ...]] | None = None) -> list[Hypothesis]:
    return [h for h in propose(context_of(table, siblings)) if h.confidence >= 0.5]


@pytest.mark.parametrize("style", STYLES)
def test_whole_exports_are_silent(style: str) -> None:
    assert lost(TABLES[style]) == []


@pytest.mark.parametrize(
    ("style", "source", "role"),
    [
        ("canonical", "impressions", "impressions"),
        ("canonical", "clicks", "clicks"),
        ("canonical", "spend", "spend"),
        ("canonical", "date", "date"),
        ("canonical", "purchases", "purchases"),
        ("canonical", "video_plays", "video_plays"),
        ("google", "impressions", "impressions"),
        ("google", "clicks", "clicks"),
        ("google", "spend", "spend"),
        ("google", "date", "date"),
        ("meta", "impressions", "impressions"),
        ("meta", "reach", "reach"),
        ("meta", "p50", "video_p50"),
        ("tiktok", "impressions", "impressions"),
        ("tiktok", "spend", "spend"),
        ("tiktok", "video_completions", "video_completions"),
    ],
)
def test_a_lost_column_is_told_by_those_around_it(style: str, source: str, role: str) -> None:
    table = TABLES[style]
    for column in STYLES[style].columns:
        if column.source == source and column.per is None:
            table = table.drop_columns([column.header])
    found = lost(table)
    assert role in [h.columns[0] for h in found]
    assert len(found) == 1
    assert isinstance(found[0].test, Fact)


def test_other_domains_are_silent() -> None:
    rng = np.random.default_rng(0)
    staff = {"Abteilung": ["IT", "HR"] * 200, "Gehalt": rng.lognormal(10, 0.3, 400)}
    visits = {"user_id": [f"u{i % 9}" for i in range(400)], "clicks": rng.poisson(3, 400), "страница": ["/a"] * 400}
    summary = {"campaign": ["a", "b"] * 5, "ctr": rng.random(10), "cpc": rng.random(10), "cpm": rng.random(10)}
    for table in (staff, visits, summary):
        assert lost(table) == []


def test_a_table_that_lacks_what_its_siblings_have() -> None:
    columns = ("day", "shop", "sales", "guests")
    table = {c: list(range(20)) for c in columns if c != "guests"}
    (found,) = lost(table, {"2024_02": columns, "2024_03": columns})
    assert found.columns == ("guests",)


def test_spelling_is_not_a_loss() -> None:
    table = {"Day": [1, 2], "Total Sales": [3, 4]}
    assert lost(table, {"a": ("day", "total_sales"), "b": ("day", "total_sales")}) == []


def test_tables_of_another_kind_are_no_siblings() -> None:
    table = {"campaign_id": [1, 2], "spend": [3.0, 4.0]}
    others = {"ads": ("campaign_id", "ad_id", "spend"), "keywords": ("campaign_id", "keyword_id", "spend")}
    assert lost(table, others) == []


def test_a_report_of_a_whole_period_needs_no_date() -> None:
    table = TABLES["canonical"].drop_columns(["date"])
    pairs = zip(table["ad_id"].to_pylist(), table["device"].to_pylist(), strict=True)
    first = {pair: row for row, pair in enumerate(pairs)}
    assert lost(table.take(pa.array(list(first.values())))) == []


def test_rates_of_a_pack_of_ones_own_ask_for_their_parts(tmp_path: Path) -> None:
    pack = tmp_path / "fleet.yaml"
    pack.write_text(
        "pack: fleet\nroles:\n  litres: {family: number}\n  kilometres: {family: number}\n"
        "  consumption: {family: rate, of: [litres, kilometres]}\n"
    )
    table = {"consumption": [6.5, 7.1, 5.9] * 20, "kilometres": [120.0, 80.0, 450.0] * 20}
    settings = Settings()
    told = examine(source_of(table), settings, load_packs([pack]), {})
    assert [h.columns for h in propose(told)] == [("litres",)]
    assert propose(context_of(table)) == []
