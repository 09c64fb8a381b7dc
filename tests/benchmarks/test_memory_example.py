"""The worked example of the page on memory is what the commands print."""

from __future__ import annotations

import pytest

from benchmarks.memory_example import PAGE, example, filled


def test_the_page_shows_what_the_commands_print() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert filled(page, example()) == page, "run python benchmarks/memory_example.py and read the page"


def test_a_part_without_a_place_is_an_error() -> None:
    with pytest.raises(ValueError, match="0 places for first"):
        filled("no markers", {"first": "x"})
