"""``assay demo``."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import Assay, Done


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


def demo(assay: Assay, *arguments: str | Path) -> Done:
    return assay("demo", "--rows", "5000", *arguments)


def test_it_finds_something_and_ends_well(assay: Assay) -> None:
    done = demo(assay, "--format", "json")
    document = json.loads(done.out)
    assert done.status == 0
    assert document["table"] == "ads_daily.parquet"
    assert document["findings"]
    assert "broken on purpose" in done.err


def test_keep_leaves_the_table_and_its_reports(assay: Assay, kept: Path) -> None:
    done = demo(assay, "--keep", kept, "--quiet")
    assert done.err == ""
    assert sorted(p.name for p in kept.iterdir()) == ["ads_daily.parquet", "report.json", "report.md", "report.txt"]
    assert pq.read_table(kept / "ads_daily.parquet").num_rows >= 5000


def test_too_few_rows_are_refused(assay: Assay) -> None:
    done = assay("demo", "--rows", "3")
    assert done.status == 2
    assert "--rows" in done.err
