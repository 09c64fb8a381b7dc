"""Charts of one line."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from assay.report.sparkline import ASCII, BLOCKS, sparkline

series = st.lists(st.none() | st.floats(), min_size=1, max_size=40)


def test_the_least_is_lowest_and_the_greatest_is_highest_and_the_last_is_marked() -> None:
    assert sparkline([1.0, 8.0, 4.0, 2.0]) == "▁█▄[▂]"


def test_a_day_without_a_value_is_a_gap() -> None:
    assert sparkline([1.0, None, 2.0, None]) == "▁·█[·]"
    assert sparkline([math.nan, math.inf, 2.0]) == "··[▅]"


def test_what_does_not_move_is_flat() -> None:
    assert sparkline([5.0, 5.0, 5.0]) == "▅▅[▅]"
    assert sparkline([None]) == "[·]"
    assert sparkline([]) == ""


def test_without_blocks_heights_are_digits() -> None:
    assert sparkline([1.0, None, 8.0], ascii_only=True) == "1.[8]"


@given(series)
def test_any_series_is_drawn_with_one_character_a_day(values: list[float | None]) -> None:
    drawn, plain = sparkline(values), sparkline(values, ascii_only=True)
    assert len(drawn) == len(plain) == len(values) + 2
    assert drawn.replace("·", ".").translate(str.maketrans(BLOCKS, ASCII)) == plain
    assert plain.isascii()


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=40))
def test_a_greater_value_is_never_drawn_lower(values: list[float]) -> None:
    heights = [BLOCKS.index(mark) for mark in sparkline(values).replace("[", "").replace("]", "")]
    ordered = [h for _, h in sorted(zip(values, heights, strict=True))]
    assert ordered == sorted(ordered)
