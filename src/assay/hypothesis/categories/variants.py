"""Spellings of one value: encoding damage, case and spacing, and near misses of a much more frequent value.

Names that are near each other by nature (Campaign 1 and Campaign 2, Iran and Iraq, size S and size M) are no variants,
and how often a column's frequent values have such neighbours says how many of its rare ones do by chance.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, lgamma, log

import numpy as np

from assay.hypothesis.categories.words import known_words
from assay.profile.arrays import Ints

_MAX_COMPARISONS = 2_000_000
_MAX_REPAIRED = 3_000
CELLS = 400_000  # of distances held at once
_SIGNIFICANT = 1e-3
_REWRITTEN = 3
CLEARLY = 2 / 3  # of the rows of all variants
TOKEN = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\d+")
_SEPARATOR = re.compile(r"(?<=[^\W\d_])[\s_\-./']+(?=\w)|(?<=\w)[\s_\-./']+(?=[^\W\d_])|(?<=\w)\.$")


@dataclass(frozen=True)
class Variant:
    """A value that stands for another one.

    Attributes:
        damage: ``mojibake``, ``case``, ``space``, ``accent`` or ``near miss``.
        right: the value that was meant.
        sure: whether it is damage beyond doubt, not possibly a spelling that people use side by side.
    """

    damage: str
    right: str
    sure: bool = True


def mojibake(values: Sequence[str]) -> dict[str, Variant]:
    """Values whose bytes were decoded with the wrong encoding (found and repaired by ftfy)."""
    suspects = [v for v in values if not v.isascii()][:_MAX_REPAIRED]
    if not suspects:
        return {}
    from ftfy import fix_encoding

    found = {}
    for value in suspects:
        right = fix_encoding(value)
        if "\ufffd" in value:
            found[value] = Variant("mojibake", right if "\ufffd" not in right else "")
        elif right != value and right.strip():
            found[value] = Variant("mojibake", right)
    return found


@lru_cache(maxsize=65_536)
def folded(value: str) -> str:
    """Case, accents and white space removed as differences."""
    text = value if value.isascii() else unicodedata.normalize("NFKD", value)
    if not text.isascii():
        text = "".join(c for c in text if not unicodedata.combining(c))
    return " ".join(text.casefold().split())


@lru_cache(maxsize=65_536)
def squeezed(value: str) -> str:
    """:func:`folded`, and without the separators between words (those between digits stay)."""
    return _SEPARATOR.sub("", folded(value))


def same_after_folding(values: Sequence[str], counts: Ints, chosen: bool = False) -> dict[str, Variant]:
    """Variants in case, white space, separators or accents of a more frequent value.

    They are beyond doubt where they are a small part of their value's rows, or where most of the column's rows are of
    values that have variants, so that it is a habit of the column and not a spelling of one value.

    Args:
        chosen: whether people choose the values as they please (campaign names): then only the habit is beyond doubt.
    """
    groups: dict[str, list[int]] = defaultdict(list)
    for i, value in enumerate(values):
        key = squeezed(value)
        letters = key[:5].isalpha() or sum(map(str.isalpha, key)) >= 5
        groups[key if len(key) >= 5 and letters else folded(value)].append(i)
    several = [g for g in groups.values() if len(g) > 1]
    if not several:
        return {}
    affected = sum(int(counts[i]) for g in several for i in g) / max(int(counts.sum()), 1)
    habit = len(several) >= 3 and affected > 0.5
    styles = usual_styles(values, counts)
    rewritten = sum(len({folded(values[i]) for i in g}) > 1 for g in several)
    found = {}
    for group in several:
        total = sum(int(counts[i]) for i in group)
        best = _right_spelling(group, values, counts, styles)
        for i in group:
            if i != best:
                small = bool(counts[i] <= 0.1 * total) or values[i].strip() == values[best].strip()
                # St. Paul and St Paul may both be how people write it, unless other values are rewritten as well.
                usual = rewritten < _REWRITTEN and folded(values[i]) != folded(values[best])
                sure = habit or (small and not chosen and not usual)
                found[values[i]] = Variant(_difference(values[i], values[best]), values[best], sure)
    return found


def _right_spelling(group: Sequence[int], values: Sequence[str], counts: Ints, styles: dict[str, float]) -> int:
    """The most frequent of the variants, if it is so clearly; else the one in the style that dominates the column.

    Without that, a column half of whose cells lost their case would be told to write MOBILE beside desktop.
    """
    most = max(group, key=lambda i: (counts[i], values[i].strip() == values[i], values[i]))
    total = sum(int(counts[i]) for i in group)
    style = max(styles, key=lambda name: (styles[name], name), default="")
    settled = style_of(values[most]) == style or not style or counts[most] >= CLEARLY * total
    if total >= 8 and counts[most] >= 0.5 * total and settled:
        return most
    fitting = [i for i in group if style and style_of(values[i]) == style and counts[i] >= 0.5 * counts[most]]
    if fitting:
        return max(fitting, key=lambda i: (values[i].strip() == values[i], counts[i], values[i]))
    if total >= 8 and counts[most] >= 0.5 * total:
        return most
    return max(group, key=lambda i: (counts[i] * (styles.get(style_of(values[i]), 0.0) + 0.1), values[i]))


def style_of(value: str) -> str:
    return next((name for name in ("islower", "isupper", "istitle") if getattr(value, name)()), "")


def usual_styles(values: Sequence[str], counts: Ints) -> dict[str, float]:
    """Share of each style among the rows of the most frequent values."""
    rows: dict[str, float] = defaultdict(float)
    for value, n in zip(values[:50], counts[:50].tolist(), strict=True):
        rows[style_of(value)] += n / max(int(counts[:50].sum()), 1)
    return rows


def _difference(value: str, right: str) -> str:
    if "".join(value.split()) == "".join(right.split()):
        return "space"
    if value.casefold() == right.casefold():
        return "case"
    if folded(value) != folded(right):
        return "space"
    return "case" if value.isascii() and right.isascii() else "accent"


def reach(length: int) -> int:
    """Edits within which a value of this many characters may be a misspelling."""
    return 0 if length < 4 else 1 if length < 6 else 2 if length < 14 else 3


def near_misses(values: Sequence[str], counts: Ints, core: int) -> dict[str, Variant]:
    """Values a few edits from a much more frequent one, if they are more than chance would have.

    Args:
        values: distinct, the most frequent first.
        counts: rows with each of them.
        core: how many of the first ones are frequent.
    """
    centres = values[: min(core, max(_MAX_COMPARISONS // max(len(values), 1), 50))]
    if not centres:
        return {}
    keys = [squeezed(v) for v in values]
    needed = np.where(np.arange(len(values)) < core, 8, 4) * counts
    nearest = _nearest(keys, keys[: len(centres)], counts, np.maximum(needed, 5))
    found = {
        values[i]: Variant("near miss", values[place])
        for i, place in enumerate(nearest)
        if place >= 0 and not siblings(values[i], values[place])
    }
    if not found:
        return {}
    # How often values that are about equally frequent are neighbours all the same.
    own = [i for i in range(min(len(centres), 400)) if values[i] not in found]
    own_keys = [keys[i] for i in own]
    neighbours = _nearest(own_keys, own_keys, np.arange(len(own), 0, -1), np.arange(len(own), 0, -1) + 1)
    natural = sum(1 for i, j in enumerate(neighbours) if j >= 0 and not siblings(values[own[i]], values[own[j]]))
    chance = (natural + 0.5) / (len(own) + 3.0)
    return found if binomial_tail(len(found), len(values) - len(own), min(chance, 0.95)) < _SIGNIFICANT else {}


def _nearest(queries: Sequence[str], centres: Sequence[str], weights: Ints, needed: Ints) -> list[int]:
    """For each query the index of the nearest centre in reach of enough weight, the heaviest of several, or -1."""
    from assay.hypothesis.categories.distances import OSA, cdist

    heaviest = np.argsort(-np.asarray(weights[: len(centres)]), kind="stable")
    weight, needed = np.asarray(weights)[heaviest], np.asarray(needed)[: len(queries)]
    nearest = np.full(len(queries), -1)
    # Most values are too frequent to be anybody's misspelling.
    tried = np.flatnonzero(needed <= weight.max(initial=0))
    if not len(tried):
        return nearest.tolist()
    enough = np.count_nonzero(weight >= needed[tried].min())
    heaviest, weight = heaviest[:enough], weight[:enough]
    ordered = [centres[i] for i in heaviest]
    reaches = np.array([reach(len(c)) for c in ordered])
    for part in np.array_split(tried, -(-len(tried) * enough // CELLS)):
        texts = [queries[i] for i in part]
        block = cdist(texts, ordered, scorer=OSA.distance, score_cutoff=3, dtype=np.uint8)
        own = np.array([max(reach(len(q)), 1) for q in texts])
        allowed = (block <= np.minimum(reaches[None, :], own[:, None])) & (block > 0)
        allowed &= weight[None, :] >= needed[part, None]
        distance = np.where(allowed, block, 99)
        best = distance.argmin(axis=1)
        hit = distance[np.arange(len(best)), best] < 99
        nearest[part] = np.where(hit, heaviest[best], -1)
    return nearest.tolist()


def is_misspelling(value: str, right: str) -> bool:
    """Whether a value is a few edits from another one and no sibling of it; rapidfuzz's optimal string alignment."""
    from assay.hypothesis.categories.distances import OSA

    a, b = squeezed(value), squeezed(right)
    return OSA.distance(a, b, score_cutoff=4) <= reach(len(b)) and not siblings(value, right)


def siblings(one: str, other: str) -> bool:
    """Whether two near strings are values side by side rather than spellings of one.

    They are if their numbers differ, if a short word or code differs (size S, US, A), if one has a word more, or if
    both are known words.
    """
    a, b = folded(one), folded(other)
    if _DIGITS.findall(a) != _DIGITS.findall(b) and not _digit_for_letter(a, b):
        return True
    known = known_words()
    if a in known and b in known:
        return True
    left, right = TOKEN.findall(a), TOKEN.findall(b)
    if len(left) != len(right):
        return "".join(left) != "".join(right) and not _broken_word(left, right)
    for x, y in zip(left, right, strict=True):
        if x != y and (max(len(x), len(y)) < 4 or (x in known and y in known)):
            return True
    return False


def _digit_for_letter(a: str, b: str) -> bool:
    """Whether just one of two texts has one digit, inside a word: a slip of the key, not a number."""
    has = [t for t in (a, b) if any(c.isdigit() for c in t)]
    if len(has) != 1 or len(re.findall(r"\d", has[0])) != 1:
        return False
    return re.search(r"[^\W\d_]\d[^\W\d_]", has[0]) is not None


def _broken_word(left: Sequence[str], right: Sequence[str]) -> bool:
    """Whether spaces were lost or set inside words: as many letters, but for a slip, and no word more or less."""
    fewer, more = sorted((set(left), set(right)), key=len)
    return abs(len("".join(left)) - len("".join(right))) <= 1 and not fewer <= more


def binomial_tail(successes: int, trials: int, probability: float) -> float:
    """Probability of at least so many successes."""
    total = 0.0
    for k in range(successes, trials + 1):
        choose = lgamma(trials + 1) - lgamma(k + 1) - lgamma(trials - k + 1)
        term = exp(choose + k * log(probability) + (trials - k) * log(1.0 - probability))
        total += term
        if k > trials * probability and term < 1e-12:
            break
    return min(total, 1.0)
