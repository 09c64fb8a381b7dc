"""How nearly one column determines another, and which rows break it.

The measure is g3 (Kivinen and Mannila 1995), the share of rows to remove for the dependency to hold, against the same
share after the dependent column was shuffled: columns that are nearly keys or nearly constant are determined by chance.
Rows that break it must be sporadic: a second value that returns in a group, or a group that breaks it far more often
than the others, is a rule of the data that is not the dependency.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assay.profile.arrays import Bools, Floats, Ints

_GROUP = 3  # rows from which a group has a majority worth the name
_MOST_LEFT = 0.6  # of the breaks that chance would give
_MORE_LEFT, _MANY_GROUPS, _EVEN = 0.9, 20, 1.25  # the same, where many groups break it at one rate as habits do not
_CLEARLY = 8.0  # standard deviations by which chance would break it more often
_MOST_BROKEN = 0.5
_OFTEN_BROKEN, _EVENLY = 0.25, 1.5  # above this rate, only what is spread over the groups as evenly as chance does
_SPORADIC = 0.6
_RARE_LUCK = 1e-3
_AHEAD = 3.0  # nats
_SCALINGS, _LEAST_LEFT = 20, 0.05
_SECOND, _SECOND_ROWS = 0.1, 20  # share of a group's rows, and rows, that one slip does not have
_RETURNS = 3  # rows in which a second value of a group is more than an accident

Alike = Callable[[Ints, Ints], Bools]


@dataclass(frozen=True, eq=False)
class Dependency:
    """A determines B but for sporadic rows.

    Attributes:
        right: for each code of A the code of B in its group's majority, -1 where no majority is clear.
        tolerated: pairs (as ``a * dependents + b``) that break it by a rule of the data, sorted.
        rate: share of the rows in clear groups that break it sporadically.
        chance: the same share if B were independent of A.
        spread: sporadic breaks by group against a constant rate: 1 if they are like chance, more if clustered.
    """

    right: Ints
    tolerated: Ints
    dependents: int
    rate: float
    chance: float
    spread: float
    groups: int

    @property
    def weak(self) -> bool:
        """Whether it is broken so often that only how evenly it is tells it from a habit."""
        return self.rate > _MOST_LEFT * self.chance

    def broken(self, a: Ints, b: Ints) -> Bools:
        """Which rows break it."""
        present = (a >= 0) & (b >= 0)
        right = self.right[np.where(present, a, 0)]
        bad = present & (right >= 0) & (right != b)
        if len(self.tolerated):
            bad &= ~np.isin(a * self.dependents + b, self.tolerated)
        return np.asarray(bad, dtype=np.bool_)

    def testable(self, a: Ints, b: Ints) -> Bools:
        """Which rows could break it."""
        present = (a >= 0) & (b >= 0)
        return np.asarray(present & (self.right[np.where(present, a, 0)] >= 0), dtype=np.bool_)


def agreement(order: Ints, same_group: Bools, dependents: Ints) -> tuple[Floats, Floats]:
    """Share of neighbouring rows of one group that agree in each dependent column, and how many there are.

    Args:
        order: rows sorted by the determinant, in no order within a group.
        same_group: for each of them but the last, whether the next is of the same group.
        dependents: rows x columns of codes, -1 for null.
    """
    sorted_codes = dependents[order]
    first, second = sorted_codes[:-1], sorted_codes[1:]
    both = same_group[:, None] & (first >= 0) & (second >= 0)
    pairs = both.sum(axis=0).astype(np.float64)
    equal = (both & (first == second)).sum(axis=0)
    return equal / np.maximum(pairs, 1.0), pairs


def measure(
    a: Ints,
    b: Ints,
    n_a: int,
    n_b: int,
    rng: np.random.Generator,
    exactly: bool = False,
    alike: Alike | None = None,
) -> Dependency | None:
    """The dependency of the codes ``b`` on the codes ``a``, None where there is none to speak of.

    Args:
        n_a: number of codes of ``a``.
        n_b: number of codes of ``b``.
        exactly: whether a dependency that nothing breaks is wanted as well.
        alike: which codes of ``b`` are misspellings of which; these are never a rule of the data.
    """
    present = (a >= 0) & (b >= 0)
    a, b = a[present], b[present]
    size = np.bincount(a, minlength=n_a)
    inside = size[a] >= _GROUP
    a, b = a[inside], b[inside]
    if len(a) < 30:
        return None
    cells = _Cells(a, b, n_b)
    broken = len(a) - int(cells.best.sum())
    if (broken == 0 and not exactly) or broken > _MOST_BROKEN * len(a):
        return None
    by_chance = len(a) - int(_Cells(a, rng.permutation(b), n_b).best.sum())
    if broken > _MORE_LEFT * by_chance or by_chance - broken < 8:
        return None
    found = _sporadic(cells, n_a, n_b, broken, by_chance, alike)
    if found is None or not (found.weak or broken > _MOST_LEFT * by_chance):
        return found
    even = found.groups >= _MANY_GROUPS and found.spread <= _EVEN
    return found if even and by_chance - broken >= _CLEARLY * np.sqrt(by_chance) else None


class _Cells:
    """Counts of the pairs (a, b), and for each group its size and its largest count."""

    def __init__(self, a: Ints, b: Ints, n_b: int) -> None:
        self.pair, count = np.unique(a * n_b + b, return_counts=True)
        self.count = count.astype(np.int64)
        self.a = self.pair // n_b
        self.b = self.pair % n_b
        starts = np.flatnonzero(np.r_[True, self.a[1:] != self.a[:-1]])
        self.group = np.cumsum(np.r_[False, self.a[1:] != self.a[:-1]])
        self.size = np.add.reduceat(self.count, starts)
        self.best = np.maximum.reduceat(self.count, starts)
        self.code = self.a[starts]


def _sporadic(cells: _Cells, n_a: int, n_b: int, broken: int, by_chance: int, alike: Alike | None) -> Dependency | None:
    is_best = cells.count == cells.best[cells.group]
    ties = np.bincount(cells.group, weights=is_best, minlength=len(cells.size))
    clear = (2 * cells.best > cells.size) & (ties == 1)
    rows_clear = int(cells.size[clear].sum())
    if rows_clear < 0.5 * int(cells.size.sum()):
        return None
    minority = clear[cells.group] & ~is_best
    breaks = int(cells.count[minority].sum())
    if not breaks:
        right = np.full(n_a, -1, dtype=np.int64)
        chosen = is_best & clear[cells.group]
        right[cells.a[chosen]] = cells.b[chosen]
        nothing = np.empty(0, dtype=np.int64)
        return Dependency(right, nothing, n_b, 0.0, by_chance / int(cells.size.sum()), 0.0, int(clear.sum()))
    rate = breaks / rows_clear
    # How often this value would come into this group, if breaks came with one rate and took values as breaks do.
    often = _often(cells, minority, is_best & clear[cells.group], n_b)
    alone = np.bincount(cells.b, weights=cells.count, minlength=n_b)[cells.b] == cells.count
    # A value of this group only is a slip of its own, drawn from nowhere; with many of its rows it is its second one.
    second = (cells.count >= _SECOND_ROWS) & (cells.count > _SECOND * cells.size[cells.group])
    often = np.where(alone & ~second, 1.0, often)
    luck = _tail(cells.count, cells.size[cells.group] * rate * often)
    returns = minority & (cells.count >= _RETURNS) & (luck < _RARE_LUCK)
    if alike is not None and returns.any():
        right_of = np.zeros(len(cells.size), dtype=np.int64)
        right_of[cells.group[is_best]] = cells.b[is_best]
        returns[returns] = ~alike(cells.b[returns], right_of[cells.group[returns]])
    left = np.bincount(cells.group, weights=np.where(minority & ~returns, cells.count, 0), minlength=len(cells.size))
    rate = float(left[clear].sum() / rows_clear)
    crowded = clear & (left > 1) & (_tail(left, cells.size * rate) < _RARE_LUCK / max(len(left), 1))
    clear &= ~crowded
    sporadic = int(left[clear].sum())
    if not sporadic or sporadic < _SPORADIC * broken or clear.sum() < 3:
        return None
    rate = float(sporadic / max(int(cells.size[clear].sum()), 1))
    right = np.full(n_a, -1, dtype=np.int64)
    chosen = is_best & clear[cells.group]
    right[cells.a[chosen]] = cells.b[chosen]
    expected = cells.size[clear] * rate
    spread = float(((left[clear] - expected) ** 2).sum() / max((expected * (1 - rate)).sum(), 1e-9))
    if rate > _OFTEN_BROKEN:
        if spread > _EVENLY:
            return None
        # Where two fifths are wrong, the right value of some groups by chance does not have half of the rows.
        ahead = _ahead(cells, rate) & ~clear & ~crowded
        chosen = is_best & ahead[cells.group]
        right[cells.a[chosen]] = cells.b[chosen]
    return Dependency(
        right, np.sort(cells.pair[returns]), n_b, rate, by_chance / int(cells.size.sum()), spread, int(clear.sum())
    )


def _ahead(cells: _Cells, rate: float) -> Bools:
    """Groups in which one value is far likelier right than the next, where cells are wrong at this rate."""
    order = np.lexsort((-cells.count, cells.group))
    first = np.searchsorted(cells.group[order], np.arange(len(cells.size)))
    several = np.r_[first[1:], len(order)] - first > 1
    second = np.where(several, cells.count[order][np.minimum(first + 1, len(order) - 1)], 0)
    ahead: Bools = (cells.best - second) * np.log((1 - rate) / rate) > _AHEAD
    return ahead


def _often(cells: _Cells, minority: Bools, right: Bools, n_b: int) -> Floats:
    """The share of a group's breaks that take each value, if all groups draw from one distribution, less their own.

    A break never takes the value that is right in its group, so that in groups where a frequent value is right the
    others are drawn more often (quasi-independence, fitted by repeated scaling).
    """
    drawn = np.bincount(cells.b[minority], weights=cells.count[minority], minlength=n_b)
    right_of = np.full(len(cells.size), -1, dtype=np.int64)
    right_of[cells.group[right]] = cells.b[right]
    breaks = np.bincount(cells.group[minority], weights=cells.count[minority], minlength=len(cells.size))
    by_right = np.bincount(right_of[right_of >= 0], weights=breaks[right_of >= 0], minlength=n_b)
    weight = (drawn + 1.0) / (drawn.sum() + n_b)
    for _ in range(_SCALINGS):
        offered = by_right / np.maximum(1.0 - weight, _LEAST_LEFT)
        weight = (drawn + 1.0) / (offered.sum() - offered + n_b)
        weight /= weight.sum()
    own = right_of[cells.group]
    left = 1.0 - np.where(own >= 0, weight[own], 0.0)
    often: Floats = weight[cells.b] / np.maximum(left, _LEAST_LEFT)
    return often


def _tail(seen: npt.NDArray[np.generic], mean: npt.NDArray[np.generic]) -> Floats:
    """Chernoff bound of the probability that a Poisson variable with this mean is at least ``seen``."""
    x, m = np.asarray(seen, dtype=np.float64), np.maximum(np.asarray(mean, dtype=np.float64), 1e-12)
    with np.errstate(divide="ignore", invalid="ignore"):
        bound = np.exp(np.minimum(x - m - x * np.log(np.maximum(x, 1e-12) / m), 0.0))
    return np.where(x > m, bound, 1.0)
