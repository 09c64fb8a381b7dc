"""Ways to give a text column a type: SQL of the typed value, null where a text does not read.

The engine-neutral expressions of a writing take texts apart with captures, which cost ten times a match. Here a match
decides, and what is matched is read by removing marks and by the engine's own parsers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from assay.source.base import ColumnType
from assay.source.files.calendar_formats import CalendarFormat
from assay.source.files.mixed_calendars import MixedCalendar
from assay.source.files.numerals import APOSTROPHES, NEGATIVE, SPACE, Numerals
from assay.source.files.written import BLANK, Habits, Writing, share, writing_of

FLAGS = (
    ("true", "false"), ("wahr", "falsch"), ("vrai", "faux"), ("verdadero", "falso"), ("verdadeiro", "falso"),
    ("vero", "falso"), ("yes", "no"), ("ja", "nein"), ("oui", "non"), ("sí", "no"), ("sim", "não"),
)  # fmt: skip
_AROUND = "%<>=≤≥"  # what may stand beside a number, and is no part of it
_ACCOUNTING = "(\u2212\u2013\uff0d"  # ways to write a minus that the engine does not read
_CLOCKS = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p", "%I:%M:%S%p")


@dataclass(frozen=True)
class Cast:
    """A way to give a text column a type.

    Attributes:
        sql: the engine's expression of the value; null where a text does not read.
        type: the engine's name of its type.
        writing: how its texts are read; None for booleans.
        unusual: SQL condition of cells that are not written as most are; empty where one way reads them all.
    """

    name: str
    sql: str
    type: str
    writing: Writing | None = None
    unusual: str = ""


def ways_of(name: str, values: Sequence[str], counts: Sequence[int], habits: Habits) -> list[Cast]:
    """The ways to type a column, the one to be preferred first; none if it is text.

    Args:
        values: its different values, the frequent ones first, and how often each is there.
        habits: what the other columns say.
    """
    column, pair = quoted(name), flags(values)
    if pair:
        yes, no = (text(word) for word in pair)
        return [Cast(name, f"CASE lower(trim({column})) WHEN {yes} THEN TRUE WHEN {no} THEN FALSE END", "BOOLEAN")]
    writing = writing_of(values, counts, habits)
    if writing is None or share(writing.numbers, counts) < 1:
        return []
    if isinstance(writing.form, CalendarFormat):
        return _temporal(name, writing, writing.form, any(":" in v for v in values))
    if isinstance(writing.form, MixedCalendar):
        return _mixed(name, writing, writing.form, any(":" in v for v in values))
    # Shares may be written 05 %, and other numbers with leading zeros are codes.
    no_code = "TRUE" if any("%" in v for v in values) else f"NOT ({column} >= '00' AND {column} < '0:')"
    if writing.form is None:
        return _plain(name, writing, no_code)
    return _numerals(name, writing, writing.form, values, no_code)


def flags(values: Sequence[str]) -> tuple[str, str] | None:
    """The words for yes and no, where a column holds both of a pair and nothing else."""
    words = {v.strip().lower() for v in values[:8]}
    return next((pair for pair in FLAGS if words == set(pair)), None)


def _plain(name: str, writing: Writing, no_code: str) -> list[Cast]:
    digits = f"trim({quoted(name)})"
    whole = _whole(name, digits, f"{no_code} AND NOT regexp_matches({digits}, '[.eE]')", writing)
    return [*whole, Cast(name, f"CASE WHEN {no_code} THEN TRY_CAST({digits} AS DOUBLE) END", "DOUBLE", writing)]


def _numerals(name: str, writing: Writing, form: Numerals, values: Sequence[str], no_code: str) -> list[Cast]:
    """The ways to read numbers with marks.

    Args:
        no_code: SQL condition of texts that are no codes.
    """
    column = quoted(name)
    units = {form.sign(v) for v in values if v != "0"}
    if len(units) > 1:
        return []  # a unit on some of the cells only, or several units: to be shown, not to be read over
    unit = next(iter(units), "")
    stated = f"(contains({column}, {text(unit)}) OR {column} = '0') AND " if unit else ""
    matched = f"{no_code} AND {stated}regexp_full_match({column}, {text(form.pattern)})"
    # Only marks that were seen are removed: with another one the text is no number, and the next way is tried.
    seen = frozenset("".join(values))
    accounting = not seen.isdisjoint(_ACCOUNTING) or any(v.endswith("-") for v in values)
    signs = sorted({*form.signs, unit} - {""}, key=len, reverse=True)
    digits = column
    for mark in (*signs, *SPACE, *APOSTROPHES, *_AROUND, *("-+)" + _ACCOUNTING if accounting else "")):
        if seen.issuperset(mark):
            digits = f"replace({digits}, {text(mark)}, '')"
    if accounting:
        digits = f"CASE WHEN regexp_matches({column}, {text(NEGATIVE.pattern)}) THEN '-' ELSE '' END || {digits}"
        # Without the minus of its exponent a number would be another one.
        matched += f" AND NOT regexp_matches({column}, '[0-9][eE]')"
    neutral = writing.expression(exp.column(name, quoted=True)).sql("duckdb")
    return [
        *_both(name, f"({digits})", matched, writing, form, _without(column, unit, values), no_code),
        Cast(name, f"CASE WHEN {stated}{no_code} THEN {neutral} END", "DOUBLE", writing),
    ]


def _without(column: str, unit: str, values: Sequence[str]) -> str:
    """SQL of a text without the unit at the end where the first values have it; null or odd where it is not there."""
    if not unit:
        return column
    if values[0].startswith(unit):
        return f"CASE WHEN starts_with({column}, {text(unit)}) THEN substring({column}, {len(unit) + 1}) END"
    return f"CASE WHEN ends_with({column}, {text(unit)}) THEN left({column}, {-len(unit)}) END"


def _both(name: str, digits: str, matched: str, writing: Writing, form: Numerals, bare: str, quick: str) -> list[Cast]:
    """As whole numbers, where none has a fraction, or else as doubles.

    Within each other conditions cost more than side by side.

    Args:
        digits: SQL of the text without anything but its digits, marks and minus.
        matched: SQL condition of texts that read.
        bare: SQL of the text without its unit, which most texts can be read by without a match, in half the time.
        quick: SQL condition of texts that may be read so.
    """
    digits = f"replace({digits}, {text(form.group)}, '')"
    whole = _whole(name, digits, f"{matched} AND NOT contains({quoted(name)}, {text(form.decimal)})", writing, bare)
    if form.decimal != ".":
        digits = f"replace({digits}, {text(form.decimal)}, '.')"
    plain = bare if form.decimal == "." else f"replace({bare}, {text(form.decimal)}, '.')"
    number, marks = f"TRY_CAST({plain} AS DOUBLE)", ["_"] if form.decimal == "." else ["_", form.group]
    other = " OR ".join(f"contains({bare}, {text(mark)})" for mark in marks)  # the engine's own spelling of numbers
    sql = f"CASE WHEN isfinite({number}) AND NOT ({other}) AND {quick} THEN {number} "
    sql += f"WHEN {matched} THEN TRY_CAST({digits} AS DOUBLE) END"
    return [*whole, Cast(name, sql, "DOUBLE", writing)]


def _whole(name: str, digits: str, matched: str, writing: Writing, bare: str = "") -> list[Cast]:
    if writing.type is not ColumnType.INTEGER:
        return []
    number = f"TRY_CAST({bare} AS BIGINT)"
    quick = f"WHEN CAST({number} AS VARCHAR) = {bare} THEN {number} " if bare else ""
    return [Cast(name, f"CASE {quick}WHEN {matched} THEN TRY_CAST({digits} AS BIGINT) END", "BIGINT", writing)]


def _temporal(name: str, writing: Writing, form: CalendarFormat, clocks: bool) -> list[Cast]:
    column = quoted(name)
    neutral = Cast(name, form.expression(exp.column(name, quoted=True)).sql("duckdb"), "DATE", writing)
    if form.named:
        return [neutral]
    day = form.separator.join({"y": "%y" if form.short else "%Y", "m": "%m", "d": "%d"}[p] for p in form.order)
    matched = f"regexp_full_match({column}, {text(form.pattern)})"
    if not clocks:
        if form.short or (form.order, form.separator) == ("ymd", "-"):
            return [neutral]  # the engine has another pivot for years of two digits; its own spelling needs no match
        quick = f"CASE WHEN {matched} THEN CAST(try_strptime(trim({column}), {text(day)}) AS DATE) END"
        return [Cast(name, quick, "DATE", writing), neutral]
    if form.order == "ymd":
        iso = column if form.separator == "-" else f"replace({column}, {text(form.separator)}, '-')"
        moment = f"TRY_CAST(trim({iso}) AS TIMESTAMP)"
    else:
        formats = ", ".join(text(f"{day}{gap}{clock}") for clock in _CLOCKS for gap in (" ", ", ", "T"))
        moment = f"try_strptime(trim({column}), [{text(day)}, {formats}])"
    return [Cast(name, f"CASE WHEN {matched} THEN {moment} END", "TIMESTAMP", writing)]


def _mixed(name: str, writing: Writing, form: MixedCalendar, clocks: bool) -> list[Cast]:
    each = [_temporal(name, writing, one, clocks)[0] for one in form.forms]
    kind = "TIMESTAMP" if any(c.type == "TIMESTAMP" for c in each) else "DATE"
    read = ", ".join(c.sql if c.type == kind else f"CAST({c.sql} AS {kind})" for c in each)
    unusual = " OR ".join(f"regexp_full_match({quoted(name)}, {text(one.pattern)})" for one in form.forms[1:])
    return [Cast(name, f"coalesce({read})", kind, writing, f"coalesce({unusual}, FALSE)")]


def present(name: str) -> str:
    """SQL condition of cells that hold something."""
    trimmed = f"trim({quoted(name)})"
    return " AND ".join([f"({quoted(name)} IS NOT NULL", *(f"{trimmed} <> {text(word)}" for word in BLANK)]) + ")"


def quoted(name: str) -> str:
    """A name as SQL; a generator for each would take longer than to read a small file."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as SQL."""
    return "'" + value.replace("'", "''") + "'"
