"""Rows shifted by a lost or an added field: runs of cells that fit the neighbouring column and not their own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt
from sqlglot import exp

from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.profile.arrays import Bools
from assay.profile.sample import SampleColumn
from assay.source.base import ColumnType

FITTING_CELLS = 2  # cells of a row that must fit the neighbour
HEAVY_SHARE = 0.002  # of the rows, for a value to belong to a column's domain
DOMAIN_SIZE = 200
TOGETHER = 0.5  # share of the rows with a foreign value that have two, where fields were lost
COVERED = 0.5  # share of the cells that a column's domain must hold
SHAPES = {
    ColumnType.DATE: r"^\s*\d{4}-\d{2}-\d{2}",
    ColumnType.INTEGER: r"^\s*[-+]?\d+(\.\d+)?\s*$",
    ColumnType.FLOAT: r"^\s*[-+]?\d+(\.\d+)?([eE][-+]?\d+)?\s*$",
}


@dataclass(frozen=True, eq=False)
class Domain:
    """What the cells of a text column look like: one of its frequent values, or the shape of a number or date.

    Attributes:
        values: frequent values; empty where a shape tells.
        shape: regular expression, "" where values tell.
    """

    column: SampleColumn
    values: tuple[str, ...]
    shape: str

    def holds(self, cells: SampleColumn) -> Bools:
        """For each row of the sample whether the cell of another column fits this domain."""
        if self.values:
            members = set(self.values)
            fits = np.array([v in members for v in cells.values] + [False], dtype=np.bool_)
        else:
            pattern = re.compile(self.shape)
            fits = np.array([bool(pattern.search(v)) for v in cells.values] + [False], dtype=np.bool_)
        return fits[cells.codes]

    def predicate(self, cells: SampleColumn) -> exp.Expr:
        """The same in SQL."""
        cell = exp.column(cells.name, quoted=True)
        if self.values:
            return exp.In(this=cell, expressions=[exp.Literal.string(v) for v in self.values])
        return exp.RegexpLike(this=cell, expression=exp.Literal.string(self.shape))


def propose(context: Context) -> list[Hypothesis]:
    """Raise one hypothesis for the rows in which several cells fit the column after (or before) their own.

    One foreign value may be a swap or a coincidence. Two in the same direction need a lost field: where foreign values
    fall independently, rows with one of them far outnumber rows with two.
    """
    columns = context.profile.columns
    domains = [_domain(column, columns[max(0, i - 1) : i] + columns[i + 1 : i + 2]) for i, column in enumerate(columns)]
    raised = []
    for step, what in ((1, "lost"), (-1, "added")):
        pairs = [
            (own, other)
            for own, other in zip(domains, domains[step:] if step > 0 else [None, *domains[:-1]], strict=False)
            if own is not None and other is not None and _tells(own, other)
        ]
        if len(pairs) < FITTING_CELLS:
            continue
        fits = np.array([other.holds(own.column) & ~own.holds(own.column) for own, other in pairs])
        shifted = fits.sum(axis=0) >= FITTING_CELLS
        if not shifted.any() or not _together(fits, shifted):
            continue
        involved = [pair for pair, cells in zip(pairs, fits, strict=True) if np.any(cells & shifted)]
        raised.append(_hypothesis(involved, int(shifted.sum()), what))
    return raised


def _hypothesis(pairs: Sequence[tuple[Domain, Domain]], rows: int, what: str) -> Hypothesis:
    cells = tuple(own.column.name for own, _ in pairs)
    counted: list[exp.Expr] = [
        exp.Case(
            ifs=[
                exp.If(
                    this=exp.and_(
                        other.predicate(own.column),
                        exp.not_(exp.Coalesce(this=exp.paren(own.predicate(own.column)), expressions=[exp.false()])),
                    ),
                    true=exp.Literal.number(1),
                )
            ],
            default=exp.Literal.number(0),
        )
        for own, other in pairs
    ]
    total = reduce(_add, counted)
    neighbour = "next" if what == "lost" else "previous"
    return Hypothesis(
        kind="column_shift",
        columns=cells,
        cells=cells,
        reason=f"several cells of these rows hold values of the {neighbour} column: a field was {what}, the rest moved",
        test=RowTest(exp.GTE(this=exp.paren(total), expression=exp.Literal.number(FITTING_CELLS))),
        origin="discovered",
        prior=0.6,
        weight=0.9,
        confidence=0.95,
        action="Load these rows again from their source; every later column of them is wrong, not only those named.",
        evidence={"rows_in_sample": rows},
    )


def _add(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return exp.Add(this=left, expression=right)


def _domain(column: SampleColumn, neighbours: Sequence[SampleColumn]) -> Domain | None:
    if column.column.type is not ColumnType.TEXT or not column.values:
        return None
    if column.type in SHAPES:
        return Domain(column, (), SHAPES[column.type])
    present = int(column.counts.sum())
    heavy = [
        (value, int(count))
        for value, count in zip(column.values[:DOMAIN_SIZE], column.counts, strict=False)
        if count >= max(3.0, HEAVY_SHARE * present)
    ]
    # A value is at home where it is most frequent: under heavy damage every column is full of its neighbour's values.
    elsewhere = [dict(zip(n.values[: 2 * DOMAIN_SIZE], n.counts.tolist(), strict=False)) for n in neighbours]
    home = tuple(value for value, count in heavy if all(count >= other.get(value, 0) for other in elsewhere))
    if len(home) < 2 or sum(count for _, count in heavy) < COVERED * present:
        return None
    return Domain(column, home, "")


def _tells(own: Domain, other: Domain) -> bool:
    """Whether the two domains are apart, so that a cell's value says to which column it belongs."""
    if own.values and other.values:
        return not set(own.values) & set(other.values)
    return own.shape != other.shape


def _together(fits: npt.NDArray[np.bool_], shifted: Bools) -> bool:
    """Whether foreign values come together in rows far more than if each column had them independently."""
    shares = fits.mean(axis=1)
    none = float(np.prod(1 - shares))
    one = float(sum(p * np.prod(1 - np.delete(shares, i)) for i, p in enumerate(shares)))
    several = max(0.0, 1 - none - one)
    if shifted.mean() >= 10 * several:
        return True
    share = float(shifted.sum() / fits.any(axis=0).sum())
    return share >= max(TOGETHER, 1.3 * several / max(1 - none, 1e-12))
