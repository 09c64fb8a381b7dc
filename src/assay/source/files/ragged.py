"""Files whose rows do not all have the same fields: rows are padded or cut to the header, and their faults kept.

What is sound passes unchanged, so that the engine reads the mended copy as fast as any regular file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO

import duckdb
import pyarrow as pa

from assay.source.files.by_head import value_of
from assay.source.files.casts import Cast, quoted
from assay.source.files.dialect import LONGEST_FIELD, Dialect, Reader, Record
from assay.source.files.layout import Layout
from assay.source.files.soundness import Lines, lines_of
from assay.source.files.tear import LONG, MARK, SHORT, TORN

BATCH = 20_000
BLOCK = 1 << 19  # what is worked out of it stays in a processor's cache
PLACE = "assay_place"
MOST_APART = 20_000  # mended rows that are put into their places after the others


@dataclass(frozen=True)
class Fault:
    """A row that had to be mended: its place among the rows, its line in the file, and the mark of what was wrong.

    Attributes:
        fields: what has to be put into its place; empty where that is there.
    """

    row: int
    line: int
    mark: int
    fields: tuple[str, ...] = ()


def mend(
    path: Path, target: Path, dialect: Dialect, layout: Layout, first_line: int, *, apart: bool = False
) -> list[Fault]:
    """Write the rows of a UTF-8 file, all with the header's number of fields, to ``target``; without the header.

    Args:
        first_line: number of the line (from 1) that the first row starts on.
        apart: whether to leave the places of some thousand mended rows blank, so that cells in wrong columns do not
            stand in the way of the types of the others.
    """
    width, faults = len(layout.names), list[Fault]()
    most = MOST_APART if apart and width > 1 else 0
    row, line, rest, size = 0, first_line, b"", BLOCK
    with path.open("rb") as file, target.open("wb") as out:
        for _ in range(first_line - 1):
            file.readline()
        more = True
        while more:
            read = file.read(size)
            more, block = bool(read), rest + read
            whole = block.rfind(b"\n") + 1
            if not more and whole < len(block):
                block, whole = block + b"\n", len(block) + 1
            lines = lines_of(block[:whole], dialect, width)
            if more and len(lines.ends) <= LONGEST_FIELD:
                rest, size = block, 2 * size  # what a quote opens may reach further than this
                continue
            done = 0
            for at in lines.odd:
                if at < done:
                    continue
                if more and at >= len(lines.ends) - LONGEST_FIELD:
                    break
                row += _copy(out, block, lines, done, at)
                done, fields, torn = _record(block, lines, at, dialect)
                if fields:
                    known = len(faults)
                    (even,) = _even(iter([Record(line + int(at), fields, torn)]), 0, width, faults, row)
                    if known < len(faults) <= most:
                        faults[-1] = replace(faults[-1], fields=tuple(even))
                        even = [""] * width
                    out.write(_written(even, dialect))
                    row += 1
            else:
                at = len(lines.ends)
            at = max(int(at), done)
            row += _copy(out, block, lines, done, at)
            rest = block[lines.starts[at] if at < len(lines.ends) else whole :]
            line += at
    return faults


def _copy(out: IO[bytes], block: bytes, lines: Lines, start: int, end: int) -> int:
    """Write sound lines as they are; how many."""
    if end > start:
        out.write(memoryview(block)[lines.starts[start] : lines.ends[end - 1] + 1])
    return int(end - start)


def _record(block: bytes, lines: Lines, at: int, dialect: Dialect) -> tuple[int, list[str], bool]:
    """The record that starts on a line: the index of the line behind it, its fields (none if empty), if it is torn."""
    start, end = lines.starts[at], lines.ends[at]
    if start == end:
        return int(at) + 1, [], False
    bounds = zip(lines.starts[at : at + LONGEST_FIELD], lines.ends[at : at + LONGEST_FIELD], strict=True)
    record = next(Reader(dialect).read(block[s:e].decode("utf-8", "replace") for s, e in bounds))
    return int(at) + 1 + sum(f.count("\n") for f in record.fields), record.fields, record.torn


def _written(fields: Sequence[str], dialect: Dialect) -> bytes:
    out = io.StringIO(newline="")
    quote = dialect.quote or '"'
    csv.writer(out, delimiter=dialect.delimiter, quotechar=quote, lineterminator="\n").writerow(fields)
    return out.getvalue().encode("utf-8", "replace")


def stage_records(
    connection: duckdb.DuckDBPyConnection, records: Iterable[Record], table: str, layout: Layout
) -> list[Fault]:
    """Put records, of which the first ``layout.first`` are no rows, into a table of texts."""
    faults: list[Fault] = []
    columns = ", ".join(f"{quoted(n)} VARCHAR" for n in layout.names)
    connection.execute(f"CREATE TABLE {table} ({columns})")
    rows = _even(iter(records), layout.first, len(layout.names), faults)
    while chunk := list(islice(rows, BATCH)):
        batch = pa.table(  # noqa: F841 - the engine finds it by name
            [pa.array([c or None for c in column], pa.string()) for column in zip(*chunk, strict=True)],
            names=[f"c{i}" for i in range(len(layout.names))],
        )
        connection.execute(f"INSERT INTO {table} SELECT * FROM batch")
    return faults


def put_back(connection: duckdb.DuckDBPyConnection, table: str, faults: Sequence[Fault], casts: Sequence[Cast]) -> None:
    """Put mended rows into their blank places; cells that do not read as their column's type are null there.

    Args:
        casts: of columns whose texts the engine does not read by itself.
    """
    apart = [f for f in faults if f.fields]
    if not apart:
        return
    described = connection.sql(f"SELECT * FROM {table} LIMIT 0")
    cells = zip(*(f.fields for f in apart), strict=True)
    texts = pa.table(  # noqa: F841 - the engine finds it by name
        [pa.array([f.row for f in apart]), *(pa.array([c or None for c in column], pa.string()) for column in cells)],
        names=[PLACE, *described.columns],
    )
    known = {c.name: c.sql for c in casts}
    values = {
        name: known.get(name, value_of(quoted(name), str(kind)))
        for name, kind in zip(described.columns, described.types, strict=True)
    }
    read = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in values.items())
    fields = ", ".join(f"{quoted(name)} = mended.{quoted(name)}" for name in values)
    connection.execute(
        f"UPDATE {table} SET {fields} FROM (SELECT {PLACE}, {read} FROM texts) mended "
        f"WHERE {table}.rowid = mended.{PLACE}"
    )


def mark_rows(connection: duckdb.DuckDBPyConnection, table: str, faults: Sequence[Fault]) -> tuple[str, ...]:
    """Give a table a hidden column with the marks of its mended rows; the names of the columns added."""
    if not faults:
        return ()
    marks = pa.table({"place": [f.row for f in faults], "mark": [f.mark for f in faults]})  # noqa: F841 - as above
    if "rowid" in (n.lower() for n in connection.sql(f"SELECT * FROM {table} LIMIT 0").columns):
        # A column of that name hides the engine's own.
        numbered = f"SELECT *, row_number() OVER () - 1 AS {PLACE} FROM {table}"
        connection.execute(
            f"CREATE TABLE {table}_marked AS SELECT t.* EXCLUDE ({PLACE}), coalesce(marks.mark, 0)::INTEGER AS {MARK} "
            f"FROM ({numbered}) t LEFT JOIN marks ON t.{PLACE} = marks.place ORDER BY t.{PLACE}"
        )
        connection.execute(f"DROP TABLE {table}")
        connection.execute(f"ALTER TABLE {table}_marked RENAME TO {table}")
        return (MARK,)
    connection.execute(f"ALTER TABLE {table} ADD COLUMN {MARK} INTEGER DEFAULT 0")
    connection.execute(f"UPDATE {table} SET {MARK} = marks.mark FROM marks WHERE {table}.rowid = marks.place")
    return (MARK,)


def _even(
    records: Iterator[Record], first: int, width: int, faults: list[Fault], start: int = 0
) -> Iterator[list[str]]:
    """The fields of each row, as many as the header has; ``start`` is the place of the first of them."""
    for row, (line, fields, torn) in enumerate(islice(records, first, None), start):
        if len(fields) == width and not torn:
            yield fields
            continue
        mark = TORN if torn else 0
        if len(fields) < width:
            mark |= SHORT
        elif any(f.strip() for f in fields[width:]):
            mark |= LONG
        if mark:
            faults.append(Fault(row, line, mark))
        yield [*fields, *[""] * (width - len(fields))][:width]
