"""Sheets of Excel workbooks as tables: one table a sheet, read as the same rows of texts that a text file has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from assay.errors import SourceError
from assay.source.files.dialect import Record
from assay.source.files.layout import find_layout, footer_start
from assay.source.files.ragged import stage_records
from assay.source.files.sketch import LAST, LOOKED_AT
from assay.source.files.staged import Staged
from assay.source.files.tear import left_out, odd_header
from assay.source.files.unpacked import LEGACY_EXCEL

Cell = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta


def sheet_names(path: Path) -> list[str]:
    """The sheets of a workbook that hold anything, in their order.

    Raises:
        SourceError: the file is no workbook, or locked with a password.
    """
    with _reading(path) as workbook:
        return [name for name in workbook.sheet_names if workbook.get_sheet_by_name(name).height]


def stage_sheet(connection: duckdb.DuckDBPyConnection, path: Path, sheet: str, table: str, name: str) -> Staged:
    """Read one sheet into a table of texts.

    Raises:
        SourceError: there is no such sheet, or it is empty.
    """
    with _reading(path) as workbook:
        if sheet not in workbook.sheet_names:
            known = ", ".join(workbook.sheet_names[:8])
            raise SourceError(f"{path.name}: no sheet {sheet!r}; it has: {known}")
        rows = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    records = _records(rows)
    if not records:
        raise SourceError(f"{name}: the sheet is empty")
    layout = find_layout(records[:LOOKED_AT])
    body, width = records[layout.first :], len(layout.names)
    last = body[-LAST:]
    blank_before = frozenset(r.line for r in last if r.line > 1 and not any(map(_text, rows[r.line - 2])))
    end = len(body) - len(last) + footer_start(last, width, blank_before=blank_before) if len(body) > 1 else len(body)
    kept = iter(_padded(records[: layout.first] + body[:end], width, layout.first))
    stage_records(connection, kept, table, layout)
    return Staged(table, (), (*odd_header(name, layout), *left_out(name, body[end:])))


def _records(rows: Sequence[Sequence[Cell]]) -> list[Record]:
    """The rows that hold anything, without the empty columns left and right of the table."""
    texts = [[_text(cell) for cell in row] for row in rows]
    used = [place for row in texts for place, cell in enumerate(row) if cell]
    if not used:
        return []
    left, right = min(used), max(used) + 1
    return [Record(line, row[left:right]) for line, row in enumerate(texts, start=1) if any(row)]


def _padded(records: Sequence[Record], width: int, first: int) -> Iterator[Record]:
    """Rows of a sheet are as wide as the sheet: empty cells at the end are no lost fields."""
    for place, record in enumerate(records):
        fields = list(record.fields)
        while place >= first and len(fields) > width and not fields[-1]:
            fields.pop()
        fields += [""] * (width - len(fields))
        yield Record(record.line, fields)


def _text(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(" ") if cell.time() != dt.time() else cell.date().isoformat()
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell).strip()


@contextmanager
def _reading(path: Path) -> Iterator[Any]:
    """The workbook of a file; every failure of the library as one line."""
    import python_calamine

    with path.open("rb") as file:
        head = file.read(len(LEGACY_EXCEL))
    if head == LEGACY_EXCEL:
        raise SourceError(f"{path.name}: an old .xls workbook or one with a password; save it as plain .xlsx or CSV")
    try:
        yield python_calamine.CalamineWorkbook.from_path(str(path))
    except (python_calamine.CalamineError, OSError):
        raise SourceError(f"{path.name}: cannot be read as an Excel workbook; save it again as .xlsx or CSV") from None
