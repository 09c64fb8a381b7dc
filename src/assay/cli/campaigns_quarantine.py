"""``assay campaigns quarantine``: a training table without the rows that an audit has found bad."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assay.cli.options import DebugOption, QuietOption


def quarantine(
    table: Annotated[Path, typer.Argument(metavar="FILE", help="A training table, as Parquet.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The Parquet file for the rows that stay.")],
    quiet: QuietOption = False,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Audit a training table, and write the rows that no finding above low names.

    Prints how many rows were taken out and stay, as a line of JSON. Exit status: 0 if a model may be trained on what
    stays, 1 if something is still wrong that no rows can be taken out for.
    """
    import json

    from assay.campaigns.audited import quarantine
    from assay.cli.console import Progress, put, say
    from assay.cli.errors import CLEAN, FOUND

    with Progress(quiet).working():
        done = quarantine(table, out)
    put(json.dumps({"out": len(done.rows), "left": done.left, "passed": done.record.passed}) + "\n")
    for concern in done.record.concerns:
        say(f"{concern.kind} of {', '.join(concern.columns)} is still there")
    return CLEAN if done.record.passed else FOUND
