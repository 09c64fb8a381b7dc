"""The JSON contract."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
import uuid
from decimal import Decimal
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.hypothesis.hypothesis import CATEGORIES
from assay.judge.finding import Severity
from assay.report.json import datum, figure, render, render_set, schema
from assay.source.base import ColumnType
from tests.report.example import audit_with, example, finding
from tests.report.golden import matches

UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
CONTRACT = [
    "id", "kind", "category", "status", "severity", "confidence", "columns", "rows_affected", "rate", "predicate",
    "reason", "evidence", "sample", "first_seen", "memory",
]  # fmt: skip


def strict(text: str) -> Any:
    """The document, read by a parser that refuses what JSON has not."""

    def refuse(word: str) -> Any:
        raise ValueError(word)

    return json.loads(text, parse_constant=refuse)


def valid(document: Any) -> None:
    jsonschema.validate(document, schema(), format_checker=jsonschema.FormatChecker())


def test_golden() -> None:
    assert matches("example.json", render(example()))


def test_a_render_is_valid_against_the_schema() -> None:
    valid(strict(render(example())))
    valid(strict(render(audit_with(checked=(), columns=(), failures=(), rows=0))))


def test_the_schema_is_itself_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_schema_documents_every_key_and_requires_it() -> None:
    document, described = strict(render(example())), schema()
    assert list(document) == list(described["properties"]) == described["required"]
    for name, example_of in (("finding", document["findings"]), ("checked", document["checked"])):
        definition = described["$defs"][name]
        assert list(example_of[0]) == list(definition["properties"]) == definition["required"]
    assert list(document["columns"][0]) == list(described["$defs"]["column"]["properties"])


def test_findings_have_the_keys_of_the_contract_first() -> None:
    assert list(strict(render(example()))["findings"][0])[: len(CONTRACT)] == CONTRACT


def test_the_schema_knows_the_vocabulary() -> None:
    defs = schema()["$defs"]
    assert defs["kind"]["enum"] == [kind for kinds in CATEGORIES.values() for kind in kinds]
    assert defs["finding"]["properties"]["severity"]["enum"] == list(Severity)
    assert defs["column"]["properties"]["type"]["enum"] == list(ColumnType)


def test_an_unknown_severity_is_refused_by_the_schema() -> None:
    document = strict(render(example()))
    document["findings"][0]["severity"] = "catastrophic"
    with pytest.raises(jsonschema.ValidationError):
        valid(document)


def test_the_same_audit_gives_the_same_bytes_whatever_the_order_of_its_parts() -> None:
    audit = example()
    turned = dataclasses.replace(audit, findings=audit.findings[::-1], checked=audit.checked[::-1])
    assert render(audit) == render(turned)


def test_findings_come_new_first_then_worst_then_largest() -> None:
    audit = audit_with(
        finding(id="aaaa", severity=Severity.LOW),
        finding(id="bbbb", severity=Severity.CRITICAL, status="known"),
        finding(id="cccc", severity=Severity.HIGH, rows_affected=1),
        finding(id="dddd", severity=Severity.HIGH, rows_affected=2),
    )
    assert [f["id"] for f in strict(render(audit))["findings"]] == ["dddd", "cccc", "aaaa", "bbbb"]


def test_data_values_keep_their_digits() -> None:
    assert datum(1234567.891) == 1234567.891
    assert datum(2**70) == 2**70
    assert datum(Decimal("12345678901234567890.123456789")) == "12345678901234567890.123456789"
    assert datum(dt.date(1891, 2, 3)) == "1891-02-03"
    assert datum(dt.datetime(2026, 1, 2, 3, 4, 5, 678901)) == "2026-01-02 03:04:05.678901"
    assert datum(b"\x00\xff") == "0x00ff"
    assert datum(True) is True
    assert datum(None) is None


@pytest.mark.parametrize(("value", "word"), [(float("nan"), "NaN"), (float("-inf"), "-Infinity")])
def test_numbers_that_json_has_not_are_words(value: float, word: str) -> None:
    assert datum(value) == word
    assert figure({"largest": value}) == {"largest": word}


def test_values_of_numpy_and_other_types_are_written() -> None:
    assert figure({"n": np.int64(3), "x": np.float64(1 / 3), "b": np.bool_(1)}) == {"n": 3, "x": 0.333333, "b": True}
    assert datum(uuid.UUID(int=1)) == "00000000-0000-0000-0000-000000000001"
    assert datum(dt.timedelta(days=1)) == "1 day, 0:00:00"
    assert datum({"a": [1, None]}) == '{"a": [1, null]}'


def test_figures_are_rounded_to_six_digits_and_sets_are_sorted() -> None:
    assert figure({"b": 1234567.8, "a": 1e-12 / 3}) == {"a": 3.33333e-13, "b": 1234570.0}
    assert figure({"days": {3, 1, 2}}) == {"days": [1, 2, 3]}


def test_a_huge_cell_is_cut() -> None:
    document = strict(render(audit_with(finding(sample=({"row_index": 0, "brand": "x" * 10_000_000},)))))
    assert len(document["findings"][0]["sample"][0]["brand"]) == 500


def test_several_tables_are_one_document() -> None:
    document = strict(render_set([example(), example()], {"broken.csv": "broken.csv: the file is empty"}))
    assert document["schema"] == "assay-set/1"
    assert document["failures"] == [{"table": "broken.csv", "error": "broken.csv: the file is empty"}]
    for audit in document["audits"]:
        valid(audit)


values = st.one_of(
    st.none(), st.text(), st.integers(), st.floats(), st.booleans(), st.dates(), st.datetimes(), st.decimals(),
    st.binary(),
)  # fmt: skip


@settings(max_examples=40)
@given(st.text(), values, st.dictionaries(st.text(), values | st.lists(values), max_size=3))
def test_whatever_data_and_names_hold_it_is_strict_and_shows_no_hidden_character(
    text: str, value: Any, evidence: dict[str, Any]
) -> None:
    rendered = render(
        audit_with(
            finding(columns=(text,), reason=text, predicate=text, sample=({text: value},), evidence=evidence),
            table=text,
        )
    )
    valid(strict(rendered))
    rendered.encode()
    assert not UNSEEN.search(rendered)
