"""Decisions that raise macro F1."""

from __future__ import annotations

import numpy as np
import pytest

from assay.campaigns.ceiling import outcome_probabilities
from assay.campaigns.decision import Decision, confusion, f1_by_class, one_hot, tune


def test_f1_counts_both_kinds_of_mistakes() -> None:
    truth, chosen = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1], dtype=np.int8)
    assert f1_by_class(confusion(one_hot(truth), chosen)).tolist() == pytest.approx([2 / 3, 1 / 2, 0])


def test_a_tuned_decision_beats_the_most_probable_class_where_one_class_dominates() -> None:
    rng = np.random.default_rng(0)
    net = rng.normal(size=4_000) * 1.7
    chances = outcome_probabilities(net, -5.0, 5.0, 3.5)
    _, tuned = tune(chances, chances)
    plain = f1_by_class(confusion(chances, Decision().choose(chances)))
    assert tuned.mean() > plain.mean() + 0.05


def test_tuning_leaves_perfect_probabilities_alone() -> None:
    truth = one_hot(np.array([0, 1, 2, 1, 1]))
    decision, by_class = tune(truth, truth)
    assert by_class.tolist() == [1, 1, 1]
    assert decision == Decision()


def test_probabilities_of_outcomes_sum_to_one_and_rise_with_the_balance() -> None:
    chances = outcome_probabilities(np.array([-6.0, 0.0, 6.0]), -2.5, 2.5, 0.5)
    assert chances.sum(axis=1) == pytest.approx([1, 1, 1])
    assert chances.argmax(axis=1).tolist() == [0, 1, 2]
