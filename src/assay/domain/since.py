"""Rows since a day: the condition that ``--since`` means, by the date column that the roles name."""

from __future__ import annotations

from datetime import date

from sqlglot import exp

from assay.domain.role import Roles
from assay.errors import ConfigurationError, SourceError
from assay.profile.sample import Sample
from assay.source.base import ColumnType


def since_day(since: str) -> date:
    """The day that ``--since`` (ISO) names.

    Raises:
        ConfigurationError: it is no date.
    """
    try:
        return date.fromisoformat(since)
    except ValueError:
        raise ConfigurationError(f"--since {since}: not a date; write it as YYYY-MM-DD") from None


def since_condition(table: str, sample: Sample, roles: Roles, day: date) -> exp.Expr:
    """The condition that a row's day is ``day`` or later.

    Raises:
        SourceError: no column is recognised as the day that rows are about.
    """
    dates = [name for name, role in roles.items() if role.event_time]
    if not dates:
        raise SourceError(f"{table}: no date column was recognised for --since; use --where instead")
    column = sample[dates[0]]
    value = column.value
    if column.type is ColumnType.TEXT:  # nothing was read that would tell how its dates are written
        value = exp.TryCast(this=value, to=exp.DataType.build("date"))
    return exp.GTE(this=value, expression=exp.cast(exp.Literal.string(day.isoformat()), "date"))
