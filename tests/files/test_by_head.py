"""Files whose first rows tell types that later rows may not keep."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from assay.config import Settings
from assay.pipeline import audit
from assay.source.duckdb import DuckDBSource
from assay.source.files import by_head
from assay.source.files.by_head import HEAD_ROWS
from assay.source.open import find_tables

EARLY = HEAD_ROWS + 3_000


def opened(path: Path, **settings: Any) -> DuckDBSource:
    (table,) = find_tables(str(path))
    source = table.open(Settings(**settings))
    assert isinstance(source, DuckDBSource)
    return source


def late(folder: Path, early: str, last: str, end: str = "\n") -> Path:
    """A file in which only the last row is written otherwise."""
    path = folder / "late.csv"
    rows = ["key;value", *(f"k{i};{early}" for i in range(EARLY)), f"last;{last}", ""]
    path.write_bytes(end.join(rows).encode())
    return path


@pytest.mark.parametrize(
    ("early", "last", "kind", "value"),
    [
        ("5", "7", "BIGINT", 7),
        ("5", "1.5", "DOUBLE", 1.5),
        ("5", "1e3", "DOUBLE", 1000.0),
        ("5", "007", "VARCHAR", "007"),
        ("5", "+6", "VARCHAR", "+6"),
        ("5", "1_000", "VARCHAR", "1_000"),
        ("5", "n/a", "VARCHAR", "n/a"),
        ("1.5", "00.5", "VARCHAR", "00.5"),
        ("true", "1", "VARCHAR", "1"),
        ("true", "FALSE", "BOOLEAN", False),
        ("10:00:00", "11:30:00", "TIME", time(11, 30)),
        ("10:00:00", "2024-01-01", "VARCHAR", "2024-01-01"),
        ("", "7", "BIGINT", 7),
        ("31.12.2024", "30.11.2024", "DATE", date(2024, 11, 30)),
        ("31.12.2024", "soon", "VARCHAR", "soon"),
        ("31.12.2024", "2025-01-02", "DATE", date(2025, 1, 2)),
        ("2024-12-31", "2024-02-30", "VARCHAR", "2024-02-30"),
        ("2024-12-31", "30/11/24", "DATE", date(2024, 11, 30)),
        ("12345", "01234", "VARCHAR", "01234"),
        ("5,5", "1.234", "DOUBLE", 1234.0),
        ("5", "12,345.50", "DOUBLE", 12345.5),
        ("5", "1,234,567", "BIGINT", 1234567),
        ("1.50", "1,234.75", "DOUBLE", 1234.75),
        ("12345", "1,234", "DOUBLE", 1.234),
        ("$5", "$1,234.50", "DOUBLE", 1234.5),
        ("1,5", "2,25", "DOUBLE", 2.25),
        ("1,5", "1.002,25", "DOUBLE", 1002.25),
        ("1,5", "inf", "VARCHAR", "inf"),
        ("1,5", "n/a", "VARCHAR", "n/a"),
    ],
)
def test_a_late_cell_is_read_as_it_is_written(tmp_path: Path, early: str, last: str, kind: str, value: Any) -> None:
    source = opened(late(tmp_path, early, last))
    try:
        assert [(c.name, c.native) for c in source.columns] == [("key", "VARCHAR"), ("value", kind)]
        assert source.rows == EARLY + 1
        assert source._connection.sql("SELECT value FROM staged WHERE key = 'last'").fetchall() == [(value,)]
        assert source._recipe is not None  # whoever runs the proof reads the same
        told = f"SELECT count(*), min(value) FILTER (key = 'last') FROM {source._recipe.sql()}"
        assert source._connection.sql(told).fetchall() == [(EARLY + 1, value)]
    finally:
        source.close()


def test_rows_keep_their_order(tmp_path: Path) -> None:
    """Also where reading them takes long enough for threads to overtake each other, and in several files."""
    for name, first in (("a.csv", 0), ("b.csv", 150_000)):
        rows = (f"{i};{i},5;31.12.2024;a long enough text {i};{i * 7},25" for i in range(first, first + 150_000))
        (tmp_path / name).write_text("\n".join(["place;amount;day;words;total", *rows, ""]))
    for name, count in (("a.csv", 150_000), ("*.csv", 300_000)):
        source = opened(tmp_path / name, threads=4)
        try:
            (row,) = source._connection.sql("SELECT count(*), count(*) FILTER (rowid = place) FROM staged").fetchall()
            assert row == (count, count)
        finally:
            source.close()


def test_a_late_mark_of_thousands_is_expected_in_other_columns(tmp_path: Path) -> None:
    path = tmp_path / "thousands.csv"
    rows = [f"k{i};5;0.5;7;01;{'1,234,567.5' if i == EARLY else '1.5'}" for i in range(EARLY + 1)]
    rows += ["last;1,234;2,345.5;12.5;1,234;1.5", ""]
    path.write_text("\n".join(["key;count;amount;number;code;total", *rows]))
    with mock.patch.object(by_head, "_query", wraps=by_head._query) as query:
        source = opened(path)
    try:
        kinds = {c.name: c.native for c in source.columns}
        assert kinds == {
            "key": "VARCHAR", "count": "BIGINT", "amount": "DOUBLE", "number": "DOUBLE", "code": "VARCHAR",
            "total": "DOUBLE",
        }  # fmt: skip
        last = source._connection.sql("SELECT count, amount, number, code FROM staged WHERE key = 'last'").fetchall()
        assert last == [(1234, 2345.5, 12.5, "1,234")]
        assert query.call_count == 3  # an amount that tells, a fraction
    finally:
        source.close()


def test_a_few_odd_cells_of_a_long_column_are_a_finding(tmp_path: Path) -> None:
    """Also where the sample of the rows has none of them."""
    source = opened(late(tmp_path, "$12.50", "pending"))
    try:
        (note,) = source.notes
        assert (note.kind, note.columns) == ("malformed_values", ("value",))
        assert note.predicate is not None
        found = source._connection.sql(f"SELECT key FROM staged WHERE {note.predicate.sql('duckdb')}").fetchall()
        assert found == [("last",)]
    finally:
        source.close()


def test_late_objects_of_json_lines_are_read_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "late.jsonl"
    path.write_text('{"n": 1, "code": "10000"}\n' * EARLY + '{"n": 1.5, "code": "01234", "new": "x"}\n')
    source = opened(path)
    try:
        assert [(c.name, c.native) for c in source.columns] == [
            ("n", "DOUBLE"),
            ("code", "VARCHAR"),
            ("new", "VARCHAR"),
        ]
        assert source._connection.sql("SELECT n, code FROM staged WHERE new = 'x'").fetchall() == [(1.5, "01234")]
    finally:
        source.close()


def test_a_text_column_may_be_called_rowid(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("rowid,n,$\n" + "".join(f"r{i},{i},$5\n" for i in range(EARLY)))
    source = opened(path)
    try:
        assert [c.native for c in source.columns] == ["VARCHAR", "BIGINT", "BIGINT"]
        assert source.rows == EARLY
    finally:
        source.close()


def test_cells_of_rare_date_formats_are_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "dates.csv"
    days = [f"2025-03-{1 + i % 28:02d}" if i % 10 else f"{1 + i % 28:02d}.03.2025" for i in range(400)]
    path.write_text("day;assay_unusual_0;spend\n" + "".join(f"{d};x;{i / 4}\n" for i, d in enumerate(days)))
    table = audit(path)
    assert [c.column.name for c in table.columns] == ["day", "assay_unusual_0", "spend"]
    (finding,) = (f for f in table.findings if f.kind == "malformed_values")
    assert (finding.columns, finding.rows_affected) == (("day",), 40)


def test_carriage_returns_alone_are_read_in_place(tmp_path: Path) -> None:
    source = opened(late(tmp_path, "5", "7", end="\r"))
    try:
        assert [c.native for c in source.columns] == ["VARCHAR", "BIGINT"]
        assert source.rows == EARLY + 1
        assert source._recipe is not None
        assert source._connection.sql(f"SELECT max(value) FROM {source._recipe.sql()}").fetchall() == [(7,)]
    finally:
        source.close()


def test_columns_may_have_the_names_that_reading_uses(tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_text('assay_value_1,"a ""b"" {0}",rowid\n' + "1,2,3\n" * 50)
    source = opened(path)
    try:
        assert [c.name for c in source.columns] == ["assay_value_1", 'a "b" {0}', "rowid"]
        assert [c.native for c in source.columns] == ["BIGINT"] * 3
    finally:
        source.close()


def test_repeated_rows_beside_a_column_called_rowid_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    rows = [f"r{i},{'ab'[i % 2]},{i * 7 % 100}\n" for i in range(300)]
    path.write_text("rowid,brand,clicks\n" + "".join(rows + rows[:20]))
    table = audit(path)
    assert table.failures == ()
    (finding,) = (f for f in table.findings if f.kind == "duplicate_rows")
    assert (finding.rows_affected, len(finding.sample) > 0) == (20, True)
