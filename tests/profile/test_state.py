"""States of disjoint rows add up: a month is the merge of its days."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.profile.groups import Days, Groups
from assay.profile.history import differs
from assay.profile.state import SUMMED, Amount, ColumnState, DayState, TableState, days_of

amounts = st.builds(Amount, st.integers(0, 99), st.integers(-(10**6), 10**6).map(float))
parts = st.fixed_dictionaries({"platform": st.dictionaries(st.sampled_from("abcd"), st.integers(1, 999), max_size=4)})
totals = st.dictionaries(st.sampled_from("abcd"), st.integers(-(10**6), 10**6).map(float), max_size=4)
sums = st.fixed_dictionaries({"platform": st.dictionaries(st.sampled_from(["clicks", "spend"]), totals)})
day_states = st.builds(DayState, st.integers(1, 999), st.fixed_dictionaries({"clicks": amounts}), parts, sums)
columns = st.fixed_dictionaries(
    {"clicks": st.builds(ColumnState, st.just("integer"), st.just("clicks"), *[st.integers(0, 99)] * 2)}
)
values = st.fixed_dictionaries({"platform": st.dictionaries(st.sampled_from("abcd"), st.integers(1, 99))})
tables = st.builds(TableState, st.integers(0, 999), columns, st.dictionaries(st.integers(0, 5), day_states), values)


@settings(max_examples=30)
@given(tables, tables, tables)
def test_merging_tables_is_associative_and_commutative(a: TableState, b: TableState, c: TableState) -> None:
    assert a.merge(b).merge(c) == a.merge(b.merge(c))
    assert a.merge(b) == b.merge(a)


@given(day_states)
def test_a_day_survives_json(state: DayState) -> None:
    assert DayState.from_json(json.loads(json.dumps(state.to_json()))) == state


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from("abc"), st.integers(0, 9)), min_size=1, max_size=60))
def test_the_state_of_all_rows_is_the_merge_of_the_states_of_its_parts(rows: list[tuple[int, str, int]]) -> None:
    """Rows are split at any place, also within a day."""
    middle = len(rows) // 2
    halves = [
        TableState(len(half), {}, days_of(_counted(half), str, "platform"))
        for half in (rows[:middle], rows[middle:])
        if half
    ]
    assert reduce(TableState.merge, halves).days == days_of(_counted(rows), str, "platform")


@given(st.lists(day_states, min_size=1, max_size=5))
def test_rows_that_are_not_trusted_make_an_unknown_sum(states: list[DayState]) -> None:
    merged = reduce(DayState.merge, [*states, DayState(None)])
    assert merged.rows is None and not merged.amounts


def test_a_metric_that_one_part_does_not_know_is_unknown_in_the_whole() -> None:
    known, unknown = DayState(3, {"clicks": Amount(3, 9.0)}), DayState(2)
    assert known.merge(unknown).amounts == {}
    assert known.merge(DayState(0)).amounts == known.amounts


def test_what_is_not_trusted_is_left_out() -> None:
    sums = {"platform": {"clicks": {"a": 9.0}}, "device": {"clicks": {"x": 9.0}, "spend": {"x": 1.0}}}
    state = DayState(5, {"clicks": Amount(5, 9.0), "spend": Amount(5, 1.0)}, {"platform": {}, "device": {}}, sums)
    left = state.without(frozenset({"clicks", "platform"}), rows=False)
    assert (left.rows, set(left.amounts), set(left.parts)) == (5, {"spend"}, {"device"})
    assert left.sums == {"device": {"spend": {"x": 1.0}}}
    assert state.without(frozenset(), rows=True) == DayState(None)


def test_a_day_that_was_kept_without_sums_is_read_and_not_as_it_is_now() -> None:
    old = DayState.from_json({"n": 3, "m": {"clicks": [3, 9.0]}, "p": {"platform": {"a": 3}}})
    new = replace(old, sums={"platform": {"clicks": {"a": 9.0}}})
    assert old.sums == {} and differs(old, new) and not differs(new, old) and not differs(new, new)
    assert old.digest() == new.digest()


def test_amounts_that_moved_between_platforms_are_another_day_though_their_sum_is_the_same() -> None:
    one, other = (DayState(3, {}, {}, {"platform": {"clicks": {"a": a, "b": 9.0 - a}}}) for a in (4.0, 5.0))
    assert differs(one, other)


def test_no_more_amounts_are_kept_than_of_the_largest_values() -> None:
    letters = [chr(97 + i) for i in range(SUMMED + 3)]
    rows = [(0, letter, 1) for i, letter in enumerate(letters) for _ in range(i + 1)]
    assert set(days_of(_counted(rows), str, "platform")[0].sums["platform"]["clicks"]) == set(letters[3:])


def test_a_null_rate_of_no_rows_is_zero() -> None:
    assert ColumnState("integer", "", 0, 0).null_rate == 0.0
    assert ColumnState("integer", "", 8, 2).merge(ColumnState("integer", "", 2, 0)).null_rate == pytest.approx(0.2)


def _counted(rows: list[tuple[int, str, int]]) -> Groups:
    """What an engine counts of rows of day, platform and clicks; 0 clicks stand for a null."""

    def days(split: bool) -> Days:
        keys = sorted({(p if split else "", d) for d, p, _ in rows})
        own = [[c for d, p, c in rows if (p if split else "", d) == key] for key in keys]
        sums = [float(sum(v)) if any(v) else float("nan") for v in own]
        return Days(
            np.array([d for _, d in keys], dtype=np.int64),
            np.array([p for p, _ in keys], dtype=object),
            np.array([len(v) for v in own], dtype=np.int64),
            {"clicks": np.array(sums)},
            {"clicks": np.array([sum(map(bool, v)) for v in own], dtype=np.int64)},
        )

    return Groups(days=days(False), segments={"platform": days(True)})
