"""The gate that every statement passes: exactly one read-only query, or refusal. It fails closed."""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from assay.errors import UnsafeQueryError

ALLOWED_ROOTS = (exp.Select, exp.SetOperation)

FORBIDDEN = (
    exp.Insert,
    exp.Update,
    exp.Delete,
    exp.Merge,
    exp.Create,
    exp.Drop,
    exp.Alter,
    exp.TruncateTable,
    exp.Copy,
    exp.Attach,
    exp.Detach,
    exp.Command,
    exp.Set,
    exp.Pragma,
    exp.Use,
    exp.LoadData,
    exp.Transaction,
    exp.Commit,
    exp.Rollback,
    exp.Grant,
    exp.Into,
    exp.Lock,
    exp.Kill,
    exp.Export,
    exp.Install,
)

FORBIDDEN_FUNCTIONS = frozenset(
    {
        "getenv", "read_text", "read_blob", "glob", "sniff_csv", "query", "query_table", "system", "nextval", "setval",
        "pg_sleep", "pg_read_file", "pg_ls_dir", "lo_import", "lo_export", "dblink", "external_query",
        "pg_terminate_backend", "set_config", "load_extension",
    }
)  # fmt: skip


def check(query: exp.Expr) -> exp.Expr:
    """Return ``query`` if it is one read-only query, else raise :class:`UnsafeQueryError`."""
    if not isinstance(query, ALLOWED_ROOTS):
        raise UnsafeQueryError(f"only a single SELECT is allowed, not {type(query).__name__.upper()}")
    for node in query.walk():
        if isinstance(node, FORBIDDEN):
            raise UnsafeQueryError(f"{type(node).__name__.upper()} is not read-only and is refused")
        if isinstance(node, exp.Func):
            name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
            if name.lower() in FORBIDDEN_FUNCTIONS:
                raise UnsafeQueryError(f"the function {name.lower()} is refused")
    return query


def parse_query(sql: str, dialect: str) -> exp.Expr:
    """Parse text into one read-only query of ``dialect``; raise :class:`UnsafeQueryError` for anything else."""
    try:
        statements = sqlglot.parse(sql, read=dialect)
    except SqlglotError as error:
        raise UnsafeQueryError(f"not a query that can be read: {_first_line(error)}") from None
    if len(statements) != 1 or statements[0] is None:
        raise UnsafeQueryError(f"exactly one statement is allowed, got {len(statements)}")
    return check(statements[0])


def parse_predicate(sql: str, dialect: str) -> exp.Expr:
    """Parse the text of a row condition (for --where); raise :class:`UnsafeQueryError` if it is anything else."""
    try:
        query = parse_query(f"SELECT 1 FROM t WHERE ({sql}\n)", dialect)
    except UnsafeQueryError:
        raise UnsafeQueryError(f"{sql!r} is not a condition; give one boolean expression, such as clicks > 0") from None
    where = query.args.get("where")
    if not isinstance(query, exp.Select) or where is None or set(_used(query)) != {"expressions", "from_", "where"}:
        raise UnsafeQueryError("the condition is more than a condition; give one boolean expression")
    condition: exp.Expr = where.this
    if isinstance(condition, exp.Paren) is False or condition.find(exp.Query) is not None:
        raise UnsafeQueryError("the condition may not hold a query of its own")
    return condition


def _used(query: exp.Expr) -> list[str]:
    return [key for key, value in query.args.items() if value and key not in ("kind", "hint")]


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
