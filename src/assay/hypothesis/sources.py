"""Sources that tell of the same things: where most agree, the others are wrong, and what they leave out is missing.

A table that holds one row for each source and thing (prices by shop and article, times by website and flight) says
everything several times. What describes the thing must be the same in all of its rows; a plurality that the change of
one vote cannot turn decides which value is right (majority voting, the baseline of truth discovery: Li et al. 2012).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from sqlglot import exp

from assay.domain.role import Family
from assay.hypothesis.dependencies.predicate import listed_pairs, listed_values, stored
from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.profile.arrays import Bools, Floats, Ints
from assay.profile.fingerprint import copies, row_prints
from assay.profile.sample import SampleColumn
from assay.source.base import ColumnType

SOURCES = (3, 1_000)  # number of sources
VOICES = 3  # rows of the average thing
CROSSED = 0.3  # share of the pairs of source and thing that have a row
ONCE = 0.02  # share of rows that may repeat such a pair
ALIKE = 0.3  # agreement within things beyond chance (Cohen's kappa)
LEAD = 2  # votes ahead of the next value
DOUBTFUL = 0.2  # lead below which most of the votes are no majority: seven to four, of many sources
MOST_WRONG = 0.5
DESCRIBING = (Family.DIMENSION, Family.TEXT, Family.NAME, Family.FLAG, Family.DATE, Family.OTHER, Family.ID)


@dataclass(frozen=True, eq=False)
class Votes:
    """What the sources say of one column.

    Attributes:
        right: for each thing the code of the value that most of its rows have, -1 where that is not clear.
        against: rows with another value.
        silent: rows without a value whose thing has a clear one.
        lead: by thing, how far its value is ahead of the next one, as a share of the votes on both and of one doubt.
    """

    right: Ints
    against: Bools
    silent: Bools
    lead: Floats


def propose(context: Context) -> list[Hypothesis]:
    """One hypothesis for each column on which sources disagree, and one for each that some leave out."""
    found: list[Hypothesis] = []
    for source, thing in _crossings(context):
        for column in context.profile.columns:
            if column.name in (source.name, thing.name) or not _describes(context, column):
                continue
            votes = _votes(thing.codes, column.codes, len(thing.values), len(column.values))
            if votes is not None:
                found += _hypotheses(source, thing, column, votes)
        break  # one such structure explains a table
    return found


def _crossings(context: Context) -> list[tuple[SampleColumn, SampleColumn]]:
    """Pairs of a column of sources and a column of things that (nearly) identify a row."""
    sample = context.profile.sample
    columns = [c for c in sample.columns if c.column.type in (ColumnType.TEXT, ColumnType.INTEGER)]
    found = []
    for source in columns:
        if context.role(source.name).name != "data_source" or not SOURCES[0] <= len(source.values) <= SOURCES[1]:
            continue
        for thing in columns:
            rows = int(((source.codes >= 0) & (thing.codes >= 0)).sum())
            things = len(thing.values)
            if thing is source or context.role(thing.name).metric or rows < VOICES * things or things < 3:
                continue
            if rows < CROSSED * min(things * len(source.values), sample.rows / sample.fraction):
                continue
            if copies(row_prints(sample, [source.name, thing.name])) <= ONCE * sample.rows:
                found.append((source, thing))
    return sorted(found, key=lambda pair: -len(pair[1].values))


def _describes(context: Context, column: SampleColumn) -> bool:
    role = context.role(column.name)
    return not role.metric and role.family in DESCRIBING and column.column.type in (ColumnType.TEXT, ColumnType.DATE)


def _votes(thing: Ints, value: Ints, things: int, values: int) -> Votes | None:
    """The votes on a column; None if it does not describe the things."""
    told = (thing >= 0) & (value >= 0)
    pair, count = np.unique(thing[told] * values + value[told], return_counts=True)
    if not len(pair):
        return None
    owner = pair // values
    voices = np.bincount(owner, weights=count, minlength=things)
    agreeing = np.bincount(owner, weights=count * (count - 1.0), minlength=things).sum()
    agree = agreeing / max((voices * (voices - 1)).sum(), 1.0)
    shares = np.bincount(value[told], minlength=values) / told.sum()
    chance = float((shares**2).sum())
    if chance >= 1.0 or (agree - chance) / (1 - chance) < ALIKE:
        return None
    order = np.lexsort((-count, owner))
    owner, pair, count = owner[order], pair[order], count[order]
    first = np.flatnonzero(np.concatenate([[True], owner[1:] != owner[:-1]]))
    rival = np.minimum(first + 1, len(count) - 1)
    second = np.where((first + 1 < len(count)) & (owner[rival] == owner[first]), count[rival], 0)
    clear = count[first] - second >= LEAD
    right = np.full(things + 1, -1, dtype=np.int64)
    right[owner[first][clear]] = pair[first][clear] % values
    due = right[thing]
    against = told & (due >= 0) & (due != value)
    lead = np.zeros(things)
    lead[owner[first]] = (count[first] - second) / (count[first] + second + 1)
    return Votes(right[:-1], against, (thing >= 0) & (value < 0) & (due >= 0), lead)


def _hypotheses(source: SampleColumn, thing: SampleColumn, column: SampleColumn, votes: Votes) -> list[Hypothesis]:
    judged = np.flatnonzero(votes.right >= 0)
    clear = int((votes.right[thing.codes] >= 0).sum())
    known = listed_values(thing, judged)
    claim = partial(Hypothesis, cells=(column.name,), origin="discovered", prior=0.6, weight=0.6)
    found = []
    if 0 < votes.against.sum() < MOST_WRONG * clear:
        right = listed_pairs(thing, column, np.stack([judged, votes.right[judged]], axis=1))
        told = exp.not_(exp.Is(this=stored(column), expression=exp.null()))
        found.append(
            claim(
                "conflicting_values",
                (column.name, thing.name, source.name),
                f"the rows of one {thing.name}, one for each {source.name}, should agree in {column.name}; "
                "these rows contradict what most of the others say",
                RowTest(exp.and_(known, told, exp.not_(right))),
                confidence=_confidence(thing, votes, votes.against),
                action=f"take {column.name} from the value that most rows of its {thing.name} have",
                evidence=_evidence(votes.against, judged, clear),
            )
        )
    if votes.silent.any():
        found.append(
            claim(
                "missing_values",
                (column.name, thing.name),
                f"{column.name} is missing in rows whose {thing.name} has a value of it in other rows",
                RowTest(exp.and_(known.copy(), exp.Is(this=stored(column), expression=exp.null()))),
                confidence=0.85,
                action=f"fill {column.name} from the other rows of its {thing.name}",
                evidence={**_evidence(votes.silent, judged, clear), "mechanism": f"depends on {source.name}"},
            )
        )
    return found


def _confidence(thing: SampleColumn, votes: Votes, rows: Bools) -> float:
    """How sure the value that prevails is right: the share of the votes on it and the next one, with one for doubt."""
    lead = float(votes.lead[thing.codes[rows]].mean())
    return round(min(0.85, (1 + lead) / 2), 2) if lead >= DOUBTFUL else 0.45


def _evidence(rows: Bools, judged: Ints, clear: int) -> dict[str, object]:
    return {"rows_in_sample": int(rows.sum()), "groups": len(judged), "rows_that_could": clear}
