"""How long amounts keep arriving after their day, learned from how days changed between audits.

The chain-ladder method of claims reserving (Mack, "Distribution-free calculation of the standard error of chain ladder
reserve estimates", ASTIN Bulletin 1993): for each age the median growth to the next age, and their product to the end.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from assay.hypothesis.robust import median
from assay.hypothesis.series import z_limit
from assay.profile.arrays import Floats
from assay.profile.history import Growth, History

MATERIAL = 0.002  # relative change of an amount that is more than rounding
FEWEST_AUDITS = 2  # that saw days of an age change, before that age belongs to the delay
OFTEN = 0.125  # share of the audits that saw days of an age of one value change, before it belongs to its delay
OLDEST = 120
FEWEST_STEPS = 5  # growths of one age that tell their spread
UNKNOWN = 7  # age in days below which amounts may still arrive, for all that is known at first


@dataclass(frozen=True)
class Delay:
    """What is known of amounts that arrive late.

    Attributes:
        days: age in days up to which days of the table usually still change.
        known: whether that was stated or seen in enough audits to judge by.
        growth: by metric and age, the growth from that age to the next as a natural logarithm.
        spreads: by metric and age, the standard deviation of that growth, where enough audits saw it.
    """

    days: int
    known: bool
    growth: Mapping[str, Mapping[int, float]]
    spreads: Mapping[str, Mapping[int, float]]

    def remaining(self, metric: str, age: int) -> float:
        """The natural logarithm of what an amount of this age still grows by."""
        return sum(step for at, step in self.growth.get(metric, {}).items() if at >= age)

    def spread(self, metric: str, age: int) -> float | None:
        """The standard deviation of :meth:`remaining`; None where too few audits saw days of that age change."""
        if age >= self.days and (self.known or age >= UNKNOWN):
            return 0.0
        steps = self.spreads.get(metric, {})
        ages = range(max(age, 0), self.days)
        if not self.known or any(at not in steps for at in ages):
            return None
        return math.sqrt(sum(steps[at] ** 2 for at in ages))


def _spread(steps: Floats) -> float:
    """Standard deviation of growths, as wide as the farthest of them asks for: few are known, and some days are odd."""
    farthest = float(np.abs(steps - median(steps)).max())
    return max(float(np.std(steps)), farthest / z_limit(len(steps), 0.5))


def delay_of(history: History) -> Delay:
    """The delay of a table's amounts."""
    return _learned(history.growth, history.delay, 0.0)


def delay_within(history: History, column: str, value: str) -> Delay:
    """The delay of the rows with one (hidden) value of a column: a platform reports at its own pace."""
    return _learned(history.growth_within.get((column, value), ()), history.delay, OFTEN)


def slowest(history: History) -> int:
    """Age in days up to which days of the table, or of any value whose pace is known, usually still change."""
    return max([delay_of(history).days, *(delay_within(history, *key).days for key in history.growth_within)])


def _learned(growths: Iterable[Growth], stated: int | None, often: float) -> Delay:
    """The delay that growths show.

    Args:
        often: share of the audits that must have seen days of an age change. Of few rows a late correction is a
            material change now and then.
    """
    steps: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    seen: dict[int, set[int]] = defaultdict(set)
    audits = set()
    for one in growths:
        audits.add(one.audit)
        span = max(one.after - one.before, 1)
        if abs(one.change) > MATERIAL and one.after <= OLDEST:
            seen[one.before].add(one.audit)
        for age in range(max(one.before, 0), min(one.after, OLDEST)):
            steps[one.metric][age].append(one.change / span)
    fewest = max(FEWEST_AUDITS, math.ceil(often * len(audits)))
    learned = max((age + 1 for age, who in seen.items() if len(who) >= fewest), default=0)
    days = max(learned, stated or 0)
    growth = {
        metric: {age: step for age, values in ages.items() if (step := median(np.array(values))) and age < days}
        for metric, ages in steps.items()
    }
    spreads = {
        metric: {age: _spread(np.array(values)) for age, values in ages.items() if len(values) >= FEWEST_STEPS}
        for metric, ages in steps.items()
    }
    return Delay(days, stated is not None or len(audits) >= FEWEST_AUDITS + 1, growth, spreads)
