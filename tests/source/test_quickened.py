"""What DuckDB answers sooner in other words has the same answer."""

from __future__ import annotations

import pytest
from sqlglot import exp

from assay.scan.metrics import Count, RowsWhere
from assay.scan.planner import measure
from tests.builders import source_of

VALUES = [f"value {i}" for i in range(40)]


@pytest.mark.parametrize("length", [3, 30])
@pytest.mark.parametrize("negated", [False, True])
def test_a_list_of_any_length_gives_the_same_rows_and_nulls_are_neither_in_nor_out(length: int, negated: bool) -> None:
    source = source_of({"a": [*VALUES, None, "it's"], "b": ["x"] * 42})
    inside = exp.column("a", quoted=True).isin(*VALUES[: length - 1], "it's")
    predicate = exp.and_(exp.not_(inside) if negated else inside, exp.column("b", quoted=True).eq("x"))
    state = measure(source, [RowsWhere(predicate)])[RowsWhere(predicate)].state
    assert state == Count(41 - length if negated else length)
    assert ("UNNEST" in source.asked[-1]) is (length == 30)


def test_reports_show_the_list_as_it_is_written() -> None:
    source = source_of({"a": VALUES})
    assert "UNNEST" not in source.render(exp.column("a", quoted=True).isin(*VALUES))


def test_logarithms_that_stand_several_times_are_taken_once() -> None:
    source = source_of({"a": [0, 1, 100, None, -5], "b": [1, 1, 1, 1, 1]})
    a = exp.cast(exp.column("a", quoted=True), "double")
    log = exp.Ln(this=exp.Case(ifs=[exp.If(this=a > 0, true=a)]))
    high = RowsWhere(exp.or_(log.copy() > 4, exp.and_(log.copy() < 0.5, exp.column("b", quoted=True).eq(1))))
    assert measure(source, [high])[high].state == Count(2)
    assert source.asked[-1].count("LN(") == 1


def test_a_logarithm_that_only_a_condition_around_it_makes_safe_stays_where_it_is() -> None:
    source = source_of({"a": [0, 1, 100]})
    a = exp.column("a", quoted=True)
    log = exp.Case(ifs=[exp.If(this=a > 0, true=exp.Ln(this=a))])
    high = RowsWhere(exp.or_(log.copy() > 4, log.copy() < 0.5))
    assert measure(source, [high])[high].state == Count(2)
