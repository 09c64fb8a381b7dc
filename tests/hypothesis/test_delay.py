"""How long amounts keep arriving, and old days that change long after."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from assay.hypothesis.history.delay import delay_of, delay_within, slowest
from assay.profile.history import Growth, History
from assay.profile.state import TableState

ARRIVES = {0: math.log(1.5), 1: math.log(1.2), 2: math.log(1.05)}


def _history(growth: Sequence[Growth], stated: int | None = None) -> History:
    return History(len(growth), {}, {}, {}, TableState(0), 19_000, growth=growth, delay=stated)


def _late(audits: int, extra: Sequence[Growth] = ()) -> History:
    """Conversions that arrive for three days, as daily audits see them."""
    seen = [Growth("conversions", a, age, age + 1, ARRIVES.get(age, 0.0)) for a in range(audits) for age in range(14)]
    return _history([*seen, *extra])


def test_the_chain_ladder_finds_three_days() -> None:
    delay = delay_of(_late(5))
    assert (delay.days, delay.known) == (3, True)
    assert delay.remaining("conversions", 0) == pytest.approx(math.log(1.5 * 1.2 * 1.05))
    assert delay.remaining("conversions", 2) == pytest.approx(math.log(1.05))
    assert delay.remaining("conversions", 3) == 0.0
    assert delay.remaining("spend", 0) == 0.0


def test_two_audits_do_not_tell_a_delay() -> None:
    assert not delay_of(_late(2)).known


def test_one_restatement_of_an_old_day_is_no_delay() -> None:
    assert delay_of(_late(5, [Growth("conversions", 3, 40, 41, 0.5)])).days == 3


def test_audits_every_third_day_spread_the_growth_over_the_days_between() -> None:
    growth = [Growth("conversions", a, 0, 3, 0.6) for a in range(4)]
    delay = delay_of(_history(growth))
    assert delay.known
    assert delay.remaining("conversions", 0) > 0


def test_rounding_is_no_growth() -> None:
    assert delay_of(_history([Growth("spend", a, 1, 2, 0.0005) for a in range(6)])).days == 0


def test_a_stated_delay_counts_before_it_is_seen() -> None:
    delay = delay_of(_history([], stated=4))
    assert (delay.days, delay.known) == (4, True)


def test_the_longer_of_what_was_stated_and_seen_counts() -> None:
    seen = _late(5)
    assert delay_of(_history(seen.growth, stated=1)).days == 3
    assert delay_of(_history(seen.growth, stated=7)).days == 7


def _two_platforms(audits: int) -> History:
    slow = [Growth("clicks", a, age, age + 1, 0.3 if age < 5 else 0.0) for a in range(audits) for age in range(14)]
    fast = [Growth("clicks", a, 0, 1, 0.0) for a in range(audits)]
    late = Growth("clicks", 1, 40, 41, 0.1), Growth("clicks", 2, 40, 41, 0.1)  # corrections of a few rows
    within = {("platform", "slow"): slow, ("platform", "fast"): [*fast, *(late if audits > 16 else ())]}
    return replace(_history([Growth("clicks", a, 0, 1, 0.0) for a in range(audits)]), growth_within=within)


def test_every_platform_has_its_own_delay_and_the_slowest_tells_how_far_to_look_back() -> None:
    history = _two_platforms(4)
    slow, fast = (delay_within(history, "platform", value) for value in ("slow", "fast"))
    assert (slow.days, slow.known, fast.days, fast.known) == (5, True, 0, True)
    assert slow.remaining("clicks", 0) == pytest.approx(1.5)
    assert (fast.remaining("clicks", 0), fast.spread("clicks", 0)) == (0.0, 0.0)
    assert (delay_of(history).days, slowest(history)) == (0, 5)


def test_a_platform_that_was_never_seen_has_no_known_delay() -> None:
    new = delay_within(_two_platforms(4), "platform", "new")
    assert not new.known and new.spread("clicks", 0) is None


def test_a_late_correction_now_and_then_is_no_delay_of_a_platform() -> None:
    assert delay_within(_two_platforms(20), "platform", "fast").days == 0
