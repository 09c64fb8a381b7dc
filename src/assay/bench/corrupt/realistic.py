"""Errors as they come from loads, exports and people: values that are wrong, and do not look so at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlglot import exp

from assay.bench.corrupt.error import Damage, NotApplicableError
from assay.bench.corrupt.scene import ENTITIES, Scene
from assay.bench.corrupt.sql import by_value, column, differs, picked, sql
from assay.domain.role import Family

UNITS = {"micros": 1_000_000, "cents": 100, "thousands": 1_000}
MOST_VALUES = 400


def outliers_plain(scene: Scene, columns: list[str], _: int) -> Damage:
    """A metric times 20 to 1,000 where it was at least usual, or far beyond its largest value."""
    name = _metric(scene, columns)
    values, typical = scene.positive(name), scene.number(name)
    if str(scene.rng.choice(["times", "beyond"])) == "times":
        value = sql(":value * exp(3 + 3.9 * :u)", value=typical, u=scene.chance())
        usual = sql(":value >= :middle", value=typical, middle=float(np.median(values)))
        return Damage({name: scene.fit(name, _whole(scene, name, value))}, usual, variant="times")
    value = sql(":most * (2 + 18 * :u)", most=float(values.max()), u=scene.chance())
    return Damage(
        {name: scene.fit(name, _whole(scene, name, value))}, sql(":value > 0", value=typical), variant="beyond"
    )


def outliers_plausible(scene: Scene, columns: list[str], _: int) -> Damage:
    """A value that the column has elsewhere, and that this row cannot have: a large one in a small row."""
    if columns:
        _metric(scene, columns)
    wide = [c for c in columns or scene.metrics if _wide(scene, c)]
    name = (
        columns[0] if columns and wide else scene.pick(wide, "count or amount that varies enough to hide a wrong value")
    )
    low, high, top = _quantiles(scene, name)
    value = sql(":high + (:top - :high) * :u", high=high, top=top, u=scene.chance())
    small = sql(":value > 0 AND :value <= :low", value=scene.number(name), low=low)
    return Damage({name: scene.fit(name, _whole(scene, name, value))}, small)


def _quantiles(scene: Scene, name: str) -> tuple[float, float, float]:
    low, high, top = np.quantile(scene.positive(name), [0.4, 0.97, 0.998])
    return float(low), float(high), float(top)


def _wide(scene: Scene, name: str) -> bool:
    low, high, top = _quantiles(scene, name)
    return low * 5 < high < top


def typos(scene: Scene, columns: list[str], _: int) -> Damage:
    """Two letters in each other's place, a letter lost or doubled."""
    name = columns[0] if columns else scene.pick(scene.categories, "text column whose values repeat")
    if not scene.is_text(name):
        raise NotApplicableError(f"{name} is no text")
    old = column(name)
    at = sql("1 + mod(:draw, length(:old) - 1)", draw=scene.draw(), old=old)
    swap = sql(
        "concat(substr(:old, 1, :at - 1), substr(:old, :at + 1, 1), substr(:old, :at, 1), substr(:old, :at + 2))",
        old=old,
        at=at,
    )
    lose = sql("concat(substr(:old, 1, :at - 1), substr(:old, :at + 1))", old=old, at=at)
    double = sql("concat(substr(:old, 1, :at), substr(:old, :at))", old=old, at=at)
    new = picked([swap, lose, double], scene.choice(3))
    return Damage({name: scene.fit(name, new)}, sql("length(:old) >= 4", old=old))


def mojibake(scene: Scene, columns: list[str], _: int) -> Damage:
    """UTF-8 that was read as Windows-1252."""
    candidates = columns or [c for c in scene.of_family(*ENTITIES, Family.TEXT) if scene.is_text(c)]
    broken = {c: _misread(scene.seen(c).values) for c in candidates}
    name = scene.pick([c for c in candidates if broken[c]], "text beyond ASCII, which is what mojibake damages")
    return Damage(
        {name: scene.fit(name, by_value(column(name), broken[name]))},
        exp.In(this=column(name), expressions=[exp.Literal.string(v) for v in broken[name]]),
    )


def _misread(values: Sequence[str]) -> dict[str, str]:
    read = ((v, v.encode().decode("cp1252", "replace")) for v in values if not v.isascii())
    return dict(list(read)[:MOST_VALUES])


def wrong_category(scene: Scene, columns: list[str], _: int) -> Damage:
    """Another value of the same column, best in one that other columns of the row determine."""
    determined = [c for c in scene.categories if _determined(scene, c)]
    name = columns[0] if columns else scene.pick(determined or scene.categories, "text column whose values repeat")
    seen = scene.seen(name)
    usual = [v for v, n in zip(seen.values, seen.counts, strict=True) if n >= 3][:50]
    if len(usual) < 2:
        raise NotApplicableError(f"{name} has too few values")
    value = picked([exp.Literal.string(v) for v in usual], scene.choice(len(usual)))
    return Damage({name: scene.fit(name, value)}, differs(column(name), exp.null()))


def _determined(scene: Scene, name: str) -> bool:
    """Whether each value of some id goes with one value of the column, in a sample where ids repeat."""
    mine = scene.seen(name).codes
    for key in scene.of_family(Family.ID):
        ids = scene.seen(key).codes
        both = (ids >= 0) & (mine >= 0)
        pairs = np.unique(np.stack([ids[both], mine[both]]), axis=1).shape[1]
        distinct = np.unique(ids[both]).size
        if key != name and distinct and pairs == distinct and distinct * 3 <= int(both.sum()):
            return True
    return False


def unit_change(scene: Scene, columns: list[str], _: int) -> Damage:
    """An amount in another unit (micros, thousands, cents), for one entity or from a date on."""
    amounts = [c for c in scene.of_family(Family.MONEY) if scene.is_number(c) and scene.positive(c).size]
    spend = scene.find("spend")
    name = columns[0] if columns else spend if spend in amounts else scene.pick(amounts, "amount of money")
    unit = str(scene.rng.choice(list(UNITS)))
    value = sql(":value * :factor", value=scene.number(name), factor=UNITS[unit])
    return Damage({name: scene.fit(name, value)}, sql(":value > 0", value=scene.number(name)), variant=unit)


def decimal_comma(scene: Scene, columns: list[str], _: int) -> Damage:
    """A decimal comma that was read as a thousands separator: 12,34 becomes 1234."""
    decimals = [c for c in scene.of_family(Family.MONEY, Family.RATE, Family.NUMBER) if _decimal(scene, c)]
    name = columns[0] if columns else scene.pick(decimals, "numbers with decimals")
    if not scene.is_number(name):
        raise NotApplicableError(f"{name} holds no numbers")
    written = exp.cast(column(name), "text")
    plain = sql("NOT :value LIKE '%e%'", value=written)
    value = exp.cast(sql("replace(:value, '.', '')", value=written), "double")
    return Damage({name: scene.fit(name, value)}, plain)


def _decimal(scene: Scene, name: str) -> bool:
    values = scene.positive(name)
    return scene.is_number(name) and bool(values.size) and float((values % 1 != 0).mean()) > 0.3


def restated_days(scene: Scene, columns: list[str], wanted: int) -> Damage:
    """Days that are in the table twice: as first reported, and with the grown numbers of a later report."""
    metrics = columns or scene.metrics
    if not metrics:
        raise NotApplicableError("no counts or amounts")
    first, last = scene.run_of_days(wanted)
    growth = sql("1.02 + 0.2 * :u", u=scene.chance())
    values = {c: _grown(scene, c, growth) for c in metrics}
    inside = sql(":day BETWEEN :first AND :last", day=scene.day(), first=first, last=last)
    return Damage(values, inside, columns=tuple(metrics), adds=True)


def _grown(scene: Scene, name: str, growth: exp.Expr) -> exp.Expr:
    value = column(name)
    grown = sql(":value * :growth", value=value, growth=growth)
    if scene.role(name).family is Family.COUNT:
        grown = sql("ceil(:grown)", grown=grown)
    return scene.fit(name, sql("round(:grown, 2)", grown=grown))


def _metric(scene: Scene, columns: list[str]) -> str:
    name = columns[0] if columns else scene.pick(scene.metrics, "count or amount")
    if not scene.is_number(name) or not scene.positive(name).size:
        raise NotApplicableError(f"{name} holds no positive numbers")
    return name


def _whole(scene: Scene, name: str, value: exp.Expr) -> exp.Expr:
    """The value as finely written as the column's own values."""
    seen = scene.positive(name)
    return sql("round(:value, :digits)", value=value, digits=0 if bool((seen % 1 == 0).all()) else 2)
