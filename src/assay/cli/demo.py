"""``assay demo``: an audit of a realistic advertising table that was broken on purpose."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from assay.cli.options import DebugOption, FormatOption, MaskOption, QuietOption

FILE = "ads_daily.parquet"

Rows = Annotated[int, typer.Option("--rows", metavar="N", min=1_000, help="Rows of the table before it is broken.")]
Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Another seed makes another table.")]
Keep = Annotated[
    Path | None, typer.Option("--keep", metavar="DIR", help=f"Keep the table there, as {FILE}, with its reports.")
]


def demo(
    rows: Rows = 100_000,
    seed: Seed = 0,
    keep: Keep = None,
    report_format: FormatOption = "text",
    mask: MaskOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Break a realistic advertising table, and audit it.

    Everything is made on this machine; nothing is sent or fetched.
    """
    from assay.cli.console import Progress, say
    from assay.cli.output import Output
    from assay.config import Settings
    from assay.pipeline import audit
    from assay.report.text import kind_text
    from assay.source.scratch import scratch_path

    progress = Progress(quiet)
    folder = keep or scratch_path()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with progress.working():
            progress(f"making {rows:,} rows of advertising data, and breaking some")
            broken = write_table(folder / FILE, rows, seed)
            result = audit(folder / FILE, settings=Settings(mask_values=mask), progress=progress)
        output = Output(report_format, keep)
        output.add(result)
        output.finish()
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    if not quiet:
        done = ", ".join(f"{kind_text(kind).lower()} ({count:,} rows)" for kind, count in broken.items() if count)
        say(f"this table was broken on purpose: {done}")
        if keep is not None:
            say(f"the table and its reports are in {keep}; audit it with: assay audit {keep / FILE}")
    return 0


def write_table(path: Path, rows: int, seed: int) -> dict[str, int]:
    """Write the broken demo table, and say how many rows each kind of damage has."""
    import pyarrow.parquet as pq

    from assay.atomic import atomic_path
    from assay.bench.advertising import generate
    from assay.bench.demo import demo_errors

    table, broken = demo_errors(generate(rows, seed), seed)
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary)
    return broken
