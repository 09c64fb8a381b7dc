"""The results page: what is in it stands in a log."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from benchmarks import engine_sections, results, sections
from benchmarks.curves import Panel, chart


def head(experiment: str, **arguments: Any) -> dict[str, Any]:
    told = {"source": None, "rows": [5000], "styles": ["meta"], "seeds": [1, 2, 3], "detector": "assay", **arguments}
    return {"experiment": experiment, "revision": "abc1234", "machine": "x86_64", "arguments": told}


def alarm_free(style: str, seed: int, *alarms: str) -> dict[str, Any]:
    return {"style": style, "seed": seed, "alarms": list(alarms), "notes": []}


def typos(rate: float, found: bool) -> dict[str, Any]:
    scores = dict.fromkeys(("row_precision", "row_recall", "row_f1"), 0.5)
    return {"kind": "typos", "group": "realistic", "rate": rate, "found": found, **scores}


def written(log: Path, *lines: dict[str, Any]) -> Path:
    log.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return log


def test_the_last_run_of_each_experiment_counts_and_sections_without_a_log_are_left_out(tmp_path: Path) -> None:
    log = written(
        tmp_path / "log.jsonl",
        head("clean"), alarm_free("meta", 1, "outliers(spend)"),
        head("clean"), alarm_free("meta", 2),
        head("severity", kinds=["typos"], rates=[0.01, 0.1]), typos(0.01, False), typos(0.1, True),
    )  # fmt: skip
    out = tmp_path / "page.md"
    page = results.page(results.last_runs(log), out)
    assert [line for line in page.splitlines() if line.startswith("## ")] == [
        "## One error at growing rates: realistic",
        "## Clean tables: false alarms",
        "## What falls short, and why",
    ]
    assert "outliers(spend)" not in page
    assert "| `typos` | 2 | 0.00 / 0.50 | 1.00 / 0.50 | 10 % | 0.500 | 0.500 |" in page
    assert (tmp_path / "results_severity_1.svg").exists() and "(results_severity_1.svg)" in page


def test_false_alarms_are_listed_with_their_table() -> None:
    page = sections.clean(head("clean"), [alarm_free("meta", 1), alarm_free("google", 2, "outliers(cost)")])
    assert "| all | 2 | 1 | 1 | 0.00 | 0 |" in page
    assert "- google, seed 2: outliers(cost)" in page


def test_tables_that_engines_see_differently_are_listed() -> None:
    told = {"style": "meta", "kind": "outliers", "rate": 0.05, "statements": 2, "failures": [], "here": [], "there": []}
    other = {**told, "same": False, "there": [["date_gap", ["day"]]]}
    page = engine_sections.agreement(head("engine_agreement", size=5000, rates=[0.05]), [{**told, "same": True}, other])
    assert "1 of 2 are the same" in page
    assert "- meta, outliers at 0.05: there date_gap" in page and "- none" not in page


def test_memory_is_told_by_size_and_against_the_smallest_table() -> None:
    small = {"table": "clean", "rows": 10_000, "statements": 1, "written": 0, "peak_bytes": 200_000_000}
    page = engine_sections.memory(
        head("bigquery_memory"), [small | {"rows": 10_000_000, "peak_bytes": 300_000_000}, small]
    )
    rows = [line for line in page.splitlines() if line.startswith("| clean")]
    assert rows == ["| clean | 10,000 | 1 | 0 | 200 MB | 1.00 |", "| clean | 10,000,000 | 1 | 0 | 300 MB | 1.50 |"]


def test_odd_files_are_told_against_the_same_and_the_regular_one() -> None:
    peaks = {"peak_bytes": 8e8, "summarize_peak_bytes": 2e8, "findings": ["column_shift"]}
    odd = {"file": "torn rows", "seconds": 5.0, "summarize_seconds": 4.0, "cpu_ratio": 1.5, "regular_seconds": 2.5}
    page = engine_sections.files(head("file_speed", rows=1000, runs=3), [odd | peaks])
    assert "| torn rows | 5.0 s | 4.0 s | 1.25 | 1.50 | 2.00 | 800 MB | 200 MB | `column_shift` |" in page


def test_the_command_of_a_run_can_be_given_again() -> None:
    assert sections.made_by(head("sweep", rate=0.05)).startswith(
        "`assay bench sweep --rows 5000 --styles meta --seeds 1-3 --rate 0.05` at revision abc1234"
    )
    own = sections.made_by(head("severity", source="ads.csv", kinds=["typos", "mojibake"], seeds=[4]))
    assert "`assay bench severity ads.csv --seeds 4 --kinds typos,mojibake`" in own


def test_a_sweep_tells_what_was_missed_and_how_many_seeds_are_perfect() -> None:
    rows = {"row_precision": 1.0, "row_recall": 0.75}
    lines = [
        {"seed": seed, "table": depth, "found": ["a"] * depth, "missed": [], "false": [], "perfect": True, **rows}
        for seed in (1, 2)
        for depth in range(1, 12)
    ]
    lines[-1] |= {"found": ["a"] * 10, "missed": ["row_copies"], "perfect": False}
    page = sections.sweep(head("sweep", seeds=[1, 2], rate=0.05), lines)
    assert "| 11 | and `random_strings` | 2 | 1.000 | 0.955 | 0.977 | 1 of 2 | `row_copies` |" in page
    assert "All eleven tables are perfect with 1 of 2 seeds." in page
    assert "a worst recall of 0.750" in page


def test_a_chart_is_well_formed_and_has_a_point_for_each_figure() -> None:
    drawn = ET.fromstring(chart([Panel("a < b", {"found": {0.001: 0.0, 0.1: 0.5, 0.4: 1.0}})]))
    circles = drawn.findall(".//{http://www.w3.org/2000/svg}circle")
    heights = [float(c.attrib["cy"]) for c in circles]
    assert heights == sorted(heights, reverse=True) and len(set(heights)) == 3


def test_a_file_that_is_no_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not begin with the head of a run"):
        results.last_runs(written(tmp_path / "log.jsonl", {"found": True}))
