"""Clean tables: sizes, hierarchy, and the relations that hold in a real export, with their real exceptions."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from assay.bench import advertising
from assay.bench.advertising import batches, generate
from assay.bench.market import SMALL_BRAND
from assay.bench.styles import STYLES, Style
from assay.errors import ConfigurationError

ROWS = 5_000


@pytest.fixture(scope="module", params=list(STYLES))
def export(request: pytest.FixtureRequest) -> tuple[Style, pa.Table]:
    return STYLES[request.param], generate(ROWS, seed=7, style=request.param)


@pytest.fixture(scope="module")
def canonical() -> dict[str, np.ndarray]:
    table = generate(20_000, seed=11)
    return {name: table[name].to_numpy(zero_copy_only=False) for name in table.column_names}


def values(export: tuple[Style, pa.Table], source: str) -> np.ndarray | None:
    header = export[0].header(source)
    if header is None:
        return None
    column = export[1][header]
    return column.fill_null(0).to_numpy() if pa.types.is_primitive(column.type) else column.to_numpy()


@pytest.mark.parametrize("style", list(STYLES))
@pytest.mark.parametrize("rows", [1, 2, 14, 333, ROWS])
def test_any_size(style: str, rows: int) -> None:
    table = generate(rows, seed=rows, style=style)
    assert table.num_rows == rows
    assert table.column_names == [c.header for c in STYLES[style].columns]


def test_at_least_twenty_columns(export: tuple[Style, pa.Table]) -> None:
    assert export[1].num_columns >= 20


def test_grain_is_unique(export: tuple[Style, pa.Table]) -> None:
    style, table = export
    assert table.group_by(list(style.grain)).aggregate([]).num_rows == table.num_rows


def test_every_date_has_rows(export: tuple[Style, pa.Table]) -> None:
    dates = np.unique(export[1][export[0].grain[0]].to_numpy().astype("datetime64[D]"))
    assert (np.diff(dates).astype(int) == 1).all()


def test_counts_and_money_are_never_negative(export: tuple[Style, pa.Table]) -> None:
    for column in export[1].columns:
        if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
            assert (pc.min(column).as_py() or 0) >= 0


@pytest.mark.parametrize(
    "chain",
    [
        ("impressions", "clicks", "link_clicks"),
        ("impressions", "reach"),
        ("impressions", "video_plays", "p25", "p50", "p75", "video_completions"),
        ("video_plays", "watched_2s", "watched_6s"),
        ("all_conversion_credit", "conversion_credit"),
        ("conversions", "leads"),
        ("checkouts", "purchases"),
    ],
)
def test_strict_order(export: tuple[Style, pa.Table], chain: tuple[str, ...]) -> None:
    present = [v for v in (values(export, source) for source in chain) if v is not None]
    for above, below in pairwise(present):
        assert (below <= above).all()


def test_no_delivery_no_cost(export: tuple[Style, pa.Table]) -> None:
    impressions, clicks, spend = (values(export, s) for s in ("impressions", "clicks", "spend"))
    assert impressions is not None and clicks is not None and spend is not None
    idle = impressions == 0
    assert 0.01 < idle.mean() < 0.1
    assert not clicks[idle].any()
    assert not spend[idle].any()


def test_hierarchy_is_functional(canonical: dict[str, np.ndarray]) -> None:
    for child, parents in {
        "ad_id": ("campaign_id", "creative", "audience"),
        "campaign_id": ("campaign_name", "brand", "platform", "country"),
    }.items():
        for parent in parents:
            pairs = {(a, b) for a, b in zip(canonical[child], canonical[parent], strict=True)}
            assert len(pairs) == len(set(canonical[child]))


def test_loose_relations_are_broken_rarely_and_slightly(canonical: dict[str, np.ndarray]) -> None:
    without_click = canonical["conversions"] - canonical["clicks"]
    assert 0 < (without_click > 0).mean() < 0.01
    assert without_click.max() <= 2
    landings = canonical["landing_page_views"] - canonical["link_clicks"]
    assert 0 < (landings > 0).mean() < 0.01
    assert landings.max() == 1
    assert (canonical["purchases"] <= canonical["add_to_cart"]).all()


def test_separate_pixels_miss_a_few_carts() -> None:
    table = generate(20_000, seed=2, style="meta")
    purchases = table["Purchases"].fill_null(0).to_numpy()
    carts = table["Adds to cart"].fill_null(0).to_numpy()
    bought = purchases > 0
    assert 0 < (purchases[bought] > carts[bought]).mean() < 0.03
    assert (purchases - carts).max() == 1


def test_blank_means_what_the_export_says(canonical: dict[str, np.ndarray]) -> None:
    moving = np.isin(canonical["creative"], ["video", "story_video"])
    assert (np.isnan(canonical["video_plays"]) == ~moving).all()
    assert (np.isnan(canonical["cpc"]) == (canonical["clicks"] == 0)).all()
    assert (np.isnan(canonical["ctr"]) == (canonical["impressions"] == 0)).all()
    meta = generate(ROWS, style="meta")
    assert meta["Link clicks"].null_count > 0
    assert pc.min(meta["Link clicks"]).as_py() == 1


def test_rates_recompute(canonical: dict[str, np.ndarray]) -> None:
    shown = canonical["impressions"] > 0
    ctr = canonical["clicks"][shown] / canonical["impressions"][shown]
    assert np.abs(ctr - canonical["ctr"][shown]).max() <= 5.1e-7
    google = generate(ROWS, style="google")
    cost = google["metrics_cost_micros"].to_numpy()
    assert (cost % 10_000 == 0).all()
    clicks = google["metrics_clicks"].to_numpy()
    average = google["metrics_average_cpc"].to_numpy(zero_copy_only=False)
    assert np.allclose(average[clicks > 0], cost[clicks > 0] / clicks[clicks > 0])


def test_tails_are_heavy_and_weeks_have_a_shape(canonical: dict[str, np.ndarray]) -> None:
    impressions = canonical["impressions"]
    assert impressions.max() > 50 * np.median(impressions)
    weekday = (canonical["date"].astype("datetime64[D]").astype(int) + 3) % 7
    by_day = np.array([impressions[weekday == d].mean() for d in range(7)])
    assert by_day.max() > 1.08 * by_day.min()


def test_a_small_brand_and_a_sparse_coupon(canonical: dict[str, np.ndarray]) -> None:
    assert 0 < (canonical["brand"] == SMALL_BRAND).mean() < 0.02
    coupons = generate(ROWS)["coupon_code"]
    assert 0 < len(coupons) - coupons.null_count < 0.15 * len(coupons)


@pytest.mark.parametrize("style", list(STYLES))
def test_same_seed_same_bytes(style: str) -> None:
    def written(seed: int) -> bytes:
        file = io.BytesIO()
        pq.write_table(generate(1_000, seed, style), file)
        return file.getvalue()

    assert written(4) == written(4)
    assert written(4) != written(5)


def test_batches_make_up_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advertising, "BATCH_ROWS", 700)
    pieces = list(batches(ROWS, seed=9))
    assert len(pieces) > 4
    assert pa.Table.from_batches(pieces).num_rows == ROWS


def test_unknown_style_and_no_rows() -> None:
    with pytest.raises(ConfigurationError, match="canonical, meta, google, tiktok"):
        generate(10, style="linkedin")
    with pytest.raises(ConfigurationError, match="at least 1 row"):
        generate(0)
