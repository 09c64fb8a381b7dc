"""Samples, readings and groups."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa

from assay.profile.drawn import take_sample
from assay.profile.groups import GroupPlan, count_groups
from assay.source.base import ColumnType
from tests.builders import Table, source_of


def sample_of(data: Table, rows: int = 60_000):  # type: ignore[no-untyped-def]
    return take_sample(source_of(data), rows)


def test_a_small_table_is_pulled_whole() -> None:
    sample = sample_of({"a": list(range(100))})
    assert sample.complete
    assert sorted(sample["a"].numbers.tolist()) == list(range(100))
    assert sample.drawn is not None
    assert sample.drawn["a"].to_pylist() == list(range(100))


def test_the_order_of_a_sample_is_not_that_of_the_table() -> None:
    data = pa.table({"a": [i % 50 for i in range(200)], "b": [f"t{i % 7}" for i in range(200)]})
    shuffled = data.take(pa.array(np.random.default_rng(1).permutation(200)))
    one, other = sample_of(data), sample_of(shuffled)
    for name in data.column_names:
        assert [one[name].values[i] for i in one[name].codes] == [other[name].values[i] for i in other[name].codes]


def test_a_large_table_is_sampled_the_same_in_every_run() -> None:
    data = {"a": list(range(50_000))}
    first, second = sample_of(data, 2_000), sample_of(data, 2_000)
    assert not first.complete
    assert 1_700 < first.rows < 2_300
    assert first["a"].numbers.tolist() == second["a"].numbers.tolist()
    assert first.drawn is not None
    assert first.drawn["a"].to_pylist() == sorted(first["a"].numbers.tolist())


def test_values_are_counted_most_frequent_first() -> None:
    column = sample_of({"a": ["b", "a", None, "b", "c", "a", "b"]})["a"]
    assert (column.values, column.counts.tolist()) == (["b", "a", "c"], [3, 2, 1])
    assert sorted(column.codes.tolist()) == [-1, 0, 0, 0, 1, 1, 2]
    assert (column.nulls == (column.codes < 0)).all()


def test_every_type_has_numbers() -> None:
    sample = sample_of(
        {
            "flag": [True, None],
            "day": [date(1970, 1, 2), None],
            "time": [datetime(1970, 1, 1, 12), None],
            "money": pa.array([Decimal("1.25"), None], pa.decimal128(10, 2)),
            "text": ["a", None],
        }
    )
    told = ~sample["flag"].nulls
    firsts = {c.name: c.numbers[told][0] for c in sample.columns}
    assert (firsts["flag"], firsts["day"], firsts["time"], firsts["money"]) == (1, 1, 0.5, 1.25)
    assert np.isnan(firsts["text"])
    assert all(np.isnan(c.numbers[~told][0]) for c in sample.columns)


def test_text_that_is_numbers_is_read_as_numbers() -> None:
    column = sample_of({"a": ["1", "2.5", " 3 ", "n/a", None, "7"]})["a"]
    assert column.type is ColumnType.FLOAT
    assert np.isnan(column.numbers).sum() == 2
    assert sorted(column.numbers[np.isfinite(column.numbers)].tolist()) == [1, 2.5, 3, 7]


def test_codes_stay_text() -> None:
    assert sample_of({"zip": ["01234", "99999", "10115"] * 5})["zip"].type is ColumnType.TEXT


def test_text_that_is_dates_is_read_as_days() -> None:
    column = sample_of({"d": ["1970-01-03", "1970-01-04 10:00:00", "soon"]})["d"]
    assert column.type is ColumnType.DATE
    assert sorted(column.numbers[np.isfinite(column.numbers)].tolist()) == [2, 3]


def test_numbers_of_eight_digits_are_days_if_all_are_in_the_calendar() -> None:
    days = [20250301 + d for d in range(31)]
    sample = sample_of({"event_date": days, "text": list(map(str, days)), "order": [20250090 + d for d in range(31)]})
    assert [c.type for c in sample.columns] == [ColumnType.DATE, ColumnType.DATE, ColumnType.INTEGER]
    assert sample["event_date"].numbers.tolist() == sample["text"].numbers.tolist()
    assert np.ptp(sample["event_date"].numbers) == 30


def test_nested_columns_are_left_out_with_the_reason() -> None:
    sample = sample_of({"a": [1], "tags": [["x"]]})
    assert sample.names == ("a",)
    assert "not audited" in sample.skipped["tags"]


def test_groups_count_the_whole_table_in_one_statement() -> None:
    data = {
        "day": [date(1970, 1, 2)] * 3 + [date(1970, 1, 1)] * 2 + [None],
        "kind": ["x", "y", "x", "x", None, "z"],
        "n": [1, 2, None, 4, 5, 6],
    }
    source = source_of(data)
    sample = take_sample(source, 100)
    before = source.spent.statements
    groups = count_groups(source, sample, GroupPlan(("kind",), "day", ("n",), ("kind",)))
    assert source.spent.statements == before + 1
    counts = groups.values["kind"]
    assert (counts.values, counts.counts, counts.distinct, counts.rows, counts.singles) == (
        ("x", "y", "z"), (3, 1, 1), 3, 5, 2,
    )  # fmt: skip
    assert groups.days is not None
    assert groups.days.day.tolist() == [0, 1]
    assert groups.days.rows.tolist() == [2, 3]
    assert groups.days.sums["n"].tolist() == [9, 3]
    assert groups.days.present["n"].tolist() == [2, 2]
    assert groups.segments["kind"].segment.tolist() == ["", "x", "x", "y"]
