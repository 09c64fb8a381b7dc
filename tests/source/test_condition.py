"""Conditions that name what is no column."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from assay.config import Settings
from assay.errors import SourceError
from assay.source import guard
from assay.source.condition import unknown_columns
from assay.source.open import find_tables

COLUMNS = ("Date", "ad_id", "impressions", "clicks", "video_plays", "payload")


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("clcks > 3", "the condition names clcks, which is no column; did you mean clicks?"),
        (
            "video_play > 1 AND impresions > 1",
            "video_play, impresions, which are no columns; did you mean video_plays or",
        ),
        ("qqq = 1", "qqq, which is no column; there are: Date, ad_id,"),
        ("date > '2026-01-01' AND payload.x = 1", None),
    ],
)
def test_the_closest_columns_are_named(where: str, said: str | None) -> None:
    told = unknown_columns(guard.parse_predicate(where, "duckdb"), COLUMNS)
    assert told is None if said is None else said in (told or "")


@pytest.mark.parametrize("name", ["ads.parquet", "ads.csv", "ads.duckdb"])
def test_a_source_says_so_in_one_line(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    rows = "SELECT range AS clicks, range + 5 AS impressions FROM range(9)"
    with duckdb.connect(str(path) if path.suffix == ".duckdb" else ":memory:") as connection:
        connection.execute(f"CREATE TABLE ads AS {rows}" if path.suffix == ".duckdb" else f"COPY ({rows}) TO '{path}'")
    address = f"duckdb://{path}#ads" if path.suffix == ".duckdb" else str(path)
    with pytest.raises(
        SourceError, match=r"^ads\S*: the condition names clcks, which is no column; did you mean clicks\?$"
    ):
        find_tables(address, "clcks > 3")[0].open(Settings())
    with pytest.raises(SourceError, match=r"^ads\S*: No function matches"):
        find_tables(address, "lower(clicks) = 3")[0].open(Settings())
    assert find_tables(address, "list_sum([CLICKS]) > 3")[0].open(Settings()).rows == 5
