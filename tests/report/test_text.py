"""Text that is safe to show."""

from __future__ import annotations

import datetime as dt
import unicodedata
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.report.text import (
    bytes_text,
    kind_text,
    listed,
    plural,
    seconds_text,
    share_text,
    value_text,
    visible,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Показы, Kosten (€), ação", "Показы, Kosten (€), ação"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31m", "\\x9b31m"),
        ("evil\u202etxt", "evil\\u202etxt"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("1\u00a0234", "1\\xa0234"),
        ("\ud800", "\\ud800"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_what_would_not_be_seen_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(), st.integers(1, 50))
def test_visible_text_is_one_line_of_printable_characters_within_its_limit(text: str, limit: int) -> None:
    shown = visible(text, limit)
    assert len(shown) <= limit
    assert all(unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp") for c in shown)
    assert len(shown.splitlines()) <= 1


def test_long_text_is_cut_without_reading_all_of_it() -> None:
    assert visible("é" * 10_000_000, 5) == "éééé…"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        ("null", '"null"'),
        ("", '""'),
        (" padded", '" padded"'),
        ("Acme", "Acme"),
        (1234567, "1234567"),
        (0.1 + 0.2, "0.3"),
        (1e6, "1000000"),
        (1e300, "1e+300"),
        (float("nan"), "NaN"),
        (True, "true"),
        (Decimal("1.50"), "1.50"),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (b"\xff" * 100, "0x" + "ff" * 28 + "f…"),
    ],
)
def test_values_are_told_apart(value: Any, shown: str) -> None:
    assert value_text(value) == shown


@pytest.mark.parametrize(
    ("rate", "shown"),
    [(0, "0%"), (1e-9, "<0.01%"), (0.004, "0.4%"), (0.0123, "1.2%"), (0.5, "50%"), (0.9999, ">99.9%"), (1.0, "100%")],
)
def test_a_share_is_never_rounded_to_nothing_or_to_all(rate: float, shown: str) -> None:
    assert share_text(rate) == shown


def test_figures_in_words() -> None:
    assert (plural(1, "row"), plural(2000, "row"), plural(2, "hypothesis")) == ("1 row", "2,000 rows", "2 hypotheses")
    assert [seconds_text(s) for s in (0.031, 1.43, 59.6, 185)] == ["0.03 s", "1.4 s", "1 min 0 s", "3 min 5 s"]
    assert [bytes_text(b) for b in (0, 999, 1500, 12_345_678, 10**15)] == ["0 B", "999 B", "1.5 kB", "12.3 MB", "1 PB"]
    assert kind_text("clicks_exceed_impressions") == "Clicks exceed impressions"
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"
