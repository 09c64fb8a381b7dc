"""Metrics: what can be measured of a table, each as SQL aggregates and a state that merges.

A state of table A merged with a state of table B is the state of A and B together, so that a month is the merge of its
days (after Deequ's analyzers). Metrics are data: equal metrics are the same measurement and are asked once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlglot import exp

from assay.source.base import Source


class State(Protocol):
    """What a metric keeps of a table."""

    def merge(self, other: Any) -> State:
        """The state of both tables together."""
        ...


@dataclass(frozen=True)
class Count:
    """A number of rows."""

    n: int

    def merge(self, other: Count) -> Count:
        return Count(self.n + other.n)


@dataclass(frozen=True)
class Extent:
    """Non-null values: how many, the least and the greatest (None where there are none)."""

    n: int
    low: Any = None
    high: Any = None

    def merge(self, other: Extent) -> Extent:
        if not self.n or not other.n:
            return Extent(self.n + other.n, *((self.low, self.high) if self.n else (other.low, other.high)))
        return Extent(self.n + other.n, min(self.low, other.low), max(self.high, other.high))


@dataclass(frozen=True)
class Moments:
    """Finite values: how many, their sum and the sum of their squares, as doubles."""

    n: int
    total: float = 0.0
    squares: float = 0.0

    def merge(self, other: Moments) -> Moments:
        return Moments(self.n + other.n, self.total + other.total, self.squares + other.squares)


class Metric(Protocol):
    """One thing to measure in a scan of the whole table."""

    def terms(self, source: Source) -> list[exp.Expr]:
        """The SQL aggregates it needs."""
        ...

    def state(self, values: Sequence[Any]) -> State:
        """The state from the aggregates' values, in the order of :meth:`terms`."""
        ...


@dataclass(frozen=True)
class RowCount:
    """Number of rows."""

    def terms(self, source: Source) -> list[exp.Expr]:
        return [exp.Count(this=exp.Star(), big_int=True)]

    def state(self, values: Sequence[Any]) -> Count:
        return Count(int(values[0]))


@dataclass(frozen=True)
class RowsWhere:
    """Number of rows for which a predicate is true (not for which it is unknown)."""

    predicate: exp.Expr

    def terms(self, source: Source) -> list[exp.Expr]:
        return [exp.CountIf(this=_lazily(self.predicate))]

    def state(self, values: Sequence[Any]) -> Count:
        return Count(int(values[0] or 0))


def _lazily(predicate: exp.Expr) -> exp.Expr:
    """``a AND b`` so that b is computed only on rows where a is true: engines work through both sides of an AND."""
    inner = predicate.unnest()
    if not isinstance(inner, exp.And):
        return predicate
    first, *others = inner.flatten()
    return exp.Case(ifs=[exp.If(this=first.copy(), true=exp.and_(*others))], default=exp.false())


@dataclass(frozen=True)
class ColumnExtent:
    """Count, minimum and maximum of a column's values."""

    value: exp.Expr

    def terms(self, source: Source) -> list[exp.Expr]:
        return [
            exp.Count(this=self.value, big_int=True),
            exp.Min(this=self.value.copy()),
            exp.Max(this=self.value.copy()),
        ]

    def state(self, values: Sequence[Any]) -> Extent:
        return Extent(int(values[0]), values[1], values[2])


@dataclass(frozen=True)
class NotNullCount:
    """Number of rows in which a value is present."""

    value: exp.Expr

    def terms(self, source: Source) -> list[exp.Expr]:
        return [exp.Count(this=self.value, big_int=True)]

    def state(self, values: Sequence[Any]) -> Count:
        return Count(int(values[0]))


@dataclass(frozen=True)
class ColumnMoments:
    """Count, sum and sum of squares of a numeric expression, summed as doubles."""

    value: exp.Expr

    def terms(self, source: Source) -> list[exp.Expr]:
        double = exp.cast(self.value.copy(), "double")
        return [
            exp.Count(this=self.value, big_int=True),
            exp.Sum(this=double),
            exp.Sum(this=exp.Mul(this=double.copy(), expression=double.copy())),
        ]

    def state(self, values: Sequence[Any]) -> Moments:
        return Moments(int(values[0]), float(values[1] or 0.0), float(values[2] or 0.0))


@dataclass(frozen=True)
class DistinctRows:
    """Number of distinct combinations of values in some columns, by a 64-bit fingerprint.

    Two distinct combinations among n share a fingerprint with probability about n^2 / 2^65: 3e-6 at ten million rows.
    Its state does not merge: distinct values of two tables overlap by an unknown number.
    """

    columns: tuple[str, ...]

    def terms(self, source: Source) -> list[exp.Expr]:
        return [exp.Count(this=exp.Distinct(expressions=[source.fingerprint(self.columns)]), big_int=True)]

    def state(self, values: Sequence[Any]) -> Count:
        return Count(int(values[0]))
