"""The other tables of a data set: which are of the same kind, and what columns they have that this one lost."""

from __future__ import annotations

import re

from assay.domain.header import normalise
from assay.hypothesis.hypothesis import Context

Hole = tuple[str, str, float]
"""A lost column, why it seems lost, and how sure that is."""


def lost_by_siblings(context: Context) -> list[Hole]:
    """Columns that tables of the same kind have: two that agree in all columns, or one whose name differs by a number.

    A table that has columns of its own is of another kind, or has renamed one.
    """
    own = {normalise(c): c for c in (*context.profile.sample.names, *context.profile.sample.skipped)}
    table = context.profile.table
    kinds: dict[frozenset[str], list[str]] = {}
    spelling: dict[str, str] = {}
    for other, columns in context.profile.siblings.items():
        spelling |= {normalise(c.name): c.name for c in columns}
        kinds.setdefault(frozenset(normalise(c.name) for c in columns), []).append(other)
    for names, tables in sorted(kinds.items(), key=lambda item: (-len(item[1]), sorted(item[1]))):
        lost = names - set(own)
        same_name = any(stem(t) == stem(table) and t != table for t in tables)
        if not lost or set(own) - names or len(lost) > max(2, len(names) // 4):
            continue
        if len(tables) < 2 and not same_name:
            continue
        agreed = f"{len(tables)} other tables" if len(tables) > 1 else "a table of the same name"
        return [
            (
                spelling[name],
                f"{agreed} of the data set that {'have' if len(tables) > 1 else 'has'} all of these columns also "
                f"{'have' if len(tables) > 1 else 'has'} {spelling[name]}",
                0.9 if len(tables) > 1 else 0.75,
            )
            for name in sorted(lost)
        ]
    return []


def stem(table: str) -> str:
    """A table's name without numbers, dates and its ending."""
    return re.sub(r"[\d_\-.]+", "", re.sub(r"\.\w{1,7}$", "", table.casefold().replace("\\", "/").split("/")[-1]))
