"""Answers of BigQuery as Arrow tables like those of other engines."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from assay.source.base import ColumnType
from assay.source.bigquery_columns import Leaf


def unpack(packed: pa.ChunkedArray) -> pa.Table:
    """The rows of an answer that came as one array of structs."""
    rows = packed.combine_chunks()
    if isinstance(rows, pa.ChunkedArray):
        rows = rows.chunk(0)
    return pa.Table.from_batches([pa.RecordBatch.from_struct_array(rows.flatten())])


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
