"""From probabilities to one class, so that the macro F1 is as high as the probabilities allow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Classes = NDArray[np.int8]
WIDTHS = (16.0, 4.0, 1.5, 1.1)  # each round of the search spans this factor up and down
STEPS = 17


@dataclass(frozen=True)
class Decision:
    """A row's class is the one with the largest ``weight * probability``."""

    weights: tuple[float, ...] = (1.0, 1.0, 1.0)

    def choose(self, probabilities: Floats) -> Classes:
        """The class of each row, as an index."""
        chosen: Classes = np.argmax(probabilities * np.array(self.weights), axis=1).astype(np.int8)
        return chosen


def f1_by_class(confusion: Floats) -> Floats:
    """F1 of each class from a matrix of (true, chosen) counts or expected counts; 0 for a class that is nowhere."""
    total = confusion.sum(axis=0) + confusion.sum(axis=1)
    return np.asarray(2 * np.diag(confusion) / np.maximum(total, 1e-12))


def confusion(truth: Floats, chosen: Classes) -> Floats:
    """The matrix of (true, chosen): counts where ``truth`` is one-hot, expected counts where it is probabilities."""
    classes = truth.shape[1]
    return np.stack([truth[chosen == c].sum(axis=0) for c in range(classes)], axis=1)


def one_hot(labels: NDArray[np.integer], classes: int = 3) -> Floats:
    """Labels as rows of one 1 and zeros."""
    return np.asarray(np.eye(classes)[labels])


def tune(probabilities: Floats, truth: Floats) -> tuple[Decision, Floats]:
    """The decision with the highest macro F1 that a search of the weights finds, and its F1 by class.

    The weight of the largest class stays 1; the others are searched in turn, first coarsely, then finely.

    Args:
        truth: one-hot labels of a validation set; or true probabilities, for the F1 that can be expected at best.
    """
    largest = int(np.argmax(truth.sum(axis=0)))
    others = [c for c in range(truth.shape[1]) if c != largest]
    best = np.ones(truth.shape[1])
    by_class = f1_by_class(confusion(truth, Decision().choose(probabilities)))
    for width in WIDTHS:
        for c in others * 2:
            for factor in np.geomspace(1 / width, width, STEPS):
                tried = best.copy()
                tried[c] *= factor
                reached = f1_by_class(confusion(truth, Decision(tuple(tried.tolist())).choose(probabilities)))
                if reached.mean() > by_class.mean() + 1e-9:
                    best, by_class = tried, reached
    return Decision(tuple(best.tolist())), by_class
