"""Types that the first rows of a text file tell, and that every other row is held against while it is read.

The engine's own reader tells types from some rows, and then rounds a later ``1.5`` to a whole number and drops the
zeros of a later ``007``; or it looks at all rows beforehand, on one processor, which takes longer than reading them.
Here the texts are read, and a cell that is not written as its type is ends the reading.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from assay.source.busy import busy
from assay.source.files.casts import Cast, present, quoted, text
from assay.source.files.sketch import Sketch

HEAD_ROWS = 20_480
UNLIKE = "assay: otherwise than in the first rows is column "
ATTEMPTS = 5
CELLS = 20  # odd cells of a column that its writing is told from
SHOWN = 80  # characters of one
END = "\x1f"
VALUE = "assay_value_"
LONG_LINES = "max_line_size = 16777216, buffer_size = 83886080"
"""Lines of up to 16 MB. The engine hands out a quarter of a buffer at a time, which has to hold a line: smaller
buffers would be handed out whole, and larger ones keep some of few processors idle at the end."""

_READ_ALONE = frozenset({"VARCHAR", "DATE", "TIMESTAMP"})
"""Types that the engine's reader refuses any other writing of, but for years of two digits."""
EARLIEST = "'0100-01-01'"
_NUMBERS = ("BIGINT", "DOUBLE")
_FRACTION = re.compile("-?[0-9]+[.][0-9]+")
_THOUSANDS = re.compile("-?[0-9]{1,3}[.][0-9]{3}")  # or a fraction: other cells have to tell
_HELD = {
    # One writing a number: no sign before it, no zeros, separators, points or exponents.
    "BIGINT": ("TRY_CAST({0} AS BIGINT)", "CAST({1} AS VARCHAR) <> {0} OR ({1} IS NULL AND {0} IS NOT NULL)"),
    "DOUBLE": (
        "TRY_CAST({0} AS DOUBLE)",
        "({1} IS NULL AND {0} IS NOT NULL) OR ({0} >= '00' AND {0} < '0:') OR ({0} >= '-00' AND {0} < '-0:') "
        "OR ({0} >= '+' AND {0} < ',') OR contains({0}, '_')",
    ),
    "TIME": (  # the engine sees midnight in a date
        "TRY_CAST({0} AS TIME)",
        "({1} IS NULL AND {0} IS NOT NULL) OR NOT contains({0}, ':') OR contains({0}, '-') OR contains({0}, '/')",
    ),
    "BOOLEAN": ("TRY_CAST({0} AS BOOLEAN)", "lower({0}) <> 'true' AND lower({0}) <> 'false'"),
}
"""For each other type the value of a text ``{0}``, and whether the text is not how the value ``{1}`` is written."""


@dataclass(frozen=True)
class ByHead:
    """What the first rows told.

    Attributes:
        texts: columns that were read as text though all rows of them may look otherwise to the engine.
        casts: such columns that were given another type.
    """

    texts: tuple[str, ...]
    casts: tuple[Cast, ...]


def create_by_head(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    paths: Sequence[Path],
    options: str,
    naming: str,
    sketch: Sketch,
) -> ByHead | None:
    """Make a table of files of one form, with the types that the first rows of the first file tell.

    A cell that is not like the first ones of its column gives that column another type, as far as there are few such
    columns: the one that reads both, or that of texts.

    Args:
        options: of the engine's reader.
        naming: the option that gives the columns their names; empty where a header does.
        sketch: what the ends of the first file say.

    Returns:
        None where no table was made, as the first rows tell other columns, or types that are not known here.

    Raises:
        duckdb.Error: the files are not of that form, or too many columns are not as their first rows.
    """
    names = sketch.layout.names
    # Room for longer lines takes three times as long; where they are needed the engine says so.
    sniffing = f"sniff_csv({text(str(paths[0]))}, {options}{naming}, sample_size = {HEAD_ROWS})"
    ((columns, moments),) = connection.execute(f'SELECT "Columns", "TimestampFormat" FROM {sniffing}').fetchall()
    told = {c["name"]: c["type"] for c in columns}
    known = set(told.values()) <= {*_READ_ALONE, *_HELD} and not any(n.lower().startswith(VALUE) for n in told)
    if tuple(told) != names or not known:
        return None
    unlike = {n for n, w in sketch.writings.items() if sketch.values[n] and (w is None or not w.type.numeric)}
    told = {n: "VARCHAR" if kind in _NUMBERS and n in unlike else kind for n, kind in told.items()}
    form = f", timestampformat = {text(moments)}" if moments else ""
    files = ", ".join(text(str(p)) for p in paths)
    reader = f"read_csv([{files}], {options}, {LONG_LINES}, auto_detect = false{form}"
    later = _later(connection, reader, told, sketch)
    texts: list[str] = []
    for left in reversed(range(ATTEMPTS)):
        types, chosen = _types(told, later, texts, sketch)
        query = _query(reader, types, chosen)
        busy()
        try:
            connection.execute(f"CREATE TABLE {table} AS {query}")
            break
        except duckdb.InvalidInputException as error:
            _, marked, rest = str(error).partition(UNLIKE)
            if not left or not marked:
                raise
            place, _, cell = rest.partition(END)[0].partition(" ")
            name = names[int(place)]
            if name in later:
                texts.append(name)
            later[name] = [*later.get(name, ()), cell]
    untold = [n for n, t in types.items() if t == "VARCHAR" and n not in chosen and n not in later]
    told_later = [n for n in later if types[n] == "VARCHAR" and n not in chosen]
    return ByHead((*_empty(connection, table, untold), *told_later, *chosen), tuple(chosen.values()))


def _later(
    connection: duckdb.DuckDBPyConnection, reader: str, told: Mapping[str, str], sketch: Sketch
) -> dict[str, list[str]]:
    """Of columns that are numbers in the very first rows only, some cells that are none for the engine."""
    plain = {n for n, w in sketch.writings.items() if w is not None and w.type.numeric and w.form is None}
    names = [n for n, kind in told.items() if kind == "VARCHAR" and n in plain]
    if not names:
        return {}
    read = ", ".join(f"{text(n)}: 'VARCHAR'" for n in told)
    rows = f"(SELECT * FROM {reader}, columns = {{{read}}}) LIMIT {HEAD_ROWS})"
    odd = "TRY_CAST({0} AS DOUBLE) IS NULL OR ({0} >= '00' AND {0} < '0:')"
    cells = ", ".join(f"list({quoted(n)}) FILTER ({odd.format(quoted(n))})" for n in names)
    (found,) = connection.execute(f"SELECT {cells} FROM {rows}").fetchall()
    return {n: sorted({c for c in some or () if c is not None})[:CELLS] for n, some in zip(names, found, strict=True)}


def _types(
    told: Mapping[str, str], later: Mapping[str, Sequence[str]], texts: Collection[str], sketch: Sketch
) -> tuple[dict[str, str], dict[str, Cast]]:
    """The types that columns are read with, and how those are read that are text for the engine.

    Args:
        told: the types that the first rows tell.
        later: cells that are not like those, by column.
        texts: columns that did not read with a type that fits those cells either.
    """
    known = later
    if later:
        known = {n: [*later.get(n, ()), *(["0.5"] if told[n] == "DOUBLE" else [])] for n in told}
        known = {n: cells for n, cells in known.items() if cells or n in later}
    open_ = ("VARCHAR", *(_NUMBERS if later else ()))
    chosen = {n: c for n, c in sketch.casts(known).items() if n not in texts and told[n] in open_}
    types = dict(told)
    for name in later:
        fraction = told[name] == "BIGINT" and name not in texts and all(map(_fraction, later[name]))
        fraction = fraction and not sketch.decimal_commas
        types[name] = "DOUBLE" if fraction else "VARCHAR"
    return {n: "VARCHAR" if n in chosen else t for n, t in types.items()}, chosen


def _fraction(cell: str) -> bool:
    return bool(_FRACTION.fullmatch(cell)) and not _THOUSANDS.fullmatch(cell)


def value_of(column: str, kind: str) -> str:
    """SQL of the value of a text (SQL) as a type; null where it is not written as that type is here."""
    if kind == "VARCHAR":
        return column
    if kind not in _HELD:
        return f"TRY_CAST({column} AS {kind})"
    made, odd = _HELD[kind]
    made = made.format(column)
    return f"CASE WHEN NOT coalesce({odd.format(column, made)}, FALSE) THEN {made} END"


def _query(reader: str, types: Mapping[str, str], chosen: Mapping[str, Cast]) -> str:
    """The rows with their types; a cell that does not fit raises an error that names its column.

    Nothing in it may become a join (a list of constants would), after which rows are in no order.

    Args:
        reader: the call of the engine's reader, but for the columns and the closing bracket.
    """
    read, values, fields = [], [], []
    for place, (name, kind) in enumerate(types.items()):
        column, value = quoted(name), f"{VALUE}{place}"
        read.append(f"{text(name)}: {text('VARCHAR' if kind in _HELD else kind)}")
        if kind in _HELD:
            made, odd = (part.format(column, value) for part in _HELD[kind])
        elif kind in ("DATE", "TIMESTAMP"):
            # Of 31/12/24 the engine makes a day of the year 31.
            unlike = f"CAST(error({text(f'{UNLIKE}{place} ')} || {column}::VARCHAR || {text(END)}) AS {kind})"
            fields.append(f"CASE WHEN {column} < {kind} {EARLIEST} THEN {unlike} ELSE {column} END AS {column}")
            continue
        elif name in chosen:
            made, odd, kind = chosen[name].sql, f"{value} IS NULL AND {present(name)}", chosen[name].type
        else:
            fields.append(column)
            continue
        values.append(f"{made} AS {value}")
        unlike = f"CAST(error({text(f'{UNLIKE}{place} ')} || left({column}, {SHOWN}) || {text(END)}) AS {kind})"
        fields.append(f"CASE WHEN {odd} THEN {unlike} ELSE {value} END AS {column}")
    rows = f"{reader}, columns = {{{', '.join(read)}}})"
    return f"SELECT {', '.join(fields)} FROM (SELECT {', '.join(['*', *values])} FROM {rows})"


def _empty(connection: duckdb.DuckDBPyConnection, table: str, names: Sequence[str]) -> tuple[str, ...]:
    """The columns that have no value in the first rows."""
    if not names:
        return ()
    counts = ", ".join(f"count({quoted(n)})" for n in names)
    listed = ", ".join(map(quoted, names))
    (found,) = connection.execute(f"SELECT {counts} FROM (SELECT {listed} FROM {table} LIMIT {HEAD_ROWS})").fetchall()
    return tuple(n for n, count in zip(names, found, strict=True) if not count)
