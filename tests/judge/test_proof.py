"""The queries in a report: whoever has the table runs them as they are, without assay."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from assay.pipeline import audit
from tests.cli.conftest import rows

TABLE = rows(600, bad=30)
Writer = Callable[[Path], Path]


def parquet(folder: Path) -> Path:
    pq.write_table(TABLE, folder / "it's.parquet")
    return folder / "it's.parquet"


def parquets(folder: Path) -> Path:
    pq.write_table(TABLE.slice(0, 400), folder / "a.parquet")
    pq.write_table(TABLE.slice(400), folder / "b.parquet")
    return folder / "*.parquet"


def csv(folder: Path) -> Path:
    pc.write_csv(TABLE, folder / "ads.csv")
    return folder / "ads.csv"


def text_of(folder: Path) -> str:
    return csv(folder).read_text()


def packed(folder: Path) -> Path:
    with gzip.open(folder / "ads.csv.gz", "wt") as file:
        file.write(text_of(folder))
    return folder / "ads.csv.gz"


def marked(folder: Path) -> Path:
    """As Excel writes it: a byte order mark, carriage returns, German dates, and a title."""
    lines = [line.replace('"', "").split(",") for line in text_of(folder).splitlines()[1:]]
    body = [f"{day[8:]}.{day[5:7]}.{day[:4]};{ad};{shown};{clicked}" for day, ad, shown, clicked in lines]
    text = "\r\n".join(["Report", "", "date;ad_id;impressions;clicks", *body, ""])
    (folder / "excel.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    return folder / "excel.csv"


def slashed(folder: Path) -> Path:
    (folder / "days.csv").write_text(text_of(folder).replace("2026-01-", "2026/01/"))
    return folder / "days.csv"


def ndjson(folder: Path) -> Path:
    text = "".join(json.dumps(row, default=str) + "\n" for row in TABLE.to_pylist())
    (folder / "ads.jsonl").write_text(text)
    return folder / "ads.jsonl"


def findings(address: str, **arguments: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(audit(address, **arguments).to_json())["findings"]
    assert "clicks_exceed_impressions" in {f["kind"] for f in found}
    return found


def counted(finding: dict[str, Any], database: str = ":memory:") -> int:
    with duckdb.connect(database, read_only=database != ":memory:") as connection:
        answer = connection.execute(finding["query"]).fetchone()
    assert answer is not None
    return int(answer[0])


@pytest.mark.parametrize("write", [parquet, parquets, csv, packed, marked, slashed, ndjson])
@pytest.mark.parametrize("limits", [{}, {"where": "impressions > 1100 AND ad_id <> 'it*/s'"}, {"since": "2026-01-01"}])
def test_queries_on_files_run_without_assay(write: Writer, limits: dict[str, str], tmp_path: Path) -> None:
    for finding in findings(str(write(tmp_path)), **limits):
        if finding["query"] is not None:
            assert counted(finding) == finding["rows_affected"], finding["query"]


def test_queries_on_a_database_run_in_it(tmp_path: Path) -> None:
    database = tmp_path / "ads.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.register("given", TABLE)
        connection.execute('CREATE SCHEMA x; CREATE TABLE x."odd name" AS FROM given UNION ALL FROM given LIMIT 650')
    for limits in ({}, {"since": "2026-01-01"}):
        found = findings(f"duckdb://{database}#x.odd name", **limits)
        assert {"duplicate_rows", "clicks_exceed_impressions"} <= {f["kind"] for f in found}
        for finding in found:
            if finding["query"] is not None:
                assert counted(finding, str(database)) == finding["rows_affected"], finding["query"]


def test_copies_are_counted_without_assay(tmp_path: Path) -> None:
    (tmp_path / "ads.csv").write_text(text_of(tmp_path) + "".join(text_of(tmp_path).splitlines(True)[1:40]))
    [copies] = [f for f in findings(str(tmp_path / "ads.csv")) if f["kind"] == "duplicate_rows"]
    assert counted(copies) == copies["rows_affected"] == 39


def test_where_no_statement_reads_the_file_as_assay_does_the_query_says_so(tmp_path: Path) -> None:
    torn = tmp_path / "torn.csv"
    torn.write_text(text_of(tmp_path) + "2026-01-30,ad-1\n")
    for finding in findings(str(torn)):
        if finding["query"] is not None:
            assert finding["query"].startswith("/* assay_table is torn.csv as assay reads it; no statement")
