"""What a day should show by the days before it, and how sure that is: forecasts with the noise of their own past.

The forecast is the robust level of the last two weeks plus the effect of the weekday; of the last three days where that
is asked for and came out better so far, since what wanders is best told by yesterday. Its noise is not assumed: the
same forecast is made for every earlier day from days as long before it, and the spread of what came out is the noise:
a day a month after the last known one is less sure than the next day. With few days the limit grows as Student's t asks
for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from assay.hypothesis.robust import median
from assay.hypothesis.series import line_medians, scale_of
from assay.profile.arrays import Floats, Ints

LEVEL = 14  # days that tell the level
LATELY = 3  # days that tell a level that wanders
FEWEST = 5  # days before a forecast is made
WEEKS = 21  # days from which weekdays are told apart
REACH = 120  # days that are looked back
TAILS = ((0.9, 1.645, 1), (0.97, 2.17, 34))
"""Shares of normal errors that are nearer than so many standard deviations, and how many errors show such a share."""
FLOOR = 0.03  # least noise of a forecast, as a natural logarithm
FALSE_ALARMS = 0.1 / 365  # that one sort of test may raise in a daily audit: one in ten years


@dataclass(frozen=True)
class Forecast:
    """What was expected of a day, in natural logarithms.

    Attributes:
        expected: the level expected.
        noise: standard deviation of such forecasts in the past.
        past: independent forecasts that the noise was learned from.
        errors: by day, how far off past forecasts were.
    """

    expected: float
    noise: float
    past: int
    errors: Mapping[int, float]

    def noise_of(self, figure: float) -> float:
        """The noise of a figure of this size, which chance adds to where the past is too short to show it."""
        return self.noise if self.past >= LEVEL else math.hypot(self.noise, 1 / math.sqrt(figure))


def forecast(days: Ints, logs: Floats, at: int, *, wanders: bool = False) -> Forecast | None:
    """Forecast a day from the others; None where too few are known.

    Args:
        days: accepted days, ascending.
        logs: natural logarithms of a figure on these days; NaN where unknown.
        at: the day.
        wanders: whether the level may go where it will, so that the last days may tell it better than two weeks.
    """
    known = np.isfinite(logs) & (days != at) & (np.abs(days - at) <= REACH)
    days, logs = days[known], logs[known]
    earlier = int(np.searchsorted(days, at))
    if earlier < FEWEST:  # a day before the baseline: the days after it serve as well
        days, logs = -days[::-1], logs[::-1]
        at = -at
        earlier = int(np.searchsorted(days, at))
        if earlier < FEWEST:
            return None
    weekday = _weekday_effect(days[:earlier], logs[:earlier])
    flat = logs[:earlier] - weekday[days[:earlier] % 7]
    lead = int(at - days[earlier - 1])
    known_then = np.searchsorted(days[:earlier], days[:earlier] - lead, "right")
    width, errors = LEVEL, _errors(days, flat, known_then, LEVEL)
    if wanders and len(errors) >= LEVEL:
        lately = _errors(days, flat, known_then, LATELY)
        if spread_of(np.array(list(lately.values()))) < spread_of(np.array(list(errors.values()))):
            width, errors = LATELY, lately
    spread = np.array(list(errors.values()))
    bias = median(spread) if len(spread) >= LEVEL else 0.0
    level = median(flat[-width:]) + float(weekday[at % 7]) + bias
    noise = spread_of(spread) if len(spread) >= 3 else scale_of(flat, 4 * FLOOR)
    # Forecasts of a month ahead share what happens in that month: they say as much as one a month.
    return Forecast(level, noise, -(-len(spread) // lead), errors)


def _errors(days: Ints, flat: Floats, known_then: Ints, width: int) -> dict[int, float]:
    """By day, how far off it is from the level of the last days that were known then."""
    levels = _medians(flat, known_then - width, known_then)
    return {int(abs(days[i])): float(flat[i] - levels[i]) for i, k in enumerate(known_then) if k >= FEWEST}


def spread_of(errors: Floats) -> float:
    """Standard deviation of forecast errors, which the farthest 3 % cannot move; more where their tails are heavy."""
    away = np.abs(errors - median(errors))
    tails = [float(np.quantile(away, share)) / sigmas for share, sigmas, fewest in TAILS if len(errors) >= fewest]
    return max(scale_of(errors, FLOOR), *tails, 0.0)


def _weekday_effect(days: Ints, logs: Floats) -> Floats:
    effect = np.zeros(7)
    if len(days) < WEEKS:
        return effect
    places = np.arange(len(logs))
    level = _medians(logs, places - 7, places + 8)
    for weekday in range(7):
        own = (logs - level)[days % 7 == weekday]
        if len(own) >= 3:
            effect[weekday] = median(own)
    centred: Floats = effect - effect.mean()
    return centred


def _medians(values: Floats, first: Ints, end: Ints) -> Floats:
    """Median of the values from each of some places to before another, all as far apart; beyond both ends are none."""
    width = int((end - first).max(initial=1))
    padded = np.concatenate([np.full(width, np.nan), values, np.full(width, np.nan)])
    return line_medians(np.lib.stride_tricks.sliding_window_view(padded, width)[first + width])


def limit(tests: float, past: int, alpha: float = FALSE_ALARMS) -> float:
    """How many standard deviations the largest of ``tests`` forecast errors exceeds with probability ``alpha``.

    The quantile of Student's t by its Cornish-Fisher expansion: wide after few forecasts, normal after many.
    """
    z = NormalDist().inv_cdf(1 - alpha / (2 * max(tests, 1.0)))
    v = float(max(past - 1, 2))
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    )


def log_of(value: float) -> float:
    """The natural logarithm; NaN where there is none."""
    return math.log(value) if value > 0 else math.nan
