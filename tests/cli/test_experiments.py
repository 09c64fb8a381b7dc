"""The experiments as commands: their lists, their log and their summary."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from assay.cli import experiments
from assay.errors import ConfigurationError, SourceError


def test_lists_of_numbers_and_shares_are_read() -> None:
    assert experiments.numbers("1-3,7,2") == (1, 2, 3, 7)
    assert experiments.shares("0.1%,0.05") == (0.001, 0.05)


@pytest.mark.parametrize("text", ["", "0", "5%,x", "150%"])
def test_shares_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="no list of shares"):
        experiments.shares(text)


@pytest.mark.parametrize("text", ["x", "1-", "-3", "1.5"])
def test_numbers_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="no list of numbers"):
        experiments.numbers(text)


def test_tables_that_are_not_there_are_refused_before_anything_runs() -> None:
    with pytest.raises(SourceError, match="no such file"):
        experiments.tables_of("nowhere.csv", "1", "10", "all")
    with pytest.raises(ConfigurationError, match="no export style"):
        experiments.tables_of(None, "1", "10", "fax")
    with pytest.raises(typer.BadParameter, match="no rows"):
        experiments.tables_of(None, "1", "10,0", "all")


def test_an_experiment_prints_its_summary_and_appends_to_its_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log.jsonl"
    for _ in range(2):
        asked = experiments.Asked(seeds="3", rows="300", styles="google", log=log, quiet=True)
        assert experiments.clean(asked) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[0].startswith("style") and not said.err
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert [line.get("experiment") for line in lines] == ["clean", None, "clean", None]
    assert lines[0]["arguments"]["seeds"] == [3]
    assert (lines[1]["style"], lines[1]["rows"], lines[1]["seed"]) == ("google", 300, 3)
