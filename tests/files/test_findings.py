"""What is wrong with a file becomes findings: with its lines, with its rows, and once."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

import assay

HEADER = "day,name,impressions,cost"
ROWS = [
    f"2025-{1 + i // 28:02d}-{i % 28 + 1:02d},ad {i % 7},{100 + i * 37 % 899},{1 + i * 13 % 97}.50" for i in range(140)
]
SERIOUS = ("critical", "high", "medium")


def serious(audit: assay.Audit) -> list[assay.Finding]:
    return [f for f in audit.findings if str(f.severity) in SERIOUS and f.kind != "date_gap"]


def write(path: Path, *lines: str, encoding: str = "utf-8") -> str:
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return str(path)


def test_torn_rows_are_one_finding_with_lines_and_positions(tmp_path: Path) -> None:
    torn = ("2025-01-05,ad 1,x,200,3.5", "2025-01-05,200,3.5")
    path = write(tmp_path / "t.csv", HEADER, *ROWS[:100], *torn, *ROWS[100:])
    audit = assay.audit(path, rows_out=tmp_path / "rows.parquet")
    (finding,) = serious(audit)
    assert (finding.kind, finding.rows_affected) == ("column_shift", 2)
    assert (finding.evidence["file"], finding.evidence["lines"]) == ("t.csv", [102, 103])
    assert pq.read_table(tmp_path / "rows.parquet").column("row_index").to_pylist() == [100, 101]
    assert [str(c.column.type) for c in audit.columns] == ["date", "text", "integer", "float"]


def test_bytes_of_another_encoding_are_a_finding_with_lines(tmp_path: Path) -> None:
    data = "\n".join([HEADER, *ROWS]).replace("ad 3", "größe").encode() + "\n2025-01-05,köln,200,3.5\n".encode("cp1252")
    (tmp_path / "t.csv").write_bytes(data)
    (finding,) = serious(assay.audit(str(tmp_path / "t.csv")))
    assert (finding.kind, finding.columns, finding.rows_affected) == ("malformed_values", ("name",), 1)
    assert finding.evidence["lines"] == [142]


def test_a_clean_file_of_another_country_has_no_finding(tmp_path: Path) -> None:
    rows = [f"{r[8:10]}.{r[5:7]}.{r[:4]};Größe {i % 7};1.{100 + i};{1 + i * 13 % 97},50 €" for i, r in enumerate(ROWS)]
    audit = assay.audit(write(tmp_path / "t.csv", "Datum;Name;Impressionen;Kosten", *rows, encoding="cp1252"))
    assert not serious(audit)
    assert [str(c.column.type) for c in audit.columns] == ["date", "text", "integer", "float"]


def test_totals_are_left_out_and_noted(tmp_path: Path) -> None:
    audit = assay.audit(write(tmp_path / "t.csv", HEADER, *ROWS, "Total,,171000,14850.00"))
    assert audit.rows == len(ROWS)
    assert not serious(audit)
    assert [f.evidence["lines"] for f in audit.findings if f.kind == "malformed_values"] == [[len(ROWS) + 2]]


def test_a_column_that_changes_its_type_or_goes_is_one_finding_with_its_files(tmp_path: Path) -> None:
    months = {m: [r.replace("2025-", f"202{m}-") for r in ROWS] for m in range(4)}
    for month, rows in months.items():
        write(
            tmp_path / f"type{month}.csv",
            HEADER,
            *([f"{r.rsplit(',', 1)[0]},high" for r in rows] if month == 3 else rows),
        )
        gone = [HEADER, *rows] if month < 3 else [line.rsplit(",", 1)[0] for line in (HEADER, *rows)]
        write(tmp_path / f"gone{month}.csv", *gone)
    (changed,) = serious(assay.audit(str(tmp_path / "type*.csv")))
    assert (changed.kind, changed.columns, changed.rows_affected) == ("type_change", ("cost",), len(ROWS))
    (gone_finding,) = serious(assay.audit(str(tmp_path / "gone*.csv")))
    assert (gone_finding.kind, gone_finding.columns) == ("missing_columns", ("cost",))
    assert gone_finding.evidence["files"] == ["gone3.csv"]


def test_two_orders_of_dates_in_one_column_are_malformed(tmp_path: Path) -> None:
    rows = [f"{r[8:10]}/{r[5:7]}/{r[:4]}{r[10:]}" for r in ROWS]
    wrong = [f"{r[5:7]}/{r[8:10]}/{r[:4]}{r[10:]}" for r in ROWS if int(r[8:10]) > 12][:6]
    found = serious(assay.audit(write(tmp_path / "t.csv", HEADER, *rows, *wrong)))
    assert ("malformed_values", ("day",), 6) in [(f.kind, f.columns, f.rows_affected) for f in found]


def test_two_decimal_marks_in_one_column_are_malformed(tmp_path: Path) -> None:
    rows = [r.replace(",", ";") for r in ROWS]
    wrong = [f"{r[:-3]},25" for r in rows[:6]]
    found = serious(assay.audit(write(tmp_path / "t.csv", HEADER.replace(",", ";"), *rows[6:], *wrong)))
    assert ("malformed_values", ("cost",), 6) in [(f.kind, f.columns, f.rows_affected) for f in found]
