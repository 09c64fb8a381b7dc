"""Columns that determine others (campaign -> brand, city -> country, zip -> state), and the few rows that break it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from assay.hypothesis.categories.variants import is_misspelling
from assay.hypothesis.dependencies.edges import Edge, comparable_codes, find_edges, without_exceptions, without_renames
from assay.hypothesis.dependencies.measure import Dependency
from assay.hypothesis.dependencies.predicate import pairs_predicate
from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.profile.arrays import Bools, Ints
from assay.source.base import ColumnType

_SHOWN = 20
_REMNANT = 0.02
FEW = 5  # rows that may be something new
FEWEST_GROUPS = (
    8  # of a dependency that no misspelling confirms: with fewer a second campaign of a brand looks like a slip
)


def propose(context: Context) -> list[Hypothesis]:
    """One hypothesis for each column whose cells disagree with what determines them."""
    codes = comparable_codes(context)
    if len(codes) < 2:
        return []
    # What tells rows apart takes several values in a group by nature; nearly as often as by chance, it says nothing.
    edges = [e for e in find_edges(context, codes) if not (e.dependency.weak and e.dependent in context.grain)]
    if not edges:
        return []
    edges = [e for e in (without_exceptions(codes, edge) for edge in edges) if e is not None]
    edges = without_renames(context, codes, edges)
    blamed = _blame(edges, context.profile.sample.rows)
    found = []
    for column, (rows, used) in sorted(blamed.items(), key=lambda item: context.profile.sample.names.index(item[0])):
        hypothesis = _hypothesis(context, codes, column, rows, used)
        if hypothesis is not None:
            found.append(hypothesis)
    return found


def _blame(edges: Sequence[Edge], rows: int) -> dict[str, tuple[Bools, list[Edge]]]:
    """For each column the rows in which it is the one that is wrong, and the dependencies that say so."""
    of: dict[str, list[Edge]] = defaultdict(list)
    by: dict[str, list[Edge]] = defaultdict(list)
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
    found: dict[str, tuple[Bools, list[Edge]]] = {}
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
    context: Context, codes: dict[str, Ints], column: str, rows: Bools, edges: list[Edge]
) -> Hypothesis | None:
    edges = [e for e in edges if (e.broken & rows).any()]
    if not edges:
        return None
    edges = sorted(edges, key=lambda e: (-int((e.broken & rows).sum()), len(context.profile[e.determinant].counts)))
    count = int(rows.sum())
    strangers = not np.isin(codes[column][rows], codes[column][~rows]).any()
    # A determinant with few groups may be a habit where a finer one that says the same is none.
    nears = [_near_misses(context, e, rows, codes) for e in edges]
    sure = [_confidence(e.dependency, n, len(edges), count, strangers) for e, n in zip(edges, nears, strict=True)]
    best = int(np.argmax(sure))
    confidence, near, first = sure[best], nears[best], edges[best]
    edges = [first, *(e for e in edges if e is not first)]
    rate = first.dependency.rate
    values = context.profile[column].codes
    if count < _REMNANT * int(((values >= 0) & (codes[column] < 0)).sum()):
        # What is left of a damage that is reported as such; beyond the sample nothing tells the two apart.
        confidence = min(confidence, 0.45) if context.profile.sample.complete else 0.0
    if not context.profile.sample.complete and near <= 0.5 and first.dependency.rate > 0.1:
        # A few sampled rows a group make a majority of anything; only the whole table would show what is usual there.
        confidence = 0.0
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
            f"{first.determinant} determines {first.dependent} in {first.dependency.groups} groups with a clear "
            f"majority (broken in {rate:.2%} of their rows, by chance in {first.dependency.chance:.0%}); "
            f"in these rows {column} {verb}."
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
            "values": _examples(context, codes, first, rows),
        },
    )


def _confidence(dependency: Dependency, near: float, edges: int, count: int, strangers: bool) -> float:
    """How sure it is; ``strangers``: values that are nowhere else may be new, such as a second ad of a campaign."""
    if near > 0.5:
        return 0.92 if count > 2 or edges > 1 else 0.7
    if dependency.groups < FEWEST_GROUPS or dependency.spread > 3.0:
        return 0.0  # an association with exceptions of its own
    if dependency.rate > 0.1:
        if edges > 1 and dependency.groups >= 10 and dependency.spread < 1.5:
            return 0.85  # the same rate in every group, which habits of groups do not show
        return 0.6 if edges > 1 else 0.45
    if (edges == 1 or strangers) and count < FEW:
        return 0.45
    return 0.88 if count > 2 else 0.7


def _near_misses(context: Context, edge: Edge, rows: Bools, codes: dict[str, Ints]) -> float:
    """Share of the first broken rows whose value is a few edits from the right one."""
    column = context.profile[edge.dependent]
    if column.type is not ColumnType.TEXT:
        return 0.0
    at = np.flatnonzero(rows & edge.broken)[:200]
    if not len(at):
        return 0.0
    values, right = column.values, edge.dependency.right[codes[edge.determinant][at]]
    pairs = zip(codes[edge.dependent][at].tolist(), right.tolist(), strict=True)
    return sum(is_misspelling(values[b], values[r]) for b, r in pairs) / len(at)


def _examples(context: Context, codes: dict[str, Ints], edge: Edge, rows: Bools) -> list[dict[str, str]]:
    a, b = context.profile[edge.determinant], context.profile[edge.dependent]
    at = np.flatnonzero(rows & edge.broken)[:_SHOWN]
    return [
        {
            a.name: a.values[codes[a.name][i]],
            b.name: b.values[codes[b.name][i]],
            "majority": b.values[int(edge.dependency.right[codes[a.name][i]])],
        }
        for i in at.tolist()
    ]
