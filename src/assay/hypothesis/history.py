"""What is unlike the audits before: columns, days, amounts, mixtures and delays, judged by the table's own past."""

from __future__ import annotations

from assay.hypothesis.history_amounts import unusual_amounts
from assay.hypothesis.history_columns import changed_columns
from assay.hypothesis.history_mix import changed_mixtures
from assay.hypothesis.history_restated import restated_days
from assay.hypothesis.history_volume import late_data, unusual_volumes
from assay.hypothesis.hypothesis import Context, Hypothesis


def propose(context: Context) -> list[Hypothesis]:
    """Raise what the past of the table makes suspicious; nothing without a past, or where nothing changed."""
    history = context.history
    if history is None or not history.audits:
        return []
    found = late_data(context, history)
    if history.unchanged():
        return found
    found += changed_columns(context, history)
    found += unusual_volumes(context, history)
    found += unusual_amounts(context, history)
    found += changed_mixtures(context, history)
    found += restated_days(context, history)
    return found
