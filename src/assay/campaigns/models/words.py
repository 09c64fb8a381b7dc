"""Bags of words of all fields side by side, as a matrix: what models without structure learn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy import sparse

from assay.campaigns.knobs import ATTRIBUTES
from assay.campaigns.models.tokens import frequent_words, incidence, tokenise

LEAST, RARE = 3, 2_000


@dataclass(frozen=True)
class Words:
    """A vocabulary for each field."""

    vocabularies: tuple[pa.Array, ...]

    @classmethod
    def fit(cls, table: pa.Table) -> Words:
        """The words that come often enough in each field."""
        least = max(LEAST, len(table) // RARE)
        return cls(tuple(frequent_words(tokenise(table[a]), least) for a in ATTRIBUTES))

    def matrix(self, table: pa.Table) -> sparse.csr_matrix:
        """Ones where a row's field has a word, ``(rows, words of all fields)``."""
        parts = [incidence(tokenise(table[a]), v) for a, v in zip(ATTRIBUTES, self.vocabularies, strict=True)]
        return sparse.csr_matrix(sparse.hstack(parts, format="csr", dtype=np.float32))

    @property
    def names(self) -> list[tuple[str, str]]:
        """The field and the word of each column."""
        return [(a, w) for a, v in zip(ATTRIBUTES, self.vocabularies, strict=True) for w in v.to_pylist()]

    def to_json(self) -> list[list[str]]:
        """The vocabularies as lists."""
        return [v.to_pylist() for v in self.vocabularies]

    @classmethod
    def from_json(cls, told: list[list[str]]) -> Words:
        """The inverse of ``to_json``."""
        return cls(tuple(pa.array(words, pa.string()) for words in told))
