"""A clean table made wrong in the ways that a bad week makes it wrong, for ``assay demo``."""

from __future__ import annotations

import string
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Damage = dict[str, int]


def demo_errors(table: pa.Table, seed: int = 0) -> tuple[pa.Table, Damage]:
    """Corrupt a table of ``generate(..., style="canonical")``.

    Each kind of damage is done to rows of its own, so what an audit reports can be told from what was done.

    Returns:
        The damaged table, and how many rows each kind of finding has in it.
    """
    rng = np.random.default_rng([seed, 13])
    data: dict[str, NDArray[Any]] = {c: table[c].to_numpy() for c in ("impressions", "clicks", "conversions", "spend")}
    brand = np.array(table["brand"].to_pylist(), object)
    campaign = np.array(table["campaign_id"].to_pylist(), object)
    dates = table["date"].to_numpy()
    free = np.ones(table.num_rows, bool)
    done: Damage = {}

    def take(kind: str, candidates: NDArray[np.bool_], share: float | None = None) -> NDArray[np.int64]:
        rows = np.flatnonzero(candidates & free)
        if share is not None:
            rows = rng.permutation(rows)[: round(share * table.num_rows)]
        free[rows] = False
        done[kind] = rows.size
        return rows

    data = {name: values.copy() for name, values in data.items()}
    impressions, clicks, spend = data["impressions"], data["clicks"], data["spend"]
    delivered = (impressions > 0) & (spend > 0)

    days = np.unique(dates)
    largest = max(np.unique(campaign[clicks > 0]), key=lambda c: float(spend[campaign == c].sum()), default=None)
    rows = take("unit_change", (campaign == largest) & (dates >= days[len(days) * 2 // 3]) & delivered)
    spend[rows] *= 1_000_000
    lost = days[len(days) // 2 : len(days) // 2 + 3]
    rows = take("missing_values", np.isin(dates, lost))
    conversions = pa.array(data["conversions"], mask=np.isin(np.arange(free.size), rows))
    rows = take("clicks_exceed_impressions", delivered, 0.012)
    clicks[rows] = impressions[rows] + rng.integers(1, impressions[rows] + 2)
    rows = take("spend_with_zero_impressions", delivered, 0.008)
    impressions[rows] = 0
    rows = take("negative_metric", spend > 1, 0.003)
    spend[rows] *= -1
    rows = take("outliers", (clicks > 100) & (clicks < 1000), 0.001)
    clicks[rows] *= 400
    rows = take("categorical_corruption", delivered, 0.01)
    letters = np.array(list(string.ascii_letters + string.digits))
    brand[rows] = ["".join(rng.choice(letters, rng.integers(5, 10))) for _ in rows]

    damaged = {**data, "conversions": conversions, "brand": pa.array(brand, pa.string())}
    for name, values in damaged.items():
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(values))
    copied = take("duplicate_rows", delivered, 0.015)
    order = np.sort(np.concatenate([np.arange(table.num_rows), copied]), kind="stable")
    return table.take(pa.array(order)), done
