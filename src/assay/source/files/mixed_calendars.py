"""Dates that a column writes in several ways, which their marks tell apart: ``2025-03-31`` beside ``31.03.2025``.

Where day and month change places between cells with the same marks, nothing tells which cell is meant which way: such a
column has one way of writing, and cells that do not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from assay.source.files.calendar_formats import CalendarFormat, calendar_of, form_of


@dataclass(frozen=True)
class MixedCalendar:
    """Several ways to write dates in one column.

    Attributes:
        forms: each of them, that of most cells first; no text reads in two.
    """

    forms: tuple[CalendarFormat, ...]

    @property
    def name(self) -> str:
        """In words, for reports."""
        return " or ".join(form.name for form in self.forms)

    @property
    def certain(self) -> bool:
        """Whether each can be read in one order only."""
        return all(form.certain for form in self.forms)

    def day(self, text: str) -> float:
        """Days since 1970, NaN if the text does not read."""
        return next((day for form in self.forms if (day := form.day(text)) == day), float("nan"))

    def expression(self, column: exp.Expr) -> exp.Expr:
        """SQL of the date, null where the text reads in none of the ways."""
        first, *others = (form.expression(column) for form in self.forms)
        return exp.Coalesce(this=first, expressions=others)


def calendars_of(
    values: Sequence[str], counts: Sequence[int], day_first: bool | None = None
) -> CalendarFormat | MixedCalendar | None:
    """How a column writes dates: in one way, or in several where that reads more; None if hardly any looks like one."""
    form = calendar_of(values, counts, day_first)
    if form is None or all((day := form.day(v)) == day for v in values):
        return form
    groups: dict[CalendarFormat, list[tuple[str, int]]] = {}
    for value, count in zip(values, counts, strict=True):
        found = form_of(value)
        if found is not None:
            groups.setdefault(found, []).append((value, count))
    ordered = sorted(groups.values(), key=lambda group: -sum(n for _, n in group))
    forms = [calendar_of([v for v, _ in group], [n for _, n in group], day_first) for group in ordered]
    mixed = MixedCalendar(tuple(dict.fromkeys(f for f in forms if f is not None)))
    return mixed if len(mixed.forms) > 1 else form
