"""What is wrong with a user's condition that the engine refused: names that are no columns, and what was meant."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from sqlglot import exp

SHOWN = 8
CLOSEST = 3


def unknown_columns(where: exp.Expr, columns: Sequence[str]) -> str | None:
    """A sentence on the names in a condition that are none of the columns; None if there are none.

    Args:
        columns: the table's columns; the engine compares them without regard to case.
    """
    known = {c.casefold(): c for c in columns}
    named = dict.fromkeys(c.parts[0].name for c in where.find_all(exp.Column))
    unknown = [n for n in named if n.casefold() not in known]
    if not unknown:
        return None
    close = [
        known[c] for n in unknown for c in difflib.get_close_matches(n.casefold(), known, n=CLOSEST)
    ]  # by likeness, as difflib orders them
    told = f"the condition names {', '.join(unknown)}, which is no column"
    if len(unknown) > 1:
        told = f"the condition names {', '.join(unknown)}, which are no columns"
    if close:
        *others, last = dict.fromkeys(close)
        return f"{told}; did you mean {' or '.join([', '.join(others), last] if others else [last])}?"
    more = ", ..." if len(columns) > SHOWN else ""
    return f"{told}; there are: {', '.join(columns[:SHOWN])}{more}"
