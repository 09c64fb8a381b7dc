"""Numbers that lost their decimal mark: 12,34 read as 1234, beside others that kept it.

A value with decimals has kept its mark, so the sound distribution is known, however many others have lost it. A whole
number is suspect if it is where that distribution would be after its point was moved past the decimals, and if there
are more such numbers than round values by nature. An amount that goes with a count of its row, as revenue with
purchases, is judged by what one of them is worth, which varies less. The null models: amounts that are whole from some
size on (the decimals of the others then get fewer with their size), currencies without decimals (a column decides who
is whole), and round numbers (their last digits are zeros). Where it is all amounts of some days, their unit changed.
"""

from __future__ import annotations

import numpy as np
from sqlglot import exp

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.hypothesis.quantities import Quantity, quantities
from assay.hypothesis.scope import between, event_date
from assay.hypothesis.series import iso
from assay.hypothesis.structure import broken_segments
from assay.profile.arrays import Bools, Floats

FAMILIES = (Family.MONEY, Family.RATE, Family.NUMBER)
FEWEST_KEPT = 40
FEWEST_LOST = 5
EVIDENCE = 30.0  # twice the log likelihood ratio against none
NEAR = 0.5  # decades by which the middle of the suspects may miss the middle of the others, moved
NEARER = 0.3  # the same as a share of the move: the tail of large numbers, printed without decimals, ends before it
ROUND = 0.35  # share of suspects that may end in a zero
FULL = 8  # decimals of numbers that were computed and not rounded
ROUNDS = 60
MUCH_LESS = 0.7  # of the spread of an amount by itself
NEARLY_ALL = 0.98  # of the amounts have a count beside them
WHOLE_DAY, AMOUNTS_A_DAY = 0.9, 5
SPREAD = 0.1  # decades by which the suspects may spread more, as some lose two places and some one


def propose(context: Context) -> list[Hypothesis]:
    """One hypothesis for each column of decimal numbers of which some have lost the mark."""
    told = (_of(context, item, by_count=True) or _of(context, item) for item in quantities(context, FAMILIES))
    return [hypothesis for hypothesis in told if hypothesis is not None]


def _of(context: Context, item: Quantity, *, by_count: bool = False) -> Hypothesis | None:
    values = item.values
    with np.errstate(invalid="ignore"):
        positive = np.isfinite(values) & (values > 0)
        whole = positive & (values == np.floor(values))
    kept, suspect = values[positive & ~whole], values[whole]
    if len(kept) < FEWEST_KEPT or len(suspect) < FEWEST_LOST:
        return None
    known, moved = _without_mark(kept)
    if len(known) < FEWEST_KEPT or _significant(known, moved):
        return None
    places = np.rint(moved - known)
    count = _counted(context, item, positive & ~whole) if by_count else None
    if by_count and count is None:
        return None
    worth = values if count is None else _worth(values, count)
    usual = _shape(np.log10(worth[positive & ~whole & np.isfinite(worth)]))
    asked = whole & np.isfinite(worth)
    # Amounts by themselves vary more than a place: those that lost one are not told from those that lost two.
    shapes = [(1.0, *_shape(moved))] if count is None else _moved(usual, places)
    bound = _bound(usual, shapes, np.log10(worth[asked])) if asked.any() else None
    if bound is None:
        return None
    lost = asked & (worth >= bound)
    found = values[lost]
    if len(found) < FEWEST_LOST or float((found % 10 == 0).mean()) > ROUND:
        return None
    (middle, spread), (other, other_spread) = usual, _shape(np.log10(worth[lost]))
    expected, wide = middle + float(np.median(places)), 1.8 * spread + SPREAD
    if count is None:
        expected, spread = _shape(moved)
        wide = 1.8 * spread
    if abs(other - expected) > min(NEAR, NEARER * (expected - middle)) or other_spread > wide:
        return None
    if broken_segments(context, positive, lost) is not None:
        return None
    days = _whole_days(context, positive, lost)
    if days is not None:
        return _in_hundredths(context, item, days, float(np.median(places)))
    number = item.number
    predicate = exp.and_(
        exp.EQ(this=number.copy(), expression=exp.Floor(this=number.copy())),
        exp.GTE(this=number.copy(), expression=_at_least(bound, count)),
        *([present] if (present := item.present()) is not None else []),
    )
    return Hypothesis(
        "malformed_values",
        (item.name,),
        f"{item.name} has decimals, and these are whole numbers as large as the others would be without their decimal "
        "mark: a decimal comma was read as a thousands separator",
        RowTest(predicate),
        origin="discovered",
        prior=0.6,
        weight=0.8,
        confidence=0.9,
        action=f"load {item.name} again with the decimal mark that its source writes",
        evidence={
            "decimals": round(float(np.median(places))),
            "in_sample": int(lost.sum()),
            "share_in_sample": round(float(lost.sum() / positive.sum()), 6),
            "typical_factor": float(f"{10 ** (other - middle):.3g}"),
        },
    )


def _whole_days(context: Context, positive: Bools, lost: Bools) -> tuple[str, int, int] | None:
    """The date column and a period, if it is the amounts of all its rows and hardly any other: no mark was lost."""
    date = event_date(context)
    if date is None:
        return None
    days = np.floor(context.profile[date].numbers)
    known = positive & np.isfinite(days)
    values, day = np.unique(days[known], return_inverse=True)
    amounts, gone = np.bincount(day), np.bincount(day, weights=lost[known])
    whole = np.flatnonzero((gone >= WHOLE_DAY * amounts) & (amounts >= AMOUNTS_A_DAY))
    if not whole.size:
        return None
    period = slice(whole[0], whole[-1] + 1)
    if gone[period].sum() < WHOLE_DAY * max(gone.sum(), amounts[period].sum()):
        return None
    return date, int(values[whole[0]]), int(values[whole[-1]])


def _in_hundredths(context: Context, item: Quantity, days: tuple[str, int, int], places: float) -> Hypothesis:
    date, first, last = days
    positive = exp.GT(this=item.number.copy(), expression=exp.Literal.number(0))
    present = [p] if (p := item.present()) is not None else []
    factor = 10.0**places
    return Hypothesis(
        "unit_change",
        (item.name, date),
        f"{item.name} has decimals but for some days, on which all of it is whole and about {factor:g} times as large",
        RowTest(exp.and_(positive, *between(context, date, first, last), *present)),
        cells=(item.name,),
        origin="discovered",
        prior=0.6,
        weight=0.9,
        confidence=0.9,
        action=f"Convert these values of {item.name} by {1 / factor:g} and fix the unit at the source.",
        evidence={"factor": factor, "first_day": iso(first), "last_day": iso(last)},
    )


def _without_mark(kept: Floats) -> tuple[Floats, Floats]:
    """Some of the values and what they are without their decimal mark, both in decades."""
    some = kept[:: max(1, len(kept) // 4_000)]
    written = [text for text in (f"{v!r}" for v in some.tolist()) if "e" not in text]
    values = np.array([float(text) for text in written])
    moved = np.array([float(text.replace(".", "")) for text in written])
    return np.log10(values), np.log10(moved)


def _significant(values: Floats, moved: Floats) -> bool:
    """Whether decimals get fewer with the size of the value, so that large ones are whole by nature."""
    if len(values) < FEWEST_KEPT or float(np.median(moved - values)) >= FULL:
        return False
    order = np.argsort(values)
    quarter = len(values) // 4
    low, high = order[:quarter], order[-quarter:]
    places = float(np.mean((moved - values)[high]) - np.mean((moved - values)[low]))
    return places < -0.8 * float(np.mean(values[high]) - np.mean(values[low]))


def _shape(logs: Floats) -> tuple[float, float]:
    """Middle and robust spread in decades."""
    middle = float(np.median(logs))
    low, high = np.quantile(logs, [0.16, 0.84])
    return middle, max(float(high - low) / 2, 0.05)


def _counted(context: Context, item: Quantity, kept: Bools) -> Quantity | None:
    """The count that tells most of how large an amount is: per one of it, the amount varies much less."""
    least, found = MUCH_LESS * _shape(np.log10(item.values[kept]))[1], None
    for count in quantities(context, (Family.COUNT,)) if item.family is Family.MONEY else ():
        worth = _worth(item.values, count)[kept]
        worth = worth[np.isfinite(worth)]
        if len(worth) >= NEARLY_ALL * kept.sum() and (spread := _shape(np.log10(worth))[1]) < least:
            least, found = spread, count
    return found


def _worth(values: Floats, count: Quantity) -> Floats:
    with np.errstate(invalid="ignore"):
        return values / np.where(count.values > 0, count.values, np.nan)


def _at_least(bound: float, count: Quantity | None) -> exp.Expr:
    if count is None:
        return exp.convert(bound)
    some = exp.GT(this=count.number.copy(), expression=exp.convert(0))
    times = exp.Mul(this=count.number.copy(), expression=exp.convert(bound))
    return exp.Case(ifs=[exp.If(this=some, true=times)])


def _moved(usual: tuple[float, float], places: Floats) -> list[tuple[float, float, float]]:
    """The shapes of numbers that lost so many places, each with its share."""
    moves, counts = np.unique(places, return_counts=True)
    return [
        (n / len(places), usual[0] + move, usual[1]) for move, n in zip(moves.tolist(), counts.tolist(), strict=True)
    ]


def _bound(usual: tuple[float, float], moved: list[tuple[float, float, float]], suspect: Floats) -> float | None:
    """The smallest whole number that rather lost its mark than is round by nature; None if none needs explaining."""
    natural, lost = _density([(1.0, *usual)], suspect), _density(moved, suspect)
    share, odds = 0.5, np.ones(len(suspect))
    for _ in range(ROUNDS):
        odds = share * np.exp(lost) / (share * np.exp(lost) + (1 - share) * np.exp(natural))
        share = float(np.clip(odds.mean(), 1e-6, 1 - 1e-6))
    gain = 2 * float(np.sum(np.log(share * np.exp(lost) + (1 - share) * np.exp(natural)) - natural))
    if gain < EVIDENCE or share * len(suspect) < FEWEST_LOST:
        return None
    order = np.argsort(suspect)
    doubtful = np.flatnonzero(odds[order] < 0.5)
    rest = suspect[order][doubtful[-1] + 1 if len(doubtful) else 0 :]
    if not len(rest):
        return None
    bound = 10.0 ** float(rest[0])
    return float(np.rint(bound)) if abs(bound - np.rint(bound)) < 1e-6 * bound else float(f"{bound * (1 - 1e-5):.6g}")


def _density(shapes: list[tuple[float, float, float]], at: Floats) -> Floats:
    """Log density of shapes (share, middle, spread); what is in the far tail of one is no evidence for another."""
    parts = [
        share / spread * np.exp(np.maximum(-0.5 * ((at - middle) / spread) ** 2, -12.0))
        for share, middle, spread in shapes
    ]
    density: Floats = np.log(np.sum(parts, axis=0))
    return density
