"""Columns get their types from all cells, also where only some of them are looked at first."""

from __future__ import annotations

import duckdb
import pytest

from assay.source.files.typed import SAMPLED, type_columns

ROWS = 3 * SAMPLED + 1  # more than are looked at


def typed(value: str, late: str = "NULL", rows: int = ROWS) -> tuple[str, object]:
    """The type that a column of ``value`` (SQL over i) gets, whose last cell is ``late``, and the last value."""
    with duckdb.connect() as connection:
        chosen = f"CASE WHEN i = {rows - 1} THEN {late} ELSE ({value})::VARCHAR END"
        connection.execute(f"CREATE TABLE t AS SELECT ({chosen})::VARCHAR AS c FROM range({rows}) r(i)")
        type_columns(connection, "t")
        (kind,) = connection.sql("SELECT c FROM t LIMIT 0").types
        ((last,),) = connection.execute(f"SELECT c FROM t WHERE rowid = {rows - 1}").fetchall()
        return str(kind), last


@pytest.mark.parametrize(
    ("value", "late", "kind", "last"),
    [
        ("i % 97", "'12'", "BIGINT", 12),
        ("i % 97", "'1.5'", "DOUBLE", 1.5),
        ("i % 97", "'none'", "VARCHAR", "none"),
        ("printf('%.2f', (i % 9000) / 10)", "'1,234.50'", "DOUBLE", 1234.5),
        ("replace(printf('%.2f', i / 7), '.', ',')", "'1.234,50'", "DOUBLE", 1234.5),
        ("'$' || (i % 97)", "'-$5'", "BIGINT", -5),
        ("'$' || (i % 97)", "'($5)'", "BIGINT", -5),
        ("'$' || (i % 97)", "'5'", "VARCHAR", "5"),
        ("(i % 97) || ',5 %'", "'\u22127,5 %'", "DOUBLE", -7.5),
        ("i % 97 || ',50'", "'1,2,3'", "VARCHAR", "1,2,3"),
        ("lpad((1 + i % 12)::VARCHAR, 2, '0') || '/' || lpad((1 + i % 9)::VARCHAR, 2, '0') || '/2025'", "'13/02/2025'", "DATE", "2025-02-13"),
        ("lpad((1 + i % 12)::VARCHAR, 2, '0') || '/' || lpad((1 + i % 9)::VARCHAR, 2, '0') || '/2025'", "'02/13/2025'", "DATE", "2025-02-13"),
        ("lpad((1 + i % 28)::VARCHAR, 2, '0') || '.03.2025'", "'31.02.2025'", "VARCHAR", "31.02.2025"),
        ("lpad((1 + i % 28)::VARCHAR, 2, '0') || '.03.2025'", "'2025-04-01'", "DATE", "2025-04-01"),
        ("lpad((1 + i % 28)::VARCHAR, 2, '0') || '.03.2025'", "'no day'", "VARCHAR", "no day"),
    ],
)  # fmt: skip
def test_one_late_cell_decides(value: str, late: str, kind: str, last: object) -> None:
    found, value_found = typed(value, late)
    assert found == kind
    assert value_found == last or str(value_found) == last
