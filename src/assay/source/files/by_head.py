"""Types that the first rows of a text file tell, and that every other row is held against while it is read.

The engine's own reader tells types from some rows, and then rounds a later ``1.5`` to a whole number and drops the
zeros of a later ``007``; or it looks at all rows beforehand, on one processor, which takes longer than reading them.
Here the texts are read, and a cell that is not written as its type is ends the reading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from assay.source.files.casts import Cast, present, quoted, text

HEAD_ROWS = 20_480
UNLIKE = "assay: otherwise than in the first rows is column "
ATTEMPTS = 3
VALUE = "assay_value_"
LONG_LINES = "max_line_size = 16777216"

_READ_ALONE = frozenset({"VARCHAR", "DATE", "TIMESTAMP"})
"""Types that the engine's reader refuses any other writing of."""
_HELD = {
    # One writing a number: no sign before it, no zeros, separators, points or exponents.
    "BIGINT": ("TRY_CAST({0} AS BIGINT)", "CAST({1} AS VARCHAR) IS DISTINCT FROM {0}"),
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
    names: Sequence[str],
    written: Mapping[str, Cast],
) -> ByHead | None:
    """Make a table of files of one form, with the types that the first rows of the first file tell.

    A column with a cell that is not like its first ones is text, as far as there are few such columns.

    Args:
        options: of the engine's reader.
        naming: the option that gives the columns their names; empty where a header does.
        names: the columns that are expected.
        written: how to read columns that are text for the engine.

    Returns:
        None where no table was made, as the first rows tell other columns, or types that are not known here.

    Raises:
        duckdb.Error: the files are not of that form, or too many columns are not as their first rows.
    """
    # Room for longer lines takes three times as long; where they are needed the engine says so.
    sniffing = f"sniff_csv({text(str(paths[0]))}, {options}{naming}, sample_size = {HEAD_ROWS})"
    ((columns, moments),) = connection.execute(f'SELECT "Columns", "TimestampFormat" FROM {sniffing}').fetchall()
    types = {c["name"]: c["type"] for c in columns}
    known = set(types.values()) <= {*_READ_ALONE, *_HELD} and not any(n.lower().startswith(VALUE) for n in types)
    if tuple(types) != tuple(names) or not known:
        return None
    chosen = {n: c for n, c in written.items() if types[n] == "VARCHAR"}
    form = f", timestampformat = {text(moments)}" if moments else ""
    files = ", ".join(text(str(p)) for p in paths)
    reader = f"read_csv([{files}], {options}, {LONG_LINES}, auto_detect = false{form}"
    late: list[str] = []
    for left in reversed(range(ATTEMPTS)):
        try:
            connection.execute(f"CREATE TABLE {table} AS {_query(reader, types, chosen)}")
            break
        except duckdb.InvalidInputException as error:
            _, marked, place = str(error).partition(UNLIKE)
            if not left or not marked:
                raise
            late.append(names[int(place.split()[0])])
            types[late[-1]] = "VARCHAR"
            chosen.pop(late[-1], None)
    untold = [n for n, t in types.items() if t == "VARCHAR" and n not in chosen and n not in late]
    plain = (*_empty(connection, table, untold), *late, *chosen)
    return ByHead(plain, tuple(chosen.values()))


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
        elif name in chosen:
            made, odd, kind = chosen[name].sql, f"{value} IS NULL AND {present(name)}", chosen[name].type
        else:
            fields.append(column)
            continue
        values.append(f"{made} AS {value}")
        unlike = f"CAST(error({text(UNLIKE + str(place))}) AS {kind})"
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
