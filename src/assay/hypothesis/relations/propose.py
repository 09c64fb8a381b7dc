"""Relations that the pack knows of the columns' roles: which rows break them, and which of those are legitimate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from sqlglot import exp

from assay.domain.relation import Relation
from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.hypothesis.relations.columns import Operand, first_of, operand, qualifiers
from assay.hypothesis.relations.counterparts import Disagreeing, disagreeing
from assay.hypothesis.relations.excess import SMALL, Null, Rows, explained
from assay.hypothesis.relations.legitimate import fit
from assay.hypothesis.relations.scene import Scene, number, value_of
from assay.hypothesis.structure import Segments, broken_segments, parts_of, telling_column
from assay.hypothesis.witnesses import changed
from assay.profile.arrays import Bools

MOST_DAMAGE = 0.45  # of all rows; where more break a relation, it is not one of this table
FEW_ROWS = 3
MOSTLY = 0.8
NOTABLE = {"relation_violation": 0.02, "purchases_without_add_to_cart": 0.01}  # event streams that are counted apart


def propose(context: Context) -> list[Hypothesis]:
    """One hypothesis for each relation whose roles the table has; strict ones are raised whatever the sample shows."""
    raised: list[Hypothesis] = []
    if not context.profile.sample.rows:
        return raised
    for relation in context.relations:
        if any(operand(context, role) is not None for role in relation.unless):
            continue
        for qualifier in qualifiers(context, relation.roles[0][0]) or [""]:
            columns = [first_of(context, options, qualifier) for options in relation.roles]
            made = _propose(context, relation, columns)
            if made is not None and not any(made.columns == h.columns and made.kind == h.kind for h in raised):
                raised.append(made)
    return raised


def _propose(context: Context, relation: Relation, columns: list[Operand | None]) -> Hypothesis | None:
    if relation.form == "unordered":
        return None  # it only says what must not be discovered
    if relation.form == "ladder":
        return _ladder(context, relation, [c for c in columns if c is not None])
    found = [c for c in columns if c is not None]
    if len(found) < len(columns) or len({c.name for c in found}) < len(found):
        return None
    if relation.form == "le":
        return _order(context, relation, found[0], found[1])
    if relation.form == "implies":
        return _implication(context, relation, found[0], found[1])
    return _sum(context, relation, found)


# --- a <= b -----------------------------------------------------------------------------------------------------------


def _order(context: Context, relation: Relation, small: Operand, large: Operand) -> Hypothesis | None:
    scene = Scene.of(context)
    rows, present = scene.rows(small.numbers(context), large.numbers(context))
    other = first_of(context, relation.besides, small.role.qualifier)
    if not len(rows.a) or (relation.besides and other is None):
        return None
    parts = _parts(context, relation, rows, present)
    suspect = np.zeros_like(present)
    suspect[present] = rows.violating
    # Conversions without a click have no rate and may be views; clicks without a rate are as changed as the others.
    views = "attributed" in relation.allow
    proven = changed(context, (small.name, large.name), suspect, silent=not views) if relation.allow else None
    if proven is not None:
        # A rate that was computed before tells which rows were changed: nothing of those is legitimate.
        intact = ~proven.rows[present]
        parts = [(_also(sql, exp.not_(proven.predicate)), mask & intact) for sql, mask in parts]
    fitted = [(sql, mask, fit(rows.where(mask), relation.allow)) for sql, mask in parts]
    if len(fitted) > 1:
        rate = _pooled([(part.rate, int(mask.sum())) for _, mask, part in fitted])
        fitted = [(sql, mask, fit(rows.where(mask), relation.allow, rate)) for sql, mask, _ in fitted]
    legitimate = np.zeros(len(rows.a), dtype=np.bool_)
    for _, mask, part in fitted:
        legitimate[mask] = part.legitimate(rows.where(mask))
    null = fitted[0][2]
    bad = rows.violating & ~legitimate
    if other is not None:
        bad &= ~(rows.a > other.numbers(context)[present])
    relevant = rows.a > 0
    segments = _segments(context, relation, present, relevant, rows.violating)
    if segments is not None:
        bad &= ~segments.rows[present]
    a, b = value_of(context, small), value_of(context, large)
    benign: list[exp.Expr] = []
    lone = _disagreeing(context, (small, large), rows, present, bad, fitted) if views else None
    for sql, _, part in fitted:
        boxes = [scene.sql(box, a, b) for box in part.boxes]
        if boxes:
            benign.append(exp.or_(*boxes) if sql is None else exp.and_(sql, exp.paren(exp.or_(*boxes))))
    if lone is not None:
        alone = lone.rows[present]
        if lone.told:
            bad |= legitimate & rows.violating & alone
            benign = [exp.and_(exp.paren(exp.or_(*benign)), exp.not_(lone.predicate))] if benign else []
        if lone.exact:
            # A few events more than clicks that another column has as well were counted so.
            bad &= alone | (rows.excess > SMALL)
            few = exp.LTE(this=exp.Sub(this=a.copy(), expression=b.copy()), expression=number(SMALL))
            benign.append(exp.and_(few, exp.not_(lone.predicate)))
    if segments is not None:
        benign.append(_within(context, segments))
    if other is not None:
        benign.append(exp.GT(this=a.copy(), expression=value_of(context, other)))
    test = RowTest(
        exp.GT(this=a, expression=b),
        exp.or_(*benign) if benign else None,
        tolerated=_tolerated(context, relation),
        magnitude=exp.Sub(this=a.copy(), expression=b.copy()),
    )
    told = bad & proven.rows[present] if proven is not None else np.zeros_like(bad)
    return _hypothesis(context, relation, (small, large), test, rows.violating, bad, relevant, null, told)


def _disagreeing(
    context: Context,
    columns: tuple[Operand, Operand],
    rows: Rows,
    present: Bools,
    bad: Bools,
    fitted: Sequence[tuple[exp.Expr | None, Bools, Null]],
) -> Disagreeing | None:
    """Rows in which the count stands alone, if the damage seen where none is legitimate explains those that may be."""
    inside, legitimate = np.zeros_like(bad), np.zeros_like(bad)
    for _, mask, null in fitted:
        for box in null.boxes:
            low, high = -np.inf if box.low is None else box.low, np.inf if box.high is None else box.high
            inside |= mask & (rows.b >= low) & (rows.b <= high)
            legitimate |= mask & box.holds(rows) & rows.violating & ~bad
    if inside.all():
        return None
    right, wrong, doubtful = (np.zeros_like(present) for _ in range(3))
    right[present], wrong[present] = ~rows.violating, bad
    doubtful[present] = legitimate | (rows.violating & (rows.excess <= SMALL))
    found = disagreeing(context, *columns, right, wrong, doubtful)
    if found is None:
        return None
    alone = int(np.count_nonzero(legitimate & found.rows[present]))
    shared = int(np.count_nonzero(legitimate)) - alone
    if found.exact and shared >= max(2, alone / 2):
        return found  # the views are in the other column too
    expected = bad[~inside].mean() * np.count_nonzero(inside) - np.count_nonzero(bad & inside)
    return found if alone <= 1 or not found.told or explained(alone, float(expected)) else None


def _parts(context: Context, relation: Relation, rows: Rows, present: Bools) -> list[tuple[exp.Expr | None, Bools]]:
    """The sampled rows split by what makes the relation mean something else, if the table has such a column."""
    told_by = [c for c in context.columns_with(*relation.by) if c in context.profile.sample]
    column = told_by[0] if told_by else None
    if column is None and "attributed" in relation.allow:
        # One platform counts conversions after a view, or several a click; another does not.
        where = np.flatnonzero(present)
        near, asked = np.zeros_like(present), np.zeros_like(present)
        near[where[~rows.violating & (rows.a > rows.b / 2) & (rows.a > 0)]] = True
        asked[where[rows.b >= 2]] = True
        column = telling_column(context, asked, near & asked)
    return [(None, np.ones(len(rows.a), dtype=np.bool_))] if column is None else parts_of(context, column, present)


def _also(sql: exp.Expr | None, condition: exp.Expr) -> exp.Expr:
    return condition if sql is None else exp.and_(sql, condition)


def _pooled(rates: list[tuple[float | None, int]]) -> float | None:
    """The mean of the rates that are known, by rows."""
    known = [(rate, n) for rate, n in rates if rate is not None]
    return sum(rate * n for rate, n in known) / sum(n for _, n in known) if known else None


def _ladder(context: Context, relation: Relation, steps: list[Operand]) -> Hypothesis | None:
    """Each step at most the next, and the first at most the last; pairs that this table does not keep are left out."""
    if len(steps) < 3:
        return None
    scene = Scene.of(context)
    parts: list[exp.Expr] = []
    broken = np.zeros(context.profile.sample.rows, dtype=np.bool_)
    relevant = np.zeros_like(broken)
    wrong: list[str] = []
    for small, large in [*pairwise(steps), (steps[0], steps[-1])]:
        rows, present = scene.rows(small.numbers(context), large.numbers(context))
        null = fit(rows, ("reloads",) if relation.strict else relation.allow)
        bad, asked = np.zeros_like(broken), np.zeros_like(broken)
        bad[present] = rows.violating & ~null.legitimate(rows)
        asked[present] = rows.a > 0
        if not len(rows.a) or bad.mean() > MOST_DAMAGE or bad.sum() > 0.9 * max(int(asked.sum()), 1):
            continue
        a, b = value_of(context, small), value_of(context, large)
        boxes = [scene.sql(box, a, b) for box in null.boxes]
        # What is counted at the end of a video and at its quarters may differ by network; its start may not.
        segments = None if large is steps[-1] else broken_segments(context, asked, bad, share=0.5, decided=0.3)
        if segments is not None:
            boxes.append(_within(context, segments))
            bad &= ~segments.rows
        part: exp.Expr = exp.GT(this=a, expression=b)
        if boxes:
            benign = exp.Coalesce(this=exp.paren(exp.or_(*boxes)), expressions=[exp.false()])
            part = exp.and_(part, exp.not_(exp.paren(benign)))
        parts.append(exp.paren(part))
        if bad.any():
            wrong += [small.name, large.name]
        broken |= bad
        relevant |= asked
    if not parts:
        return None
    test = RowTest(exp.or_(*parts), tolerated=_tolerated(context, relation))
    made = _hypothesis(context, relation, tuple(steps), test, broken, broken, relevant, Null())
    return replace(made, cells=tuple(dict.fromkeys(wrong)))


# --- a > 0 needs b > 0 ------------------------------------------------------------------------------------------------


def _implication(context: Context, relation: Relation, first: Operand, second: Operand) -> Hypothesis | None:
    scene = Scene.of(context)
    rows, present = scene.rows(first.numbers(context), second.numbers(context))
    relevant = rows.a > 0
    broken = relevant & (rows.b == 0)
    a, b = value_of(context, first), value_of(context, second)
    zero = exp.Literal.number(0)
    benign: list[exp.Expr] = []
    bad = broken
    if "unspent_residue" in relation.allow:
        price = rows.a[relevant & (rows.b > 0)] / rows.b[relevant & (rows.b > 0)]
        least = float(np.median(price)) if len(price) else 0.0
        tiny = rows.a <= least
        usual = relevant & ~tiny
        rate = float((broken & usual).sum()) / max(int(usual.sum()), 1)
        residue = int((broken & tiny).sum())
        if least > 0 and not (residue and explained(residue, rate * int((relevant & tiny).sum()))):
            benign.append(exp.LTE(this=a.copy(), expression=number(least)))
            bad = broken & ~tiny
    segments = _segments(context, relation, present, relevant, bad)
    if segments is not None:
        benign.append(_within(context, segments))
        bad = bad & ~segments.rows[present]
    test = RowTest(
        exp.and_(exp.GT(this=a, expression=zero), exp.EQ(this=b, expression=zero.copy())),
        exp.or_(*benign) if benign else None,
        tolerated=_tolerated(context, relation),
        magnitude=a.copy(),
    )
    return _hypothesis(context, relation, (first, second), test, broken, bad, relevant, Null())


# --- a + b = c --------------------------------------------------------------------------------------------------------


def _sum(context: Context, relation: Relation, parts: list[Operand]) -> Hypothesis | None:
    numbers = [p.numbers(context) for p in parts]
    present = np.all([np.isfinite(x) for x in numbers], axis=0)
    if not present.any():
        return None
    gap = np.abs(np.sum([x[present] for x in numbers[:-1]], axis=0) - numbers[-1][present])
    size = np.maximum(np.abs(numbers[-1][present]), 1.0)
    broken = gap > 1e-6 * size + 1e-6
    relevant = np.any([x[present] != 0 for x in numbers], axis=0)
    if not relevant.any() or (broken & relevant).sum() > MOST_DAMAGE * relevant.sum():
        return None  # this table defines its total otherwise
    values = [value_of(context, p) for p in parts]
    total: exp.Expr = values[0]
    for value in values[1:-1]:
        total = exp.Add(this=total, expression=value)
    distance = exp.Abs(this=exp.paren(exp.Sub(this=exp.paren(total), expression=values[-1])))
    test = RowTest(
        exp.GT(this=distance, expression=number(1e-3)),
        tolerated=_tolerated(context, relation),
        magnitude=distance.copy(),
    )
    return _hypothesis(context, relation, tuple(parts[-1:] + parts[:-1]), test, broken, broken, relevant, Null())


# --- what they share --------------------------------------------------------------------------------------------------


def _within(context: Context, segments: Segments) -> exp.Expr:
    text = exp.cast(context.profile.value(segments.column), "text")
    return exp.In(this=text, expressions=[exp.Literal.string(v) for v in segments.values])


def _segments(context: Context, relation: Relation, present: Bools, relevant: Bools, bad: Bools) -> Segments | None:
    if relation.strict and relation.form != "implies":
        return None
    where = np.flatnonzero(present)
    rows = context.profile.sample.rows
    wide_relevant, wide_bad = np.zeros(rows, dtype=np.bool_), np.zeros(rows, dtype=np.bool_)
    wide_relevant[where[relevant]] = True
    wide_bad[where[bad]] = True
    return broken_segments(context, wide_relevant, wide_bad)


def _tolerated(context: Context, relation: Relation) -> float:
    """What a sample without a single bad row leaves possible in the rest of the table (the rule of three)."""
    sample = context.profile.sample
    return 0.0 if sample.complete or relation.strict else 3 / sample.rows


def _hypothesis(
    context: Context,
    relation: Relation,
    columns: tuple[Operand, ...],
    test: RowTest,
    violating: Bools,
    bad: Bools,
    relevant: Bools,
    null: Null,
    proven: Bools | None = None,
) -> Hypothesis:
    """The hypothesis of a relation; few rows of a usual one are unsure, unless others prove them changed."""
    names = tuple(c.name for c in columns)
    flagged, broken, kept = int(bad.sum()), int(violating.sum()), int((relevant & ~violating).sum())
    rows = max(context.profile.sample.rows, 1)
    surety = min(c.role.confidence for c in columns)
    confidence = 0.97 if relation.strict else 0.9
    sure = proven is not None and int(proven.sum()) >= max(FEW_ROWS, MOSTLY * flagged)
    reason = f"{_title(relation, names)}: {relation.means}"
    if flagged > MOST_DAMAGE * rows or (flagged > 20 * max(kept, 1) and flagged >= FEW_ROWS):
        confidence = 0.4
        reason += "; but this table breaks it nearly throughout, so the columns may mean something else"
    elif not (relation.strict or sure) and flagged < max(FEW_ROWS, _notable(relation) * int(relevant.sum())):
        confidence = 0.45
    elif broken - flagged > 0 and relation.but:
        reason += f". {_capital(relation.but)}: such rows are left out"
    return Hypothesis(
        kind=relation.kind,
        columns=names,
        reason=reason + ".",
        test=test,
        origin="pack",
        prior=0.9 if flagged else 0.6 if relation.strict else 0.3,
        strict=relation.strict,
        weight=0.9 if relation.strict else 0.75,
        confidence=round(confidence * (1.0 if surety >= 0.6 else 0.85), 3),
        action=relation.action,
        evidence=_evidence(flagged, broken, rows, null),
    )


def _notable(relation: Relation) -> float:
    """Share of the rows concerned from which a usual relation's exceptions are worth more than a note."""
    return NOTABLE.get(relation.kind, 0.002)


def _evidence(flagged: int, broken: int, rows: int, null: Null) -> dict[str, float | int]:
    evidence: dict[str, float | int] = {"sampled_rows": rows, "sampled_violations": broken}
    if broken > flagged:
        evidence["sampled_legitimate"] = broken - flagged
    if null.rate is not None:
        evidence["rate_where_nothing_is_legitimate"] = float(f"{null.rate:.4g}")
    return evidence


def _title(relation: Relation, names: tuple[str, ...]) -> str:
    if relation.form == "implies":
        return f"{names[0]} above zero where {names[1]} is zero"
    if relation.form == "sum":
        return f"{names[0]} differs from {' + '.join(names[1:])}"
    if relation.form == "ladder":
        return "an order broken in " + " <= ".join(names)
    return f"{names[0]} above {names[1]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
