"""Known errors put into a BigQuery table, by statements in a scratch data set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assay.bench.advertising import generate
from assay.bench.corrupt import Error
from assay.bench.corrupt.truth import read_truth
from assay.bench.corrupt.warehouse import corrupt_in_warehouse
from assay.errors import ConfigurationError
from tests.engines.emulator import PROJECT, Emulator

COLUMNS = ["date", "brand", "campaign_id", "device", "impressions", "clicks", "spend", "conversions"]
ROWS = 300


@pytest.fixture(scope="module")
def address(emulator: Emulator) -> str:
    """A clean table, and a data set for tables."""
    emulator.client.create_dataset("scratch")
    return emulator.load("to_corrupt", generate(ROWS).select(COLUMNS))


def rows(emulator: Emulator, table: str, order: str) -> list[dict[str, Any]]:
    answer = emulator.client.query(f"SELECT * FROM `{PROJECT}.scratch.{table}` ORDER BY {order}").result()
    return [dict(r.items()) for r in answer]


def test_the_truth_is_exact(emulator: Emulator, address: str, tmp_path: Path) -> None:
    errors = [
        Error("clicks_exceed_impressions", 0.05), Error("null_cells", 0.05, "segment", ("brand",)),
        Error("random_strings", 0.03, "", ("device",)), Error("typos", 0.03, "", ("campaign_id",)),
        Error("unit_change", 0.1), Error("row_copies", 0.02),
    ]  # fmt: skip
    truth = corrupt_in_warehouse(address, errors, 1, tmp_path, f"{PROJECT}.scratch")
    assert not truth.skipped
    assert truth == read_truth(tmp_path / "truth.json")
    clean = rows(emulator, "to_corrupt_numbered", "assay_number")
    bad = rows(emulator, "to_corrupt_corrupted", "1")
    cells = rows(emulator, "to_corrupt_truth", "1")
    assert truth.rows == len(bad)
    assert [i.rows for i in truth.injected][:2] == [15, 15]
    told = {(c["row_index"], c["column"]) for c in cells if c["column"]}
    copies = [c["row_index"] for c in cells if not c["column"]]
    assert len(copies) == 6 and len(bad) == ROWS + 6
    left = [tuple(map(str, r.values())) for r in bad]
    for number, row in enumerate(clean):
        assert row.pop("assay_number") == number
        touched = any(n == number for n, _ in told)
        if not touched:
            left.remove(tuple(map(str, row.values())))
    assert len(left) == len({n for n, _ in told}) + 6


@pytest.mark.parametrize("scratch", ["", "ads", f"{PROJECT}.ads"])
def test_a_scratch_data_set_must_be_named_and_not_be_the_tables_own(address: str, tmp_path: Path, scratch: str) -> None:
    with pytest.raises(ConfigurationError):
        corrupt_in_warehouse(address, [Error("null_cells", 0.1)], 0, tmp_path, scratch)
