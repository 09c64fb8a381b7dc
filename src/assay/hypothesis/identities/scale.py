"""The constant factor of a product, ratio or copy: 1, 100, a million, a tax rate, seconds in an hour."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from assay.hypothesis.identities.identity import FULL, Identity
from assay.hypothesis.quantities import Quantity
from assay.profile.arrays import Floats

LEAST_ROWS = 30
MOST_ROWS = 4_000
FITTING = 0.25
LARGEST_SCALE = 9
DIGITS = 5
NEAR, MORE_FIT = 1e-3, 0.005  # how far off a factor of too few digits is, and the share of rows that one more gains
TRUST = 0.1  # relative precision below which a row says nothing about a scale


def scale_of(identity: Identity, items: Sequence[Quantity]) -> float | None:
    """The simplest factor that rounding allows, None where no factor fits many rows.

    Args:
        identity: its form and columns; its scale is not looked at.
    """
    members = [items[m] for m in identity.members]
    good = np.logical_and.reduce([np.isfinite(q.values) & (q.values > 0) for q in members])
    rows = np.flatnonzero(good)
    rows = rows[:: max(1, rows.size // MOST_ROWS)]
    if rows.size < LEAST_ROWS:
        return None
    target, *terms = (q.values[rows] for q in members)
    with np.errstate(all="ignore"):
        scales = target * terms[1] / terms[0] if identity.form == "ratio" else target / np.prod(terms, axis=0)
        error = (0.5 if members[0].decimals == 0 else members[0].half) / target + FULL
        for item, values in zip(members[1:], terms, strict=True):
            error = error + item.half / values
    # Damaged large values look precise: the middle of all rows and that of the precise ones are both tried.
    middles = (float(np.median(scales)), float(np.median(scales[error <= np.quantile(error, 0.5)])))
    telling = error < TRUST
    if telling.sum() < LEAST_ROWS:
        return None
    return _simplest([m for m in middles if math.isfinite(m) and m > 0], scales[telling], error[telling])


def _simplest(middles: Sequence[float], scales: Floats, error: Floats) -> float | None:
    """The number of fewest digits, or the inverse of one, that fits about as many rows as any; None if none fits many.

    Args:
        middles: about what it is.
        scales: what each row says it is, and ``error``, how far off rounding can make that, relatively.
    """

    def share(scale: float) -> float:
        return float((np.abs(scales / scale - 1) <= error).mean())

    shares: dict[float, float] = {}
    for digits in range(DIGITS + 1):
        for middle in middles:
            if abs(math.log10(middle)) > LARGEST_SCALE:
                continue
            rounded = float(f"{middle:.{digits}g}") if digits else 10.0 ** round(math.log10(middle))
            shares |= dict.fromkeys((rounded, 1 / float(f"{1 / middle:.{max(digits, 1)}g}")), 0.0)
    for scale in shares:
        shares[scale] = share(scale)
    best = max(shares.values(), default=0.0)
    if best < FITTING:
        return None
    simple = next(scale for scale, share in shares.items() if share >= 0.95 * best)
    # What rows say that are nearly right and precise; a digit that lets more rows fit is no noise, as the largest do.
    close = scales[(np.abs(scales / simple - 1) < NEAR) & (error < NEAR)]
    finer = {float(f"{np.median(close):.{digits}g}") for digits in range(1, DIGITS + 1)} if close.size else set()
    closest = max(sorted(finer), key=share, default=simple)
    return closest if share(closest) > shares[simple] + MORE_FIT else simple
