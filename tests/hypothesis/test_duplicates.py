"""Copies of rows and of keys, and repeats that are none."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from assay.hypothesis.duplicates.propose import propose
from assay.hypothesis.hypothesis import Hypothesis
from assay.scan.copies import Copies
from tests.builders import context_of, judge
from tests.hypothesis.test_grain import DAY, ads


def raised(table: pa.Table, kind: str) -> Hypothesis | None:
    return next((h for h in propose(context_of(table)) if h.kind == kind), None)


def rows_found(table: pa.Table, kind: str) -> int:
    found = raised(table, kind)
    return judge(table, [found])[0].rows if found and found.confidence >= 0.5 else 0


def again(table: pa.Table, share: float, seed: int = 0) -> pa.Table:
    rng = np.random.default_rng(seed)
    return table.take(rng.choice(table.num_rows, int(share * table.num_rows), replace=False))


def with_other_values(rows: pa.Table, seed: int = 0) -> pa.Table:
    index = rows.column_names.index("impressions")
    values = np.random.default_rng(seed).integers(10_000, 90_000, rows.num_rows)
    return rows.set_column(index, "impressions", pa.array(values))


@pytest.mark.parametrize("share", [0.005, 0.1, 0.4])
def test_exact_copies_are_found(share: float) -> None:
    copied = again(ads(), share)
    table = pa.concat_tables([ads(), copied])
    assert rows_found(table, "duplicate_rows") == copied.num_rows
    assert rows_found(table, "duplicate_keys") == 0


@pytest.mark.parametrize("share", [0.005, 0.1, 0.4])
def test_copies_of_the_key_are_found(share: float) -> None:
    copied = with_other_values(again(ads(), share))
    table = pa.concat_tables([ads(), copied])
    assert rows_found(table, "duplicate_keys") == copied.num_rows
    assert rows_found(table, "duplicate_rows") == 0


def test_a_clean_table_has_neither() -> None:
    assert rows_found(ads(), "duplicate_rows") == 0
    assert rows_found(ads(), "duplicate_keys") == 0


def test_reloaded_days_are_evidence() -> None:
    table = ads()
    day = table.filter(pa.compute.equal(table["date"], DAY + dt.timedelta(days=9)))
    found = raised(pa.concat_tables([table, day]), "duplicate_rows")
    assert found is not None
    assert found.evidence["reloaded_days"] == 1
    assert found.evidence["values"] == {"days": ["2024-03-10"]}


def test_a_coarse_table_repeats_by_chance() -> None:
    rng = np.random.default_rng(1)
    table = pa.table({c: rng.choice([f"{c}{i}" for i in range(4)], 2000) for c in ("city", "plan", "channel")})
    assert rows_found(table, "duplicate_rows") == 0


def test_repeats_by_chance_are_not_to_be_removed() -> None:
    rng = np.random.default_rng(1)
    coarse = pa.table({c: rng.choice([f"{c}{i}" for i in range(4)], 2000) for c in ("city", "plan", "channel")})
    repeated = raised(coarse, "duplicate_rows")
    copied = raised(pa.concat_tables([ads(), again(ads(), 0.05)]), "duplicate_rows")
    assert repeated is not None and copied is not None
    assert (repeated.confidence < 0.5, "nothing to do" in repeated.action) == (True, True)
    assert copied.action.startswith("keep the first of each group")


def test_copies_in_a_table_without_key_are_found() -> None:
    rng = np.random.default_rng(2)
    table = pa.table({"temperature": rng.normal(20, 3, 2000), "pressure": rng.normal(1000, 9, 2000)})
    assert rows_found(pa.concat_tables([table, again(table, 0.05)]), "duplicate_rows") == 100


def test_rows_loaded_again_differ_only_in_the_load_time() -> None:
    first = ads().append_column("_fivetran_synced", pa.array([dt.datetime(2024, 5, 1)] * ads().num_rows))
    copied = again(first, 0.1)
    copied = copied.set_column(5, "_fivetran_synced", pa.array([dt.datetime(2024, 5, 2)] * copied.num_rows))
    table = pa.concat_tables([first, copied])
    found = raised(table, "duplicate_rows")
    assert found is not None and isinstance(found.test, Copies)
    assert "_fivetran_synced" not in found.test.columns
    assert "load time" in found.reason
    assert judge(table, [found])[0].rows == copied.num_rows


def test_snapshots_of_restated_days_are_no_error() -> None:
    first = ads().append_column("_fivetran_synced", pa.array([dt.datetime(2024, 5, 1)] * ads().num_rows))
    copied = with_other_values(again(first, 0.2))
    copied = copied.set_column(5, "_fivetran_synced", pa.array([dt.datetime(2024, 5, 2)] * copied.num_rows))
    assert rows_found(pa.concat_tables([first, copied]), "duplicate_keys") == 0


@pytest.mark.parametrize("share", [0.02, 0.4])
def test_keys_that_lost_a_cell_are_not_called_copies(share: float) -> None:
    table = ads()
    lost = np.random.default_rng(3).random(table.num_rows) < share
    cells = [None if gone else cell for gone, cell in zip(lost, table["device"].to_pylist(), strict=True)]
    assert rows_found(table.set_column(3, "device", pa.array(cells)), "duplicate_keys") == 0


def test_entities_that_repeat_every_day_lack_a_breakdown() -> None:
    table = ads(devices=1)
    twice = table.filter(pa.compute.is_in(table["ad_id"], pa.array(["a-1"])))
    assert rows_found(pa.concat_tables([table, with_other_values(twice)]), "duplicate_keys") == 0


def test_requests_of_one_second_are_two_requests() -> None:
    rng = np.random.default_rng(4)
    n = 5000
    second = rng.integers(0, 6000, n)
    table = pa.table(
        {
            "timestamp": [dt.datetime(2024, 5, 1) + dt.timedelta(seconds=int(s)) for s in second],
            "session_id": [f"s{i}" for i in rng.integers(0, 40, n)],
            "bytes": rng.integers(200, 90_000, n),
        }
    )
    assert rows_found(table, "duplicate_keys") == 0


def test_a_few_sampled_pairs_of_copies_in_a_large_table_are_no_chance() -> None:
    rng = np.random.default_rng(3)
    rows = 100_000
    table = pa.table(
        {
            "day": np.arange("2026-01-01", "2026-04-11", dtype="datetime64[D]").repeat(rows // 100),
            "ad_id": np.tile(10_000 + np.arange(rows // 100), 100),
            "impressions": rng.integers(100, 90_000, rows),
            "clicks": rng.integers(0, 90, rows),
        }
    )
    context = context_of(pa.concat_tables([table, again(table, 0.01)]), sample_rows=6_000)
    found = next(h for h in propose(context) if h.kind == "duplicate_rows")
    assert 0 < found.evidence["equal_pairs_in_sample"] < 20
    assert found.strict
    assert found.confidence > 0.9


def test_days_reported_twice_lack_no_breakdown_though_their_entities_are_short_lived() -> None:
    """Ads that ran mostly on restated days repeat on most of their days, which is the days' doing."""
    days, rng = 40, np.random.default_rng(0)
    lines = [(day, ad) for day in range(days) for ad in range(day // 4 * 10, day // 4 * 10 + 10)]
    again = lines + [(day, ad) for day, ad in lines if 20 <= day < 23]
    first = dt.date(2025, 1, 1)
    table = {
        "date": [first + dt.timedelta(days=day) for day, _ in again],
        "ad_id": [f"ad-{ad:04d}" for _, ad in again],
        "impressions": rng.integers(100, 10**6, len(again)).tolist(),
    }
    (found,) = [h for h in propose(context_of(table)) if h.kind == "duplicate_keys"]
    assert found.confidence >= 0.5


def without_breakdown(rng: np.random.Generator) -> pa.Table:
    """Days x ads x three rows that nothing tells apart, of which those of idle ads have no figures."""
    day, ad, _ = (a.ravel() for a in np.meshgrid(range(40), range(60), range(3), indexing="ij"))
    shown = np.where((ad < 3) & (rng.random(len(ad)) < 0.5), 0, rng.poisson(rng.gamma(2, 900, len(ad))))
    return pa.table(
        {
            "date": [DAY + dt.timedelta(days=int(d)) for d in day],
            "ad_id": [f"a-{a}" for a in ad],
            "impressions": shown,
            "clicks": rng.binomial(shown, 0.05),
            "spend": np.round(shown * rng.uniform(0.004, 0.006, len(ad)), 2),
            "revenue": np.round(shown * rng.lognormal(-4, 1, len(ad)), 2),
        }
    )


def test_equal_rows_without_figures_are_of_a_breakdown_that_is_not_listed() -> None:
    table = without_breakdown(np.random.default_rng(5))
    assert judge(table, [h for h in propose(context_of(table)) if h.kind == "duplicate_rows"])[0].rows > 20
    assert rows_found(table, "duplicate_rows") == 0
    assert rows_found(table, "duplicate_keys") == 0


def test_copies_are_found_where_a_breakdown_is_not_listed() -> None:
    table = without_breakdown(np.random.default_rng(5))
    copied = again(table, 0.1)
    assert rows_found(pa.concat_tables([table, copied]), "duplicate_rows") >= copied.num_rows


def test_keys_that_half_of_the_rows_repeat_with_near_figures_are_restated() -> None:
    table = without_breakdown(np.random.default_rng(5)).take(np.arange(0, 7200, 3))
    more = again(table, 0.8)
    for place, name in enumerate(("impressions", "clicks", "spend", "revenue"), start=2):
        grown = np.asarray(more[name]) * 1.1
        more = more.set_column(place, name, pa.array(grown if place > 3 else np.ceil(grown).astype(np.int64)))
    assert rows_found(pa.concat_tables([table, more]), "duplicate_keys") > 500
