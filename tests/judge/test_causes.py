"""Root causes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlglot import exp

from assay.hypothesis.hypothesis import Hypothesis, RowTest
from assay.judge.causes import fold, fold_together


def claim(kind: str, *columns: str, **evidence: Any) -> Hypothesis:
    return Hypothesis(kind, columns, "", RowTest(exp.true()), evidence=evidence)


def folded(claims: list[Hypothesis], rows: list[int], shared: dict[tuple[int, int], int]) -> dict[int, int]:
    return fold(claims, rows, shared, 1_000)


def test_a_broken_identity_belongs_to_the_sign_that_broke_it() -> None:
    claims = [claim("relation_violation", "ctr", "clicks"), claim("negative_metric", "clicks")]
    assert folded(claims, [50, 50], {(0, 1): 50}) == {0: 1}


def test_findings_on_other_columns_stand_for_themselves() -> None:
    claims = [claim("relation_violation", "total", "price"), claim("negative_metric", "clicks")]
    assert folded(claims, [50, 50], {(0, 1): 50}) == {}


def test_rows_of_their_own_keep_a_finding_apart() -> None:
    claims = [claim("relation_violation", "ctr", "clicks"), claim("negative_metric", "clicks")]
    assert folded(claims, [100, 50], {(0, 1): 50}) == {}


def test_a_unit_change_explains_whatever_its_rows_break() -> None:
    claims = [claim("unit_change", "spend"), claim("outliers", "cpm"), claim("relation_violation", "roas", "revenue")]
    assert folded(claims, [80, 78, 80], {(0, 1): 78, (0, 2): 80, (1, 2): 78}) == {1: 0, 2: 0}


def test_values_that_start_at_a_bound_break_the_relation() -> None:
    relation = claim("clicks_exceed_impressions", "clicks", "impressions")
    excess = claim("outliers", "clicks", at_boundary_of=["impressions"])
    assert folded([relation, excess], [50, 49], {(0, 1): 49}) == {1: 0}


def test_values_out_of_nowhere_stay_outliers_beside_the_relation_they_break() -> None:
    relation = claim("clicks_exceed_impressions", "clicks", "impressions")
    excess = claim("outliers", "clicks")
    assert folded([relation, excess], [50, 60], {(0, 1): 50}) == {}


def test_relations_of_the_pack_do_not_explain_each_other() -> None:
    claims = [
        claim("clicks_exceed_impressions", "clicks", "impressions"),
        claim("conversions_exceed_clicks", "conversions", "clicks"),
    ]
    assert folded(claims, [50, 50], {(0, 1): 50}) == {}


def test_random_strings_explain_the_dependency_they_break() -> None:
    claims = [claim("dependency_violation", "brand", "campaign"), claim("categorical_corruption", "brand")]
    assert folded(claims, [30, 31], {(0, 1): 30}) == {0: 1}


def test_sound_rows_beside_a_damaged_bulk_are_no_outliers() -> None:
    relation = claim("clicks_exceed_impressions", "clicks", "impressions")
    low = claim("outliers", "clicks")
    assert folded([relation, low], [400, 60], {}) == {1: 0}
    assert folded([relation, low], [40, 60], {}) == {}


def test_a_relation_that_holds_only_in_another_unit_is_folded_into_the_change_of_unit() -> None:
    unit = claim("unit_change", "spend")
    found = replace(claim("relation_violation", "cpc", "clicks", "spend"), origin="discovered")
    assert folded([unit, found], [600, 390], {(0, 1): 2}) == {1: 0}
    assert folded([unit, found], [400, 430], {(0, 1): 370}) == {}
    assert folded([unit, replace(found, columns=("clicks", "views"))], [600, 390], {(0, 1): 2}) == {}


def test_a_step_of_sums_that_hold_another_unit_is_no_step_of_its_own() -> None:
    unit, step = claim("unit_change", "spend"), claim("level_shift", "spend", "brand")
    assert folded([unit, step], [30, 200], {(0, 1): 5}) == {1: 0}
    assert folded([unit, step], [30, 200], {}) == {}
    assert folded([unit, replace(step, columns=("views", "brand"))], [30, 200], {(0, 1): 5}) == {}


def test_a_relation_that_several_findings_break_together_is_folded_into_the_largest() -> None:
    claims = [
        claim("relation_violation", "cpc", "spend", "clicks"),
        claim("negative_metric", "spend"),
        claim("clicks_exceed_impressions", "clicks", "impressions"),
    ]
    groups = [(frozenset({0, 1}), 30), (frozenset({0, 2}), 69), (frozenset({2}), 500), (frozenset({0}), 1)]
    assert fold_together(claims, [100, 30, 569], groups, {}) == {0: 2}


def test_a_relation_with_rows_of_its_own_or_explained_by_notes_or_strangers_stands() -> None:
    relation, sign = claim("relation_violation", "cpc", "spend", "clicks"), claim("negative_metric", "spend")
    other = claim("clicks_exceed_impressions", "clicks", "impressions")
    stranger = claim("negative_metric", "views")
    note = replace(other, confidence=0.4)
    groups = [(frozenset({0, 1}), 30), (frozenset({0, 2}), 70)]
    assert fold_together([relation, sign, stranger], [100, 30, 70], groups, {}) == {}
    assert fold_together([relation, sign, note], [100, 30, 70], groups, {}) == {}
    own = [(frozenset({0, 1}), 30), (frozenset({0, 2}), 50), (frozenset({0}), 20)]
    assert fold_together([relation, sign, other], [100, 30, 50], own, {}) == {}


def test_a_note_explains_no_alarm_away() -> None:
    broken, note = claim("purchases_without_add_to_cart", "purchases", "carts"), claim("missing_values", "carts")
    assert folded([broken, note], [50, 60], {(0, 1): 50}) == {0: 1}
    assert folded([broken, replace(note, confidence=0.4)], [50, 60], {(0, 1): 50}) == {}


def test_outliers_that_break_an_identity_as_well_are_no_sound_rows() -> None:
    relation = claim("clicks_exceed_impressions", "clicks", "impressions")
    high = claim("outliers", "clicks")
    identity = claim("relation_violation", "ctr", "clicks", "impressions")
    shared = {(0, 1): 280, (0, 2): 400, (1, 2): 450}
    assert folded([relation, high, identity], [400, 450, 700], shared) == {}
    assert folded([relation, high, identity], [400, 450, 700], {**shared, (1, 2): 280}) == {1: 0}
