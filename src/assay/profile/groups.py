"""Counts of the whole table by value and by day, in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from assay.errors import QueryError
from assay.profile.sample import Sample
from assay.source.base import Source

VALUES_KEPT = 5_000


@dataclass(frozen=True)
class GroupPlan:
    """What to count in the whole table.

    Attributes:
        values: columns whose values are counted.
        date: the column that days are read from.
        metrics: numeric columns that are summed by day.
        segments: columns (one at a time) by which the days are split.
        step: seconds of the regular times of day that the date has, 0 where it has none.
    """

    values: tuple[str, ...] = ()
    date: str | None = None
    metrics: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    step: int = 0


@dataclass(frozen=True)
class ValueCounts:
    """Values of a column in the whole table, the most frequent first, ties in code-point order.

    Attributes:
        values: at most ``VALUES_KEPT`` values, as text.
        counts: rows with each of them.
        distinct: number of distinct values, also of those not kept.
        rows: rows with any value.
        singles: number of values that occur exactly once.
    """

    values: tuple[str, ...]
    counts: tuple[int, ...]
    distinct: int
    rows: int
    singles: int

    @property
    def complete(self) -> bool:
        return len(self.values) == self.distinct


@dataclass(frozen=True, eq=False)
class Days:
    """Rows and sums by day, for the whole table or split by a segment column.

    Attributes:
        day: day of each entry, as days since 1970-01-01, ascending within a segment.
        segment: the segment column's value of each entry ("" where it is null or there is no segment).
        rows: rows of each entry.
        sums: for each metric the sum of each entry (NaN where all values are null).
        present: for each metric the number of non-null values of each entry.
    """

    day: npt.NDArray[np.int64]
    segment: npt.NDArray[np.object_]
    rows: npt.NDArray[np.int64]
    sums: Mapping[str, npt.NDArray[np.float64]]
    present: Mapping[str, npt.NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class Slots:
    """Rows by time, where the date has regular times of day.

    Attributes:
        step: seconds from one slot to the next; a day is a multiple of it.
        slot: number of each slot with rows since 1970-01-01 00:00, ascending.
        rows: its rows.
    """

    step: int
    slot: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Groups:
    """The counted groups: by column, for the table's days and times of day, and for each segment column's days."""

    values: Mapping[str, ValueCounts] = field(default_factory=dict)
    days: Days | None = None
    segments: Mapping[str, Days] = field(default_factory=dict)
    failures: tuple[str, ...] = ()
    slots: Slots | None = None


def count_groups(source: Source, sample: Sample, plan: GroupPlan) -> Groups:
    """Count values and days of the whole table in one statement."""
    query = groups_query(source, sample, plan)
    if query is None:
        return Groups()
    try:
        answer = source.ask(query)
    except QueryError as error:
        return Groups(failures=(str(error),))
    return read_groups(answer, plan)


def read_groups(answer: pa.Table, plan: GroupPlan) -> Groups:
    """The groups in an answer to :func:`groups_query`."""
    part = answer.column("part")
    parts = {name: answer.filter(pc.equal(part, name)) for name in part.unique().to_pylist()}
    empty = answer.slice(0, 0)
    values = {name: _value_counts(parts.get(f"v{index}", empty)) for index, name in enumerate(plan.values)}
    days = {s: _days(parts.get(f"d{index}", empty), plan.metrics) for index, s in enumerate(_day_parts(plan))}
    slots = _slots(parts.get("t", empty), plan.step) if plan.step else None
    return Groups(values, days.get(None), {s: d for s, d in days.items() if s is not None}, slots=slots)


def groups_query(source: Source, sample: Sample, plan: GroupPlan) -> exp.Expr | None:
    """The statement that counts the groups; None if there is nothing to count."""
    parts = [_values_part(source, name, index, len(plan.metrics)) for index, name in enumerate(plan.values)]
    if plan.date:
        parts.append(_days_part(source, sample, plan))
    if plan.date and plan.step:
        parts.append(_slots_part(source, sample, plan))
    if len(parts) < 2:
        return parts[0] if parts else None
    return exp.union(*parts, distinct=False)


def _day_parts(plan: GroupPlan) -> list[str | None]:
    return [None, *plan.segments] if plan.date else []


def _values_part(source: Source, name: str, index: int, metrics: int) -> exp.Expr:
    text = exp.cast(exp.column(name, quoted=True), "text")
    counted = (
        exp.select(exp.alias_(text, "k"), exp.alias_(exp.Count(this=exp.Star()), "n"))
        .from_(source.relation())
        .where(exp.column(name, quoted=True).is_(exp.null()).not_())
        .group_by(exp.Literal.number(1))
    )
    over = exp.Window(this=exp.Count(this=exp.Star()))
    rows = exp.Window(this=exp.Sum(this=exp.column("n")))
    singles = exp.Window(this=exp.CountIf(this=exp.column("n").eq(1)))
    rank = exp.Window(
        this=exp.RowNumber(),
        order=exp.Order(expressions=[exp.Ordered(this=exp.column("n"), desc=True), exp.Ordered(this=exp.column("k"))]),
    )
    ranked = exp.select(
        "k",
        "n",
        exp.alias_(over, "distinct_values"),
        exp.alias_(rows, "all_rows"),
        exp.alias_(singles, "singles"),
        exp.alias_(rank, "place"),
    ).from_(counted.subquery("counted"))
    fields = [
        exp.alias_(exp.Literal.string(f"v{index}"), "part"),
        exp.column("k"),
        exp.alias_(exp.column("distinct_values"), "day"),
        exp.column("n"),
        exp.alias_(exp.cast(exp.column("all_rows"), "double"), "a"),
        exp.alias_(exp.cast(exp.column("singles"), "double"), "b"),
    ]
    fields += [_null_double(f"s{i}") for i in range(metrics)] + [_null_bigint(f"p{i}") for i in range(metrics)]
    return exp.select(*fields).from_(ranked.subquery("ranked")).where(exp.column("place") <= VALUES_KEPT)


def _days_part(source: Source, sample: Sample, plan: GroupPlan) -> exp.Expr:
    """Counts and sums by day, and by day and each segment column, in one pass over the rows."""
    date = sample[plan.date or ""].value
    epoch = exp.cast(exp.Literal.string("1970-01-01"), "date")
    day = exp.DateDiff(this=exp.cast(date, "date"), expression=epoch, unit=exp.var("DAY"))
    keys = [exp.column(f"k{i}") for i in range(len(plan.segments))]
    numbers = [exp.column(f"m{i}") for i in range(len(plan.metrics))]
    rows = (
        exp.select(
            exp.alias_(exp.cast(day, "bigint"), "day"),
            *[
                exp.alias_(exp.cast(exp.column(s, quoted=True), "text"), k.name)
                for s, k in zip(plan.segments, keys, strict=True)
            ],
            *[
                exp.alias_(exp.cast(sample[m].value, "double"), n.name)
                for m, n in zip(plan.metrics, numbers, strict=True)
            ],
        )
        .from_(source.relation())
        .where(date.copy().is_(exp.null()).not_())
        .subquery("dated")
    )
    grouped = [
        exp.EQ(this=exp.Anonymous(this="GROUPING", expressions=[k]), expression=exp.Literal.number(0)) for k in keys
    ]
    fields = [
        exp.alias_(_first_true(grouped, [exp.Literal.string(f"d{i + 1}") for i in range(len(keys))], "d0"), "part"),
        exp.alias_(_first_true(grouped, keys, None), "k"),
        exp.column("day"),
        exp.alias_(exp.Count(this=exp.Star()), "n"),
        _null_double("a"),
        _null_double("b"),
    ]
    fields += [exp.alias_(exp.Sum(this=number), f"s{i}") for i, number in enumerate(numbers)]
    fields += [exp.alias_(exp.Count(this=number.copy()), f"p{i}") for i, number in enumerate(numbers)]
    query = exp.select(*fields).from_(rows)
    if not keys:
        return query.group_by(exp.column("day"))
    sets = [[exp.column("day")], *[[exp.column("day"), k.copy()] for k in keys]]
    query.set(
        "group", exp.Group(grouping_sets=[exp.GroupingSets(expressions=[exp.Tuple(expressions=s) for s in sets])])
    )
    return query


def _first_true(conditions: Sequence[exp.Expr], results: Sequence[exp.Expr], default: str | None) -> exp.Expr:
    """The result of the first condition that holds."""
    otherwise = exp.cast(exp.null(), "text") if default is None else exp.Literal.string(default)
    if not conditions:
        return otherwise
    ifs = [exp.If(this=c.copy(), true=r.copy()) for c, r in zip(conditions, results, strict=True)]
    return exp.Case(ifs=ifs, default=otherwise)


def _slots_part(source: Source, sample: Sample, plan: GroupPlan) -> exp.Expr:
    date = sample[plan.date or ""].value
    epoch = exp.cast(exp.Literal.string("1970-01-01"), "timestamp")
    seconds = exp.TimestampDiff(this=exp.cast(date, "timestamp"), expression=epoch, unit=exp.var("SECOND"))
    slot = exp.Floor(this=exp.Div(this=exp.cast(seconds, "double"), expression=exp.Literal.number(plan.step)))
    fields = [
        exp.alias_(exp.Literal.string("t"), "part"),
        exp.alias_(exp.cast(exp.null(), "text"), "k"),
        exp.alias_(exp.cast(slot, "bigint"), "day"),
        exp.alias_(exp.Count(this=exp.Star()), "n"),
        _null_double("a"),
        _null_double("b"),
    ]
    fields += [_null_double(f"s{i}") for i in range(len(plan.metrics))]
    fields += [_null_bigint(f"p{i}") for i in range(len(plan.metrics))]
    grouped = exp.select(*fields).from_(source.relation()).where(date.copy().is_(exp.null()).not_())
    return grouped.group_by(exp.Literal.number(3))


def _slots(part: pa.Table, step: int) -> Slots:
    part = part.sort_by("day")
    return Slots(step, _array(part, "day", np.int64), _array(part, "n", np.int64))


def _value_counts(part: pa.Table) -> ValueCounts:
    if not part.num_rows:
        return ValueCounts((), (), 0, 0, 0)
    counted = zip(part.column("n").to_pylist(), part.column("k").to_pylist(), strict=True)
    ordered = sorted(counted, key=lambda pair: (-pair[0], pair[1]))
    return ValueCounts(
        tuple(value for _, value in ordered),
        tuple(int(count) for count, _ in ordered),
        int(part.column("day")[0].as_py()),
        int(part.column("a")[0].as_py()),
        int(part.column("b")[0].as_py()),
    )


def _days(part: pa.Table, metrics: Sequence[str]) -> Days:
    part = part.set_column(1, "k", pc.fill_null(part.column("k"), ""))
    part = part.sort_by([("k", "ascending"), ("day", "ascending")])
    # The order of a parallel sum varies in its last digits; nine digits do not.
    sums = {name: _nine_digits(_array(part, f"s{index}", np.float64)) for index, name in enumerate(metrics)}
    present = {name: _array(part, f"p{index}", np.int64) for index, name in enumerate(metrics)}
    segment = np.array(part.column("k").to_pylist(), dtype=object)
    return Days(_array(part, "day", np.int64), segment, _array(part, "n", np.int64), sums, present)


def _array(part: pa.Table, name: str, kind: type[np.generic]) -> npt.NDArray[Any]:
    values: npt.NDArray[Any] = part.column(name).to_numpy().astype(kind)
    return values


def _nine_digits(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        unit = 10.0 ** (np.floor(np.log10(np.abs(values))) - 8)
        rounded: npt.NDArray[np.float64] = np.where(
            np.isfinite(unit) & (unit > 0), np.round(values / unit) * unit, values
        )
    return rounded


def _null_double(name: str) -> exp.Expr:
    return exp.alias_(exp.cast(exp.null(), "double"), name)


def _null_bigint(name: str) -> exp.Expr:
    return exp.alias_(exp.cast(exp.null(), "bigint"), name)
