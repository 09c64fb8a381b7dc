"""What a search for outliers finds in one column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assay.hypothesis.expectation import Expectation
from assay.hypothesis.robust import Bools


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
    """Suspect cells of one column: each stage judges the rows that the ones before it have no basis for."""

    stages: tuple[Stage, ...]

    @property
    def suspects(self) -> Bools:
        return np.asarray(np.logical_or.reduce([s.suspects for s in self.stages]), dtype=np.bool_)

    @property
    def linked(self) -> set[int]:
        return {i for stage in self.stages for i in stage.linked}
