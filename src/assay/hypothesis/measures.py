"""Numeric columns on the scale on which their values can be compared: logarithms, or asinh where values are signed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlglot import exp

from assay.domain.role import Family, Role
from assay.hypothesis.hypothesis import Context
from assay.hypothesis.robust import densest
from assay.profile.arrays import Floats

METRIC_FAMILIES = (Family.COUNT, Family.MONEY, Family.NUMBER, Family.RATE)
SIGNED_SHARE = 0.005
PER_CENT = 0.01
LEAST_VALUES = 40
FINITE = "1e300"
NARROW = 0.4  # spread of a measurement's logarithm


@dataclass(frozen=True, eq=False)
class Measure:
    """A column on its comparison scale.

    Attributes:
        values: ln(v) of positive values, or asinh((v - centre) / spread) in a signed column; NaN where there is none.
        smooth: the same, with values spread evenly over their printed unit, so that 1, 1, 2, 1 has quantiles.
        unit: the smallest step between values (1 for whole numbers, 0.01 for cents, 0 where there is none).
        centre, spread: of a signed column; spread 0 for the logarithm.
        bound: level up to which a share is possible (of 1 or of 100 per cent), None where there is no such bound.
        measured: whether it is a physical measurement of a narrow range, of which twice as much is a lot.
    """

    name: str
    family: Family
    values: Floats
    smooth: Floats
    unit: float
    centre: float = 0.0
    spread: float = 0.0
    bound: float | None = None
    measured: bool = False

    @property
    def logarithmic(self) -> bool:
        return self.spread == 0.0

    def sql(self, context: Context) -> exp.Expr:
        """The comparison scale in SQL, null where :attr:`values` is NaN: engines order NaN differently."""
        value = exp.cast(context.profile.value(self.name), "double")
        if self.logarithmic:
            positive = exp.GT(this=value, expression=number(0))
            usable = exp.and_(positive, exp.LT(this=value.copy(), expression=number(FINITE)))
            return exp.Ln(this=exp.Case(ifs=[exp.If(this=usable, true=value.copy())]))
        bound = exp.LT(this=exp.Abs(this=value), expression=number(FINITE))
        inside = exp.Case(ifs=[exp.If(this=bound, true=value.copy())])
        scaled = exp.Div(this=exp.paren(inside - number(self.centre)), expression=number(self.spread))
        size = exp.Abs(this=scaled)
        root = exp.Sqrt(this=exp.Mul(this=size.copy(), expression=size.copy()) + number(1))
        return exp.Mul(this=exp.Sign(this=scaled.copy()), expression=exp.Ln(this=size.copy() + root))


def number(value: float | str) -> exp.Expr:
    """A literal of six significant digits: enough for a threshold, and the same on every machine."""
    text = value if isinstance(value, str) else f"{value:.6g}"
    return exp.Neg(this=exp.Literal.number(text[1:])) if text.startswith("-") else exp.Literal.number(text)


def measures(context: Context, rng: np.random.Generator) -> list[Measure]:
    """The metric columns that have enough values to be compared with."""
    found = []
    for column in context.profile.columns:
        role = context.roles.get(column.name)
        if role is None or role.family not in METRIC_FAMILIES or not column.type.numeric:
            continue
        numbers = np.where(np.abs(column.numbers) < float(FINITE), column.numbers, np.nan)
        measure = _measure(column.name, role, numbers, rng)
        if measure is not None:
            found.append(measure)
    return found


def _measure(name: str, role: Role, numbers: Floats, rng: np.random.Generator) -> Measure | None:
    known = numbers[np.isfinite(numbers)]
    if known.size < LEAST_VALUES or np.all(known == known[0]):
        return None
    unit = _unit(known[:2_000])
    dither = numbers + (rng.random(numbers.size) - 0.5) * unit
    negative = float(np.mean(known < 0))
    if negative > 0 and (role.signed or (role.family is Family.NUMBER and negative > SIGNED_SHARE)):
        centre, width = densest(known, 0.5)
        spread = float(f"{width / 1.349:.6g}")
        if spread <= 0:
            return None
        centre = float(f"{centre:.6g}")
        scaled = [np.arcsinh((v - centre) / spread) for v in (numbers, dither)]
        return Measure(name, role.family, scaled[0], scaled[1], unit, centre, spread)
    positive = numbers > 0
    if np.count_nonzero(positive) < LEAST_VALUES:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.where(positive, np.log(np.where(positive, numbers, 1.0)), np.nan)
        smooth = np.where(positive, np.log(np.where(positive, np.maximum(dither, numbers * 0.5), 1.0)), np.nan)
    measured = role.family is Family.NUMBER and densest(values[positive], 0.5)[1] < 1.349 * NARROW
    return Measure(name, role.family, values, smooth, unit, bound=_bound(role, known), measured=measured)


def _bound(role: Role, known: Floats) -> float | None:
    """The level of a whole where a rate reads as a share: any share is possible, however rare."""
    if role.family is not Family.RATE:
        return None
    if role.scale == PER_CENT:
        return float(np.log(100.0))
    return 0.0 if float(np.quantile(known, 0.5)) <= 1 else None


def _unit(values: npt.NDArray[np.float64]) -> float:
    for unit in (1.0, 0.1, 0.01):
        steps = values / unit
        if np.mean(np.abs(steps - np.rint(steps)) < 1e-6 * np.maximum(np.abs(steps), 1)) > 0.98:
            return unit
    return 0.0
