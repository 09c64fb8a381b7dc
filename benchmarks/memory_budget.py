"""Under a budget of a fifth of the hypotheses: how many true errors an audit finds with memory, and without.

    python benchmarks/memory_budget.py                    # ten seeds

A source has habits: for each seed five kinds of error are drawn that its loads tend to have. Six loads of a growing
table, each with every habit at 70 % and a stray error at 30 %, are audited in full into a memory. The next load has all
five habits. It is audited with one fifth of the hypotheses that an audit without bound would test, once with that
memory and once without. Hypotheses are proposed from a tenth of the rows and errors are in 0.1 % of all rows, so that
the sample shows little of them, as that of a large table does. An error counts as found if a new finding of medium
severity or worse has one of its kinds and one of its columns. The interval is the 95 % percentile bootstrap of the mean
over seeds (10,000 resamples, seeded).
"""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import assay
from assay.bench.advertising import generate
from assay.bench.corrupt.corrupt import Corrupted, corrupt
from assay.bench.corrupt.error import Error
from assay.config import Settings
from assay.memory.bank import Memory
from benchmarks import logbook

KINDS = (
    "null_cells", "row_copies", "clicks_exceed_impressions", "conversions_exceed_clicks", "spend_with_zero_impressions",
    "video_completions_exceed_plays", "purchases_without_add_to_cart", "landing_page_views_exceed_clicks",
    "negative_metric",
)  # fmt: skip
"""Errors that can be suspected without having been seen in the sample: what a budget chooses among."""
CHOICE = {
    "null_cells": ("spend", "clicks", "audience", "country", "impressions"),
    "negative_metric": ("spend", "revenue", "clicks", "impressions"),
}
HABITS, LOADS, ROWS, RATE, SAMPLE = 5, 6, 6_000, 0.001, 600
LIKELY, STRAY = 0.7, 0.3
GATE = ("critical", "high", "medium")


def run(seed: int, folder: Path) -> dict[str, Any]:
    """One seed: the source's past, then one load audited twice within the budget."""
    rng = np.random.default_rng([seed, 5])
    habits = [_habit(kind, rng) for kind in rng.choice(KINDS, HABITS, replace=False).tolist()]
    whole = generate(ROWS, seed=seed, style="canonical")
    days = np.unique(whole["date"].to_numpy())
    path = folder / "load" / "ads.parquet"
    path.parent.mkdir(parents=True)
    with Memory(str(folder / "memory.db")) as memory:
        for load in range(LOADS):
            errors = [habit for habit in habits if rng.random() < LIKELY]
            if rng.random() < STRAY:
                errors.append(_habit(str(rng.choice(KINDS)), rng))
            day = days[len(days) - 3 * (LOADS - load) - 1]
            _load(whole, day, errors or habits[:1], seed * 100 + load, folder, path)
            assay.audit(path, settings=_settings(day), memory=memory)
        corrupted = _load(whole, days[-1], habits, seed * 100 + LOADS, folder, path)
        full = assay.audit(path, settings=_settings(days[-1]))
        budget = max(1, round(len(full.checked) / 5))
        settings = _settings(days[-1], budget)
        without = assay.audit(path, settings=settings)
        with_memory = assay.audit(path, settings=settings, memory=memory)
    return {
        "seed": seed,
        "habits": [" ".join([h.kind, *h.columns]) for h in habits],
        "hypotheses": len(full.checked),
        "budget": budget,
        "errors": len(corrupted.truth.injected),
        "full": found(corrupted, full.findings),
        "with": found(corrupted, with_memory.findings),
        "without": found(corrupted, without.findings),
    }


def _habit(kind: str, rng: np.random.Generator) -> Error:
    """An error as this source makes it: always in the same column, where the kind leaves a choice."""
    columns = (str(rng.choice(CHOICE[kind])),) if kind in CHOICE else ()
    return Error(kind, RATE, columns=columns)


def _load(whole: pa.Table, day: Any, errors: Sequence[Error], seed: int, folder: Path, path: Path) -> Corrupted:
    table = whole.filter(pc.less_equal(whole["date"], pa.scalar(_date(day), whole["date"].type)))
    made = corrupt(table, list(errors), seed, folder / f"made-{seed}", name="ads")
    shutil.copy(made.table, path)
    return made


def _settings(day: Any, budget: int | None = None) -> Settings:
    return Settings(today=_date(day) + dt.timedelta(days=1), max_hypotheses=budget, sample_rows=SAMPLE)


def _date(day: Any) -> dt.date:
    return dt.date.fromisoformat(str(day)[:10])


def found(corrupted: Corrupted, findings: Sequence[Any]) -> int:
    """Injected errors that a finding names by kind and column."""
    news = [f for f in findings if f.status == "new" and str(f.severity) in GATE]
    return sum(
        any(f.kind in one.expected and (not one.columns or set(f.columns) & set(one.columns)) for f in news)
        for one in corrupted.truth.injected
    )


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of the mean."""
    rng = np.random.default_rng(0)
    means = rng.choice(np.array(values), (10_000, len(values))).mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--log", type=Path, default=Path("out/memory_budget.jsonl"))
    options = parser.parse_args()
    runs = []
    print("| seed | hypotheses | budget | errors | found in full | with memory | without |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    for seed in range(options.seeds):
        with tempfile.TemporaryDirectory() as folder:
            one = run(seed, Path(folder))
        runs.append(one)
        print(
            f"| {seed} | {one['hypotheses']} | {one['budget']} | {one['errors']} | {one['full']} | {one['with']} "
            f"| {one['without']} |",
            flush=True,
        )
    for name in ("with", "without"):
        low, high = interval([one[name] / one["errors"] for one in runs])
        mean = np.mean([one[name] / one["errors"] for one in runs])
        print(f"{name}: {mean:.3f} of the errors [{low:.3f}, {high:.3f}]")
    low, high = interval([(one["with"] - one["without"]) / one["errors"] for one in runs])
    more = np.mean([(one["with"] - one["without"]) / one["errors"] for one in runs])
    print(f"difference: {more:+.3f} [{low:+.3f}, {high:+.3f}]")
    logbook.write(options.log, "memory_budget", options, runs)


if __name__ == "__main__":
    main()
