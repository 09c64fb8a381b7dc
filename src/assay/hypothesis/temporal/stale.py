"""Days whose rows repeat the day before: the load delivered yesterday's numbers again, under today's date.

The null model is the table's other days: how often the numbers of one entity are the same on two days that follow each
other. Rows without delivery and tables that hardly change (prices, stocks) repeat themselves on any day, and so do
quotes on every weekend: only days that stand apart from the others, in one or a few runs, are stale.
"""

from __future__ import annotations

import numpy as np
from sqlglot import exp

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.hypothesis.scope import among, between
from assay.hypothesis.series import iso
from assay.profile.arrays import Bools, Floats, Ints
from assay.profile.fingerprint import Prints, row_prints

FEWEST = 5  # entities that repeat themselves on a stale day
PART = 0.25  # of the entities that are there on both days, which repeat themselves on the clearest stale days
REST = 0.3  # of all comparisons, which other days have at least: what is usual is told by them
NEARLY_ALL = 0.9  # of them, on a day that is stale as a whole
USUAL = 0.05  # share of repeated rows on other days, above which a repetition says nothing
RARE = 1e-6  # probability, over all days, of a day of independent repetitions
PAUSE = 3  # days from one stale day to the next within a run
MOST_RUNS = 3  # of stale days: more are a habit, such as weekends
SEVERAL = 2  # measures above zero in a row that could not be the same by chance
MUCH = 10.0  # and the largest of them
MOSTLY = 0.5  # of an entity's rows of a run that repeat, for all of them to be stale
LISTED = 2_000  # entities that a predicate names


def stale_days(context: Context, date: str) -> list[Hypothesis]:
    """Raise each run of days in which many entities have exactly their numbers of the day before."""
    sample = context.profile.sample
    entity = [c for c in context.grain if c != date]
    measures = [
        c
        for c in sample.names
        if context.role(c).family in (Family.COUNT, Family.MONEY) and sample[c].type.numeric and c not in entity
    ]
    if date not in context.grain or not entity or len(measures) < SEVERAL:
        return []
    numbers = sample[date].numbers
    rows = np.flatnonzero(np.isfinite(numbers))
    days = np.floor(numbers[rows]).astype(np.int64)
    order = np.lexsort((days, row_prints(sample, entity)[rows]))
    rows, days, who = rows[order], days[order], row_prints(sample, entity)[rows][order]
    values = np.nan_to_num(np.stack([sample[c].numbers[rows] for c in measures]), nan=-1.0)
    follows = np.append(False, (who[1:] == who[:-1]) & (days[1:] == days[:-1] + 1))
    same = np.append(False, (values[:, 1:] == values[:, :-1]).all(axis=0)) & follows
    telling = ((values > 0).sum(axis=0) >= SEVERAL) & (values.max(axis=0) >= MUCH)
    runs = _runs(days, follows & telling, same & telling, PART if sample.complete else NEARLY_ALL)
    if not 0 < len(runs) <= MOST_RUNS:
        return []
    return [
        _hypothesis(context, date, entity, measures, run, rows[_stuck(run, who, days, values, same, follows)])
        for run in runs
    ]


def _stuck(run: tuple[int, int], who: Prints, days: Ints, values: Floats, same: Bools, follows: Bools) -> Bools:
    """The rows of a run whose entity repeats itself in most of them, or shows its numbers of the day before the run."""
    inside = (days >= run[0]) & (days <= run[1])
    names, place = np.unique(who, return_inverse=True)
    eve = np.full(len(names), -1)
    before = np.flatnonzero(days == run[0] - 1)
    eve[place[before]] = before
    known = eve[place] >= 0
    repeated = same | (known & (values == values[:, eve[place]]).all(axis=0))
    telling = inside & (follows | known)
    share = np.bincount(place[telling & repeated], minlength=len(names)) / np.maximum(
        np.bincount(place[telling], minlength=len(names)), 1
    )
    stuck: Bools = inside & repeated & (share[place] >= MOSTLY) & (values > 0).any(axis=0)
    return stuck


def _runs(days: Ints, compared: Bools, same: Bools, least: float) -> list[tuple[int, int]]:
    """First and last days of the runs in which many rows repeat the day before; none where other days do, too.

    Args:
        least: share of the rows that repeat on a stale day.
    """
    if not compared.any():
        return []
    seen, place = np.unique(days[compared], return_inverse=True)
    pairs = np.bincount(place)
    equal = np.bincount(place, weights=same[compared]).astype(np.float64)
    # What starts later has no numbers that could be repeated: in a long run fewer and fewer rows are stale.
    possible = (equal >= FEWEST) & (equal > USUAL * pairs)
    clear = equal >= PART * pairs
    many = clear | (_joined(clear & possible, possible, seen) if least <= PART else False)
    others = int(pairs[~many].sum())
    usual = equal[~many].sum() / others if others >= max(FEWEST, REST * pairs.sum()) else 1.0
    if usual > USUAL:
        return []
    beyond = _surprise(equal, pairs, max(float(usual), 1 / others)) > np.log(len(seen) / RARE)
    found = seen[beyond & possible & many & (clear if least <= PART else equal >= least * pairs)]
    if least <= PART:
        found = seen[_joined(np.isin(seen, found), beyond & possible & many, seen)]
    if not len(found):
        return []
    starts = np.flatnonzero(np.append(True, np.diff(found) > PAUSE))
    ends = np.append(starts[1:] - 1, len(found) - 1)
    return [(int(found[a]), int(found[b])) for a, b in zip(starts, ends, strict=True)]


def _joined(seeds: Bools, possible: Bools, days: Ints) -> Bools:
    """The seeds and the possible days that follow each other to one of them."""
    places = np.flatnonzero(seeds | possible)
    run = np.cumsum(np.append(True, np.diff(days[places]) > PAUSE))
    joined = np.zeros(len(days), np.bool_)
    joined[places] = np.isin(run, run[seeds[places]])
    return joined


def _surprise(equal: Floats, pairs: Ints, usual: float) -> Floats:
    """Bound of Chernoff on the probability of so many repetitions or more, as a negative logarithm."""
    share = np.clip(equal / pairs, 1e-9, 1 - 1e-9)
    distance = share * np.log(share / usual) + (1 - share) * np.log((1 - share) / (1 - usual))
    return np.asarray(np.where(share > usual, pairs * distance, 0.0), dtype=np.float64)


def _hypothesis(
    context: Context, date: str, entity: list[str], measures: list[str], run: tuple[int, int], rows: Ints
) -> Hypothesis:
    first, last = run
    conditions = between(context, date, first, last)
    named = _named(context, entity, rows)
    if named is not None:
        conditions.append(named)
    length = last - first + 1
    when = f"the {length} days from {iso(first)} on repeat" if length > 1 else f"{iso(first)} repeats"
    return Hypothesis(
        "stale_data",
        (date, *measures),
        f"{when} the numbers of the day before in every measure",
        RowTest(exp.and_(*conditions)),
        cells=tuple(measures),
        origin="discovered",
        prior=0.8,
        weight=0.8,
        confidence=0.93,
        action="load these days again: the source had not been updated when they were read",
        evidence={"first": iso(first), "last": iso(last), "rows_in_sample": len(rows)},
    )


def _named(context: Context, entity: list[str], rows: Ints) -> exp.Expr | None:
    """The condition that names the entities that repeat; None where the sample does not know them all."""
    sample = context.profile.sample
    if not sample.complete:
        return None
    *coarse, fine = sorted(entity, key=lambda c: len(sample[c].values))
    groups: dict[tuple[str, ...], set[str]] = {}
    for row in rows.tolist():
        cells = [_text(context, c, row) for c in (*coarse, fine)]
        groups.setdefault(tuple(cells[:-1]), set()).add(cells[-1])
    if sum(map(len, groups.values())) > LISTED:
        return None
    parts = [
        exp.and_(
            *(among(context, c, [value]) for c, value in zip(coarse, key, strict=True)),
            among(context, fine, sorted(values)),
        )
        for key, values in sorted(groups.items())
    ]
    return exp.paren(exp.or_(*parts))


def _text(context: Context, column: str, row: int) -> str:
    cells = context.profile[column]
    code = int(cells.codes[row])
    return cells.values[code] if code >= 0 else ""
