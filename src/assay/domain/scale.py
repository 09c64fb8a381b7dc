"""Units of money and ratios, from their names and from what they are ratios of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from assay.domain.pack import Pack
from assay.domain.role import Family, Role
from assay.profile.sample import Sample

FACTORS = np.array([1e-6, 1e-3, 0.01, 1.0, 100.0, 1e3, 1e6])
ENOUGH = 20
MOST = 0.45  # of the rows; two fifths may be damaged, and a few are rounded
# A thousand impressions cost a few to some hundred units of most currencies, and about 100,000 of the smallest.
DEAREST_THOUSAND = 4e5


def with_scales(sample: Sample, roles: Mapping[str, Role], pack: Pack) -> dict[str, Role]:
    """The roles with the factor from each column's unit to the canonical one, where names or values tell it.

    A ratio is compared with what it is a ratio of: ctr / (clicks / impressions) is 1 for fractions, 100 for per cent.
    """
    scaled = dict(roles)
    by_name: dict[str, str] = {}
    for column, role in roles.items():
        if role.name and not role.qualifier and role.confidence >= 0.5 and sample[column].type.numeric:
            by_name.setdefault(role.name, column)
    spend, impressions = by_name.get("spend"), by_name.get("impressions")
    if spend and impressions and scaled[spend].scale == 1.0 and _in_micros(sample, spend, impressions):
        scaled[spend] = replace(scaled[spend], scale=1e-6)
    for column, role in roles.items():
        spec = pack.roles.get(role.name)
        if spec is None or spec.of is None or not sample[column].type.numeric:
            continue
        above, below = (by_name.get(name) for name in spec.of)
        if above is None or below is None or column in (above, below):
            continue
        factor = _factor(sample, column, above, below, scaled[above].scale * spec.times)
        if factor is not None:
            scaled[column] = replace(scaled[column], scale=factor)
    return scaled


def _in_micros(sample: Sample, spend: str, impressions: str) -> bool:
    money, shown = sample[spend].numbers, sample[impressions].numbers
    rows = (money > 0) & (shown > 0)
    if rows.sum() < ENOUGH:
        return False
    whole = np.mean(money[rows] == np.floor(money[rows])) > 0.55
    return bool(whole and np.median(1000 * money[rows] / shown[rows]) > DEAREST_THOUSAND)


def _factor(sample: Sample, column: str, above: str, below: str, unit: float) -> float | None:
    """What the column's values have to be multiplied by to give the ratio, if that is a plain factor."""
    ratio, top, bottom = (sample[c].numbers for c in (column, above, below))
    rows = (ratio > 0) & (top > 0) & (bottom > 0)
    if rows.sum() < ENOUGH:
        return None
    factors = top[rows] * unit / bottom[rows] / ratio[rows]
    factor = float(np.median(factors))
    nearest = float(FACTORS[np.argmin(np.abs(np.log(FACTORS / factor)))])
    close = float(np.mean(np.abs(np.log(factors / nearest)) < 0.2))
    return nearest if close >= MOST else None


def named_scale(family: Family, unit: float | None, percent: bool) -> float:
    """The factor that a header gives: micros and cents of money, per cent of a ratio."""
    if family is Family.RATE and percent:
        return 0.01
    return unit if unit is not None and family in (Family.MONEY, Family.RATE, Family.NUMBER, Family.COUNT) else 1.0
