"""The best macro F1 that any model could expect on given campaigns: it knows the graph, and not the noise."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from assay.campaigns.decision import tune
from assay.campaigns.graph import Codes, World
from assay.campaigns.knobs import ATTRIBUTES, CLASSES

Floats = NDArray[np.float64]


def outcome_probabilities(net: Floats, lower: float, upper: float, spread: float) -> Floats:
    """The probability of each class for balances with normal noise, ``(rows, 3)``."""
    under, not_over = ndtr((lower - net) / spread), ndtr((upper - net) / spread)
    return np.stack([under, not_over - under, 1 - not_over], axis=1)


def ceiling(world: World, campaigns: Codes, rng: np.random.Generator) -> dict[str, Any]:
    """Expected F1 of the best decision for these campaigns, as a card tells it.

    ``macro_f1`` knows the graph; ``with_hidden`` knows also the hidden factor of every campaign, which no text tells:
    the gap between them is what no model of the five texts can reach. ``without`` has the macro F1 where one of the
    attributes is not told.
    """
    knobs, net = world.knobs, world.net(campaigns)
    told = _best(outcome_probabilities(net, knobs.lower, knobs.upper, float(np.hypot(knobs.noise, knobs.hidden))))
    factor = rng.normal(0.0, knobs.hidden, len(net)) if knobs.hidden else np.zeros(len(net))
    known = _best(outcome_probabilities(net + factor, knobs.lower, knobs.upper, knobs.noise))
    without = {a: ceiling_without(world, campaigns, a)["macro_f1"] for a in ATTRIBUTES}
    return {**told, "with_hidden": known, "without": without}


def ceiling_without(world: World, campaigns: Codes, attribute: str) -> dict[str, Any]:
    """Expected F1 of the best decision for campaigns of which one attribute is not told.

    It knows the graph, and how likely each value of the attribute is beside the values that are told.
    """
    column, knobs = ATTRIBUTES.index(attribute), world.knobs
    likely = world.likely(campaigns, column)
    chances = np.zeros((len(campaigns), len(CLASSES)))
    for value in range(likely.shape[1]):
        filled = campaigns.copy()
        filled[:, column] = value
        spread = float(np.hypot(knobs.noise, knobs.hidden))
        outcomes = outcome_probabilities(world.net(filled), knobs.lower, knobs.upper, spread)
        chances += likely[:, value, None] * outcomes
    return _best(chances)


def _best(probabilities: Floats) -> dict[str, Any]:
    _, by_class = tune(probabilities, probabilities)
    named = {name: round(float(f1), 4) for name, f1 in zip(CLASSES, by_class, strict=True)}
    return {"macro_f1": round(float(by_class.mean()), 4), "by_class": named}
