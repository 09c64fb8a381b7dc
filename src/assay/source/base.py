"""What every engine offers: a schema, a size, and answers to read-only queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from sqlglot import exp

if TYPE_CHECKING:
    import pyarrow as pa

_UNITS = ("bytes", "KB", "MB", "GB", "TB")


class ColumnType(StrEnum):
    """The types that assay tells apart; each engine maps its own to these."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    BOOLEAN = "boolean"
    TEXT = "text"
    DATE = "date"
    TIMESTAMP = "timestamp"
    TIME = "time"
    BINARY = "binary"
    NESTED = "nested"
    OTHER = "other"

    @property
    def numeric(self) -> bool:
        return self in (ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.FLOAT)

    @property
    def temporal(self) -> bool:
        return self in (ColumnType.DATE, ColumnType.TIMESTAMP)


@dataclass(frozen=True)
class Column:
    """A column as the engine declares it.

    Attributes:
        native: the engine's own word for the type.
        inferred: whether the type was guessed from the cells of a text file, rather than declared by the table.
    """

    name: str
    type: ColumnType
    native: str = ""
    inferred: bool = False


@dataclass(frozen=True)
class Cost:
    """What work costs: statements sent and bytes read (None where the engine does not tell)."""

    statements: int = 0
    bytes: int | None = None


def amount(size: int) -> str:
    """Bytes as people write them, such as ``3.2 MB`` (powers of 1000, as ``--max-bytes`` reads them)."""
    value, unit = float(size), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.0f} {_UNITS[unit]}" if value >= 10 or not unit else f"{value:.1f} {_UNITS[unit]}"


class Source(Protocol):
    """One table, wherever it lives. All expressions are engine-neutral sqlglot trees; the source renders them.

    Attributes:
        name: how the table is called in reports.
        columns: the columns in their order.
        rows: number of rows.
        parts: the columns of each file of a glob, where the files do not declare the same types; else empty.
        positions: whether rows have a stable 0-based position (files do, warehouse tables do not).
        billed: whether each statement is paid by the columns that it names, so that few statements are cheap ones.
        audited: the SQL of the rows that :meth:`relation` stands for, for readers of a plan.
        staged: bytes of text that were read to make a table of it, before anything was asked; 0 where nothing was.
        asked: the statements sent so far, in order, as the engine got them.
        spent: what they cost.
    """

    name: str
    columns: tuple[Column, ...]
    rows: int
    parts: Mapping[str, tuple[Column, ...]]
    positions: bool
    billed: bool
    audited: str
    staged: int
    asked: list[str]

    @property
    def spent(self) -> Cost: ...

    def relation(self) -> exp.Expr:
        """The table as an expression that can stand in a FROM clause (filters of --since and --where applied)."""
        ...

    def position(self) -> exp.Expr:
        """Expression of the row position, or of a stable order where rows have none."""
        ...

    def fingerprint(self, columns: Sequence[str]) -> exp.Expr:
        """Expression of a 64-bit hash of the named columns, null-safe: equal rows have equal fingerprints."""
        ...

    def sampled(self, fraction: float) -> exp.Expr:
        """The table reduced to a deterministic pseudo-random share of its rows, for a FROM clause."""
        ...

    def since(self, day: date) -> exp.Expr | None:
        """The condition of the rows of a day and later, where rows are stored by day and others need not be read.

        None where they are not: then the date column decides.
        """
        ...

    @property
    def coarse(self) -> bool:
        """Whether that condition lets earlier days in, as rows are stored by month: the date column has to help."""
        ...

    @property
    def known_rows(self) -> int | None:
        """The number of rows as far as it is known without a statement that costs."""
        ...

    def first_rows(self, fields: Sequence[exp.Expr], order: exp.Expr, limit: int) -> exp.Expr:
        """Aggregate: the structs of ``fields`` of the first ``limit`` rows by ``order``, as a list."""
        ...

    def render(self, query: exp.Expr) -> str:
        """The statement or expression in the engine's own SQL."""
        ...

    def proof(self, query: exp.Expr) -> str:
        """The statement for somebody who has the table but not assay.

        Where no statement on the table itself can read it as assay does, it is one on ``assay_table``, and starts with
        a comment that says so.
        """
        ...

    def ask(self, query: exp.Expr) -> pa.Table:
        """Run one read-only query and return all of its rows.

        Raises:
            UnsafeQueryError: the statement is not one read-only query.
            QueryError: the engine failed it.
        """
        ...

    def preview(self, rows: int) -> pa.Table | None:
        """Some rows of the columns that can be audited, free of charge; None where looking costs what asking does."""
        ...

    def ask_all(self, queries: Sequence[exp.Expr]) -> list[pa.Table]:
        """The answers to several queries, in their order; one statement where :attr:`billed`.

        Each query names all of its fields. Engines that answer in one statement keep the rows of each answer in memory.

        Raises:
            UnsafeQueryError: one of them is not one read-only query.
            QueryError: the engine failed one of them; then there is no answer to any.
        """
        ...

    def combined(self, queries: Sequence[exp.Expr]) -> list[exp.Expr]:
        """The statements that :meth:`ask_all` would send for several queries."""
        ...

    def stream(self, query: exp.Expr) -> pa.RecordBatchReader:
        """Like :meth:`ask`, in batches, for results of any size."""
        ...

    def estimate(self, query: exp.Expr) -> Cost:
        """What the query would read, without running it."""
        ...

    def interrupt(self) -> None:
        """Stop the statement that another thread may be waiting for."""
        ...

    def close(self) -> None:
        """Release what the source holds."""
        ...


@runtime_checkable
class Keeper(Protocol):
    """An engine that can keep the answer to a query beside the table, for as long as the source is open."""

    def keep(self, name: str, query: exp.Expr) -> exp.Expr:
        """Keep the answer under a name, in place of what has that name, and return it for a FROM clause.

        Raises:
            UnsafeQueryError: the statement is not one read-only query.
            QueryError: the engine failed it.
        """
        ...
