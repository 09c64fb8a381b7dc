"""Placeholder words."""

from __future__ import annotations

import pytest

from assay.hypothesis.placeholders import is_ambiguous, is_placeholder


@pytest.mark.parametrize(
    "text",
    ["", "  ", "N/A", "n/a ", "-", "--", "—", "NULL", "nan", "NaN", "#N/A", "(not set)", "Keine  Angabe", "нет данных",
     "None", "unknown", "?", "...", "Ｎ／Ａ", "undefined", "não informado", "<NA>", "NIL", "s/d"],
)  # fmt: skip
def test_words_for_no_value(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize("text", ["0", "other", "Nanny", "Naples", "no", "x", "Nike", "null island", "a-b", "Any", "/"])
def test_real_words(text: str) -> None:
    assert not is_placeholder(text)


@pytest.mark.parametrize("text", ["NA", "None", "Unknown", "unbekannt", "Not applicable"])
def test_words_that_can_be_a_category(text: str) -> None:
    assert is_placeholder(text)
    assert is_ambiguous(text)


@pytest.mark.parametrize("text", ["N/A", "", "null", "#N/A", "-"])
def test_words_that_never_are(text: str) -> None:
    assert not is_ambiguous(text)
