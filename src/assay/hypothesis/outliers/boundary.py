"""Whether suspect values lie just beyond another column: a broken order, not values out of nowhere."""

from __future__ import annotations

import numpy as np

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context
from assay.profile.arrays import Bools

DEFINED = 0.6  # share of the suspects for which the ratio must be defined
BELOW = 0.05  # share of the suspects that may lie below the boundary
SPREAD = 1.2  # interquartile range of the log ratio: a value that follows the boundary stays near it
BEYOND = np.log(5)  # median log ratio


def at_boundary_of(context: Context, name: str, suspects: Bools) -> list[str]:
    """The columns just above (or just below) which the suspect values of ``name`` lie, the closest first.

    Values that were multiplied or invented spread over decades beside any other column. Values that break an order,
    more clicks than impressions, start at the bound and stay near it.
    """
    family = context.roles[name].family
    values = context.profile[name].numbers[suspects]
    found: list[tuple[float, str]] = []
    for other, role in context.roles.items():
        if other == name or role.family is not family or family is Family.RATE:
            continue
        bound = context.profile[other].numbers[suspects]
        defined = (bound > 0) & (values > 0)
        if not defined.any() or defined.sum() < DEFINED * suspects.sum():
            continue
        ratio = np.log(values[defined] / bound[defined])
        for side in (ratio, -ratio):
            low, quarter, median, upper = np.quantile(side, [BELOW, 0.25, 0.5, 0.75])
            if low >= -1e-9 and median <= BEYOND and upper - quarter <= SPREAD:
                found.append((float(median), other))
    return [other for _, other in sorted(found)]
