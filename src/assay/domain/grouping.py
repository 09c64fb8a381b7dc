"""Which values and days of a table are worth counting in full."""

from __future__ import annotations

import numpy as np

from assay.domain.role import Family, Roles
from assay.profile.groups import GroupPlan
from assay.profile.sample import Sample, SampleColumn
from assay.source.base import ColumnType

MAX_SEGMENT_CELLS = 200_000
MAX_SLOTS = 500_000
DAY = 86_400
STEPS = (43_200, 28_800, 21_600, 14_400, 10_800, 7_200, 3_600, 1_800, 900)  # seconds, of which a day is a multiple
ON_GRID = 0.95  # of the times; a few may be damaged
FEWEST_TIMES = 30


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
    step = time_step(sample[dates[0]]) if dates else 0
    return GroupPlan(tuple(values), dates[0] if dates else None, tuple(metrics), tuple(segments[:4]), step)


def time_step(column: SampleColumn) -> int:
    """Seconds between the regular times of day of a timestamp column; 0 where it has days only, or no regular times.

    Events that happen at any second have no such grid, and a report of whole days has one time of day.
    """
    if column.type is not ColumnType.TIMESTAMP or column.reading is not None:
        return 0
    seconds = np.rint(column.numbers[np.isfinite(column.numbers)] * DAY).astype(np.int64)
    if len(seconds) < FEWEST_TIMES or (seconds.max() - seconds.min()) // STEPS[-1] > MAX_SLOTS:
        return 0
    for step in STEPS:
        if np.mean(seconds % step == 0) >= ON_GRID:
            times = len(np.unique(seconds % DAY // step))
            return step if times > 1 else 0
    return 0


def _repeats(sample: Sample, column: str) -> bool:
    """Whether some values hold many rows, so that counting them in full makes sense."""
    counts = sample[column].counts
    return len(counts) > 0 and int(counts[:20].sum()) >= 0.05 * sample.rows
