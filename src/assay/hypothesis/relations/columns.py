"""Which columns of a table a relation of the pack speaks of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assay.domain.role import Family, Role
from assay.hypothesis.hypothesis import Context
from assay.profile.arrays import Floats

SURE_ENOUGH = 0.5


@dataclass(frozen=True)
class Operand:
    """A column in a relation.

    Attributes:
        blank_is_zero: the export leaves a zero empty: the column has empty cells and never a zero.
    """

    name: str
    role: Role
    blank_is_zero: bool

    def numbers(self, context: Context) -> Floats:
        """The sampled values, with blanks as zeros where that is what they are."""
        values = context.profile[self.name].numbers
        return np.where(np.isnan(values), 0.0, values) if self.blank_is_zero else values


def operand(context: Context, role: str, qualifier: str = "") -> Operand | None:
    """The column with a role: the surest, the first in the table among equals; None if no numeric column has it."""
    found: list[tuple[float, int, str]] = []
    for index, (name, known) in enumerate(context.roles.items()):
        if known.name != role or known.qualifier != qualifier or known.confidence < SURE_ENOUGH:
            continue
        if name in context.profile.sample and context.profile[name].type.numeric:
            found.append((-known.confidence, index, name))
    if not found:
        return None
    name = min(found)[2]
    return Operand(name, context.roles[name], blank_is_zero(context, name))


def qualifiers(context: Context, role: str) -> list[str]:
    """The qualifiers that columns with a role have, the plain one first."""
    return sorted({r.qualifier for r in context.roles.values() if r.name == role})


def first_of(context: Context, options: tuple[str, ...], qualifier: str = "") -> Operand | None:
    """The column of the first role that the table has."""
    return next((found for role in options if (found := operand(context, role, qualifier)) is not None), None)


def blank_is_zero(context: Context, name: str) -> bool:
    """Whether empty cells stand for zero: ones are common, empty cells too, and no zero is written.

    A column that every row should have is never so: its empty cells are missing values.
    """
    role = context.roles[name]
    if role.dense or role.family not in (Family.COUNT, Family.MONEY):
        return False
    values = context.profile[name].numbers
    present = values[np.isfinite(values)]
    if len(present) < 0.98 * len(values) and len(present) and not np.any(present == 0):
        least = 1.0 if role.family is Family.COUNT else float(np.quantile(present, 0.5))
        return bool(np.mean(present <= least) >= 0.03)
    return False
