"""Which rows break which tests."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from assay.scan.copies import Copies, keep
from assay.scan.evidence import BITS, overlaps, stream_rows
from assay.source.duckdb import DuckDBSource
from tests.builders import source_of

A, B = exp.column("a", quoted=True), exp.column("b", quoted=True)


def test_rows_are_grouped_by_the_set_of_checks_they_fail() -> None:
    source = source_of({"a": [1, 5, 7, None], "b": [9, 9, 0, 9]})
    groups = overlaps(source, [A > 3, B > 3], ["b"], limit=5)
    assert {g.failed: g.rows for g in groups} == {frozenset({0}): 1, frozenset({1}): 2, frozenset({0, 1}): 1}
    assert next(g.first for g in groups if g.failed == {1}) == ({"row_index": 0, "b": 9}, {"row_index": 3, "b": 9})


def test_more_checks_than_bits_fit() -> None:
    source = source_of({"a": [0, 1]})
    groups = overlaps(source, [-n < A for n in range(BITS + 5)], [], limit=1)
    assert [len(g.failed) for g in groups if g.first[0]["row_index"] == 1] == [BITS + 5]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 2)), st.integers(0, 2)), min_size=1, max_size=25))
def test_copies_are_all_but_the_first_of_equal_rows(rows: list[tuple[int | None, int]]) -> None:
    source = source_of({"a": [r[0] for r in rows], "b": [r[1] for r in rows]})
    reader = stream_rows(source, [Copies(("a", "b"))], [])
    found = [i for batch in reader for i in batch.column("row_index").to_pylist()]
    seen: Counter[tuple[int | None, int]] = Counter()
    expected = []
    for index, row in enumerate(rows):
        expected += [index] if seen[row] else []
        seen[row] += 1
    assert found == expected


def test_copies_are_told_whatever_the_columns_are_called() -> None:
    names = ["fingerprint", "first_place", "place", "row_index", "m0", "f0"]
    source = source_of({name: [1, 2, 1] for name in names})
    for copies in ([Copies(tuple(names))], keep(source, [Copies(tuple(names))])):
        (group,) = overlaps(source, copies, names, limit=3)
        assert group.first == ({**dict.fromkeys(names, 1), "row_index": 2},)


def test_key_copies_leave_exact_copies_out() -> None:
    source = source_of({"a": [1, 1, 1, 2], "b": [7, 7, 8, 7]})
    reader = stream_rows(source, [Copies(("a",), ("a", "b"))], [])
    assert [i for batch in reader for i in batch.column("row_index").to_pylist()] == [2]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 2)), st.integers(0, 2)), min_size=1, max_size=25))
def test_copies_whose_places_are_kept_are_the_same_rows(rows: list[tuple[int | None, int]]) -> None:
    source = source_of({"a": [r[0] for r in rows], "b": [r[1] for r in rows]})
    tests = [Copies(("a", "b")), Copies(("a",)), Copies(("a",), ("a", "b"))]
    kept = keep(source, tests)
    assert all(copies.kept is not None for copies in kept)
    assert overlaps(source, kept, ["a"], limit=9) == overlaps(source, tests, ["a"], limit=9)


class Unplaced(DuckDBSource):
    """An engine whose rows have no places: equal rows share theirs."""

    def position(self) -> exp.Expr:
        return self.fingerprint([c.name for c in self.columns])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=25))
def test_without_places_as_many_copies_are_told_as_distinct_rows_are_fewer(rows: list[tuple[int, int]]) -> None:
    source = source_of({"a": [r[0] for r in rows], "b": [r[1] for r in rows]})
    source.__class__, source.positions = Unplaced, False
    checks = [Copies(("a", "b")), Copies(("a",)), Copies(("a",), ("a", "b"))]
    assert keep(source, checks) == checks  # there is nothing by which their rows could be kept
    counted: Counter[int] = Counter()
    for group in overlaps(source, checks, [], limit=1):
        counted.update(dict.fromkeys(group.failed, group.rows))
    keys, versions = len({r[0] for r in rows}), len(set(rows))
    expected = {0: len(rows) - versions, 1: len(rows) - keys, 2: versions - keys}
    assert counted == {check: n for check, n in expected.items() if n}
