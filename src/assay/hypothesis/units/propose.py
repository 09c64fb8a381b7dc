"""Changes of unit: amounts in micros, cents or thousands, in some entities or on some days.

The log ratio of a metric to one that it goes with (spend per impression, revenue per purchase) is nearly constant
within an entity, whatever its size. A step of that ratio by a whole number of decades, shared by all rows of some
entities or days and by no others, is a change of unit and not of business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sqlglot import exp

from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.hypothesis.scope import among, between, event_date
from assay.hypothesis.series import iso
from assay.hypothesis.units.cases import SURE, Case, levels_apart, periods_apart
from assay.hypothesis.units.rates import Witnessed, witnessed
from assay.hypothesis.units.ratios import Ratio, ratios_of
from assay.hypothesis.units.splits import Split, splits_of
from assay.profile.arrays import Bools

LISTED = 200
FEWEST = 5  # rows of which it means something that they have one value
ALIKE = 0.8  # of the rows of one claim that another has too


def propose(context: Context) -> list[Hypothesis]:
    """Raise one hypothesis for each metric and factor that is in another unit somewhere."""
    sample = context.profile.sample
    if sample.rows < 50:
        return []
    date = event_date(context)
    splits = splits_of(context, date)
    finest = max(splits, key=lambda s: s.entities)
    cases: list[tuple[Ratio, Case]] = []
    for ratio in ratios_of(context, _entity(splits)):
        for place, split in enumerate(splits):
            found = periods_apart(context, ratio, split, finest, splits[:place]) if date is not None else []
            found = found or levels_apart(context, ratio, split, splits[:place])
            found = [case for case in found if case.own and not _one_value(ratio, case)]
            if found:
                cases += [(ratio, case) for case in found]
                break
    roots = _roots(context, cases)
    told = witnessed(context)
    roots = [(r, [replace(c, confidence=SURE) for c in g] if _confirmed(r, g, told) else g) for r, g in roots]
    told = [w for w in told if not any(_confirmed(r, g, [w]) for r, g in roots)]
    roots = [(r, g) for r, g in roots if not any(w.tells_of((r.metric, r.partner or "")) for w in told)]
    return [
        *map(_by_rates, told),
        *(_hypothesis(context, date, r, group, _along(context, r, group, cases)) for r, group in roots),
    ]


def _along(context: Context, ratio: Ratio, group: Sequence[Case], cases: Sequence[tuple[Ratio, Case]]) -> list[str]:
    """The other metrics that changed their unit in the same rows by the same factor."""
    rows = np.logical_or.reduce([c.rows for c in group])
    found = {}
    for other, case in cases:
        both = (rows & case.rows).sum()
        if case.decades == group[0].decades and both > ALIKE * max(rows.sum(), case.rows.sum()):
            found[other.metric] = context.roles[other.metric].metric
    return [name for name, metric in found.items() if metric and name != ratio.metric]


def _one_value(ratio: Ratio, case: Case) -> bool:
    """Whether the rows have one value nearly throughout: a placeholder, not amounts of another unit."""
    values = ratio.own[case.rows & np.isfinite(ratio.own)]
    return len(values) >= FEWEST and np.unique(values, return_counts=True)[1].max() > ALIKE * len(values)


def _confirmed(ratio: Ratio, cases: list[Case], told: Sequence[Witnessed]) -> bool:
    """Whether rates tell what levels show: the same rows of the same metric, as far as rates can tell."""
    rows = np.logical_or.reduce([c.rows for c in cases])
    return any(
        w.metric == ratio.metric and (rows & w.rows).sum() > ALIKE * max((rows & w.telling).sum(), w.rows.sum())
        for w in told
    )


def _entity(splits: Sequence[Split]) -> Split:
    """The split whose values have about a hundred rows each: of one kind, and enough to tell."""
    rows = len(splits[0].codes)
    return min(splits, key=lambda s: abs(np.log(rows / len(s.names) / 100)))


def _roots(context: Context, cases: list[tuple[Ratio, Case]]) -> list[tuple[Ratio, list[Case]]]:
    """Cases of one cause together: the metric whose own values changed, not what was computed from it."""
    groups: dict[tuple[str, int], tuple[Ratio, list[Case]]] = {}
    for ratio, case in cases:
        groups.setdefault((ratio.metric, case.decades), (ratio, []))[1].append(case)
    kept: list[tuple[Ratio, list[Case]]] = []
    taken: list[Bools] = []
    order = sorted(
        groups.values(),
        key=lambda g: (not context.roles[g[0].metric].metric, max(abs(c.moved - c.decades) for c in g[1])),
    )
    for ratio, found in order:
        rows = np.logical_or.reduce([c.rows for c in found])
        if any((rows & other).sum() > 0.8 * rows.sum() for other in taken):
            continue
        kept.append((ratio, found))
        taken.append(rows)
    return kept


def _hypothesis(
    context: Context, date: str | None, ratio: Ratio, cases: list[Case], along: Sequence[str]
) -> Hypothesis:
    value = context.profile.value
    first = cases[0]
    bad = np.logical_or.reduce([c.rows for c in cases])
    middle = _clean_cut(ratio, first, bad)
    changed = exp.and_(
        exp.not_(exp.Is(this=value(ratio.metric), expression=exp.null())),
        exp.NEQ(this=value(ratio.metric), expression=exp.Literal.number(0)),
    )
    scoped = [_scope(context, date, ratio, group) for group in _same_period(cases)]
    if middle is not None and len(scoped) > 1:
        scoped = [_beyond(context, ratio, first, middle)]
    predicate = exp.and_(changed, exp.paren(exp.or_(*scoped)))
    entities = sum(len(c.values) for c in cases)
    apart = float(np.median([c.apart for c in cases]))
    close = abs(apart - first.decades) < 0.1
    about = "" if close else "about "
    factor = 10.0**first.decades if close else float(f"{10**apart:.2g}")
    since = min((c.first for c in cases if c.first is not None), default=None)
    until = max((c.last for c in cases if c.last is not None), default=None)
    where = f"{entities} of the values of {first.column}" if first.column else "all rows"
    when = " of some days" if since is not None or until is not None else ""
    others = f"; so {'are' if len(along) > 1 else 'is'} {', '.join(along)}" if along else ""
    columns = [
        ratio.metric,
        *along,
        *([first.column] if first.column else []),
        *([ratio.partner] if ratio.partner else []),
    ]
    confidence = max(c.confidence for c in cases)
    return Hypothesis(
        kind="unit_change",
        columns=tuple(columns),
        reason=f"{ratio.metric} is {about}{factor:g} times what {ratio.words} would be, in {where}{when}{others}.",
        test=RowTest(predicate),
        cells=(ratio.metric, *along),
        prior=0.9,
        strict=confidence >= 0.5,
        weight=0.9,
        confidence=confidence,
        action=f"Convert these values of {', '.join([ratio.metric, *along])} by {10.0**-first.decades:g} and fix the "
        "unit at the source.",
        evidence={
            "factor": float(f"{10**apart:.4g}"),
            "partner": ratio.partner or "",
            "entities": entities if first.column else 0,
            "from": iso(since) if since is not None else None,
            "to": iso(until) if until is not None else None,
            "seen": int(bad.sum()),
        },
        segment=f"{first.column} {first.values[0]}" if first.column and entities == 1 else "",
    )


def _by_rates(told: Witnessed) -> Hypothesis:
    """The claim that an amount disagrees with all of its rates, by the same power of ten."""
    rates = [rate.names[0] for rate in told.rates]
    against = [r for r in rates if r != told.metric] or list(told.rates[0].names[1:])
    return Hypothesis(
        kind="unit_change",
        columns=(told.metric, *against),
        reason=f"{told.metric} is {10.0**told.decades:g} times what {' and '.join(against)} of the same rows say.",
        test=RowTest(told.predicate),
        cells=(told.metric,),
        prior=0.9,
        weight=0.9,
        confidence=SURE,
        action=f"Convert these values of {told.metric} by {10.0**-told.decades:g} and fix the unit at the source.",
        evidence={"factor": 10.0**told.decades, "rates": rates, "seen": int(told.rows.sum())},
    )


def _clean_cut(ratio: Ratio, case: Case, bad: Bools) -> float | None:
    """A bound of the ratio that alone parts bad rows from good ones in the sample, if there is one."""
    known = np.isfinite(ratio.logs)
    high = case.decades > 0
    inside, outside = ratio.logs[bad & known], ratio.logs[~bad & known]
    if not len(inside) or not len(outside):
        return None
    low_side, high_side = (outside, inside) if high else (inside, outside)
    if low_side.max() >= high_side.min():
        return None
    return float((low_side.max() + high_side.min()) / 2)


def _beyond(context: Context, ratio: Ratio, case: Case, middle: float) -> exp.Expr:
    """The condition that the ratio lies beyond ``middle`` (a decimal logarithm), on the side of the case."""
    metric = exp.cast(context.profile.value(ratio.metric), "double")
    bound: exp.Expr = exp.convert(float(f"{10**middle:.6g}"))
    if ratio.partner is not None:
        bound = exp.Mul(this=bound, expression=exp.cast(context.profile.value(ratio.partner), "double"))
    side = exp.GT if case.decades > 0 else exp.LT
    test = side(this=exp.Abs(this=metric), expression=bound)
    if ratio.partner is None:
        return test
    return exp.and_(exp.GT(this=context.profile.value(ratio.partner), expression=exp.Literal.number(0)), test)


def _same_period(cases: list[Case]) -> list[list[Case]]:
    groups: dict[tuple[int | None, int | None], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.first, case.last), []).append(case)
    return list(groups.values())


def _scope(context: Context, date: str | None, ratio: Ratio, cases: list[Case]) -> exp.Expr:
    """Entities and days. Where the sample leaves days at the edge open, the ratio decides there."""
    first = cases[0]
    parts: list[exp.Expr] = []
    if first.column is not None:
        values = sorted({v for c in cases for v in c.values})[:LISTED]
        parts.append(among(context, first.column, values))
    if date is None or (first.first is None and first.last is None):
        return exp.and_(*parts)
    inner = between(context, date, first.first, first.last)
    outer = between(context, date, first.first_possible, first.last_possible)
    if (first.first, first.last) == (first.first_possible, first.last_possible):
        return exp.and_(*parts, *inner)
    edge = exp.and_(*outer, exp.paren(_beyond(context, ratio, first, first.middle)))
    return exp.and_(*parts, exp.paren(exp.or_(exp.and_(*inner), edge)))
