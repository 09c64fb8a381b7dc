"""Rows that are mended in bulk are those that a careful reading of every line finds."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

import assay
from assay.config import Settings
from assay.source.files import ragged
from assay.source.files.dialect import Dialect, Reader
from assay.source.files.layout import Layout
from assay.source.open import find_tables

PIECES = st.sampled_from(["a", "é", ",", ",", '"', "'", "\n", '"a"', '"a,b"', ',"a\nb",', "\na,b,c\n", '""', "\\"])


@given(st.lists(PIECES, max_size=80), st.sampled_from(['"', "'"]), st.integers(1, 3), st.sampled_from([7, 50, 1 << 20]))
def test_bulk_and_careful_reading_agree(pieces: list[str], quote: str, width: int, block: int) -> None:
    dialect, layout = Dialect(",", quote), Layout(0, ("x", "y", "z")[:width], (), 1)
    text = "header\n" + "".join(pieces)
    lines = text.removesuffix("\n").split("\n")[1:]
    with TemporaryDirectory() as folder, patch.object(ragged, "BLOCK", block):
        source, target = Path(folder) / "in", Path(folder) / "out"
        source.write_bytes(text.encode())
        found = ragged.mend(source, target, dialect, layout, 2)
        mended = target.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    faults: list[ragged.Fault] = []
    expected = list(ragged._even(Reader(dialect).read(lines), 0, width, faults))
    assert [r.fields for r in Reader(dialect).read(mended)] == expected
    assert [(f.row, f.line - 1, f.mark) for f in found] == [(f.row, f.line, f.mark) for f in faults]


def test_a_column_that_hides_the_row_number_marks_the_right_row(tmp_path: Path) -> None:
    rows = [f"{900 - i},{i}.5" for i in range(40)]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["rowid,cost", *rows[:30], "5,6,7", *rows[30:]]) + "\n", encoding="utf-8")
    audit = assay.audit(str(path), rows_out=tmp_path / "rows.parquet")
    (torn,) = [f for f in audit.findings if f.kind == "column_shift"]
    bad = pq.read_table(tmp_path / "rows.parquet").to_pylist()
    assert [r["row_index"] for r in bad if r["finding_id"] == torn.id] == [30]


def test_cells_in_wrong_columns_do_not_stand_in_the_way_of_types(tmp_path: Path) -> None:
    """They are kept where they read as their column's type, and are null elsewhere: 1.5 is no whole number."""
    path = tmp_path / "torn.csv"
    rows = [f"2025-01-{i % 28 + 1:02d},{i},{i}.5,{'true' if i % 2 else 'false'}" for i in range(3_000)]
    rows[5], rows[7] = "17,1.5,false", "2025-01-01,4,4.5,true,more"
    path.write_text("\n".join(["day,count,amount,flag", *rows, ""]))
    (table,) = find_tables(str(path))
    source = table.open(Settings())
    try:
        assert [c.native for c in source.columns] == ["DATE", "BIGINT", "DOUBLE", "BOOLEAN"]
        found = source._connection.sql("SELECT * EXCLUDE (assay_mark) FROM staged WHERE assay_mark <> 0 ORDER BY rowid")
        assert found.fetchall() == [(None, None, None, None), (date(2025, 1, 1), 4, 4.5, True)]
        assert source.rows == 3_000
    finally:
        source.close()
