"""Which amounts of a day moved apart from the others."""

from __future__ import annotations

import math

import numpy as np
import pytest

from assay.hypothesis.history.delay import Delay
from assay.hypothesis.history.off import Line, distance, moved_alone, off_of
from assay.profile.history import ROWS

DAYS = 60
COMPLETE = Delay(0, True, {}, {})


def _line(levels: dict[str, float], delay: Delay = COMPLETE) -> Line:
    rng = np.random.default_rng(0)
    return Line(
        {n: {d: float(v) for d, v in enumerate(rng.poisson(level, DAYS))} for n, level in levels.items()}, delay
    )


def test_what_moves_with_the_others_does_not_move_alone() -> None:
    line, usual = (
        _line({"clicks": 900, "views": 9_000, "spend": 400}),
        {"clicks": 900.0, "views": 9_000.0, "spend": 400.0},
    )
    assert moved_alone(off_of(line, DAYS, {n: 2 * v for n, v in usual.items()}, DAYS), 3) == []
    assert moved_alone(off_of(line, DAYS, {**usual, "spend": 800.0}, DAYS), 3) == ["spend"]


def test_one_amount_is_compared_with_its_rows() -> None:
    line = _line({"spend": 400, ROWS: 100})
    assert moved_alone(off_of(line, DAYS, {"spend": 800.0, ROWS: 200.0}, DAYS), 2) == []
    assert moved_alone(off_of(line, DAYS, {"spend": 800.0, ROWS: 100.0}, DAYS), 2) == ["spend"]


def test_nothing_is_far_from_few_and_far_from_many() -> None:
    for level, news in ((25, []), (900, ["orders"])):
        line = _line({"orders": level, ROWS: 5_000})
        noisy = Line(
            {**line.past, "orders": {d: v * (1.6 if d % 2 else 0.6) for d, v in line.past["orders"].items()}}, COMPLETE
        )
        off = off_of(noisy if level == 25 else line, DAYS, {"orders": 0.0, ROWS: 5_000.0}, DAYS)
        assert "orders" in off.amounts
        assert moved_alone(off, 2, few=True) == news


def test_what_still_arrives_is_compared_as_far_as_it_has() -> None:
    late = Delay(1, True, {"orders": {0: math.log(2)}}, {"orders": {0: 0.05}})
    for delay, news in ((late, []), (COMPLETE, ["orders"])):
        off = off_of(_line({"orders": 900, ROWS: 5_000}, delay), DAYS, {"orders": 450.0, ROWS: 5_000.0}, DAYS)
        assert moved_alone(off, 2) == news


def test_distances_of_few_events_are_bounded_and_small_ones_are_those_of_logarithms() -> None:
    assert distance(-50.0) == pytest.approx(2.0)
    assert distance(0.01) == distance(-0.01) == pytest.approx(0.01, rel=0.01)
