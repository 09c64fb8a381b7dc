"""Priors that learn: from this table, its siblings, all tables, and from what people said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.hypothesis.experience import NONE, Experience, Record

KEY = ("duplicate_rows", "?")
OTHER = ("missing_values", "clicks")
chances = st.floats(0.01, 0.99)


def test_without_experience_the_guess_stands() -> None:
    assert NONE.prior(*KEY, 0.3) == pytest.approx(0.3)
    assert NONE.confidence(*KEY, 0.8) == 0.8


@given(chances)
def test_what_was_often_true_is_more_probable_and_what_never_was_is_less(guess: float) -> None:
    known = {OTHER: Record(50, 0), KEY: Record(10, 9)}
    assert Experience(own=known).prior(*KEY, guess) > guess
    assert Experience(own={OTHER: Record(50, 20), KEY: Record(10, 0)}).prior(*KEY, guess) < guess


def test_ten_audits_move_a_prior_farther_than_one() -> None:
    rest = {OTHER: Record(50, 0)}
    one, ten = (Experience(own={**rest, KEY: Record(n, n)}).prior(*KEY, 0.2) for n in (1, 10))
    assert 0.2 < one < ten < 1


def test_a_sibling_that_was_wrong_makes_a_table_suspect_and_its_own_past_counts_more() -> None:
    rest = {OTHER: Record(50, 0)}
    kin = Experience(own=rest, kin={KEY: Record(10, 10)}).prior(*KEY, 0.2)
    far = Experience(own=rest, all={KEY: Record(10, 10)}).prior(*KEY, 0.2)
    clean = Experience(own={**rest, KEY: Record(30, 0)}, kin={KEY: Record(10, 10)}).prior(*KEY, 0.2)
    assert kin > far > 0.2
    assert clean < kin


def test_findings_that_people_rejected_were_not_true() -> None:
    rest = {OTHER: Record(50, 0)}
    believed = Experience(own={**rest, KEY: Record(10, 8)}).prior(*KEY, 0.2)
    rejected = Experience(own={**rest, KEY: Record(10, 8, 0, 8)}).prior(*KEY, 0.2)
    assert rejected < believed


def test_rejections_lower_the_confidence_and_agreement_raises_it() -> None:
    assert Experience(own={KEY: Record(rejected=1)}).confidence(*KEY, 0.9) < 0.9
    assert Experience(own={KEY: Record(accepted=3)}).confidence(*KEY, 0.6) > 0.6
    assert Experience(kin={KEY: Record(rejected=2)}).confidence(*KEY, 0.9) < 0.9
    assert Experience(own={OTHER: Record(rejected=9)}).confidence(*KEY, 0.9) == 0.9


def test_what_people_want_looked_at_comes_first() -> None:
    assert Experience(always=frozenset({"duplicate_rows"})).prior(*KEY, 0.01) == 1.0


@given(chances, st.integers(0, 100), st.integers(0, 100))
def test_a_prior_is_a_probability(guess: float, tested: int, true: int) -> None:
    record = {KEY: Record(tested + true, true)}
    assert 0 < Experience(own=record, kin=record, all=record).prior(*KEY, guess) < 1


def test_a_table_is_troubled_by_the_share_of_its_own_hypotheses_that_were_true() -> None:
    assert Experience(own={KEY: Record(10, 1), OTHER: Record(10, 0)}, kin={KEY: Record(9, 9)}).troubled == 0.05
    assert NONE.troubled == 0.0
