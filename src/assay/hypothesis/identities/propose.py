"""Sums, products, ratios and copies that the data themselves show, and the rows that break them."""

from __future__ import annotations

import numpy as np

from assay.domain.role import Family
from assay.hypothesis.hypothesis import Context, Hypothesis, RowTest
from assay.hypothesis.identities.factors import adjusted
from assay.hypothesis.identities.identity import formula, gap, residual, violation
from assay.hypothesis.identities.proof import Found
from assay.hypothesis.identities.search import search
from assay.hypothesis.quantities import Quantity, quantities
from assay.hypothesis.structure import broken_segments

FAMILIES = (Family.COUNT, Family.MONEY, Family.RATE, Family.NUMBER, Family.DIMENSION, Family.DATE)
FEW_KEPT = 60  # rows that keep an identity; fewer may be a special case of another one (one conversion in most rows)
CHOSEN = 0.9  # of the rows that break a copy
RARELY = 0.02  # share of rows up to which those that lack a component are told
SEVERAL = 0.5  # different deviations for each row that deviates, from which on they do not repeat
SURE = 0.9  # share of the rows that keep it from which that does not matter
UNSEEN = 3.0  # rows of a sample that may be kept by 95 % confidence though none was seen


def propose(context: Context) -> list[Hypothesis]:
    """One hypothesis for each identity that holds in the sample and does not follow from the others."""
    items = [q for q in quantities(context, FAMILIES) if q.whole or q.family is not Family.DATE]
    items += adjusted(items)
    found = search(items, context.seed)
    kept = [one for one in found if not (_unlisted(one) and _often(one)) and not _chosen(one, items)]
    kept = [one for one in kept if not _defined(context, items, one)]
    return [_hypothesis(context, items, one, found, _unlisted(one) and _repeats(one, items)) for one in kept]


def _defined(context: Context, items: list[Quantity], one: Found) -> bool:
    """Whether a category decides where it holds: columns are defined so (results are clicks in some campaigns)."""
    identity, support = one
    relevant = np.logical_and.reduce([np.isfinite(items[m].values) for m in identity.members])
    return broken_segments(context, relevant, support.broken) is not None


def _unlisted(one: Found) -> bool:
    """Whether all deviations have one sign and moderate size, as if a component (a fee, a discount) were not listed."""
    support = one[1]
    return bool(support.broken.any()) and support.one_sided >= 0.97 and support.near >= 0.7


def _chosen(one: Found, items: list[Quantity]) -> bool:
    """Whether a copy is another column's where it is not this one's, as the larger of two weights is."""
    identity, support = one
    if identity.form != "copy" or not support.broken.any():
        return False
    rest = [i for i in range(len(items)) if i not in identity.members and not items[i].parts]
    broken = support.broken
    return any(
        (items[m].values[broken] == items[other].values[broken]).mean() >= CHOSEN
        for m in identity.members
        for other in rest
    )


def _often(one: Found) -> bool:
    """Whether it is broken in so many rows that a component which most rows lack explains them best."""
    return float(one[1].broken.mean()) > RARELY


def _repeats(one: Found, items: list[Quantity]) -> bool:
    """Whether the same few amounts or shares are missing again and again, as fees and discounts are."""
    identity, support = one
    off, _, right = residual(identity, [q.values for q in items])
    shares = np.unique(np.round((off / np.where(right == 0, 1, right))[support.broken], 3)).size
    amounts = np.unique(np.round(off[support.broken], 2)).size
    distinct = shares if items[identity.target].whole else min(shares, amounts)  # small counts repeat anyway
    return bool(distinct <= SEVERAL * support.broken.sum())


def _confidence(one: Found) -> float:
    support = one[1]
    few = support.holds * support.rows < FEW_KEPT and support.holds < SURE
    return 0.6 if _unlisted(one) else 0.45 if few else 0.9


def _hypothesis(context: Context, items: list[Quantity], one: Found, found: list[Found], component: bool) -> Hypothesis:
    identity, support = one
    text = formula(identity, items)
    order = _suspects(one, found)
    cells = [m for m, blame in order if blame == order[0][1]]
    sample = context.profile.sample
    broken = int(support.broken.sum())
    reason = f"{text} holds in {support.holds:.1%} of the rows that can tell, far beyond chance; these rows break it"
    if component:
        reason += ", all to one side and by the same amounts or shares: some component may not be listed"
    return Hypothesis(
        kind="relation_violation",
        columns=tuple(name for m, _ in order for name in items[m].columns),
        cells=tuple(name for m in cells for name in items[m].columns),
        reason=reason,
        test=RowTest(
            violation(identity, items),
            tolerated=0.0 if sample.complete else UNSEEN / max(1, sample.rows),
            magnitude=gap(identity, items),
        ),
        origin="discovered",
        prior=0.5,
        strict=sample.complete,
        weight=0.7,
        confidence=0.4 if component else _confidence(one),
        action="Recompute the derived column from its parts, or find out which of the columns was changed on the way.",
        evidence={
            "identity": text,
            "holds_in_sample": round(support.holds, 4),
            "rows_that_can_tell": support.rows,
            "broken_in_sample": broken,
            "scale": identity.scale,
            "half_unit_of_result": identity.halves[0],
        },
    )


def _suspects(one: Found, found: list[Found]) -> list[tuple[int, int]]:
    """The columns of an identity, the likeliest culprit first, with a degree of blame.

    In the rows that break this identity, another one that contains a column and holds clears it (-1); one that is
    broken as well, in nearly all of them, implicates it (one more for each).
    """
    identity, support = one
    rows = np.flatnonzero(support.broken)
    blames = []
    for member in identity.members:
        shared = [
            float(held.broken[rows].mean())
            for other, held in found
            if rows.size and other is not identity and member in other.members
        ]
        blames.append(-1 if any(s < 0.2 for s in shared) else sum(s > 0.8 for s in shared))
    order = sorted(range(len(blames)), key=lambda i: (-blames[i], i))
    return [(identity.members[i], blames[i]) for i in order]
