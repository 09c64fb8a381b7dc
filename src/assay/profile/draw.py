"""The statement that draws a sample, which an engine can answer before the rest of the program is imported."""

from __future__ import annotations

from sqlglot import exp

from assay.config import Settings
from assay.source.base import Column, ColumnType, Source


def sample_size(source: Source, settings: Settings) -> int:
    """Rows to sample of a table: all of a small one that would be billed for every look at it."""
    whole = source.billed and source.rows <= settings.pulled_rows
    return settings.pulled_rows if whole else settings.sample_rows


def sample_query(source: Source, rows: int) -> exp.Expr | None:
    """The statement that draws about ``rows`` rows by a hash of their position; None if no column can be audited."""
    columns = audited(source)
    if not columns:
        return None
    fraction = 1.0 if source.rows <= 1.5 * rows else rows / source.rows
    fields = [exp.alias_(_readable(c), f"c{i}") for i, c in enumerate(columns)]
    return exp.select(*fields).from_(source.sampled(fraction)).order_by(source.position())


def audited(source: Source) -> list[Column]:
    """The columns that are audited: those with one value in each row."""
    return [c for c in source.columns if c.type not in (ColumnType.NESTED, ColumnType.BINARY)]


def _readable(column: Column) -> exp.Expr:
    value = exp.column(column.name, quoted=True)
    return exp.cast(value, "text") if column.type in (ColumnType.TEXT, ColumnType.TIME, ColumnType.OTHER) else value
