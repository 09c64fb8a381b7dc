"""Predict campaigns: the probability of each class, and which pairs of attributes speak for and against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assay.campaigns.cooccurrence import Cooccurrence
from assay.campaigns.knobs import ATTRIBUTES, CLASSES
from assay.campaigns.recommend import Structured
from assay.campaigns.tables import MISSING, Floats
from assay.errors import ConfigurationError

Campaigns = Mapping[str, Sequence[str | None]]
"""Texts by attribute, all of the same length; a field that is None or empty is not given."""


@dataclass(frozen=True)
class Reason:
    """What a pair of attributes says of a campaign.

    Attributes:
        effect: logits that it adds to the balance: above 0 it speaks for success, below 0 against.
    """

    pair: tuple[str, str]
    effect: float


@dataclass(frozen=True)
class Explanation:
    """Why a campaign is expected to do well or not: the pairs that speak for it and against it, the strongest first."""

    speaks_for: tuple[Reason, ...]
    speaks_against: tuple[Reason, ...]


class Explainer:
    """Takes the expected balance of campaigns apart, pair by pair."""

    def __init__(self, model: Structured) -> None:
        self._model, self._tables = model, model.tables()
        self._past: Cooccurrence | None = None

    def effects(self, campaigns: Campaigns) -> Floats:
        """What each pair adds to the balance of each campaign, ``(rows, pairs)``, in the order of the tables' pairs.

        A field that is not given stands for the values that it has in past campaigns like this one.
        """
        rows = checked(campaigns)
        meaning = self._meaning(campaigns, rows)
        told = np.empty((rows, len(self._tables.pairs)), np.float32)
        for place, (a, b) in enumerate(self._tables.pairs):
            told[:, place] = np.einsum("ij,ij->i", meaning[a] @ self._tables.scores[a, b], meaning[b])
        return told

    def explain(self, campaigns: Campaigns, most: int = 3) -> list[Explanation]:
        """The strongest pairs for and against each campaign, at most ``most`` on either side."""
        found = []
        for row in self.effects(campaigns):
            reasons = [Reason(self._tables.pairs[i], float(row[i])) for i in np.argsort(-np.abs(row), kind="stable")]
            good, bad = ([r for r in reasons if sign * r.effect > 0][:most] for sign in (1, -1))
            found.append(Explanation(tuple(good), tuple(bad)))
        return found

    def _meaning(self, campaigns: Campaigns, rows: int) -> dict[str, Floats]:
        """How likely each field of each campaign is each value."""
        attributes = self._tables.attributes
        given = {a: [_clean(text) for text in campaigns.get(a) or [None] * rows] for a in attributes}
        meaning = {a: self._model.resolve(a, texts) for a, texts in given.items()}
        codes = np.stack([meaning[a].argmax(axis=1) for a in attributes], axis=1)
        for place, a in enumerate(attributes):
            codes[[not text for text in given[a]], place] = MISSING
        for place, a in enumerate(attributes):
            absent = codes[:, place] == MISSING
            if absent.any():
                self._past = self._past or Cooccurrence.fit(self._tables.rows, self._tables.sizes)
                meaning[a] = meaning[a].copy()
                meaning[a][absent] = self._past.values(codes[absent], place)
        return meaning


def checked(campaigns: Campaigns) -> int:
    """The number of campaigns.

    Raises:
        ConfigurationError: there are unknown fields, none at all, or fields of different length.
    """
    strange = [name for name in campaigns if name not in ATTRIBUTES]
    if strange:
        raise ConfigurationError(f"no field is called {strange[0]!r}; there are {', '.join(ATTRIBUTES)}")
    lengths = {len(texts) for texts in campaigns.values()}
    if len(lengths) != 1:
        raise ConfigurationError(
            "each field needs as many texts as there are campaigns" if lengths else "no field is given"
        )
    return lengths.pop()


def named(probabilities: Iterable[float]) -> dict[str, float]:
    """The probabilities of one campaign by the names of the classes."""
    return {name: round(float(p), 4) for name, p in zip(CLASSES, probabilities, strict=True)}


def _clean(text: str | None) -> str:
    return (text or "").strip()
