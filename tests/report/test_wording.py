"""Words of evidence, and numbers in running text."""

from __future__ import annotations

from typing import Any

import pytest

from assay.report.view import view
from assay.report.wording import figure_text, grouped, label
from tests.report.example import audit_with, finding


@pytest.mark.parametrize(
    ("text", "names", "shown"),
    [
        ("spend is 1000 times the usual, 1000000 at most", (), "spend is 1,000 times the usual, 1,000,000 at most"),
        ("since 2026 on 2026-03-01, at 10:30:00.123456", (), "since 2026 on 2026-03-01, at 10:30:00.123456"),
        ("2000 rows and 2000 times", (), "2,000 rows and 2,000 times"),
        ("12,345 rows, 0.12345, 1234.5678 and a#1234", (), "12,345 rows, 0.12345, 1234.5678 and a#1234"),
        ("m_20240 and 10000 are columns", ("10000",), "m_20240 and 10000 are columns"),
        ("code 00123456", (), "code 00123456"),
        ("it ends with 12345.", (), "it ends with 12,345."),
    ],
)
def test_counts_in_sentences_have_their_thousands_apart(text: str, names: tuple[str, ...], shown: str) -> None:
    assert grouped(text, names) == shown


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("rate_where_nothing_is_legitimate", 0.052, ("bad where no exception can apply", "5.2%")),
        ("share_of_usual", {"2026-01-02": 0.25}, ("rows, of the usual number", "2026-01-02: 25%")),
        ("share_of_cells", 0.00003, ("share of cells", "<0.01%")),
        ("sampled_rows", 60000, ("rows looked at", "60,000")),
        ("some_new_figure", 1.0, ("some new figure", "1")),
        ("values", [{"bad": "Nkie", "right": "Nike"}, {"rows": 1200}], ("values", "Nkie → Nike, rows 1,200")),
    ],
)
def test_figures_are_told_in_words(name: str, value: Any, told: tuple[str, str]) -> None:
    assert (label(name), figure_text(value, name)) == told


def test_a_finding_is_told_with_them() -> None:
    [item] = view(
        audit_with(finding(evidence={"sampled_rows": 4000, "rows": 7}, reason="spend is 1000 times too high"))
    ).problems
    assert item.evidence == (("rows looked at", "4,000"),)
    assert item.reason == "Spend is 1,000 times too high."
