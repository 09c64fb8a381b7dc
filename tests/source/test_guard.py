"""The read-only guard."""

from __future__ import annotations

import pytest
from sqlglot import exp

from assay.errors import UnsafeQueryError
from assay.source.guard import check, parse_predicate, parse_query


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "SELECT a, COUNT(*) FROM t GROUP BY a",
        "WITH x AS (SELECT 1 AS a) SELECT a FROM x",
        "SELECT a FROM t UNION ALL SELECT b FROM u",
        'SELECT "drop table t" FROM t',
        "SELECT 'INSERT INTO t' AS text",
    ],
)
def test_a_query_passes(sql: str) -> None:
    assert isinstance(parse_query(sql, "duckdb"), exp.Query)


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "INSERT INTO t VALUES (1)",
        "SELECT 1; DROP TABLE t",
        "CREATE TABLE x AS SELECT 1",
        "COPY t TO 'file'",
        "ATTACH 'file'",
        "PRAGMA version",
        "SET threads = 1",
        "EXPORT DATABASE 'x'",
        "INSTALL httpfs",
        "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT getenv('HOME')",
        "CALL pragma_version()",
        "VACUUM",
        "not sql at all ((",
    ],
)
def test_anything_else_is_refused(sql: str) -> None:
    with pytest.raises(UnsafeQueryError):
        parse_query(sql, "duckdb")


@pytest.mark.parametrize("sql", ["a > 1", "a = 'x' OR b IS NULL", "a > 1 -- comment", "day >= DATE '2025-01-01'"])
def test_a_condition_passes(sql: str) -> None:
    assert parse_predicate(sql, "duckdb") is not None


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "1; DROP TABLE t",
        "1) OR (1",
        "1 = 1 LIMIT 5",
        "EXISTS (SELECT 1)",
        "a IN (SELECT b FROM u)",
        "1) GROUP BY (2",
    ],
)
def test_a_condition_that_is_more_is_refused(sql: str) -> None:
    with pytest.raises(UnsafeQueryError):
        parse_predicate(sql, "duckdb")


def test_a_condition_that_cannot_be_read_is_quoted_as_it_was_given() -> None:
    with pytest.raises(UnsafeQueryError, match="'clicks >' is not a condition"):
        parse_predicate("clicks >", "duckdb")


def test_a_tree_built_by_hand_is_checked_too() -> None:
    with pytest.raises(UnsafeQueryError):
        check(exp.Drop(this=exp.to_table("t"), kind="TABLE"))
