"""Files whose rows do not all have the same fields: rows are padded or cut to the header, and their faults kept.

What is sound passes unchanged, so that the engine reads the mended copy as fast as any regular file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa

from assay.source.files.dialect import Dialect, Reader, Record
from assay.source.files.layout import Layout
from assay.source.files.tear import LONG, MARK, SHORT, TORN
from assay.source.files.typed import quoted

BATCH = 20_000


@dataclass(frozen=True)
class Fault:
    """A row that had to be mended: its place among the rows, its line in the file, and the mark of what was wrong."""

    row: int
    line: int
    mark: int


def mend(path: Path, target: Path, dialect: Dialect, layout: Layout) -> list[Fault]:
    """Write the rows of a UTF-8 file, all with the header's number of fields, to ``target``; without the header."""
    width, delimiter = len(layout.names), dialect.delimiter
    special = {'"', "\n", "\r", dialect.quote} - {""}
    faults: list[Fault] = []
    with path.open(encoding="utf-8", newline="\n") as file, target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=delimiter, quotechar=dialect.quote or '"', lineterminator="\n")
        records = Reader(dialect).read(line.rstrip("\n") for line in file)
        for fields in _even(records, layout.first, width, faults):
            joined = delimiter.join(fields)
            if joined and joined.count(delimiter) == width - 1 and not any(c in joined for c in special):
                out.write(joined + "\n")
            else:
                writer.writerow(fields)
    return faults


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


def mark_rows(connection: duckdb.DuckDBPyConnection, table: str, faults: Sequence[Fault]) -> tuple[str, ...]:
    """Give a table a hidden column with the marks of its mended rows; the names of the columns added."""
    if not faults:
        return ()
    marks = pa.table({"place": [f.row for f in faults], "mark": [f.mark for f in faults]})  # noqa: F841 - as above
    connection.execute(f"ALTER TABLE {table} ADD COLUMN {MARK} INTEGER DEFAULT 0")
    connection.execute(f"UPDATE {table} SET {MARK} = marks.mark FROM marks WHERE {table}.rowid = marks.place")
    return (MARK,)


def _even(records: Iterator[Record], first: int, width: int, faults: list[Fault]) -> Iterator[list[str]]:
    """The fields of each row, as many as the header has."""
    row = -1
    for line, fields, torn in islice(records, first, None):
        row += 1
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
