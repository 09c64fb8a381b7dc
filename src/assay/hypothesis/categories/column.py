"""The values of a text column, split into the frequent ones that are taken for real and the rare ones to be judged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context
from assay.hypothesis.placeholders import is_placeholder
from assay.profile.arrays import Ints
from assay.source.base import ColumnType

# Under two fifths of damage, and a long tail of real values, the frequent values still hold so much.
_CORE_MASS = 0.45
_CORE_ROWS = 4
_CORE_SHARE = 0.02  # of the rows of a typical value
_FAMILIES = (Family.DIMENSION, Family.NAME, Family.TEXT, Family.FLAG, Family.OTHER)


@dataclass(frozen=True, eq=False)
class CategoryColumn:
    """Values that are no placeholders, the most frequent first.

    Attributes:
        counts: rows with each value, in the whole table or, where that was not counted, in the sample.
        absent: placeholders that occur, which are nobody's misspelling.
        complete: whether every value of the whole table is listed.
        rows: rows with a value, placeholders not counted, in what was counted.
    """

    name: str
    family: Family
    values: tuple[str, ...]
    counts: Ints
    absent: tuple[str, ...]
    complete: bool
    rows: int

    @cached_property
    def core(self) -> int:
        """How many of the first values are frequent: a fair share of the rows of a typical value."""
        if not len(self.counts):
            return 0
        typical = self.counts[np.searchsorted(np.cumsum(self.counts), 0.3 * self.rows)]
        return int((self.counts >= max(_CORE_ROWS, _CORE_SHARE * typical)).sum())

    @property
    def category(self) -> bool:
        """Whether frequent values hold enough of the rows for the column to be a category."""
        core = self.core
        return core > 0 and int(self.counts[:core].sum()) >= _CORE_MASS * self.rows


def category_columns(context: Context) -> list[CategoryColumn]:
    """The text columns whose values repeat like those of a category, in table order."""
    found = []
    for column in context.profile.columns:
        family = context.role(column.name).family
        if column.type is not ColumnType.TEXT or family not in _FAMILIES or not len(column.counts):
            continue
        if int(column.counts[0]) < _CORE_ROWS:
            continue
        taken = _values(context, column.name, family)
        if taken.category:
            found.append(taken)
    return found


def _values(context: Context, name: str, family: Family) -> CategoryColumn:
    sample = context.profile.sample
    full = context.profile.groups.values.get(name)
    if full is None or sample.complete:
        values, counts = sample[name].values, sample[name].counts
        complete, rows = sample.complete, int(counts.sum())
    else:
        values, counts = list(full.values), np.array(full.counts, dtype=np.int64)
        complete, rows = full.complete, full.rows
    gone = [i for i, v in enumerate(values) if not v.strip() or is_placeholder(v)]
    kept = np.ones(len(values), dtype=np.bool_)
    kept[gone] = False
    return CategoryColumn(
        name,
        family,
        tuple(v for v, k in zip(values, kept, strict=True) if k),
        np.asarray(counts)[kept],
        tuple(values[i] for i in gone),
        complete,
        rows - int(np.asarray(counts)[gone].sum()),
    )
