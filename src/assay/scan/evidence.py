"""Which rows break which tests: one statement that groups bad rows by the set of tests they fail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from assay.scan.copies import Copies, telling
from assay.source.base import Source

if TYPE_CHECKING:
    import pyarrow as pa

BITS = 60


RowCheck = exp.Expr | Copies


@dataclass(frozen=True)
class Overlap:
    """Rows that fail exactly the tests in ``failed`` (indices), with the first few of them.

    Attributes:
        rows: how many.
        first: the first rows in position order: the requested fields by name, and ``row_index``.
    """

    failed: frozenset[int]
    rows: int
    first: tuple[Mapping[str, Any], ...]


def overlaps(source: Source, checks: Sequence[RowCheck], fields: Sequence[str], limit: int) -> list[Overlap]:
    """Group the rows that fail any of ``checks`` by the set of checks that they fail, in one statement.

    Args:
        fields: columns whose values are returned for the first ``limit`` rows of each group.
    """
    flagged, masks = _flagged(source, checks, fields)
    named = [exp.column("row_index")] + [exp.column(f"f{i}") for i in range(len(fields))]
    query = (
        exp.select(
            *[exp.column(m) for m in masks],
            exp.alias_(exp.Count(this=exp.Star()), "n"),
            exp.alias_(source.first_rows(named, exp.column("row_index"), limit), "first_rows"),
        )
        .from_(flagged.subquery("flagged"))
        .where(exp.or_(*[exp.column(m) > 0 for m in masks]))
        .group_by(*[exp.column(m) for m in masks])
    )
    groups = []
    for row in source.ask(query).to_pylist():
        failed = frozenset(
            place * BITS + bit for place, m in enumerate(masks) for bit in range(BITS) if (int(row[m]) >> bit) & 1
        )
        first = tuple(
            {**{name: r[f"f{i}"] for i, name in enumerate(fields)}, "row_index": r["row_index"]}
            for r in row["first_rows"]
        )
        groups.append(Overlap(failed, int(row["n"]), first))
    return sorted(groups, key=lambda g: sorted(g.failed))


def among(groups: Sequence[Overlap], places: Sequence[int], limit: int) -> list[Overlap]:
    """The groups as if only the checks at ``places`` had been asked, numbered by their order there."""
    merged: dict[frozenset[int], list[Overlap]] = defaultdict(list)
    for group in groups:
        failed = frozenset(new for new, old in enumerate(places) if old in group.failed)
        if failed:
            merged[failed].append(group)
    result = []
    for failed, parts in merged.items():
        first = sorted((row for part in parts for row in part.first), key=lambda row: row["row_index"])
        result.append(Overlap(failed, sum(part.rows for part in parts), tuple(first[:limit])))
    return sorted(result, key=lambda g: sorted(g.failed))


def stream_rows(source: Source, checks: Sequence[RowCheck], fields: Sequence[str]) -> pa.RecordBatchReader:
    """All rows that fail any check, in position order: ``row_index``, ``f0..`` for the fields, ``m0..`` for the masks.

    Bit ``i % 60`` of mask ``i // 60`` tells whether the row fails check ``i``.
    """
    flagged, masks = _flagged(source, checks, fields)
    query = (
        exp.select("*")
        .from_(flagged.subquery("flagged"))
        .where(exp.or_(*[exp.column(m) > 0 for m in masks]))
        .order_by(exp.column("row_index"))
    )
    return source.stream(query)


def _flagged(source: Source, checks: Sequence[RowCheck], fields: Sequence[str]) -> tuple[exp.Select, list[str]]:
    """Rows with their position, the fields and the masks; and the names of the masks."""
    prints = telling(source, [c for c in checks if isinstance(c, Copies) and c.kept])
    conditions = [prints.later_copy(c) if isinstance(c, Copies) else c.copy() for c in checks]
    masks = {
        f"m{start // BITS}": reduce(
            lambda a, b: exp.Add(this=a, expression=b),
            [_bit(condition, bit) for bit, condition in enumerate(conditions[start : start + BITS])],
        )
        for start in range(0, len(conditions), BITS)
    }
    query = exp.select(
        exp.alias_(source.position(), "row_index"),
        *[exp.alias_(exp.column(f, quoted=True), f"f{i}") for i, f in enumerate(fields)],
        *[exp.alias_(mask, name) for name, mask in masks.items()],
    )
    return prints.join(query), list(masks)


def _bit(condition: exp.Expr, bit: int) -> exp.Expr:
    return exp.Case(
        ifs=[exp.If(this=condition, true=exp.cast(exp.Literal.number(1 << bit), "bigint"))],
        default=exp.cast(exp.Literal.number(0), "bigint"),
    )
