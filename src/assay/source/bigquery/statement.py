"""From a query on a table's stand-in to the whole statement: the audited rows as a common table expression.

It holds only the columns that the query names, because these are what a statement is billed by, and the conditions on
the stored columns as they are, so that partitions are pruned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlglot import exp
from sqlglot.dialects.bigquery import BigQuery

from assay.source.base import ColumnType
from assay.source.bigquery.columns import Leaf, path_expression
from assay.source.bigquery.dialect import google

VIEW = "assay_table"
SAMPLE = "assay_sample"
POSITION = "assay_position"
NUMBER = "assay_number"
_BITS = 30  # of the hash that draws a sample
LARGEST_BLOCKS = 10.0  # per cent of a table's blocks that a sample may read


@dataclass(frozen=True)
class Draw:
    """A pseudo-random share of the rows.

    Attributes:
        share: of the rows that are read, drawn by a hash of their values.
        percent: of the table's blocks that are read (None: all).
        numbered: whether equal rows are told apart by their number; else all of them are drawn, or none.
    """

    share: float
    percent: float | None = None
    numbered: bool = False


@dataclass(frozen=True)
class Writer:
    """Writes the statements of one table.

    Attributes:
        table: the table in a FROM clause.
        leaves: its columns.
        where: the condition of audited rows, on the stored columns.
    """

    table: exp.Table
    leaves: tuple[Leaf, ...]
    where: exp.Expr | None = None

    @cached_property
    def _by_name(self) -> dict[str, Leaf]:
        return {leaf.column.name.lower(): leaf for leaf in self.leaves}

    @cached_property
    def _kinds(self) -> dict[str, ColumnType]:
        by_name = {leaf.column.name: leaf.column.type for leaf in self.leaves}
        return by_name | {leaf.alias: leaf.column.type for leaf in self.leaves}

    def named(self, query: exp.Expr) -> tuple[Leaf, ...]:
        """The columns that a query names, in the table's order."""
        names = {c.name.lower() for c in query.find_all(exp.Column) if _quoted(c)}
        if any(_takes_all(select) for select in query.find_all(exp.Select)) and not names - {POSITION}:
            return tuple(leaf for leaf in self.leaves if leaf.column.type is not ColumnType.NESTED)
        return tuple(leaf for leaf in self.leaves if leaf.column.name.lower() in names)

    def statement(self, query: exp.Expr, draws: dict[str, Draw] | None = None) -> str:
        """The statement of a query.

        Args:
            draws: what the names of samples in its FROM clauses stand for.
        """
        used = {t.name for t in query.find_all(exp.Table)}
        named = self.named(query)
        positioned = any(c.name == POSITION for c in query.find_all(exp.Column))
        written = google(query, self._kinds)
        self._rename(written)
        tables = [
            exp.CTE(
                this=self._rows(named, draw, positioned=positioned),
                alias=exp.TableAlias(this=exp.to_identifier(name)),
            )
            for name, draw in {VIEW: None, **(draws or {})}.items()
            if name in used
        ]
        if tables:
            own = written.args.get("with_")
            written.set("with_", exp.With(expressions=[*tables, *(own.expressions if own else [])]))
        return self.text(written)

    def expression(self, tree: exp.Expr) -> str:
        """A lone expression, on the columns as the table stores them."""
        return self.text(self._on_stored(tree))

    @staticmethod
    def text(tree: exp.Expr) -> str:
        """A tree that is GoogleSQL already as text."""
        return str(BigQuery().generator().generate(tree))

    @property
    def audited(self) -> str:
        """The SQL of the rows that the view stands for."""
        query = exp.select("*").from_(self.table.copy())
        return self.text(query.where(self.condition) if self.where is not None else query)

    @property
    def condition(self) -> exp.Expr | None:
        """The condition of audited rows in GoogleSQL."""
        return self._on_stored(self.where) if self.where is not None else None

    def fingerprint(self, names: Sequence[str]) -> exp.Expr:
        """A 64-bit hash of columns, null-safe; 0.0 and -0.0 are equal, and so are all NaN."""
        return _hash([self._hashable(exp.column(n, quoted=True), self._kinds.get(n)) for n in names])

    def _rows(self, named: Sequence[Leaf], draw: Draw | None, *, positioned: bool) -> exp.Select:
        fields = [_field(leaf) for leaf in named]
        content = _hash([self._hashable(leaf.stored(), leaf.column.type) for leaf in named] or [exp.Literal.number(0)])
        if positioned or (draw is not None and draw.numbered):
            fields.append(exp.alias_(content, POSITION))
        query = exp.select(*(fields or [exp.alias_(exp.Literal.number(1), POSITION)])).from_(self.table.copy())
        if draw is not None and draw.percent is not None:
            blocks = exp.TableSample(percent=exp.Literal.number(f"{draw.percent:g}"), method=exp.var("SYSTEM"))
            query.args["from_"].this.set("sample", blocks)
        if self.where is not None:
            query = query.where(self.condition)
        if draw is not None and draw.numbered:
            number = exp.Window(this=exp.RowNumber(), partition_by=[content.copy()])
            rows = query.select(exp.alias_(number, NUMBER)).subquery("numbered")
            content = _hash([exp.column(POSITION), exp.column(NUMBER)])
            query = exp.select(exp.Star(except_=[exp.to_identifier(NUMBER)])).from_(rows)
        if draw is not None and draw.share < 1:
            low = exp.BitwiseAnd(this=content.copy(), expression=exp.Literal.number((1 << _BITS) - 1))
            query = query.where(exp.paren(low) < round(draw.share * (1 << _BITS)))
        return query

    @staticmethod
    def _hashable(value: exp.Expr, kind: ColumnType | None) -> exp.Expr:
        if kind is not ColumnType.FLOAT:
            return value
        zero = exp.Literal.number(0)
        return exp.If(this=value.eq(zero), true=zero.copy(), false=value.copy())

    def _rename(self, written: exp.Expr) -> None:
        """Leaves of structs get the names that they have inside the statement."""
        for column in list(written.find_all(exp.Column)):
            leaf = self._by_name.get(column.name.lower())
            if leaf is not None and len(leaf.path) > 1 and _quoted(column):
                column.set("this", exp.to_identifier(leaf.alias, quoted=True))

    def _on_stored(self, tree: exp.Expr) -> exp.Expr:
        kinds = self._kinds | {leaf.column.name: ColumnType.OTHER for leaf in self.leaves if _zoned(leaf)}
        root = exp.Paren(this=google(_zoned_constants(tree, self._by_name), kinds))
        for column in list(root.find_all(exp.Column)):
            leaf = self._by_name.get(column.name.lower())
            if leaf is not None and len(leaf.path) > 1 and not column.table:
                column.replace(path_expression(leaf.path))
        stored: exp.Expr = root.this
        return stored.pop()


def _field(leaf: Leaf) -> exp.Expr:
    value = leaf.value()
    plain = isinstance(value, exp.Column) and leaf.alias == leaf.path[-1]
    return value if plain else exp.alias_(value, leaf.alias, quoted=True)


def _hash(values: Sequence[exp.Expr]) -> exp.Expr:
    row = exp.Anonymous(this="STRUCT", expressions=list(values))
    text = exp.Anonymous(this="TO_JSON_STRING", expressions=[row])
    return exp.Anonymous(this="FARM_FINGERPRINT", expressions=[text])


def _takes_all(select: exp.Select) -> bool:
    return any(isinstance(field, exp.Star) for field in select.expressions)


def _quoted(column: exp.Column) -> bool:
    """Whether a name is one of the table's columns: the names of a query's own fields are not quoted."""
    return isinstance(column.this, exp.Identifier) and bool(column.this.quoted) and not column.table


def _zoned(leaf: Leaf) -> bool:
    return leaf.column.native == "TIMESTAMP"


def _zoned_constants(tree: exp.Expr, by_name: dict[str, Leaf]) -> exp.Expr:
    """Constants that are compared with a TIMESTAMP column become timestamps, so that its partitions are pruned."""
    tree = tree.copy()
    for node in tree.find_all(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE):
        for side, other in ((node.this, node.expression), (node.expression, node.this)):
            leaf = by_name.get(side.name.lower()) if isinstance(side, exp.Column) else None
            if leaf is not None and _zoned(leaf) and isinstance(other, exp.Cast):
                constant = other.this
                if isinstance(constant, exp.Literal) and other.is_type("date", "timestamp", "datetime"):
                    other.replace(exp.cast(constant.copy(), "timestamptz"))
    return tree
