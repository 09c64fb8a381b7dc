"""Consistency: the same audit several times must give the same findings, figures and explanations."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from assay.bench.corrupt import Error, corrupt
from assay.bench.experiments.detector import Detection, Detector
from assay.bench.experiments.run import Result, folder, timed
from assay.bench.experiments.sweep import RATE, STACK
from assay.bench.experiments.tables import Clean, Tables

TIMES = 3


@dataclass(frozen=True)
class Case:
    """The sweep's table of this depth, to be looked at several times; the last one has all errors."""

    table: Clean
    times: int
    depth: int = len(STACK)


def cases(tables: Tables, times: int = TIMES) -> list[Case]:
    """Every table once."""
    return [Case(table, times) for table in tables]


def measure(detector: Detector, case: Case) -> Result:
    """Look several times, and compare what is said with the first time."""
    errors = [Error(kind, RATE) for kind in STACK[: case.depth]]
    with folder() as place:
        made = corrupt(case.table.address(place), errors, case.table.seed, place / "dirty")
        runs = [timed(detector, made.table) for _ in range(case.times)]
    told = [parts(detection) for detection, _ in runs]
    failures = [spent["failure"] for _, spent in runs if "failure" in spent]
    return {
        **case.table.described(),
        "times": case.times,
        "findings": len(runs[0][0].findings),
        **{name: all(t[name] == told[0][name] for t in told) and not failures for name in told[0]},
        "seconds": round(sum(spent["seconds"] for _, spent in runs), 3),
        "cost": runs[0][1]["cost"],
        **({"failure": failures[0]} if failures else {}),
    }


def parts(detection: Detection) -> dict[str, str]:
    """Digests of what must not change: which findings, which figures (rows, severities), which words."""
    findings = detection.findings
    said = {
        "same_findings": [(f.kind, f.columns) for f in findings],
        "same_figures": [(f.severity, f.rows.tolist()) for f in findings],
        "same_explanations": [(f.words, f.consequences) for f in findings],
    }
    return {name: hashlib.sha256(repr(value).encode()).hexdigest() for name, value in said.items()}


def summary(results: Sequence[Result]) -> str:
    """How many tables got the same answer every time."""
    lines = []
    for name in ("same_findings", "same_figures", "same_explanations"):
        same = sum(r[name] for r in results)
        lines.append(f"{name.replace('_', ' '):20}{same} of {len(results)} tables")
    times = {r["times"] for r in results}
    return "\n".join([f"each table {' or '.join(map(str, sorted(times)))} times", *lines])
