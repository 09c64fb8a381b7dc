"""Cells of tables of numbers that belong to a neighbour: a price among counts, a count among names.

A number says less about its column than a word does: 7 is at home everywhere. Its *form* tells: counts are whole,
amounts have decimals, names are neither. Forms alone are no proof, since fractions of conversions come with fractions
of their value. So whole runs of cells have to agree: in the suspected rows, each column must be distributed as its
neighbour is elsewhere, and not as it is itself (the statistic of Kolmogorov and Smirnov).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from assay.hypothesis.shifted.domains import PREVAILS, Strays
from assay.profile.arrays import Bools, Floats
from assay.profile.sample import Sample, SampleColumn
from assay.source.base import ColumnType

WHOLE = "[+-]?[0-9]+"
FRACTION = "[+-]?[0-9]*([.][0-9]+|,[0-9]{1,2}|,[0-9]{4,})"
BLANK_OF_NEIGHBOUR = 0.02  # share of blanks from which a neighbour has them by nature
SPARSE = 0.9  # share of the cells other than 0 with decimals, from which whole zeros make no count of an amount
NEARLY_NONE = 0.002  # share of sound rows that may have what only shifted rows should
TELLING = 0.3  # distance of two neighbouring columns from which their values can be told apart
NEARER = 0.5  # distance to the neighbour, as a share of the distance to the own column, that proves a shift
EMPTY, WORD = -2e300, -1e300  # places on the number line for blanks and texts


@dataclass(frozen=True, eq=False)
class Forms:
    """Which rows of a column are whole numbers, numbers with decimals, other texts, or blank; and its usual form."""

    whole: Bools
    fraction: Bools
    word: Bools
    blank: Bools
    usual: str


def forms_of(column: SampleColumn) -> Forms:
    """The forms of a column's cells; the usual form is ``whole``, ``fraction``, ``word``, or "" if none prevails."""
    kind = column.column.type
    if kind is ColumnType.TEXT:
        values = pc.utf8_trim_whitespace(pa.array([*column.values, ""], pa.string()))
        hits = [np.asarray(pc.match_substring_regex(values, f"^({p})$").to_numpy(zero_copy_only=False), dtype=np.bool_)
                for p in (WHOLE, FRACTION)]  # fmt: skip
        blank = column.nulls
        whole, fraction = (hit[column.codes] & ~blank for hit in hits)
        nothing = np.array([v.strip("+-0., \t") == "" for v in column.values] + [False])[column.codes]
        word = ~(whole | fraction | blank)
    elif kind.numeric:
        numbers = column.numbers
        blank = ~np.isfinite(numbers)
        fraction = ~blank & (numbers % 1 != 0)
        nothing = numbers == 0
        whole, word = ~blank & ~fraction, np.zeros(len(column), dtype=np.bool_)
    else:
        none = np.zeros(len(column), dtype=np.bool_)
        return Forms(none, none, none, column.nulls, "")
    filled = max(int((~blank).sum()), 1)
    shares = {"whole": whole.sum() / filled, "fraction": fraction.sum() / filled, "word": word.sum() / filled}
    usual = max(shares, key=lambda form: float(shares[form]))
    # An amount that is mostly none is written as 0, which has the form of a count and says nothing of the others.
    if usual == "whole" and (fraction & ~nothing).sum() >= SPARSE * (~blank & ~nothing).sum() > 0:
        return Forms(whole, fraction, word, blank, "fraction")
    return Forms(whole, fraction, word, blank, usual if shares[usual] >= PREVAILS else "")


def number_strays(
    sample: Sample, forms: Mapping[str, Forms], pairs: Sequence[tuple[str, str]], known: Mapping[str, Strays], last: str
) -> dict[str, Strays]:
    """The cells of each column whose form is its neighbour's, beside those that are known from texts already.

    Forms that sound rows have too now and then (a whole amount, a blank) count only where hardly any row outside of the
    plainly shifted ones has them.

    Args:
        last: the column that nothing moves into, if there is one.
    """
    plain: dict[str, Strays] = dict(known)
    for here, there in pairs:
        own, other = forms[here], forms[there]
        found = _plain(sample[here], own, other)
        if here not in plain and found is not None and found.rows.any():
            plain[here] = found
    if not plain:
        return {}
    shifted = np.any([s.rows for s in plain.values()], axis=0)
    for here, there in [*pairs, (last, "")]:
        if here and here not in plain:
            doubtful = _doubtful(sample[here], forms[here], forms.get(there), shifted)
            if doubtful is not None:
                plain[here] = doubtful
    return plain


def _plain(column: SampleColumn, own: Forms, other: Forms) -> Strays | None:
    """Cells of a form that the column does not have: fractions among counts, numbers among names, or reversed."""
    text = exp.Trim(this=exp.column(column.name, quoted=True))
    if own.usual == "whole" and other.usual == "fraction":
        if column.column.type is ColumnType.TEXT:
            return Strays(own.fraction, _like(text, FRACTION))
        bare = exp.column(column.name, quoted=True)
        return Strays(own.fraction, exp.NEQ(this=bare, expression=exp.Floor(this=bare.copy())))
    if own.usual == "word" and other.usual in ("whole", "fraction"):
        return Strays(own.whole | own.fraction, _like(text, f"{WHOLE}|{FRACTION}"))
    if own.usual in ("whole", "fraction") and other.usual == "word" and own.word.any():
        return Strays(own.word, exp.not_(_like(text, f"{WHOLE}|{FRACTION}")))
    return None


def _doubtful(column: SampleColumn, own: Forms, other: Forms | None, shifted: Bools) -> Strays | None:
    """Whole numbers among amounts, and blanks, where only shifted rows have them."""
    bare = exp.column(column.name, quoted=True)
    if own.usual == "fraction" and own.whole.any() and column.column.type is ColumnType.TEXT:
        rows, condition = own.whole, _like(exp.Trim(this=bare), WHOLE)
    elif own.blank.any() and (other is None or other.blank.mean() >= BLANK_OF_NEIGHBOUR):
        rows, condition = own.blank, exp.Is(this=bare, expression=exp.null())
    else:
        return None
    if (rows & ~shifted).sum() > NEARLY_NONE * (~shifted).sum():
        return None
    return Strays(rows, condition, plain=False)


def _like(text: exp.Expr, pattern: str) -> exp.Expr:
    return exp.RegexpLike(this=text, expression=exp.Literal.string(f"^({pattern})$"))


def agree(
    sample: Sample,
    forms: Mapping[str, Forms],
    pairs: Sequence[tuple[str, str]],
    shifted: Bools,
    besides: Bools | None = None,
) -> bool:
    """Whether the cells of the suspected rows are distributed as the neighbouring columns are in the other rows.

    Args:
        pairs: columns with the neighbour to which their cells belong.
        shifted: the suspected rows.
        besides: all rows that are suspected, where only some of them are looked at.
    """
    away, near = [], []
    sound = ~(shifted if besides is None else besides)
    for here, there in pairs:
        own, other = _places(sample[here], forms[here]), _places(sample[there], forms[there])
        mine, usual, theirs = own[shifted], own[sound], other[sound]
        if _distance(usual, theirs) >= TELLING:
            away.append(_distance(mine, usual))
            near.append(_distance(mine, theirs))
    return len(near) >= 2 and float(np.mean(near)) <= NEARER * float(np.mean(away))


def _places(column: SampleColumn, forms: Forms) -> Floats:
    """Each cell as a place on the number line."""
    if column.column.type is ColumnType.TEXT:
        text = [v.strip().replace(",", ".") for v in column.values]
        number = np.array([float(v) if _is_number(v) else WORD for v in [*text, ""]], dtype=np.float64)
        places = number[column.codes]
    else:
        places = column.numbers.copy()
    places[forms.blank] = EMPTY
    return places


def _is_number(text: str) -> bool:
    return (
        text.count(".") < 2
        and text.lstrip("+-").replace(".", "").isascii()
        and text.lstrip("+-").replace(".", "").isdigit()
    )


def _distance(first: Floats, second: Floats) -> float:
    """The largest difference of two distribution functions."""
    if not len(first) or not len(second):
        return 0.0
    both = np.concatenate((first, second))
    a = np.searchsorted(np.sort(first), both, side="right") / len(first)
    b = np.searchsorted(np.sort(second), both, side="right") / len(second)
    return float(np.abs(a - b).max())
