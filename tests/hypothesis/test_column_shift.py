"""Rows shifted by a lost field."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from assay.hypothesis.column_shift import propose
from tests.builders import context_of, rows_where

COLUMNS = ("platform", "device", "format", "country")


def clean(rows: int = 4_000, seed: int = 0) -> dict[str, list[object]]:
    rng = np.random.default_rng(seed)
    sizes = {"platform": 4, "device": 3, "format": 5, "country": 12}
    table: dict[str, list[object]] = {"id": [f"r{i}" for i in range(rows)]}
    for name, size in sizes.items():
        table[name] = [f"{name}-{chr(97 + i)}" for i in rng.integers(0, size, rows)]
    table["clicks"] = [str(v) for v in rng.integers(0, 500, rows)]
    return table


def shift(table: dict[str, list[object]], rows: list[int], step: int) -> dict[str, list[object]]:
    names = list(table)
    start = names.index("platform")
    for row in rows:
        values = [table[n][row] for n in names[start:]]
        moved = [*values[1:], None] if step > 0 else [None, *values[:-1]]
        for name, value in zip(names[start:], moved, strict=True):
            table[name][row] = value
    return table


@pytest.mark.parametrize("share", [0.002, 0.05, 0.4])
@pytest.mark.parametrize("step", [1, -1])
def test_shifted_rows_are_found_exactly(share: float, step: int) -> None:
    rows = sorted(np.random.default_rng(1).choice(4_000, round(share * 4_000), replace=False).tolist())
    table = pa.table(shift(clean(), rows, step))
    raised = propose(context_of(table))
    assert [h.kind for h in raised] == ["column_shift"]
    assert rows_where(table, raised[0]) == rows


def test_clean_rows_are_silent() -> None:
    assert propose(context_of(clean())) == []


def test_one_swapped_cell_is_no_shift() -> None:
    table = clean()
    for row in range(0, 4_000, 50):
        table["device"][row] = table["format"][row]
    assert propose(context_of(table)) == []


def test_columns_that_share_their_values_do_not_tell() -> None:
    rng = np.random.default_rng(0)
    table = {n: [f"city-{i}" for i in rng.integers(0, 9, 2_000)] for n in ("origin", "via", "destination")}
    assert propose(context_of(table)) == []
