"""What reports tell of memory."""

from __future__ import annotations

import dataclasses
import io
import json
import re

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len
from rich.console import Console

from assay.judge.remembered import Moved, Remembered
from assay.report import json as contract
from assay.report import markdown, terminal
from assay.report.remembered import amount_text
from assay.report.view import view
from tests.report.example import EXPLAINED, audit_with, finding, recalled, remembered
from tests.report.golden import matches

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


@pytest.mark.parametrize("width", [80, 120])
def test_golden_in_a_terminal(width: int) -> None:
    assert matches(f"memory-{width}.txt", terminal.render(recalled(), width))


def test_golden_markdown() -> None:
    assert matches("memory.md", markdown.render(recalled(summary_first=True, signed="Ana, data desk")))


def test_golden_json() -> None:
    assert matches("memory.json", contract.render(recalled()))


def test_news_says_whether_it_is_of_today() -> None:
    assert [i.seen for i in view(recalled()).problems] == ["first seen today", "still there, since 2026-04-28"]
    assert [i.seen for i in view(recalled()).explained] == ["", ""]


def test_without_memory_nothing_is_said_of_the_past() -> None:
    told = view(audit_with(finding()))
    assert (told.memory, told.problems[0].seen) == (None, "")
    assert "Memory" not in terminal.render(audit_with(finding()))
    assert "Memory" not in markdown.render(audit_with(finding()))
    assert "earlier audits" not in " ".join(told.summary)


def test_the_day_of_an_audit_is_that_of_its_start_where_memory_names_none() -> None:
    audit = dataclasses.replace(audit_with(finding(first_seen="2026-05-01")), memory=Remembered(0))
    assert view(audit).problems[0].seen == "first seen today"


def test_known_and_expected_findings_are_counted_in_the_verdict_and_listed_with_their_cause() -> None:
    told = view(recalled())
    assert told.verdict == "2 problems: 1 high, 1 medium (and 1 known, 1 expected)"
    assert told.explained_title == "Known and expected: 2 findings, not counted by the gate"
    known, expected = told.explained
    assert known.known == (
        "known up to 8%, now 5.1% of the rows where platform = 'TikTok': view-through attribution "
        "(ana, since 2026-03-02, until 2026-12-31)"
    )
    assert expected.known == "expected up to 0.1%, now <0.01%: no error (ben, since 2026-03-05)"
    assert (known.rows, known.rate) == ("1,100", "1.1%")


def test_a_table_with_only_known_findings_has_no_problems_and_says_what_is_known() -> None:
    audit = audit_with(finding(status="known", memory=EXPLAINED))
    assert view(audit).verdict == "No problems found, 1 known"


def test_the_summary_compares_with_the_audits_before() -> None:
    assert "Compared with earlier audits: 1 first seen today, 1 still there, 1 gone, 1 known, 1 expected." in (
        view(recalled()).summary
    )
    same = dataclasses.replace(audit_with(), memory=Remembered(3))
    assert "Compared with earlier audits: nothing new." in view(same).summary


def test_the_first_audit_says_that_there_is_nothing_to_compare_with() -> None:
    told = view(dataclasses.replace(audit_with(), memory=Remembered(0)))
    assert told.memory is not None
    assert told.memory.recalled.startswith("no earlier audit with other data")
    assert told.memory.groups == ()
    assert "earlier audits" not in " ".join(told.summary)


def test_figures_of_a_chart_name_their_days() -> None:
    memory = view(recalled()).memory
    assert memory is not None
    spend, rows = memory.charts
    assert (spend.first, spend.last) == ("1,200 on 2026-04-03", "120,400 on 2026-04-30")
    assert spend.span == "1,180 to 120,400"
    assert (rows.first, rows.last) == ("1,690 on 2026-04-27", "nothing on 2026-04-30")


def test_a_long_series_is_cut_to_its_last_days_and_an_empty_one_is_said_to_be_empty() -> None:
    long = Moved("a", "2026-04-30", tuple(float(i) for i in range(200)))
    memory = view(recalled(moved=(long, Moved("b", "2026-04-30", (None, None)), Moved("c", "2026-04-30", ())))).memory
    assert memory is not None
    first, empty = memory.charts
    assert len(first.values) == 31
    assert first.first == "169 on 2026-03-31"
    assert empty.last == "nothing until 2026-04-30"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0"), (-3.0, "-3"), (0.123456, "0.1235"), (1234.5, "1,234"), (1e6, "1,000,000"), (1.5e300, "1.5e+300")],
)
def test_figures_of_days_have_the_digits_that_matter(value: float, shown: str) -> None:
    assert amount_text(value) == shown


def test_a_console_without_utf8_gets_digits() -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii", errors="replace")
    terminal.show(recalled(), Console(file=file, width=80, color_system=None))
    file.flush()
    shown = raw.getvalue().decode("ascii")
    assert "111111111.11111111111111111[8]" in shown


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_wider_than_asked(width: int) -> None:
    assert max(cell_len(line) for line in terminal.render(recalled(), width).splitlines()) <= width


def test_the_summary_comes_first_and_somebody_signs_where_people_want_it() -> None:
    plain, asked = markdown.render(recalled()), markdown.render(recalled(summary_first=True, signed="Ana"))
    assert plain.index("101,522 rows") < plain.index("## Executive summary")
    assert asked.splitlines()[2] == "## Executive summary"
    assert asked.index("2 problems") < asked.index("101,522 rows ×")
    assert asked.splitlines()[-1] == "Signed: Ana"
    assert "Signed" not in plain


def test_the_number_of_earlier_audits_does_not_change_the_json() -> None:
    assert contract.render(recalled(audits=1)) == contract.render(recalled(audits=2))
    document = json.loads(contract.render(recalled()))
    assert list(document["memory"]) == list(contract.schema()["$defs"]["memory"]["properties"])
    assert document["memory"]["moved"][1] == {"name": "rows", "last": "2026-04-30", "values": [1690, 1702, 1688, None]}
    jsonschema.validate(document, contract.schema(), format_checker=jsonschema.FormatChecker())


def test_values_that_json_has_not_are_null_in_a_series() -> None:
    audit = recalled(moved=(Moved("a", "2026-04-30", (float("nan"), float("inf"), 1 / 3)),))
    assert json.loads(contract.render(audit))["memory"]["moved"][0]["values"] == [None, None, 0.333333]


def test_of_many_lines_the_first_are_shown_and_the_rest_counted() -> None:
    audit = recalled(stated=tuple(f"fact {i}" for i in range(40)))
    assert "and 34 more (all are in --format json)" in terminal.render(audit)
    assert "- and 10 more" in markdown.render(audit)


hostile = st.text(st.sampled_from("\x1b[31m\x9b\r\n\t\x00\u202e\u2066\u200b|`*_~<>[]()#&:;\\\"'-+=a1 é漢👩\u200d💻@"))


def with_text(text: str) -> Remembered:
    lines = (text,)
    return remembered(
        explanations=lines, gone=lines, stated=lines, unused=lines, lapsed=lines,
        moved=(Moved(text, "2026-04-30", (1.0, 2.0)),), signed=text,
    )  # fmt: skip


@settings(max_examples=40)
@given(hostile)
def test_what_people_and_names_hold_neither_moves_nor_marks_up_a_report(text: str) -> None:
    def audit(text: str) -> tuple[str, str, str]:
        known = finding(status="known", memory={**EXPLAINED, "reason": text, "by": text, "where": text})
        told = dataclasses.replace(audit_with(finding(first_seen=text), known), memory=with_text(text))
        return terminal.render(told, 80), markdown.render(told), contract.render(told)

    shown, page, document = audit(f"v{text}")
    assert not UNSEEN.search(shown)
    assert all(cell_len(line) <= 80 for line in shown.splitlines())
    assert not UNSEEN.search(page)
    assert [t.type for t in PARSER.parse(page)] == [t.type for t in PARSER.parse(audit("value")[1])]
    jsonschema.validate(json.loads(document), contract.schema())
