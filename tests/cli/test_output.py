"""Where reports are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.cli.options import size
from assay.cli.output import Output, file_name


def test_tables_get_folders_of_their_own_whatever_their_names(tmp_path: Path) -> None:
    output = Output("text", tmp_path, several=True)
    names = ["a/b", "a b", "A_b", "../..", "", "x" * 300]
    places = [output.place(name) for name in names]
    assert len(set(places)) == len(names)
    assert all(p.parent == tmp_path for p in places)
    assert output.place("a/b") == places[0]


def test_file_names_hold_no_path() -> None:
    assert [file_name(n) for n in ("../../etc/passwd", "таблица.csv", "a\n\x1b", ".")] == [
        "etc_passwd", "таблица.csv", "a", "table",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "bytes_"), [("1000", 1000), ("500MB", 500_000_000), ("1.5 GiB", 1_610_612_736), ("2k", 2000)]
)
def test_sizes(text: str, bytes_: int) -> None:
    assert size(text) == bytes_
