"""Which values and days of a table are worth counting in full."""

from __future__ import annotations

import numpy as np

from assay.domain.role import Family, Roles
from assay.profile.groups import GroupPlan, Groups
from assay.profile.sample import Sample, SampleColumn
from assay.source.base import ColumnType

MAX_SEGMENT_CELLS = 200_000
MAX_SLOTS = 500_000
DAY = 86_400
STEPS = (43_200, 28_800, 21_600, 14_400, 10_800, 7_200, 3_600, 1_800, 900)  # seconds, of which a day is a multiple
SUMMED = (
    "platform",
    "data_source",
    "campaign_type",
    "objective",
)  # what reports and varies in its own way; the first counts
FEW = 12  # values
COVERED = 0.9  # share of the rows that these values have, and of the days that have two of them
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
        apart = [c for name in SUMMED for c in segments if roles[c].name == name]
        segments = list(dict.fromkeys([*segments[:4], *apart[:1]]))
    step = time_step(sample[dates[0]]) if dates else 0
    return GroupPlan(tuple(values), dates[0] if dates else None, tuple(metrics), tuple(segments), step)


def summed_column(groups: Groups, roles: Roles) -> str | None:
    """The column by whose values the amounts of days are told apart, the first of :data:`SUMMED` that can.

    A few values must have nearly all rows, and most days two of them.
    """
    days = 0 if groups.days is None else len(groups.days.day)
    for name in SUMMED:
        for column, split in groups.segments.items():
            if column not in roles or roles[column].name != name or not days:
                continue
            named = split.segment != ""
            values, line = np.unique(split.segment[named].astype(str), return_inverse=True)
            rows = np.bincount(line, weights=split.rows[named])
            several = int(np.count_nonzero(np.unique(split.day[named], return_counts=True)[1] >= 2))
            most = np.sort(rows)[::-1][:FEW].sum()
            if len(values) >= 2 and several >= COVERED * days and most >= COVERED * split.rows.sum():
                return column
    return None


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
