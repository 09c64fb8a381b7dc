"""What is unlike the audits before: columns, days, amounts, mixtures and delays, judged by the table's own past."""

from __future__ import annotations

from assay.hypothesis.history.amounts import unusual_amounts
from assay.hypothesis.history.columns import changed_columns
from assay.hypothesis.history.empty import emptier_columns
from assay.hypothesis.history.mixtures import changed_mixtures
from assay.hypothesis.history.restated import restated_days
from assay.hypothesis.history.values import unusual_within
from assay.hypothesis.history.volume import emptied, late_data, unusual_volumes
from assay.hypothesis.hypothesis import Context, Hypothesis


def propose(context: Context) -> list[Hypothesis]:
    """Raise what the past of the table makes suspicious; nothing without a past, or where nothing changed."""
    history = context.history
    if history is None or not history.audits:
        return []
    if not history.state.rows:
        return emptied(context, history)
    found = late_data(context, history)
    if history.unchanged():
        return found + emptier_columns(context, history)
    columns, volumes = changed_columns(context, history), unusual_volumes(context, history)
    found += columns + volumes
    # Fewer rows, and rows without a value, have smaller sums: that is no second fault.
    rows = {h.evidence["day"] for h in volumes if "day" in h.evidence and not h.expected}
    empty = {(day, *h.columns) for h in columns if not h.expected for day in h.evidence.get("days", ())}
    found += [
        h
        for h in unusual_within(context, history, unusual_amounts(context, history))
        if h.evidence["day"] not in rows and (h.evidence["day"], *h.columns) not in empty
    ]
    found += changed_mixtures(context, history)
    found += restated_days(context, history)
    return found
