"""Forecasts of a day from the days before, with the noise of their own past."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest

from assay.hypothesis.history.baseline import FALSE_ALARMS, FLOOR, Forecast, forecast, limit, spread_of
from assay.profile.arrays import Floats, Ints

WEEK = np.array([0.0, 0.0, 0.0, 0.0, 0.1, 0.3, -0.4])


def _series(days: int, noise: float = 0.05, seed: int = 0, first: int = 19_000) -> tuple[Ints, Floats]:
    rng = np.random.default_rng(seed)
    when = np.arange(first, first + days, dtype=np.int64)
    return when, 5.0 + WEEK[when % 7] + rng.normal(0, noise, days)


def _made(days: Ints, logs: Floats, at: int) -> Forecast:
    made = forecast(days, logs, at)
    assert made is not None
    return made


def test_too_few_days_make_no_forecast() -> None:
    days, logs = _series(4)
    assert forecast(days, logs, int(days[-1]) + 1) is None


@pytest.mark.parametrize("ahead", range(1, 8))
def test_every_weekday_has_its_own_level(ahead: int) -> None:
    days, logs = _series(70)
    at = int(days[-1]) + ahead
    assert _made(days, logs, at).expected == pytest.approx(5 + WEEK[at % 7], abs=0.12)


def test_few_days_are_judged_by_wide_limits_and_many_by_those_of_a_normal_distribution() -> None:
    widths = [limit(1, past) for past in (2, 5, 10, 30, 1_000)]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] > 15
    assert widths[-1] == pytest.approx(NormalDist().inv_cdf(1 - FALSE_ALARMS / 2), rel=0.01)


def test_more_tests_need_a_wider_limit() -> None:
    assert limit(100, 50) > limit(1, 50)


@pytest.mark.parametrize("factor", [1e-3, 1e4])
def test_a_corrupted_day_in_the_past_moves_nothing(factor: float) -> None:
    days, logs = _series(60)
    clean = _made(days, logs, int(days[-1]) + 1)
    for place in (10, 40, 58):
        wrong = logs.copy()
        wrong[place] += math.log(factor)
        made = _made(days, wrong, int(days[-1]) + 1)
        assert made.expected == pytest.approx(clean.expected, abs=0.05)
        assert made.noise == pytest.approx(clean.noise, rel=0.5)


def test_the_day_itself_is_no_part_of_its_forecast() -> None:
    days, logs = _series(40)
    wrong = logs.copy()
    wrong[30] += 3
    assert _made(days, wrong, int(days[30])) == _made(days, logs, int(days[30]))


def test_unknown_days_are_left_out() -> None:
    days, logs = _series(40)
    some = logs.copy()
    some[::9] = np.nan
    assert _made(days, some, int(days[-1]) + 1).expected == pytest.approx(
        _made(days, logs, int(days[-1]) + 1).expected, abs=0.1
    )


def test_a_day_before_the_baseline_is_forecast_from_the_days_after_it() -> None:
    days, logs = _series(40)
    assert _made(days, logs, int(days[0]) - 1).expected == pytest.approx(5 + WEEK[(int(days[0]) - 1) % 7], abs=0.15)


def test_a_day_far_ahead_of_a_wandering_level_is_less_sure_than_the_next_one() -> None:
    days = np.arange(19_000, 19_090, dtype=np.int64)
    logs = 5 + np.cumsum(np.random.default_rng(1).normal(0, 0.05, 90))
    near, far = (_made(days, logs, 19_089 + ahead) for ahead in (1, 30))
    assert limit(1, far.past) * far.noise > 3 * limit(1, near.past) * near.noise


def test_a_constant_past_leaves_a_least_noise() -> None:
    days = np.arange(40, dtype=np.int64)
    assert _made(days, np.full(40, 5.0), 40).noise == FLOOR


def test_one_odd_error_in_twenty_does_not_widen_the_noise_but_one_in_five_does() -> None:
    quiet = np.tile([-0.04, 0.04], 10)
    few, many = quiet.copy(), quiet.copy()
    few[0] = many[:5] = 2.0
    assert spread_of(few) == pytest.approx(spread_of(quiet), rel=0.3)
    assert spread_of(many) > 0.8
