"""What looks like an error and is none: conversions that have not arrived yet, with all that follows."""

from __future__ import annotations

from typing import cast

import numpy as np
from sqlglot import exp

from assay.bench.corrupt.error import Damage, NotApplicableError
from assay.bench.corrupt.scene import Scene
from assay.bench.corrupt.sql import column, sql
from assay.domain.role import Family

ARRIVING = (
    "conversions", "all_conversions", "results", "purchases", "leads", "registrations", "installs", "add_to_cart",
    "checkouts", "post_click_conversions", "post_view_conversions", "view_through_conversions",
    "real_time_conversions", "qualified_conversions", "all_qualified_conversions",
)  # fmt: skip
WORTH = {
    "revenue": ("purchases", "conversions", "results", "all_conversions"),
    "all_revenue": ("all_conversions", "purchases", "conversions"),
}
"""Amounts, and the counts of which they are the value, the closest first."""
AT_ONCE = "click|view|reach|impression|engage|play"  # results of these kinds are known on the day itself
MOST_DIGITS = 6


def late_conversions(scene: Scene, columns: list[str], _: int) -> Damage:
    """Legitimate: the conversions of the last days have not all arrived yet. Nothing of it may be reported.

    Whole conversions are missing, and their value with them; totals and rates are what an export computes of the rest.
    """
    counts = [c for r in ARRIVING if (c := scene.find(r)) is not None and scene.is_number(c)]
    counts = [c for c in counts if not columns or c in columns]
    if not counts:
        raise NotApplicableError("no conversions that could arrive late")
    last = scene.days()[-1][0]
    share = sql("1 - pow(0.5, :last - :day + 1)", last=last, day=scene.day())
    values = {c: _arrived(scene, c, share) for c in counts}
    results, says = scene.find("results"), scene.find("result_indicator")
    if results in values and results is not None and says is not None:
        at_once = exp.RegexpLike(this=exp.Lower(this=column(says)), expression=exp.Literal.string(AT_ONCE))
        values[results] = exp.Case().when(at_once, column(results)).else_(values[results])
    for total, parts in _totals(scene, values).items():
        added = [sql("coalesce(:part, 0)", part=values[p]) for p in parts]
        summed = added[0]
        for part in added[1:]:
            summed = sql(":a + :b", a=summed, b=part)
        values[total] = scene.fit(total, _blank(scene, total, summed))
    for role, worth in WORTH.items():
        amount = scene.find(role)
        of = next((c for r in worth if (c := scene.find(r)) in values and c is not None), None)
        if amount is not None and of is not None and scene.is_number(amount):
            values[amount] = _value(scene, amount, of, values[of])
    arriving = tuple(values)
    values |= _rates(scene, values)
    some = [sql(":value > 0", value=scene.number(c)) for c in arriving]
    return Damage(values, cast("exp.Expr", exp.or_(*some)), columns=arriving)


def _arrived(scene: Scene, name: str, share: exp.Expr) -> exp.Expr:
    value = sql("CAST(:value AS DOUBLE) * :share", value=column(name), share=share)
    seen = scene.positive(name)
    whole = not seen.size or bool((seen % 1 == 0).all())
    value = sql("floor(:value)", value=value) if whole else sql("round(:value, 2)", value=value)
    return scene.fit(name, _blank(scene, name, value))


def _value(scene: Scene, amount: str, of: str, arrived: exp.Expr) -> exp.Expr:
    """The amount of the conversions that are there; an amount beside none is an adjustment, which does not wait."""
    kept = sql(":value * :new / nullif(:old, 0)", value=column(amount), new=arrived, old=column(of))
    kept = sql("round(:kept, :digits)", kept=kept, digits=_digits(scene, amount))
    gone = sql(
        "CASE WHEN :new IS NULL AND :old > 0 THEN 0 ELSE :value END", new=arrived, old=column(of), value=column(amount)
    )
    return scene.fit(amount, _blank(scene, amount, sql("coalesce(:kept, :gone)", kept=kept, gone=gone)))


def _blank(scene: Scene, name: str, value: exp.Expr) -> exp.Expr:
    """The value, with zeros written as the column writes them: some exports leave them empty."""
    numbers = scene.seen(name).numbers
    blank = bool(np.isnan(numbers).any()) and not bool((numbers == 0).any())
    return sql("nullif(:value, 0)", value=value) if blank else value


def _digits(scene: Scene, name: str) -> int:
    """Decimals that the column's values are written with."""
    seen = scene.positive(name)
    return next((d for d in range(MOST_DIGITS) if bool((np.round(seen, d) == seen).all())), MOST_DIGITS)


def _totals(scene: Scene, changed: dict[str, exp.Expr]) -> dict[str, list[str]]:
    """Columns that are the sum of others by the pack, all of which change."""
    totals = {}
    for relation in scene.pack.relations:
        if relation.form == "sum":
            found = [scene.find(*roles) for roles in relation.roles]
            if all(c in changed for c in found):
                names = [c for c in found if c is not None]
                totals[names[-1]] = names[:-1]
    return totals


def _rates(scene: Scene, changed: dict[str, exp.Expr]) -> dict[str, exp.Expr]:
    """Ratios of what changes, as an export would compute them again."""
    rates = {}
    for name in scene.of_family(Family.RATE):
        spec = scene.pack.roles.get(scene.role(name).name)
        if spec is None or spec.of is None or not scene.is_number(name):
            continue
        above, below = scene.find(spec.of[0]), scene.find(spec.of[1])
        if above is None or below is None or not {above, below} & set(changed):
            continue
        scale = _scale(scene, name, above, below)
        if scale is None:
            continue
        parts = {side: changed.get(c, column(c)) for side, c in (("above", above), ("below", below))}
        value = sql("round(:scale * CAST(:above AS DOUBLE) / nullif(:below, 0), :digits)",
                    scale=scale, digits=_digits(scene, name), **parts)  # fmt: skip
        if not bool(np.isnan(scene.seen(name).numbers).any()):
            value = sql("coalesce(:value, 0)", value=value)
        rates[name] = scene.fit(name, value)
    return rates


def _scale(scene: Scene, rate: str, above: str, below: str) -> float | None:
    """The power of ten by which the rate is the ratio of these two columns; None if it is another ratio."""
    a, b, r = (scene.seen(c).numbers for c in (above, below, rate))
    some = (a > 0) & (b > 0) & (r > 0)
    if not some.any():
        return None
    times = float(np.median(r[some] * b[some] / a[some]))
    scale = float(10.0 ** np.round(np.log10(times)))
    return scale if abs(times / scale - 1) < 0.05 else None
