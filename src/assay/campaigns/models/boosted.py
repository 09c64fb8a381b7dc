"""LightGBM on bags of words: what finds some interactions by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar, Self

import lightgbm
import numpy as np
import pyarrow as pa

from assay.campaigns.models.base import Classifier, Evidence, Floats, Labels, class_weights
from assay.campaigns.models.words import Words

TREES = 150
SETTINGS = {
    "objective": "multiclass",
    "num_class": 3,
    "num_leaves": 63,
    "learning_rate": 0.15,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.3,
    "max_bin": 3,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
STRONGEST = 10


class Boosted(Classifier):
    """Boosted trees over which words a campaign has."""

    name: ClassVar[str] = "lightgbm"

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self.words = Words(())
        self.trees: lightgbm.Booster | None = None

    def fit(self, table: pa.Table, labels: Labels) -> None:
        """Learn words and trees."""
        self.words = Words.fit(table)
        data = lightgbm.Dataset(self.words.matrix(table), labels, weight=class_weights(labels))
        self.trees = lightgbm.train({**SETTINGS, "seed": self.seed}, data, TREES)

    def predict_proba(self, table: pa.Table) -> Floats:
        """The probability of each class."""
        assert self.trees is not None
        return np.asarray(self.trees.predict(self.words.matrix(table)))

    def explain(self, table: pa.Table) -> list[list[Evidence]]:
        """The words that move the highest class against the lowest one, by their Shapley values (TreeSHAP)."""
        assert self.trees is not None
        matrix, names = self.words.matrix(table), self.words.names
        shapley = self.trees.predict(matrix, pred_contrib=True)
        whole = shapley.toarray() if hasattr(shapley, "toarray") else _dense(shapley)
        by_class = whole.reshape(len(table), 3, len(names) + 1)[:, :, :-1]
        effect = by_class[:, 2] - by_class[:, 0]
        told = []
        for row in effect:
            strongest = np.argsort(-np.abs(row))[:STRONGEST]
            told.append([Evidence((names[i][0],), float(row[i]), names[i][1]) for i in strongest if row[i]])
        return told

    def save(self, folder: Path) -> None:
        """Write ``words.json`` and ``trees.txt``."""
        assert self.trees is not None
        (folder / "words.json").write_text(json.dumps([self.seed, self.words.to_json()]), encoding="utf-8")
        self.trees.save_model(str(folder / "trees.txt"))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model that was saved."""
        seed, words = json.loads((folder / "words.json").read_text(encoding="utf-8"))
        model = cls(seed)
        model.words = Words.from_json(words)
        model.trees = lightgbm.Booster(model_file=str(folder / "trees.txt"))
        return model


def _dense(parts: object) -> Floats:
    """Shapley values side by side, which LightGBM gives as one sparse matrix a class."""
    if isinstance(parts, list):
        return np.concatenate([np.asarray(p.todense()) for p in parts], axis=1)
    return np.asarray(parts)
