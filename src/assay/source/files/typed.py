"""From text to types: the columns of a staged table, read as what their values are.

A column becomes typed where every cell reads; where some do not, it stays text, so that the audit can show them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow.compute as pc
from sqlglot import exp

from assay.source.base import ColumnType
from assay.source.files.calendar_formats import CalendarFormat
from assay.source.files.numerals import Numerals
from assay.source.files.written import BLANK, Habits, Writing, habits_of, share, writing_of
from assay.source.notes import Note

HEAD = 2_000
DISTINCT = 4_000  # values that a column's habits are told from
LIKELY = 0.5
FLAGS = (
    ("true", "false"), ("wahr", "falsch"), ("vrai", "faux"), ("verdadero", "falso"), ("verdadeiro", "falso"),
    ("vero", "falso"), ("yes", "no"), ("ja", "nein"), ("oui", "non"), ("sí", "no"), ("sim", "não"),
)  # fmt: skip
_BARE = re.compile("[-+]?[0-9][0-9.,]*$")
_CLOCKS = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p", "%I:%M:%S%p")


@dataclass(frozen=True)
class Cast:
    """A way to give a text column a type.

    Attributes:
        sql: the engine's expression of the value.
        fails: SQL that is true on a present cell which it would lose or change.
        writing: how its texts are read; None for booleans.
    """

    name: str
    sql: str
    fails: str
    writing: Writing | None = None


def type_columns(
    connection: duckdb.DuckDBPyConnection, table: str, sound: str = "TRUE"
) -> tuple[tuple[Note, ...], dict[str, str]]:
    """Give the text columns of a table the types of their values, in place.

    Args:
        sound: SQL condition of rows that a type has to fit; cells of the others become null where they do not read.

    Returns:
        Notes on columns that can be read in two ways, and the SQL of each column that got a type.
    """
    described = connection.sql(f"SELECT * FROM {table} LIMIT 0")
    names = [n for n, t in zip(described.columns, described.types, strict=True) if str(t) == "VARCHAR"]
    casts, notes = _casts(connection, table, names, sound)
    if casts:
        replaced = ", ".join(f"{c.sql} AS {quoted(c.name)}" for c in casts)
        chosen = f"* REPLACE ({replaced})"
        connection.execute(f"CREATE TABLE {table}_typed AS SELECT {chosen} FROM {table} ORDER BY rowid")
        connection.execute(f"DROP TABLE {table}")
        connection.execute(f"ALTER TABLE {table}_typed RENAME TO {table}")
    return notes, {c.name: c.sql for c in casts}


def _casts(
    connection: duckdb.DuckDBPyConnection, table: str, names: Sequence[str], rows: str
) -> tuple[list[Cast], tuple[Note, ...]]:
    likely = _likely(connection, table, names, rows)
    if not likely:
        return [], ()
    counted = {n: _counted(connection, table, n, rows) for n in likely}
    habits = habits_of([writing_of(*counted[n]) for n in likely])
    ways = [_ways(n, *counted[n], habits) for n in likely]
    casts: list[Cast] = []
    # The quickest way that fits every cell of the table, which has more than the values that were looked at.
    while tried := [own.pop(0) for own in ways if own]:
        tests = [f"count(*) FILTER (WHERE {_present(c.name)} AND ({c.fails}))" for c in tried]
        failing = connection.execute(f"SELECT {', '.join(tests)} FROM {table} WHERE {rows}").fetchone() or ()
        fitting = {c.name: c for c, n in zip(tried, failing, strict=True) if not n}
        casts += fitting.values()
        ways = [own for own in ways if own and own[0].name not in fitting]
    return casts, tuple(note for c in casts if (note := _ambiguous(c, habits)))


def _likely(connection: duckdb.DuckDBPyConnection, table: str, names: Sequence[str], rows: str) -> list[str]:
    """The columns whose first values read as something."""
    if not names:
        return []
    listed = ", ".join(map(quoted, names))
    head = connection.sql(f"SELECT {listed} FROM {table} WHERE {rows} LIMIT {HEAD}").to_arrow_table()
    likely = []
    for name, column in zip(names, head.columns, strict=True):
        counts = pc.value_counts(column.drop_null().combine_chunks())
        pairs = [(p["values"], p["counts"]) for p in counts.to_pylist() if p["values"].strip() not in BLANK]
        if not pairs:
            # Nothing in the head: the whole column has to tell.
            likely.append(name)
            continue
        values, numbers = [v for v, _ in pairs], [n for _, n in pairs]
        writing = writing_of(values, numbers)
        if (writing is not None and share(writing.numbers, numbers) > LIKELY) or _flags(values):
            likely.append(name)
    return likely


def _counted(connection: duckdb.DuckDBPyConnection, table: str, name: str, rows: str) -> tuple[list[str], list[int]]:
    found = connection.execute(
        f"SELECT {quoted(name)}, count(*) AS n FROM {table} WHERE {rows} AND {_present(name)} "
        f"GROUP BY 1 ORDER BY n DESC, hash({quoted(name)}), 1 LIMIT {DISTINCT}"
    ).fetchall()
    return [v for v, _ in found], [n for _, n in found]


def _ways(name: str, values: list[str], counts: list[int], habits: Habits) -> list[Cast]:
    """The ways to type a column, the one to be preferred first; none if it is text."""
    column, flags = quoted(name), _flags(values)
    if flags:
        yes, no = (text(word) for word in flags)
        sql = f"CASE lower(trim({column})) WHEN {yes} THEN TRUE WHEN {no} THEN FALSE END"
        return [Cast(name, sql, f"({sql}) IS NULL")]
    writing = writing_of(values, counts, habits)
    if writing is None or share(writing.numbers, counts) < 1:
        return []
    if isinstance(writing.form, CalendarFormat):
        sql = _temporal(name, writing.form, values)
        return [Cast(name, sql, f"({sql}) IS NULL", writing)]
    if writing.form is None:
        return _numbers(name, f"TRY_CAST(trim({column}) AS DOUBLE)", f"trim({column})", "FALSE", writing)
    if len({writing.form.sign(v) for v in values if v != "0"}) > 1:
        return []  # a unit on some of the cells only, or several units: to be shown, not to be read over
    ways: list[Cast] = []
    if all(_BARE.match(v) for v in values):
        digits = f"replace(replace(trim({column}), {text(writing.form.group)}, ''), {text(writing.form.decimal)}, '.')"
        unlike = f"NOT regexp_matches({column}, {text(f'^(?:{writing.form.pattern})$')})"
        ways += _numbers(name, f"TRY_CAST({digits} AS DOUBLE)", digits, unlike, writing)
    sql = writing.expression(exp.column(name, quoted=True)).sql("duckdb")
    return ways + _numbers(name, sql, sql, "FALSE", writing)


def _numbers(name: str, sql: str, exact: str, unlike: str, writing: Writing) -> list[Cast]:
    """As whole numbers, where no cell has a fraction or an exponent, or else as doubles.

    Args:
        exact: SQL that loses no digit of a whole number on its way to an integer.
        unlike: SQL that is true on cells of another form.
    """
    whole = f"TRY_CAST({exact} AS BIGINT)"
    broken = f"{unlike} OR ({whole}) IS NULL OR ({sql}) % 1 <> 0"
    if exact != sql:
        broken += f" OR regexp_matches({exact}, '[.eE]')"
    doubles = Cast(name, sql, f"{unlike} OR ({sql}) IS NULL", writing)
    return [Cast(name, whole, broken, writing), doubles] if writing.type is ColumnType.INTEGER else [doubles]


def _temporal(name: str, form: CalendarFormat, values: Sequence[str]) -> str:
    column = quoted(name)
    date = form.expression(exp.column(name, quoted=True)).sql("duckdb")
    if form.named or not any(":" in v for v in values):
        return date
    if form.order == "ymd":
        iso = column if form.separator == "-" else f"replace({column}, {text(form.separator)}, '-')"
        return f"CASE WHEN ({date}) IS NOT NULL THEN TRY_CAST(trim({iso}) AS TIMESTAMP) END"
    day = form.separator.join({"y": "%y" if form.short else "%Y", "m": "%m", "d": "%d"}[p] for p in form.order)
    formats = ", ".join(text(f"{day}{gap}{clock}") for clock in _CLOCKS for gap in (" ", ", ", "T"))
    moment = f"try_strptime(trim({column}), [{text(day)}, {formats}])"
    return f"CASE WHEN ({date}) IS NOT NULL THEN {moment} END"


def _flags(values: Sequence[str]) -> tuple[str, str] | None:
    """The words for yes and no, where a column holds both of a pair and nothing else."""
    words = {v.strip().lower() for v in values[:8]}
    return next((pair for pair in FLAGS if words == set(pair)), None)


def _ambiguous(cast: Cast, habits: Habits) -> Note | None:
    writing = cast.writing
    if writing is None or writing.form is None or writing.form.certain:
        return None
    if isinstance(writing.form, Numerals):
        if habits.decimal is not None:
            return None
        reason = f"{cast.name} could be read with a point or a comma as its decimal mark; it is read with "
        reason += "a decimal comma" if writing.form.decimal == "," else "a decimal point"
    elif habits.day_first is not None:
        return None
    else:
        reason = f"no date of {cast.name} tells day from month; it is read as {writing.form.name}"
    return Note(
        "malformed_values", (cast.name,), reason, harm=0.2, confidence=0.3,
        action="write dates as YYYY-MM-DD and numbers without thousands separators",
        evidence={"read_as": writing.form.name},
    )  # fmt: skip


def _present(name: str) -> str:
    blank = ", ".join(text(word) for word in BLANK)
    return f"({quoted(name)} IS NOT NULL AND trim({quoted(name)}) NOT IN ({blank}))"


def quoted(name: str) -> str:
    """A name as SQL."""
    return exp.to_identifier(name, quoted=True).sql("duckdb")


def text(value: str) -> str:
    """A text as SQL."""
    return exp.Literal.string(value).sql("duckdb")
