"""The lasting name of a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.memory.naming import concealed, family_of, table_key
from assay.memory.pattern import is_pattern


@pytest.mark.parametrize("name", ["ads_2026-11-22.csv", "ads_20261122.csv", "ads_2026_11.csv", "ads_2025-01-01.csv"])
def test_a_date_says_which_delivery_it_is(name: str) -> None:
    assert table_key(f"/data/{name}", name) == "/data/ads_{date}.csv"


@pytest.mark.parametrize("name", ["ads_v2026.csv", "ads_12345678.csv", "ads_20261399.csv", "model_1920x1080.csv"])
def test_other_numbers_are_part_of_the_name(name: str) -> None:
    assert table_key(f"/data/{name}", name) == f"/data/{name}"


def test_the_folder_one_stands_in_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "ads.csv").touch()
    keys = {table_key(str(tmp_path / "ads.csv"), "ads.csv")}
    for folder, address in ((tmp_path, "ads.csv"), (tmp_path, "./in/../ads.csv"), (tmp_path / "in", "../ads.csv")):
        monkeypatch.chdir(folder)
        keys.add(table_key(address, "ads.csv"))
    assert keys == {str(tmp_path / "ads.csv")}


def test_a_name_is_no_pattern() -> None:
    keys = [
        table_key("/data/*.parquet", "*.parquet"),
        table_key("/data/ads.parquet", "ads.parquet", "clicks * 2 > 3 AND name LIKE '?'"),
        table_key("postgresql://host/db?sslmode=require#public.ads", "public.ads"),
    ]
    assert not any(map(is_pattern, keys))
    assert len(set(keys)) == 3


def test_a_password_is_no_part_of_a_name() -> None:
    assert "secret" not in table_key("postgresql://ann:secret@host/db#ads", "ads")


def test_tables_of_a_folder_are_siblings_whatever_rows_were_looked_at() -> None:
    a, b = table_key("/data/a.csv", "a.csv"), table_key("/data/b.csv", "b.csv", "clicks / 2 > 1")
    assert family_of(a) == family_of(b) == "/data"
    assert family_of(table_key("/data/x/a.csv", "a.csv")) != family_of(a)


@pytest.mark.parametrize("segment", ["", "2024-04-04", "restated", "new values", "empty", "gone 01af"])
def test_segments_without_data_values_are_kept(segment: str) -> None:
    assert concealed(segment) == segment


@pytest.mark.parametrize("segment", ["platform Quombat", "where platform = 'Quombat'", "2024-04-04 Quombat", "\udcff"])
def test_of_segments_with_data_values_a_digest_is_kept(segment: str) -> None:
    assert concealed(segment) == concealed(segment)
    assert len(concealed(segment)) == 16
    assert "Quombat" not in concealed(segment)
