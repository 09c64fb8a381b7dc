"""Frequent values that are all spellings of one value, of which the right one may never occur."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from assay.hypothesis.categories.variants import TOKEN, Variant, folded, siblings, squeezed, style_of, usual_styles
from assay.profile.arrays import Ints


def misspelt_clusters(values: Sequence[str], counts: Ints) -> dict[str, Variant]:
    """Frequent values that are all spellings of one value, the right one perhaps not among them.

    Two frequent neighbours prove nothing. Three within a few edits of each other, by slips inside long words, do.
    """
    long = [i for i, v in enumerate(values[:400]) if len(squeezed(v)) >= 8]
    keys = [squeezed(values[i]) for i in long]
    if len(keys) < 3:
        return {}
    from assay.hypothesis.categories.distances import OSA, cdist

    near = cdist(keys, keys, scorer=OSA.distance, score_cutoff=3, dtype=np.uint8) <= 2
    styles = usual_styles(values, counts)
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
            alike = [n for n in names if folded(n) == folded(right)]
            right = max(alike, key=lambda n: (styles.get(style_of(n), 0.0), n), default=right)
            found |= {n: Variant("near miss", right) for n in names if n != right}
    return found


def slip(one: str, other: str) -> bool:
    """Whether two strings differ by slips inside words of at least five letters, not in how a word begins or ends."""
    if siblings(one, other):
        return False
    left, right = TOKEN.findall(folded(one)), TOKEN.findall(folded(other))
    if len(left) != len(right):
        left, right = ["".join(left)], ["".join(right)]
    differing = [(x, y) for x, y in zip(left, right, strict=True) if x != y]
    return all(min(len(x), len(y)) >= 5 and x[:2] == y[:2] and x[-1] == y[-1] for x, y in differing)


def consensus(names: Sequence[str], counts: Sequence[int]) -> str:
    """The spelling nearest to all of a cluster's: one of them, or words of several put together."""
    from assay.hypothesis.categories.distances import OSA

    words = [n.split() for n in names]
    size = max((len(w) for w in words), key=lambda s: sum(c for w, c in zip(words, counts, strict=True) if len(w) == s))
    places = [sorted({w[i] for w in words if len(w) == size}) for i in range(size)]
    joined = [" ".join(p) for p in product(*places)] if np.prod([len(p) for p in places]) <= 256 else []

    def cost(text: str) -> float:
        return sum(OSA.distance(squeezed(text), squeezed(n)) * c for n, c in zip(names, counts, strict=True))

    ranked = sorted(set(names) | set(joined), key=lambda t: (round(cost(t) / sum(counts), 1), -len(t), t))
    return ranked[0]
