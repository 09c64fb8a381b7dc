"""Where an error strikes: each mechanism orders the rows that could carry it, and the first ones are hit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlglot import exp

from assay.bench.corrupt.error import NotApplicableError
from assay.bench.corrupt.scene import ENTITIES, ROW, Scene
from assay.bench.corrupt.sql import BITS, SPAN, column, sql
from assay.domain.role import Family

STEP = 1 << 40  # one day, or one row of a block, before the draws that decide within it
OWNERS = ("account_id", "account_name", "campaign_id", "campaign_name", "brand", "platform", "country", "data_source")
"""Roles of what delivers its numbers in a unit of its own."""
HEAVY = 9  # how much more probable a row is where another value favours it


@dataclass(frozen=True)
class Target:
    """What an error is about to hit.

    Attributes:
        columns: the damaged columns.
        eligible: which rows can carry it.
        wanted: how many are to be hit.
        whole: whether one segment, or all rows from a date on, are hit completely.
    """

    columns: tuple[str, ...]
    eligible: exp.Expr
    wanted: int
    whole: bool = False


@dataclass(frozen=True)
class Place:
    """An order of the rows, and which of them can be hit at all.

    Attributes:
        priority: a whole number, the least first.
        within: a further condition.
        all: whether all of these rows are hit.
        told: what was chosen, for the record.
    """

    priority: exp.Expr
    within: exp.Expr | None = None
    all: bool = False
    told: str = ""


def uniform(scene: Scene, _: Target) -> Place:
    """Anywhere, each row as probably as any other."""
    return Place(_luck(scene))


def block(scene: Scene, target: Target) -> Place:
    """One run of rows in the order of the table."""
    start = int(scene.rng.integers(0, max(scene.rows - 2 * target.wanted, 0) + 1))
    place = sql("mod(:row - :start + :rows, :rows)", row=column(ROW), start=start, rows=scene.rows)
    return Place(place, told=f"from row {start}")


def dates(scene: Scene, target: Target) -> Place:
    """One range of dates."""
    days = scene.days(target.eligible)
    if len(days) < 2:
        raise NotApplicableError("fewer than two days with rows that could carry it")
    numbers = [d for d, _ in days]
    left = np.cumsum([n for _, n in days][::-1])[::-1]
    starts = [d for d, n in zip(numbers, left.tolist(), strict=True) if n >= target.wanted] or numbers[:1]
    start = int(scene.rng.choice(starts))
    span = numbers[-1] - numbers[0] + 1
    offset = sql("mod(:day - :start + :span, :span)", day=scene.day(), start=start, span=span)
    return Place(_ranked(scene, offset), told=f"from {_iso(start)}")


def since(scene: Scene, target: Target) -> Place:
    """The last rows in time: from a date to the end."""
    days = scene.days(target.eligible)
    if not days:
        raise NotApplicableError("no day with rows that could carry it")
    if not target.whole:
        return Place(_ranked(scene, sql(":last - :day", last=days[-1][0], day=scene.day())))
    reached = np.cumsum([n for _, n in days][::-1])
    start = days[-1 - int(np.argmin(np.abs(reached - target.wanted)))][0]
    return Place(_luck(scene), sql(":day >= :start", day=scene.day(), start=start), True, f"from {_iso(start)}")


def segment(scene: Scene, target: Target) -> Place:
    """Rows with one value of an entity or a category."""
    fewest: list[tuple[float, str, Any, int]] = []
    candidates = [c for c in scene.of_family(*ENTITIES, Family.FLAG) if c not in target.columns and scene.repeats(c)]
    if target.whole:
        candidates = [c for c in candidates if scene.role(c).name in OWNERS] or candidates
    for name in [str(c) for c in scene.rng.permutation(candidates)][:4]:
        sizes = [(v, n) for v, n in scene.groups(column(name), target.eligible) if n < scene.rows]
        enough = [(v, n) for v, n in sizes if target.whole or 0.8 * n >= target.wanted]
        if enough:
            value, n = min(enough, key=lambda pair: (abs(np.log(pair[1] / target.wanted)), str(pair[0])))
        elif sizes:
            value, n = max(sizes, key=lambda pair: (pair[1], str(pair[0])))
        else:
            continue
        fewest.append((abs(float(np.log(0.8 * n / target.wanted))), name, value, n))
    if not fewest:
        raise NotApplicableError("no column with segments")
    _, name, value, _ = min(fewest, key=lambda found: found[0])
    within = exp.EQ(this=column(name), expression=exp.convert(value))
    return Place(_luck(scene), within, target.whole, f"{name} = {value}")


def by_column(scene: Scene, target: Target) -> Place:
    """More probably where another column has large values, or some values."""
    others = [c for c in (*scene.metrics, *scene.categories) if c not in target.columns]
    if not others:
        raise NotApplicableError("no other column that it could depend on")
    name = str(scene.rng.choice(others))
    return Place(_weighted(scene, _favoured(scene, name)), told=f"by {name}")


def by_value(scene: Scene, target: Target) -> Place:
    """More probably where the damaged column itself has large values, or some values."""
    if not target.columns:
        raise NotApplicableError("no column of its own")
    name = target.columns[0]
    return Place(_weighted(scene, _favoured(scene, name)), told=f"by {name}")


MECHANISMS: dict[str, Callable[[Scene, Target], Place]] = {
    "uniform": uniform,
    "block": block,
    "dates": dates,
    "since": since,
    "segment": segment,
    "by_column": by_column,
    "by_value": by_value,
}


def _luck(scene: Scene) -> exp.Expr:
    return sql("mod(:draw, :step)", draw=scene.draw(), step=STEP)


def _ranked(scene: Scene, offset: exp.Expr) -> exp.Expr:
    return sql(":offset * :step + :luck", offset=offset, step=STEP, luck=_luck(scene))


def _favoured(scene: Scene, name: str) -> exp.Expr:
    """Whether a row has an upper value of the column, or one of every second of its values."""
    seen = scene.seen(name)
    numbers = seen.numbers[~np.isnan(seen.numbers)]
    if numbers.size:
        middle = float(np.median(numbers))
        if scene.is_number(name):
            return sql(":value > :middle", value=column(name), middle=middle)
    values = [exp.Literal.string(v) for v in seen.values[:200:2]]
    return exp.In(this=exp.cast(column(name), "text"), expressions=values)


def _weighted(scene: Scene, favoured: exp.Expr) -> exp.Expr:
    """Sampling without replacement by weight: the first of exponential waiting times (Efraimidis, Spirakis 2006)."""
    waiting = sql("-ln((:draw + 1) / CAST(:span AS DOUBLE))", draw=scene.draw(), span=SPAN)
    weight = sql("CASE WHEN :favoured THEN :heavy ELSE 1 END", favoured=favoured, heavy=HEAVY)
    scaled = sql("floor(:waiting / :weight * :step)", waiting=waiting, weight=weight, step=1 << (BITS - 8))
    return exp.cast(scaled, "bigint")


def _iso(day: int) -> str:
    return str(np.datetime64(day, "D"))
