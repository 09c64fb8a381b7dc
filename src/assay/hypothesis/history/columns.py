"""Columns that the table had and lost, types that changed, and columns that are emptier than they ever were."""

from __future__ import annotations

from assay.hypothesis.history.empty import emptier_columns
from assay.hypothesis.hypothesis import Context, Fact, Hypothesis
from assay.profile.history import History
from assay.source.base import ColumnType

NUMBERS = {ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.FLOAT}
TIMES = {ColumnType.DATE, ColumnType.TIMESTAMP}


def changed_columns(context: Context, history: History) -> list[Hypothesis]:
    """Raise lost columns, changed types and jumps of the null rate."""
    return [*_lost(history), *_retyped(history), *emptier_columns(context, history)]


def _lost(history: History) -> list[Hypothesis]:
    return [
        Hypothesis(
            "missing_columns",
            (name,),
            f"The column was there in earlier audits ({column.role or column.type}) and is gone.",
            Fact(rows=history.state.rows),
            origin="memory",
            prior=0.95,
            weight=1.0,
            confidence=0.97,
            action="Ask who changed the export; restore the column, or confirm that it was dropped on purpose.",
            evidence={"was": column.type, "role": column.role, "audits": history.audits},
        )
        for name, column in history.columns.items()
        if name not in history.state.columns
    ]


def _group(kind: str) -> str:
    if kind in NUMBERS:
        return "number"
    return "date" if kind in TIMES else kind


def _retyped(history: History) -> list[Hypothesis]:
    found = []
    for name, was in history.columns.items():
        now = history.state.columns.get(name)
        empty = now is None or now.nulls == now.rows or was.nulls == was.rows
        if now is None or empty or _group(now.type) == _group(was.type):
            continue
        found.append(
            Hypothesis(
                "type_change",
                (name,),
                f"The column held values of type {was.type} in earlier audits and now holds {now.type}.",
                Fact(rows=now.rows - now.nulls if now.rows == history.state.rows else history.state.rows),
                origin="memory",
                prior=0.9,
                weight=0.9,
                confidence=0.93,
                action="Find what changed in the load; cast the column back, or confirm the new type.",
                evidence={"was": was.type, "now": now.type},
            )
        )
    return found
