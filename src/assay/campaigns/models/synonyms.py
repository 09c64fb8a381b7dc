"""Which words mean the same, learned without labels from what they stand beside.

Phrases for one level of a trait never stand in one text, but they keep the same company: words of other traits that go
with that level. So a matrix of standardised co-occurrences, without the pairs that are parts of one phrase, has the
company of a word in its leading eigenvectors, and words that exclude each other and keep the same company are synonyms.
Where words of one value stand together instead, as zip codes do, the same vectors group them without the exclusion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

ONE_PHRASE = 0.5  # Jaccard similarity from which two words are parts of one phrase or of one template
COLLOCATION = 0.4  # share of a word's texts that hold another word, from which it tells nothing of company
EXCLUSIVE = 0.02  # co-occurrences, as a share of those expected by chance, that still count as none
SAME_COMPANY = 0.45  # cosine distance of company up to which words are synonyms
SIGNAL = 1.1  # eigenvalues beyond this many times the edge of pure noise are kept
LARGE_TOPIC = 10  # words of one value that stand together are many; phrases that happen to are few
MANY_UNITS, LEADING, ITERATIONS = 600, 60, 12  # beyond so many units only the leading eigenvectors are computed


@dataclass(frozen=True)
class Groups:
    """Groups of synonyms.

    Attributes:
        of_word: the group of each word, -1 for words that have none.
        count: how many groups there are.
        exclusive: whether the words of a group exclude each other, or stand together.
    """

    of_word: Ints
    count: int
    exclusive: bool

    def matrix(self) -> sparse.csr_matrix:
        """Words by groups, ``(words, groups)``: 1 where a word belongs to a group."""
        words = np.flatnonzero(self.of_word >= 0)
        ones = np.ones(len(words), dtype=np.float32)
        return sparse.csr_matrix((ones, (words, self.of_word[words])), shape=(len(self.of_word), self.count))


def find_groups(texts: sparse.csr_matrix) -> Groups:
    """Groups of synonyms among the words of ``texts``, ``(texts, words)`` of ones.

    The noise edge is that of a random symmetric matrix with unit variance, twice the root of its size (Wigner).
    """
    counts = (texts.T @ texts).toarray().astype(float)
    alone = np.diag(counts)
    jaccard = counts / np.maximum(alone[:, None] + alone[None, :] - counts, 1)
    units, unit_of = connected_components(sparse.csr_matrix(jaccard > ONE_PHRASE), directed=False)
    phrases = binary(texts @ indicator(unit_of.astype(np.intp), units))
    together = (phrases.T @ phrases).toarray().astype(float)
    alone = np.diag(together).copy()
    expected = np.outer(alone, alone) / phrases.shape[0]
    standard = (together - expected) / np.sqrt(expected + 1)
    collocated = together / np.maximum(np.minimum.outer(alone, alone), 1) > COLLOCATION
    groups = _cluster(_company(standard, np.eye(units, dtype=bool)), None)
    if not _stand_together(groups, together, expected):
        groups = _cluster(_company(standard, collocated), together <= EXCLUSIVE * expected)
    return Groups(groups.of_word[unit_of], groups.count, groups.exclusive)


def _company(standard: Floats, without: NDArray[np.bool_]) -> Floats:
    """The vector of each unit's company, ``(units, kept)``, leaving out the pairs of ``without``."""
    units = len(standard)
    matrix = np.where(without, 0.0, standard)
    values, vectors = _leading(matrix) if units > MANY_UNITS else np.linalg.eigh(matrix)
    kept = values > SIGNAL * 2 * np.sqrt(units)
    return np.asarray(vectors[:, kept] * values[kept])


def _leading(matrix: Floats) -> tuple[Floats, Floats]:
    """The largest eigenvalues and their vectors, by subspace iteration from a fixed start.

    The shift by the edge of noise keeps negative eigenvalues from being taken for large ones.
    """
    basis = np.random.default_rng(0).normal(size=(len(matrix), LEADING))
    for _ in range(ITERATIONS):
        basis, _ = np.linalg.qr(matrix @ basis + 2 * np.sqrt(len(matrix)) * basis)
    values, vectors = np.linalg.eigh(basis.T @ matrix @ basis)
    return np.asarray(values), np.asarray(basis @ vectors)


def _stand_together(groups: Groups, together: Floats, expected: Floats) -> bool:
    """Whether units with the same company meet more often than by chance."""
    same = (groups.of_word[:, None] == groups.of_word[None, :]) & (groups.of_word >= 0)[:, None]
    np.fill_diagonal(same, False)
    large = np.bincount(groups.of_word[groups.of_word >= 0], minlength=1).mean() >= LARGE_TOPIC
    return bool(large and np.median(together[same] / np.maximum(expected[same], 1e-9)) > 1)


def _cluster(company: Floats, excluded: NDArray[np.bool_] | None) -> Groups:
    """Groups of at least two units with the same company, and excluding each other where that is asked for."""
    units = len(company)
    if units < 2 or not company.shape[1]:
        return Groups(np.full(units, -1), 0, excluded is not None)
    length = np.maximum(np.linalg.norm(company, axis=1), 1e-9)
    distance = 1 - company @ company.T / np.outer(length, length)
    if excluded is not None:
        distance[~excluded] = 2
    distance = np.clip(distance, 0, 2)
    tree = linkage(distance[np.triu_indices(units, 1)], "average")
    label = fcluster(tree, SAME_COMPANY, "distance") - 1
    large = np.bincount(label) >= 2
    number = np.where(large, np.cumsum(large) - 1, -1)
    return Groups(number[label].astype(np.intp), int(large.sum()), excluded is not None)


def indicator(group: Ints, groups: int) -> sparse.csr_matrix:
    """Rows by groups: 1 where a row is of a group."""
    ones = np.ones(len(group), dtype=np.float32)
    return sparse.csr_matrix((ones, (np.arange(len(group)), group)), shape=(len(group), groups))


def binary(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """The same places, all with a 1."""
    matrix = sparse.csr_matrix(matrix)
    matrix.data[:] = 1
    matrix.sort_indices()
    return matrix
