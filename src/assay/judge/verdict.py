"""From a measurement to a verdict: how many rows are bad, and is that more than a clean table would show."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assay.hypothesis.hypothesis import Fact, Hypothesis, RowTest
from assay.judge.finding import Verdict
from assay.scan.copies import Copies, Kept
from assay.scan.metrics import Count, DistinctRows, Metric, RowCount, RowsWhere
from assay.scan.planner import Measurement

SIGNIFICANCE = 4.0  # standard deviations beyond the tolerated share


@dataclass(frozen=True)
class Judgement:
    """A tested hypothesis.

    Attributes:
        rows: bad rows (0 unless the verdict is an error).
        measured: the figures behind the verdict.
    """

    hypothesis: Hypothesis
    verdict: Verdict
    rows: int
    measured: Mapping[str, Any] = field(default_factory=dict)


def metrics_of(hypothesis: Hypothesis) -> list[Metric]:
    """What has to be measured on the whole table to decide a hypothesis."""
    test = hypothesis.test
    match test:
        case RowTest():
            wanted: list[Metric] = [RowCount(), RowsWhere(test.bad)]
            if test.benign is not None:
                wanted.append(RowsWhere(test.predicate))
            return wanted
        case Copies(kept=Kept()):
            return []
        case Copies(columns=columns, except_columns=others, excepted=known):
            return [DistinctRows(others) if others and known is None else RowCount(), DistinctRows(columns)]
        case Fact():
            return []


def decide(hypothesis: Hypothesis, measurements: Mapping[Metric, Measurement], rows: int) -> Judgement:
    """Judge one hypothesis by its measurements on a table of ``rows`` rows."""
    counts: list[int] = []
    for metric in metrics_of(hypothesis):
        measurement = measurements[metric]
        if not isinstance(measurement.state, Count):
            return Judgement(hypothesis, Verdict.UNTESTABLE, 0, {"failure": measurement.failure})
        counts.append(measurement.state.n)
    match hypothesis.test:
        case Copies(kept=Kept(rows=copies)):
            return judged(hypothesis, copies, 0, rows)
        case Copies(excepted=known):
            return judged(hypothesis, counts[0] - (known or 0) - counts[1], 0, rows)
        case RowTest():
            return judged(hypothesis, counts[1], counts[2] - counts[1] if len(counts) > 2 else 0, rows)
        case Fact():
            return judged(hypothesis, 0, 0, rows)


def judged(hypothesis: Hypothesis, bad: int, benign: int, rows: int) -> Judgement:
    """Judge one hypothesis by its bad and its legitimate rows in a table of ``rows`` rows."""
    if hypothesis.expected:
        affected = hypothesis.test.rows if isinstance(hypothesis.test, Fact) else bad
        return Judgement(hypothesis, Verdict.EXPECTED, 0, {"rows": affected, "expected": hypothesis.expected})
    if isinstance(hypothesis.test, Fact):
        affected = hypothesis.test.rows
        return Judgement(hypothesis, Verdict.ERROR, affected, {"rows": affected})
    tolerated = hypothesis.test.tolerated if isinstance(hypothesis.test, RowTest) else 0.0
    measured: dict[str, Any] = {"rows": bad}
    if benign:
        measured["legitimate_rows"] = benign
    if bad > allowance(tolerated, rows):
        return Judgement(hypothesis, Verdict.ERROR, bad, measured)
    if bad or benign:
        return Judgement(hypothesis, Verdict.EXPECTED, 0, measured)
    return Judgement(hypothesis, Verdict.CLEAN, 0, measured)


def allowance(tolerated: float, rows: int) -> float:
    """Rows that a clean table may show when each row errs with probability ``tolerated``."""
    expected = tolerated * rows
    return expected + SIGNIFICANCE * math.sqrt(expected)
