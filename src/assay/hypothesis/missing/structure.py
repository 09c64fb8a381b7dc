"""What decides whether a value is there: a small tree over the other columns, and the rows where a value is due.

Values that are absent by nature are absent where other columns say so: video metrics of images, a cost per click
without clicks, a platform that does not report a metric. A tree separates such rows by pure leaves. What is absent in
the rows of the other leaves has no such excuse. Splits are by the likelihood ratio; a null of a column is never a
reason for a null of another one, because damage often takes several columns of a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from sqlglot import exp

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context
from assay.profile.arrays import Bools, Ints

TREE_ROWS = 20_000
DEPTH = 5
SIGNIFICANT = 30.0  # twice the log likelihood ratio; 1e-7 for one split, and some hundreds are tried
VALUES = 200
FEATURES = 60
ENTITIES = 3_000
PURE = 0.97
BELOW_ZERO = -1e-300  # upper limit of the bin of negative numbers


@dataclass(frozen=True, eq=False)
class Feature:
    """A column cut into bins.

    Attributes:
        codes: bin of each row, -1 for unknown.
        edges: for a number, upper limits (inclusive) of all bins but the last; else None.
        values: for a category, the value of each bin; else ().
        entity: whether each value is one of many things, so that a bin of its own would be a lookup table.
    """

    column: str
    codes: Ints
    bins: int
    edges: tuple[float, ...] | None = None
    values: tuple[str, ...] = ()
    entity: bool = False


@dataclass(frozen=True, eq=False)
class Node:
    """A set of rows: ``rows`` of them, ``absent`` without a value. A leaf has no feature.

    ``left`` and ``right`` are the bins of the feature that go to the two children; rows of unknown bins go to neither.
    """

    rows: int
    absent: int
    feature: Feature | None = None
    left: tuple[int, ...] = ()
    right: tuple[int, ...] = ()
    children: tuple[Node, Node] | tuple[()] = ()

    @property
    def rate(self) -> float:
        return self.absent / self.rows if self.rows else 0.0

    def leaves(self) -> list[Node]:
        return [leaf for child in self.children for leaf in child.leaves()] if self.children else [self]


@dataclass(frozen=True, eq=False)
class Features:
    """The features of a table, on the rows that trees are grown from."""

    context: Context
    rows: Ints
    listed: tuple[Feature, ...] = field(default=())


def features(context: Context) -> Features:
    """Cut every column that can explain absence: categories, numbers and entities, not dates."""
    sample = context.profile.sample
    step = max(1, sample.rows // TREE_ROWS)
    rows = np.arange(0, sample.rows, step)
    found = []
    # In a table of very many columns the coarse categories and the columns of known meaning have to do.
    order = {Family.FLAG: 0, Family.DIMENSION: 0, Family.COUNT: 1, Family.MONEY: 1, Family.ID: 2}
    for name in sorted(sample.names, key=lambda c: (not context.role(c).name, order.get(context.role(c).family, 3))):
        made = _feature(context, name, rows)
        if made is not None:
            found.append(made)
        if len(found) == FEATURES:
            break
    return Features(context, rows, tuple(found))


def _feature(context: Context, name: str, rows: Ints) -> Feature | None:
    column, role = context.profile[name], context.role(name)
    if role.family is Family.DATE or len(column) == 0:
        return None
    if column.type.numeric and role.family in (Family.COUNT, Family.MONEY, Family.RATE, Family.NUMBER):
        numbers = column.numbers[rows]
        known = np.isfinite(numbers)
        if not known.any():
            return None
        positive = numbers[known & (numbers > 0)]
        inner = np.quantile(positive, np.linspace(0.04, 0.96, 16), method="lower") if len(positive) else positive
        below = [BELOW_ZERO] if (numbers[known] < 0).any() else []
        edges = np.unique(np.concatenate((np.array([*below, 0.0]), inner)))
        codes = np.where(known, np.searchsorted(edges, np.where(known, numbers, 0.0), side="left"), -1)
        return Feature(name, codes.astype(np.int64), len(edges) + 1, tuple(float(e) for e in edges))
    values, counts = column.values, column.counts
    kept = int((counts >= 5).sum())
    if kept < 2:
        return None
    entity = kept > VALUES or (kept > 60 and role.family in (Family.ID, Family.NAME))
    if entity and kept > ENTITIES:
        return None
    codes = column.codes[rows]
    return Feature(name, np.where(codes < kept, codes, -1), kept, None, tuple(values[:kept]), entity)


def grow(features: Features, column: str, absent: Bools, usable: Bools) -> Node:
    """The tree that tells where ``column`` is absent, grown from the usable rows of the sample."""
    rows = features.rows
    chosen = np.flatnonzero(usable[rows])
    target = absent[rows]
    smallest = max(20, len(chosen) // 200)
    listed = [_by_presence(f, target, usable[rows]) if f.entity else f for f in features.listed if f.column != column]
    return _grow(listed, target, chosen, smallest, DEPTH)


def _by_presence(feature: Feature, absent: Bools, usable: Bools) -> Feature:
    """An entity feature reduced to how much of each entity's *other* rows has a value: none, little, some.

    The values of the reduced feature's bins are looked up again when it is written as a condition.
    """
    codes = feature.codes
    known = (codes >= 0) & usable
    rows = np.bincount(codes[known], minlength=feature.bins)
    there = np.bincount(codes[known & ~absent], minlength=feature.bins)
    others = rows[codes] - 1
    share = (there[codes] - ~absent) / np.maximum(others, 1)
    bins = np.where(share <= 0, 0, np.where(share < 0.3, 1, 2))
    reduced = np.where(known & (others >= 4), bins, -1)
    all_shares = np.where(rows >= 5, there / np.maximum(rows, 1), -1.0)
    edges = tuple(float(s) for s in all_shares)
    return Feature(feature.column, reduced.astype(np.int64), 3, edges, feature.values, True)


def _grow(listed: Sequence[Feature], absent: Bools, rows: Ints, smallest: int, depth: int) -> Node:
    n, k = len(rows), int(absent[rows].sum())
    if depth == 0 or n < 2 * smallest or not 5 <= k <= 0.99 * n:
        return Node(n, k)
    best: tuple[float, Feature, tuple[int, ...], tuple[int, ...]] | None = None
    here = absent[rows]
    for feature in listed:
        split = _split(feature, feature.codes[rows], here, smallest)
        if split is None:
            continue
        # What can be said in few values or one number, and of all rows, is preferred to a list of entities.
        gain = split[0] * (0.8 if feature.entity else 1.0) * float((feature.codes[rows] >= 0).mean())
        if best is None or gain > best[0]:
            best = (gain, feature, split[1], split[2])
    if best is None:
        return Node(n, k)
    _, feature, left, right = best
    codes = feature.codes[rows]
    parts = [_grow(listed, absent, rows[np.isin(codes, side)], smallest, depth - 1) for side in (left, right)]
    return Node(n, k, feature, left, right, (parts[0], parts[1]))


def _split(
    feature: Feature, codes: Ints, absent: Bools, smallest: int
) -> tuple[float, tuple[int, ...], tuple[int, ...]] | None:
    known = codes >= 0
    n = np.bincount(codes[known], minlength=feature.bins).astype(np.float64)
    k = np.bincount(codes[known & absent], minlength=feature.bins).astype(np.float64)
    used = np.flatnonzero(n)
    if len(used) < 2 or k.sum() in (0, n.sum()):
        return None
    ordered = feature.edges is not None
    if not ordered:
        used = used[np.lexsort((used, (k[used] + 0.01) / (n[used] + 0.02)))]
    below_n, below_k = np.cumsum(n[used])[:-1], np.cumsum(k[used])[:-1]
    total_n, total_k = n.sum(), k.sum()
    gains = 2 * (
        _likelihood(below_k, below_n)
        + _likelihood(total_k - below_k, total_n - below_n)
        - float(_likelihood(np.array([total_k]), np.array([total_n]))[0])
    )
    gains[(below_n < smallest) | (total_n - below_n < smallest)] = 0.0
    place = int(np.argmax(gains))
    if gains[place] < SIGNIFICANT + (0 if ordered else len(used)):
        return None
    left, right = used[: place + 1], used[place + 1 :]
    return float(gains[place]), tuple(int(b) for b in left), tuple(int(b) for b in right)


def _likelihood(k: npt.NDArray[np.float64], n: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Log likelihood of k of n at the rate k/n."""
    rest = n - k
    part = k * np.log(np.maximum(k, 1) / n) + rest * np.log(np.maximum(rest, 1) / n)
    return np.asarray(part, dtype=np.float64)


def condition(node: Node, wanted: Sequence[Node], context: Context) -> exp.Expr | None:
    """SQL of the rows that fall into the ``wanted`` leaves; None for no rows. A wanted root is ``TRUE``."""
    leaves = node.leaves()
    inside = [any(leaf is w for w in wanted) for leaf in leaves]
    if all(inside) and not node.children:
        return exp.true()
    if not any(inside) or node.feature is None or not node.children:
        return None
    parts = []
    for bins, other, child in zip((node.left, node.right), (node.right, node.left), node.children, strict=True):
        below = condition(child, wanted, context)
        if below is None:
            continue
        test = _bins(node.feature, bins, other, context)
        parts.append(test if isinstance(below, exp.Boolean) else exp.and_(test, exp.paren(below), copy=False))
    return exp.or_(*[exp.paren(p, copy=False) for p in parts], copy=False)


def _bins(feature: Feature, bins: Sequence[int], other: Sequence[int], context: Context) -> exp.Expr:
    if feature.entity and feature.edges is not None:
        return _entities(feature, set(bins))
    value = context.profile.value(feature.column)
    if feature.edges is not None:
        low = max(bins) < min(other)
        edge = feature.edges[max(bins) if low else min(bins) - 1]
        if edge == BELOW_ZERO:
            return exp.LT(this=value, expression=_literal(0)) if low else exp.GTE(this=value, expression=_literal(0))
        literal = _literal(edge)
        return exp.LTE(this=value, expression=literal) if low else exp.GT(this=value, expression=literal)
    text = exp.cast(exp.column(feature.column, quoted=True), "text")
    return text.isin(*[feature.values[b] for b in bins])


def _entities(feature: Feature, bins: set[int]) -> exp.Expr:
    shares = np.array(feature.edges)
    kind = np.where(shares <= 0, 0, np.where(shares < 0.3, 1, 2))
    listed = [v for v, k, s in zip(feature.values, kind, shares, strict=True) if int(k) in bins and s >= 0]
    text = exp.cast(exp.column(feature.column, quoted=True), "text")
    return text.isin(*listed) if listed else exp.false()


def _literal(number: float) -> exp.Expr:
    return exp.convert(int(number)) if float(number).is_integer() and abs(number) < 1e15 else exp.convert(number)


def within(node: Node, wanted: Sequence[Node], features: Features, usable: Bools) -> Bools:
    """Which of the rows that trees are grown from fall into the ``wanted`` leaves."""
    count = len(features.rows)
    result = np.zeros(count, dtype=np.bool_)
    stack: list[tuple[Node, Bools]] = [(node, usable[features.rows])]
    while stack:
        here, rows = stack.pop()
        if not here.children or here.feature is None:
            if any(here is w for w in wanted):
                result |= rows
            continue
        codes = here.feature.codes
        for bins, child in zip((here.left, here.right), here.children, strict=True):
            stack.append((child, rows & np.isin(codes, bins)))
    return result


def zero_estimate(values: npt.NDArray[np.float64]) -> float:
    """How many zeros a count without zeros hides, from its ones and twos (Chao 1984): a blank for none."""
    ones, twos = float((values == 1).sum()), float((values == 2).sum())
    return ones * ones / (2 * max(twos, 1.0))


def most_zeros(values: npt.NDArray[np.float64]) -> float:
    """The upper end of what :func:`zero_estimate` may be: two standard errors (Chao 1987) above it."""
    ones, twos = float((values == 1).sum()), max(float((values == 2).sum()), 1.0)
    ratio = ones / twos
    return zero_estimate(values) + 2 * float(np.sqrt(twos * (ratio**4 / 4 + ratio**3 + ratio**2 / 2)))
