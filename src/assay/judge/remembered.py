"""What memory added to an audit, in words and figures that a report can show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Moved:
    """A figure that is not as its past: what the last days showed.

    Attributes:
        name: the column, or ``rows``.
        last: the last of the days (ISO).
        values: one a day, the last one last; None where nothing was accepted.
    """

    name: str
    last: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Remembered:
    """What memory added to an audit.

    Attributes:
        audits: earlier audits of the table.
        explanations: those that applied, in words.
        gone: what the audit before reported and this one does not find, in words.
        stated: what people said of the table that this audit went by.
        unused: explanations that nothing needed for long, in words; ``lapsed`` those that ended.
        moved: series of the figures that moved.
        summary_first, signed: how people want the report.
        today: the day of the audit (ISO), where it is not the clock's.
    """

    audits: int
    explanations: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    stated: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    lapsed: tuple[str, ...] = ()
    moved: tuple[Moved, ...] = ()
    summary_first: bool = False
    signed: str = ""
    today: str = ""
