"""What the texts of a column are: numbers, dates or booleans, in which writing, or text indeed.

Exports and connectors write everything as text. A column is read as what nearly all of its values are. Codes stay text:
values with leading zeros, such as post codes, are no numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from assay.source.base import ColumnType
from assay.source.files.calendar_formats import CalendarFormat, compact_of
from assay.source.files.mixed_calendars import MixedCalendar, calendars_of
from assay.source.files.numerals import Numerals, numerals_of

READABLE = 0.55  # share of present values that must read; 40 % of the cells may be damaged
PLAIN = re.compile(r"\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*\Z", re.ASCII)
PROBED = 500
BLANK = ("", "-", "--", "—", "–")
_CODE = re.compile(r"\s*(0\d|\+\d)")


@dataclass(frozen=True)
class Writing:
    """How the texts of a column are read.

    Attributes:
        type: what the values are.
        form: how they are written; None where the engine's own cast reads them.
        numbers: the distinct values as numbers (dates as days since 1970), NaN where they do not read.
        pointed: whether numbers that the engine reads have a point that can only be a decimal one.
    """

    type: ColumnType
    form: Numerals | CalendarFormat | MixedCalendar | None
    numbers: tuple[float, ...]
    pointed: bool = False

    def expression(self, column: exp.Expr) -> exp.Expr:
        """SQL of the typed value; null where the text does not read."""
        if self.form is not None:
            return self.form.expression(column)
        return exp.TryCast(this=exp.Trim(this=column.copy()), to=exp.DataType.build("double"))


@dataclass(frozen=True)
class Habits:
    """What the other columns of a file say of how it is written; None where they say nothing."""

    decimal: str | None = None
    day_first: bool | None = None


def writing_of(values: Sequence[str], counts: Sequence[int], habits: Habits = Habits()) -> Writing | None:
    """The writing of a column from its distinct values and their counts; None if it is text indeed."""
    present = sum(counts)
    if not present:
        return None
    if len(values) > PROBED and not _probable(values[:PROBED], counts[:PROBED], habits):
        return None
    if compact := compact_of(values, counts):
        return Writing(ColumnType.DATE, compact, tuple(map(compact.day, values)))
    codes = any(_CODE.match(v) for v in values)
    if not codes or any("%" in v for v in values[:100]):
        found = _numbers(values, counts, habits)
        if found is not None:
            return found
    calendar = calendars_of(values, counts, habits.day_first)
    if calendar is None:
        return None
    days = tuple(calendar.day(v) for v in values)
    return Writing(ColumnType.DATE, calendar, days) if share(days, counts) >= READABLE else None


def _probable(values: Sequence[str], counts: Sequence[int], habits: Habits) -> bool:
    """Whether the most frequent values read well enough to look at all of them."""
    numerals, calendar = numerals_of(values, counts, habits.decimal), calendars_of(values, counts, habits.day_first)
    reads = share([numerals.number(v) for v in values], counts) >= READABLE / 2
    return reads or (calendar is not None and share([calendar.day(v) for v in values], counts) >= READABLE / 2)


def _numbers(values: Sequence[str], counts: Sequence[int], habits: Habits) -> Writing | None:
    plain = tuple(float(v) if PLAIN.match(v) else math.nan for v in values)
    numerals = numerals_of(values, counts, habits.decimal)
    if share(plain, counts) == 1 and numerals.decimal == ".":
        whole = all(n % 1 == 0 for n in plain) and not any("." in v for v in values[:1000])
        pointed = not whole and numerals.certain
        return Writing(ColumnType.INTEGER if whole else ColumnType.FLOAT, None, plain, pointed)
    numbers = tuple(map(numerals.number, values))
    if share(numbers, counts) < READABLE:
        return None
    marked = any(numerals.decimal in v or "%" in v for v, n in zip(values[:1000], numbers, strict=False) if n == n)
    whole = not marked and all(n % 1 == 0 for n in numbers if n == n)
    only_plain = share(plain, counts) >= share(numbers, counts) and numerals.decimal == "."
    return Writing(ColumnType.INTEGER if whole else ColumnType.FLOAT, None if only_plain else numerals, numbers)


def manner(writing: Writing | None, habits: Habits = Habits()) -> str | None:
    """How values are written, where those of another column must be written so to be read like them; None: anyhow.

    Args:
        habits: what the other columns of the file decided, where the values do not.
    """
    if writing is None or isinstance(writing.form, MixedCalendar):
        return None
    if writing.form is None:
        return Numerals().name if writing.pointed else None
    told = habits.decimal if isinstance(writing.form, Numerals) else habits.day_first
    return writing.form.name if writing.form.certain or told is not None else None


def unit_of(writing: Writing | None, values: Iterable[str]) -> str | None:
    """The currencies and the per-cent sign beside numbers, or that there are none; None where nothing tells."""
    told = [v for v in values if v.strip("0.,")] if writing is not None and writing.type.numeric else []
    if writing is None or not told:
        return None
    signs = {writing.form.sign(v) for v in told} - {""} if isinstance(writing.form, Numerals) else set[str]()
    return ", ".join(sorted(signs)) or "no unit"


def share(parsed: Sequence[float], counts: Sequence[int]) -> float:
    """Share of cells that read."""
    present = sum(counts)
    return sum(n for value, n in zip(parsed, counts, strict=True) if value == value) / present if present else 0.0


def habits_of(writings: Sequence[Writing | None]) -> Habits:
    """What the columns whose writing is certain say for those where it is not."""
    decimals = {w.form.decimal for w in writings if w and isinstance(w.form, Numerals) and w.form.certain}
    decimals |= {"." for w in writings if w and w.pointed}
    dates = {
        w.form.order == "dmy"
        for w in writings
        if w and isinstance(w.form, CalendarFormat) and w.form.certain and w.form.order in ("dmy", "mdy")
    }
    return Habits(
        decimals.pop() if len(decimals) == 1 else None,
        dates.pop() if len(dates) == 1 else True if decimals == {","} else None,
    )
