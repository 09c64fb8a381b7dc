"""Answers of BigQuery as Arrow tables like those of other engines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from assay.errors import QueryError
from assay.source.base import ColumnType
from assay.source.bigquery.columns import Leaf


def below_each_other(queries: Sequence[exp.Expr]) -> exp.Expr:
    """Several queries as one: the rows of each carry its place, and null in the columns of the others.

    Raises:
        QueryError: a field has no name.
    """
    names = [list(q.named_selects) if isinstance(q, exp.Query) else [] for q in queries]
    if not all(name and name != "*" for fields in names for name in fields):
        raise QueryError("every field of a query that is asked with others needs a name", "")
    parts = []
    for place, query in enumerate(queries):
        rows = query.copy()
        if isinstance(rows, exp.Select) and not rows.args.get("limit"):
            rows.set("order", None)  # the rows of a union have no order
        fields = [
            exp.alias_(exp.column(name, table="part", quoted=True) if one == place else exp.null(), f"q{one}_{i}")
            for one, listed in enumerate(names)
            for i, name in enumerate(listed)
        ]
        part = exp.Subquery(this=rows, alias=exp.TableAlias(this=exp.to_identifier("part")))
        parts.append(exp.select(exp.alias_(exp.Literal.number(place), "q"), *fields).from_(part))
    return exp.union(*parts, distinct=False)


def apart(batches: Iterable[pa.RecordBatch], queries: Sequence[exp.Expr]) -> list[pa.Table]:
    """The answers to the queries in an answer to :func:`below_each_other`.

    Each batch is taken apart as it arrives: together the answers are several times as large as apart, for each row has
    the columns of all of them.
    """
    parts: list[list[pa.Table]] = [[] for _ in queries]
    for batch in batches:
        rows = pa.Table.from_batches([batch])
        for place, query in enumerate(queries):
            parts[place].append(_part_of(rows, place, query))
    return [pa.concat_tables(part) for part in parts]


def _part_of(answer: pa.Table, place: int, query: exp.Expr) -> pa.Table:
    rows = answer.filter(pc.equal(answer.column("q"), place))
    own = rows.select([name for name in answer.column_names if name.startswith(f"q{place}_")])
    return own.rename_columns(list(query.named_selects) if isinstance(query, exp.Query) else [])


def flatten(rows: pa.Table, leaves: Sequence[Leaf]) -> pa.Table:
    """Listed rows with a column for each leaf that can be audited, as a statement would return them."""
    columns: dict[str, pa.ChunkedArray] = {}
    for leaf in leaves:
        if leaf.column.type in (ColumnType.NESTED, ColumnType.BINARY):
            continue
        values = rows.column(leaf.path[0])
        for name in leaf.path[1:]:
            values = pc.struct_field(values, name)
        if leaf.column.type in (ColumnType.TEXT, ColumnType.TIME, ColumnType.OTHER):
            values = pc.cast(values, pa.string())
        columns[leaf.column.name] = values
    return narrow(pa.table(columns))


def narrow(table: pa.Table) -> pa.Table:
    """The table with decimals of as few fractional digits as their values have: NUMERIC always comes with nine."""
    for place, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            table = table.set_column(place, field.name, _narrow(table.column(place)))
    return table


def _narrow(column: pa.ChunkedArray) -> pa.ChunkedArray:
    for scale in range(column.type.scale + 1):
        try:
            return pc.cast(column, pa.decimal128(38, scale))
        except pa.ArrowInvalid:
            continue
    return column
