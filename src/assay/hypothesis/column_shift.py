"""Rows shifted by a lost or an extra field: several cells of a row that belong one column further on.

Each text has a home: the column in which it occurs most. A single cell away from home is a wrong value; two and more in
one row, all away by one column in the same direction, are a shift. The null model is independence: cells that stray
each for themselves meet in one row as often as the product of their rates says.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from sqlglot import exp

from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.hypothesis.placeholders import is_placeholder
from assay.hypothesis.shapes import FORMATS, coarse_shapes, matched, shape_pattern
from assay.profile.sample import SampleColumn
from assay.source.base import ColumnType

Bools = npt.NDArray[np.bool_]

LEAST_CELLS = 2
LEAST_ROWS = 3
BEYOND_CHANCE = 5.0
LISTED = 2_000  # values of a category that a predicate may list
PREVAILS = 0.55


@dataclass(frozen=True, eq=False)
class Domain:
    """What a column of text holds.

    Attributes:
        kind: ``category``, ``number``, ``date``, ``time``, ``code`` or "" for text of no kind.
        values: for a category, the values that are at home in it.
        shapes: for codes, their shapes.
    """

    kind: str
    values: frozenset[str] = frozenset()
    shapes: frozenset[str] = frozenset()


def propose(context: Context) -> list[Hypothesis]:
    """Raise the rows in which at least two cells belong to the next column, or to the one before."""
    sample = context.profile.sample
    names = list(sample.names)
    text = {c for c in names if sample[c].column.type is ColumnType.TEXT and sample[c].values}
    # Only a column of text beside another one can hold its cells.
    texts = list(dict.fromkeys(c for pair in pairwise(names) if set(pair) <= text for c in pair))
    if len(texts) < LEAST_CELLS + 1 or sample.rows < 20:
        return []
    homes = _homes([sample[c] for c in texts])
    domains = {c: _domain(sample[c], homes) for c in texts}
    raised = []
    following = list(pairwise(names))
    before = [(second, first) for first, second in following]
    lost, added = "the next column: a field was lost", "the one before: a field too many"
    for pairs, reason in ((following, lost), (before, added)):
        strays = {
            here: _strays(sample[here], domains[here], domains[there])
            for here, there in pairs
            if here in domains and there in domains
        }
        found = _hypothesis(context, {c: s for c, s in strays.items() if s.rows.any()}, reason)
        if found is not None:
            raised.append(found)
    return raised


def _homes(columns: list[SampleColumn]) -> dict[str, str]:
    """For each text that occurs in several columns the one in which it occurs most."""
    most: dict[str, tuple[int, str]] = {}
    for column in columns:
        for value, count in zip(column.values[:5_000], column.counts[:5_000], strict=True):
            if value not in most or count > most[value][0]:
                most[value] = (int(count), column.name)
    return {value: name for value, (_, name) in most.items()}


def _domain(column: SampleColumn, homes: dict[str, str]) -> Domain:
    values, counts = column.values[:5_000], column.counts[:5_000].astype(np.float64)
    hits = matched(values)
    total = float(counts.sum())
    for kind in ("number", "date", "time"):
        inside = np.any([hits[f.pattern] for f in FORMATS if f.kind == kind], axis=0)
        if float(counts[inside].sum()) >= PREVAILS * total:
            return Domain(kind)
    at_home = [v for v, n in zip(values, counts, strict=True) if n >= 3 and homes.get(v) == column.name]
    own = frozenset(v for v in at_home if not is_placeholder(v))
    held = sum(float(n) for v, n in zip(values, counts, strict=True) if v in own)
    if 2 <= len(own) <= LISTED and held >= 0.5 * len(column):
        return Domain("category", own)
    shapes: Counter[str] = Counter()
    for shape, n in zip(coarse_shapes(values), counts, strict=True):
        shapes[shape] += int(n)
    usual = frozenset(s for s, n in shapes.items() if n >= 0.3 * total and "9" in s and len(s) > 1)
    return Domain("code", frozenset(), usual) if usual else Domain("")


@dataclass(frozen=True, eq=False)
class Strays:
    """Cells of a column that belong to its neighbour: the sampled rows, and the condition in SQL."""

    rows: Bools
    condition: exp.Expr


def _strays(column: SampleColumn, own: Domain, other: Domain) -> Strays:
    none = Strays(np.zeros(len(column), dtype=np.bool_), exp.false())
    values = column.values
    text = exp.column(column.name, quoted=True)
    if other.kind == "category":
        here = np.array([v in other.values for v in values], dtype=np.bool_)
        condition: exp.Expr = text.isin(*sorted(other.values))
    elif other.kind in ("number", "date", "time") and own.kind != other.kind and own.kind:
        patterns = [f.pattern for f in FORMATS if f.kind == other.kind]
        here = np.any(list(matched(values, [f for f in FORMATS if f.kind == other.kind]).values()), axis=0)
        joined = "|".join(f"({p})" for p in patterns)
        condition = exp.RegexpLike(
            this=exp.Lower(this=exp.Trim(this=text)), expression=exp.Literal.string(f"^({joined})$")
        )
    elif other.kind == "code" and own.kind and not own.shapes & other.shapes:
        here = np.array([s in other.shapes for s in coarse_shapes(values)], dtype=np.bool_)
        joined = "|".join(f"({shape_pattern(s)})" for s in sorted(other.shapes))
        condition = exp.RegexpLike(this=text, expression=exp.Literal.string(f"^({joined})$"))
    else:
        return none
    if own.kind == "category" and other.kind != "category":
        mine = np.array([v in own.values for v in values], dtype=np.bool_)
        if (here & mine).any():
            here &= ~mine
            condition = exp.and_(condition, text.copy().isin(*sorted(own.values)).not_())
    codes = column.codes
    return Strays((codes >= 0) & here[codes], condition)


def _hypothesis(context: Context, strays: dict[str, Strays], reason: str) -> Hypothesis | None:
    sample = context.profile.sample
    if len(strays) < LEAST_CELLS:
        return None
    cells = np.sum([s.rows for s in strays.values()], axis=0)
    shifted = cells >= LEAST_CELLS
    rates = np.array([float(s.rows.mean()) for s in strays.values()])
    by_chance = sample.rows * float((rates.sum() ** 2 - (rates**2).sum()) / 2)
    # Rates that the shifted rows themselves make are no measure of chance: what strays outside of them is.
    alone = np.array([float((s.rows & ~shifted).mean()) for s in strays.values()])
    by_chance = min(by_chance, sample.rows * float((alone.sum() ** 2 - (alone**2).sum()) / 2))
    rows = int(shifted.sum())
    if rows < LEAST_ROWS or rows < BEYOND_CHANCE * by_chance:
        return None
    involved = {c: s for c, s in strays.items() if (s.rows & shifted).sum() >= 0.02 * rows}
    if len(involved) < LEAST_CELLS:
        return None
    ones = [
        exp.Case(ifs=[exp.If(this=s.condition, true=exp.Literal.number(1))], default=exp.Literal.number(0))
        for s in involved.values()
    ]
    total: exp.Expr = ones[0]
    for one in ones[1:]:
        total = exp.Add(this=total, expression=one)
    columns = tuple(involved)
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
        evidence={"rows_in_sample": rows, "expected_by_chance": round(by_chance, 2)},
    )
