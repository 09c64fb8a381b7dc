"""Dirty/clean pairs: which cells are wrong, which the audit reports, and how the two are compared."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from benchmarks import pairs

TOWNS = {"10115": "Berlin", "20095": "Hamburg", "80331": "Munich", "50667": "Cologne"}
MISSPELT = {17: "Belrin", 42: "Hambrug", 83: "Muncih"}  # row: town


def write(folder: Path, name: str, header: list[str], rows: list[list[str]]) -> None:
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


@pytest.fixture
def towns(tmp_path: Path) -> Path:
    """120 orders to four towns, three of them misspelt; the two files name their columns differently."""
    codes = list(TOWNS)
    clean = [[f"o-{n:04}", codes[n % 4], TOWNS[codes[n % 4]]] for n in range(120)]
    dirty = [[order, code, MISSPELT.get(n, town)] for n, (order, code, town) in enumerate(clean)]
    dirty[5][2] = f" {dirty[5][2]}  "  # white space alone is no error
    folder = tmp_path / "towns"
    folder.mkdir()
    write(folder, "dirty.csv", ["order", "zip_code", "town"], dirty)
    write(folder, "clean.csv", ["Order", "ZipCode", "Town"], clean)
    return folder


def test_cells_are_compared_by_position_and_white_space_is_folded(towns: Path) -> None:
    names, wrong = pairs.wrong_cells(towns)
    assert names == ["order", "zip_code", "town"]
    assert wrong == {(row, 2) for row in MISSPELT}


@pytest.mark.parametrize("row", [["o-9999", "10115", "Berlin"], ["o-9999", "10115"]])
def test_tables_of_different_shape_are_refused(towns: Path, row: list[str]) -> None:
    with (towns / "dirty.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(row)
    with pytest.raises(ValueError, match="differ"):
        pairs.wrong_cells(towns)


def test_reported_cells_are_those_of_the_bad_rows(towns: Path) -> None:
    result = pairs.measure(towns)
    assert (result["rows"], result["columns"], result["wrong_cells"]) == (120, 3, 3)
    assert result["recall"] == 1.0
    assert any(f["wrong"] for f in result["findings"] if "town" in f["columns"])
    assert result["predicted_cells"] == 3 + sum(result["not_wrong"].values())
    assert result["missed"] == {}


def test_scores() -> None:
    wrong = {(0, 0), (0, 1), (2, 1), (3, 1)}
    assert pairs.score(wrong, {(0, 0), (0, 1), (9, 9)}) == pytest.approx(
        {"precision": 2 / 3, "recall": 1 / 2, "f1": 4 / 7}
    )
    assert pairs.score(wrong, set()) == {"precision": 0.0, "recall": 0.0, "f1": 0.0}


def test_the_log_tells_revision_arguments_and_each_pair(
    towns: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = towns.parent / "log" / "pairs.jsonl"
    monkeypatch.setattr("sys.argv", ["pairs.py", str(towns), "--log", str(log)])
    pairs.main()
    head, line = [json.loads(text) for text in log.read_text(encoding="utf-8").splitlines()]
    assert head["revision"] and head["arguments"]["folders"] == [str(towns)]
    assert head["published"]["dBoost"]["hospital"] == 0.49
    assert line["pair"] == "towns" and line["f1"] > 0
    assert f"{line['f1']:.3f}" in capsys.readouterr().out


def test_a_folder_without_a_pair_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["pairs.py", str(tmp_path)])
    with pytest.raises(SystemExit, match="2"):
        pairs.main()
