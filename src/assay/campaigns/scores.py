"""F1 of predicted classes: one figure a class, and their plain mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Score:
    """How well classes were predicted.

    Attributes:
        macro: mean F1 over all classes, each counting the same.
        classes: F1 of each class, between 0 and 1; 0 for one that was never predicted rightly.
    """

    macro: float
    classes: Mapping[str, float]


def score(truth: NDArray[np.integer], predicted: NDArray[np.integer], classes: Sequence[str]) -> Score:
    """F1 of each class, ``2 TP / (2 TP + FP + FN)``, and their mean.

    Args:
        truth: what is right, as indices into ``classes``.
        predicted: what was said, of the same length.

    Raises:
        ValueError: the two have different lengths.
    """
    if truth.shape != predicted.shape:
        raise ValueError(f"{truth.shape} labels and {predicted.shape} predictions")
    count = len(classes)
    hits = np.bincount(truth[truth == predicted], minlength=count)
    total = np.bincount(truth, minlength=count) + np.bincount(predicted, minlength=count)
    f1 = 2 * hits / np.maximum(total, 1)
    return Score(float(f1.mean()), {name: float(value) for name, value in zip(classes, f1, strict=True)})
