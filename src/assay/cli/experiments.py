"""``assay bench sweep|severity|consistency|clean``: experiments that say how good the audit is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.options import DebugOption, QuietOption

if TYPE_CHECKING:
    from types import ModuleType

    from assay.bench.experiments.tables import Tables

SourceArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="SOURCE", help="A table believed to be clean; without one, generated tables.", show_default=False
    ),
]
Rows = Annotated[int, typer.Option("--rows", metavar="N", min=1, help="Rows of each generated table.")]
Styles = Annotated[
    str, typer.Option("--styles", metavar="NAME,...", help="Export styles: canonical, meta, google, tiktok; or all.")
]
Seeds = Annotated[str, typer.Option("--seeds", metavar="N,...", help="Seeds, such as 1,2,3 or 1-5.")]
Jobs = Annotated[int, typer.Option("--jobs", metavar="N", min=1, help="Processes that work at once.")]
Log = Annotated[
    Path, typer.Option("--log", metavar="FILE", help="JSON lines are appended to it: the run, then each case.")
]
By = Annotated[
    str,
    typer.Option(
        "--detector", metavar="NAME", help="What looks at the tables: assay, or a function as MODULE:FUNCTION."
    ),
]
DEFAULT_LOG = Path("assay-bench.jsonl")


def sweep(
    source: SourceArgument = None,
    seeds: Seeds = "1-5",
    rows: Rows = 5_000,
    styles: Styles = "canonical",
    rate: Annotated[
        str, typer.Option("--rate", metavar="SHARE", help="Share of the rows that each error damages.")
    ] = "5%",
    detector: By = "assay",
    jobs: Jobs = 1,
    log: Log = DEFAULT_LOG,
    quiet: QuietOption = False,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Eleven tables with more and more stacked errors: precision, recall and F1 of the error types.

    The first has one logical error, the last all seven logical and all four structural ones.
    """
    from assay.bench.experiments import sweep as experiment

    tables, share = tables_of(source, seeds, rows, styles), shares(rate)[0]
    return _run(experiment, tables, experiment.cases(tables, share), detector, jobs, log, quiet, rate=share)


def severity(
    source: SourceArgument = None,
    kinds: Annotated[
        str,
        typer.Option("--kinds", metavar="NAME,...", help="Error kinds, or logical, structural, realistic, decoy."),
    ] = "logical,structural",
    rates: Annotated[
        str, typer.Option("--rates", metavar="SHARE,...", help="Shares of damaged rows.")
    ] = "0.1%,0.5%,1%,5%,10%,20%,40%",
    mechanisms: Annotated[
        str,
        typer.Option(
            "--mechanisms", metavar="NAME,...", help="Where errors strike; by default in the usual way of each kind."
        ),
    ] = "",
    seeds: Seeds = "1",
    rows: Rows = 5_000,
    styles: Styles = "canonical",
    detector: By = "assay",
    jobs: Jobs = 1,
    log: Log = DEFAULT_LOG,
    quiet: QuietOption = False,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Each error alone at growing rates: how often it is found, and how exactly its rows are.

    A decoy is legitimate: it should not be reported.
    """
    from assay.bench.experiments import severity as experiment

    tables, chosen, asked = tables_of(source, seeds, rows, styles), experiment.kinds_of(_parts(kinds)), shares(rates)
    where = experiment.mechanisms_of(_parts(mechanisms))
    todo = experiment.cases(tables, chosen, asked, where)
    told = {"kinds": chosen, "rates": asked, **({"mechanisms": where} if any(where) else {})}
    return _run(experiment, tables, todo, detector, jobs, log, quiet, **told)


def consistency(
    source: SourceArgument = None,
    times: Annotated[int, typer.Option("--times", metavar="N", min=2, help="Audits of each table.")] = 3,
    seeds: Seeds = "1-3",
    rows: Rows = 5_000,
    styles: Styles = "canonical",
    detector: By = "assay",
    jobs: Jobs = 1,
    log: Log = DEFAULT_LOG,
    quiet: QuietOption = False,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """The same damaged table several times: whether findings, figures and explanations stay the same."""
    from assay.bench.experiments import consistency as experiment

    tables = tables_of(source, seeds, rows, styles)
    return _run(experiment, tables, experiment.cases(tables, times), detector, jobs, log, quiet, times=times)


def clean(
    source: SourceArgument = None,
    seeds: Seeds = "1-5",
    rows: Annotated[str, typer.Option("--rows", metavar="N,...", help="Rows of the generated tables.")] = "5000",
    styles: Styles = "all",
    detector: By = "assay",
    jobs: Jobs = 1,
    log: Log = DEFAULT_LOG,
    quiet: QuietOption = False,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Tables that have nothing wrong with them: every alarm is a false one."""
    from assay.bench.experiments import clean as experiment

    tables = tables_of(source, seeds, rows, styles)
    return _run(experiment, tables, experiment.cases(tables), detector, jobs, log, quiet)


COMMANDS: dict[str, Callable[..., int]] = {
    "sweep": sweep,
    "severity": severity,
    "consistency": consistency,
    "clean": clean,
}


def register(app: typer.Typer) -> None:
    """Add the experiments to a group of commands."""
    for name, command in COMMANDS.items():
        app.command(name)(command)


def tables_of(source: str | None, seeds: str, rows: int | str, styles: str) -> Tables:
    """The clean tables that the options ask for.

    Raises:
        typer.BadParameter: a list cannot be read.
        ConfigurationError: there is no such style.
        SourceError: there is no such table, or more than one.
    """
    from assay.bench.experiments.tables import Tables
    from assay.bench.styles import STYLES
    from assay.errors import SourceError

    if source is not None:
        from assay.source.open import find_tables

        found = find_tables(source)
        if len(found) != 1:
            raise SourceError(f"{source}: holds {len(found)} tables; name one")
    chosen = tuple(STYLES) if styles == "all" else tuple(_parts(styles))
    return Tables(source, numbers(str(rows)), chosen, numbers(seeds))


def numbers(text: str) -> tuple[int, ...]:
    """Whole numbers of a list such as ``1,2,5-8``.

    Raises:
        typer.BadParameter: it is none.
    """
    found: list[int] = []
    for part in _parts(text):
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise typer.BadParameter(f"{text!r} is no list of numbers; write it as 1,2,3 or 1-5")
        found += range(int(first), int(last or first) + 1)
    return tuple(dict.fromkeys(found))


def shares(text: str) -> tuple[float, ...]:
    """Shares of a list such as ``0.1%,0.05``.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        found = tuple(float(p.removesuffix("%")) / (100 if p.endswith("%") else 1) for p in _parts(text))
    except ValueError:
        found = ()
    if not found or not all(0 < share <= 1 for share in found):
        raise typer.BadParameter(f"{text!r} is no list of shares; write it as 5% or 0.001,0.05")
    return found


def _parts(text: str) -> list[str]:
    return [p.strip() for p in text.split(",") if p.strip()]


def _run(
    experiment: ModuleType,
    tables: Tables,
    cases: Sequence[Any],
    detector: str,
    jobs: int,
    log: Path,
    quiet: bool,
    **arguments: Any,
) -> int:
    """Run the cases, log them, and print the summary; what failed is said on standard error."""
    import dataclasses

    from assay.bench.experiments.detector import load_detector
    from assay.bench.experiments.run import run
    from assay.cli.console import Progress, put, say

    name = experiment.__name__.rpartition(".")[2]
    progress = Progress(quiet)
    told = {**dataclasses.asdict(tables), **arguments, "detector": detector, "jobs": jobs}
    with progress.working():
        results = run(
            name, experiment.measure, cases, load_detector(detector), told, jobs=jobs, log=log, progress=progress
        )
    if results:
        put(experiment.summary(results) + "\n")
    if not quiet:
        failed = sum("failure" in r for r in results)
        left = f", {len(cases) - len(results)} that the table cannot carry" if len(results) < len(cases) else ""
        say(f"{len(results)} cases, {failed} failed{left}; logged in {log}")
    return 0
