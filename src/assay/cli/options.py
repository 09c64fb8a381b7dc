"""What several commands take: option types and how their values are read."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

import typer

Format = Literal["text", "json", "md"]
Severity = Literal["critical", "high", "medium", "low", "info"]

FORMAT_HELP = "What standard output holds: a report to read, JSON (schema assay/1), or Markdown."
FormatOption = Annotated[
    Format,
    typer.Option(
        "--format",
        metavar="text|json|md",
        help=FORMAT_HELP,
    ),
]
MaskOption = Annotated[
    bool, typer.Option("--mask", help="Show the shape of sampled values (Xxx 99), not the values themselves.")
]
MemoryOption = Annotated[
    str | None,
    typer.Option(
        "--memory",
        metavar="ADDRESS",
        help="Where memory is: a file, postgresql://... or vertex://...; by default $ASSAY_MEMORY, or your own.",
    ),
]
ScopeOption = Annotated[
    str | None,
    typer.Option("--scope", metavar="NAME", help="Whose memory: a user, team or project; $ASSAY_MEMORY_SCOPE."),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on standard error; errors only.")]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgtp]?)(i?)b?", re.IGNORECASE)


def size(text: str) -> int:
    """Bytes of a size such as ``500MB``, ``2GiB`` or ``1000000``.

    Raises:
        typer.BadParameter: it is none.
    """
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise typer.BadParameter(f"{text!r} is not a size; write it as 500MB or 2GB")
    number, unit, binary = match.groups()
    return int(float(number) * (1024 if binary else 1000) ** " kmgtp".index(unit.lower() or " "))


def day(text: str | None) -> str | None:
    """An ISO date, or ``last``, as it is.

    Raises:
        typer.BadParameter: it is neither.
    """
    if text is not None and text != "last":
        try:
            date.fromisoformat(text)
        except ValueError:
            raise typer.BadParameter(f"{text!r} is not a date; write it as 2026-01-31, or last") from None
    return text
