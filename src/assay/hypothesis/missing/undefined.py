"""Rates that have no value because what they are divided by is zero: a cost per click without clicks."""

from __future__ import annotations

import numpy as np

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context
from assay.profile.arrays import Bools

UNDEFINED = 0.98  # share of the rows without a rate in which a quantity that it is made of is zero


def undefined(context: Context, name: str, rows: Bools) -> bool:
    """Whether a rate is absent in some rows of the sample because a quantity that it is made of is zero."""
    if context.role(name).family is not Family.RATE:
        return False
    sample = context.profile.sample
    for other, role in context.roles.items():
        if role.family not in (Family.COUNT, Family.MONEY):
            continue
        numbers = sample[other].numbers[rows]
        if np.mean((numbers == 0) | np.isnan(numbers)) >= UNDEFINED and np.any(numbers == 0):
            return True
    return False
