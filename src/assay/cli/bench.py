"""``assay bench``: tables with known errors, and tables that can be shown, to know how good an audit is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assay.cli.experiments import register
from assay.cli.options import DebugOption, QuietOption

Source = Annotated[str, typer.Argument(metavar="SOURCE", help="What is read: as for `assay audit`.")]

bench = typer.Typer(
    help="Know how good an audit is: anonymise, corrupt, measure.",
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@bench.command("anonymise")
def anonymise_command(
    source: Source,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The Parquet or CSV file to write; for a folder, a folder.")
    ],
    mapping: Annotated[
        Path | None,
        typer.Option("--mapping", metavar="FILE", help="Keep what became what, in a CSV that only you can read."),
    ] = None,
    shift_dates: Annotated[
        bool, typer.Option("--shift-dates", help="Move all dates by one secret number of whole weeks.")
    ] = False,
    keep: Annotated[
        list[str] | None, typer.Option("--keep", metavar="COLUMN", help="A column to leave as it is; repeatable.")
    ] = None,
    quiet: QuietOption = False,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Replace names, ids and addresses; keep all else, errors too.

    The same value becomes the same in all tables of a folder, so keys still join. What was done to each column, and
    why, is printed. Nobody can undo it, unless a mapping is asked for.
    """
    from assay.bench.anonymise import anonymise
    from assay.cli.console import put, say

    done = anonymise(source, out, mapping=mapping, shift_dates=shift_dates, keep=keep or ())
    put("".join(f"{c.table}\t{c.column}\t{c.how}\t{c.why}\n" for c in done.columns))
    if not quiet:
        say(f"written: {', '.join(map(str, done.files))}")
        for treated in done.columns:
            if treated.how == "leave out":
                say(f"{treated.table}: {treated.column} was left out: {treated.why}")
        if done.mapping is not None:
            say(f"{done.mapping} says what became what; whoever reads it can undo everything")
    return 0


@bench.command("corrupt")
def corrupt_command(
    source: Source,
    errors: Annotated[
        list[str],
        typer.Option(
            "--error",
            metavar="KIND:RATE[:MECHANISM[:COLUMN,...]]",
            help="What to put in, into which share of the rows (0.05 or 5%), and where; repeatable.",
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="A folder for the table, truth.json and truth.parquet.")
    ],
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of everything that is drawn.")] = 0,
    scratch: Annotated[
        str,
        typer.Option("--scratch", metavar="PROJECT.DATASET", help="For BigQuery: the data set to make the tables in."),
    ] = "",
    quiet: QuietOption = False,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Put known errors into a copy of a table, and tell the truth.

    The exact truth is written beside the copy. What each error is, and where it can strike, is in docs/bench.md. An
    error that the table cannot carry is named with the reason, and the others go on. Prints the article's line of truth
    as JSON.
    """
    from assay.bench.corrupt import Error, corrupt
    from assay.bench.corrupt.truth import summary
    from assay.cli.console import put, say

    wanted = [Error.parse(text) for text in errors]
    if source.startswith("bigquery://"):
        from assay.bench.corrupt.warehouse import corrupt_in_warehouse

        truth = corrupt_in_warehouse(source, wanted, seed, out, scratch)
    else:
        truth = corrupt(source, wanted, seed, out).truth
    put(summary(truth))
    if not quiet:
        for injected in truth.injected:
            say(f"{injected.kind} in {', '.join(injected.columns[:4])}: {injected.rows:,} rows ({injected.rate:.2%})")
        for kind, reason in truth.skipped:
            say(f"{kind} was not put in: {reason}")
    return 0


register(bench)
