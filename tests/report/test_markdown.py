"""The report as Markdown, read back by a Markdown parser."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example as with_example
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from assay.report.markdown import code, escape, fenced, render
from assay.report.text import value_text, visible
from tests.report.example import audit_with, example, finding
from tests.report.golden import matches

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
SHOWN_AS_TEXT = {"text", "text_special", "code_inline"}

texts = st.text(st.sampled_from("*_`|\\<>[]()!#&~$-+=.:;@/\"' \n\t\x1b0123aBé漢wht\u202e")) | st.text()


def shown(tokens: list[Token]) -> str:
    return "".join(t.content for t in tokens)


def test_golden() -> None:
    assert matches("example.md", render(example()))
    assert matches("clean.md", render(audit_with(failures=(), checked=example().checked[:5])))


@given(texts)
@with_example("1. x")
@with_example("- x")
@with_example("# x")
@with_example("===")
@with_example("https://example.org www.example.org")
@with_example("&lt;b&gt; <b>x</b> ![i](u)")
def test_escaped_text_is_shown_as_it_is_and_nothing_else(text: str) -> None:
    plain = visible(text).strip()
    tokens = PARSER.parse(escape(plain))
    assert [t.type for t in tokens] == (["paragraph_open", "inline", "paragraph_close"] if plain else [])
    if plain:
        children = tokens[1].children or []
        assert {t.type for t in children} <= SHOWN_AS_TEXT
        assert shown(children) == plain


@given(texts)
def test_a_value_in_a_table_stays_in_its_cell(text: str) -> None:
    value = value_text(text)
    tokens = PARSER.parse(f"| a | b |\n|---|---|\n| {code(value)} | x |")
    cells = [t for t in tokens if t.type == "inline"]
    assert len(cells) == 4
    assert shown(cells[2].children or []) == value
    assert cells[3].content == "x"


@given(texts)
def test_a_code_block_holds_all_of_its_text(text: str) -> None:
    plain = visible(text)
    (token,) = PARSER.parse("\n".join(fenced(plain, "sql")))
    assert (token.type, token.info, token.content) == ("fence", "sql", plain + "\n")


@pytest.mark.parametrize("address", ["https://x.org/a", "see www.x.org", "HTTP://X", "mailto:a@b.c", "@team"])
def test_addresses_and_mentions_are_not_left_for_linking(address: str) -> None:
    escaped = escape(address)
    assert "://" not in escaped
    assert "www." not in escaped
    assert "@" not in escaped


def structure(document: str) -> list[str]:
    return [t.type for t in PARSER.parse(document) if t.type != "inline"]


@settings(max_examples=50)
@given(texts, texts)
def test_data_and_names_never_change_the_structure_of_the_report(name: str, value: Any) -> None:
    def report(name: str, value: str) -> str:
        fields = {"columns": (name,), "reason": value, "action": value, "segment": value, "predicate": value}
        more = {"consequences": (value,), "evidence": {"values": [value]}, "sample": ({name: value, "row_index": 1},)}
        return render(audit_with(finding(**fields, **more), table=name, source=value, failures=(value,)))

    name, value = f"n{name}", f"v{value}"
    assert structure(report(name, value)) == structure(report("name", "value"))
    assert not [t for t in PARSER.parse(report(name, value)) if t.type == "html_block"]


def test_a_huge_cell_is_cut() -> None:
    assert len(render(audit_with(finding(sample=({"row_index": 0, "clicks": "x" * 10_000_000},))))) < 5_000
