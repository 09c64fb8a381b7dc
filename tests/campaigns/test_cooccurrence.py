"""What goes with what in past campaigns."""

from __future__ import annotations

import numpy as np
import pytest

from assay.campaigns.cooccurrence import Cooccurrence
from assay.campaigns.tables import MISSING
from tests.campaigns.toys import SMALL, named_world


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return named_world().draw(8_000, np.random.default_rng(1))


@pytest.fixture(scope="module")
def past(rows: np.ndarray) -> Cooccurrence:
    return Cooccurrence.fit(rows[:6_000], SMALL.sizes)


def test_the_field_that_goes_with_none_is_left_out(past: Cooccurrence) -> None:
    assert past.held == (True, True, True, True, False)


def test_it_finds_how_often_a_field_is_replaced(past: Cooccurrence) -> None:
    share = SMALL.redraw / 4
    assert past.replaced[:4] == pytest.approx(share, abs=share)


@pytest.mark.parametrize("field", range(5))
def test_a_hidden_value_is_told_by_the_others(past: Cooccurrence, rows: np.ndarray, field: int) -> None:
    held_out = rows[6_000:]
    told = past.values(held_out, field)
    assert told.sum(axis=1) == pytest.approx(1.0)
    surprise = -np.log(told[np.arange(len(held_out)), held_out[:, field]]).mean()
    if field == 4:
        assert surprise == pytest.approx(np.log(SMALL.sizes[4]), abs=0.02)
    else:
        assert surprise < 0.7 * np.log(SMALL.sizes[field])


def test_the_value_itself_is_not_looked_at(past: Cooccurrence, rows: np.ndarray) -> None:
    changed = rows[:20].copy()
    changed[:, 0] = MISSING
    assert past.values(changed, 0) == pytest.approx(past.values(rows[:20], 0))


def test_completions_keep_what_is_given_and_come_as_often_as_they_should(past: Cooccurrence, rows: np.ndarray) -> None:
    asked = rows[6_000:6_050].copy()
    asked[:, 2] = MISSING
    drawn = past.draw(asked, 400, np.random.default_rng(0))
    assert (drawn[:, :, [0, 1, 3, 4]] == asked[:, None, [0, 1, 3, 4]]).all()
    often = np.stack([(drawn[:, :, 2] == v).mean(axis=1) for v in range(SMALL.sizes[2])], axis=1)
    assert np.abs(often - past.values(asked, 2)).max() < 0.12


def test_nothing_given_gives_what_comes_often(past: Cooccurrence, rows: np.ndarray) -> None:
    (told,) = past.values(np.full((1, 5), MISSING), 0)
    share = np.bincount(rows[:6_000, 0], minlength=SMALL.sizes[0]) / 6_000
    assert told == pytest.approx(share, abs=0.03)


def test_independent_fields_have_no_past_combinations() -> None:
    rng = np.random.default_rng(0)
    free = rng.integers(0, (5, 6, 7), size=(3_000, 3))
    assert not any(Cooccurrence.fit(free, (5, 6, 7)).held)


def test_no_rows_give_even_odds() -> None:
    empty = Cooccurrence.fit(np.zeros((0, 2), np.int64), (4, 2))
    assert empty.values(np.array([[MISSING, 1]]), 0)[0] == pytest.approx([0.25] * 4)
