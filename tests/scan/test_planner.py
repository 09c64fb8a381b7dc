"""Metrics and the planner."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from assay.scan.metrics import (
    ColumnExtent,
    ColumnMoments,
    Count,
    DistinctRows,
    Extent,
    Metric,
    NotNullCount,
    RowCount,
    RowsWhere,
)
from assay.scan.planner import TERMS_PER_STATEMENT, measure, statements
from tests.builders import source_of

A = exp.column("a", quoted=True)
MERGEABLE: list[Metric] = [RowCount(), RowsWhere(A > 3), ColumnExtent(A), NotNullCount(A), ColumnMoments(A)]
VALUES = st.lists(st.one_of(st.none(), st.integers(-1000, 1000)), max_size=12)


def states(values: list[int | None]) -> list[Any]:
    measured = measure(source_of({"a": pa.array(values, pa.int64())}), MERGEABLE)
    return [measured[m].state for m in MERGEABLE]


@settings(max_examples=15, deadline=None)
@given(VALUES, VALUES)
def test_the_state_of_two_tables_is_the_merge_of_their_states(left: list[int | None], right: list[int | None]) -> None:
    merged = [a.merge(b) for a, b in zip(states(left), states(right), strict=True)]
    assert merged == states(left + right)


def test_equal_metrics_are_asked_once_in_one_statement() -> None:
    source = source_of({"a": [1, 5, None]})
    before = source.spent.statements
    measured = measure(source, [RowsWhere(A > 3), RowsWhere(A.copy() > 3), RowCount()])
    assert len(measured) == 2
    assert measured[RowsWhere(A > 3)].state == Count(1)
    assert source.spent.statements == before + 1


def test_one_bad_metric_does_not_fail_its_batch() -> None:
    source = source_of({"a": [1, 5], "b": ["x", "y"]})
    bad = ColumnMoments(exp.column("b", quoted=True))
    measured = measure(source, [RowCount(), bad, ColumnExtent(A)])
    assert measured[RowCount()].state == Count(2)
    assert measured[ColumnExtent(A)].state == Extent(2, 1, 5)
    assert measured[bad].state is None
    assert measured[bad].failure


def test_very_many_terms_are_split() -> None:
    source = source_of({"a": [1]})
    metrics: list[Metric] = [
        RowsWhere(exp.GT(this=A, expression=exp.Literal.number(n))) for n in range(TERMS_PER_STATEMENT + 1)
    ]
    assert len(statements(source, metrics)) == 2


@pytest.mark.parametrize(("columns", "distinct"), [(("a",), 3), (("a", "b"), 4)])
def test_distinct_rows_are_null_safe(columns: tuple[str, ...], distinct: int) -> None:
    source = source_of({"a": [1, 1, None, None, 2], "b": ["x", "y", None, None, "x"]})
    assert measure(source, [DistinctRows(columns)])[DistinctRows(columns)].state == Count(distinct)
