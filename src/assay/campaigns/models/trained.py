"""A trained model: a classifier, its calibration and its decision, tuned on validation rows and fitted on all."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assay.campaigns.decision import Decision, one_hot, tune
from assay.campaigns.knobs import ATTRIBUTES, CLASSES
from assay.campaigns.labelled import labels_of, validation_rows
from assay.campaigns.models.base import Classifier, Evidence
from assay.campaigns.models.calibration import Calibration, fit_calibration
from assay.campaigns.tables import Tables
from assay.errors import ConfigurationError, MissingExtraError, SourceError

Floats = NDArray[np.float64]
Campaigns: TypeAlias = pa.Table | Mapping[str, Sequence[str | None]]

# Where each classifier lives: a package that one of them needs is not needed by the others.
MODELS = {
    "tfidf-logistic": ("logistic", "TfidfLogistic"),
    "lightgbm": ("boosted", "Boosted"),
    "network": ("network", "Network"),
    "structured": ("structured", "Structured"),
    "structured-ids": ("structured", "StructuredIds"),
    "stacked": ("stacked", "Stacked"),
}
CHOSEN = "structured"


@dataclass(frozen=True)
class Trained:
    """What ``train`` made.

    Attributes:
        told: what was measured: F1 on validation rows, seconds, rows.
    """

    classifier: Classifier
    calibration: Calibration
    decision: Decision
    told: Mapping[str, Any] = field(default_factory=dict)

    def predict_proba(self, campaigns: Campaigns) -> Floats:
        """The calibrated probability of each class, ``(rows, 3)``; fields may be missing or null."""
        return self.calibration.apply(self.classifier.predict_proba(as_table(campaigns)))

    def predict(self, campaigns: Campaigns) -> NDArray[np.int8]:
        """The class of each campaign, as an index into ``CLASSES``."""
        return self.decision.choose(self.predict_proba(campaigns))

    def explain(self, campaigns: Campaigns) -> list[list[Evidence]]:
        """For each campaign what speaks for and against it, the strongest first."""
        return self.classifier.explain(as_table(campaigns))

    def tables(self) -> Tables:
        """The relations that a structured model has learned.

        Raises:
            ConfigurationError: the classifier is of another kind.
        """
        tables: Tables = self._structured("tables")()
        return tables

    def resolve(self, attribute: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """How likely each text is each value of an attribute; the same condition as ``tables``."""
        likely: NDArray[np.float32] = self._structured("resolve")(attribute, texts)
        return likely

    def _structured(self, ability: str) -> Any:
        if not hasattr(self.classifier, ability):
            raise ConfigurationError(f"the model {self.classifier.name!r} knows no relations; train {CHOSEN!r}")
        return getattr(self.classifier, ability)

    def save(self, folder: Path) -> None:
        """Write the model into a folder, which is made where there is none."""
        folder.mkdir(parents=True, exist_ok=True)
        self.classifier.save(folder)
        told = {
            "schema": "assay-model/1",
            "model": self.classifier.name,
            "calibration": asdict(self.calibration),
            "decision": asdict(self.decision),
            "told": dict(self.told),
        }
        (folder / "model.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def load(folder: Path) -> Trained:
    """The model of a folder.

    Raises:
        SourceError: the folder holds none.
    """
    try:
        told = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        classifier = _kind(told["model"]).load(folder)
    except (OSError, ValueError, KeyError) as error:
        raise SourceError(
            f"{folder} holds no model that can be read ({error}); `assay campaigns train` makes one"
        ) from error
    slope, offsets = told["calibration"]["slope"], told["calibration"]["offsets"]
    decision = Decision(tuple(told["decision"]["weights"]))
    return Trained(classifier, Calibration(slope, tuple(offsets)), decision, told["told"])


def train(name: str, table: pa.Table, seed: int = 0) -> Trained:
    """Tune a model on the table's validation rows, then fit it on all rows.

    Raises:
        ConfigurationError: no model has this name, or the table lacks labels, a field, or rows of two classes.
        MissingExtraError: a package that the model needs is not installed.
    """
    missing = [a for a in ATTRIBUTES if a not in table.column_names]
    if missing:
        raise ConfigurationError(f"campaigns need the columns {', '.join(ATTRIBUTES)}; {', '.join(missing)} is missing")
    start, labels, held = time.perf_counter(), labels_of(table), validation_rows(table)
    if len(np.unique(labels[~held])) < 2 or not held.any():
        raise ConfigurationError("training needs rows of two classes or more, and rows for validation")
    classifier = _kind(name)(seed)
    from threadpoolctl import threadpool_limits

    fitted, checked = table.filter(pa.array(~held)), table.filter(pa.array(held))
    # Many small matrices: threads of the linear algebra would wait for each other more than they work.
    with threadpool_limits(1, user_api="blas"):
        raw = classifier.tune(fitted, labels[~held], checked, labels[held])
        truth = one_hot(labels[held])
        calibration = fit_calibration(raw, truth)
        decision, by_class = tune(calibration.apply(raw), truth)
        classifier.fit(table, labels)
    told = {
        "rows": len(table),
        "seed": seed,
        "seconds": round(time.perf_counter() - start, 2),
        "validation": {c: round(float(f1), 4) for c, f1 in zip(CLASSES, by_class, strict=True)},
        "validation_macro_f1": round(float(by_class.mean()), 4),
    }
    return Trained(classifier, calibration, decision, told)


def as_table(campaigns: Campaigns) -> pa.Table:
    """Campaigns with all five fields; a field that is not told, or told by an empty text, is null."""
    if isinstance(campaigns, pa.Table) and set(ATTRIBUTES) <= set(campaigns.column_names):
        return campaigns
    told = (
        {n: campaigns[n].to_pylist() for n in campaigns.column_names} if isinstance(campaigns, pa.Table) else campaigns
    )
    rows = max((len(column) for column in told.values()), default=0)
    fields = {a: [text or None for text in told.get(a, [None] * rows)] for a in ATTRIBUTES}
    return pa.table({a: pa.array(texts, pa.string()) for a, texts in fields.items()})


def _kind(name: str) -> type[Classifier]:
    if name not in MODELS:
        raise ConfigurationError(f"no model is called {name!r}; there are {', '.join(MODELS)}")
    module, kind = MODELS[name]
    try:
        found: type[Classifier] = getattr(import_module(f"assay.campaigns.models.{module}"), kind)
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or module, "lab") from error
    return found
