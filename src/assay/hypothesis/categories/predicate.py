"""The predicate of damaged values: a list of them, a list of all others, or the shape of a flood of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from sqlglot import exp

from assay.hypothesis.categories.column import CategoryColumn
from assay.hypothesis.categories.language import ALPHABETS
from assay.hypothesis.categories.variants import Variant

_FLOOD_VALUES = 20
_LOOKED_AT = 2_000
_FLOOD_SHARE = 0.95  # of the rarest known values that are damaged, for the unknown ones to be taken for damaged as well


def damage_predicate(
    value: exp.Expr, column: CategoryColumn, bad: Mapping[str, Variant], shape: str | None
) -> exp.Expr:
    """True where ``value`` is damaged, never where it is null.

    Of a column whose values are all known the shorter list is used, of the bad values or of all others. Otherwise there
    are values that nobody has seen: those of the ``shape`` of the flood are taken for bad.
    """
    good = [v for v in column.values if v not in bad]
    if column.complete:
        others = [*good, *column.absent]
        shorter = len(bad) <= len(others) or not others
        return _among(value, bad) if shorter else exp.not_(_among(value, others))
    if shape is None:
        return _among(value, bad)
    pattern = re.compile(shape)
    listed = [v for v in (*good, *column.absent) if pattern.fullmatch(v)]
    flood: exp.Expr = exp.RegexpLike(this=value.copy(), expression=exp.Literal.string(f"^{shape}$"))
    if listed:
        flood = exp.and_(flood, exp.not_(_among(value, listed)))
    rest = [v for v in bad if not pattern.fullmatch(v)]
    return exp.paren(exp.or_(exp.paren(flood), _among(value, rest))) if rest else flood


def _among(value: exp.Expr, values: Iterable[str]) -> exp.Expr:
    return exp.In(this=value.copy(), expressions=[exp.Literal.string(v) for v in sorted(values)])


def flood_shape(column: CategoryColumn, bad: Mapping[str, Variant]) -> str | None:
    """A regular expression of the strings that flood a column whose values are not all known, None if nothing does.

    Nearly all of the rarest known values of that shape are damaged, and so are the unknown ones, which are rarer still.
    """
    if column.complete:
        return None
    least = int(column.counts[-1])
    rarest = [v for v, n in zip(column.values, column.counts.tolist(), strict=True) if n == least]
    flooding = [v for v in rarest if v in bad]
    if len(flooding) < _FLOOD_VALUES:
        return None
    lengths = sorted(len(v) for v in flooding)
    for cls in _classes(flooding):
        shape = f"{cls}{{{lengths[0]},{lengths[-1]}}}"
        pattern = re.compile(shape)
        inside = [v for v in rarest if pattern.fullmatch(v)]
        caught = sum(v in bad for v in inside)
        if caught >= 0.98 * len(flooding) and caught >= _FLOOD_SHARE * len(inside):
            return shape
    return None


def _classes(values: Sequence[str]) -> list[str]:
    """Character classes, narrow ones first, that may hold nearly all of the values."""
    plain = [*sorted(ALPHABETS.values(), key=len), r"[A-Za-z0-9 _\-.]", "[ -~]", r"[\s\S]"]
    looked_at = values[:_LOOKED_AT]
    matches = ((c, re.compile(c + "+").fullmatch) for c in plain)
    return [c for c, match in matches if sum(match(v) is not None for v in looked_at) >= 0.98 * len(looked_at)]
