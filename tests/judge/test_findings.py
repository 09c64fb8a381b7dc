"""Findings and their rows."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlglot import exp

from assay.hypothesis.hypothesis import Fact, Hypothesis, RowTest
from assay.judge.finding import Verdict
from assay.judge.findings import confirm, confirm_and_look, finding_id, keep_copies, rule
from assay.judge.quarantine import write_rows
from assay.judge.verdict import Judgement
from assay.scan.copies import Copies
from tests.builders import source_of

A = exp.column("a", quoted=True)
TABLE = {"id": list("uvwxyz"), "a": [1, -2, 3, -4, 3, 3], "b": [0, 0, 0, 0, 0, 0]}


def error(hypothesis: Hypothesis, rows: int) -> Judgement:
    return Judgement(hypothesis, Verdict.ERROR, rows, {"rows": rows})


NEGATIVE = error(Hypothesis("negative_metric", ("a",), "below zero", RowTest(A < 0)), 2)
COPIES = error(Hypothesis("duplicate_keys", ("a", "b"), "again", Copies(("a", "b"))), 2)
GONE = error(Hypothesis("missing_columns", ("c",), "gone", Fact()), 0)


def test_identities_are_stable_and_apart() -> None:
    assert finding_id("t", "outliers", ["a"]) == finding_id("t", "outliers", ["a"])
    assert len({finding_id("t", "outliers", c, s) for c in (["a"], ["ab"], ["a", "b"]) for s in ("", "x")}) == 6


def test_a_finding_proves_itself() -> None:
    source = source_of(TABLE)
    [finding] = rule(source, [NEGATIVE], ["id"], 5).findings
    assert (finding.rows_affected, finding.predicate) == (2, '"a" < 0')
    assert finding.query is not None
    assert finding.sample == ({"row_index": 1, "id": "v", "a": -2}, {"row_index": 3, "id": "x", "a": -4})


def test_claims_about_the_table_have_no_rows() -> None:
    [finding] = rule(source_of(TABLE), [GONE], ["id"], 5).findings
    assert (finding.predicate, finding.query, finding.sample) == (None, None, ())


def test_two_proposers_with_one_claim_are_one_finding() -> None:
    surer = error(Hypothesis("negative_metric", ("a",), "surely", RowTest(A < 0), confidence=0.99), 2)
    findings = rule(source_of(TABLE), [NEGATIVE, surer], [], 5).findings
    assert [f.reason for f in findings] == ["surely"]


def test_bad_rows_are_written_once_for_each_finding(tmp_path: Path) -> None:
    source = source_of(TABLE)
    ruling = rule(source, [NEGATIVE, COPIES, GONE], ["id"], 5)
    assert write_rows(source, ruling, ["id"], tmp_path / "rows.parquet") == 4
    rows = pq.read_table(tmp_path / "rows.parquet").to_pylist()
    by_kind = {f.id: f.kind for f in ruling.findings}
    assert sorted((by_kind[r["finding_id"]], r["row_index"], r["id"]) for r in rows) == [
        ("duplicate_keys", 4, "y"),
        ("duplicate_keys", 5, "z"),
        ("negative_metric", 1, "v"),
        ("negative_metric", 3, "x"),
    ]
    assert {tuple(r["columns"]) for r in rows} == {("a",), ("a", "b")}


def test_no_bad_rows_give_an_empty_file_of_the_same_form(tmp_path: Path) -> None:
    source = source_of(TABLE)
    assert write_rows(source, rule(source, [], [], 5), ["id"], tmp_path / "rows.parquet") == 0
    assert pq.read_table(tmp_path / "rows.parquet").column_names[:2] == ["finding_id", "row_index"]


def test_rows_of_notes_are_not_quarantined(tmp_path: Path) -> None:
    source = source_of(TABLE)
    note = error(Hypothesis("missing_values", ("b",), "perhaps", RowTest(A > 0), confidence=0.45), 4)
    assert write_rows(source, rule(source, [note], [], 5), [], tmp_path / "rows.parquet") == 0


def test_consequences_count_one_row_as_one() -> None:
    source = source_of({"a": [1, -2, 3, 4], "b": [0, 0, 0, 0]})
    broken = error(Hypothesis("negative_metric", ("a",), "below zero", RowTest(A < 0), confidence=0.99), 1)
    unequal = error(Hypothesis("relation_violation", ("a", "b"), "unequal", RowTest(A < -1), confidence=0.9), 1)
    [finding] = rule(source, [broken, unequal], [], 5).findings
    assert finding.consequences == ("relation_violation in a, b (1 row)",)


@pytest.mark.parametrize(("spares", "rows"), [(False, 40), (True, 39)])
def test_a_cause_has_the_few_rows_that_only_what_it_breaks_tells(tmp_path: Path, spares: bool, rows: int) -> None:
    # The order spares an excess of one, which may be legitimate; the rate tells that it is not.
    table = {"id": list(range(60)), "a": [*[9] * 39, 1, *[0] * 20], "b": [0] * 60, "r": [*[5] * 40, *[0] * 20]}
    order = RowTest(exp.GT(this=A, expression=exp.column("b", quoted=True)), A <= 1)
    rate = RowTest(exp.column("r", quoted=True) > 0, A > 99 if spares else None)
    causes = [
        error(Hypothesis("conversions_exceed_clicks", ("a", "b"), "above", order), 39),
        error(Hypothesis("relation_violation", ("r", "a"), "a rate", rate), 40),
    ]
    source = source_of(table)
    ruling = rule(source, causes, ["id"], 5)
    [finding] = ruling.findings
    assert (finding.kind, finding.rows_affected) == ("conversions_exceed_clicks", rows)
    assert write_rows(source, ruling, ["id"], tmp_path / "rows.parquet") == rows


@pytest.mark.parametrize("likely", [(), (0,), (1,), (0, 1)])
def test_copies_are_judged_alike_whether_their_places_are_kept_or_not(likely: tuple[int, ...]) -> None:
    source = source_of({"a": [1, 1, 1, 2, 2, 3], "b": [7, 7, 8, 9, 9, 1]})
    tests = [Copies(("a", "b")), Copies(("a",), ("a", "b"))]
    claims = [
        Hypothesis(kind, test.columns, "again", test, prior=0.5 if i in likely else 0.2)
        for i, (kind, test) in enumerate(zip(("duplicate_rows", "duplicate_keys"), tests, strict=True))
    ]
    told = keep_copies(source, claims)
    assert [isinstance(h.test, Copies) and h.test.kept is not None for h in told] == [0 in likely, 1 in likely]
    judgements, seen = confirm_and_look(source, told, ["a"], 5, [])
    assert [j.rows for j in confirm(source, told)] == [j.rows for j in judgements] == [2, 1]
    assert seen is not None
    assert sorted((sorted(g.failed), g.rows) for g in seen.groups) == [([0], 2), ([1], 1)]
