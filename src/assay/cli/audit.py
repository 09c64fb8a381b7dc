"""``assay audit``: what is wrong with a table."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import options
from assay.cli.options import DebugOption, MaskOption, MemoryOption, QuietOption, ScopeOption

if TYPE_CHECKING:
    from assay.cli.output import Output
    from assay.errors import AssayError
    from assay.memory.bank import Memory
    from assay.plan import Plan
    from assay.report.record import Audit

Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="A file or a glob (CSV, TSV, JSON, Parquet, Excel), gs:// or s3://, duckdb://FILE#TABLE "
        "or bigquery://PROJECT/DATASET.TABLE; "
        "all tables of a folder, database or data set.",
    ),
]
Format = Annotated[
    options.Format | None,
    typer.Option("--format", metavar="text|json|md", help=options.FORMAT_HELP + " By default text, or as you prefer."),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="DIR",
        help="Also write report.txt, report.json, report.md and rows.parquet there (one folder a table if several).",
    ),
]
RowsOut = Annotated[
    Path | None,
    typer.Option(
        "--rows-out",
        metavar="FILE",
        help="Write the bad rows of all findings above low as Parquet, a line for each finding and row.",
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="DATE",
        callback=options.day,
        help="Audit rows of this day and later; last: what is new or restated since the audit before.",
    ),
]
Where = Annotated[
    str | None, typer.Option("--where", metavar="SQL", help="Audit rows that meet this condition, in the engine's SQL.")
]
MaxBytes = Annotated[
    int | None,
    typer.Option("--max-bytes", metavar="SIZE", parser=options.size, help="Stop before reading more (500MB, 2GB)."),
]
MaxHypotheses = Annotated[
    int | None, typer.Option("--max-hypotheses", metavar="N", min=1, help="Test the likeliest N hypotheses only.")
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Print the first statements for each table and the bytes they read; run none (text files are read).",
    ),
]
FailOn = Annotated[
    options.Severity | None,
    typer.Option(
        "--fail-on",
        metavar="SEVERITY",
        help="Exit with 1 if a new finding is at least this severe: critical, high, medium (default), low or info.",
    ),
]
Packs = Annotated[
    list[Path] | None,
    typer.Option("--pack", metavar="FILE", help="A further domain pack (YAML); may be given several times."),
]
NoMemory = Annotated[
    bool, typer.Option("--no-memory", help="Neither use what earlier audits learned, nor keep anything of this one.")
]
KeepValues = Annotated[
    bool, typer.Option("--keep-values", help="Let memory keep names of categories as they are; else only hashes.")
]
Threads = Annotated[
    int | None, typer.Option("--threads", metavar="N", min=1, help="Threads of the engine; all cores by default.")
]
SampleRows = Annotated[
    int | None,
    typer.Option(
        "--sample-rows", metavar="N", min=100, help="Rows that hypotheses are proposed from (15000 by default)."
    ),
]


def audit(
    source: Source,
    report_format: Format = None,
    out: Out = None,
    rows_out: RowsOut = None,
    since: Since = None,
    where: Where = None,
    max_bytes: MaxBytes = None,
    max_hypotheses: MaxHypotheses = None,
    dry_run: DryRun = False,
    fail_on: FailOn = None,
    pack: Packs = None,
    mask: MaskOption = False,
    memory: MemoryOption = None,
    scope: ScopeOption = None,
    no_memory: NoMemory = False,
    keep_values: KeepValues = False,
    threads: Threads = None,
    sample_rows: SampleRows = None,
    quiet: QuietOption = False,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing, so that it also covers errors in parsing
) -> int:
    """Find what is wrong with a table, and prove it.

    Exit status: 0 if no new finding is as severe as --fail-on, 1 if one is, 2 if the audit could not be done.
    """
    from assay.cli.console import Progress
    from assay.cli.output import Output
    from assay.config import Settings
    from assay.errors import ConfigurationError
    from assay.pipeline import audits
    from assay.source.open import find_tables

    settings = Settings(
        sample_rows=sample_rows or Settings.sample_rows,
        max_hypotheses=max_hypotheses,
        max_bytes=max_bytes,
        threads=threads,
        mask_values=mask,
    )
    packs = pack or []
    if not source.strip():
        raise ConfigurationError("the source is empty; name a file, a folder or a database")
    if dry_run:
        if since == "last":
            raise ConfigurationError("--dry-run needs a date for --since: nothing is remembered by it")
        from assay.plan import plans

        return _dry_run(plans(source, settings=settings, where=where, since=since, packs=packs))

    several = len(find_tables(source, where)) > 1
    if several and rows_out is not None:
        raise ConfigurationError("--rows-out takes the rows of one table; this source has several: use --out DIR")
    bank = None if no_memory else _memory(memory, scope, keep_values)
    output = Output(report_format or _preferred(bank, source, "format", "text"), out, several)
    gate = fail_on or _preferred(bank, source, "fail_on", "medium")
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)

    def rows_of(table: str) -> Path:
        return rows_out or output.place(table) / "rows.parquet"

    wanted = rows_of if rows_out is not None or out is not None else None
    progress = Progress(quiet)
    results = audits(
        source,
        settings=settings,
        where=where,
        since=since,
        packs=packs,
        rows_out=wanted,
        progress=progress,
        memory=bank,
    )
    try:
        _report(progress.through(results), output, several)
    finally:
        results.close()
        if bank is not None:
            bank.close()
    output.finish()
    return output.status(gate)


def _report(results: Iterable[tuple[str, Audit | AssayError]], output: Output, several: bool) -> None:
    for table, result in results:
        if not isinstance(result, Exception):
            output.add(result)
        elif several:
            output.fail(table, result)
        else:
            raise result


def _memory(address: str | None, scope: str | None, keep_values: bool) -> Memory | None:
    """The memory that was asked for; without the default one, where that cannot be used, an audit goes on."""
    from assay.cli.console import say
    from assay.errors import MemoryStoreError
    from assay.memory.bank import Memory

    bank = None
    try:
        bank = Memory(address, scope=scope, keep_values=keep_values)
        bank.entries(limit=1)
    except MemoryStoreError as error:
        if bank is not None:
            bank.close()
        if address is not None:
            raise
        say(f"without memory: {error}")
        return None
    return bank


def _preferred(bank: Memory | None, source: str, name: str, default: str) -> str:
    """What people asked for once: the newest word on it for this table or for all."""
    from assay.memory.entry import EntryType
    from assay.memory.naming import lasting_name

    if bank is None:
        return default
    said = (e.body.get(name) for e in bank.entries((EntryType.PREFERENCE,), lasting_name(source)))
    return str(next((s for s in said if s), default))


def _dry_run(planned: Iterable[tuple[str, Plan | AssayError]]) -> int:
    """Print the statements of each table as SQL, and what they would read as comments between them."""
    from assay.cli.console import put, say
    from assay.cli.errors import CLEAN, FAILED, explain
    from assay.report.text import visible
    from assay.source.base import amount

    def reads(size: int | None) -> str:
        return "reads what nobody can tell in advance" if size is None else f"reads at most {amount(size)}"

    status = CLEAN
    for table, plan in planned:
        if isinstance(plan, Exception):
            say(explain(plan)[1])
            status = FAILED
            continue
        count = f"{len(plan.statements)} statement{'s' if len(plan.statements) != 1 else ''}"
        told = f"{count}, {reads(plan.bytes)}"
        if plan.staged:
            told = f"read whole ({amount(plan.staged)}), as an audit does once; {count} on the copy in memory"
        put(f"-- {visible(table, 200)}: {told}; what they find leads to more\n")
        put(f"-- audited: {visible(plan.relation, 2000)}\n")
        for statement in plan.statements:
            put(f"-- {'on the copy' if plan.staged else reads(statement.bytes)}\n{statement.sql};\n")
    return status
