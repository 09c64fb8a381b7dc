"""Masking of sampled values."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.report.mask import mask, masked
from tests.report.example import finding


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("Ann Lee, 22", "Xxx Xxx, 99"),
        ("Бренд №5", "Xxxxx №9"),
        ("a" * 100, "x" * 23 + "…"),
        (-12.5, "-99.9"),
        (dt.date(2026, 1, 2), "9999-99-99"),
        (None, None),
        (True, True),
        ("", ""),
    ],
)
def test_a_value_becomes_its_shape(value: Any, shape: Any) -> None:
    assert mask(value) == shape


@given(st.text(st.characters(categories=["L", "N"]), min_size=1))
def test_no_letter_or_digit_of_a_value_is_left(text: str) -> None:
    assert set(str(mask(text))) <= set("Xx9…")


def test_samples_and_evidence_values_are_masked_and_the_row_index_is_not() -> None:
    shown = masked(
        finding(
            sample=({"row_index": 17, "brand": "Acme", "spend": None},),
            evidence={"rows": 3, "values": {"Acme": 3, "Ajax": 1}},
        )
    )
    assert shown.sample == ({"row_index": 17, "brand": "Xxxx", "spend": None},)
    assert shown.evidence == {"rows": 3, "values": {"Xxxx": 4}}


def test_records_keep_their_keys_and_counts() -> None:
    shown = masked(finding(evidence={"values": [{"bad": "Acmee", "right": None, "rows": 12}]}))
    assert shown.evidence == {"values": [{"bad": "Xxxxx", "right": None, "rows": 12}]}
