"""How columns write numbers and dates: the reading in SQL is the reading in Python, and the column decides."""

from __future__ import annotations

import datetime as dt
import math

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from assay.source.base import ColumnType
from assay.source.files.calendar_formats import CalendarFormat, calendar_of
from assay.source.files.numerals import Numerals, numerals_of
from assay.source.files.written import Habits, writing_of

TEXT = exp.column("x", quoted=True)
PIECES = st.sampled_from(
    ["1", "23", "456", "0", ".", ",", " ", "\u00a0", "'", "-", "−", "(", ")", "%", "€", "$", "USD", "e5", "x"]
)
DATE_PIECES = st.sampled_from(
    ["1", "12", "31", "2025", "25", "/", ".", "-", " ", "Mar", "märz", "de ", ", ", "10:30", "PM", "Z"]
)
FORMATS = [
    CalendarFormat("ymd"), CalendarFormat("ymd", "/"), CalendarFormat("dmy", "."), CalendarFormat("mdy", "/"),
    CalendarFormat("dmy", "/", short=True), CalendarFormat("dby", " "), CalendarFormat("bdy", " "),
]  # fmt: skip


def in_sql(expression: exp.Expr, values: list[str]) -> list[object]:
    sql = expression.sql("duckdb")
    with duckdb.connect() as connection:
        return [v for (v,) in connection.execute(f'SELECT {sql} FROM (SELECT unnest(?) AS "x")', [values]).fetchall()]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(PIECES, min_size=1, max_size=7).map("".join), min_size=1, max_size=30),
    st.sampled_from([".", ","]), st.booleans(),
)  # fmt: skip
def test_numbers_read_alike_in_sql_and_python(values: list[str], decimal: str, bounds: bool) -> None:
    numerals = Numerals(decimal, signs=("$", "USD", "€"), bounds=bounds)
    expected = [None if math.isnan(n := numerals.number(v)) else n for v in values]
    assert in_sql(numerals.expression(TEXT), values) == expected


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(DATE_PIECES, min_size=3, max_size=8).map("".join), min_size=1, max_size=30),
    st.sampled_from([f for f in FORMATS if f != CalendarFormat("ymd")]),
)
def test_dates_read_alike_in_sql_and_python(values: list[str], form: CalendarFormat) -> None:
    expected = [None if math.isnan(n := form.day(v)) else dt.date.fromordinal(int(n) + 719163) for v in values]
    assert in_sql(form.expression(TEXT), values) == expected


@pytest.mark.parametrize(
    ("values", "decimal", "certain"),
    [
        (["1.234,56", "7"], ",", True),
        (["1,234.56", "7"], ".", True),
        (["1.234.567"], ",", True),
        (["0.125", "12.500"], ".", True),
        (["12345.678"], ".", True),
        (["1,234", "2,500"], ".", False),
        (["1.234", "2.345"], ".", False),
        (["1.234", "2.345", "3.456", "4.567", "5.678", "12", "7"], ",", False),
        (["12", "7"], ".", True),
    ],
)
def test_the_decimal_mark_is_the_columns(values: list[str], decimal: str, certain: bool) -> None:
    found = numerals_of(values, [1] * len(values))
    assert (found.decimal, found.certain) == (decimal, certain)


def test_other_columns_decide_where_a_column_does_not() -> None:
    writing = writing_of(["1.234", "2.345"], [1, 1], Habits(decimal=","))
    assert writing is not None
    assert writing.numbers == (1234.0, 2345.0)
    day_first = calendar_of(["03/04/2025"], [1], day_first=True)
    assert day_first is not None
    assert day_first.order == "dmy"


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (["13/02/2025", "01/01/2025"], "dmy"),
        (["02/13/2025", "01/01/2025"], "mdy"),
        (["01/02/2025", "02/02/2025", "03/02/2025"], "dmy"),
        (["02/01/2025", "02/02/2025", "02/03/2025"], "mdy"),
        (["01.02.2025"], "dmy"),
        (["2025-01-02"], "ymd"),
    ],
)
def test_the_order_of_a_date_is_the_columns(values: list[str], order: str) -> None:
    form = calendar_of(values, [1] * len(values))
    assert form is not None
    assert form.order == order


@pytest.mark.parametrize("values", [["01234", "56789"], ["+4912345"], ["abc", "1"], ["A-1"], [""]])
def test_codes_and_words_stay_text(values: list[str]) -> None:
    assert writing_of(values, [1] * len(values)) is None


def test_shares_are_read_as_they_are_written() -> None:
    writing = writing_of(["12.5%", "3 %", "< 10%"], [1, 1, 1])
    assert writing is not None
    assert (writing.type, writing.numbers) == (ColumnType.FLOAT, (12.5, 3.0, 10.0))
