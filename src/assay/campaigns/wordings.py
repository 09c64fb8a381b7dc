"""From a value to one of the many texts that tell it: templates, synonyms, and zip codes for places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import yaml
from numpy.typing import NDArray

Traits = Mapping[str, str]
SEPARATORS = (", ", " ", "; ", " / ")
MIN_ZIPS, MAX_ZIPS = 3, 8
BORDER = 0.05  # the share of zip codes in a list that belong to another region


@dataclass(frozen=True)
class Attribute:
    """The words of one attribute: its traits with their levels, templates, and phrases by trait and level."""

    name: str
    levels: dict[str, tuple[str, ...]]
    templates: tuple[str, ...]
    terse: tuple[str, ...]
    phrases: dict[tuple[str, str], tuple[str, ...]]


@dataclass(frozen=True)
class Vocabulary:
    """All words of the lab, and which traits have levels in an order."""

    attributes: dict[str, Attribute]
    ordered: frozenset[str]


@cache
def vocabulary() -> Vocabulary:
    """The words that the package ships, ``wordings.yaml``."""
    told = yaml.safe_load(files("assay.campaigns").joinpath("wordings.yaml").read_text(encoding="utf-8"))
    traits = told["traits"]
    attributes = {}
    for name, entry in told["attributes"].items():
        phrases = {(t, level): tuple(p) for t, by in entry["phrases"].items() for level, p in by.items()}
        levels = {trait: tuple(traits[trait]["levels"]) for trait in entry["traits"]}
        attributes[name] = Attribute(name, levels, tuple(entry["templates"]), tuple(entry["terse"]), phrases)
    return Vocabulary(attributes, frozenset(name for name, entry in traits.items() if entry["ordered"]))


def draw_zips(regions: int, rng: np.random.Generator) -> tuple[tuple[str, ...], ...]:
    """Invented zip codes of each region: 60 to 120 of them, under three-digit prefixes that neighbours share."""
    prefixes = rng.permutation(np.arange(100, 1000))
    found = []
    taken: set[str] = set()
    for region in range(regions):
        own = prefixes[[2 * region, 2 * region + 1, 2 * ((region + 1) % regions)]]
        wanted = int(rng.integers(60, 121))
        codes: list[str] = []
        while len(codes) < wanted:
            code = f"{rng.choice(own)}{rng.integers(100):02d}"
            if code not in taken:
                taken.add(code)
                codes.append(code)
        found.append(tuple(codes))
    return tuple(found)


def write(
    words: Attribute, traits: Sequence[Traits], codes: NDArray[np.intp], terse: float, rng: np.random.Generator
) -> list[str]:
    """One text for each of ``codes``, which index ``traits``."""
    names = list(words.levels)
    draws = rng.integers(0, 1 << 30, size=(len(codes), len(names) + 1)).tolist()
    short = (rng.random(len(codes)) < terse).tolist()
    texts = []
    for code, draw, brief in zip(codes.tolist(), draws, short, strict=True):
        templates = words.terse if brief and words.terse else words.templates
        told = traits[code]
        options = [words.phrases[name, told[name]] for name in names]
        slots = {n: o[d % len(o)] for n, o, d in zip(names, options, draw, strict=False)}
        texts.append(templates[draw[-1] % len(templates)].format(**slots))
    return texts


def write_places(
    words: Attribute, zips: Sequence[Sequence[str]], codes: NDArray[np.intp], rng: np.random.Generator
) -> list[str]:
    """One list of zip codes for each of ``codes``, which index ``zips``."""
    lengths = rng.integers(MIN_ZIPS, MAX_ZIPS + 1, size=len(codes)).tolist()
    draws = rng.integers(0, 1 << 30, size=(len(codes), MAX_ZIPS + 2)).tolist()
    strays = (rng.random((len(codes), MAX_ZIPS)) < BORDER).tolist()
    texts = []
    for code, length, draw, stray in zip(codes.tolist(), lengths, draws, strays, strict=True):
        own, neighbour = zips[code], zips[(code + 1) % len(zips)]
        # The first two codes are the region's own: a list never speaks of another region only.
        pools = [neighbour if s and i >= 2 else own for i, s in enumerate(stray[:length])]
        listed = [pool[d % len(pool)] for pool, d in zip(pools, draw, strict=False)]
        template = words.templates[draw[-1] % len(words.templates)]
        texts.append(template.format(zips=SEPARATORS[draw[-2] % len(SEPARATORS)].join(listed)))
    return texts
