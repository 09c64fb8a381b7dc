"""``assay memory``: what audits remember, and what people tell them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.options import DebugOption, MemoryOption, ScopeOption

if TYPE_CHECKING:
    from assay.memory.bank import Memory
    from assay.memory.entry import Entry

memory = typer.Typer(
    name="memory",
    rich_markup_mode=None,
    no_args_is_help=True,
    help="What audits remember, and what people say of it.",
)

Finding = Annotated[str, typer.Argument(metavar="FINDING", help="The id of a finding, or the beginning of it.")]
Identity = Annotated[str, typer.Argument(metavar="ID", help="The id of an entry, or the beginning of it.")]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who says so; by default the user's name.")]
Until = Annotated[str | None, typer.Option("--until", metavar="DATE", help="The last day on which it counts.")]
TableOption = Annotated[
    str | None, typer.Option("--table", metavar="TABLE", help="Only about this table (a source, or its lasting name).")
]


def share(text: str) -> float:
    """A share of rows, written ``8%`` or ``0.08``.

    Raises:
        typer.BadParameter: it is none.
    """
    found = re.fullmatch(r"\s*(\d+(?:[.,]\d+)?)\s*(%?)\s*", text)
    value = float(found[1].replace(",", ".")) / (100 if found[2] else 1) if found else -1.0
    if not 0 < value <= 1:
        raise typer.BadParameter(f"{text!r} is no share of rows; write 8% or 0.08")
    return value


@memory.command("list")
def list_(
    words: Annotated[list[str] | None, typer.Argument(metavar="[WORDS]", help="Only entries with these words.")] = None,
    table: TableOption = None,
    type_: Annotated[
        list[str] | None,
        typer.Option("--type", metavar="TYPE", help="explanation, rejection, context, preference or audit."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="At most so many.")] = 50,
    as_json: Json = False,
    address: MemoryOption = None,
    scope: ScopeOption = None,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """List what is remembered, or search it."""
    from assay.errors import ConfigurationError
    from assay.memory.entry import EntryType

    unknown = [t for t in type_ or () if t not in list(EntryType)]
    if unknown:
        raise ConfigurationError(f"--type {unknown[0]}: no type of entry; types are {', '.join(EntryType)}")
    types = tuple(EntryType(t) for t in type_ or ())
    with _open(address, scope) as bank:
        if words:
            entries = [e for e in bank.search(" ".join(words), limit) if not types or e.type in types]
        else:
            entries = bank.entries(types, _lasting(table), limit)
        such = " that fits" if words or types or table else ""
        _print(entries, as_json, empty=f"nothing{such} is remembered in {bank.address}")
    return 0


@memory.command("show")
def show(
    identity: Identity,
    as_json: Json = False,
    address: MemoryOption = None,
    scope: ScopeOption = None,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Show one entry with all that is known of it."""
    from assay.cli.console import put

    with _open(address, scope) as bank:
        entry = bank.entry(identity)
    if as_json:
        _print([entry], as_json=True, empty="")
        return 0
    lines = [
        _line(entry),
        f"  table   {entry.table or 'all tables'}",
        f"  by      {entry.author}, {entry.created[:19]}",
    ]
    lines += [f"  until   {entry.until}"] if entry.until else []
    lines += [
        f"  {name:7s} {_plain(value)}" for name, value in sorted(entry.body.items()) if value not in (None, "", [])
    ]
    put("\n".join(_visible(line) for line in lines) + "\n")
    return 0


@memory.command("explain")
def explain(
    finding: Finding,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="The known cause, in words.")],
    until: Until = None,
    up_to: Annotated[
        float | None,
        typer.Option(
            "--up-to",
            metavar="RATE",
            parser=share,
            help="Share of rows up to which it is known (8% or 0.08); by default half as much again as now.",
        ),
    ] = None,
    at_most: Annotated[
        float | None,
        typer.Option(
            "--at-most",
            metavar="NUMBER",
            help="How far a row may be beyond, as the finding says it: a difference (50), or a factor for outliers.",
        ),
    ] = None,
    where: Annotated[
        str | None, typer.Option("--where", metavar="SQL", help="Only rows that meet this condition are explained.")
    ] = None,
    tables: Annotated[
        str | None,
        typer.Option(
            "--tables", metavar="PATTERN", help="Tables for which it holds (*); by default the finding's own."
        ),
    ] = None,
    by: By = None,
    address: MemoryOption = None,
    scope: ScopeOption = None,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Say that a finding has a known cause.

    The next audits report it as known: it fails no gate, up to its bound. Outside its scope and beyond its bound it is
    news again.
    """
    from assay.cli.console import put

    with _open(address, scope, by) as bank:
        entry = bank.explain(
            finding, reason, until=_day(until), up_to=up_to, at_most=at_most, where=where, table=tables
        )
    put(_visible(_line(entry)) + "\n")
    return 0


@memory.command("reject")
def reject(
    finding: Finding,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it is no error.")] = "no error",
    until: Until = None,
    by: By = None,
    address: MemoryOption = None,
    scope: ScopeOption = None,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Say that a finding is no error.

    It is expected from now on, unless it grows by half.
    """
    from assay.cli.console import put

    with _open(address, scope, by) as bank:
        entry = bank.reject(finding, reason, until=_day(until))
    put(_visible(_line(entry)) + "\n")
    return 0


@memory.command("accept")
def accept(
    finding: Finding,
    by: By = None,
    address: MemoryOption = None,
    scope: ScopeOption = None,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Say that a finding was right.

    Its like is tested earlier and reported surer.
    """
    from assay.cli.console import put

    with _open(address, scope, by) as bank:
        put(_visible(f"accepted: {bank.accept(finding)}") + "\n")
    return 0


@memory.command("remember")
def remember(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to remember, in your own words.")],
    table: TableOption = None,
    until: Until = None,
    by: By = None,
    address: MemoryOption = None,
    scope: ScopeOption = None,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Keep a preference, an instruction or a fact.

    It is kept as said. Understood are: "always check for nulls", "fail on high", "reports in markdown", "executive
    summary first", "signed by NAME", "Black Friday sale from 2026-11-27 to 2026-11-30", "conversions lag 3 days".
    """
    from assay.cli.console import put

    with _open(address, scope, by) as bank:
        entry, understood = bank.remember(text, table=_lasting(table) or "", until=_day(until))
    put(_visible(_line(entry)) + "\n" + (f"  understood: {understood}\n" if understood else "  kept as text\n"))
    return 0


@memory.command("forget")
def forget(
    identity: Annotated[str | None, typer.Argument(metavar="[ID]", help="The id of an entry.")] = None,
    table: Annotated[
        str | None, typer.Option("--table", metavar="TABLE", help="Everything of a table: entries, states, experience.")
    ] = None,
    address: MemoryOption = None,
    scope: ScopeOption = None,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Remove an entry, or all of a table, everywhere."""
    from assay.cli.console import put
    from assay.errors import ConfigurationError

    if (identity is None) == (table is None):
        raise ConfigurationError("name one entry, or one table with --table")
    with _open(address, scope) as bank:
        if identity is not None:
            put(_visible(f"forgotten: {_line(bank.forget(identity))}") + "\n")
        else:
            count = bank.store.forget_table(_lasting(table) or "")
            told = f"forgotten: {count} entries, with states and experience"
            put((told if count else _visible(f"no entry of {table} was remembered in {bank.address}")) + "\n")
    return 0


@memory.command("history")
def history(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="A source as it was audited, or its lasting name.")],
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="At most so many audits.")] = 30,
    as_json: Json = False,
    address: MemoryOption = None,
    scope: ScopeOption = None,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Show the audits of a table and what they found."""
    from assay.cli.console import put
    from assay.memory.entry import EntryType

    with _open(address, scope) as bank:
        audits = bank.entries((EntryType.AUDIT,), _lasting(table), limit)
        if as_json:
            _print(audits, as_json=True, empty="")
            return 0
        if not audits:
            put(_visible(f"no audit of {table} is remembered in {bank.address}") + "\n")
        for audit in audits:
            found = audit.body.get("findings", ())
            new = [f for f in found if f["status"] == "new"]
            told = (
                ", ".join(f"{f['kind']} in {', '.join(f['columns'])} ({f['severity']})" for f in new) or "nothing new"
            )
            known = f"; {len(found) - len(new)} known or expected" if len(found) > len(new) else ""
            line = f"{audit.created[:16].replace('T', ' ')}  {audit.body.get('rows', 0):>12,} rows  {told}{known}"
            put(_visible(line) + "\n")
    return 0


@memory.command("export")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")],
    address: MemoryOption = None,
    scope: ScopeOption = None,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Write entries and experience to a JSON file."""
    from assay.cli.console import put

    with _open(address, scope) as bank:
        put(f"{bank.export(file)} entries written to {file}\n")
    return 0


@memory.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that export wrote.")],
    address: MemoryOption = None,
    scope: ScopeOption = None,
    debug: DebugOption = False,  # noqa: ARG001 - read before parsing
) -> int:
    """Add the entries of an exported file.

    Those that are there already stay as they are.
    """
    from assay.cli.console import put

    with _open(address, scope) as bank:
        put(f"{bank.import_(file)} entries added from {file}\n")
    return 0


def _open(address: str | None, scope: str | None, by: str | None = None) -> Memory:
    from assay.memory.bank import Memory

    return Memory(address, scope=scope, author=by)


def _day(text: str | None) -> Any:
    from assay.domain.since import since_day
    from assay.errors import ConfigurationError

    try:
        return None if text is None else since_day(text)
    except ConfigurationError:
        raise ConfigurationError(f"--until {text}: not a date; write it as YYYY-MM-DD") from None


def _lasting(table: str | None) -> str | None:
    """The lasting name of a table that was given as a source; a pattern or a lasting name stays as it is."""
    from assay.memory.naming import lasting_name

    return None if table is None else lasting_name(table)


def _line(entry: Entry) -> str:
    end = f" (until {entry.until})" if entry.until else ""
    return f"{entry.id}  {entry.type:11s}  {entry.created[:10]}  {entry.text}{end}"


def _print(entries: list[Entry], as_json: bool, empty: str) -> None:
    from assay.cli.console import put

    if as_json:
        import json

        from assay.memory.carrying import as_json as plain

        put(json.dumps([plain(e) for e in entries], ensure_ascii=False, indent=2) + "\n")
        return
    put("".join(_visible(_line(e)) + "\n" for e in entries) or _visible(empty) + "\n")


def _plain(value: Any) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _visible(text: str) -> str:
    from assay.report.text import visible

    return visible(text, 4_000)
