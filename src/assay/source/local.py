"""A small table of another engine, pulled whole, as a table of the embedded one."""

from __future__ import annotations

import pyarrow as pa

from assay.config import Settings
from assay.source.base import Source
from assay.source.duckdb import NUMBERED, DuckDBSource, connect
from assay.source.scratch import scratch_path

COPY = "pulled"


def local_copy(source: Source, rows: pa.Table, settings: Settings) -> DuckDBSource:
    """The rows of a table that have been paid for already, so that every further question costs nothing.

    Args:
        source: the table that the rows are from.
        rows: all of its rows, under the names of its columns.
    """
    scratch = scratch_path()
    connection = connect(settings, scratch=scratch)
    try:
        connection.register("arriving", rows.cast(pa.schema([_storable(field) for field in rows.schema])))
        connection.execute(f"CREATE TABLE {COPY} AS SELECT * FROM arriving")
        connection.unregister("arriving")
        taken = "rowid" in {name.lower() for name in rows.column_names}
        local = DuckDBSource(connection, source.name, COPY, NUMBERED if taken else "rowid", scratch=scratch)
    except BaseException:
        connection.close()
        raise
    local.positions = source.positions
    local.rows = rows.num_rows  # known already: counting it would wait for other threads' questions
    return local


def _storable(field: pa.Field) -> pa.Field:
    """The field in a type that the embedded engine has: moments in UTC, and at most 38 digits."""
    if pa.types.is_timestamp(field.type):
        return field.with_type(pa.timestamp("us"))
    return field.with_type(pa.float64()) if pa.types.is_decimal256(field.type) else field
