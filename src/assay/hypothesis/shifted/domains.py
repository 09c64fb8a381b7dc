"""What a column of text is home to, and which of its cells belong to a neighbour: for rows whose cells have moved."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from sqlglot import exp

from assay.hypothesis.placeholders import is_placeholder
from assay.hypothesis.texts.shapes import FORMATS, coarse_shapes, matched, shape_pattern
from assay.profile.arrays import Bools
from assay.profile.sample import SampleColumn

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


@dataclass(frozen=True, eq=False)
class Strays:
    """Cells of a column that belong to its neighbour.

    Attributes:
        rows: which rows of the sample.
        condition: the same in SQL.
        plain: whether sound cells do not look so.
    """

    rows: Bools
    condition: exp.Expr
    plain: bool = True


def homes_of(columns: list[SampleColumn]) -> dict[str, str]:
    """For each text that occurs in several columns the one in which it occurs most."""
    most: dict[str, tuple[int, str]] = {}
    for column in columns:
        for value, count in zip(column.values[:5_000], column.counts[:5_000].tolist(), strict=True):
            if value not in most or count > most[value][0]:
                most[value] = (count, column.name)
    return {value: name for value, (_, name) in most.items()}


def domain_of(column: SampleColumn, homes: dict[str, str]) -> Domain:
    values, counts = column.values[:5_000], column.counts[:5_000].tolist()
    hits = matched(values)
    total = sum(counts)
    for kind in ("number", "date", "time"):
        inside = np.any([hits[f.pattern] for f in FORMATS if f.kind == kind], axis=0)
        if column.counts[:5_000][inside].sum() >= PREVAILS * total:
            return Domain(kind)
    at_home = [v for v, n in zip(values, counts, strict=True) if n >= 3 and homes.get(v) == column.name]
    own = frozenset(v for v in at_home if not is_placeholder(v))
    held = sum(n for v, n in zip(values, counts, strict=True) if v in own)
    if 2 <= len(own) <= LISTED and held >= 0.5 * len(column):
        return Domain("category", own)
    shapes: Counter[str] = Counter()
    for shape, n in zip(coarse_shapes(values), counts, strict=True):
        shapes[shape] += n
    usual = frozenset(s for s, n in shapes.items() if n >= 0.3 * total and "9" in s and len(s) > 1)
    return Domain("code", frozenset(), usual) if usual else Domain("")


def text_strays(column: SampleColumn, own: Domain, other: Domain) -> Strays:
    none = Strays(np.zeros(len(column), dtype=np.bool_), exp.false())
    values = column.values
    text = exp.column(column.name, quoted=True)
    if other.kind == "category":
        here = np.array([v in other.values for v in values], dtype=np.bool_)
        if not here.any():  # as nearly always; the condition is long
            return none
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
