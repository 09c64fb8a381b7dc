"""Spellings of one value: encoding damage, case and spacing, and near misses of a much more frequent value.

Names that are near each other by nature (Campaign 1 and Campaign 2, Iran and Iraq, size S and size M) are no variants, and
how often a column's frequent values have such neighbours says how many of its rare ones do by chance.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import exp, lgamma, log

import numpy as np

from assay.hypothesis.category_language import Ints
from assay.hypothesis.category_words import known_words

_MAX_COMPARISONS = 4_000_000
_MAX_REPAIRED = 3_000
_SIGNIFICANT = 1e-3
_TOKEN = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\d+")
_SEPARATOR = re.compile(r"(?<!\d)[\s_\-./']+|[\s_\-./']+(?!\d)")


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


def folded(value: str) -> str:
    """Case, accents and white space removed as differences."""
    text = value if value.isascii() else unicodedata.normalize("NFKD", value)
    if not text.isascii():
        text = "".join(c for c in text if not unicodedata.combining(c))
    return " ".join(text.casefold().split())


def squeezed(value: str) -> str:
    """:func:`folded`, and without the separators between words (those between digits stay)."""
    return _SEPARATOR.sub("", folded(value))


def same_after_folding(values: Sequence[str], counts: Ints) -> dict[str, Variant]:
    """Variants in case, white space, separators or accents of a more frequent value.

    They are beyond doubt where they are a small part of their value's rows, or where most of the column's rows are of
    values that have variants, so that it is a habit of the column and not a spelling of one value.
    """
    groups: dict[str, list[int]] = defaultdict(list)
    for i, value in enumerate(values):
        key = squeezed(value)
        groups[key if sum(c.isalpha() for c in key) >= 5 else folded(value)].append(i)
    several = [g for g in groups.values() if len(g) > 1]
    if not several:
        return {}
    affected = sum(int(counts[i]) for g in several for i in g) / max(int(counts.sum()), 1)
    habit = len(several) >= 3 and affected > 0.5
    style = _usual_style(values, counts)
    found = {}
    for group in several:
        best = max(group, key=lambda i: (counts[i], values[i] == values[i].strip(), values[i]))
        total = sum(int(counts[i]) for i in group)
        if counts[best] < 0.6 * total:
            best = max(group, key=lambda i: (_style(values[i]) == style, counts[i], values[i]))
        for i in group:
            if i != best:
                small = counts[i] <= 0.1 * total or values[i].strip() == values[best].strip()
                found[values[i]] = Variant(_difference(values[i], values[best]), values[best], bool(small) or habit)
    return found


def _style(value: str) -> str:
    return next((name for name in ("islower", "isupper", "istitle") if getattr(value, name)()), "")


def _usual_style(values: Sequence[str], counts: Ints) -> str:
    rows: dict[str, int] = defaultdict(int)
    for value, n in zip(values, counts.tolist(), strict=True):
        rows[_style(value)] += n
    return max(rows, key=lambda s: (rows[s], s))


def _difference(value: str, right: str) -> str:
    if "".join(value.split()) == "".join(right.split()):
        return "space"
    if value.casefold() == right.casefold():
        return "case"
    return "space" if folded(value) != folded(right) else "accent" if not value.isascii() or not right.isascii() else "case"


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
    """For each query the index of the nearest centre in reach whose weight is enough, the heaviest of several, or -1."""
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import cdist

    heaviest = np.argsort(-np.asarray(weights[: len(centres)]), kind="stable")
    ordered = [centres[i] for i in heaviest]
    weight = np.asarray(weights)[heaviest]
    reaches = np.array([reach(len(c)) for c in ordered])
    nearest: list[int] = []
    step = max(400_000 // max(len(centres), 1), 1)
    for start in range(0, len(queries), step):
        block = cdist(queries[start : start + step], ordered, scorer=OSA.distance, score_cutoff=3, dtype=np.uint8)
        own = np.array([max(reach(len(q)), 1) for q in queries[start : start + step]])
        allowed = (block <= np.minimum(reaches[None, :], own[:, None])) & (block > 0)
        allowed &= weight[None, :] >= needed[start : start + step, None]
        distance = np.where(allowed, block, 99)
        best = distance.argmin(axis=1)
        hit = distance[np.arange(len(best)), best] < 99
        nearest += np.where(hit, heaviest[best], -1).tolist()
    return nearest


def siblings(one: str, other: str) -> bool:
    """Whether two near strings are values side by side rather than spellings of one.

    They are if their numbers differ, if a short word or code differs (size S, US, A), if one has a word more, or if both
    are known words.
    """
    a, b = folded(one), folded(other)
    if _DIGITS.findall(a) != _DIGITS.findall(b) and not _digit_for_letter(a, b):
        return True
    known = known_words()
    if a in known and b in known:
        return True
    left, right = _TOKEN.findall(a), _TOKEN.findall(b)
    if len(left) != len(right):
        return "".join(left) != "".join(right) and not _broken_word(left, right)
    for x, y in zip(left, right, strict=True):
        if x != y and (min(len(x), len(y)) < 4 or (x in known and y in known)):
            return True
    return False


def _digit_for_letter(a: str, b: str) -> bool:
    """Whether just one of two texts has one digit, inside a word: a slip of the key, not a number."""
    has = [t for t in (a, b) if any(c.isdigit() for c in t)]
    return len(has) == 1 and re.search(r"[^\W\d_]\d[^\W\d_]", has[0]) is not None and len(re.findall(r"\d", has[0])) == 1


def _broken_word(left: Sequence[str], right: Sequence[str]) -> bool:
    """Whether spaces were lost or set inside words: as many letters, but for a slip, and no word more or less."""
    fewer, more = sorted((set(left), set(right)), key=len)
    return abs(len("".join(left)) - len("".join(right))) <= 1 and not fewer <= more


def misspelt_clusters(values: Sequence[str], counts: Ints) -> dict[str, Variant]:
    """Frequent values that are all spellings of one value, the right one perhaps not among them.

    Two frequent neighbours prove nothing. Three or more within a few edits of each other, by slips inside long words, do.
    """
    long = [i for i, v in enumerate(values[:400]) if len(squeezed(v)) >= 8]
    keys = [squeezed(values[i]) for i in long]
    if len(keys) < 3:
        return {}
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import cdist

    near = cdist(keys, keys, scorer=OSA.distance, score_cutoff=3, dtype=np.uint8) <= 2
    style = _usual_style(values, counts)
    found: dict[str, Variant] = {}
    left = set(range(len(keys)))
    while left:
        start = min(left)
        cluster, edge = {start}, {start}
        while edge:
            edge = {
                j
                for i in edge
                for j in np.flatnonzero(near[i]).tolist()
                if j in left and j not in cluster and slip(values[long[i]], values[long[j]])
            }
            cluster |= edge
        left -= cluster
        names = [values[long[i]] for i in sorted(cluster)]
        if len({squeezed(n) for n in names}) >= 3:
            right = consensus(names, [int(counts[long[i]]) for i in sorted(cluster)])
            alike = [n for n in names if squeezed(n) == squeezed(right)]
            right = next((n for n in alike if _style(n) == style), right)
            found |= {n: Variant("near miss", right) for n in names if n != right}
    return found


def slip(one: str, other: str) -> bool:
    """Whether two strings differ by slips inside words of at least five letters, not in how a word begins or ends."""
    if siblings(one, other):
        return False
    left, right = _TOKEN.findall(folded(one)), _TOKEN.findall(folded(other))
    if len(left) != len(right):
        left, right = ["".join(left)], ["".join(right)]
    differing = [(x, y) for x, y in zip(left, right, strict=True) if x != y]
    return all(min(len(x), len(y)) >= 5 and x[:2] == y[:2] and x[-1] == y[-1] for x, y in differing)


def consensus(names: Sequence[str], counts: Sequence[int]) -> str:
    """The spelling nearest to all of a cluster's: one of them, or words of several put together."""
    from rapidfuzz.distance import OSA

    words = [n.split() for n in names]
    size = max((len(w) for w in words), key=lambda s: sum(c for w, c in zip(words, counts, strict=True) if len(w) == s))
    places = [sorted({w[i] for w in words if len(w) == size}) for i in range(size)]
    joined = [" ".join(p) for p in product(*places)] if np.prod([len(p) for p in places]) <= 256 else []

    def cost(text: str) -> float:
        return sum(OSA.distance(squeezed(text), squeezed(n)) * c for n, c in zip(names, counts, strict=True))

    ranked = sorted(set(names) | set(joined), key=lambda t: (round(cost(t) / sum(counts), 1), -len(t), t))
    return ranked[0]


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
