"""Columns that determine others (campaign -> brand, city -> country, zip -> state), and the few rows that break it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from assay.domain.role import Family
from assay.hypothesis.categories import damages
from assay.hypothesis.category_variants import reach, siblings, squeezed
from assay.hypothesis.dependency_measure import Bools, Dependency, Ints, agreement, measure
from assay.hypothesis.dependency_predicate import pairs_predicate
from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.profile.sample import SampleColumn
from assay.source.base import ColumnType

_SUBSAMPLE = 4_000
_MOST_COLUMNS = 60
_MOST_MEASURED = 120
_LEAST_KAPPA = 0.25
_EXCEPTION_ROWS, _EXCEPTION_SHARE = 5, 0.7
_FAMILIES = (Family.ID, Family.NAME, Family.DIMENSION, Family.TEXT, Family.DATE, Family.FLAG, Family.OTHER)
_TYPES = (ColumnType.TEXT, ColumnType.INTEGER, ColumnType.DATE)
_SHOWN = 20


@dataclass(frozen=True, eq=False)
class _Edge:
    """One dependency with the sample rows that break it and those that could.

    Attributes:
        exceptions: columns and codes of their values in whose rows another rule holds.
    """

    determinant: str
    dependent: str
    dependency: Dependency
    broken: Bools
    testable: Bools
    exceptions: tuple[tuple[str, int], ...] = ()


def propose(context: Context) -> list[Hypothesis]:
    """One hypothesis for each column whose cells disagree with what determines them."""
    codes = _codes(context)
    if len(codes) < 2:
        return []
    edges = _edges(context, codes)
    if not edges:
        return []
    edges = [e for e in (_without_exceptions(codes, edge) for edge in edges) if e is not None]
    edges = _without_renames(context, codes, edges)
    blamed = _blame(edges, context.profile.sample.rows)
    found = []
    for column, (rows, used) in sorted(blamed.items(), key=lambda item: context.profile.sample.names.index(item[0])):
        hypothesis = _hypothesis(context, codes, column, rows, used)
        if hypothesis is not None:
            found.append(hypothesis)
    return found


def _codes(context: Context) -> dict[str, Ints]:
    """Codes of the columns that may depend or determine; cells that are damaged as categories count as null."""
    damaged = {d.column.name: d.bad for d in damages(context) if d.confidence >= 0.5}
    found: dict[str, Ints] = {}
    for column in context.profile.columns:
        role = context.role(column.name)
        if role.family not in _FAMILIES or role.event_time or column.type not in _TYPES:
            continue
        distinct = len(column.counts)
        if distinct < 2 or distinct > 0.7 * max(int(column.counts.sum()), 1):
            continue
        bad = damaged.get(column.name)
        codes = column.codes
        if bad:
            lost = np.array([v in bad for v in column.values] + [False], dtype=np.bool_)
            codes = np.where(lost[codes], -1, codes)
        found[column.name] = codes
        if len(found) == _MOST_COLUMNS:
            break
    return found


def _edges(context: Context, codes: dict[str, Ints]) -> list[_Edge]:
    names = list(codes)
    matrix = np.stack([codes[n] for n in names], axis=1)
    rng = np.random.default_rng([context.seed, 7])
    shuffled = rng.permutation(len(matrix))
    chance = [_collision(codes[n]) for n in names]
    promising: list[tuple[float, int, int]] = []
    exact: dict[int, list[int]] = defaultdict(list)
    for i, name in enumerate(names):
        rows = _whole_groups(matrix[:, i], shuffled, rng)
        if len(rows) < 30 or context.role(name).family is Family.DATE:
            continue  # dates are determined by entities and determine nothing themselves
        order = rows[np.argsort(matrix[rows, i], kind="stable")]
        key = matrix[order, i]
        agree, pairs = agreement(order, key[1:] == key[:-1], matrix)
        for j in range(len(names)):
            if i == j or pairs[j] < 20 or chance[j] >= 1.0:
                continue
            if agree[j] >= 1.0:
                exact[j].append(i)
            elif (kappa := (agree[j] - chance[j]) / (1.0 - chance[j])) >= _LEAST_KAPPA:
                promising.append((-kappa, i, j))

    def edge(i: int, j: int, exactly: bool = False) -> _Edge | None:
        a, b = matrix[:, i], matrix[:, j]
        sizes = len(context.profile[names[i]].values), len(context.profile[names[j]].values)
        found = measure(a, b, sizes[0], sizes[1], rng, exactly)
        return found and _Edge(names[i], names[j], found, found.broken(a, b), found.testable(a, b))

    edges = [e for _, i, j in sorted(promising)[:_MOST_MEASURED] if (e := edge(i, j)) is not None]
    # What holds without exception has a say in which cells of a suspected column are wrong.
    suspected = {names.index(e.dependent) for e in edges}
    pairs_left = [(i, j) for j in sorted(suspected) for i in exact[j]][:_MOST_MEASURED]
    return edges + [e for i, j in pairs_left if (e := edge(i, j, True)) is not None]


def _without_exceptions(codes: dict[str, Ints], edge: _Edge) -> _Edge | None:
    """The edge without the rows of third columns' values that nearly always break it: there another rule holds."""
    broken, exceptions = edge.broken, []
    for name, third in codes.items():
        if name in (edge.determinant, edge.dependent) or int(broken.sum()) < _EXCEPTION_ROWS:
            continue
        inside = edge.testable & (third >= 0)
        rows = np.bincount(third[inside], minlength=1)
        bad = np.bincount(third[inside & broken], minlength=len(rows))
        values = np.flatnonzero((bad >= _EXCEPTION_ROWS) & (bad > _EXCEPTION_SHARE * rows))
        if len(values):
            broken = broken & ~np.isin(third, values)
            exceptions += [(name, int(v)) for v in values]
    if not exceptions:
        return edge
    if broken.any() and broken.sum() >= 0.3 * edge.broken.sum():
        return _Edge(edge.determinant, edge.dependent, edge.dependency, broken, edge.testable, tuple(exceptions))
    return None


def _collision(codes: Ints) -> float:
    counts = np.bincount(codes[codes >= 0]).astype(np.float64)
    return float((counts**2).sum() / max(counts.sum(), 1.0) ** 2)


def _whole_groups(codes: Ints, shuffled: Ints, rng: np.random.Generator) -> Ints:
    """Rows of some whole groups of at least two, a few thousand rows together, in random order."""
    size = np.bincount(codes[codes >= 0], minlength=1)
    usable = np.flatnonzero(size >= 2)
    picked = rng.permutation(usable)
    enough = int(np.searchsorted(np.cumsum(size[picked]), _SUBSAMPLE)) + 1
    chosen = np.zeros(len(size) + 1, dtype=np.bool_)
    chosen[picked[:enough]] = True
    rows = shuffled[chosen[codes[shuffled]]]
    return rows[: 3 * _SUBSAMPLE]


def _without_renames(context: Context, codes: dict[str, Ints], edges: list[_Edge]) -> list[_Edge]:
    """Edges without the rows that stand at the first or last dates of their group, where most of its breaks do.

    A value that changes from a date on is a rename. Breaks at random stand at an end about twice in a group's rows.
    """
    dates = [c for c, role in context.roles.items() if role.event_time and c in context.profile.sample]
    if not dates:
        return edges
    time = context.profile[dates[0]].numbers
    kept = []
    for edge in edges:
        at_end, expected = _ends(codes[edge.determinant], time, edge.broken)
        count = int(edge.broken.sum())
        if count and int(at_end.sum()) > max(3.0, expected + 4.0 * np.sqrt(expected)) and at_end.sum() > 0.3 * count:
            broken = edge.broken & ~at_end
            if int(broken.sum()) >= 0.5 * count:
                kept.append(replace(edge, broken=broken))
        else:
            kept.append(edge)
    return kept


def _ends(groups: Ints, time: np.ndarray[tuple[int], np.dtype[np.float64]], broken: Bools) -> tuple[Bools, float]:
    """Broken rows in an unbroken run from the first or to the last time of their group, and how many chance would put."""
    at_end = np.zeros(len(groups), dtype=np.bool_)
    touched = np.unique(groups[broken])
    rows = np.flatnonzero(np.isin(groups, touched[touched >= 0]) & np.isfinite(time))
    rows = rows[np.lexsort((time[rows], groups[rows]))]
    expected = 0.0
    for group in np.split(rows, np.flatnonzero(np.diff(groups[rows])) + 1) if len(rows) else []:
        good = group[~broken[group]]
        share = float(broken[group].mean())
        expected += 2.0 * share / max(1.0 - share, 0.05)
        if len(good):
            bad = group[broken[group]]
            at_end[bad] = (time[bad] < time[good].min()) | (time[bad] > time[good].max())
    return at_end, expected


def _blame(edges: Sequence[_Edge], rows: int) -> dict[str, tuple[Bools, list[_Edge]]]:
    """For each column the rows in which it is the one that is wrong, and the dependencies that say so."""
    of: dict[str, list[_Edge]] = defaultdict(list)
    by: dict[str, list[_Edge]] = defaultdict(list)
    for edge in edges:
        of[edge.dependent].append(edge)
        by[edge.determinant].append(edge)
    # Where most of what a column determines is wrong at once, the column is.
    wrong_key: dict[str, Bools] = {}
    for name, its in by.items():
        if len(its) > 1:
            broken = np.sum([e.broken for e in its], axis=0)
            testable = np.sum([e.testable for e in its], axis=0)
            wrong_key[name] = (broken >= 2) & (broken > 0.6 * testable)
    found: dict[str, tuple[Bools, list[_Edge]]] = {}
    for name, its in of.items():
        votes, voters = np.zeros(rows), np.zeros(rows)
        for edge in its:
            trusted = ~wrong_key.get(edge.determinant, np.zeros(rows, dtype=np.bool_))
            votes += edge.broken & trusted
            voters += edge.testable & trusted
        bad = (votes > 0) & (votes > 0.5 * voters)
        if bad.any():
            found[name] = (bad, its)
    for name, bad in wrong_key.items():
        if name not in of and bad.any():
            found[name] = (bad, by[name])
    return found


def _hypothesis(
    context: Context, codes: dict[str, Ints], column: str, rows: Bools, edges: list[_Edge]
) -> Hypothesis | None:
    edges = [e for e in edges if (e.broken & rows).any()]
    if not edges:
        return None
    edges = sorted(edges, key=lambda e: (-int((e.broken & rows).sum()), len(context.profile[e.determinant].counts)))
    first = edges[0]
    count = int(rows.sum())
    near = _near_misses(context, first, rows, codes)
    rate = first.dependency.rate
    confidence = _confidence(first.dependency, near, len(edges), count)
    if confidence < 0.3:
        return None
    reports = [(e.determinant, e.dependent, e.dependency, e.exceptions) for e in edges]
    predicate = pairs_predicate(context, codes, rows, reports)
    if predicate is None:
        return None
    others = [e.determinant if e.dependent == column else e.dependent for e in edges]
    keyed = first.dependent != column
    verb = "disagrees with what it determines" if keyed else "disagrees with what determines it"
    return Hypothesis(
        kind="dependency_violation",
        columns=(column, others[0]),
        cells=(column,),
        reason=(
            f"{first.determinant} determines {first.dependent} in {first.dependency.groups} groups with a clear majority "
            f"(chance would break it in {first.dependency.chance:.0%} of the rows, it is broken in {rate:.2%}); in these rows "
            f"{column} {verb}."
        ),
        test=RowTest(predicate),
        origin="discovered",
        prior=0.7 if confidence >= 0.8 else 0.3,
        strict=True,
        weight=0.6,
        confidence=confidence,
        action=f"Correct {column} from the majority of its {others[0]}, or from the source system.",
        evidence={
            "determinants" if not keyed else "dependents": others[:8],
            "rows_in_sample": count,
            "groups": first.dependency.groups,
            "rate": rate,
            "rate_by_chance": first.dependency.chance,
            "near_misses": near,
            "values": _examples(context.profile[first.determinant], context.profile[first.dependent], codes, first, rows),
        },
    )


def _confidence(dependency: Dependency, near: float, edges: int, count: int) -> float:
    if near > 0.5:
        return 0.92 if count > 2 or edges > 1 else 0.7
    if dependency.groups < 5 or dependency.spread > 3.0:
        return 0.0  # an association with exceptions of its own
    if dependency.rate > 0.1:
        return 0.6 if edges > 1 else 0.45
    if edges == 1 and count < 5:
        return 0.45
    return 0.88


def _near_misses(context: Context, edge: _Edge, rows: Bools, codes: dict[str, Ints]) -> float:
    """Share of the first broken rows whose value is a few edits from the right one."""
    column = context.profile[edge.dependent]
    if column.type is not ColumnType.TEXT:
        return 0.0
    from rapidfuzz.distance import OSA

    at = np.flatnonzero(rows & edge.broken)[:200]
    if not len(at):
        return 0.0
    values, right = column.values, edge.dependency.right[codes[edge.determinant][at]]
    pairs = [(squeezed(values[b]), squeezed(values[r])) for b, r in zip(codes[edge.dependent][at], right, strict=True)]
    return sum(OSA.distance(a, b) <= reach(len(b)) and not siblings(a, b) for a, b in pairs) / len(pairs)


def _examples(
    a: SampleColumn, b: SampleColumn, codes: dict[str, Ints], edge: _Edge, rows: Bools
) -> list[dict[str, str]]:
    at = np.flatnonzero(rows & edge.broken)[:_SHOWN]
    return [
        {
            a.name: a.values[codes[a.name][i]],
            b.name: b.values[codes[b.name][i]],
            "majority": b.values[int(edge.dependency.right[codes[a.name][i]])],
        }
        for i in at.tolist()
    ]
