"""How many values of each column are empty, load by load: the days of a table, or the table as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from assay.profile.sample import Sample

WHOLE = ""  # the load of a table without days that hold enough rows to tell a rate
FEWEST = 20  # rows that tell a rate
KEPT = 60  # loads that are remembered
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Empties:
    """Counts of rows that were looked at.

    Attributes:
        rows: by load (a day in ISO form, or :data:`WHOLE`), the oldest first.
        nulls: by column and load; a load of which the column is not trusted is left out.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    nulls: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def merged(self, now: Empties, whole: str, trusts: Callable[[str, str], bool]) -> Empties:
        """What is known after another audit, of the last loads.

        Args:
            whole: what the load :data:`WHOLE` of ``now`` is called from now on.
            trusts: whether a column of a load may be trusted.
        """
        names = {load: load or whole for load in now.rows}
        rows = {**self.rows, **{names[load]: n for load, n in now.rows.items()}}
        order = sorted(rows) if all(now.rows) else list(rows)
        kept = order[-KEPT:]
        nulls = {}
        for column in {**self.nulls, **now.nulls}:
            known = {load: n for load, n in self.nulls.get(column, {}).items() if load not in names.values()}
            fresh = now.nulls.get(column, {}).items()
            known |= {names[load]: n for load, n in fresh if trusts(load, column)}
            nulls[column] = {load: known[load] for load in kept if load in known}
        return Empties({load: rows[load] for load in kept}, {c: n for c, n in nulls.items() if n})

    def to_json(self) -> dict[str, Any]:
        """Loads, their rows, and for each column its empty values in the order of the loads."""
        loads = list(self.rows)
        columns = {column: [n.get(load) for load in loads] for column, n in self.nulls.items()}
        return {"loads": loads, "rows": list(self.rows.values()), "nulls": columns}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Empties:
        """What :meth:`to_json` wrote."""
        loads = body.get("loads", ())
        nulls = {
            column: {load: n for load, n in zip(loads, counts, strict=True) if n is not None}
            for column, counts in body.get("nulls", {}).items()
        }
        return cls(dict(zip(loads, body.get("rows", ()), strict=True)), nulls)


def empties_of(sample: Sample, dated: str | None) -> Empties:
    """Count the empty values of a sample, by day where its days have enough rows each.

    Args:
        dated: the column of the day that rows are about.
    """
    codes, loads = np.zeros(sample.rows, np.int64), [WHOLE]
    if dated is not None:
        days = np.floor(sample[dated].numbers)
        present = np.isfinite(days)
        known, inverse = np.unique(days[present], return_inverse=True)
        if len(known) and np.median(np.bincount(inverse)) >= FEWEST:
            codes = np.full(sample.rows, -1)
            codes[present] = inverse
            loads = [date.fromordinal(int(d) + _EPOCH).isoformat() for d in known]
    counted = codes >= 0
    sizes = np.bincount(codes[counted], minlength=len(loads))
    rows = {load: int(n) for load, n in zip(loads, sizes, strict=True) if n >= FEWEST}
    nulls = {}
    for column in sample.columns:
        empty = np.bincount(codes[counted & column.nulls], minlength=len(loads))
        nulls[column.name] = {load: int(n) for load, n in zip(loads, empty, strict=True) if load in rows}
    return Empties(rows, nulls)
