"""Fingerprints of sampled rows: 64-bit numbers that are equal where rows are equal in some columns."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from assay.profile.sample import Sample, SampleColumn

Prints = npt.NDArray[np.uint64]

_NULL = np.uint64(0x9E3779B97F4A7C15)


def column_prints(column: SampleColumn, salt: int) -> Prints:
    """One number a row for the cell of a column; nulls are equal to each other, -0.0 and 0.0 too."""
    data = column.data
    kind = data.type
    if pa.types.is_floating(kind):
        bits = (np.asarray(column.numbers) + 0.0).view(np.uint64)
    elif pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        whole = pc.cast(data, pa.int64(), safe=False) if pa.types.is_boolean(kind) else data
        filled = np.asarray(pc.fill_null(whole, 0).to_numpy(zero_copy_only=False))
        bits = filled.astype(np.uint64 if filled.dtype.kind == "u" else np.int64).view(np.uint64)
    elif pa.types.is_temporal(kind):
        bits = np.where(column.nulls, 0.0, column.numbers + 0.0).view(np.uint64)
    else:
        bits = column.codes.view(np.uint64)
    return _mixed(np.where(column.nulls, _NULL, bits) + np.uint64(salt * 0xD1B54A32D192ED03 % 2**64))


def row_prints(sample: Sample, columns: Iterable[str]) -> Prints:
    """One number a row for its cells in ``columns``; a sum, so that a column can be taken out by subtraction."""
    return combined(column_prints(sample[name], salt + 1) for salt, name in enumerate(columns))


def combined(prints: Iterable[Prints]) -> Prints:
    """The fingerprints of several columns together: their sum, modulo 2^64."""
    return reduce(np.add, prints)


def first_of_each(prints: Prints) -> npt.NDArray[np.bool_]:
    """True on the first row of each fingerprint, false on its copies."""
    _, first = np.unique(prints, return_index=True)
    kept = np.zeros(len(prints), dtype=np.bool_)
    kept[first] = True
    return kept


def equal_pairs(prints: Prints) -> int:
    """Pairs of rows that are equal: n(n-1)/2 for each group of n. In a sample of share f they thin out as f squared."""
    sizes = group_sizes(prints)
    return int((sizes * (sizes - 1) // 2).sum())


def copies(prints: Prints) -> int:
    """Rows beyond the first of each group of equal rows."""
    return int(len(prints) - len(group_sizes(prints)))


def group_sizes(prints: Prints) -> npt.NDArray[np.int64]:
    """Sizes of the groups of equal rows."""
    ordered = np.sort(prints)
    if not len(ordered):
        return np.empty(0, dtype=np.int64)
    edges = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1], [True])))
    return np.diff(edges).astype(np.int64)


def _mixed(bits: Prints) -> Prints:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014): spreads close numbers over all 64 bits."""
    mixed = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), dtype=np.uint64)
