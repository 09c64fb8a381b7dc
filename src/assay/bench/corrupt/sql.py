"""Short SQL templates as engine-neutral trees."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from sqlglot import exp

BITS = 53  # of a draw: whole numbers that a double holds exactly
SPAN = 1 << BITS


def sql(template: str, **parts: exp.Expr | str | float) -> exp.Expr:
    """The expression of a template whose ``:names`` are replaced by expressions, or by literals of plain values."""
    filled = {name: _operand(part) for name, part in parts.items()}
    return exp.replace_placeholders(exp.maybe_parse(template, copy=False), **filled)


def _operand(part: exp.Expr | str | float) -> exp.Expr:
    if not isinstance(part, exp.Expr):
        return exp.convert(part)
    part = part.copy()
    return exp.paren(part, copy=False) if isinstance(part, exp.Binary | exp.Not | exp.Neg) else part


def select(fields: Sequence[exp.Expr], rows: exp.Expr) -> exp.Select:
    """A query of fields from a table or a query; takes what it is given into the tree, without copying."""
    place = rows.subquery("rows_", copy=False) if isinstance(rows, exp.Query) else rows
    return exp.Select().select(*fields, copy=False).from_(place, copy=False)


def named(value: exp.Expr, name: str) -> exp.Expr:
    """The value as a field of this name; takes it into the tree."""
    return exp.Alias(this=value, alias=exp.to_identifier(name, quoted=True))


def column(name: str) -> exp.Expr:
    """A column by its exact name."""
    return exp.column(name, quoted=True)


def any_of(conditions: list[exp.Expr]) -> exp.Expr:
    """True where one of them is; false for none."""
    return reduce(lambda a, b: exp.or_(a, b), conditions) if conditions else exp.false()


def all_of(conditions: list[exp.Expr]) -> exp.Expr:
    """True where all of them are."""
    return reduce(lambda a, b: exp.and_(a, b), conditions) if conditions else exp.true()


def is_true(condition: exp.Expr) -> exp.Expr:
    """The condition, false where it is unknown."""
    return sql("coalesce(:condition, FALSE)", condition=condition)


def differs(a: exp.Expr, b: exp.Expr) -> exp.Expr:
    """Null-safe: whether two values are not the same."""
    return sql(":a IS DISTINCT FROM :b", a=a, b=b)


def text(value: exp.Expr) -> exp.Expr:
    """The value as text."""
    return exp.cast(value.copy(), "text")


def day_number(moment: exp.Expr) -> exp.Expr:
    """Days since 1970 of a date or a timestamp."""
    epoch = exp.cast(exp.Literal.string("1970-01-01"), "date")
    return exp.DateDiff(this=exp.cast(moment.copy(), "date"), expression=epoch, unit=exp.var("DAY"))


def picked(values: list[exp.Expr], index: exp.Expr) -> exp.Expr:
    """The value at an index that is drawn per row."""
    case = exp.Case()
    for i, value in enumerate(values[:-1]):
        case = case.when(sql(":index = :i", index=index, i=i), value.copy())
    return case.else_(values[-1].copy()) if len(values) > 1 else values[0].copy()


def by_value(subject: exp.Expr, mapping: dict[str, str]) -> exp.Expr:
    """What a text is mapped to; null for any other."""
    case = exp.Case(this=subject.copy())
    for key, value in mapping.items():
        case = case.when(exp.Literal.string(key), exp.Literal.string(value))
    return case
