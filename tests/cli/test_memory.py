"""``assay memory``: what it says, and where it says no."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Assay, Done

Told = Callable[..., Done]


@pytest.fixture
def told(assay: Assay, tmp_path: Path) -> Told:
    """Run a command of memory on a memory of its own."""
    return lambda *words: assay("memory", *words, "--memory", tmp_path / "m.db")


@pytest.fixture
def finding(assay: Assay, broken: Path, tmp_path: Path) -> str:
    """The id of what is wrong with a table, as the memory knows it."""
    report = assay("audit", broken, "--format", "json", "--memory", tmp_path / "m.db")
    return str(json.loads(report.out)["findings"][0]["id"])


def test_what_was_accepted_is_named(told: Told, finding: str) -> None:
    done = told("accept", finding[:5])
    assert done.status == 0
    assert done.out.startswith("accepted: clicks_exceed_impressions in clicks, impressions of broken.parquet")


def test_a_search_without_hits_does_not_say_that_the_memory_is_empty(told: Told, finding: str) -> None:
    assert finding
    assert told("list", "nonsense").out.startswith("nothing that fits is remembered in")
    assert told("list", "--type", "rejection").out.startswith("nothing that fits is remembered in")
    assert "Audit of broken.parquet" in told("list").out


def test_an_unknown_type_is_refused_with_those_there_are(told: Told) -> None:
    done = told("list", "--type", "foo")
    assert done.status == 2
    assert "--type foo" in done.err
    assert "explanation, rejection, context, preference, audit" in done.err


def test_forgetting_a_table_tells_whether_it_was_known(told: Told, finding: str, broken: Path) -> None:
    assert finding
    assert told("forget", "--table", "other.parquet").out.startswith("no entry of other.parquet")
    assert told("forget", "--table", broken).out.startswith("forgotten: 1 entries")
    assert told("list").out.startswith("nothing is remembered")


def test_forgetting_needs_one_entry_or_one_table(told: Told) -> None:
    assert told("forget").status == 2
