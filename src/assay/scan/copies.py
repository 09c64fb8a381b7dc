"""Which rows are copies of earlier ones, whatever an engine knows of the order of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from assay.source.base import Keeper, Source

PLACE = "assay_place"
FIRST, PRINT = "assay_first", "assay_print"  # no names that a table is likely to have


@dataclass(frozen=True)
class Kept:
    """Rows whose places the engine keeps: where, for a FROM clause, and how many."""

    place: exp.Expr
    rows: int


@dataclass(frozen=True)
class Copies:
    """Rows that repeat an earlier row in ``columns`` are suspect.

    Attributes:
        columns: what repeats (the grain, or all columns).
        except_columns: rows that repeat in these columns as well are not counted, since exact copies have a finding
            of their own; empty to count all.
        kept: these rows, where they were looked for already; None: they are looked for each time.
        excepted: how many rows repeat in ``except_columns``, where that is known already.
    """

    columns: tuple[str, ...]
    except_columns: tuple[str, ...] = ()
    kept: Kept | None = None
    excepted: int | None = None


def keep(source: Source, copies: Sequence[Copies]) -> list[Copies]:
    """The same tests, whose rows an engine that can keep answers has looked for, once and for all.

    Raises:
        QueryError: the engine failed a statement.
    """
    if not isinstance(source, Keeper) or not source.positions:
        return list(copies)
    kept: list[Copies] = []
    for index, wanted in enumerate(copies):
        joined = _Joined(source, kept)
        later = joined.later_copy(wanted)
        query = joined.join(exp.select(exp.alias_(source.position(), PLACE))).where(later)
        place = source.keep(f"assay_copies_{index}", query)
        (rows,) = source.ask(exp.select(exp.alias_(exp.Count(this=exp.Star()), "n")).from_(place.copy()))["n"]
        kept.append(replace(wanted, kept=Kept(place, int(rows.as_py()))))
    return kept


def telling(source: Source, kept: Sequence[Copies] = ()) -> _Joined | _Numbered:
    """What adds to a query whether a row is a copy, by the help of those that are kept."""
    return _Joined(source, kept) if source.positions else _Numbered(source)


class _Fingerprints:
    """The fingerprints by which copies are told."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._hashes: dict[tuple[str, ...], str] = {}

    def _hash(self, columns: tuple[str, ...]) -> str:
        """The name of the fingerprint of some columns."""
        return self._hashes.setdefault(columns, f"{PRINT}{len(self._hashes)}")

    def _hashed(self) -> exp.Select:
        """The table with its fingerprints."""
        hashed = [exp.alias_(self._source.fingerprint(c), alias) for c, alias in self._hashes.items()]
        return exp.select("*", *hashed).from_(self._source.relation())


class _Joined(_Fingerprints):
    """Where every row has a place: joins that tell a row whether an earlier one has the same fingerprint.

    Only fingerprints that repeat are kept, so that the joined side is small however long the table is.
    """

    def __init__(self, source: Source, kept: Sequence[Copies] = ()) -> None:
        super().__init__(source)
        self._groups: dict[Copies, str] = {}
        self._kept = {replace(copies, kept=None): copies for copies in kept}

    def later_copy(self, copies: Copies) -> exp.Expr:
        """True on a row that is a copy; null or false on every other."""
        copies = self._kept.get(copies, copies)
        name = self._groups.setdefault(copies, f"copies{len(self._groups)}")
        if copies.kept is not None:
            return exp.not_(exp.column(PLACE, table=name).is_(exp.null()))
        self._hash(copies.columns)
        later = exp.NEQ(this=self._source.position(), expression=exp.column(FIRST, table=name))
        if not copies.except_columns:
            return later
        exact = exp.Coalesce(this=self.later_copy(Copies(copies.except_columns)), expressions=[exp.false()])
        return exp.and_(later, exp.not_(exact))

    def join(self, query: exp.Select) -> exp.Select:
        """Add the table and the joins to ``query``."""
        if not self._groups:
            return query.from_(self._source.relation())
        query = query.from_(self._hashed().subquery("hashed") if self._hashes else self._source.relation())
        for copies, name in self._groups.items():
            if copies.kept is not None:
                on = self._source.position().eq(exp.column(PLACE, table=name))
                # As a query, since a table brings its own rowid, which a column of that name would not be told from.
                place = exp.select("*").from_(copies.kept.place.copy()).subquery(name)
                query = query.join(place, on=on, join_type="left")
                continue
            key = exp.column(self._hashes[copies.columns], table="hashed")
            on = key.eq(exp.column(PRINT, table=name))
            query = query.join(self._repeated(copies).subquery(name), on=on, join_type="left")
        return query

    def _repeated(self, copies: Copies) -> exp.Select:
        again: exp.Expr = exp.Count(this=exp.Star()) > 1
        if copies.except_columns:  # two versions at least; counting them costs a multiple
            version = self._source.fingerprint(copies.except_columns)
            again = exp.NEQ(this=exp.Min(this=version), expression=exp.Max(this=version.copy()))
        return (
            exp.select(
                exp.alias_(self._source.fingerprint(copies.columns), PRINT),
                exp.alias_(exp.Min(this=self._source.position()), FIRST),
            )
            .from_(self._source.relation())
            .group_by(exp.Literal.number(1))
            .having(again)
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
