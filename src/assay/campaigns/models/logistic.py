"""TF-IDF of words and multinomial logistic regression: what a first attempt would be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import pyarrow as pa
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from assay.campaigns.models.base import Classifier, Evidence, Floats, Labels, class_weights
from assay.campaigns.models.words import Words

ROUNDS = 200
STRONGEST = 10


class TfidfLogistic(Classifier):
    """Each word of each field has a weight for each class."""

    name: ClassVar[str] = "tfidf-logistic"

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self.words = Words(())
        self.rarity: Floats = np.zeros(0)
        self.weights: Floats = np.zeros((3, 0))
        self.offsets: Floats = np.zeros(3)

    def fit(self, table: pa.Table, labels: Labels) -> None:
        """Learn words, their rarity, and weights."""
        self.words = Words.fit(table)
        counts = self.words.matrix(table)
        self.rarity = np.log((1 + len(table)) / (1 + np.asarray(counts.sum(axis=0)).ravel())) + 1
        model = LogisticRegression(max_iter=ROUNDS, C=1.0)
        model.fit(self._scaled(counts), labels, sample_weight=class_weights(labels))
        # A class that no row has keeps no weight and a low offset.
        self.weights, self.offsets = np.zeros((3, counts.shape[1])), np.full(3, -20.0)
        self.weights[model.classes_], self.offsets[model.classes_] = _by_class(model)

    def predict_proba(self, table: pa.Table) -> Floats:
        """The probability of each class."""
        logits = self._scaled(self.words.matrix(table)) @ self.weights.T + self.offsets
        logits = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(logits / logits.sum(axis=1, keepdims=True))

    def explain(self, table: pa.Table) -> list[list[Evidence]]:
        """The words that move the logit of the highest class against that of the lowest one."""
        scaled, names = self._scaled(self.words.matrix(table)), self.words.names
        effect = self.weights[2] - self.weights[0]
        told = []
        for start, end in zip(scaled.indptr, scaled.indptr[1:], strict=False):
            pairs = zip(scaled.indices[start:end].tolist(), scaled.data[start:end].tolist(), strict=True)
            found = [Evidence((names[i][0],), float(x * effect[i]), names[i][1]) for i, x in pairs]
            told.append(sorted(found, key=lambda e: -abs(e.weight))[:STRONGEST])
        return told

    def save(self, folder: Path) -> None:
        """Write ``words.json`` and ``logistic.npz``."""
        (folder / "words.json").write_text(json.dumps([self.seed, self.words.to_json()]), encoding="utf-8")
        np.savez_compressed(folder / "logistic.npz", rarity=self.rarity, weights=self.weights, offsets=self.offsets)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model that was saved."""
        seed, words = json.loads((folder / "words.json").read_text(encoding="utf-8"))
        model = cls(seed)
        model.words = Words.from_json(words)
        with np.load(folder / "logistic.npz") as held:
            model.rarity, model.weights, model.offsets = held["rarity"], held["weights"], held["offsets"]
        return model

    def _scaled(self, counts: sparse.csr_matrix) -> sparse.csr_matrix:
        scaled = counts @ sparse.diags(self.rarity)
        length = np.sqrt(np.asarray(scaled.multiply(scaled).sum(axis=1)).ravel())
        return sparse.csr_matrix(sparse.diags(1 / np.maximum(length, 1e-9)) @ scaled)


def _by_class(model: LogisticRegression) -> tuple[Floats, Floats]:
    """Weights and offsets with a row for each class, also where scikit-learn holds one for two."""
    if len(model.classes_) == 2:
        return np.concatenate([-model.coef_, model.coef_]) / 2, np.concatenate(
            [-model.intercept_, model.intercept_]
        ) / 2
    return model.coef_, model.intercept_
