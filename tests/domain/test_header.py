"""One spelling for all the ways in which a column name is written."""

from __future__ import annotations

import pytest

from assay.domain.header import normalise, read_header


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("adGroupID", "ad_group_id"),
        ("metrics.cost_micros", "metrics_cost_micros"),
        ("Impressões", "impressoes"),
        ("Tıklama sayısı", "tiklama_sayisi"),
        ("Показы", "показы"),
        ("CTR%", "ctr_percent"),
        ("VIDEO_VIEWS_P_75", "video_views_p75"),
        ("purchases_30_d", "purchases_30d"),
        ("  __insert_date ", "insert_date"),
        ("% Viewed", "percent_viewed"),
    ],
)
def test_case_camel_accents_scripts_and_torn_units_have_one_spelling(written: str, read: str) -> None:
    assert normalise(written) == read


def test_what_stands_in_brackets_is_told_apart() -> None:
    header = read_header("\ufeffAmount spent (CAD)")
    assert (header.key, header.bare, header.unit) == ("amount_spent_cad", "amount_spent", "cad")


def test_a_name_of_symbols_alone_is_empty() -> None:
    assert read_header("$$$").key == ""
