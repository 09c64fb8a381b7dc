"""``assay campaigns harm``: what damaged training data costs, and how much an audit brings back."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.options import DebugOption, QuietOption

if TYPE_CHECKING:
    import pyarrow as pa

    from assay.campaigns.harm import Curve, Damage

TEXTS = ("audience", "brand", "creative", "platform", "geography")
# What each damage puts in: kinds of `assay bench corrupt`, and columns. They share the rows evenly.
ERRORS: dict[str, tuple[tuple[str, str], ...]] = {
    "missing-cells": tuple(("null_cells", name) for name in TEXTS),
    "placeholders": tuple(("disguised_nulls", name) for name in TEXTS),
    "garbage": tuple(("random_strings", name) for name in TEXTS[:4]),
    "swapped-fields": (("swapped_columns", "audience,brand"), ("swapped_columns", "creative,platform")),
    "shifted-rows": (("shifted_rows", ""),),
    "repeated-rows": (("row_copies", ""),),
    "garbage-labels": (("random_strings", "label"),),
    "flipped-labels": (("wrong_category", "label"),),
}
CONTRADICTIONS = "contradictions"
DAMAGES = (*ERRORS, CONTRADICTIONS)


def harm(
    data: Annotated[Path, typer.Argument(metavar="DIR", help="A data set, as `assay campaigns generate` writes it.")],
    damages: Annotated[
        str, typer.Option("--damages", metavar="NAME,...", help=f"Of {', '.join(DAMAGES)}; by default all.")
    ] = "",
    rates: Annotated[str, typer.Option("--rates", metavar="SHARE,...", help="Shares of damaged rows.")] = "10%,30%",
    seeds: Annotated[str, typer.Option("--seeds", metavar="N,...", help="Seeds, such as 1,2,3 or 1-5.")] = "1-3",
    rows: Annotated[int, typer.Option("--rows", metavar="N", min=1000, help="Rows to train on.")] = 36_000,
    model: Annotated[
        str,
        typer.Option("--model", metavar="NAME", help="pairs (the structured model without sampled signs), or another."),
    ] = "pairs",
    log: Annotated[
        Path, typer.Option("--log", metavar="FILE", help="JSON lines are appended to it: the run, then each case.")
    ] = Path("assay-harm.jsonl"),
    quiet: QuietOption = False,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Train on damaged data, take out what an audit finds, and train again: what is lost, and what comes back.

    Prints, for each damage and rate, the points of macro F1 that are lost and how many of them come back. Models are
    measured on campaigns of the same data set that nobody damaged.
    """
    import tempfile

    from assay.bench.experiments.log import append, head
    from assay.campaigns.harm import cases, curves
    from assay.campaigns.laboratory import laboratory
    from assay.cli.console import Progress, put
    from assay.cli.experiments import numbers, shares

    chosen = {name: _damage(name) for name in damages.split(",") if name} or {n: _damage(n) for n in DAMAGES}
    wanted, drawn = shares(rates), numbers(seeds)
    measure, table = laboratory(data, model, rows)
    told = {"rates": wanted, "seeds": drawn, "damages": list(chosen), "rows": table.num_rows, "model": model}
    append(log, head("harm", {**told, "data": data.name}))
    found = []
    with tempfile.TemporaryDirectory() as folder:
        steps = cases(table, chosen, wanted, drawn, measure, Path(folder))
        for case in Progress(quiet).through(steps):
            append(log, case.to_json())
            found.append(case)
    put(f"trained on clean data: F1 {found[0].clean.f1:.4f}, regret {found[0].clean.regret:.3f}\n" if found else "")
    for curve in curves(found):
        put(_line(curve))
    return 0


def _damage(name: str) -> Damage:
    """What damages a table in the way of this name.

    Raises:
        ConfigurationError: there is no such way.
    """
    from assay.campaigns.harm import contradict
    from assay.errors import ConfigurationError

    if name == CONTRADICTIONS:
        return contradict
    if name not in ERRORS:
        raise ConfigurationError(f"no damage is called {name!r}; there are {', '.join(DAMAGES)}")
    return partial(_corrupted, ERRORS[name])


def _corrupted(errors: tuple[tuple[str, str], ...], table: pa.Table, rate: float, seed: int) -> pa.Table:
    """The table with errors that share the rate evenly."""
    import tempfile

    import pyarrow.parquet as pq

    from assay.bench.corrupt import Error, corrupt

    each = [Error(kind, rate / len(errors), "", tuple(filter(None, names.split(",")))) for kind, names in errors]
    with tempfile.TemporaryDirectory() as folder:
        return pq.read_table(corrupt(table, each, seed, Path(folder)).table)


def _line(curve: Curve) -> str:
    lost, left = 100 * curve.lost.mean, 100 * curve.left.mean
    return (
        f"{curve.damage} {curve.rate:.0%}: {lost:.1f} points of F1 lost, {left:.1f} after quarantine of "
        f"{curve.out:.0%} of the rows; regret {curve.regret_added.mean:+.3f}, then {curve.regret_left.mean:+.3f}\n"
    )
