"""A second expectation of the same column: it decides whether this column is off, or the one it is compared with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assay.hypothesis.measures import Measure
from assay.hypothesis.outliers.effects import LEAST_FACTOR
from assay.hypothesis.outliers.expectation import Expectation, confirmed, expectation
from assay.hypothesis.outliers.lines import Line
from assay.profile.arrays import Bools

FEWEST = 3  # rows far above what is expected, for a second expectation to be asked
MOST_TRIED = 2
PRESENT = 0.9  # of the rows in which a second expectation must say something


def together(
    fitted: Expectation, columns: Sequence[Measure], options: Sequence[Line], rng: np.random.Generator
) -> tuple[Expectation, Expectation | None]:
    """The same with the tails of what another expectation confirms, and that other one; as it is where none does."""
    with np.errstate(invalid="ignore"):
        far = np.count_nonzero(fitted.residual() > LEAST_FACTOR)
    if fitted.related is None or far < FEWEST:
        return fitted, None
    for option in [o for o in options[1:] if o.other >= 0 and o.coverage >= PRESENT][:MOST_TRIED]:
        other = expectation(fitted.measure, columns, option, rng, tails=False)
        joint = confirmed(fitted, other) if other is not None else fitted
        if joint.sides:
            return joint, other
    return fitted, None


def witness_of(
    fitted: Expectation,
    columns: Sequence[Measure],
    options: Sequence[Line],
    suspects: Bools,
    rng: np.random.Generator,
    among: Bools | None,
) -> Expectation | None:
    """Of the other expectations the one that sees the excess in most of the suspects that it can judge.

    If the related metric is off, none of them sees it; if this one is, those that are not confused by it do.
    """
    best: tuple[float, Expectation] | None = None
    for option in options:
        other = expectation(fitted.measure, columns, option, rng, False, among)
        if other is None:
            continue
        judged = suspects & np.isfinite(other.residual())
        if np.count_nonzero(judged) < 0.5 * np.count_nonzero(suspects):
            continue
        share = float(np.count_nonzero(agrees_with(fitted, other) & judged) / np.count_nonzero(suspects))
        if best is None or share > best[0] + 0.05:
            best = share, other
    return best[1] if best is not None else None


def agrees_with(fitted: Expectation, witness: Expectation) -> Bools:
    """Whether a second expectation sees at least half of the excess: else it is the related column that is off."""
    excess = fitted.residual()
    second = witness.residual()
    with np.errstate(invalid="ignore"):
        off = np.where(excess > 0, second > excess / 2, second < excess / 2)
    return np.asarray(np.isnan(second) | np.isnan(excess) | off, dtype=np.bool_)
