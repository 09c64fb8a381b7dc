"""Late conversions reduce everything that follows from conversions, and break no relation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.bench.advertising import generate
from assay.bench.corrupt import Error, corrupt
from assay.profile.arrays import Floats


def late(table: pa.Table, folder: Path) -> pa.Table:
    """The table with most of its rows' conversions on their way."""
    pq.write_table(table, folder / "clean.parquet")
    return pq.read_table(corrupt(folder / "clean.parquet", [Error("late_conversions", 0.3)], 1, folder / "late").table)


def numbers(table: pa.Table, name: str) -> Floats:
    return np.asarray(table[name].to_numpy(), dtype=np.float64)


@pytest.mark.parametrize(
    ("style", "count", "value"),
    [
        ("canonical", "purchases", "revenue"),
        ("meta", "Purchases", "Purchases conversion value"),
        ("tiktok", "complete_payment", "total_purchase_value"),
    ],
)
def test_value_follows_its_conversions(style: str, count: str, value: str, tmp_path: Path) -> None:
    clean = generate(2_000, 1, style)
    bad = late(clean, tmp_path)
    few, many = np.nan_to_num(numbers(bad, count)), np.nan_to_num(numbers(clean, count))
    worth, was = np.nan_to_num(numbers(bad, value)), np.nan_to_num(numbers(clean, value))
    assert (few < many).any()
    assert not worth[few == 0].any()
    assert worth[few > 0] == pytest.approx(was[few > 0] * few[few > 0] / many[few > 0], abs=0.006)


def test_rates_are_computed_again(tmp_path: Path) -> None:
    bad = late(generate(2_000, 1, "tiktok"), tmp_path)
    clicks = numbers(bad, "clicks")
    expected = np.where(clicks > 0, 100 * numbers(bad, "conversion") / np.maximum(clicks, 1), 0)
    assert numbers(bad, "conversion_rate") == pytest.approx(expected, abs=0.0051)


def test_what_an_export_leaves_empty_is_not_written_as_zero(tmp_path: Path) -> None:
    assert not (numbers(late(generate(2_000, 1, "meta"), tmp_path), "Purchases") == 0).any()


def test_results_that_are_known_at_once_do_not_wait(tmp_path: Path) -> None:
    clean = generate(2_000, 1, "meta")
    clicks = np.array(clean["Result indicator"].to_pylist()) == "actions:link_click"
    assert clicks.any()
    bad = late(clean, tmp_path)
    np.testing.assert_array_equal(numbers(bad, "Results")[clicks], numbers(clean, "Results")[clicks])
