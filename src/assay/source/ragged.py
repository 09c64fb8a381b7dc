"""Files whose rows do not all have the same fields: read row by row, with the line and the fault of each row kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from assay.source.dialect import Dialect, Reader, Record
from assay.source.layout import Layout
from assay.source.notes import Note
from assay.source.tear import LINE, LONG, MARK, SHORT, TORN, torn_rows

BATCH = 50_000


@dataclass(frozen=True)
class Ragged:
    """What was read: the hidden columns of the table, and notes on its torn rows."""

    hidden: tuple[str, ...]
    notes: list[Note]


def stage_ragged(
    connection: duckdb.DuckDBPyConnection, path: Path, table: str, dialect: Dialect, layout: Layout, name: str
) -> Ragged:
    """Read a UTF-8 file into a table of texts with two hidden columns: the line of a row and the mark of its fault."""
    with path.open(encoding="utf-8", newline="\n") as file:
        records = Reader(dialect).read(line.rstrip("\n") for line in file)
        return stage_records(connection, records, table, layout, name)


def stage_records(
    connection: duckdb.DuckDBPyConnection, records: Iterator[Record], table: str, layout: Layout, name: str
) -> Ragged:
    """Put records, of which the first ``layout.first`` are no rows, into a table of texts."""
    for _ in range(layout.first):
        next(records, None)
    faults: dict[int, list[int]] = {}
    connection.execute(_create(table, layout.names))
    for rows in _batches(records, len(layout.names), faults):
        batch = pa.table(  # noqa: F841 - the engine finds it by name
            [pa.array(column, pa.string()) for column in zip(*(r[0] for r in rows), strict=True)]
            + [pa.array([r[1] for r in rows], pa.int64()), pa.array([r[2] for r in rows], pa.int32())],
            names=[f"c{i}" for i in range(len(layout.names) + 2)],
        )
        connection.execute(f"INSERT INTO {table} SELECT * FROM batch")
    return Ragged((LINE, MARK), torn_rows(name, len(layout.names), faults))


def _create(table: str, names: Sequence[str]) -> str:
    from assay.source.typed import quoted

    columns = ", ".join(f"{quoted(n)} VARCHAR" for n in names)
    return f"CREATE TABLE {table} ({columns}, {LINE} BIGINT, {MARK} INTEGER)"


def _batches(
    records: Iterator[Record], width: int, faults: dict[int, list[int]]
) -> Iterator[list[tuple[list[str | None], int, int]]]:
    rows: list[tuple[list[str | None], int, int]] = []
    for line, fields, torn in records:
        cells: list[str | None] = [f or None for f in fields]
        mark = TORN if torn else 0
        if len(cells) != width:
            if len(cells) > width:
                mark |= LONG if any(c and c.strip() for c in cells[width:]) else 0
                del cells[width:]
            else:
                mark |= SHORT
                cells += [None] * (width - len(cells))
        if mark:
            for bit in (SHORT, LONG, TORN):
                if mark & bit:
                    faults.setdefault(bit, []).append(line)
        rows.append((cells, line, mark))
        if len(rows) == BATCH:
            yield rows
            rows = []
    if rows:
        yield rows
