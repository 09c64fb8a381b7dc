"""``assay bench sweep|severity|consistency|clean``: experiments that say how good the audit is."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.options import DebugOption, QuietOption

if TYPE_CHECKING:
    from types import ModuleType

    from assay.bench.experiments.tables import Tables

DEFAULT_LOG = Path("assay-bench.jsonl")


@dataclass(frozen=True)
class Asked:
    """What every experiment can be asked for: the fields are its argument and options."""

    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE", help="A table believed to be clean; without one, generated tables.", show_default=False
        ),
    ] = None
    seeds: Annotated[str, typer.Option("--seeds", metavar="N,...", help="Seeds, such as 1,2,3 or 1-5.")] = "1-5"
    rows: Annotated[str, typer.Option("--rows", metavar="N,...", help="Rows of the generated tables.")] = "5000"
    styles: Annotated[
        str,
        typer.Option("--styles", metavar="NAME,...", help="Export styles: canonical, meta, google, tiktok; or all."),
    ] = "canonical"
    detector: Annotated[
        str,
        typer.Option(
            "--detector", metavar="NAME", help="What looks at the tables: assay, or a function as MODULE:FUNCTION."
        ),
    ] = "assay"
    jobs: Annotated[int, typer.Option("--jobs", metavar="N", min=1, help="Processes that work at once.")] = 1
    log: Annotated[
        Path, typer.Option("--log", metavar="FILE", help="JSON lines are appended to it: the run, then each case.")
    ] = DEFAULT_LOG
    quiet: QuietOption = False
    debug: DebugOption = False

    @property
    def tables(self) -> Tables:
        """The clean tables; raises what :func:`tables_of` does."""
        return tables_of(self.source, self.seeds, self.rows, self.styles)


def sweep(
    asked: Asked,
    rate: Annotated[
        str, typer.Option("--rate", metavar="SHARE", help="Share of the rows that each error damages.")
    ] = "5%",
) -> int:
    """Eleven tables with ever more stacked errors: which are named.

    Prints precision, recall and F1 of the error types. The first table has one logical error, the last all
    seven logical and all four structural ones.
    """
    from assay.bench.experiments import sweep as experiment

    share = shares(rate)[0]
    return _run(experiment, asked, experiment.cases(asked.tables, share), rate=share)


def severity(
    asked: Asked,
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
) -> int:
    """Each error alone at growing rates: how often it is found.

    And how exactly its rows are. A decoy is legitimate: it should not be reported.
    """
    from assay.bench.experiments import severity as experiment

    chosen, wanted = experiment.kinds_of(_parts(kinds)), shares(rates)
    where = experiment.mechanisms_of(_parts(mechanisms))
    told = {"kinds": chosen, "rates": wanted, **({"mechanisms": where} if any(where) else {})}
    return _run(experiment, asked, experiment.cases(asked.tables, chosen, wanted, where), **told)


def consistency(
    asked: Asked,
    times: Annotated[int, typer.Option("--times", metavar="N", min=2, help="Audits of each table.")] = 3,
) -> int:
    """The same damaged table several times: is it told alike?

    Compares findings, figures and explanations.
    """
    from assay.bench.experiments import consistency as experiment

    return _run(experiment, asked, experiment.cases(asked.tables, times), times=times)


def clean(asked: Asked) -> int:
    """Tables with nothing wrong: every alarm is a false one."""
    from assay.bench.experiments import clean as experiment

    return _run(experiment, asked, experiment.cases(asked.tables))


DEFAULTS: dict[Callable[..., int], dict[str, Any]] = {
    sweep: {},
    severity: {"seeds": "1"},
    consistency: {"seeds": "1-3"},
    clean: {"styles": "all"},
}


def register(app: typer.Typer) -> None:
    """Add the experiments to a group of commands."""
    for experiment, defaults in DEFAULTS.items():
        app.command(experiment.__name__)(_command(experiment, defaults))


def _command(experiment: Callable[..., int], defaults: Mapping[str, Any]) -> Callable[..., int]:
    """An experiment with its own options, then the common ones with these defaults, as one function for typer."""
    own = list(signature(experiment, eval_str=True).parameters.values())[1:]
    source, *options = (
        field.replace(default=defaults.get(name, field.default))
        for name, field in signature(Asked, eval_str=True).parameters.items()
    )
    common = [source.name, *(o.name for o in options)]

    def command(**given: Any) -> int:
        asked = Asked(**{name: given.pop(name) for name in common})
        return experiment(asked, **given)

    parameters = [p.replace(kind=Parameter.KEYWORD_ONLY) for p in (source, *own, *options)]
    command.__doc__ = experiment.__doc__
    command.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


def tables_of(source: str | None, seeds: str, rows: str, styles: str) -> Tables:
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
    sizes = numbers(rows)
    if 0 in sizes:
        raise typer.BadParameter("a table of no rows tells nothing; ask for one row or more")
    chosen = tuple(STYLES) if styles == "all" else tuple(_parts(styles))
    return Tables(source, sizes, chosen, numbers(seeds))


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


def _run(experiment: ModuleType, asked: Asked, cases: Sequence[Any], **arguments: Any) -> int:
    """Run the cases, log them, and print the summary; what failed is said on standard error."""
    from assay.bench.experiments.detector import load_detector
    from assay.bench.experiments.run import run
    from assay.cli.console import Progress, put, say
    from assay.report.text import plural

    name = experiment.__name__.rpartition(".")[2]
    progress = Progress(asked.quiet)
    told = {**dataclasses.asdict(asked.tables), **arguments, "detector": asked.detector, "jobs": asked.jobs}
    with progress.working():
        detector = load_detector(asked.detector)
        results = run(
            name, experiment.measure, cases, detector, told, jobs=asked.jobs, log=asked.log, progress=progress
        )
    if results:
        put(experiment.summary(results) + "\n")
    if not asked.quiet:
        failed = sum("failure" in r for r in results)
        left = f", {len(cases) - len(results)} that the table cannot carry" if len(results) < len(cases) else ""
        say(f"{plural(len(results), 'case')}, {failed} failed{left}; logged in {asked.log}")
    return 0
