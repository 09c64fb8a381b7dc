"""Rows shifted by a lost or an extra field: several cells of a row that belong one column further on.

Each text has a home: the column in which it occurs most. A single cell away from home is a wrong value; two and more in
one row, all away by one column in the same direction, are a shift. The null model is independence: cells that stray
each for themselves meet in one row as often as the product of their rates says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from weakref import WeakKeyDictionary

import numpy as np
from sqlglot import exp

from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.hypothesis.shifted.domains import Strays, domain_of, homes_of, text_strays
from assay.hypothesis.shifted.numbers import Forms, agree, forms_of, number_strays
from assay.profile.arrays import Bools
from assay.profile.sample import Sample
from assay.source.base import ColumnType

LEAST_CELLS = 2
LEAST_ROWS = 3
BEYOND_CHANCE = 5.0
ENOUGH_ALONE = 20  # rows in which only one cell strays, whose distribution tells something
ALONE = 1.0  # stray cells outside of shifted rows, for one inside, up to which a column strays only in these
INVOLVED = 0.02  # of the shifted rows, in which a column strays that is named


@dataclass(frozen=True, eq=False)
class Shift:
    """Rows in which several cells stray in one direction.

    Attributes:
        involved: the columns that stray in them.
        rows: which rows of the sample.
        by_chance: rows in which independent strays would meet.
        sure: columns of which one cell that strays is enough.
    """

    involved: Mapping[str, Strays]
    rows: Bools
    by_chance: float
    sure: frozenset[str] = frozenset()

    def strays_in(self, rows: Bools) -> int:
        """Cells that stray in these rows."""
        return int(sum((s.rows & rows).sum() for s in self.involved.values()))


_found: WeakKeyDictionary[Context, tuple[tuple[Shift, str], ...]] = WeakKeyDictionary()


def propose(context: Context) -> list[Hypothesis]:
    """Raise the rows in which at least two cells belong to the next column, or to the one before."""
    return [_hypothesis(shift, reason) for shift, reason in shifts(context)]


def in_place(context: Context) -> Bools:
    """The rows of the sample whose cells stand in their own columns: what is usual is learned from them."""
    rows = np.ones(context.profile.sample.rows, dtype=np.bool_)
    for shift, _ in shifts(context):
        rows &= ~shift.rows
    return rows


def shifts(context: Context) -> tuple[tuple[Shift, str], ...]:
    """The shifts that are seen, each with what it is in words; computed once for a context."""
    known = _found.get(context)
    if known is None:
        known = _found[context] = tuple(_search(context.profile.sample))
    return known


def _search(sample: Sample) -> list[tuple[Shift, str]]:
    names = list(sample.names)
    if len(names) < LEAST_CELLS + 1 or sample.rows < 20:
        return []
    text = {c for c in names if sample[c].column.type is ColumnType.TEXT and sample[c].values}
    texts = list(dict.fromkeys(c for pair in pairwise(names) if set(pair) <= text for c in pair))
    homes = homes_of([sample[c] for c in texts])
    domains = {c: domain_of(sample[c], homes) for c in texts}
    forms = {c: forms_of(sample[c]) for c in names}
    following = list(pairwise(names))
    before = [(second, first) for first, second in following]
    lost, added = "the next column: a field was lost", "the one before: a field too many"
    seen: list[tuple[Shift, str]] = []
    for pairs, reason in ((following, lost), (before, added)):
        strays = {
            here: text_strays(sample[here], domains[here], domains[there])
            for here, there in pairs
            if here in domains and there in domains
        }
        strays = {c: s for c, s in strays.items() if s.rows.any()}
        found = _shift(strays, sample.rows)
        last = names[-1] if pairs is following else ""
        numbers = _shift(number_strays(sample, forms, pairs, strays, last), sample.rows)
        if numbers is not None and (found is None or numbers.rows.sum() > found.rows.sum()):
            run = _run(pairs, numbers.involved)
            both = (_with_sure_cells(numbers), numbers)
            found = next((s for s in both if _agree(sample, forms, run, s.rows, numbers.rows)), found)
        if found is not None:
            seen.append((found, reason))
    return [(s, reason) for s, reason in seen if not _explained(s, [other for other, _ in seen])]


def _explained(shift: Shift, others: Sequence[Shift]) -> bool:
    """Whether another shift has most of the rows and more strays in them: a row moves in one direction."""
    return any(
        other is not shift
        and (other.rows & shift.rows).sum() > 0.5 * shift.rows.sum()
        and other.strays_in(shift.rows) > shift.strays_in(shift.rows)
        for other in others
    )


def _agree(
    sample: Sample, forms: Mapping[str, Forms], run: Sequence[tuple[str, str]], rows: Bools, several: Bools
) -> bool:
    """Whether the rows agree with their neighbours, and those in which only one cell strays do so by themselves."""
    single = rows & ~several
    return agree(sample, forms, run, rows) and (single.sum() < ENOUGH_ALONE or agree(sample, forms, run, single, rows))


def _with_sure_cells(shift: Shift) -> Shift:
    """The shift with the rows in which only one cell strays, one that hardly strays but in shifted rows."""
    sure = frozenset(
        c
        for c, s in shift.involved.items()
        if s.plain and (s.rows & ~shift.rows).sum() <= ALONE * (s.rows & shift.rows).sum()
    )
    rows = np.any([shift.rows, *(shift.involved[c].rows for c in sure)], axis=0)
    return replace(shift, rows=rows, sure=sure)


def _run(pairs: Sequence[tuple[str, str]], involved: Mapping[str, Strays]) -> list[tuple[str, str]]:
    """The pairs from the first column that strays to the end of the table: a lost field moves all of them."""
    first = next(i for i, (here, _) in enumerate(pairs) if here in involved)
    return list(pairs[first:])


def _shift(strays: Mapping[str, Strays], total: int) -> Shift | None:
    """The rows in which several columns stray, if they are more than chance explains."""
    if len(strays) < LEAST_CELLS:
        return None
    shifted = np.sum([s.rows for s in strays.values()], axis=0) >= LEAST_CELLS
    rates = np.array([float(s.rows.mean()) for s in strays.values()])
    by_chance = total * float((rates.sum() ** 2 - (rates**2).sum()) / 2)
    # Rates that the shifted rows themselves make are no measure of chance: what strays outside of them is.
    alone = np.array([float((s.rows & ~shifted).mean()) for s in strays.values()])
    by_chance = min(by_chance, total * float((alone.sum() ** 2 - (alone**2).sum()) / 2))
    rows = int(shifted.sum())
    if rows < LEAST_ROWS or rows < BEYOND_CHANCE * by_chance:
        return None
    involved = {c: s for c, s in strays.items() if (s.rows & shifted).sum() >= INVOLVED * rows}
    return Shift(involved, shifted, by_chance) if len(involved) >= LEAST_CELLS else None


def _hypothesis(shift: Shift, reason: str) -> Hypothesis:
    ones = [
        exp.Case(
            ifs=[exp.If(this=s.condition, true=exp.Literal.number(LEAST_CELLS if c in shift.sure else 1))],
            default=exp.Literal.number(0),
        )
        for c, s in shift.involved.items()
    ]
    total: exp.Expr = ones[0]
    for one in ones[1:]:
        total = exp.Add(this=total, expression=one)
    columns = tuple(shift.involved)
    return Hypothesis(
        "column_shift",
        columns,
        f"cells of {', '.join(columns)} belong in the same rows to {reason}",
        RowTest(exp.GTE(this=exp.paren(total), expression=exp.Literal.number(LEAST_CELLS))),
        origin="discovered",
        prior=0.8,
        weight=0.9,
        confidence=0.92,
        action="load these rows again from the source; look for a separator or a line break inside a field",
        evidence={"rows_in_sample": int(shift.rows.sum()), "expected_by_chance": round(shift.by_chance, 2)},
    )
