"""What may be wrong with a table in time: gaps, partial and stale loads, wrong dates, broken volumes and levels."""

from __future__ import annotations

from assay.hypothesis.hypothesis import Context, Hypothesis
from assay.hypothesis.scope import event_date
from assay.hypothesis.series import Panel, main_period, panel
from assay.hypothesis.temporal.future import future_dates
from assay.hypothesis.temporal.gaps import segment_gaps, table_gaps
from assay.hypothesis.temporal.hour_gaps import hour_gaps
from assay.hypothesis.temporal.shifts import level_shifts
from assay.hypothesis.temporal.stale import stale_days
from assay.hypothesis.temporal.volume import partial_ends, volume_anomalies

LONGEST = 20_000  # days; a longer period is no series
MAX_CELLS = 2_000_000


def propose(context: Context) -> list[Hypothesis]:
    """Raise all temporal hypotheses except changes of unit."""
    found = future_dates(context)
    date = event_date(context)
    if date is not None:
        found += stale_days(context, date)
    days = context.profile.groups.days
    if date is None or days is None or len(days.day) < 2:
        return found
    period = main_period(days.day, days.rows)
    if period[1] - period[0] > LONGEST:
        return found
    table = panel(days, period, split=False)
    splits = _splits(context, period)
    gaps = table_gaps(context, date, table)
    for column, split in splits.items():
        known = {h.evidence["missing_days"][0] for h in gaps}
        gaps += [
            h for h in segment_gaps(context, date, table, column, split) if h.evidence["missing_days"][0] not in known
        ]
    gap_days = {int(d) for d in table.days[table.rows[0] == 0]}
    found += gaps + hour_gaps(context, date)
    found += volume_anomalies(context, date, table, splits, gap_days)
    found += partial_ends(date, table)
    return found + level_shifts(context, date, table, splits)


def _splits(context: Context, period: tuple[int, int]) -> dict[str, Panel]:
    """The segment columns' days, coarse ones first, without those that are too fine for the period."""
    length = period[1] - period[0] + 1
    splits = {}
    for column, days in context.profile.groups.segments.items():
        if len(set(days.segment)) * length * max(len(days.sums), 1) <= MAX_CELLS * 4:
            splits[column] = panel(days, period, split=True)
    return dict(sorted(splits.items(), key=lambda item: len(item[1].names)))
