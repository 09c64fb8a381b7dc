"""F1 by class and their mean."""

from __future__ import annotations

import numpy as np
import pytest

from assay.campaigns.scores import score

CLASSES = ("low", "middle", "high")


def test_f1_is_the_harmonic_mean_of_precision_and_recall() -> None:
    truth = np.array([0, 0, 0, 1, 1, 2])
    predicted = np.array([0, 0, 1, 1, 2, 2])
    found = score(truth, predicted, CLASSES)
    assert found.classes == pytest.approx({"low": 0.8, "middle": 0.5, "high": 2 / 3})
    assert found.macro == pytest.approx((0.8 + 0.5 + 2 / 3) / 3)


def test_a_class_that_nobody_has_or_says_counts_as_missed() -> None:
    assert score(np.array([0, 1]), np.array([0, 1]), CLASSES).classes["high"] == 0.0


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="labels and"):
        score(np.array([0, 1]), np.array([0]), CLASSES)
