"""The same table gives the same findings on every engine, to the row."""

from __future__ import annotations

from typing import Any

import pytest

import assay.examination
from assay.pipeline import audit
from assay.report.record import Audit
from tests.engines.engines import ENGINES, REFERENCE
from tests.engines.tables import TABLES

EXPECTED = {
    "clean": set(),
    "nulls": {"missing_values"},
    "copies": {"duplicate_rows", "duplicate_keys"},
    "categories": {"categorical_corruption"},
    "relations": {"clicks_exceed_impressions", "conversions_exceed_clicks"},
    "magnitudes": {"outliers", "negative_metric"},
    "units": {"unit_change"},
    "dependency": {"dependency_violation"},
    "hours": {"date_gap"},
    "odd names": {"conversions_exceed_clicks", "outliers"},
}


def found(result: Audit) -> list[tuple[Any, ...]]:
    return sorted((f.kind, f.columns, f.segment, f.rows_affected, str(f.severity)) for f in result.findings)


def checked(result: Audit) -> list[tuple[Any, ...]]:
    return sorted((c.kind, c.columns, str(c.verdict), str(c.measured)) for c in result.checked)


@pytest.fixture(scope="module")
def references() -> dict[str, Audit]:
    return {}


@pytest.mark.parametrize("case", list(TABLES))
@pytest.mark.parametrize("engine", list(ENGINES))
def test_findings_are_those_of_a_file(
    engine: str,
    case: str,
    request: pytest.FixtureRequest,
    references: dict[str, Audit],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = TABLES[case]()
    if case not in references:
        references[case] = audit(REFERENCE.place(request, "reference", rows))
    expected = references[case]
    if ENGINES[engine].in_place:
        monkeypatch.setattr(assay.examination, "local_copy", lambda source, *_: source)
    result = audit(ENGINES[engine].place(request, case.replace(" ", "_"), rows))
    assert not result.failures
    assert found(result) == found(expected)
    assert checked(result) == checked(expected)
    assert EXPECTED[case] <= {f.kind for f in result.findings}
    if not EXPECTED[case]:
        assert not [f for f in result.findings if f.severity.rank < 3]
