"""Rows that share their description: do their figures say that one row is a copy, or that a breakdown is not listed?

A table that leaves out by which device or placement its rows are broken down has many rows of one description. Their
figures differ, except where they say nothing, such as all zero. Copies made by a load are equal whatever they say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context
from assay.profile.arrays import Bools
from assay.profile.fingerprint import Prints, equal_pairs, first_of_each, row_prints
from assay.profile.sample import Sample

DESCRIBING = (Family.DATE, Family.ID, Family.NAME, Family.DIMENSION, Family.FLAG, Family.TEXT, Family.OTHER)
FEWEST_PAIRS = 100  # of rows that share their description, to tell how often such rows agree
FEWEST_FIGURES = 3  # columns that all differ, before they tell that rows are of different things
CHANCE = 0.05  # that copies made at random hit rows without figures only
MANY = 500  # copies from which chance does not matter
SAID = 0.1  # share of the copies that could be told by their figures, below which none are
NEAR = math.log(1.3)  # a restated figure is closer to the first one than this


@dataclass(frozen=True, eq=False)
class Described:
    """Fingerprints of the describing columns of sampled rows, of the measured ones, and of both."""

    sample: Sample
    measured: tuple[str, ...]
    descriptions: Prints
    measures: Prints
    both: Prints

    @classmethod
    def of(cls, context: Context) -> Described | None:
        """The description and the figures of each row; None where a table has only one of them."""
        sample = context.profile.sample
        told = [c for c in sample.names if context.role(c).family in DESCRIBING]
        measured = [c for c in sample.names if c not in told]
        if not told or not measured:
            return None
        both = row_prints(sample, [*told, *measured])
        return cls(sample, tuple(measured), row_prints(sample, told), row_prints(sample, measured), both)

    def alike(self) -> float:
        """Pairs of equal rows that chance explains in a table with a key, from the pairs that share a description.

        Where nothing tells two ads apart, rows of both without delivery are equal. Such pairs agree in their measures
        as often as any two rows like them do; copies always agree.
        """
        _, codes, sizes = np.unique(self.descriptions, return_inverse=True, return_counts=True)
        repeated = sizes[codes] > 1
        pairs = equal_pairs(self.descriptions)
        if pairs == 0:
            return 0.0
        # Only pairs of different descriptions: the copies themselves are no measure of chance.
        rows = int(repeated.sum())
        apart = rows * (rows - 1) // 2 - pairs
        if apart < FEWEST_PAIRS:
            repeated = np.ones(self.sample.rows, np.bool_)
            apart = self.sample.rows * (self.sample.rows - 1) // 2 - pairs
        equal = equal_pairs(self.both[repeated])
        return pairs * (equal_pairs(self.measures[repeated]) - equal) / max(apart, 1)

    def only_bare(self) -> bool:
        """Whether equal rows are those whose figures say nothing, while other rows of one description differ.

        Figures say something where no row of another description has the same. Copies made at random have such
        figures as often as all rows do (binomial), and then there are hardly any pairs of one description that differ.
        """
        copied = ~first_of_each(self.both)
        n, equal = int(copied.sum()), equal_pairs(self.both)
        if not n or equal_pairs(self.descriptions) < 2 * equal:
            return False
        figures = np.unique(self.measures, return_inverse=True)[1]
        bare: Bools = np.bincount(figures[~copied])[figures] > 1
        telling = 1.0 - float(bare[~copied].mean())
        told = int((~bare[copied]).sum())
        chance = (
            sum(math.comb(n, i) * telling**i * (1 - telling) ** (n - i) for i in range(told + 1)) if n < 500 else 0.0
        )
        return told <= SAID * telling * n and chance < CHANCE

    def unlike(self, rows: Bools, keys: Prints) -> bool:
        """Whether rows of one key are of different things: nearly all their figures are different, and not near.

        A row that was reported again, or changed by mistake, keeps some of its figures or stays near them.

        Args:
            rows: those that are compared, ``keys`` the fingerprints of their keys.
        """
        order = np.argsort(keys, kind="stable")
        same = keys[order][1:] == keys[order][:-1]
        first, second = np.flatnonzero(rows)[order][:-1][same], np.flatnonzero(rows)[order][1:][same]
        apart = []
        for name in self.measured:
            numbers = self.sample[name].numbers
            with np.errstate(invalid="ignore"):
                positive = (numbers[first] > 0) & (numbers[second] > 0)
            if positive.sum() >= 0.2 * max(len(first), 1):
                apart.append(np.abs(np.log(numbers[first][positive] / numbers[second][positive])))
        return len(apart) >= FEWEST_FIGURES and all(float(np.median(a)) > NEAR for a in apart)
