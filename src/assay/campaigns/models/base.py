"""What every classifier of campaigns can do, and how it is kept in a folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int8]


@dataclass(frozen=True)
class Evidence:
    """What speaks for or against a campaign.

    Attributes:
        about: the attributes it is about: two of a pair, or one.
        weight: above 0 it speaks for a better outcome, below 0 for a worse one, in the model's own unit.
        words: what of the texts it rests on.
    """

    about: tuple[str, ...]
    weight: float
    words: str


class Classifier(ABC):
    """A model of outcomes. Tables have the five text columns; a missing text is null."""

    name: ClassVar[str]

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    @abstractmethod
    def fit(self, table: pa.Table, labels: Labels) -> None:
        """Learn from labelled campaigns."""

    def tune(self, table: pa.Table, labels: Labels, held: pa.Table, held_labels: Labels) -> Floats:
        """Choose what there is to choose by validation rows; returns the probabilities of these rows.

        What is chosen is kept for ``fit``. Models with nothing to choose only fit and predict.
        """
        self.fit(table, labels)
        return self.predict_proba(held)

    @abstractmethod
    def predict_proba(self, table: pa.Table) -> Floats:
        """The probability of each class, ``(rows, 3)``."""

    @abstractmethod
    def explain(self, table: pa.Table) -> list[list[Evidence]]:
        """For each row what speaks for and against it, the strongest first."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write the model into a folder that exists."""

    @classmethod
    @abstractmethod
    def load(cls, folder: Path) -> Self:
        """The model of a folder; the inverse of ``save``."""


def class_weights(labels: Labels, classes: int = 3) -> Floats:
    """For each row how much it counts when rare classes weigh more: the root of what would make all classes equal."""
    shares = np.maximum(np.bincount(labels, minlength=classes), 1) / max(len(labels), 1)
    return np.asarray(np.sqrt(1 / (classes * shares))[labels])
