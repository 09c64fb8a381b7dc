"""``assay audit`` as a user meets it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from assay.source.base import amount
from tests.cli.conftest import Assay, rows


def test_nothing_wrong_is_status_0(assay: Assay, clean: Path) -> None:
    done = assay("audit", clean)
    assert (done.status, done.err) == (0, "")
    assert "No problems found" in done.out


def test_something_wrong_is_status_1_and_in_the_report(assay: Assay, broken: Path) -> None:
    done = assay("audit", broken)
    assert (done.status, done.err) == (1, "")
    assert "Clicks exceed impressions" in done.out
    assert "\x1b" not in done.out


def test_fail_on_decides_the_status(assay: Assay, broken: Path) -> None:
    (worst, *_) = json.loads(assay("audit", broken, "--format", "json").out)["findings"]
    ranks = ["critical", "high", "medium", "low", "info"]
    above = ranks[ranks.index(worst["severity"]) - 1]
    assert assay("audit", broken, "--fail-on", worst["severity"]).status == 1
    assert assay("audit", broken, "--fail-on", above).status == 0
    assert assay("audit", broken, "--fail-on", "info").status == 1


def test_standard_output_is_json_and_nothing_else(assay: Assay, broken: Path) -> None:
    document = json.loads(assay("audit", broken, "--format", "json").out)
    assert document["schema"] == "assay/1"
    assert document["rows"] == 600


def test_the_same_file_audited_twice_gives_the_same_bytes(assay: Assay, broken: Path) -> None:
    def stable(text: str) -> list[str]:
        return [line for line in text.splitlines() if not line.startswith(('  "started"', '  "seconds"'))]

    first = assay("audit", broken, "--format", "json", "--threads", "1")
    second = assay("audit", broken, "--format", "json", "--threads", "2")
    assert stable(first.out) == stable(second.out)


def test_markdown_goes_to_standard_output(assay: Assay, broken: Path) -> None:
    assert assay("audit", broken, "--format", "md").out.startswith("# Audit of `broken.parquet`\n")


def test_out_keeps_all_reports_and_the_bad_rows(assay: Assay, broken: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    done = assay("audit", broken, "--out", out, "--format", "json")
    assert sorted(p.name for p in out.iterdir()) == ["report.json", "report.md", "report.txt", "rows.parquet"]
    assert (out / "report.json").read_text() == done.out
    assert pq.read_table(out / "rows.parquet").column_names[:2] == ["finding_id", "row_index"]


def test_rows_out_names_the_bad_rows(assay: Assay, broken: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    document = json.loads(assay("audit", broken, "--rows-out", path, "--format", "json").out)
    ids = {f["id"] for f in document["findings"] if f["kind"] == "clicks_exceed_impressions"}
    listed = pq.read_table(path).to_pylist()
    assert {r["row_index"] for r in listed if r["finding_id"] in ids} == set(range(30))


def test_rows_out_of_a_clean_table_is_an_empty_table(assay: Assay, clean: Path, tmp_path: Path) -> None:
    assay("audit", clean, "--rows-out", tmp_path / "rows.parquet")
    assert pq.read_table(tmp_path / "rows.parquet").num_rows == 0


def test_where_and_since_limit_the_rows(assay: Assay, broken: Path) -> None:
    where = json.loads(assay("audit", broken, "--format", "json", "--where", "ad_id = 'ad-1'").out)
    since = json.loads(assay("audit", broken, "--format", "json", "--since", "2026-01-11").out)
    assert (where["rows"], since["rows"]) == (30, 400)


def statements(out: str) -> list[str]:
    return [line for line in out.splitlines() if not line.startswith("--")]


def test_a_dry_run_prints_statements_and_audits_nothing(assay: Assay, broken: Path) -> None:
    done = assay("audit", broken, "--dry-run")
    assert done.status == 0
    assert len(statements(done.out)) >= 3
    assert all(line.startswith("SELECT") and line.endswith(";") for line in statements(done.out))
    assert "-- broken.parquet: 3 statements, reads at most" in done.out


def test_a_dry_run_on_text_says_that_the_file_was_read(assay: Assay, tmp_path: Path) -> None:
    pc.write_csv(rows(600), tmp_path / "ads.csv")
    done = assay("audit", tmp_path / "ads.csv", "--dry-run")
    size = (tmp_path / "ads.csv").stat().st_size
    told = f"-- ads.csv: read whole ({amount(size)}), as an audit does once; 3 statements on the copy in memory"
    assert told in done.out
    assert "0 bytes" not in done.out
    assert f"-- audited: SELECT * FROM read_csv('{tmp_path / 'ads.csv'}'" in done.out


@pytest.mark.parametrize("content", ["date,clicks\n", "x"])
def test_a_file_without_rows_is_said_to_have_none(assay: Assay, tmp_path: Path, content: str) -> None:
    (tmp_path / "none.csv").write_text(content)
    done = assay("audit", tmp_path / "none.csv")
    assert (done.status, done.err) == (0, "")
    assert "The table has no rows: there is nothing to audit" in done.out
    assert "if rows were expected, look at the export" in done.out


def test_a_dry_run_shows_every_table_with_its_condition(assay: Assay, folder: Path) -> None:
    whole, since = assay("audit", folder, "--dry-run"), assay("audit", folder, "--dry-run", "--since", "2026-01-11")
    assert [line.split(":")[0] for line in whole.out.splitlines() if "statements" in line] == [
        "-- a.parquet",
        "-- b.parquet",
    ]
    assert since.out.count("""WHERE "date" >= CAST('2026-01-11' AS DATE)""") == 2
    assert "WHERE" not in next(line for line in whole.out.splitlines() if "audited" in line)


def test_a_dry_run_names_the_tables_that_cannot_be_audited(assay: Assay, folder: Path) -> None:
    (folder / "c.parquet").write_bytes(b"PAR1 not really")
    done = assay("audit", folder, "--dry-run")
    assert (done.status, len(done.err.splitlines())) == (2, 1)
    assert "-- b.parquet" in done.out


def test_max_bytes_stops_an_audit_before_it_reads_more(assay: Assay, broken: Path) -> None:
    done = assay("audit", broken, "--max-bytes", "1KB")
    assert (done.status, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert "would read" in done.err
    assert "--max-bytes" in done.err


def test_max_bytes_that_are_enough_change_nothing_but_the_cost(assay: Assay, broken: Path) -> None:
    free = json.loads(assay("audit", broken, "--format", "json").out)
    bound = json.loads(assay("audit", broken, "--format", "json", "--max-bytes", "10MB").out)
    assert free["cost"]["bytes"] is None
    assert 0 < bound["cost"]["bytes"] <= 10_000_000
    assert free["findings"] == bound["findings"]


def test_max_bytes_bound_all_tables_together(assay: Assay, folder: Path) -> None:
    one = json.loads(assay("audit", folder / "a.parquet", "--format", "json", "--max-bytes", "1GB").out)
    done = assay("audit", folder, "--format", "json", "--max-bytes", str(one["cost"]["bytes"]))
    document = json.loads(done.out)
    assert [a["table"] for a in document["audits"]] == ["a.parquet"]
    assert [f["table"] for f in document["failures"]] == ["b.parquet"]


def test_masked_samples_show_no_value(assay: Assay, broken: Path) -> None:
    done = assay("audit", broken, "--mask", "--format", "json")
    for finding in json.loads(done.out)["findings"]:
        for row in finding["sample"]:
            assert all(set(str(v)) <= set("x9X-. :") for k, v in row.items() if k != "row_index")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two good tables and a broken file."""
    made = tmp_path / "tables"
    made.mkdir()
    pq.write_table(rows(600), made / "a.parquet")
    pq.write_table(rows(600, bad=30), made / "b.parquet")
    return made


def test_every_table_of_a_folder_is_audited_and_the_worst_decides(assay: Assay, folder: Path) -> None:
    done = assay("audit", folder)
    assert done.status == 1
    assert done.out.index("a.parquet") < done.out.index("b.parquet")


def test_a_table_that_cannot_be_audited_does_not_stop_the_others(assay: Assay, folder: Path) -> None:
    (folder / "c.parquet").write_bytes(b"PAR1 not really")
    done = assay("audit", folder, "--format", "json")
    document = json.loads(done.out)
    assert done.status == 2
    assert document["schema"] == "assay-set/1"
    assert [a["table"] for a in document["audits"]] == ["a.parquet", "b.parquet"]
    assert [f["table"] for f in document["failures"]] == ["c.parquet"]
    assert done.err.startswith("assay: ")
    assert len(done.err.splitlines()) == 1
    assert "c.parquet" in done.err


def test_out_of_a_folder_has_a_folder_for_each_table(assay: Assay, folder: Path, tmp_path: Path) -> None:
    assay("audit", folder, "--out", tmp_path / "out")
    kept = sorted(str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*.*") if p.is_file())
    names = ["report.json", "report.md", "report.txt", "rows.parquet"]
    assert kept == [f"{table}/{name}" for table in ("a.parquet", "b.parquet") for name in names]


def test_rows_out_of_several_tables_is_refused(assay: Assay, folder: Path, tmp_path: Path) -> None:
    done = assay("audit", folder, "--rows-out", tmp_path / "rows.parquet")
    assert done.status == 2
    assert "--out DIR" in done.err


def test_tables_of_a_database(assay: Assay, tmp_path: Path) -> None:
    path = tmp_path / "ads.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE a AS SELECT range AS id, range % 7 AS n FROM range(100)")
        connection.execute("CREATE TABLE b AS SELECT range AS id, range % 5 AS n FROM range(50)")
    one = json.loads(assay("audit", f"duckdb://{path}#b", "--format", "json").out)
    both = json.loads(assay("audit", f"duckdb://{path}", "--format", "json").out)
    assert one["rows"] == 50
    assert [a["table"] for a in both["audits"]] == ["a", "b"]


def test_hostile_names_are_shown_and_not_obeyed(assay: Assay, tmp_path: Path) -> None:
    name = 'a"\n\x1b[31m`|*; DROP TABLE x; --'
    path = tmp_path / "x\n\x1b[2J.parquet"
    pq.write_table(pa.table({name: [1, 2, 3, None] * 50, "👩\u202e": ["a", "b", None, "d"] * 50}), path)
    for kind in ("text", "md", "json"):
        done = assay("audit", path, "--format", kind, "--fail-on", "critical")
        assert done.status == 0, done.err
        assert "\x1b" not in done.out
        assert "\u202e" not in done.out


def test_a_csv_file(assay: Assay, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["id", "n"], *([i, i % 9] for i in range(200))])
    assert json.loads(assay("audit", path, "--format", "json").out)["rows"] == 200
