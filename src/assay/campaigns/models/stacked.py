"""The structured model and boosted trees together: a logistic regression over both models' log probabilities."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import pyarrow as pa
from sklearn.linear_model import LogisticRegression

from assay.campaigns.models.base import Classifier, Evidence, Floats, Labels
from assay.campaigns.models.boosted import Boosted
from assay.campaigns.models.structured import Structured

LEAST = 1e-4
STRENGTH = 0.1  # inverse of the penalty on the weights of the two models


class Stacked(Classifier):
    """How much each model counts is learned from validation rows, which neither was fitted on."""

    name: ClassVar[str] = "stacked"

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self.parts: tuple[Structured, Boosted] = (Structured(seed), Boosted(seed))
        self.weights: Floats = np.concatenate([np.eye(3), np.zeros((3, 3))], axis=1)
        self.offsets: Floats = np.zeros(3)

    def tune(self, table: pa.Table, labels: Labels, held: pa.Table, held_labels: Labels) -> Floats:
        """Tune both, and learn how to weigh them where all classes are held."""
        told = [part.tune(table, labels, held, held_labels) for part in self.parts]
        logs = _logs(told)
        if len(np.unique(held_labels)) == 3:
            model = LogisticRegression(C=STRENGTH, max_iter=500).fit(logs, held_labels)
            self.weights, self.offsets = model.coef_, model.intercept_
        return self._combined(logs)

    def fit(self, table: pa.Table, labels: Labels) -> None:
        """Fit both."""
        for part in self.parts:
            part.fit(table, labels)

    def predict_proba(self, table: pa.Table) -> Floats:
        """The probability of each class."""
        return self._combined(_logs([part.predict_proba(table) for part in self.parts]))

    def explain(self, table: pa.Table) -> list[list[Evidence]]:
        """What the structured model says of pairs, then what the trees say of words."""
        return [a + b for a, b in zip(*(part.explain(table) for part in self.parts), strict=True)]

    def save(self, folder: Path) -> None:
        """Write both models and ``stacked.npz``."""
        for part in self.parts:
            part.save(folder)
        np.savez_compressed(folder / "stacked.npz", weights=self.weights, offsets=self.offsets)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model that was saved."""
        first, second = Structured.load(folder), Boosted.load(folder)
        model = cls(first.seed)
        model.parts = (first, second)
        with np.load(folder / "stacked.npz") as held:
            model.weights, model.offsets = held["weights"], held["offsets"]
        return model

    def _combined(self, logs: Floats) -> Floats:
        logits = logs @ self.weights.T + self.offsets
        logits = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(logits / logits.sum(axis=1, keepdims=True))


def _logs(told: list[Floats]) -> Floats:
    return np.log(np.maximum(np.concatenate(told, axis=1), LEAST))
