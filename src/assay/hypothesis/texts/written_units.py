"""Numbers that carry their unit in the text, in several spellings: 12 oz, 12 oz., 12 OZ, of which none is a number.

Sizes in different units (500 ml, 1 l) are how products are named, and one spelling throughout is a style; both are left
alone. The same unit spelled in several ways shows that nobody keeps the column, so that neither text nor number can be
relied on.
"""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
from sqlglot import exp

from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.hypothesis.placeholders import is_placeholder
from assay.profile.sample import SampleColumn
from assay.source.base import ColumnType

MEASURED = 0.9  # share of the values that are a number and a unit
SPELLED = 0.02  # share of the values from which a spelling counts
MANY_VALUES = 5_000
FEWEST = 20
NUMBER = r"[+-]?[0-9]+([.,][0-9]+)*"
UNIT = re.compile(rf"\s*{NUMBER}\s*(?P<unit>[^\W\d_][^\d]*?)\s*$")


def propose(context: Context) -> list[Hypothesis]:
    """One hypothesis for each column of numbers whose unit is written in more than one way."""
    return [h for column in context.profile.columns if (h := _of(column)) is not None]


def _of(column: SampleColumn) -> Hypothesis | None:
    if column.column.type is not ColumnType.TEXT or column.type is not ColumnType.TEXT:
        return None
    spelled: Counter[str] = Counter()
    total = 0
    for value, count in zip(column.values[:MANY_VALUES], column.counts[:MANY_VALUES].tolist(), strict=True):
        if is_placeholder(value):
            continue
        total += count
        measured = UNIT.match(value)
        if measured:
            spelled[measured["unit"]] += count
    if total < FEWEST or sum(spelled.values()) < MEASURED * total:
        return None
    usual = {unit: n for unit, n in spelled.items() if n >= SPELLED * total}
    styles: dict[str, set[str]] = {}
    for unit in usual:
        styles.setdefault(_folded(unit), set()).add(unit)
    if max((len(spellings) for spellings in styles.values()), default=0) < 2:
        return None
    text = exp.column(column.name, quoted=True)
    pattern = exp.Literal.string(f"^{NUMBER} *[^0-9 .,+-]")
    numbers = exp.RegexpLike(this=exp.Trim(this=text), expression=pattern)
    return Hypothesis(
        "malformed_values",
        (column.name,),
        f"{column.name} holds numbers with their unit, which is written in {len(usual)} ways",
        RowTest(numbers),
        origin="discovered",
        prior=0.7,
        weight=0.5,
        confidence=0.8,
        action=f"store {column.name} as a number, and its unit in the column's name or in a column of its own",
        evidence={
            "spellings": len(usual),
            "share_in_sample": float(np.round(sum(spelled.values()) / total, 4)),
            "values": {"units": sorted(usual)[:20]},
        },
    )


def _folded(unit: str) -> str:
    """The unit without case, dots and white space: what spellings of one unit share."""
    return re.sub(r"[\W_]+", "", unit).casefold()
