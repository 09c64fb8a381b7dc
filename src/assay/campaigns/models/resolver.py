"""From a text to the latent value that it tells, learned from training texts without any label.

Synonyms make groups; the groups of a text are a pattern; frequent patterns are values; a naive Bayes model of the words
of each value, polished by expectation-maximisation, resolves every text, also one that leaves a trait untold.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage

from assay.campaigns.models.synonyms import EXCLUSIVE, Groups, binary, find_groups, indicator
from assay.campaigns.models.tokens import frequent_words, incidence, tokenise

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Pattern = frozenset[int]

DOUBTS = (0.2, 0.1, 0.05, 0.02, 0.01, 0.005)  # how far a word may come from anywhere, by round
INFORMATIVE = 0.15  # mean squared deviation of lift from 1, from which a group tells something of others
SAME_CONTEXT = 0.6  # share of what stands beside a group that also stands beside another, from which they are one level
LARGE_PART = 0.25  # share of a group from which a part of it is a level; smaller ones hold words of several meanings
OTHER_CONTEXT = 0.85  # cosine distance of whole contexts, from which words of a group are of different levels
MARGIN = 0.05  # share of texts that more must agree before groups are taken apart
RIVAL = 0.3  # something less frequent than this share of another may be its shadow
RARE, SELDOM = 2_000, 600  # one text in so many: rarer words, and rarer patterns, are not learned from
LEAST = 3
MOST_VALUES = 400


@dataclass(frozen=True)
class Resolver:
    """One attribute's texts, resolved.

    Attributes:
        words: the vocabulary.
        log_words: log probability of each word in each value, ``(values, words)``.
        log_share: log share of each value.
        profile: how much each value has of each group of synonyms, ``(values, groups)``: the traits it was found by.
        names: the most telling words of each value.
        texts: for each value a training text that tells it well.
    """

    words: pa.Array
    log_words: Floats
    log_share: Floats
    profile: Floats
    names: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def values(self) -> int:
        """How many values were found."""
        return len(self.log_share)

    def posterior(self, texts: pa.Array | pa.ChunkedArray) -> Floats:
        """The probability of each value, ``(texts, values)``; a text without a known word gets the values' shares."""
        score = self._score(texts)
        score -= score.max(axis=1, keepdims=True)
        np.exp(score, out=score)
        return np.asarray(score / score.sum(axis=1, keepdims=True))

    def resolve(self, texts: pa.Array | pa.ChunkedArray) -> Codes:
        """The most probable value of each text; -1 for a text that is missing or has no known word."""
        known = incidence(tokenise(texts), self.words)
        codes = np.argmax(known @ self.log_words.T.astype(np.float32) + self.log_share.astype(np.float32), axis=1)
        return np.where(np.diff(known.indptr) > 0, codes, -1).astype(np.intp)

    def _score(self, texts: pa.Array | pa.ChunkedArray) -> Floats:
        return np.asarray(incidence(tokenise(texts), self.words) @ self.log_words.T + self.log_share)


def fit_resolver(texts: pa.Array | pa.ChunkedArray) -> Resolver:
    """Learn the values of an attribute from its texts alone."""
    tokens = tokenise(texts)
    rows = max(len(tokens.offsets) - 1, 1)
    distinct = pc.value_counts(texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts)
    words = frequent_words(tokens, max(LEAST, rows // RARE))
    counts = incidence(tokens, words)
    told = np.flatnonzero(np.diff(counts.indptr))
    counts = counts[told]
    if not len(told):
        return Resolver(words, np.zeros((1, len(words))), np.zeros(1), np.zeros((1, 0)), ("",), ("",))
    spoken = pc.take(texts, pa.array(told))
    if len(distinct) <= min(MOST_VALUES, rows // LEAST):
        groups = Groups(np.full(len(words), -1), 0, True)
        start = _by_text(spoken)
    else:
        groups = find_groups(counts)
        start = _by_pattern(counts, groups) if groups.exclusive else _by_topic(counts, groups)
    return _polish(counts, start, groups, words, spoken)


def _by_text(texts: pa.Array | pa.ChunkedArray) -> sparse.csr_matrix:
    """Each distinct text is a value: a column of few of them is a category already."""
    encoded = pc.dictionary_encode(texts)
    whole = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    return indicator(np.asarray(whole.indices, dtype=np.intp), len(whole.dictionary))


def _by_topic(counts: sparse.csr_matrix, groups: Groups) -> sparse.csr_matrix:
    """Each text belongs to the group that most of its words are of."""
    found = counts @ groups.matrix()
    told = np.flatnonzero(found.getnnz(axis=1) > 0)
    if not len(told):
        return _assignment(np.zeros(1, dtype=np.intp), np.zeros(1, dtype=np.intp), counts.shape[0], 1)
    best = np.asarray(found[told].argmax(axis=1)).ravel()
    return _assignment(told, best, counts.shape[0], max(groups.count, 1))


def _by_pattern(counts: sparse.csr_matrix, groups: Groups) -> sparse.csr_matrix:
    """Each text belongs to the one value whose pattern of groups agrees with its own; others to none yet.

    Groups are taken apart by context only where that lets clearly more texts agree with a value.
    """
    whole = _agreeing(counts, groups.matrix())
    apart = _agreeing(counts, _split_levels(counts, groups.matrix()))
    return apart if apart.nnz > whole.nnz + MARGIN * counts.shape[0] else whole


def _agreeing(counts: sparse.csr_matrix, member: sparse.csr_matrix) -> sparse.csr_matrix:
    member = member @ _merged_levels(binary(counts @ member))
    found = binary(counts @ member)
    patterns = [frozenset(found.indices[a:b].tolist()) for a, b in zip(found.indptr, found.indptr[1:], strict=False)]
    often = Counter(patterns)
    values = _values(often, counts.shape[0])
    owner = {}
    for pattern in often:
        agreeing = [i for i, v in enumerate(values) if pattern and (pattern <= v or v <= pattern)]
        if len(agreeing) == 1:
            owner[pattern] = agreeing[0]
    told = [(i, owner[p]) for i, p in enumerate(patterns) if p in owner]
    rows, best = np.array(told or [(0, 0)], dtype=np.intp).reshape(-1, 2).T
    return _assignment(rows, best, counts.shape[0], max(len(values), 1))


def _split_levels(counts: sparse.csr_matrix, member: sparse.csr_matrix) -> sparse.csr_matrix:
    """Groups, ``(words, groups)``, taken apart where their words stand in different contexts.

    Pairs of words cannot tell two levels that go with the same levels of two other traits in opposite combinations; the
    whole context of a word can.
    """
    found = binary(counts @ member)
    marks = np.random.default_rng(0).random(member.shape[1])
    context = found @ marks
    parts = []
    for g in range(member.shape[1]):
        words = member[:, [g]].nonzero()[0]
        texts = found[:, [g]].nonzero()[0]
        _, beside = np.unique(np.round(context[texts] - marks[g], 9), return_inverse=True)
        stands = (counts[texts][:, words].T @ indicator(beside.astype(np.intp), int(beside.max()) + 1)).toarray()
        stands /= np.maximum(np.linalg.norm(stands, axis=1, keepdims=True), 1e-9)
        distance = np.clip(1 - stands @ stands.T, 0, 1)
        tree = linkage(distance[np.triu_indices(len(words), 1)], "average")
        part = fcluster(tree, OTHER_CONTEXT, "distance")
        weight = np.bincount(part, weights=np.asarray(counts[texts][:, words].sum(axis=0)).ravel())
        large = weight >= LARGE_PART * weight.sum()
        parts += [words[part == p] for p in np.flatnonzero(large)] if large.sum() > 1 else [words]
    group = np.concatenate([np.full(len(p), i) for i, p in enumerate(parts)]) if parts else np.zeros(0, dtype=int)
    word = np.concatenate(parts) if parts else group
    ones = np.ones(len(word), dtype=np.float32)
    return sparse.csr_matrix((ones, (word, group)), shape=(member.shape[0], len(parts)))


def _merged_levels(found: sparse.csr_matrix) -> sparse.csr_matrix:
    """Groups that tell something, those with the same context made one, ``(groups, levels)``."""
    rows, groups = found.shape
    if not groups:
        return sparse.csr_matrix((0, 1), dtype=np.float32)
    together = (found.T @ found).toarray().astype(float)
    alone = np.diag(together)
    expected = np.maximum(np.outer(alone, alone) / rows, 1e-9)
    deviation = np.where(np.eye(groups, dtype=bool), 0, (together / expected - 1) ** 2) * expected
    telling = deviation.sum(axis=1) / np.maximum(expected.sum(axis=1) - np.diag(expected), 1e-9) > INFORMATIVE
    contexts: list[Counter[Pattern]] = [Counter() for _ in range(groups)]
    for a, b in zip(found.indptr, found.indptr[1:], strict=False):
        pattern = frozenset(g for g in found.indices[a:b].tolist() if telling[g])
        for g in pattern:
            contexts[g][pattern - {g}] += 1
    level = np.arange(groups)
    for g in sorted(range(groups), key=lambda g: sum(contexts[g].values())):
        rivals = [h for h in range(groups) if h != g and telling[g] and telling[h] and level[h] == h]
        rivals = [h for h in rivals if together[g, h] <= EXCLUSIVE * expected[g, h]]
        shares = [_shared(contexts[g], contexts[h]) for h in rivals]
        if shares and max(shares) > SAME_CONTEXT:
            level[g] = rivals[int(np.argmax(shares))]
    level = level[level]
    kept = sorted({int(level[g]) for g in range(groups) if telling[g]})
    pairs = [(g, kept.index(int(level[g]))) for g in range(groups) if telling[g]]
    row, column = np.array(pairs or [(0, 0)], dtype=np.intp).reshape(-1, 2).T
    return sparse.csr_matrix((np.ones(len(row), dtype=np.float32), (row, column)), shape=(groups, max(len(kept), 1)))


def _shared(few: Counter[Pattern], many: Counter[Pattern]) -> float:
    """The share of one group's contexts where another group is often found, too."""
    counted = {p: n for p, n in few.items() if len(p) >= 2}
    return sum(n for p, n in counted.items() if many[p] > RIVAL * n) / max(sum(counted.values()), 1)


def _values(often: Counter[Pattern], rows: int) -> list[Pattern]:
    """Frequent patterns, most frequent first, without those that a more frequent one explains."""
    values: list[Pattern] = []
    for pattern, times in sorted(often.items(), key=lambda item: (-item[1], sorted(item[0]))):
        if times < max(LEAST, rows // SELDOM) or len(values) >= MOST_VALUES:
            break
        if pattern and not any(_explained(pattern, times, v, often[v]) for v in values):
            values.append(pattern)
    return values


def _explained(pattern: Pattern, times: int, value: Pattern, value_times: int) -> bool:
    """Whether a pattern is another value's with a trait untold, a word of another trait, or one trait misread."""
    apart = len(pattern ^ value)
    return pattern < value or value < pattern or apart <= 2 or (apart == 3 and times < RIVAL * value_times)


def _assignment(rows: Codes, values: Codes, height: int, width: int) -> sparse.csr_matrix:
    ones = np.ones(len(rows), dtype=np.float32)
    return sparse.csr_matrix((ones, (rows, values)), shape=(height, width))


def _polish(
    counts: sparse.csr_matrix, start: sparse.csr_matrix, groups: Groups, words: pa.Array, spoken: pa.Array
) -> Resolver:
    """Naive Bayes by hard expectation-maximisation, from texts whose value is known; values without texts go."""
    belongs = start
    common = np.asarray(counts.mean(axis=0)).ravel()
    for doubt in DOUBTS:
        belongs = belongs[:, np.flatnonzero(np.asarray(belongs.sum(axis=0)).ravel() > 0)]
        held = (belongs.T @ counts).toarray().astype(float)
        texts = np.asarray(belongs.sum(axis=0), dtype=float).ravel()
        log_words = np.log((1 - doubt) * held / texts[:, None] + doubt * common)
        log_share = np.log(texts / texts.sum())
        score = counts @ log_words.T.astype(np.float32) + log_share.astype(np.float32)
        belongs = indicator(np.argmax(score, axis=1).astype(np.intp), len(texts))
    profile = np.minimum((held / texts[:, None]) @ groups.matrix().toarray(), 1.0)
    lift = held / texts[:, None] - common
    spelled = words.to_pylist()
    names = tuple(", ".join(spelled[i] for i in np.argsort(-row)[:4]) for row in lift)
    value = np.asarray(belongs.argmax(axis=1)).ravel()
    likely = np.asarray(score[np.arange(len(value)), value]) / np.maximum(np.diff(counts.indptr), 1)
    typical = [int(np.flatnonzero(value == v)[np.argmax(likely[value == v])]) for v in range(len(texts))]
    told = tuple(str(t) for t in pc.take(spoken, pa.array(typical)).to_pylist())
    return Resolver(words, log_words, log_share, profile, names, told)
