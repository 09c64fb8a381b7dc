"""The embedded engine: tables in DuckDB databases and in files, read in place."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from assay.config import Settings
from assay.errors import BudgetError, QueryError, SourceError
from assay.source import guard
from assay.source.base import Column, ColumnType, Cost, amount
from assay.source.condition import unknown_columns
from assay.source.footprint import Footprint
from assay.source.notes import Note
from assay.source.quickened import quickened
from assay.source.recipe import Recipe
from assay.source.scratch import scratch_path

if TYPE_CHECKING:
    import pyarrow as pa

VIEW = "assay_table"
POSITION = "assay_position"
FEW = 0.01  # share of rows
NUMBERED = "(row_number() OVER () - 1)"

_TYPES = {
    ColumnType.INTEGER: "TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT BIGNUM",
    ColumnType.DECIMAL: "DECIMAL",
    ColumnType.FLOAT: "FLOAT DOUBLE",
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.TEXT: "VARCHAR CHAR ENUM UUID JSON",
    ColumnType.DATE: "DATE",
    ColumnType.TIMESTAMP: "TIMESTAMP TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS DATETIME",
    ColumnType.TIME: "TIME TIME_NS",
    ColumnType.BINARY: "BLOB BIT GEOMETRY",
    ColumnType.NESTED: "STRUCT MAP LIST ARRAY UNION VARIANT",
}
_CLASS = re.compile(r"^(?:[A-Z][A-Za-z]* )+Error: (?=.)")
_BY_WORD = {word: kind for kind, words in _TYPES.items() for word in words.split()}


def column_type(native: str) -> ColumnType:
    """The :class:`ColumnType` of a type as DuckDB writes it, such as ``DECIMAL(18,2)`` or ``VARCHAR[]``."""
    if native.endswith("]"):
        return ColumnType.NESTED
    return _BY_WORD.get(native.split("(")[0].split(" ")[0].strip('"').upper(), ColumnType.OTHER)


def columns_of(connection: duckdb.DuckDBPyConnection, relation: str, *, inferred: bool = False) -> tuple[Column, ...]:
    """The columns of a relation (trusted SQL text)."""
    described = connection.sql(f"SELECT * FROM {relation} LIMIT 0")
    types = [str(t) for t in described.types]
    return tuple(Column(n, column_type(t), t, inferred) for n, t in zip(described.columns, types, strict=True))


class DuckDBSource:
    """One relation that DuckDB can read. Built by :func:`open_database` and by :mod:`assay.source.files.tables`."""

    billed = False

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        name: str,
        relation: str,
        position: str | None,
        *,
        where: exp.Expr | None = None,
        scratch: Path | None = None,
        footprint: Footprint | None = None,
        max_bytes: int | None = None,
        staged: int = 0,
        recipe: Recipe | None = None,
        inferred: bool = False,
        parts: Mapping[str, tuple[Column, ...]] | None = None,
        hidden: Sequence[str] = (),
        notes: Sequence[Note] = (),
    ) -> None:
        """Wrap ``relation`` (trusted SQL text) as one audited table.

        Args:
            position: SQL of the 0-based row position inside ``relation``, None where there is none.
            where: a checked condition that limits the audited rows.
            scratch: where the engine spills to; removed on close.
            footprint: what statements read; by default of the tables of the connection.
            max_bytes: what all statements together may read (None: no bound, and no plan is asked for).
            staged: bytes that were read already, to make the relation.
            recipe: how anybody reads the same rows; None where no statement does.
            inferred: whether the types of columns were guessed from text.
            parts: the columns of each file, where files differ.
            hidden: columns of the relation that predicates may use, and that are no columns of the table.
            notes: what is odd about how the table is written.
        """
        self._connection = connection
        # One generator for all statements: making one costs a thousand times more than using it.
        self._generator = DuckDB().generator()
        self._scratch = scratch
        self._footprint = footprint or Footprint(connection, where=where)
        self._max_bytes = max_bytes
        self._bytes = self.staged = staged
        self.name = name
        self.parts = parts or {}
        self.notes = tuple(notes)
        self.positions = position is not None
        self.asked: list[str] = []
        order = position or NUMBERED
        self._order, self._recipe = order, recipe
        self._condition = condition = f" WHERE {where.sql('duckdb')}" if where is not None else ""
        with _as_source_error(name), _explained(connection, name, relation, where):
            connection.execute(
                f"CREATE OR REPLACE TEMP VIEW {VIEW} AS "
                f'SELECT * FROM (SELECT *, {order} AS "{POSITION}" FROM {relation}){condition}'
            )
            described = columns_of(connection, VIEW, inferred=inferred)[:-1]
            self.columns = tuple(c for c in described if c.name not in hidden)
        told = recipe.sql() if recipe is not None else f"{VIEW} {copied(name)}"
        self.audited = f"SELECT * FROM {told}{condition}"
        self._where = where
        self._rows: int | None = None

    @property
    def rows(self) -> int:
        """Number of audited rows, counted when it is first wanted; a plan sets a bound instead."""
        if self._rows is None:
            self._rows = self._counted()
        return self._rows

    @rows.setter
    def rows(self, rows: int) -> None:
        self._rows = rows

    def _counted(self) -> int:
        count = exp.select(exp.Count(this=exp.Star(), big_int=True)).from_(self.relation())
        if self._where is not None:
            return int(self.ask(count).column(0)[0].as_py())
        # Like the schema, the size of an unfiltered table is metadata: it costs no scan and is no statement.
        with _as_source_error(self.name):
            return int(self._connection.sql(self.render(count)).fetchall()[0][0])

    @property
    def spent(self) -> Cost:
        return Cost(len(self.asked), None if self._max_bytes is None else self._bytes)

    def relation(self) -> exp.Expr:
        return exp.to_table(VIEW)

    def position(self) -> exp.Expr:
        return exp.column(POSITION, quoted=True)

    def fingerprint(self, columns: Sequence[str]) -> exp.Expr:
        values = exp.Anonymous(this="hash", expressions=[exp.column(c, quoted=True) for c in columns])
        if self._strays is None:
            return values
        return (
            exp.case()
            .when(self._strays.copy(), exp.Anonymous(this="hash", expressions=[self.position()]))
            .else_(values)
        )

    @cached_property
    def _strays(self) -> exp.Expr | None:
        """The few rows whose cells are in wrong columns: that they look like others says nothing."""
        shifted = [n for n in self.notes if n.kind == "column_shift" and n.predicate is not None]
        few = sum(n.evidence["lines_in_all"] for n in shifted) <= FEW * self.rows
        return exp.or_(*(n.predicate for n in shifted)) if shifted and few else None

    def sampled(self, fraction: float) -> exp.Expr:
        if fraction >= 1:
            return self.relation()
        share = exp.Mod(
            this=exp.Anonymous(this="hash", expressions=[self.position()]), expression=exp.Literal.number(1_000_000)
        )
        limit = exp.Literal.number(max(1, round(fraction * 1_000_000)))
        return exp.select("*").from_(self.relation()).where(exp.LT(this=share, expression=limit)).subquery("sampled")

    coarse = False

    def since(self, day: date) -> exp.Expr | None:
        return None

    @property
    def known_rows(self) -> int | None:
        return self.rows

    def first_rows(self, fields: Sequence[exp.Expr], order: exp.Expr, limit: int) -> exp.Expr:
        row = exp.Anonymous(this="struct_pack", expressions=list(fields))
        return exp.Anonymous(this="min_by", expressions=[row, order, exp.Literal.number(limit)])

    def render(self, query: exp.Expr) -> str:
        return self._generator.generate(query)

    def proof(self, query: exp.Expr) -> str:
        if self._recipe is None:
            return f"{copied(self.name)} {self.render(query)}"
        where = [] if self._where is None else [self._where]
        named = {c.name for tree in (query, *where) for c in tree.find_all(exp.Column)}
        told = self._recipe.sql(named)
        if POSITION in named:
            told = f'(SELECT *, {self._order} AS "{POSITION}" FROM {told})'
        if where:
            told = f"(SELECT * FROM {told}{self._condition})"
        query = query.copy()
        for table in query.find_all(exp.Table):
            if table.name == VIEW:
                table.set("this", exp.var(told))
        return self.render(query)

    def ask(self, query: exp.Expr) -> pa.Table:
        with self._asking(query) as relation:
            return relation.to_arrow_table()

    def preview(self, rows: int) -> pa.Table | None:
        return None

    def ask_all(self, queries: Sequence[exp.Expr]) -> list[pa.Table]:
        return [self.ask(query) for query in queries]

    def combined(self, queries: Sequence[exp.Expr]) -> list[exp.Expr]:
        return list(queries)

    def stream(self, query: exp.Expr) -> pa.RecordBatchReader:
        with self._asking(query) as relation:
            return relation.to_arrow_reader(65_536)

    def keep(self, name: str, query: exp.Expr) -> exp.Expr:
        place = exp.Table(this=exp.to_identifier(name, quoted=True))
        with self._asking(query) as relation:
            self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {self.render(place)} AS {relation.sql_query()}")
        return place

    def estimate(self, query: exp.Expr) -> Cost:
        sql = self.render(quickened(guard.check(query)))
        try:
            return Cost(1, self._footprint.of(sql))
        except duckdb.Error as error:
            raise QueryError(one_line(error), sql) from None

    def interrupt(self) -> None:
        self._connection.interrupt()

    def close(self) -> None:
        self._connection.close()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    @contextmanager
    def _asking(self, query: exp.Expr) -> Iterator[duckdb.DuckDBPyRelation]:
        sql = self.render(quickened(guard.check(query)))
        if self._max_bytes is not None:
            self._bytes += self._affordable(query, self._max_bytes)
        self.asked.append(sql)
        try:
            yield self._connection.sql(sql)
        except duckdb.Error as error:
            raise QueryError(one_line(error), sql) from None

    def _affordable(self, query: exp.Expr, bound: int) -> int:
        """The bytes that a query would read, if the bound allows it."""
        wanted = self.estimate(query).bytes
        if wanted is None:
            raise BudgetError(
                f"{self.name}: what a view reads cannot be told in advance; audit its tables, or leave --max-bytes out"
            )
        remedy = "audit less with --since or --where, or raise --max-bytes"
        within_bound(f"{self.name}: the next statement would read", wanted, self._bytes, bound, remedy)
        return wanted


def copied(name: str) -> str:
    """The comment of a statement that only assay's own copy of a file can answer."""
    told = f"{VIEW} is {name} as assay reads it; no statement on the file itself reads it so"
    return f"/* {told.replace('*/', '* /')} */"


def within_bound(what: str, wanted: int, spent: int, bound: int, remedy: str) -> None:
    """Raise :class:`BudgetError` if reading ``wanted`` bytes more is beyond the bound."""
    if spent + wanted > bound:
        left = amount(max(bound - spent, 0))
        raise BudgetError(f"{what} {amount(wanted)}, and {left} of the {amount(bound)} allowed are left; {remedy}")


def connect(
    settings: Settings, database: str = ":memory:", *, read_only: bool = False, scratch: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """A connection with bounded memory, no progress bar and no extension downloads.

    Args:
        scratch: a folder that the engine makes when it has to spill; by default it would do so beside the database.
    """
    connection = duckdb.connect(database, read_only=read_only)
    options = {
        "enable_progress_bar": "false",
        "memory_limit": f"'{settings.memory_limit}'",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "true",
        # A scratch table is packed again after some small changes, which takes as long as to read it.
        "checkpoint_threshold": "'1TB'",
    }
    if settings.threads:
        options["threads"] = str(settings.threads)
    if scratch is not None:
        options["temp_directory"] = exp.Literal.string(str(scratch)).sql("duckdb")
    for option, value in options.items():
        connection.execute(f"SET {option} = {value}")
    return connection


def open_database(path: Path, table: str | None, settings: Settings, where: exp.Expr | None = None) -> DuckDBSource:
    """Open one table or view of a DuckDB database file, read-only.

    Raises:
        SourceError: no such file, no database, no such table, or several tables and none named.
    """
    if not path.is_file():
        raise SourceError(f"{path}: no such DuckDB database")
    tables = database_tables(path, settings)
    if table is None and len(tables) == 1:
        table = tables[0]
    if table not in tables:
        known = ", ".join(tables[:8]) or "none"
        raise SourceError(f"{path}: name one of its tables as duckdb://{path}#TABLE; it has: {known}")
    scratch = scratch_path()
    with _as_source_error(str(path)):
        connection = connect(settings, str(path), read_only=True, scratch=scratch)
    quoted = ".".join(exp.to_identifier(part, quoted=True).sql("duckdb") for part in _parts(table, tables))
    recipe, bound = Recipe(quoted), settings.max_bytes
    return DuckDBSource(connection, table, quoted, None, where=where, scratch=scratch, max_bytes=bound, recipe=recipe)


def database_tables(path: Path, settings: Settings) -> list[str]:
    """Names of the tables and views of a database; ``schema.table`` outside the schema ``main``."""
    with _as_source_error(str(path)):
        connection = connect(settings, str(path), read_only=True)
    with connection:
        rows = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables ORDER BY table_schema, table_name"
        ).fetchall()
    return [name if schema == "main" else f"{schema}.{name}" for schema, name in rows]


def _parts(table: str, tables: Sequence[str]) -> list[str]:
    schema, _, name = table.partition(".")
    return [schema, name] if name and table in tables and schema else [table]


@contextmanager
def _as_source_error(where: str) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise SourceError(f"{where}: {one_line(error)}") from None


@contextmanager
def _explained(
    connection: duckdb.DuckDBPyConnection, name: str, relation: str, where: exp.Expr | None
) -> Iterator[None]:
    """A refused condition in words, where a name in it is no column."""
    try:
        yield
    except duckdb.BinderException:
        columns = [c.name for c in columns_of(connection, relation)]
        told = unknown_columns(where, columns) if where is not None else None
        if told is None:
            raise
        raise SourceError(f"{name}: {told}") from None


def one_line(error: Exception) -> str:
    """The first line of an engine's message, without its class prefix and its hints."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return _CLASS.sub("", lines[0]) if lines else type(error).__name__
