"""Bad rows that a cause itself does not list: it spares what may be legitimate, and what it breaks besides tells them.

Conversions without a click may be views, so damage of a few conversions is spared among them. Where the same damage
breaks a relation without such exceptions, nearly all rows of which the cause has, the others are damaged as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlglot import exp

from assay.hypothesis.hypothesis import RowTest
from assay.judge.causes import BROKEN, COVERED, SURE
from assay.judge.verdict import Judgement
from assay.scan.evidence import Overlap


def beside(
    place: int, judged: Sequence[Judgement], cause: Mapping[int, int], shared: Mapping[tuple[int, int], int]
) -> list[int]:
    """Broken relations that are folded into a cause, and have a few rows that it does not have.

    Args:
        place: index of the cause.
        cause: index of the explained -> index of its cause.
        shared: rows that two have in common, by pair of indices (smaller first).
    """
    if place >= len(judged) or not isinstance(judged[place].hypothesis.test, RowTest):
        return []
    found = []
    for effect, root in sorted(cause.items()):
        if root != place or effect >= len(judged):
            continue
        h, rows = judged[effect].hypothesis, judged[effect].rows
        strict = isinstance(h.test, RowTest) and h.test.benign is None
        if h.kind in BROKEN and h.confidence >= SURE and strict and not h.explained_by:
            common = shared.get((min(place, effect), max(place, effect)), 0)
            if COVERED * rows <= common < rows:
                found.append(effect)
    return found


def joined(judgement: Judgement, effects: Sequence[Judgement], groups: Sequence[Overlap]) -> Judgement:
    """A cause with the rows of the relations that it breaks.

    Args:
        groups: the rows that fail any of them.
    """
    tests = [t for j in (judgement, *effects) if isinstance(t := j.hypothesis.test, RowTest)]
    test = RowTest(exp.or_(*(t.bad for t in tests)), magnitude=tests[0].magnitude)
    rows = sum(g.rows for g in groups)
    hypothesis = replace(judgement.hypothesis, test=test)
    return replace(judgement, hypothesis=hypothesis, rows=rows, measured={**judgement.measured, "rows": rows})
