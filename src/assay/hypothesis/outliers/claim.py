"""The hypothesis that a column has outliers, from what the search found in it."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlglot import exp

from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.hypothesis.outliers.boundary import at_boundary_of
from assay.hypothesis.outliers.predicate import expected_level, predicate_of
from assay.hypothesis.outliers.stage import Damage
from assay.hypothesis.witnesses import vindicated


def hypothesis_of(context: Context, damage: Damage) -> Hypothesis:
    """One hypothesis about one column; rows of which the rates computed from it still agree are left out."""
    target = damage.stages[0].expected.measure
    evidence = _evidence(damage)
    if bound := at_boundary_of(context, target.name, damage.suspects):
        evidence["at_boundary_of"] = bound
    by = dict.fromkeys(evidence["expected_from"] + evidence["by_segment"])
    basis = f"what {', '.join(by)} would lead to expect" if by else "the rest of the column"
    sides = evidence["sides"]
    direction = {("high",): "above", ("low",): "below"}.get(tuple(sides), "above or below")
    fitted = damage.stages[0].expected
    predicate = predicate_of(context, damage)
    if sound := vindicated(context, target.name, damage.suspects):
        predicate = exp.and_(exp.paren(predicate), exp.not_(exp.paren(sound)))
    distance = exp.Abs(this=target.sql(context) - expected_level(context, fitted))
    return Hypothesis(
        kind="outliers",
        columns=(target.name,),
        reason=(
            f"{target.name} is far {direction} {basis}: typically by a factor of {evidence['median_factor']:g}, "
            "well beyond where its own spread ends"
        ),
        test=RowTest(
            predicate=predicate,
            tolerated=sum(s.expected.sides[side].expected for s in damage.stages for side in s.sides)
            / context.profile.sample.rows,
            magnitude=exp.Exp(this=distance) if target.logarithmic else None,
        ),
        origin="discovered",
        prior=0.6,
        strict=False,
        weight=0.8,
        confidence=_confidence(damage),
        action=f"Quarantine these cells of {target.name} and load them again before anything is trained on them.",
        evidence=evidence,
    )


def _evidence(damage: Damage) -> dict[str, Any]:
    stages = damage.stages
    related = [s.expected.related.name for s in stages if s.expected.related is not None]
    excess = np.concatenate([np.abs(s.expected.residual()[s.suspects]) for s in stages])
    excess = excess[np.isfinite(excess)]
    return {
        "expected_from": list(dict.fromkeys(related)),
        "by_segment": list(dict.fromkeys(e.dimension.name for s in stages for e in s.expected.effects)),
        "median_factor": float(f"{np.exp(min(float(np.median(excess)), 60.0)):.3g}"),
        "sides": [side for side in ("high", "low") if any(side in s.sides for s in stages)],
        "suspect_in_sample": int(np.count_nonzero(damage.suspects)),
        "expected_by_chance_in_sample": float(
            f"{sum(s.expected.sides[side].expected for s in stages for side in s.sides):.2g}"
        ),
    }


def _confidence(damage: Damage) -> float:
    """Few suspects, and suspects that no other column contradicts, may be a rare truth."""
    few = int(np.count_nonzero(damage.suspects)) < 5
    alone = all(stage.expected.related is None for stage in damage.stages)
    return round(0.95 - 0.1 * few - 0.05 * alone, 2)
