"""The grain is found through copies, corruption and samples."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from assay.domain.pack import load_packs
from assay.domain.role import Family, Role
from assay.domain.roles import assign_roles
from assay.hypothesis.grain import infer_grain, is_load_time
from assay.profile.sample import from_arrow

DAY = dt.date(2024, 3, 1)


def grain(table: pa.Table, total: int | None = None) -> tuple[str, ...]:
    sample = from_arrow(table, total=total)
    return infer_grain(sample, assign_roles(sample, load_packs()))


def ads(days: int = 60, entities: int = 12, devices: int = 3) -> pa.Table:
    """Date x ad x device, with columns that the ad determines and a metric."""
    rng = np.random.default_rng(0)
    day, ad, device = (a.ravel() for a in np.meshgrid(range(days), range(entities), range(devices), indexing="ij"))
    return pa.table(
        {
            "date": [DAY + dt.timedelta(days=int(d)) for d in day],
            "brand": [f"brand {a % 4}" for a in ad],
            "ad_id": [f"a-{a}" for a in ad],
            "device": [("mobile", "desktop", "tablet")[d] for d in device],
            "impressions": rng.poisson(400, len(day)),
        }
    )


def test_the_smallest_set_that_tells_rows_apart() -> None:
    assert grain(ads()) == ("date", "ad_id", "device")


def test_a_column_with_one_value_is_no_part_of_it() -> None:
    assert grain(ads(devices=1)) == ("date", "ad_id")


def test_exact_copies_do_not_hide_it() -> None:
    table = ads()
    copied = pa.concat_tables([table, table.slice(0, int(0.4 * table.num_rows))])
    assert grain(copied) == ("date", "ad_id", "device")


@pytest.mark.parametrize("share", [0.005, 0.1, 0.4])
def test_copies_of_the_key_with_other_values_do_not_hide_it(share: float) -> None:
    table = ads()
    rng = np.random.default_rng(1)
    again = table.take(rng.choice(table.num_rows, int(share * table.num_rows), replace=False))
    again = again.set_column(4, "impressions", pa.array(rng.integers(1000, 9000, again.num_rows)))
    assert grain(pa.concat_tables([table, again])) == ("date", "ad_id", "device")


@pytest.mark.parametrize("column", ["device", "brand"])
def test_corruption_of_a_dimension_does_not_change_it(column: str) -> None:
    table = ads()
    rng = np.random.default_rng(2)
    cells = table[column].to_pylist()
    for row in np.flatnonzero(rng.random(len(cells)) < 0.4):
        cells[row] = f"x{rng.integers(10**9)}"
    index = table.column_names.index(column)
    assert grain(table.set_column(index, column, pa.array(cells))) == ("date", "ad_id", "device")


def test_it_holds_in_a_small_sample_of_a_large_table() -> None:
    table = ads(days=300, entities=60)
    rows = np.sort(np.random.default_rng(3).choice(table.num_rows, table.num_rows // 20, replace=False))
    assert grain(table.take(rows), total=table.num_rows) == ("date", "ad_id", "device")


def test_an_id_of_every_row_is_enough() -> None:
    n = 500
    table = pa.table(
        {
            "order_id": [f"o-{i}" for i in range(n)],
            "customer_id": [f"c-{i % 37}" for i in range(n)],
            "day": [DAY + dt.timedelta(days=i % 30) for i in range(n)],
            "total": np.random.default_rng(4).gamma(2, 20, n),
        }
    )
    assert grain(table) == ("order_id",)


def test_a_counter_of_lines_belongs_to_it() -> None:
    lines = [(order, line) for order in range(400) for line in range(1, 1 + order % 4 + 1)]
    table = pa.table(
        {
            "order_id": [f"o-{o}" for o, _ in lines],
            "line_no": [line for _, line in lines],
            "product": [f"p{(o + line) % 3}" for o, line in lines],
            "quantity": np.random.default_rng(5).poisson(2, len(lines)) + 1,
        }
    )
    assert grain(table) == ("order_id", "line_no")


def test_coarse_rows_have_none() -> None:
    rng = np.random.default_rng(6)
    table = pa.table({"country": rng.choice(["DE", "FR", "PL"], 900), "plan": rng.choice(["a", "b"], 900)})
    assert grain(table) == ()


def test_an_empty_table_has_none() -> None:
    assert grain(ads().slice(0, 0)) == ()


@pytest.mark.parametrize("name", ["_fivetran_synced", "loaded_at", "last_updated"])
def test_load_times_are_told_from_event_times(name: str) -> None:
    assert is_load_time(name, Role("", Family.DATE))
    assert not is_load_time("date", Role("date", Family.DATE, event_time=True))
