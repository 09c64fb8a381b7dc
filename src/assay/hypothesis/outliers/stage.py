"""What a search for outliers finds in one column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from assay.hypothesis.outliers.expectation import Expectation
from assay.profile.arrays import Bools

FEW_LEFT = 0.1  # rows that no stage judges, per sound row: so many sound ones are expected above the ceiling


@dataclass(frozen=True, eq=False)
class Stage:
    """Suspect cells of one column by one expectation.

    Attributes:
        sides: the tails that are suspect.
        witness: a second expectation that decides, row by row, whether this column or the related one is off; None
            where it agrees with nearly all suspects.
    """

    expected: Expectation
    sides: tuple[str, ...]
    suspects: Bools
    witness: Expectation | None
    linked: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Damage:
    """Suspect cells of one column: each stage judges the rows that the ones before it have no basis for.

    Attributes:
        ceiling: level above which the few rows that no stage judges are suspect as well: the largest sound one; None
            where that says nothing.
        beyond: these rows of the sample.
    """

    stages: tuple[Stage, ...]
    ceiling: float | None
    beyond: Bools

    @property
    def suspects(self) -> Bools:
        return np.asarray(np.logical_or.reduce([self.beyond, *(s.suspects for s in self.stages)]), dtype=np.bool_)

    @property
    def linked(self) -> set[int]:
        return {i for stage in self.stages for i in stage.linked}


def damage_of(stages: Sequence[Stage], left: Bools) -> Damage:
    """Put stages together, and judge what is left.

    In a column that is damaged upwards a value above all that were judged and are sound is no chance where few rows
    are left: of m values the largest is among k others of the same kind with probability k / (k + m).

    Args:
        left: sampled rows with a value that no stage judges.
    """
    values = stages[0].expected.measure.values
    found = Damage(tuple(stages), None, np.zeros(values.size, dtype=np.bool_))
    sound = values[np.isfinite(values) & ~left & ~found.suspects]
    if not any("high" in s.sides for s in stages) or not sound.size or np.count_nonzero(left) > FEW_LEFT * sound.size:
        return found
    ceiling = float(sound.max())
    with np.errstate(invalid="ignore"):
        return replace(found, ceiling=ceiling, beyond=left & (values > ceiling))
