"""Verdicts and severities."""

from __future__ import annotations

import pytest
from sqlglot import exp

from assay.hypothesis.hypothesis import Fact, Hypothesis, RowTest, Test
from assay.judge.finding import Severity, Verdict
from assay.judge.severity import severity
from assay.judge.verdict import allowance
from assay.scan.copies import Copies
from tests.builders import judge

A, B = exp.column("a", quoted=True), exp.column("b", quoted=True)
TABLE = {"a": [1, 2, 3, 4, 5, 5, None, -1], "b": [1, 1, 1, 9, 9, 9, 9, 9]}


def claim(test: Test, **options: object) -> Hypothesis:
    return Hypothesis("relation_violation", ("a",), "", test, **options)  # type: ignore[arg-type]


def test_bad_rows_are_an_error() -> None:
    [judged] = judge(TABLE, [claim(RowTest(A < 0))])
    assert (judged.verdict, judged.rows) == (Verdict.ERROR, 1)


def test_no_bad_rows_are_clean() -> None:
    [judged] = judge(TABLE, [claim(RowTest(A > 100))])
    assert (judged.verdict, judged.rows) == (Verdict.CLEAN, 0)


def test_rows_with_a_legitimate_signature_are_counted_apart() -> None:
    [judged] = judge(TABLE, [claim(RowTest(A > 3, benign=A.eq(5)))])
    assert (judged.verdict, judged.rows) == (Verdict.ERROR, 1)
    assert judged.measured["legitimate_rows"] == 2


def test_only_legitimate_rows_are_expected() -> None:
    [judged] = judge(TABLE, [claim(RowTest(A > 4, benign=A.eq(5)))])
    assert judged.verdict is Verdict.EXPECTED


def test_a_tolerated_share_is_expected() -> None:
    [judged] = judge(TABLE, [claim(RowTest(A > 4, tolerated=0.3))])
    assert judged.verdict is Verdict.EXPECTED


def test_an_unknown_condition_is_not_bad() -> None:
    [judged] = judge(TABLE, [claim(RowTest(A.neq(A.copy())))])
    assert judged.verdict is Verdict.CLEAN


def test_a_test_that_fails_is_untestable_and_no_verdict_about_data() -> None:
    [judged, other] = judge(TABLE, [claim(RowTest(exp.column("none") > 1)), claim(RowTest(A < 0))])
    assert judged.verdict is Verdict.UNTESTABLE
    assert "none" in str(judged.measured["failure"])
    assert other.verdict is Verdict.ERROR


def test_copies_and_facts() -> None:
    [rows, keys, fact] = judge(
        TABLE, [claim(Copies(("a", "b"))), claim(Copies(("b",), ("a", "b"))), claim(Fact(rows=3))]
    )
    assert (rows.rows, keys.rows, fact.rows) == (1, 5, 3)


@pytest.mark.parametrize(("tolerated", "rows", "allowed"), [(0, 1000, 0), (0.01, 10_000, 140)])
def test_the_allowance_grows_with_the_noise_of_its_count(tolerated: float, rows: int, allowed: float) -> None:
    assert allowance(tolerated, rows) == allowed


@pytest.mark.parametrize(
    ("weight", "confidence", "rate", "graded"),
    [
        (0.9, 0.97, 0.2, Severity.CRITICAL),
        (0.9, 0.97, 0.02, Severity.HIGH),
        (0.9, 0.97, 1e-7, Severity.MEDIUM),
        (0.5, 0.9, 0.5, Severity.MEDIUM),
        (0.9, 0.45, 0.9, Severity.LOW),
        (0.3, 0.97, 0.9, Severity.LOW),
        (0.9, 0.2, 0.9, Severity.INFO),
    ],
)
def test_severity_weighs_harm_rate_and_certainty(
    weight: float, confidence: float, rate: float, graded: Severity
) -> None:
    assert severity(claim(RowTest(A < 0), weight=weight, confidence=confidence), rate, round(1000 * rate)) is graded


def test_a_high_rate_of_one_or_two_rows_is_not_critical() -> None:
    sure = claim(RowTest(A < 0), weight=0.9, confidence=0.97)
    graded = [severity(sure, rows / 4, rows) for rows in (1, 2, 3)]
    assert graded == [Severity.HIGH, Severity.HIGH, Severity.CRITICAL]
