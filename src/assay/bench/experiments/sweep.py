"""Sweep: tables with more and more stacked errors, first one logical error, last all logical and all structural ones.

After the article's eleven tables: an error type counts as detected in a table when an alarm of an expected kind names
one of its columns, and every alarm about rows that are not damaged is a false one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.bench.corrupt import KINDS, Error, corrupt
from assay.bench.experiments.detector import Detector
from assay.bench.experiments.run import Result, folder, timed
from assay.bench.experiments.score import Ratio, rows, types
from assay.bench.experiments.tables import Clean, Tables

RATE = 0.05
STACK = tuple(k for group in ("logical", "structural") for k, kind in KINDS.items() if kind.group == group)
ARTICLE = {"precision": 0.905, "recall": 0.864, "f1": 0.883, "perfect": "8 of 11"}


@dataclass(frozen=True)
class Case:
    """The table with the first ``depth`` errors of the stack."""

    table: Clean
    depth: int
    rate: float


def cases(tables: Tables, rate: float = RATE) -> list[Case]:
    """Eleven tables of each clean one."""
    return [Case(table, depth, rate) for table in tables for depth in range(1, len(STACK) + 1)]


def measure(detector: Detector, case: Case) -> Result:
    """Stack the errors, look, and score types and rows."""
    errors = [Error(kind, case.rate) for kind in STACK[: case.depth]]
    with folder() as place:
        made = corrupt(case.table.address(place), errors, case.table.seed, place / "dirty")
        detection, spent = timed(detector, made.table)
        damaged = made.bad_rows()
    scored = types(detection.findings, made.truth.injected, damaged)
    by_row = rows(detection.findings, damaged)
    return {
        **case.table.described(),
        "table": case.depth,
        "rate": case.rate,
        "injected": [f"{i.kind}({', '.join(i.columns[:3])})" for i in made.truth.injected],
        "skipped": [kind for kind, _ in made.truth.skipped],
        "found": scored.found,
        "missed": scored.missed,
        "also": scored.also,
        "false": scored.false,
        "perfect": scored.perfect,
        "row_precision": round(by_row.precision, 4),
        "row_recall": round(by_row.recall, 4),
        **spent,
    }


def overall(results: Sequence[Result]) -> Ratio:
    """Hits, false alarms and misses of several tables together."""
    return Ratio(*(sum(len(r[name]) for r in results) for name in ("found", "false", "missed")))


def summary(results: Sequence[Result]) -> str:
    """A line for each of the eleven tables, over all seeds, and the article's figures beside the overall ones."""
    lines = [f"{'table':8}{'cases':>6}{'precision':>11}{'recall':>8}{'F1':>7}{'perfect':>9}   missed or false"]
    for depth in sorted({r["table"] for r in results}):
        group = [r for r in results if r["table"] == depth]
        faults = sorted({x for r in group for x in (*r["missed"], *(f"+{f}" for f in r["false"]))})
        perfect = sum(r["perfect"] for r in group)
        lines.append(f"{depth:<8}{len(group):>6}{_figures(overall(group))}{perfect:>9}   {'; '.join(faults)}")
    perfect = sum(r["perfect"] for r in results)
    lines.append(f"{'all':8}{len(results):>6}{_figures(overall(results))}{perfect:>9}")
    article = f"{ARTICLE['precision']:>11}{ARTICLE['recall']:>8}{ARTICLE['f1']:>7}{ARTICLE['perfect']:>9}"
    lines.append(f"{'article':8}{len(STACK):>6}{article}")
    return "\n".join(lines)


def _figures(ratio: Ratio) -> str:
    return f"{ratio.precision:>11.3f}{ratio.recall:>8.3f}{ratio.f1:>7.3f}"
