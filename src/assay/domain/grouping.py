"""Which values and days of a table are worth counting in full."""

from __future__ import annotations

from assay.domain.role import Family, Roles
from assay.profile.groups import GroupPlan
from assay.profile.sample import Sample

MAX_SEGMENT_CELLS = 200_000


def group_plan(sample: Sample, roles: Roles) -> GroupPlan:
    """Count the values of dimensions, the days of the main date, and the days of each segment that is not too fine."""
    dates = [c for c, r in roles.items() if r.event_time]
    values = [
        c
        for c, r in roles.items()
        if r.family in (Family.DIMENSION, Family.NAME, Family.FLAG, Family.TEXT) and _repeats(sample, c)
    ]
    metrics = [c for c, r in roles.items() if r.metric]
    segments: list[str] = []
    if dates:
        days = len(sample[dates[0]].values)
        segments = [
            c
            for c, r in roles.items()
            if r.family in (Family.DIMENSION, Family.ID)
            and len(sample[c].values) >= 2
            and len(sample[c].values) * max(days, 1) <= MAX_SEGMENT_CELLS
            and len(sample[c].values) < sample.rows / 20
        ]
        segments.sort(key=lambda c: (len(sample[c].values), sample.names.index(c)))
    return GroupPlan(tuple(values), dates[0] if dates else None, tuple(metrics), tuple(segments[:4]))


def _repeats(sample: Sample, column: str) -> bool:
    """Whether some values hold many rows, so that counting them in full makes sense."""
    counts = sample[column].counts
    return len(counts) > 0 and int(counts[:20].sum()) >= 0.05 * sample.rows
