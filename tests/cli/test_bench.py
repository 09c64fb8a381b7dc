"""``assay bench``: anonymise and corrupt."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import Assay


def test_corrupt_writes_a_table_beside_its_truth(assay: Assay, clean: Path, tmp_path: Path) -> None:
    done = assay(
        "bench", "corrupt", clean, "--error", "clicks_exceed_impressions:5%", "--seed", "3", "--out", tmp_path / "bad"
    )
    assert done.status == 0
    assert json.loads(done.out)["type_of_logical_error"] == ["clicks_exceed_impressions"]
    assert "30 rows (5.00%)" in done.err
    assert sorted(p.name for p in (tmp_path / "bad").iterdir()) == ["clean.parquet", "truth.json", "truth.parquet"]
    bad = pq.read_table(tmp_path / "bad" / "clean.parquet")
    assert sum(c > i for c, i in zip(bad["clicks"].to_pylist(), bad["impressions"].to_pylist(), strict=True)) == 30


def test_what_cannot_be_put_in_is_said_in_a_line(assay: Assay, clean: Path, tmp_path: Path) -> None:
    error = ("--error", "video_completions_exceed_plays:5%")
    done = assay("bench", "corrupt", clean, *error, "--error", "null_cells:1%", "--out", tmp_path / "bad")
    assert done.status == 0
    assert "assay: video_completions_exceed_plays was not put in: no column for video_completions" in done.err
    done = assay("bench", "corrupt", clean, *error, "--out", tmp_path / "none")
    assert done.status == 2
    assert done.err.count("\n") == 1


def test_a_wrong_error_is_one_line(assay: Assay, clean: Path, tmp_path: Path) -> None:
    done = assay("bench", "corrupt", clean, "--error", "nonsense:5%", "--out", tmp_path / "bad")
    assert done.status == 2
    assert done.err.startswith("assay: no error 'nonsense'; there are: null_cells,")


def test_anonymise_tells_what_it_did(assay: Assay, clean: Path, tmp_path: Path) -> None:
    done = assay("bench", "anonymise", clean, "--out", tmp_path / "shown.parquet")
    assert done.status == 0
    assert "clean.parquet\tad_id\tid\tits role is ad_id\n" in done.out
    ids = set(pq.read_table(tmp_path / "shown.parquet")["ad_id"].to_pylist())
    assert len(ids) == 20
    assert not ids & set(pq.read_table(clean)["ad_id"].to_pylist())


@pytest.mark.parametrize("group", [(), ("bench",), ("memory",)])
def test_every_summary_fits_into_80_columns(
    assay: Assay, monkeypatch: pytest.MonkeyPatch, group: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    told = assay(*group, "--help").out.partition("Commands:")[2]
    cut = [line.split()[0] for line in told.splitlines() if line.endswith("...")]
    assert ("clean" in told or "forget" in told) or not group
    assert [c for c in cut if c != "campaigns"] == []
