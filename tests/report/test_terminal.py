"""The report in a terminal and in a pipe."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from assay.report.terminal import render, show
from tests.report.example import audit_with, example, finding
from tests.report.golden import matches

UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


@pytest.mark.parametrize("width", [80, 120])
def test_golden(width: int) -> None:
    assert matches(f"example-{width}.txt", render(example(), width))


def test_golden_clean() -> None:
    assert matches("clean-80.txt", render(audit_with(failures=(), checked=example().checked[:5]), 80))


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_wider_than_asked(width: int) -> None:
    assert max(cell_len(line) for line in render(example(), width).splitlines()) <= width


def test_no_colour_where_none_is_wanted() -> None:
    assert "\x1b" not in render(example())


def test_colour_in_a_terminal() -> None:
    buffer = io.StringIO()
    show(example(), Console(file=buffer, force_terminal=True, color_system="standard", width=80))
    assert "\x1b[" in buffer.getvalue()


def test_square_brackets_and_emoji_codes_are_shown_as_they_are() -> None:
    shown = render(audit_with(finding(reason="[bold red]x[/] :warning: [link=a]b[/link]")))
    assert "[bold red]x[/] :warning: [link=a]b[/link]" in shown


def test_a_huge_cell_does_not_flood_the_screen() -> None:
    shown = render(audit_with(finding(sample=({"row_index": 0, "clicks": "x" * 10_000_000},))))
    assert len(shown) < 5_000


def test_a_huge_predicate_is_cut() -> None:
    assert len(render(audit_with(finding(predicate="x IN (" + "1, " * 100_000 + ")")))) < 5_000


hostile = st.text(
    st.sampled_from("\x1b[31m\x9b\x07\r\n\t\x00\u202e\u2066\u200b|`*_<>[]()#&:;\\\"'a1 é漢👩\u200d💻\ud800")
)


@settings(max_examples=60)
@given(hostile, hostile)
def test_whatever_data_and_names_hold_no_control_reaches_the_terminal(name: str, value: Any) -> None:
    shown = render(
        audit_with(
            finding(
                columns=(name,), reason=value, predicate=value, segment=value, action=value,
                consequences=(value,), evidence={name: value}, sample=({name: value, "row_index": 1},),
            ),
            table=name,
            source=value,
            failures=(value,),
        ),
        80,
    )  # fmt: skip
    assert not UNSEEN.search(shown)
    assert all(cell_len(line) <= 80 for line in shown.splitlines())
