"""The numeric and date columns of a table as arrays with units, for the search of relations between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlglot import exp

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context
from assay.hypothesis.shifted.propose import in_place
from assay.profile.arrays import Bools, Floats
from assay.source.base import ColumnType

QUANTITIES = 32
MAX_DECIMALS = 8
FINITE = 1e300


@dataclass(frozen=True, eq=False)
class Quantity:
    """A column that can be compared or computed with.

    Attributes:
        name: the column.
        values: floats in row order, dates as days since 1970; NaN where missing or infinite, and in shifted rows.
        family: its role's family.
        sure: whether the header says so, and not only the values.
        whole: whether nearly all values are integers.
        decimals: digits after the point that most values are printed with at most; None for full precision.
        coarse: whether it is stored in single precision.
        number: SQL of the value as a double.
        raw: SQL of the value in its own type.
        floating: whether the value can be NaN or infinite.
        kind: its type.
        parts: the columns that it is made of, where the table does not list it itself.
    """

    name: str
    values: Floats
    family: Family
    sure: bool
    whole: bool
    decimals: int | None
    coarse: bool
    number: exp.Expr
    raw: exp.Expr
    floating: bool
    kind: ColumnType
    parts: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table that it names."""
        return self.parts or (self.name,)

    @property
    def half(self) -> float:
        """Half a unit in the last printed place: how far rounding can have moved a value that is not a count.

        What is made of others was never printed.
        """
        return 0.0 if self.parts or not self.decimals else 0.5 * 10.0**-self.decimals

    @property
    def computed(self) -> bool:
        """Whether it looks like the result of a division, and not like something counted or paid."""
        return self.family is Family.RATE or self.decimals is None or self.decimals > 2

    def present(self) -> exp.Expr | None:
        """SQL that is false for NaN and infinity, None where the type has none."""
        if not self.floating:
            return None
        return exp.LT(this=exp.Abs(this=self.number.copy()), expression=exp.Literal.number("1e300"))


def quantities(context: Context, families: Sequence[Family]) -> list[Quantity]:
    """Columns of these families with at least two distinct finite values, in table order.

    Of very wide tables the columns that a pack knows come first, and no more than ``QUANTITIES`` of a unit are kept.
    """
    chosen = [c.name for c in context.profile.columns if _of(context, c.name, families)]
    if len(chosen) > QUANTITIES:
        ranked = sorted(chosen, key=lambda c: not context.roles[c].name)
        kept: list[str] = []
        for name in ranked:
            if len(kept) < QUANTITIES and _varies(context.profile[name].numbers):
                kept.append(name)
        chosen = [c for c in chosen if c in set(kept)]
    found = (quantity(context, name) for name in chosen)
    return [q for q in found if q is not None]


def _of(context: Context, name: str, families: Sequence[Family]) -> bool:
    """Whether a column is of these families; amounts may look like ids by their values, but ids are whole."""
    role = context.roles[name]
    if role.family is Family.ID and role.origin == "values" and context.profile[name].type.numeric:
        numbers = context.profile[name].numbers
        return bool(np.any(numbers[np.isfinite(numbers)] % 1))
    return role.family in families


def _varies(values: Floats) -> bool:
    finite = values[np.isfinite(values)]
    return bool(finite.size) and bool(np.any(finite != finite[0]))


def quantity(context: Context, name: str) -> Quantity | None:
    """A column as a quantity, None where it is neither a number nor a date, or does not vary."""
    column, role = context.profile[name], context.roles[name]
    dated = column.type is ColumnType.DATE
    if not (dated or column.type is ColumnType.TIMESTAMP or column.type.numeric):
        return None
    values = np.where((np.abs(column.numbers) < FINITE) & in_place(context), column.numbers, np.nan)
    if not _varies(values):
        return None
    raw = context.profile.value(name)
    number = _days(raw) if column.type.temporal else exp.cast(raw.copy(), "double")
    coarse = "float" in column.column.native.lower() and "64" not in column.column.native
    decimals = 0 if column.type in (ColumnType.INTEGER, ColumnType.DATE) else printed(values, coarse, 0.55)
    floating = column.type is ColumnType.FLOAT or column.column.type is ColumnType.TEXT
    sure = role.origin != "values"
    return Quantity(
        name, values, role.family, sure, decimals == 0, decimals, coarse, number, raw, floating, column.type
    )


def _days(value: exp.Expr) -> exp.Expr:
    epoch = exp.cast(exp.Literal.string("1970-01-01"), "date")
    days = exp.DateDiff(this=exp.cast(value.copy(), "date"), expression=epoch, unit=exp.var("DAY"))
    return exp.cast(days, "double")


def printed(values: Floats, coarse: bool, share: float, kept: int = 2_000) -> int | None:
    """The least number of decimals that ``share`` of the values (not null, not zero) are exact at.

    Args:
        coarse: the values are stored in single precision, seven digits.
        kept: how many of the values are looked at, spread evenly.

    Returns:
        0 to ``MAX_DECIMALS``, or None where they have more: computed values at full precision.
    """
    some = values[np.isfinite(values) & (values != 0)]
    some = np.abs(some[:: max(1, some.size // kept)])
    if not some.size:
        return 0
    slack = 2.0**-23 if coarse else 2.0**-50
    for decimals in range(MAX_DECIMALS + 1):
        shifted = some * 10.0**decimals
        exact = np.abs(shifted - np.rint(shifted)) <= np.minimum(4 * slack * shifted + 1e-12, 0.02)
        if exact.mean() >= share:
            return decimals
    return None


def repeats(values: Floats, kept: int = 4_000) -> Bools:
    """Rows whose value is the most frequent one (of some thousand): they say little about a relation."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return np.zeros(values.size, np.bool_)
    distinct, counts = np.unique(finite[:: max(1, finite.size // kept)], return_counts=True)
    return np.asarray(values == distinct[np.argmax(counts)], dtype=np.bool_)
