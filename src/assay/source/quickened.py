"""Statements as DuckDB answers them soonest: the same answers from other words."""

from __future__ import annotations

from collections import Counter

from sqlglot import exp

SHORT_LIST = 12  # texts in an IN (...) that are quicker compared than looked up

ONCE = "assay_once_"


def quickened(query: exp.Expr) -> exp.Expr:
    """A copy of a query that has the same answer, sooner."""
    query = query.copy()
    _hashed_lists(query)
    for select in list(query.find_all(exp.Select)):
        _logarithms_once(select)
    return query


def _logarithms_once(select: exp.Select) -> None:
    """Logarithms that stand in a row several times are taken once, below.

    The engine finds equal parts only where all of an expression is computed, not in the branches of conditions: a
    claim about outliers has twenty logarithms of three columns.
    """
    tables = select.args.get("from_")
    if tables is None or select.is_star or not tables.this.alias_or_name:
        return
    # Only those that are safe in every row, whatever stands around them: an argument that is a condition of its own.
    logs = (node for node in select.find_all(exp.Ln) if isinstance(node.this, exp.Case))
    found = [node for node in logs if node.parent_select is select]
    repeated = [log for log, times in Counter(found).items() if times > 1]
    if not repeated:
        return
    names = {log: exp.column(f"{ONCE}{i}") for i, log in enumerate(repeated)}
    taken = [exp.alias_(log.copy(), name.name) for log, name in names.items()]
    for node in found:
        if node in names:
            node.replace(names[node].copy())
    below = exp.select("*", *taken).from_(tables.this.copy())
    tables.this.replace(below.subquery(tables.this.alias_or_name))


def _hashed_lists(query: exp.Expr) -> None:
    """Long lists of constants are looked up in a hash table.

    The engine compares a list of constants one by one in every row: 2,000 texts cost 3.5 s per million rows, as a
    subquery 0.05 s; 4,000 pairs 50 s against 0.2 s.
    """
    for node in list(query.find_all(exp.In)):
        listed = node.expressions
        if len(listed) <= SHORT_LIST:
            continue
        rows = [e.expressions if isinstance(e, exp.Tuple) else [e] for e in listed]
        if len({len(row) for row in rows}) == 1 and all(_is_constant(cell) for row in rows for cell in row):
            columns = [
                exp.Unnest(expressions=[exp.Array(expressions=list(cells))]) for cells in zip(*rows, strict=True)
            ]
            node.replace(exp.In(this=node.this, query=exp.select(*columns).subquery()))


def _is_constant(value: exp.Expr) -> bool:
    return isinstance(value.this if isinstance(value, exp.Cast | exp.Neg) else value, exp.Literal)
