"""Which columns are never above which others, told from orders that only happen to hold.

Null models, all of which must fail for an order a <= b to be believed:
- independence: with b's values dealt to other rows, a would often be above b (margins apart tell nothing);
- no boundary: if the two were merely correlated, their difference would run on smoothly beyond zero. For small counts
  the comparison is a count that varies around the same conditional mean; for anything else, the density below the
  boundary continued beyond it;
- looseness: rows that break the order crowd just beyond the boundary, as spill-over does and damage does not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from assay.domain.role import Family
from assay.hypothesis.quantities import Quantity
from assay.profile.arrays import Bools, Floats

LEAST_ROWS = 50
MOST_BROKEN = 0.15
OVERLAP = 0.03
GAIN = 0.4
EXPECTED = 12.0
SPILL = 0.15
FEW = 0.01
SMALL = 30.0  # counts below are compared as counts, not by their ratio
PREVIEW_ROWS = 3_000
MOST_ROWS = 30_000
LOG_WIDTHS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
DAY_WIDTHS = (1.0, 2.0, 5.0, 10.0, 30.0)


@dataclass(frozen=True)
class Order:
    """``low`` is never above ``high``, as positions in a list of quantities.

    Attributes:
        rows: rows of the sample in which both are present and positive.
        broken: rows of the sample in which ``low`` is above ``high``.
        expected: rows beyond the boundary if there were none.
        dealt: share of rows that would break it if the values were dealt at random.
    """

    low: int
    high: int
    rows: int
    broken: int
    expected: float
    dealt: float


def search_orders(
    items: list[Quantity], seed: int, known: Iterable[tuple[int, int]] = (), stages: Mapping[int, int] | None = None
) -> list[Order]:
    """The orders that hold in a sample, without those that others imply or that are known already.

    Args:
        stages: of dates, at which stage of one course of events they are, where their names say so. Between two stages
            the rows need not show a boundary: the names give it.
    """
    stages = stages or {}
    rng = np.random.default_rng([seed, 2])
    skip = set(known)
    found = []
    for a in range(len(items)):
        for b in range(a + 1, len(items)):
            if not comparable(items[a], items[b]):
                continue
            order = _examine(items, a, b, rng)
            if order is None and a in stages and b in stages and stages[a] != stages[b]:
                low, high = sorted((a, b), key=lambda i: stages[i])
                order = _named(items, low, high)
            if order is not None:
                found.append(order)
    edges = {(o.low, o.high) for o in found} | {(a, b) for a, b in skip if (b, a) not in skip}
    return [o for o in found if (o.low, o.high) not in skip and not _implied(o, edges)]


def comparable(a: Quantity, b: Quantity) -> bool:
    """Whether two columns may have one unit: dates with dates, and where both headers tell the unit, the same one."""
    if Family.DATE in (a.family, b.family):
        return a.family is b.family
    if a.sure and b.sure and Family.NUMBER not in (a.family, b.family):
        return a.family is b.family
    return a.whole == b.whole or a.family is b.family


def _implied(order: Order, edges: set[tuple[int, int]]) -> bool:
    """Whether a chain of other orders leads from ``low`` to ``high``."""
    reached, queue = {order.low}, [order.low]
    while queue:
        here = queue.pop()
        for low, high in edges:
            if low == here and high not in reached and (low, high) != (order.low, order.high):
                if high == order.high:
                    return True
                reached.add(high)
                queue.append(high)
    return False


def _examine(items: list[Quantity], a: int, b: int, rng: np.random.Generator) -> Order | None:
    dates = items[a].family is Family.DATE
    x, y = items[a].values, items[b].values
    step = max(1, x.size // PREVIEW_ROWS)
    if not _promising(x[::step], y[::step], rng):
        return None
    both = np.isfinite(x) & np.isfinite(y)
    if not dates:
        both &= (x >= 0) & (y >= 0) & ((x > 0) | (y > 0))
    rows = np.flatnonzero(both)
    rows = rows[:: max(1, rows.size // MOST_ROWS)]
    x, y = x[rows], y[rows]
    above, below = int((x > y).sum()), int((x < y).sum())
    if above > below:
        return _order(items, b, a, y, x, rng)
    return _order(items, a, b, x, y, rng)


def _named(items: list[Quantity], low: int, high: int) -> Order | None:
    """An order of dates that their names tell, if nearly all rows keep it and not only by being equal."""
    gap = items[high].values - items[low].values
    gap = gap[np.isfinite(gap)]
    broken, kept = int((gap < 0).sum()), int((gap > 0).sum())
    if gap.size < LEAST_ROWS or kept < LEAST_ROWS // 2 or broken > MOST_BROKEN * kept:
        return None
    if broken and _off_by_a_day(-gap[gap < 0]):
        return None
    return Order(low, high, gap.size, broken, 0.0, 0.0)


def _promising(x: Floats, y: Floats, rng: np.random.Generator) -> bool:
    """A look at a few rows: rather one-sided, and not so by the margins alone."""
    both = np.isfinite(x) & np.isfinite(y)
    x, y = x[both], y[both]
    above, below = int((x > y).sum()), int((x < y).sum())
    if min(above, below) > 1.5 * MOST_BROKEN * max(above, below) + 3:
        return False
    dealt = rng.permutation(y)
    crossed = (x < dealt) if above > below else (x > dealt)
    # Zeros of both columns are dealt too, so this is a weaker demand than the one on positive values.
    return bool(crossed.sum() >= 0.2 * OVERLAP * max(1, int((x != 0).sum())))


def _order(items: list[Quantity], low: int, high: int, x: Floats, y: Floats, rng: np.random.Generator) -> Order | None:
    """Test ``x <= y``, both finite and, unless they are dates, not negative."""
    dates = items[low].family is Family.DATE
    positive = np.ones(x.size, np.bool_) if dates else (x > 0) & (y > 0)
    rows, differ = int(positive.sum()), int((positive & (x != y)).sum())
    bad = x > y
    broken = int(bad.sum())
    telling = int((positive | bad).sum())
    if rows < LEAST_ROWS or differ < LEAST_ROWS // 2 or broken > MOST_BROKEN * telling:
        return None
    px, py = x[positive], y[positive]
    dealt = float((px > rng.permutation(py)).mean())
    if dealt < OVERLAP or broken / telling > GAIN * dealt:
        return None
    whole = items[low].whole and items[high].whole and not dates
    expected = _beyond_dates(px, py) if dates else _beyond(px, py, whole, rng)
    if expected < EXPECTED:
        return None
    if broken and _spills(x, y, bad, dates, whole, rng):
        return None
    return Order(low, high, rows, broken, round(expected, 1), round(dealt, 4))


def _beyond(x: Floats, y: Floats, whole: bool, rng: np.random.Generator) -> float:
    """How many rows would lie beyond the boundary if it were none; 0 where too many do."""
    best = 0.0
    small = y <= SMALL if whole else np.zeros(y.size, np.bool_)
    if small.sum() >= LEAST_ROWS:
        expected = _counts_beyond(x[small], y[small], rng)
        seen = float((x[small] > y[small]).sum())
        best = expected if seen <= SPILL * expected + _share_broken(x, y) * small.sum() else 0.0
    large = ~small
    if large.sum() >= LEAST_ROWS:
        gap = np.log(y[large] / x[large])
        ties = gap == 0
        best = max(best, _density_beyond(gap[~ties], LOG_WIDTHS), _ties_beyond(x[large], ties, gap))
    return best


def _share_broken(x: Floats, y: Floats) -> float:
    return float((x > y).mean())


def _counts_beyond(x: Floats, y: Floats, rng: np.random.Generator) -> float:
    """Small counts: rows above y if x varied around its mean at that y as counts do, or as x does at other y."""
    level = y.astype(np.int64)
    sizes = np.bincount(level)
    kept = np.minimum(x, y)
    means = np.bincount(level, weights=kept) / np.maximum(sizes, 1)
    poisson = sum(float(sizes[k]) * _poisson_above(float(means[k]), k) for k in range(1, sizes.size) if sizes[k])
    mean = means[level]
    spread = (kept - mean) / np.sqrt(np.maximum(mean, 1e-9))
    # A limit cuts one side of the noise off; mirrored, the other side shows how far it would reach.
    moved = mean + rng.permutation(spread) * rng.choice([-1.0, 1.0], x.size) * np.sqrt(mean)
    return min(poisson, float((moved >= y + 0.5).sum()))


def _poisson_above(mean: float, k: int) -> float:
    """Probability that a Poisson count of this mean is above k."""
    term = total = math.exp(-mean)
    for i in range(1, k + 1):
        term *= mean / i
        total += term
    return max(0.0, 1.0 - total)


def _density_beyond(gap: Floats, widths: Iterable[float]) -> float:
    """Rows in the bin beyond zero, continued as a log-quadratic density from three bins before it, cautiously."""
    best = 0.0
    for width in widths:
        near, mid, far = (float(((gap >= i * width) & (gap < (i + 1) * width)).sum()) for i in range(3))
        if near < 20:
            continue
        low, high = near - 1.5 * math.sqrt(near), mid + 1.5 * math.sqrt(mid) + 1
        back = max(0.0, far - 1.5 * math.sqrt(far))
        slope = min(1.0, low / high)
        bend = min(1.0, slope * back / high) if high > back else min(1.0, slope)
        expected = low * slope * bend
        seen = float(((gap < 0) & (gap >= -width)).sum())
        if seen <= SPILL * expected:
            best = max(best, expected)
    return best


def _ties_beyond(x: Floats, ties: Bools, gap: Floats) -> float:
    """Equal values too rich to be equal by chance: the columns measure one thing, and differ to one side only."""
    differ = int((~ties).sum())
    if ties.sum() < max(20, 0.02 * gap.size) or differ < LEAST_ROWS or np.unique(x[ties]).size < 15:
        return 0.0
    # Noise around equality would put as many rows on this side as on the other.
    return 0.5 * differ


def _beyond_dates(x: Floats, y: Floats) -> float:
    gap = y - x
    ties = gap == 0
    tied = 0.5 * float((~ties).sum()) if ties.sum() >= max(20, 0.02 * gap.size) and (~ties).sum() >= LEAST_ROWS else 0.0
    return max(_density_beyond(gap, DAY_WIDTHS), tied)


def _off_by_a_day(beyond: Floats) -> bool:
    """Whether dates beyond the boundary are mostly so by one day, as time zones make them.

    A swap of two dates is damage, and stays within their usual distance.
    """
    return float((beyond <= 1.0).mean()) > 0.6


def _spills(x: Floats, y: Floats, bad: Bools, dates: bool, whole: bool, rng: np.random.Generator) -> bool:
    """Whether rows beyond the boundary crowd next to it, more than random values would.

    Where fewer than one row in a hundred is beyond it, legitimate exceptions are as likely as damage: then most of them
    must be far beyond for the order to be believed.
    """
    dealt = rng.permutation(y)
    count, random = int(bad.sum()), x > dealt

    def share(where: Bools, limit: Floats, units: float, part: float) -> float:
        reach = np.maximum(units if whole else 0.0, part * limit)
        return float((where & (x - limit <= reach)).sum()) / max(1, int(where.sum()))

    if dates:
        return _off_by_a_day((x - y)[bad])
    if count < FEW * x.size and share(bad, y, 5.0, 0.5) > 0.3:
        return True
    return any(
        share(bad, y, units, part) > min(0.9, 1.3 * share(random, dealt, units, part) + SPILL)
        for units, part in ((2.0, 0.1), (5.0, 1.0))
    )
