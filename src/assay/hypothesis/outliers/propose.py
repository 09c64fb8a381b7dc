"""Cells of numeric columns that are far from what the rest of their row and of their segment makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context, Hypothesis
from assay.hypothesis.measures import Measure, measures
from assay.hypothesis.outliers.claim import hypothesis_of
from assay.hypothesis.outliers.effects import Dimension
from assay.hypothesis.outliers.expectation import Expectation, expectation
from assay.hypothesis.outliers.lines import COVERED, Line, lines
from assay.hypothesis.outliers.stage import Damage, Stage, damage_of
from assay.hypothesis.outliers.structure import (
    GROUP_FAMILIES,
    LEARNT,
    is_concentrated,
    is_confirmed,
    is_listed,
    is_repeated,
    is_structural,
)
from assay.hypothesis.outliers.witness import agrees_with, together, witness_of
from assay.hypothesis.robust import densest, densest_widths
from assay.profile.arrays import Bools
from assay.source.base import ColumnType

MOST_VALUES = 60
WINDOW = 20  # columns on either side that may explain a metric in a very wide table
LEAST_SUSPECTS = {"high": 3, "low": 6}
CROWD = 0.05
EXACT = 0.1
AGREEING = 0.3
ALL_AGREE = 0.9
SWAP_SHARE = 0.1
MOST_STAGES = 4
UNJUDGED = 0.002
PRESENT = 0.9
OWN = 0.5  # of the rows of a group with a value
SWAP_CLOSER = 0.25
SWAP_WIDER = 1.6
MOVED = 0.88
PART_OF_MOVE = 0.25
OFTEN_NONE = 0.15
LEAST_BULK = 12


def propose(context: Context) -> list[Hypothesis]:
    """Raise one hypothesis for each column that has values which neither chance nor business explains."""
    rng = np.random.default_rng([context.seed, 41])
    columns = measures(context, rng)
    if not columns or context.profile.sample.rows < 200:
        return []
    explaining = [m if m.family is not Family.RATE else None for m in columns]
    dimensions = _dimensions(context)
    found: list[tuple[int, Damage]] = []
    options: dict[int, list[Line]] = {}
    for index, target in enumerate(columns):
        near = _near(explaining, index)
        if target.family is Family.RATE and _derived(target, near, rng):
            continue
        others = [m if i != index else None for i, m in enumerate(near)]
        options[index] = lines(target, others, dimensions, rng)
        damage = _damage(context, columns, index, options[index], dimensions, rng)
        if damage is not None:
            found.append((index, damage))
    return [hypothesis_of(context, d) for _, d in _blamed(context, columns, found, options, dimensions, rng)]


def _near(explaining: Sequence[Measure | None], index: int) -> list[Measure | None]:
    """The metrics that may explain one: all of them, in a very wide table the ones that stand around it."""
    if len(explaining) <= 2 * WINDOW:
        return list(explaining)
    return [m if abs(i - index) <= WINDOW else None for i, m in enumerate(explaining)]


def _blamed(
    context: Context,
    columns: Sequence[Measure],
    found: Sequence[tuple[int, Damage]],
    options: Mapping[int, list[Line]],
    dimensions: Sequence[Dimension],
    rng: np.random.Generator,
) -> list[tuple[int, Damage]]:
    """Columns that are still suspect when no column that is worse damaged is held against them."""
    kept: list[tuple[int, Damage]] = []
    for index, damage in sorted(found, key=lambda f: -int(f[1].suspects.sum())):
        bad = {i for i, _ in kept}
        again: Damage | None = damage
        if bad & damage.linked:
            again = _damage(context, columns, index, [o for o in options[index] if o.other not in bad], dimensions, rng)
        if again is not None:
            kept.append((index, again))
    return sorted(kept, key=lambda k: k[0])


def _damage(
    context: Context,
    columns: Sequence[Measure],
    index: int,
    options: Sequence[Line],
    dimensions: Sequence[Dimension],
    rng: np.random.Generator,
) -> Damage | None:
    if not options:
        return None
    target = columns[index]
    known = np.isfinite(target.values)
    left = known
    stages: list[Stage] = []
    options = list(options)
    for _ in range(MOST_STAGES):
        stage = _stage(context, columns, target, options, left, dimensions, rng, bool(stages))
        if stage is not None and stages and not set(stage.sides) <= {side for s in stages for side in s.sides}:
            stage = None  # what looks damaged in the other direction than the rest is what is right
        if stage is not None:
            stages.append(stage)
            left = left & np.isnan(stage.expected.residual())
        if options[0].other < 0 or (not stages and options[0].coverage >= COVERED):
            break
        if np.count_nonzero(left) <= UNJUDGED * np.count_nonzero(known):
            break
        if stage is not None:
            others = [m if m is not target and m.family is not Family.RATE else None for m in columns]
            doubted = [e.doubtful[e.dimension.codes] & (e.dimension.codes >= 0) for e in stage.expected.effects]
            present = [d for d in dimensions if np.mean(d.codes[left] >= 0) > PRESENT]
            present = [d for d in present if not any(_alike(d, rows, known) for rows in doubted)]
            options = lines(target, others, present, rng)
        else:
            options = options[1:]
        options = sorted(options, key=lambda o: _looseness(o, columns, left))
    return damage_of(stages, left) if any(s.suspects.any() for s in stages) else None


def _alike(dimension: Dimension, doubted: Bools, known: Bools) -> bool:
    """Whether a dimension sets doubted rows apart from the others, so that its levels are as doubtful."""
    if not doubted.any():
        return False
    own, every = (
        np.bincount(dimension.codes[rows] + 1, minlength=dimension.size + 1) for rows in (doubted & known, known)
    )
    return bool(np.sum(own[own > OWN * every]) > OWN * own.sum())


def _looseness(option: Line, columns: Sequence[Measure], rows: Bools) -> float:
    """How loosely a line tells the level in some rows, also because it does not tell it in many of them."""
    covered = 1.0 if option.other < 0 else float(np.mean(np.isfinite(columns[option.other].values[rows])))
    return option.vagueness * (1 + 5 * (1 - covered)) if covered > 0.1 else np.inf


def _stage(
    context: Context,
    columns: Sequence[Measure],
    target: Measure,
    options: Sequence[Line],
    scope: Bools,
    dimensions: Sequence[Dimension],
    rng: np.random.Generator,
    established: bool,
) -> Stage | None:
    fitted = expectation(target, columns, options[0], rng) if options else None
    if fitted is None:
        return None
    second, among = None, None
    if fitted.sides:
        fitted, options, among = _righted(fitted, columns, options, dimensions, rng)
    else:
        fitted, second = together(fitted, columns, options, rng)
    if fitted is None or not fitted.sides:
        return None
    sides = {side: fitted.suspects(side) for side in fitted.sides}
    if second is not None:
        sides = {side: rows & agrees_with(fitted, second) for side, rows in sides.items()}
    sides = {s: rows for s, rows in sides.items() if np.count_nonzero(rows) >= fitted.sides[s].above / 2}
    judged = np.isfinite(fitted.residual()) & scope
    sides = {s: rows & judged for s, rows in sides.items()}
    least = {**LEAST_SUSPECTS, "high": 1} if established else LEAST_SUSPECTS
    sides = {s: rows for s, rows in sides.items() if np.count_nonzero(rows) >= least[s]}
    witness, agreeing = second, 1.0
    if sides and fitted.related is not None and second is None:
        suspect = np.logical_or.reduce(list(sides.values()))
        # Levels of segments that the suspects had a part in would take their side.
        right = ~suspect if among is None else among & ~suspect
        others = [m if m is not target and m.family is not Family.RATE else None for m in columns]
        unmoved = [o for o in lines(target, others, dimensions, rng, right) if o.other != options[0].other]
        witness = witness_of(fitted, columns, unmoved, suspect, rng, among)
    if witness is not None and second is None:
        agrees, told = agrees_with(fitted, witness), np.isfinite(witness.residual())
        shares = {s: float(np.mean(agrees[rows & told])) if np.any(rows & told) else 0.0 for s, rows in sides.items()}
        sides = {s: rows & agrees for s, rows in sides.items() if shares[s] >= AGREEING}
        agreeing = min((shares[s] for s in sides), default=0.0)
    sides = {s: rows for s, rows in sides.items() if not is_structural(context, judged, rows, dimensions)}
    if fitted.related is None:
        sides = {s: rows for s, rows in sides.items() if not is_listed(target, rows)}
    sides = {s: rows for s, rows in sides.items() if not _explained(fitted, columns, rows, s)}
    sides = {s: rows for s, rows in sides.items() if not is_confirmed(target, columns, rows)}
    sides = {s: rows for s, rows in sides.items() if not is_repeated(context, target, rows)}
    if len(sides) == 2 and options[0].partial:
        del sides["low"]  # the right values of a group whose level is that of its blown-up ones
    if "low" in sides and _natural(context, fitted, judged, sides["low"]):
        del sides["low"]
    if len(sides) == 2 and np.count_nonzero(sides["low"]) > CROWD * np.count_nonzero(judged):
        del sides["low"]  # the centre lies between a blown-up crowd and the right values
    if not sides:
        return None
    fitted = replace(fitted, effects=tuple(e.undoubted() for e in fitted.effects))  # there is damage to doubt them for
    suspects = np.logical_or.reduce(list(sides.values())) & np.isfinite(fitted.residual())
    linked = tuple(columns.index(e.related) for e in (fitted, witness) if e is not None and e.related is not None)
    return Stage(
        fitted, tuple(sides), suspects, witness if agreeing < ALL_AGREE or second is not None else None, linked
    )


def _righted(
    fitted: Expectation,
    columns: Sequence[Measure],
    options: Sequence[Line],
    dimensions: Sequence[Dimension],
    rng: np.random.Generator,
) -> tuple[Expectation | None, Sequence[Line], Bools | None]:
    """The same with bulk and a tail exchanged, where the tail follows the other metrics and the bulk does not.

    Where most values of a metric are blown up, the few right ones look too small; but they follow the other metrics.

    Returns:
        The expectation, the lines that it was chosen from, and the rows taken for right (None: not exchanged).
    """
    target = fitted.measure
    known = np.isfinite(target.values)
    for side in fitted.sides:
        tail = fitted.suspects(side)
        if not target.logarithmic or np.count_nonzero(tail) < max(SWAP_SHARE * np.count_nonzero(known), 100):
            continue
        others = [m if m is not target and m.family is not Family.RATE else None for m in columns]
        among = [lines(target, others, dimensions, rng, part) for part in (tail, known & ~tail)]
        follows = [max((line.correlation for line in part), default=0.0) for part in among]
        closer = follows[0] > follows[1] + SWAP_CLOSER
        if fitted.related is not None and side == "high":
            closer = closer or _width(fitted, ~tail) > SWAP_WIDER * max(_width(fitted, tail), 0.1)
        if among[0] and closer:
            return expectation(target, columns, among[0][0], rng, among=tail), among[0], tail
    return fitted, options, None


def _width(fitted: Expectation, rows: Bools) -> float:
    """Width of the residuals' densest half in some rows."""
    rest = fitted.residual()[rows]
    rest = rest[np.isfinite(rest)]
    return densest(rest, 0.5)[1] if rest.size > 2 else 0.0


def _natural(context: Context, fitted: Expectation, judged: Bools, low: Bools) -> bool:
    """Whether low values are the metric's own way.

    It is often 0 or blank where as much is expected; or the low ones are many, and some groups have more of them or
    they spread wider than the others, which then are blown up to a limit.
    """
    line = fitted.predictor()
    alike = line >= np.nanmedian(line[low])
    if np.mean(np.isnan(fitted.measure.values[alike])) > OFTEN_NONE:
        return True
    if np.count_nonzero(low) < SWAP_SHARE * np.count_nonzero(np.isfinite(fitted.residual())):
        return False
    return is_concentrated(context, judged, low, line) or _width(fitted, low) > SWAP_WIDER * max(
        _width(fitted, ~low), 0.1
    )


def _explained(fitted: Expectation, columns: Sequence[Measure], suspects: Bools, side: str) -> bool:
    """Whether another metric is as far from what the line leads to expect, in the same rows and direction.

    Several metrics that move together are business (a large order, a big day), or it is the related metric that is off.
    To be somewhat high in the rows where this one is high by orders of magnitude is no such move: damage may prefer
    large rows.
    """
    line, excess = fitted.predictor(), fitted.residual()
    for other in columns:
        if other is fitted.measure or other is fitted.related or other.family is Family.RATE:
            continue
        both = np.isfinite(line) & np.isfinite(other.values)
        bulk, odd = np.flatnonzero(both & ~suspects), both & suspects
        if bulk.size < LEAST_BULK or np.count_nonzero(odd) < max(0.5 * np.count_nonzero(suspects), 3):
            continue
        bulk = bulk[:: max(bulk.size // 5_000, 1)]
        slope, constant = np.polyfit(line[bulk], other.values[bulk], 1) if np.ptp(line[bulk]) > 1e-9 else (0.0, 0.0)
        usual = np.sort(other.values[bulk] - slope * line[bulk] - constant)
        moved = other.values[odd] - slope * line[odd] - constant
        rank = np.searchsorted(usual, moved) / usual.size
        comparable = other.logarithmic and fitted.measure.logarithmic
        if comparable and abs(np.median(moved)) < PART_OF_MOVE * abs(np.median(excess[odd])):
            continue
        if (float(np.mean(rank)) if side == "high" else 1 - float(np.mean(rank))) > MOVED:
            return True
    return False


def _derived(rate: Measure, metrics: Sequence[Measure | None], rng: np.random.Generator) -> bool:
    """Whether a rate is the ratio of two columns: then the identity between them is what tests it."""
    rows = np.flatnonzero(np.isfinite(rate.values))
    rows = rng.choice(rows, min(rows.size, 300), replace=False)
    levels = [m.values[rows] for m in metrics if m is not None and m.logarithmic]
    if len(levels) < 2:
        return False
    table = np.array(levels)
    return any(
        np.nanmin(np.nan_to_num(densest_widths(rate.values[rows] - over + table, 0.5), nan=np.inf)) < EXACT
        for over in table
    )


def _dimensions(context: Context) -> list[Dimension]:
    """Columns of few values that repeat enough for a level of their own."""
    found = []
    rows = context.profile.sample.rows
    for column in context.profile.columns:
        role = context.roles.get(column.name)
        if role is None or role.family not in GROUP_FAMILIES or role.family is Family.DATE:
            continue
        if column.type not in (ColumnType.TEXT, ColumnType.INTEGER):
            continue
        enough = column.counts >= max(LEARNT, rows // 400)
        size = int(np.count_nonzero(enough))
        if not 2 <= size <= MOST_VALUES or column.counts[:size].sum() < 0.5 * rows:
            continue
        found.append(Dimension(column.name, np.where(column.codes < size, column.codes, -1), size))
    return found
