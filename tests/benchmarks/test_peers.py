"""Peers: what counts as noticed, a runner that is asked through its protocol, and tools that fail, hang or swell."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from assay.bench.advertising import generate
from benchmarks import environments, peers

NOWHERE = Path("table.parquet")
PAIR = peers.Damaged(NOWHERE, "clicks_exceed_impressions", ("clicks", "impressions"))
ONE = peers.Damaged(NOWHERE, "negative_metric", ("spend",))
COPIES = peers.Damaged(NOWHERE, "duplicate_rows", ("date", "clicks", "spend"))
LOST = peers.Damaged(NOWHERE, "missing_columns", ("clicks",))
PLENTY = 10**10


@pytest.mark.parametrize(
    ("bad", "name", "columns", "word"),
    [
        (PAIR, "order", ("clicks", "impressions"), "relation"),
        (PAIR, "maximum", ("clicks",), "column"),
        (PAIR, "maximum", ("spend",), ""),
        (PAIR, "something drifted", (), ""),
        (ONE, "sign", ("spend",), "column"),
        (ONE, "order", ("spend", "revenue"), "column"),
        (COPIES, "DUPLICATES", (), "table"),
        (COPIES, "mean", ("clicks",), ""),
        (LOST, "column gone", ("clicks",), "column"),
        (LOST, "ColumnCount", (), "table"),
        (LOST, "row count", (), ""),
    ],
)
def test_an_error_is_noticed_by_what_a_message_names(
    bad: peers.Damaged, name: str, columns: tuple[str, ...], word: str
) -> None:
    assert peers.noticed(bad, {(name, columns)}) == word


def test_nothing_new_is_nothing_noticed() -> None:
    assert [peers.noticed(bad, set()) for bad in (PAIR, ONE, COPIES, LOST)] == [""] * 4


def test_cells_count_variants() -> None:
    assert [peers.cell(words) for words in (["column"], [""], ["", ""])] == ["column", "-", "-"]
    assert peers.cell(["column", "", "relation", "column"]) == "relation 1, column 2 of 4"


def test_every_peer_has_its_runner_and_exact_versions() -> None:
    for name, peer in peers.PEERS.items():
        assert (peers.RUNNERS / f"run_{name}.py").is_file()
        assert all("==" in package for package in peer.packages)


def test_a_runner_answers_by_table_and_tells_of_one_it_cannot_read(tmp_path: Path) -> None:
    clean, broken = tmp_path / "clean.parquet", tmp_path / "broken.parquet"
    pq.write_table(peers.plain(generate(300, seed=3)), clean)
    broken.write_bytes(b"no table")
    answers, price = peers.ask(sys.executable, "assay", tmp_path, [clean, clean, broken], seconds=300)
    assert price["failure"] == ""
    assert "failure" not in answers["clean"]
    assert answers["broken"]["failure"]


def run(tmp_path: Path, code: str, **limits: Any) -> environments.Run:
    return environments.measured(
        [sys.executable, "-c", code], tmp_path, **{"seconds": 300, "most_bytes": PLENTY} | limits
    )


def test_a_run_tells_output_and_memory(tmp_path: Path) -> None:
    code = "import time; held = b'x' * 50_000_000; print('done'); time.sleep(0.5)"
    result = run(tmp_path, code)
    assert (result.output, result.failure) == ("done\n", "")
    assert result.peak_bytes > 50_000_000 or sys.platform != "linux"


def test_a_run_that_fails_tells_its_last_words(tmp_path: Path) -> None:
    assert run(tmp_path, "raise SystemExit('no such table')").failure == "no such table"


def test_a_run_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    assert run(tmp_path, "import time; time.sleep(600)", seconds=0.2).failure == "stopped after 0.2 s"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the memory of processes in /proc")
def test_a_run_that_takes_too_much_memory_is_stopped(tmp_path: Path) -> None:
    assert run(tmp_path, "import time; time.sleep(600)", most_bytes=1).failure.startswith("stopped at")


def test_an_environment_that_cannot_be_made_says_why_and_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments.sys, "executable", "/bin/false")
    folder = tmp_path / "tool"
    with pytest.raises(environments.InstallError), environments.environment(folder, ["tool==1"], keep=False):
        pass
    assert not folder.exists()
