"""How many bytes a statement of the embedded engine would read: its plan's scans, times the stored size of columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import duckdb
from sqlglot import exp

VIRTUAL = frozenset({"", "file_row_number", "file_index", "rowid"})


@dataclass
class Footprint:
    """Sizes of what a connection can read.

    Attributes:
        files: the Parquet files behind the audited relation, as SQL literals; "" if there are none.
        where: the condition of audited rows.
        held: whether all else is in memory already, so that reading it costs nothing.
    """

    connection: duckdb.DuckDBPyConnection
    files: str = ""
    where: exp.Expr | None = None
    held: bool = False
    _tables: dict[str, dict[str, frozenset[int]] | None] = field(default_factory=dict)

    def of(self, sql: str) -> int | None:
        """Bytes that a statement would read at most; None where the engine does not tell (views of other files)."""
        # Every scan reads the columns that decide which rows are audited.
        filtered = frozenset(c.name for c in self.where.find_all(exp.Column)) if self.where is not None else frozenset()
        answer = self.connection.execute(f"EXPLAIN (FORMAT json) {sql}").fetchone()
        total = 0
        for node in _nodes(json.loads(answer[1])) if answer else ():
            size = self._scan(node.get("extra_info", {}), filtered)
            if size is None:
                return None
            total += size
        return total

    def _scan(self, details: Mapping[str, Any], filtered: frozenset[str]) -> int | None:
        listed = details.get("Projections", [])
        columns = filtered | frozenset([listed] if isinstance(listed, str) else listed)
        if "Table" in details:
            return 0 if self.held else self._table(str(details["Table"]), columns)
        if "Function" not in details:
            return 0
        return sum(_chosen(self._parquet, columns).values()) if self.files else None

    @cached_property
    def _parquet(self) -> dict[str, int]:
        return parquet_sizes(self.connection, self.files, self.where)

    def _table(self, table: str, columns: frozenset[str]) -> int | None:
        if table not in self._tables:
            self._tables[table] = _blocks(self.connection, table)
        blocks = self._tables[table]
        if blocks is None:
            return None
        read = frozenset().union(*_chosen(blocks, columns).values())
        return len(read) * _block_size(self.connection)


def parquet_sizes(connection: duckdb.DuckDBPyConnection, files: str, where: exp.Expr | None = None) -> dict[str, int]:
    """Compressed bytes of each column in the row groups that may hold audited rows, by the files' own statistics.

    Args:
        files: the files as SQL literals.
        where: the condition of audited rows; of it, a date's lower bound decides which row groups are left out.
    """
    rows = connection.execute(
        f"SELECT file_name, row_group_id, path_in_schema, total_compressed_size, stats_max_value "
        f"FROM parquet_metadata([{files}])"
    ).fetchall()
    bounds = _lower_bounds(where)
    early = {
        (file, group) for file, group, path, _, high in rows if path in bounds and high and str(high) < bounds[path]
    }
    sizes: dict[str, int] = {}
    for file, group, path, size, _ in rows:
        name = path.split(", ")[0]  # the parts of a nested column are listed one by one
        sizes[name] = sizes.get(name, 0) + (0 if (file, group) in early else size)
    return sizes


def _nodes(plan: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for node in plan:
        yield node
        yield from _nodes(node.get("children", []))


def _chosen(sizes: Mapping[str, Any], columns: frozenset[str]) -> Mapping[str, Any]:
    """The columns that a scan names; all of them where it names one that is not known (names that hold line breaks)."""
    wanted = columns - VIRTUAL
    return {c: sizes[c] for c in wanted} if wanted <= sizes.keys() else sizes


def _blocks(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, frozenset[int]] | None:
    """The blocks on disk that each column of a table lies in."""
    try:
        rows = connection.execute(
            "SELECT column_name, list(block_id), flatten(list(additional_block_ids)) "
            f"FROM pragma_storage_info({exp.Literal.string(table).sql('duckdb')}) WHERE persistent GROUP BY 1"
        ).fetchall()
    except duckdb.Error:
        return None
    return {name: frozenset(b for b in (*own, *(more or ())) if b >= 0) for name, own, more in rows}


def _block_size(connection: duckdb.DuckDBPyConnection) -> int:
    answer = connection.execute("SELECT max(block_size) FROM pragma_database_size()").fetchone()
    return int(answer[0]) if answer else 0


def _lower_bounds(where: exp.Expr | None) -> dict[str, str]:
    """Columns that the condition wants to be a date or later, with that date in ISO form."""
    bounds: dict[str, str] = {}
    for part in where.unnest().flatten() if isinstance(where, exp.And) else [where]:
        comparison = part.unnest() if part is not None else None
        if not isinstance(comparison, exp.GTE) or not isinstance(comparison.this, exp.Column):
            continue
        day = comparison.expression
        if isinstance(day, exp.Cast) and day.is_type("date") and isinstance(day.this, exp.Literal):
            bounds[comparison.this.name] = day.this.name
    return bounds
