"""Which columns of a sample determine which others, and the rows that break it for no other reason."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np

from assay.domain.role import Family
from assay.hypothesis.categories.propose import damages
from assay.hypothesis.categories.variants import is_misspelling
from assay.hypothesis.dependencies.measure import Alike, Dependency, agreement, measure
from assay.hypothesis.hypothesis import Context
from assay.profile.arrays import Bools, Floats, Ints
from assay.profile.sample import SampleColumn
from assay.source.base import ColumnType

_SUBSAMPLE = 4_000
_MOST_COLUMNS = 60
_MOST_MEASURED = 120
_LEAST_KAPPA = 0.1
_EXCEPTION_ROWS, _EXCEPTION_SHARE = 5, 0.7
_FAMILIES = (Family.ID, Family.NAME, Family.DIMENSION, Family.TEXT, Family.DATE, Family.FLAG, Family.OTHER)
_TYPES = (ColumnType.TEXT, ColumnType.INTEGER, ColumnType.DATE)


@dataclass(frozen=True, eq=False)
class Edge:
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


def comparable_codes(context: Context) -> dict[str, Ints]:
    """Codes of the columns that may depend or determine; cells that are damaged as categories count as null."""
    damaged = {d.column.name: d for d in damages(context) if d.confidence >= 0.5}
    found: dict[str, Ints] = {}
    for column in context.profile.columns:
        role = context.role(column.name)
        if role.family not in _FAMILIES or role.event_time or column.type not in _TYPES:
            continue
        distinct = len(column.counts)
        if _position(context, column):
            continue
        if distinct < 2 or distinct > 0.7 * max(int(column.counts.sum()), 1):
            continue
        bad = damaged.get(column.name)
        codes = column.codes
        if bad is not None:
            lost = np.array([*bad.among(column.values), False], dtype=np.bool_)
            codes = np.where(lost[codes], -1, codes)
        found[column.name] = codes
        if len(found) == _MOST_COLUMNS:
            break
    return found


def _position(context: Context, column: SampleColumn) -> bool:
    """Whether a column numbers what it stands beside from zero or one, as the index of a list does."""
    if context.role(column.name).name != "row_id" or column.type is not ColumnType.INTEGER:
        return False
    numbers = column.numbers[np.isfinite(column.numbers)]
    return bool(len(numbers)) and float(numbers.min()) in (0.0, 1.0) and float(numbers.max()) <= len(column.counts)


def find_edges(context: Context, codes: dict[str, Ints]) -> list[Edge]:
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

    def edge(i: int, j: int, exactly: bool = False) -> Edge | None:
        a, b = matrix[:, i], matrix[:, j]
        sizes = len(context.profile[names[i]].values), len(context.profile[names[j]].values)
        found = measure(a, b, sizes[0], sizes[1], rng, exactly, _alike(context, names[j]))
        return None if found is None else Edge(names[i], names[j], found, found.broken(a, b), found.testable(a, b))

    edges = [e for _, i, j in sorted(promising)[:_MOST_MEASURED] if (e := edge(i, j)) is not None]
    # What holds without exception has a say in which cells of a suspected column are wrong.
    suspected = {names.index(e.dependent) for e in edges}
    pairs_left = [(i, j) for j in sorted(suspected) for i in exact[j]][:_MOST_MEASURED]
    return edges + [e for i, j in pairs_left if (e := edge(i, j, True)) is not None]


def _alike(context: Context, name: str) -> Alike | None:
    column = context.profile[name]
    if column.type is not ColumnType.TEXT:
        return None

    def misspelt(codes: Ints, right: Ints) -> Bools:
        pairs = zip(codes.tolist(), right.tolist(), strict=True)
        return np.array([is_misspelling(column.values[c], column.values[r]) for c, r in pairs], dtype=np.bool_)

    return misspelt


def without_exceptions(codes: dict[str, Ints], edge: Edge) -> Edge | None:
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
        return Edge(edge.determinant, edge.dependent, edge.dependency, broken, edge.testable, tuple(exceptions))
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


def without_renames(context: Context, codes: dict[str, Ints], edges: list[Edge]) -> list[Edge]:
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


def _ends(groups: Ints, time: Floats, broken: Bools) -> tuple[Bools, float]:
    """Broken rows beyond the first or last good one of their group in time, and how many chance would put there."""
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
