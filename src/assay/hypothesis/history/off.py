"""How far the amounts of a day are from what earlier days let expect, and which of them moved apart from the others."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from assay.hypothesis.history.baseline import Forecast, forecast, limit, log_of, spread_of
from assay.hypothesis.history.delay import Delay, delay_within
from assay.hypothesis.robust import median
from assay.profile.arrays import Floats
from assay.profile.history import ROWS, History

LEAST_FACTOR = 1.3
BLAMED = 0.9  # of the limit, which an amount has to be beyond by itself
LEAST_EVENTS = 20.0  # an amount below which its chance decides
NONE = 0.5  # what stands for no event, as a logarithm needs one
FEWEST = 3  # amounts that tell what all of them did
ONE_SIDE = 10  # errors to one side that tell its spread


@dataclass(frozen=True)
class Line:
    """Accepted totals of a table, or of the rows with one value, by metric and day, and how they arrive."""

    past: Mapping[str, Mapping[int, float]]
    delay: Delay


@dataclass(frozen=True)
class Off:
    """How far the amounts of a day are from their forecasts, in natural logarithms.

    Attributes:
        late: how much less sure an amount is because it still arrives; None where that is not known yet.
    """

    day: int
    amounts: Mapping[str, float]
    forecasts: Mapping[str, Forecast]
    late: Mapping[str, float | None]

    @property
    def common(self) -> float:
        """What all amounts of the day did together; of one or two what the rows did, 0 where these are not known."""
        values = np.array(list(self.amounts.values()))
        return median(values) if len(values) >= FEWEST else self.amounts.get(ROWS, 0.0)

    def common_error(self, day: int) -> float:
        """The same of an earlier day, as its forecasts came out."""
        values = np.array([f.errors[day] for f in self.forecasts.values() if day in f.errors])
        if len(values) >= FEWEST:
            return median(values)
        return self.forecasts[ROWS].errors.get(day, 0.0) if ROWS in self.forecasts else 0.0

    def apart(self, name: str) -> float:
        """How far an amount moved beside the others."""
        return self.amounts[name] - self.common

    def errors_apart(self, name: str) -> Floats:
        """The same of earlier days."""
        return np.array([e - self.common_error(d) for d, e in self.forecasts[name].errors.items()])


def off_of(line: Line, day: int, now: Mapping[str, float], last: int) -> Off:
    """Compare the amounts of a day with their forecasts.

    Args:
        now: total of each metric on that day.
        last: the last day of the table, from which ages are counted.
    """
    amounts, forecasts, delay = {}, {}, line.delay
    for name, total in now.items():
        known = line.past.get(name, {})
        if not known or total < 0 or any(v < 0 for v in known.values()):
            continue
        days = np.array(sorted(known), dtype=np.int64)
        logs = np.array([log_of(known[int(d)]) for d in days])
        # Amounts that keep arriving are compared as far as they have arrived.
        young = last - days < delay.days
        logs[young] += [delay.remaining(name, last - int(d)) for d in days[young]]
        expected = forecast(days, logs, day)
        if expected is None or math.exp(expected.expected) < LEAST_EVENTS:
            continue
        seen = log_of(max(total, NONE)) + delay.remaining(name, last - day)
        amounts[name], forecasts[name] = seen - expected.expected, expected
    return Off(day, amounts, forecasts, {name: delay.spread(name, last - day) for name in amounts})


def distance(log: float) -> float:
    """How far apart two amounts of few events are, by the logarithm of their ratio, as multiples of relative noise.

    The noise of square roots of counts is the same for all of them (Bartlett, "The use of transformations", Biometrics
    1947): of an amount of few events nothing is never far.
    """
    return 2 * (1 - math.exp(-abs(log) / 2))


def moved_alone(off: Off, tests: float, *, few: bool = False) -> list[str]:
    """The amounts that are off by themselves, beyond what the past of both of these distances lets expect.

    Args:
        few: whether they may be of few events.
    """
    return [name for name in off.amounts if is_alone(off, name, tests, few=few)]


def is_alone(off: Off, name: str, tests: float, *, few: bool = False, shift: float = 0.0, share: float = 1.0) -> bool:
    """Whether an amount, or the same amount of a part of the rows, is off by itself.

    Args:
        few: whether it may be of few events.
        shift: how much farther off the part is, as a natural logarithm.
        share: the part's share of the usual amount; the less it is, the noisier it is.
    """
    common, away, least = off.common, off.amounts[name] + shift, math.log(LEAST_FACTOR)
    expected, late = off.forecasts[name], off.late[name]
    if (late is None and away < 0) or min(abs(away), abs(away - common)) <= least:
        return False  # where nothing is known yet, what is too low may only be on its way
    usual, sure = share * math.exp(expected.expected), limit(tests, expected.past)
    # That it moved beside the others is what has to be sure; by itself it shows that it is not they that moved.
    if abs(away) <= BLAMED * sure * math.hypot(expected.noise_of(usual) / math.sqrt(share), late or 0.0):
        return False
    beside = replace(expected, noise=_noise_beside(off, name) or expected.noise).noise_of(usual)
    far = distance(away - common) if few and away < common else abs(away - common)
    return far > sure * math.hypot(beside / math.sqrt(share), late or 0.0)


def _noise_beside(off: Off, name: str) -> float | None:
    """Standard deviation of how an amount moved beside the others, to the side on which it is; None if unknown.

    A sum of few large parts falls farther than it rises: each side has its own tail.
    """
    apart = off.errors_apart(name)
    if len(apart) < 3:
        return None
    side = apart[apart * off.apart(name) > 0]
    return max(spread_of(apart), spread_of(np.concatenate([side, -side])) if len(side) >= ONE_SIDE else 0.0)


def line_within(history: History, column: str, value: str) -> Line:
    """The line of the rows with one (hidden) value of a column, the number of rows among its amounts.

    A day without an amount is a fact of few rows, and makes their noise: it counts as half of one.
    """
    past: dict[str, dict[int, float]] = defaultdict(dict)
    for day, state in history.days.items():
        for name, totals in state.sums.get(column, {}).items():
            if value in totals:
                past[name][day] = totals[value] or NONE
        if value in state.parts.get(column, {}):
            past[ROWS][day] = float(state.parts[column][value])
    return Line(past, delay_within(history, column, value))
