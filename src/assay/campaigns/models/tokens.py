"""Texts as sparse counts of words, by Arrow's kernels: no Python loop over texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy import sparse

NO_WORD = r"[^\p{L}\p{N}]+"


@dataclass(frozen=True)
class Tokens:
    """The words of texts, one after the other; the words of text i are ``words[offsets[i]:offsets[i + 1]]``."""

    words: pa.Array
    offsets: NDArray[np.intp]


def tokenise(texts: pa.Array | pa.ChunkedArray) -> Tokens:
    """Lower-case words of letters and digits; a missing text has none."""
    column = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    plain = pc.replace_substring_regex(pc.utf8_lower(pc.fill_null(column.cast(pa.string()), "")), NO_WORD, " ")
    lists = pc.split_pattern(pc.utf8_trim_whitespace(plain), " ")
    return Tokens(lists.flatten(), np.asarray(lists.offsets, dtype=np.intp) - lists.offsets[0].as_py())


def frequent_words(tokens: Tokens, at_least: int) -> pa.Array:
    """The words that occur so often, in alphabetical order."""
    counts = pc.value_counts(tokens.words)
    words = counts.field("values").filter(pc.greater_equal(counts.field("counts"), at_least))
    words = words.filter(pc.not_equal(words, ""))
    return words.take(pc.sort_indices(words))


def incidence(tokens: Tokens, vocabulary: pa.Array) -> sparse.csr_matrix:
    """Which text has which word of the vocabulary: 1 or nothing, ``(texts, words)``."""
    found = pc.index_in(tokens.words, value_set=vocabulary)
    known = np.asarray(pc.is_valid(found))
    columns = np.asarray(pc.fill_null(found, 0))[known]
    rows = np.repeat(np.arange(len(tokens.offsets) - 1), np.diff(tokens.offsets))[known]
    shape = (len(tokens.offsets) - 1, len(vocabulary))
    counts = sparse.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)
    counts.sum_duplicates()
    counts.data[:] = 1
    return counts
