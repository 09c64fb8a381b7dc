"""Partitions of a BigQuery table: the condition that reads only late ones, and which of them a condition leaves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlglot import exp

SUFFIX = "_TABLE_SUFFIX"
INGESTION = "_PARTITIONDATE"
_PSEUDO = {"_PARTITIONTIME", INGESTION}
_LENGTHS = {4: "%Y", 6: "%Y%m", 8: "%Y%m%d", 10: "%Y%m%d%H"}
_FLIPPED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
    exp.EQ: exp.EQ,
}

_ENDS: tuple[tuple[type[exp.Expr], str], ...] = ((exp.GTE, "low"), (exp.LTE, "high"))


@dataclass(frozen=True)
class Partitioning:
    """By what a table is stored apart.

    Attributes:
        column: the column, ``_PARTITIONDATE`` for the time of ingestion, ``_TABLE_SUFFIX`` for tables by day.
        by_day: whether the partitions are days, hours, months or years (else ranges of integers).
        required: whether the table can only be read with a condition on it.
        digits: of the suffix, where tables are the partitions.
        interval: how many integers a partition spans, where they are not days.
        span: ``hour``, ``day``, ``month`` or ``year``: what a partition holds, where they are days.
    """

    column: str
    by_day: bool = True
    required: bool = False
    digits: int = 0
    interval: int = 1
    span: str = "day"

    @property
    def coarse(self) -> bool:
        """Whether the partition of a day holds earlier days, which no condition on the partition leaves out."""
        return self.span in ("month", "year") and (bool(self.digits) or self.column in _PSEUDO)

    def since(self, day: date) -> exp.Expr | None:
        """The condition that only partitions of that day and later are read; None where partitions are no days."""
        if not self.by_day:
            return None
        if self.coarse:  # such a partition is called by its first day
            day = day.replace(day=1, month=1 if self.span == "year" else day.month)
        if self.digits:
            text = day.strftime(_LENGTHS[self.digits])
            return exp.GTE(this=exp.column(self.column), expression=exp.Literal.string(text))
        column = exp.column(self.column, quoted=self.column not in _PSEUDO)
        return exp.GTE(this=column, expression=exp.cast(exp.Literal.string(day.isoformat()), "date"))

    def limited_by(self, where: exp.Expr | None) -> bool:
        """Whether a condition names the partition column."""
        return where is not None and any(self._is_own(c) for c in where.find_all(exp.Column))

    def kept(self, where: exp.Expr | None, names: Iterable[str]) -> list[str]:
        """The partitions, by their ids, that a condition may read, by the constants of its comparisons."""
        bounds = list(self._bounds(where))
        return [name for name in names if all(self._possible(name, *bound) for bound in bounds)]

    def _possible(self, name: str, operator: type[exp.Expr], constant: str) -> bool:
        """Whether a partition may hold rows that compare so with a constant."""
        if not re.fullmatch(r"-?\d+", name):
            return name != "__NULL__"  # a comparison is never true of null
        if not re.fullmatch(r"-?\d+", constant):
            return True
        first, last, bound = int(name), int(name), int(constant)
        if self.by_day:
            bound = int(constant[: len(name)])
        else:
            last += self.interval - 1
        # A partition that is one value, or a range of integers, is left out by a strict bound on its edge.
        strict = 1 if not self.by_day or len(constant) <= len(name) else 0
        after = last >= bound + (strict if operator is exp.GT else 0)
        before = first <= bound - (strict if operator is exp.LT else 0)
        if operator in (exp.GT, exp.GTE):
            return after
        return before if operator in (exp.LT, exp.LTE) else after and before

    def _is_own(self, column: exp.Expr) -> bool:
        if not isinstance(column, exp.Column):
            return False
        own = _PSEUDO if self.column in _PSEUDO else {self.column.upper()}
        return column.name.upper() in own

    def _bounds(self, where: exp.Expr | None) -> Iterable[tuple[type[exp.Expr], str]]:
        for part in where.unnest().flatten() if isinstance(where, exp.And) else [where]:
            test = part.unnest() if part is not None else None
            if isinstance(test, exp.And):
                yield from self._bounds(test)
            elif isinstance(test, exp.Between) and self._is_own(test.this):
                for limit, side in _ENDS:
                    constant = _constant(test.args[side])
                    if constant is not None:
                        yield limit, constant
            elif type(test) in _FLIPPED and test is not None:
                operator: type[exp.Expr] = type(test)
                own, other = test.this, test.expression
                if self._is_own(other):
                    own, other, operator = other, own, _FLIPPED[operator]
                constant = _constant(other)
                if self._is_own(own) and constant is not None:
                    yield operator, constant


def partitioning(table: Any) -> Partitioning | None:
    """How a ``google.cloud.bigquery.Table`` is partitioned."""
    required = bool(table.require_partition_filter)
    if table.time_partitioning is not None:
        # Tables made long ago say so here; the client's own attribute for it warns.
        required = required or bool(table.to_api_repr()["timePartitioning"].get("requirePartitionFilter"))
        span = (table.time_partitioning.type_ or "DAY").lower()
        return Partitioning(table.time_partitioning.field or INGESTION, True, required, span=span)
    if table.range_partitioning is not None:
        span = int(table.range_partitioning.range_.interval or 1)
        return Partitioning(table.range_partitioning.field, False, required, interval=span)
    return None


def _constant(node: exp.Expr) -> str | None:
    """The digits of a constant day, time or number, in the form of partition ids."""
    node = node.unnest()
    while isinstance(node, exp.Cast | exp.TsOrDsToDate | exp.Date | exp.Timestamp) and isinstance(node.this, exp.Expr):
        node = node.this.unnest()
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal):
        return f"-{node.this.name}"
    if not isinstance(node, exp.Literal):
        return None
    return re.sub(r"[-: T]", "", node.name) if node.is_string else node.name
