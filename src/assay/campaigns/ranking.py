"""How good a ranking of candidates is, against the true outcome of each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Order = NDArray[np.integer]


def regret(truth: Floats, order: Order) -> float:
    """What the first choice falls short of the best, as a share of what a random choice does: 0 is best, 1 is random.

    Args:
        truth: the true outcome of each candidate, not all the same.
        order: candidates, the best first.
    """
    best = float(truth.max())
    return (best - float(truth[order[0]])) / (best - float(truth.mean()))


def ndcg(truth: Floats, order: Order, count: int = 10) -> float:
    """Normalised discounted cumulative gain of the first ``count`` (Järvelin and Kekäläinen, 2002).

    The gain of a candidate is its true outcome, scaled so that the worst has 0 and the best has 1.
    """
    gain = (truth - truth.min()) / (truth.max() - truth.min())
    shown = min(count, len(truth))
    weight = 1.0 / np.log2(np.arange(2, shown + 2))
    ideal = np.sort(gain)[::-1][:shown]
    return float((gain[order[:shown]] * weight).sum() / (ideal * weight).sum())


def hit(truth: Floats, order: Order, count: int = 10) -> float:
    """1 if one of the first ``count`` is as good as the best, else 0."""
    return float(truth[order[:count]].max() == truth.max())
