"""From text to types: the columns of a staged table, read as what their values are.

A column becomes typed where every cell reads; where some do not, it stays text, so that the audit can show them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp

from assay.source.base import ColumnType
from assay.source.files.casts import Cast, flags, present, quoted, text, ways_of
from assay.source.files.mixed_calendars import MixedCalendar
from assay.source.files.numerals import Numerals
from assay.source.files.written import BLANK, Habits, Writing, habits_of, share, writing_of
from assay.source.notes import Note

if TYPE_CHECKING:
    import pyarrow as pa

HEAD = 2_000
DISTINCT = 4_000  # values that a column's habits are told from
LOOKED_AT = 1_000  # of those in a sample, which all rows confirm
SAMPLED = 20_000  # rows that they are counted in
LIKELY = 0.5
FEW = 0.005  # share of the cells that a sample may not show
UNFIT = "assay: a cell that does not read"
UNUSUAL = "assay_unusual_"


@dataclass(frozen=True)
class Typed:
    """What typing the columns of a table brought.

    Attributes:
        notes: on columns that can be read in two ways, and on those that are written in several.
        casts: the SQL of each column that got a type.
        marks: the SQL of each hidden column that was added, which is true where a cell is not written as most are.
    """

    notes: tuple[Note, ...] = ()
    casts: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)


def type_columns(
    connection: duckdb.DuckDBPyConnection, table: str, sound: str = "TRUE", known: Sequence[Writing] = ()
) -> Typed:
    """Give the text columns of a table the types of their values, in place.

    Args:
        sound: SQL condition of rows that a type has to fit; cells of the others become null where they do not read.
        known: how columns are written that have types already.
    """
    described = connection.sql(f"SELECT * FROM {table} LIMIT 0")
    names = [n for n, t in zip(described.columns, described.types, strict=True) if str(t) == "VARCHAR"]
    likely = _likely(connection, table, names, sound)
    if not likely:
        return Typed()
    counted, whole = _sampled(
        connection, table, likely, sound, ordered="rowid" not in map(str.lower, described.columns)
    )
    writings = {n: writing_of(*counted[n]) for n in likely}
    if not whole:
        # What the rows that were looked at leave open, all rows may tell.
        for name in [n for n, w in writings.items() if not counted[n][0] or (w and w.form and not w.form.certain)]:
            counted[name] = _counted(connection, table, name, sound)
            writings[name] = writing_of(*counted[name])
    habits = habits_of([*writings.values(), *known])
    casts: list[Cast] = []
    few: list[Note] = []
    marks: dict[str, Cast] = {}
    prefix = UNUSUAL
    while any(n.lower().startswith(prefix) for n in described.columns):
        prefix += "_"
    for place, name in enumerate(likely):
        values, counts = counted[name]
        ways = ways_of(name, values, counts, habits)
        mark = f"{prefix}{place}"
        cast, tried = None, set[str]()
        while cast is None and (way := next((w for w in ways if w.sql not in tried), None)):
            cast = _fitting(connection, table, way, sound, mark)
            tried.add(way.sql)
            # Cells that do not read as the frequent ones do may tell more of how the column is written.
            unfit = _unfit(connection, table, way, sound) if cast is None else []
            unknown = [v for v in unfit if v not in set(values)]
            if unknown:
                values, counts = [*values, *unknown], [*counts, *[1] * len(unknown)]
                ways = ways_of(name, values, counts, habits)
        if cast is not None:
            casts.append(cast)
            marks |= {mark: cast} if cast.unusual else {}
        elif (writing := writing_of(values, counts, habits)) is not None:
            few += _few_unread(connection, table, name, writing, sound)
    notes = [note for c in casts if (note := _ambiguous(c, habits))]
    notes += [*few, *(_several(cast, mark) for mark, cast in marks.items())]
    return Typed(tuple(notes), {c.name: c.sql for c in casts}, {mark: c.unusual for mark, c in marks.items()})


def _fitting(connection: duckdb.DuckDBPyConnection, table: str, cast: Cast, sound: str, mark: str) -> Cast | None:
    """Give a column a type if it fits every cell of the table, which has more than those looked at; None if not.

    One statement tests and converts, and touches no other column; the first cell that does not fit ends it.

    Args:
        mark: name of a hidden column, which is added where the column is written in several ways.
    """
    if cast.unusual:
        connection.execute(f"ALTER TABLE {table} ADD COLUMN {mark} BOOLEAN")
        connection.execute(f"ALTER TABLE {table} ALTER {mark} TYPE BOOLEAN USING ({cast.unusual})")
    lost = f"CASE WHEN ({sound}) AND {present(cast.name)} THEN CAST(error({text(UNFIT)}) AS {cast.type}) END"
    made = f"TYPE {cast.type} USING coalesce({cast.sql}, {lost})"
    try:
        connection.execute(f"ALTER TABLE {table} ALTER {quoted(cast.name)} {made}")
    except duckdb.InvalidInputException as error:
        if UNFIT not in str(error):
            raise
        if cast.unusual:
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {mark}")
        return None
    return cast


def _unfit(connection: duckdb.DuckDBPyConnection, table: str, cast: Cast, sound: str) -> list[str]:
    """Some of the cells that a cast does not read."""
    found = connection.execute(
        f"SELECT DISTINCT {quoted(cast.name)} FROM (SELECT {quoted(cast.name)} FROM {table} "
        f"WHERE ({sound}) AND {present(cast.name)} AND ({cast.sql}) IS NULL LIMIT {LOOKED_AT}) ORDER BY 1"
    ).fetchall()
    return [v for (v,) in found]


def _likely(connection: duckdb.DuckDBPyConnection, table: str, names: Sequence[str], rows: str) -> list[str]:
    """The columns whose first values read as something."""
    if not names:
        return []
    listed = ", ".join(map(quoted, names))
    head = connection.sql(f"SELECT {listed} FROM {table} WHERE {rows} LIMIT {HEAD}").to_arrow_table()
    likely = []
    for name, column in zip(names, head.columns, strict=True):
        values, counts = _frequent(column, HEAD)
        # Where there is nothing in the head, the whole column has to tell.
        writing = writing_of(values, counts)
        if not values or (writing is not None and share(writing.numbers, counts) > LIKELY) or flags(values):
            likely.append(name)
    return likely


def _sampled(
    connection: duckdb.DuckDBPyConnection, table: str, names: Sequence[str], rows: str, *, ordered: bool
) -> tuple[dict[str, tuple[list[str], list[int]]], bool]:
    """Frequent values and their counts by column, in rows from all of the table, and whether these are all rows."""
    ((size,),) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
    step = size // SAMPLED
    if step < 2 or not ordered:
        return {n: _counted(connection, table, n, rows) for n in names}, True
    listed = ", ".join(map(quoted, names))
    found = connection.sql(f"SELECT {listed} FROM {table} WHERE rowid % {step} = 0 AND {rows}").to_arrow_table()
    return {n: _frequent(c, LOOKED_AT) for n, c in zip(names, found.columns, strict=True)}, False


def _frequent(column: pa.ChunkedArray, most: int) -> tuple[list[str], list[int]]:
    """The most frequent values that are not blank, and their counts."""
    import pyarrow.compute as pc  # not before the engine has the file to read

    counts = pc.value_counts(column.drop_null().combine_chunks())
    pairs = [(p["values"], p["counts"]) for p in counts.to_pylist() if p["values"].strip() not in BLANK]
    pairs.sort(key=lambda pair: -pair[1])
    return [v for v, _ in pairs[:most]], [n for _, n in pairs[:most]]


def _counted(connection: duckdb.DuckDBPyConnection, table: str, name: str, rows: str) -> tuple[list[str], list[int]]:
    found = connection.execute(
        f"SELECT {quoted(name)}, count(*) AS n FROM {table} WHERE {rows} AND {present(name)} "
        f"GROUP BY 1 ORDER BY n DESC, hash({quoted(name)}), 1 LIMIT {DISTINCT}"
    ).fetchall()
    return [v for v, _ in found], [n for _, n in found]


def _few_unread(
    connection: duckdb.DuckDBPyConnection, table: str, name: str, writing: Writing, sound: str
) -> list[Note]:
    """A note on the few cells of a long column that do not read as the others do: a sample of rows may miss them."""
    value = writing.expression(exp.column(name, quoted=True))
    read, present_ = value.sql("duckdb"), f"({sound}) AND {present(name)}"
    ((size, filled, unread),) = connection.execute(
        f"SELECT count(*), count(*) FILTER ({present_}), count(*) FILTER ({present_} AND ({read}) IS NULL) FROM {table}"
    ).fetchall()
    if size <= SAMPLED or not 0 < unread <= FEW * filled:
        return []
    column = exp.Trim(this=exp.column(name, quoted=True))
    words = [exp.NEQ(this=column.copy(), expression=exp.Literal.string(word)) for word in BLANK]
    kind = "dates" if writing.type is ColumnType.DATE else "numbers"
    return [
        Note(
            "malformed_values", (name,), f"{name} holds {kind}, and a few of its texts are none",
            exp.and_(exp.Is(this=value, expression=exp.Null()), *words), harm=0.65,
            confidence=0.55 if writing.type is ColumnType.INTEGER and writing.form is None else 0.9,
            action="correct these cells, or leave them empty, before the column is cast",
            evidence={"read_as": writing.form.name if writing.form is not None else str(writing.type.value)},
        )
    ]  # fmt: skip


def _several(cast: Cast, mark: str) -> Note:
    assert cast.writing is not None and isinstance(cast.writing.form, MixedCalendar)
    usual, *others = (form.name for form in cast.writing.form.forms)
    return Note(
        "malformed_values", (cast.name,), f"{cast.name} holds dates in more than one format; all of them are read",
        exp.column(mark, quoted=True), harm=0.65, confidence=0.75,
        action="find out which source writes them, and bring them into the one format before they are loaded",
        evidence={"usual": usual, "others": others},
    )  # fmt: skip


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
