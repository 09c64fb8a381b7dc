"""A small world whose values are told by name, and a model that knows all of its relations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from assay.campaigns.graph import PAIRS, World, build_world
from assay.campaigns.knobs import ATTRIBUTES, VERSIONS, Knobs
from assay.campaigns.tables import Floats, Tables

SMALL: Knobs = replace(VERSIONS["V15"], sizes=(6, 5, 7, 4, 3), cores=40)


class NamedWorld(World):
    """A world in which the text of a value is its name: ``platform 3``."""

    def render_all(self, attribute: str, codes: np.ndarray, rng: np.random.Generator) -> list[str]:
        """One text for each code."""
        return [f"{attribute} {code}" for code in codes.tolist()]


def named_world() -> NamedWorld:
    """The small world."""
    made = build_world(SMALL)
    return NamedWorld(made.knobs, made.attributes, made.relations, made.cores)


@dataclass(frozen=True)
class Knowing:
    """A structured model that was told the relations, and saw the campaigns of ``rows``."""

    known: Tables

    @classmethod
    def of(cls, world: World, rows: int = 2_000) -> Knowing:
        """The model of a world."""
        codes = world.draw(rows, np.random.default_rng(5)).astype(np.int16)
        texts = {a: tuple(f"{a} {i}" for i in range(n)) for a, n in zip(ATTRIBUTES, SMALL.sizes, strict=True)}
        scores = {pair: 4.0 * world.relations[pair].astype(np.float32) for pair in PAIRS}
        return cls(Tables(ATTRIBUTES, texts, scores, codes, 4 * SMALL.lower, 4 * SMALL.upper))

    def tables(self) -> Tables:
        """All relations."""
        return self.known

    def resolve(self, attribute: str, texts: Sequence[str]) -> Floats:
        """The value that a text names; ``platform 1 or 3`` may be either, and a text without a number any."""
        found = np.zeros((len(texts), len(self.known.texts[attribute])), np.float32)
        for row, text in enumerate(texts):
            named = [int(word) for word in text.split() if word.isdigit()] or list(range(found.shape[1]))
            found[row, named] = 1 / len(named)
        return found
