"""Probabilities that mean what they say, by vector scaling.

Guo et al., "On calibration of modern neural networks", 2017.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]
LEAST = 1e-9
PENALTY = 1.0  # on the distance from doing nothing, in rows


@dataclass(frozen=True)
class Calibration:
    """Log probabilities times a slope, plus an offset for each class."""

    slope: float = 1.0
    offsets: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def apply(self, probabilities: Floats) -> Floats:
        """Calibrated probabilities, ``(rows, 3)``."""
        logits = self.slope * np.log(np.maximum(probabilities, LEAST)) + np.array(self.offsets)
        logits -= logits.max(axis=1, keepdims=True)
        np.exp(logits, out=logits)
        return np.asarray(logits / logits.sum(axis=1, keepdims=True))


def fit_calibration(probabilities: Floats, truth: Floats) -> Calibration:
    """The calibration under which one-hot ``truth`` is most likely."""
    logs = np.log(np.maximum(probabilities, LEAST))

    def loss(x: Floats) -> tuple[float, Floats]:
        logits = np.exp(x[0]) * logs + x[1:]
        logits -= logits.max(axis=1, keepdims=True)
        chances = np.exp(logits)
        chances /= chances.sum(axis=1, keepdims=True)
        wrong = chances - truth
        value = -np.log(np.maximum((chances * truth).sum(axis=1), LEAST)).sum() + 0.5 * PENALTY * float(x @ x)
        gradient = np.concatenate([[float((wrong * logs).sum()) * np.exp(x[0])], wrong.sum(axis=0)]) + PENALTY * x
        return value / len(truth), gradient / len(truth)

    found = minimize(loss, np.zeros(4), jac=True, method="L-BFGS-B").x
    offsets = tuple((found[1:] - found[1:].mean()).tolist())
    return Calibration(float(np.exp(found[0])), (offsets[0], offsets[1], offsets[2]))
