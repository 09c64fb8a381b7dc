"""The grain: the smallest set of date, id and dimension columns that tells the rows of a table apart.

Found by backward elimination: all candidates together tell as many rows apart as can be; the least meaningful are left
out, one after the other, as long as no more rows coincide. Breakdowns (device, placement, hour) stay, since without
them rows do coincide. Copies of a key make rows coincide whatever is kept, so they do not change what is found.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assay.domain.header import read_header
from assay.domain.role import Family, Role, Roles
from assay.profile.fingerprint import Prints, column_prints, combined, copies, equal_pairs, first_of_each, row_prints
from assay.profile.sample import Sample
from assay.source.base import ColumnType

MOST_COPIES = 0.5  # more rows than this without a key of their own, and the table has none
MANY_NULLS = 0.5
_COUNTERS = """
hour line item seq sequence position rank version revision row index nr no number week weekday month year quarter
minute lap round step slot period stunde zeile pos monat jahr woche час строка месяц год неделя hora linha mes ano
semana heure ligne mois annee semaine riga ora
"""
COUNTERS = frozenset(_COUNTERS.split())
"""Words in the headers of whole numbers that count off the rows of one entity; such a column may be part of a key."""
_SNAPSHOTS = "synced loaded inserted ingested extracted fetched exported updated modified created"
SNAPSHOT_WORDS = frozenset(_SNAPSHOTS.split())
_DROPPED_FIRST = {Family.TEXT: 0, Family.FLAG: 1, Family.NAME: 2, Family.DIMENSION: 3, Family.ID: 5}


def infer_grain(sample: Sample, roles: Roles) -> tuple[str, ...]:
    """The columns that identify a row, dates first, then ids, then dimensions; () where there are none."""
    if sample.rows < 2:
        return ()
    candidates = [c for c in sample.names if _candidate(sample, c, roles[c])]
    if not candidates:
        return ()
    compared = [c for c in sample.names if not is_load_time(c, roles[c])]
    rows = first_of_each(row_prints(sample, compared))
    repeats = 1 - rows.mean()
    if repeats > MOST_COPIES:
        return ()
    present = rows & ~np.any([sample[c].nulls for c in candidates], axis=0)
    if present.sum() >= 0.2 * rows.sum():
        rows = present
    prints = {c: column_prints(sample[c], i + 1)[rows] for i, c in enumerate(candidates)}
    kept = sorted(candidates, key=lambda c: _order(sample, c, roles[c]))
    total = combined(prints[c] for c in kept)
    least = equal_pairs(total)
    if _repeated_share(total, least, sample.fraction) > MOST_COPIES:
        return ()
    allowed = least + max(0, round(0.02 * least))
    for column in list(kept):
        rest = total - prints[column]
        if len(kept) == 1 or equal_pairs(rest) > allowed:
            continue
        others = [c for c in kept if c != column]
        if sample.complete or _implied(column, others, prints, roles):
            kept, total = others, rest
    named = any(roles[c].family in (Family.DATE, Family.ID) for c in kept)
    if len(kept) == len(compared) and repeats and not named:
        return ()
    rank = {Family.DATE: 0, Family.ID: 1}
    return tuple(sorted(kept, key=lambda c: (rank.get(roles[c].family, 2), sample.names.index(c))))


def is_load_time(column: str, role: Role) -> bool:
    """Whether a column says when a row was written, not what it is about."""
    if role.name == "load_time":
        return True
    words = set(read_header(column).bare.split("_"))
    return role.family is Family.DATE and not role.event_time and bool(words & SNAPSHOT_WORDS)


def _candidate(sample: Sample, column: str, role: Role) -> bool:
    values = sample[column]
    if is_load_time(column, role) or values.nulls.mean() > MANY_NULLS:
        return False
    if role.family in (Family.DATE, Family.ID, Family.NAME, Family.DIMENSION, Family.FLAG, Family.TEXT):
        return len(values.counts) > 1
    counter = values.type is ColumnType.INTEGER and bool(set(read_header(column).bare.split("_")) & COUNTERS)
    return counter and not role.name and 1 < len(values.counts) <= 5_000


def _order(sample: Sample, column: str, role: Role) -> tuple[int, int, str]:
    """Least meaningful first: texts, flags, names, dimensions, counters, ids, the date, an id of every row."""
    distinct = len(sample[column].counts)
    if role.family is Family.DATE:
        place = 7 if role.event_time else 4
    elif role.family is Family.ID and distinct >= 0.999 * sample.rows:
        place = 8
    else:
        place = _DROPPED_FIRST.get(role.family, 4)
    return place, distinct, column


def _repeated_share(prints: Prints, pairs: int, fraction: float) -> float:
    """Share of the table's rows that repeat a key: counted in a whole table, else extrapolated from pairs."""
    if fraction >= 1:
        return copies(prints) / max(len(prints), 1)
    return min(1.0, pairs / max(fraction * len(prints), 1.0))


def _implied(column: str, others: list[str], prints: dict[str, Prints], roles: Roles) -> bool:
    """Whether the other columns without dates determine a column, as far as a sample can tell.

    In a sample few rows of one key meet, so that it is weak evidence that none coincide: a column may go only if it is
    a function of what stays. Agreement of successive rows of one entity is compared with what chance would give
    (Cohen's kappa), low enough that damage to a part of the column does not hide it.
    """
    entities = [c for c in others if roles[c].family is not Family.DATE]
    if not entities:
        return False
    if roles[column].family is Family.DATE:
        dates = [prints[d] for d in others if roles[d].family is Family.DATE]
        unique = any(copies(prints[e]) == 0 for e in entities)
        return unique or any(_agreement(date, prints[column]) > 0.2 for date in dates)
    total = combined(prints[c] for c in entities)
    return copies(total) == 0 or _agreement(total, prints[column]) > 0.2


def _agreement(entity: Prints, column: Prints) -> float:
    order = np.argsort(entity, kind="stable")
    same: npt.NDArray[np.bool_] = entity[order][1:] == entity[order][:-1]
    if same.sum() < 20:
        return 0.0
    agree = float((column[order][1:] == column[order][:-1])[same].mean())
    _, counts = np.unique(column, return_counts=True)
    chance = float(((counts / len(column)) ** 2).sum())
    return (agree - chance) / (1 - chance) if chance < 1 else 1.0
