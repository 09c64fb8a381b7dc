"""The column by whose values amounts of days are kept apart."""

from __future__ import annotations

import numpy as np

from assay.domain.grouping import summed_column
from assay.domain.role import Family, Role
from assay.profile.groups import Days, Groups

DAYS = 20


def _days(*names: str, rows: int = 10) -> Days:
    """As many rows of each value on each day."""
    n = len(names) * DAYS
    return Days(
        np.tile(np.arange(DAYS, dtype=np.int64), len(names)),
        np.repeat(np.array(names, dtype=object), DAYS),
        np.full(n, rows, dtype=np.int64),
        {},
        {},
    )


def _role(name: str) -> Role:
    return Role(name, Family.DIMENSION)


def _chosen(**columns: Days) -> str | None:
    roles = {c: _role(c) for c in columns}
    return summed_column(Groups(days=_days(""), segments=columns), roles)


def test_a_platform_goes_before_an_objective_and_what_means_neither_is_none() -> None:
    assert _chosen(objective=_days("a", "b"), platform=_days("x", "y")) == "platform"
    assert _chosen(objective=_days("a", "b"), device=_days("x", "y")) == "objective"
    assert _chosen(device=_days("x", "y")) is None


def test_one_value_or_very_many_tell_nothing_apart() -> None:
    assert _chosen(platform=_days("x")) is None
    assert _chosen(platform=_days("x", "")) is None
    assert _chosen(platform=_days(*[f"p{i}" for i in range(40)])) is None


def test_a_few_misspelt_values_beside_the_platforms_change_nothing() -> None:
    rare = _days(*[f"typo{i}" for i in range(15)], rows=0)
    full = _days("x", "y", "z")
    day, segment, rows = (np.concatenate([getattr(full, f), getattr(rare, f)]) for f in ("day", "segment", "rows"))
    assert _chosen(platform=Days(day, segment, rows, {}, {})) == "platform"
