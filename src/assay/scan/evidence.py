"""Which rows break which tests: one statement that groups bad rows by the set of tests they fail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from assay.source.base import Source

if TYPE_CHECKING:
    import pyarrow as pa

BITS = 60


@dataclass(frozen=True)
class Copies:
    """A test that needs the whole table: the row repeats an earlier one in ``columns``, not in ``except_columns``."""

    columns: tuple[str, ...]
    except_columns: tuple[str, ...] = ()


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
            {"row_index": r["row_index"], **{name: r[f"f{i}"] for i, name in enumerate(fields)}}
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
    prints = _Joined(source) if source.positions else _Numbered(source)
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


class _Fingerprints:
    """The fingerprints by which copies are told."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._hashes: dict[tuple[str, ...], str] = {}

    def _hash(self, columns: tuple[str, ...]) -> str:
        """The name of the fingerprint of some columns."""
        return self._hashes.setdefault(columns, f"fingerprint{len(self._hashes)}")

    def _hashed(self) -> exp.Select:
        """The table with its fingerprints."""
        hashed = [exp.alias_(self._source.fingerprint(c), alias) for c, alias in self._hashes.items()]
        return exp.select("*", *hashed).from_(self._source.relation())


class _Joined(_Fingerprints):
    """Where every row has a place: joins that tell a row whether an earlier one has the same fingerprint.

    Only fingerprints that repeat are kept, so that the joined side is small however long the table is.
    """

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._groups: dict[Copies, str] = {}

    def later_copy(self, copies: Copies) -> exp.Expr:
        """True on a row that is a copy; null or false on every other."""
        name = self._groups.setdefault(copies, f"copies{len(self._groups)}")
        self._hash(copies.columns)
        later = exp.NEQ(this=self._source.position(), expression=exp.column("first_place", table=name))
        if not copies.except_columns:
            return later
        exact = exp.Coalesce(this=self.later_copy(Copies(copies.except_columns)), expressions=[exp.false()])
        return exp.and_(later, exp.not_(exact))

    def join(self, query: exp.Select) -> exp.Select:
        """Add the table and the joins to ``query``."""
        if not self._groups:
            return query.from_(self._source.relation())
        query = query.from_(self._hashed().subquery("hashed"))
        for copies, name in self._groups.items():
            key = exp.column(self._hashes[copies.columns], table="hashed")
            on = key.eq(exp.column("fingerprint", table=name))
            query = query.join(self._repeated(copies).subquery(name), on=on, join_type="left")
        return query

    def _repeated(self, copies: Copies) -> exp.Select:
        counted: exp.Expr = exp.Star()
        if copies.except_columns:
            counted = exp.Distinct(expressions=[self._source.fingerprint(copies.except_columns)])
        return (
            exp.select(
                exp.alias_(self._source.fingerprint(copies.columns), "fingerprint"),
                exp.alias_(exp.Min(this=self._source.position()), "first_place"),
            )
            .from_(self._source.relation())
            .group_by(exp.Literal.number(1))
            .having(exp.Count(this=counted) > 1)
        )


class _Numbered(_Fingerprints):
    """Where equal rows share their place: windows that number the rows of each fingerprint."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._windows: dict[str, exp.Expr] = {}

    def later_copy(self, copies: Copies) -> exp.Expr:
        """True on a row that is a copy, false on every other."""
        key = self._hash(copies.columns)
        if not copies.except_columns:
            return self._window(f"{key}_number", exp.RowNumber(), key) > 1
        # The first of each version, unless it is the first version: whichever of its equal rows is numbered first.
        version = self._hash(copies.except_columns)
        first = self._window(f"{key}_{version}", exp.FirstValue(this=exp.column(version)), key)
        number = self._window(f"{version}_number", exp.RowNumber(), version)
        return exp.and_(exp.NEQ(this=exp.column(version), expression=first), number.eq(1))

    def join(self, query: exp.Select) -> exp.Select:
        """Add the table, with its rows numbered, to ``query``."""
        if not self._windows:
            return query.from_(self._source.relation())
        fields = [exp.alias_(window, name) for name, window in self._windows.items()]
        return query.from_(exp.select("*", *fields).from_(self._hashed().subquery("hashed")).subquery("numbered"))

    def _window(self, name: str, function: exp.Expr, key: str) -> exp.Column:
        order = exp.Order(expressions=[self._source.position()])
        self._windows[name] = exp.Window(this=function, partition_by=[exp.column(key)], order=order)
        return exp.column(name)
