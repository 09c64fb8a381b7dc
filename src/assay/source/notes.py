"""What a source noticed while it read a table: torn rows, footers left out, types that differ between files.

A note is data about the file, not yet a judgement: a proposer makes a hypothesis of it, which is tested and judged like
every other. Engines that read typed tables have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from assay.source.base import Source

LINES_SHOWN = 20


@dataclass(frozen=True)
class Note:
    """One thing that is odd about how a table is written.

    Attributes:
        kind: the kind of finding that it may become.
        columns: the columns it is about; () for the whole row.
        reason: one sentence for an engineer, without data values.
        predicate: SQL condition of the rows; None where it is about the file as a whole.
        rows: rows affected, where there is no predicate.
        harm: harm of an affected row, 0 (cosmetic) to 1.
        confidence: that it is an error, 0 to 1.
        action: what to do about it.
        evidence: figures: the file, the numbers of lines.
    """

    kind: str
    columns: tuple[str, ...]
    reason: str
    predicate: exp.Expr | None = None
    rows: int = 0
    harm: float = 0.9
    confidence: float = 0.95
    action: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


def notes_of(source: Source) -> tuple[Note, ...]:
    """The notes of a source; none for engines that make none."""
    return tuple(getattr(source, "notes", ()))


def places(file: str, lines: list[int]) -> dict[str, Any]:
    """Evidence of where in a file something is: the first line numbers, and how many there are."""
    return {"file": file, "lines": lines[:LINES_SHOWN], "lines_in_all": len(lines)}
