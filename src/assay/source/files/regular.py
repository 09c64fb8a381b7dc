"""Text files whose rows all have the same fields, read by the engine's own reader.

It is told the dialect, so that it refuses what it cannot read instead of guessing. What it refuses, and files whose
head or end looks odd, are read by :mod:`assay.source.files.careful`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from assay.source.files.by_head import EARLIEST, LONG_LINES, create_by_head
from assay.source.files.calendar_formats import CalendarFormat
from assay.source.files.casts import Cast, quoted, text
from assay.source.files.sketch import Sketch, alike, ends_of, sketch_of
from assay.source.files.staged import Staged, file_list
from assay.source.files.transcoded import is_plain, returns_alone
from assay.source.files.written import Writing
from assay.source.recipe import Recipe

DATES = "dateformat = '%Y-%m-%d'"  # other dates are read by the habits of the column
ALL_ROWS = "sample_size = -1"
TEXTS = "all_varchar = true"
# Where numbers have decimal commas a point groups thousands: the engine may read whole numbers, but none with a point.
WHOLE_ONLY = "auto_type_candidates = ['BOOLEAN', 'BIGINT', 'TIME', 'DATE', 'TIMESTAMP', 'VARCHAR']"
REFUSALS = (duckdb.InvalidInputException, duckdb.ConversionException)


def stage_quickly(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], table: str, shown: Sequence[str] | None = None
) -> Staged | None:
    """Read regular files of one form with the engine's own reader; None if they are not, or if it refuses them.

    Args:
        shown: where a reader of the report finds the files; None where the engine cannot read them there.
    """
    first: Sketch | None = None
    returns = {returns_alone(path) for path in paths}
    if len(returns) > 1:
        return None
    (carriage,) = returns
    for path in paths:
        head, tail = ends_of(path)
        if carriage:
            head, tail = head.replace(b"\r", b"\n"), tail.replace(b"\r", b"\n")
        if not is_plain(head, tail):
            return None
        sketch = sketch_of(head, tail)
        if not sketch.regular or (sketch.decimal_commas and len(paths) > 1):
            return None
        if first and not alike(first, sketch):
            return None
        first = first or sketch
    if first is None:
        return None
    made = read_even(connection, table, paths, first, carriage=carriage)
    if made is None:
        return None
    return Staged(table, (), (), made.recipe(shown) if shown is not None else None, made.writings)


@dataclass(frozen=True)
class Made:
    """How a table was made of files.

    Attributes:
        options: what the engine's reader was told.
        days: columns of moments that were made dates, in SQL.
        casts: columns of texts that were given a type.
    """

    options: str
    days: Mapping[str, str]
    casts: tuple[Cast, ...] = ()

    @property
    def writings(self) -> tuple[Writing, ...]:
        """How the columns are written that were given a type."""
        return tuple(c.writing for c in self.casts if c.writing is not None)

    def recipe(self, shown: Sequence[str]) -> Recipe:
        """What anybody reads the same with, from where they find the files."""
        return Recipe(f"read_csv({file_list(shown)}, {self.options})").then(
            {c.name: c.sql for c in self.casts} | dict(self.days)
        )


def read_even(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    paths: Sequence[Path],
    sketch: Sketch,
    *,
    skip: int | None = None,
    typed: bool = True,
    carriage: bool = False,
) -> Made | None:
    """Make a table with the engine's reader; None if it refuses the files, or finds other columns in them.

    Args:
        skip: lines above the first row; None where a header is the first line.
        typed: whether the engine may give types to columns that hold nothing else but its own spelling.
        carriage: whether lines end with carriage returns alone.
    """
    options = _options(sketch, header=skip is None, skip=skip or 0, typed=typed) + (
        r", new_line = '\r'" if carriage else ""
    )
    naming = "" if skip is None else f", names = [{', '.join(map(text, sketch.layout.names))}]"
    if typed:
        with suppress(*REFUSALS):
            made = create_by_head(connection, table, paths, options, naming, sketch)
            if made is not None:
                told = ", ".join(f"{text(n)}: 'VARCHAR'" for n in made.texts)
                reading = f"{options}{naming}, {LONG_LINES}, {ALL_ROWS}" + (f", types = {{{told}}}" if told else "")
                cast = {c.name for c in made.casts}
                days = _days(connection, table, {n: w for n, w in sketch.writings.items() if n not in cast})
                return Made(reading, days, made.casts)
    options = f"{options}{naming}, {LONG_LINES}" + (f", {ALL_ROWS}" if typed else "")
    try:
        connection.execute(f"CREATE TABLE {table} AS SELECT * FROM read_csv({file_list(paths)}, {options})")
        if typed and (early := _early(connection, table)):
            told = ", ".join(f"{text(n)}: 'VARCHAR'" for n in early)
            options = f"{options}, types = {{{told}}}"
            connection.execute(
                f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM read_csv({file_list(paths)}, {options})"
            )
    except REFUSALS:
        return None
    if tuple(connection.sql(f"SELECT * FROM {table} LIMIT 0").columns) != sketch.layout.names:
        connection.execute(f"DROP TABLE {table}")
        return None
    return Made(options, _days(connection, table, sketch.writings))


def _early(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """Columns of days before the year 100, which the engine makes of years of two digits."""
    described = connection.sql(f"SELECT * FROM {table} LIMIT 0")
    types = {n: str(t) for n, t in zip(described.columns, described.types, strict=True)}
    names = [n for n, kind in types.items() if kind in ("DATE", "TIMESTAMP")]
    if not names:
        return []
    early = ", ".join(f"coalesce(bool_or({quoted(n)} < {types[n]} {EARLIEST}), FALSE)" for n in names)
    (found,) = connection.execute(f"SELECT {early} FROM {table}").fetchall()
    return [n for n, hit in zip(names, found, strict=True) if hit]


def _days(connection: duckdb.DuckDBPyConnection, table: str, writings: Mapping[str, Writing | None]) -> dict[str, str]:
    """Make dates of what the engine took for midnights: days that are not written with dashes."""
    described = connection.sql(f"SELECT * FROM {table} LIMIT 0")
    types = dict(zip(described.columns, map(str, described.types), strict=True))
    made = {}
    for name, writing in writings.items():
        form = writing.form if writing is not None else None
        if types.get(name) == "TIMESTAMP" and isinstance(form, CalendarFormat) and form.separator != "-":
            moments = f"SELECT count(*) FROM {table} WHERE {quoted(name)} <> {quoted(name)}::DATE"
            if connection.execute(moments).fetchone() == (0,):
                connection.execute(f"ALTER TABLE {table} ALTER {quoted(name)} TYPE DATE")
                made[name] = f"{quoted(name)}::DATE"
    return made


def _options(sketch: Sketch, *, header: bool, skip: int, typed: bool) -> str:
    """What the engine's reader is told of rows that all have the same fields."""
    quote = text(sketch.dialect.quote)
    kinds = ([DATES, WHOLE_ONLY] if sketch.decimal_commas else [DATES]) if typed else [TEXTS]
    return (
        f"delim = {text(sketch.dialect.delimiter)}, quote = {quote}, escape = {quote}, "
        f"header = {str(header).lower()}, skip = {skip}, strict_mode = true, null_padding = false, "
        f"{', '.join(kinds)}"
    )
