"""Every tricky file is read with the right columns, types and rows, or refused in one line that says what to do."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from sqlglot import exp

from assay.config import Settings
from assay.errors import AssayError
from assay.source.notes import notes_of
from assay.source.open import find_tables
from tests.files.corpus import Tricky, corpus, write

ENTRIES = list(corpus())
SERIOUS = 0.5


def test_there_are_enough_files_and_their_names_differ() -> None:
    assert len(ENTRIES) >= 40
    assert len({e.name for e in ENTRIES}) == len(ENTRIES)


@pytest.mark.parametrize("entry", [e for e in ENTRIES if not e.error], ids=lambda e: e.name)
def test_a_tricky_file_is_read(entry: Tricky, tmp_path: Path) -> None:
    (table,) = find_tables(write(entry, tmp_path))
    source = table.open(Settings())
    try:
        assert {c.name: str(c.type) for c in source.columns} == dict(entry.columns or {})
        assert source.rows == entry.rows
        serious = [n.kind for n in notes_of(source) if n.confidence >= SERIOUS]
        assert Counter(serious) == Counter(entry.notes)
        for (row, column), expected in entry.cells.items():
            assert cell(source, row, column) == (expected if expected is None else str(expected))
    finally:
        source.close()


def cell(source: object, row: int, column: str) -> str | None:
    value = exp.column(column, quoted=True)
    query = exp.select(exp.alias_(value, "v")).from_(source.relation()).where(source.position().eq(row))  # type: ignore[attr-defined]
    (found,) = source.ask(query).column("v").to_pylist()  # type: ignore[attr-defined]
    return None if found is None else str(found)


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.error], ids=lambda e: e.name)
def test_what_cannot_be_read_is_one_line(entry: Tricky, tmp_path: Path) -> None:
    address = write(entry, tmp_path)
    with pytest.raises(AssayError, match=entry.error) as caught:
        [table.open(Settings()) for table in find_tables(address)]
    assert "\n" not in str(caught.value)
