"""Headers among the rows, as files have them that were put together from others."""

from __future__ import annotations

import duckdb

from assay.source.files.casts import quoted, text
from assay.source.notes import Note

FEWEST = 2  # columns: one cell that equals its column's name may be a value
LISTED = 20


def drop_headers(connection: duckdb.DuckDBPyConnection, table: str, hidden: tuple[str, ...], file: str) -> list[Note]:
    """Remove the rows of a table of texts whose cells are the names of their columns; a note on them."""
    described = connection.sql(f"SELECT * FROM {table} LIMIT 0")
    types = {n: str(t) for n, t in zip(described.columns, described.types, strict=True) if n not in hidden}
    if len(types) < FEWEST or set(types.values()) != {"VARCHAR"}:
        return []
    header = " AND ".join(f"trim({quoted(n)}) = {text(n.strip())}" for n in types)
    own = "rowid" if "rowid" not in map(str.lower, types) else "-1"  # a column of that name hides the engine's
    places = [int(p) for (p,) in connection.execute(f"SELECT {own} FROM {table} WHERE {header}").fetchall()]
    if not places:
        return []
    connection.execute(f"CREATE TABLE {table}_kept AS SELECT * FROM {table} WHERE NOT coalesce({header}, FALSE)")
    connection.execute(f"DROP TABLE {table}")
    connection.execute(f"ALTER TABLE {table}_kept RENAME TO {table}")
    return [
        Note(
            "malformed_values", (), "the header is repeated among the rows; it is left out of the table",
            rows=len(places), harm=0.1, confidence=0.2, action="put files together without their headers",
            evidence={"file": file, "rows": [p + 1 for p in sorted(places)[:LISTED] if p >= 0]},
        )
    ]  # fmt: skip
