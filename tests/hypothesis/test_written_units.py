"""Numbers with their unit in the text: one unit in several spellings is a mess, other sizes are names."""

from __future__ import annotations

import numpy as np

from assay.hypothesis.hypothesis import Hypothesis
from assay.hypothesis.texts.written_units import propose
from tests.builders import context_of, rows_where


def raised(values: list[str | None]) -> list[Hypothesis]:
    return propose(context_of({"id": list(range(len(values))), "size": values}))


def drawn(*texts: str, n: int = 400) -> list[str | None]:
    return np.random.default_rng(1).choice(texts, n).tolist()


def test_one_unit_in_several_spellings_is_malformed_in_all_of_its_rows() -> None:
    values = [*drawn("12.0 oz", "12.0 oz.", "16 OZ", "12.0 ounce"), None, "12"]
    (found,) = raised(values)
    assert found.kind == "malformed_values"
    assert found.evidence["values"] == {"units": ["OZ", "ounce", "oz", "oz."]}
    assert rows_where({"id": list(range(len(values))), "size": values}, found) == list(range(400))


def test_units_in_other_languages_count_as_well() -> None:
    assert len(raised(drawn("10 см", "12 См.", "15 см"))) == 1


def test_one_spelling_is_a_style() -> None:
    assert raised(drawn("12 oz", "16 oz", "24 oz")) == []


def test_sizes_in_different_units_are_names() -> None:
    assert raised(drawn("500 ml", "1 l", "750 ml", "2 kg", "250 g")) == []


def test_texts_that_begin_with_a_number_are_not_measured() -> None:
    assert raised(drawn("3 Doors Down", "7 seconds", "99 Problems", "Plain", "More", "Other", "Words")) == []


def test_a_few_odd_spellings_are_left_to_the_categories() -> None:
    assert raised([*drawn("12 oz", "16 oz", n=600), "12 OZ", "16 Oz."]) == []
