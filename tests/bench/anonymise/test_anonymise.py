"""What comes out of anonymising holds no name that went in, and everything else that did."""

from __future__ import annotations

import csv
import datetime as dt
import stat
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.bench.anonymise import Anonymised, anonymise
from assay.errors import ConfigurationError

BRANDS = ("Zephyrine", "Quorvex", "Münster & Söhne", "Lumora Pay")
ROWS = 240


def ads() -> dict[str, list[Any]]:
    """Daily rows of four brands; one name is misspelt, one is in capitals, some cells are empty."""
    brand = [BRANDS[i % 4] for i in range(ROWS)]
    numbers = [81_234_567_000 + i % 12 for i in range(ROWS)]
    table: dict[str, list[Any]] = {
        "date": [dt.date(2025, 3, 1) + dt.timedelta(days=i // 12) for i in range(ROWS)],
        "brand": list(brand),
        "campaign_name": [f"{b} | sales | {i % 12}" for i, b in enumerate(brand)],
        "campaign_id": numbers,
        "ad_id": [f"zeph-{100_000 + i % 24}" for i in range(ROWS)],
        "device": ["mobile", "desktop", "tablet"] * (ROWS // 3),
        "contact_email": [f"jane.{b[:3].lower()}@corp.test" for b in brand],
        "landing_page": [f"https://shop.test/{b[:4]}/{i % 5}" for i, b in enumerate(brand)],
        "platform": ["google_search", "meta", "meta_zephyrine_test", "tiktok"] * (ROWS // 4),
        "impressions": [1_000 + 7 * i for i in range(ROWS)],
        "clicks": [20 + i % 50 for i in range(ROWS)],
        "spend": [round(3.5 + i * 0.17, 2) for i in range(ROWS)],
    }
    table["brand"][7] = "Lumroa Pay"
    table["brand"][8] = "ZEPHYRINE"
    table["brand"][9] = None
    table["brand"][10] = "N/A"
    table["campaign_id"][11] = None
    return table


SENSITIVE = ("brand", "campaign_name", "campaign_id", "ad_id", "contact_email", "landing_page")


def run(folder: Path, table: dict[str, list[Any]], **options: Any) -> tuple[Anonymised, pa.Table]:
    pq.write_table(pa.table(table), folder / "in.parquet")
    done = anonymise(folder / "in.parquet", folder / "out.parquet", **options)
    return done, pq.read_table(folder / "out.parquet")


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Anonymised, pa.Table, Path]:
    folder = tmp_path_factory.mktemp("anonymised")
    return (*run(folder, ads()), folder / "out.parquet")


def test_no_original_value_is_left_anywhere(once: tuple[Anonymised, pa.Table, Path]) -> None:
    _, out, file = once
    held = file.read_bytes()
    cells = {str(v) for name in out.column_names for v in out[name].to_pylist() if v is not None}
    for column in SENSITIVE:
        for value in {str(v) for v in ads()[column] if v is not None} - {"N/A"}:
            assert value not in cells
            assert value.encode() not in held
            assert not any(value.casefold() in cell.casefold() for cell in cells)


def test_names_inside_other_texts_are_replaced_too(once: tuple[Anonymised, pa.Table, Path]) -> None:
    _, out, _ = once
    assert not any("zephyrine" in v.casefold() for v in out["platform"].to_pylist())
    assert out["platform"].to_pylist()[:2] == ["google_search", "meta"]


def test_a_csv_holds_no_original_either(tmp_path: Path) -> None:
    pq.write_table(pa.table(ads()), tmp_path / "in.parquet")
    anonymise(tmp_path / "in.parquet", tmp_path / "out.csv")
    text = (tmp_path / "out.csv").read_text(encoding="utf-8").casefold()
    assert not [b for b in BRANDS if b.casefold() in text]
    assert "brand 1" in text


def test_distributions_relations_and_gaps_stay(once: tuple[Anonymised, pa.Table, Path]) -> None:
    _, out, _ = once
    clean = ads()
    for name, values in clean.items():
        new = out[name].to_pylist()
        assert sorted(Counter(new).values()) == sorted(Counter(values).values()), name
        assert [v is None for v in new] == [v is None for v in values]
        if name not in SENSITIVE and name != "platform":
            assert new == values
    pairs = set(zip(clean["campaign_name"], clean["brand"], strict=True))
    assert len(set(zip(out["campaign_name"].to_pylist(), out["brand"].to_pylist(), strict=True))) == len(pairs)


def test_errors_stay_errors(once: tuple[Anonymised, pa.Table, Path]) -> None:
    brand = once[1]["brand"].to_pylist()
    usual = brand[3]
    assert brand[7] != usual and brand[7].split()[-1] == usual.split()[-1], "a misspelt name is a misspelt label"
    assert brand[8] == brand[0].upper() != brand[0]
    assert brand[10] == "N/A"


def test_ids_keep_their_type_and_length(once: tuple[Anonymised, pa.Table, Path]) -> None:
    out = once[1]
    assert out.schema.field("campaign_id").type == pa.int64()
    assert {len(str(v)) for v in out["campaign_id"].to_pylist() if v is not None} == {11}
    assert {(len(v), v[4]) for v in out["ad_id"].to_pylist()} == {(11, "-")}


def test_keys_join_across_the_tables_of_a_folder(tmp_path: Path) -> None:
    table, folder = ads(), tmp_path / "in"
    folder.mkdir()
    pq.write_table(pa.table(table), folder / "ads.parquet")
    campaigns = {
        "campaign_id": [str(81_234_567_000 + i) for i in range(12)],
        "brand": [BRANDS[i % 4] for i in range(12)],
    }
    pq.write_table(pa.table(campaigns), folder / "campaigns.parquet")
    done = anonymise(folder, tmp_path / "out")
    first, second = (pq.read_table(f).to_pydict() for f in done.files)
    known = dict(zip(second["campaign_id"], second["brand"], strict=True))
    for i, (key, brand) in enumerate(zip(first["campaign_id"], first["brand"], strict=True)):
        if i not in (7, 8, 9, 10, 11):
            assert known[str(key)] == brand


def test_two_runs_share_nothing_and_keep_no_mapping(tmp_path: Path) -> None:
    _, one = run(tmp_path, ads())
    _, two = run(tmp_path, ads())
    assert one["campaign_id"].to_pylist() != two["campaign_id"].to_pylist()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.parquet", "out.parquet"]


def test_labels_tell_neither_order_nor_frequency(tmp_path: Path) -> None:
    first = {
        run(tmp_path, {"brand": ["Aaaa"] * 50 + ["Bbbb"] * 30 + ["Cccc"] * 20})[1]["brand"][0].as_py()
        for _ in range(12)
    }
    assert len(first) > 1


def test_a_mapping_is_written_only_if_asked_and_for_its_owner_only(tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.csv"
    mapping.write_text("old")
    mapping.chmod(0o644)
    _, out = run(tmp_path, ads(), mapping=mapping)
    assert stat.S_IMODE(mapping.stat().st_mode) == 0o600
    told = {old: new for new, old in csv.reader(mapping.read_text(encoding="utf-8").splitlines())}
    for column in ("brand", "campaign_id", "contact_email"):
        for old, new in zip(ads()[column], out[column].to_pylist(), strict=True):
            if old is not None and old != "N/A":
                assert told[str(old)] == str(new)


def test_dates_move_together_by_whole_weeks(tmp_path: Path) -> None:
    table = {**ads(), "loaded_at": [dt.datetime(2025, 3, 2, 5) + dt.timedelta(days=i // 12) for i in range(ROWS)]}
    _, out = run(tmp_path, table, shift_dates=True)
    moved = {a - b for a, b in zip(out["date"].to_pylist(), table["date"], strict=True)}
    moved |= {a - b for a, b in zip(out["loaded_at"].to_pylist(), table["loaded_at"], strict=True)}
    assert len(moved) == 1
    assert moved.pop().days % 7 == 0


def test_each_column_is_told_with_the_reason(once: tuple[Anonymised, pa.Table, Path]) -> None:
    told = {t.column: t for t in once[0].columns}
    assert list(told) == list(ads())
    assert all(t.why for t in told.values())
    assert told["brand"].how.startswith("Brand 1")
    assert told["impressions"].how == "keep"


def test_text_of_unknown_meaning_is_replaced_unless_it_is_to_be_kept(tmp_path: Path) -> None:
    table = {**ads(), "zone": ["Nordheim", "Südheim"] * (ROWS // 2), "tags": [["a"]] * ROWS}
    done, out = run(tmp_path, table)
    assert set(out["zone"].to_pylist()) == {"Value 1", "Value 2"}
    assert "tags" not in out.column_names
    assert {t.how for t in done.columns if t.column == "tags"} == {"leave out"}
    _, kept = run(tmp_path, table, keep=["zone"])
    assert kept["zone"].to_pylist() == table["zone"]


def test_what_makes_no_sense_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nothing_like_it"):
        run(tmp_path, ads(), keep=["nothing_like_it"])
    with pytest.raises(ConfigurationError, match=r"\.txt"):
        anonymise(tmp_path / "in.parquet", tmp_path / "out.txt")
    assert not (tmp_path / "out.txt").exists()
