"""Root causes: findings whose rows another finding explains are folded into it.

Damage to one column can break five relations. A person wants one finding that names the cause, and below it what else
the same rows break.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assay.hypothesis.hypothesis import Hypothesis

COVERED = 0.95
TOGETHER = 0.99  # by several causes: rows that none of them lists are lost to --rows-out
MOSTLY = 0.8
SURE = 0.5  # confidence below which a finding is a note, and explains nothing away
SURPLUS = 0.7  # of the rows that a day has too many or too few: how many it should have is an estimate
COPIES = ("duplicate_rows", "duplicate_keys")
HEAVY = 0.2  # share of the table's rows beyond which damage sets the level that others are compared with

RANK: Mapping[str, int] = {
    kind: rank
    for rank, kinds in enumerate(
        (
            ("column_shift",),
            ("missing_columns", "type_change"),
            ("unit_change",),
            ("spend_with_zero_impressions",),
            ("malformed_values", "missing_values"),
            ("negative_metric",),
            ("categorical_corruption",),
            (
                "clicks_exceed_impressions", "conversions_exceed_clicks", "video_completions_exceed_plays",
                "purchases_without_add_to_cart", "landing_page_views_exceed_clicks",
            ),
            ("outliers",),
            ("relation_violation",),
            ("dependency_violation",),
            ("level_shift", "volume_anomaly"),
            ("duplicate_keys",),
        )
    )
    for kind in kinds
}  # fmt: skip
"""Which kind is the cause where two share their rows: the lower rank. Kinds that are not named neither explain others
nor are explained."""

MOVING = frozenset({"column_shift", "unit_change"})  # what breaks every relation of the cells that it moves

INDEPENDENT = frozenset(
    {
        "clicks_exceed_impressions", "conversions_exceed_clicks", "video_completions_exceed_plays",
        "purchases_without_add_to_cart", "landing_page_views_exceed_clicks",
    }
)  # fmt: skip
"""Relations of the pack stand for themselves unless other damage of a cell explains them: each is a contradiction that
a person has to resolve."""

LOSING = frozenset({"column_shift", "missing_values", "malformed_values", "categorical_corruption"})
"""What takes their key from rows, so that they seem to share one."""

BROKEN = INDEPENDENT | {"relation_violation"}


def fold(
    hypotheses: Sequence[Hypothesis], rows: Sequence[int], shared: Mapping[tuple[int, int], int], table_rows: int
) -> dict[int, int]:
    """Which finding explains which: index of the explained -> index of its cause.

    Args:
        rows: bad rows of each.
        shared: rows that two have in common, by pair of indices (smaller first).
        table_rows: rows of the table.
    """
    cause: dict[int, int] = {}
    order = sorted(range(len(hypotheses)), key=lambda i: (_rank(hypotheses[i]), -rows[i], i))
    for place, effect in enumerate(order):
        if hypotheses[effect].kind not in RANK or not rows[effect]:
            continue
        candidates = [i for i in order if i != effect and i not in cause]
        for root in candidates:
            common = shared.get((min(root, effect), max(root, effect)), 0)
            before = order.index(root) < place
            heavy = rows[root] >= HEAVY * table_rows or (
                hypotheses[root].kind == "malformed_values" and rows[root] >= rows[effect]
            )
            misled = (
                heavy
                and _misleads(hypotheses[root], hypotheses[effect], common, rows[root])
                and not (hypotheses[effect].kind == "outliers" and _confirmed(hypotheses, effect, rows, shared))
            )
            if (
                misled
                or _explains(hypotheses[root], hypotheses[effect], before, common, rows[effect])
                or _steps_with(hypotheses[root], hypotheses[effect], common)
            ):
                cause[effect] = root
                break
    return cause


def fold_together(
    hypotheses: Sequence[Hypothesis],
    rows: Sequence[int],
    groups: Sequence[tuple[frozenset[int], int]],
    cause: Mapping[int, int],
) -> dict[int, int]:
    """Broken relations that several findings explain together, each with the one that explains most of it.

    A price per click breaks wherever the clicks or the money are wrong: each of these findings has a part of its rows,
    and none has all of them.

    Args:
        groups: the rows that fail the same claims: which claims, and how many rows.
        cause: what single findings explain already.
    """
    found: dict[int, int] = {}
    for effect, hypothesis in enumerate(hypotheses):
        if hypothesis.kind != "relation_violation" or effect in cause or not rows[effect]:
            continue
        roots = {
            i
            for i, root in enumerate(hypotheses)
            if i not in cause
            and _rank(root) < _rank(hypothesis)
            and root.confidence >= SURE
            and _linked(root, hypothesis)
        }
        shares = {i: sum(n for failed, n in groups if {i, effect} <= failed) for i in roots}
        covered = sum(n for failed, n in groups if effect in failed and failed & roots)
        if covered >= TOGETHER * rows[effect]:
            found[effect] = max(sorted(shares), key=lambda i: shares[i])
    return found


def fold_volumes(
    hypotheses: Sequence[Hypothesis], shared: Mapping[tuple[int, int], int], cause: Mapping[int, int]
) -> dict[int, int]:
    """Days with too many rows where copies are the surplus, or with too few where a vanished value had the others.

    Args:
        shared: rows that two have in common, by pair of indices (smaller first).
        cause: what is explained already.
    """
    found: dict[int, int] = {}
    for effect, hypothesis in enumerate(hypotheses):
        seen = hypothesis.evidence
        if hypothesis.kind != "volume_anomaly" or effect in cause or not {"day", "rows", "usual_rows"} <= seen.keys():
            continue
        surplus = seen["rows"] - seen["usual_rows"]
        for root, other in enumerate(hypotheses):
            if root in cause:
                continue
            if surplus > 0 and other.kind in COPIES and other.confidence >= SURE:
                share = shared.get((min(root, effect), max(root, effect)), 0)
            elif surplus < 0 and "vanished_rows" in other.evidence and other.evidence["day"] <= seen["day"]:
                share = other.evidence["vanished_rows"]
            else:
                continue
            if share >= SURPLUS * abs(surplus):
                found[effect] = root
                break
    return found


def _explains(root: Hypothesis, effect: Hypothesis, before: bool, common: int, effect_rows: int) -> bool:
    if root.kind not in RANK or common < COVERED * effect_rows or root.confidence < SURE <= effect.confidence:
        return False
    if not _linked(root, effect) or (effect.kind == "duplicate_keys" and root.kind not in LOSING):
        return False
    if root.kind in INDEPENDENT and effect.kind in INDEPENDENT:
        return False
    if effect.kind == "outliers" or root.kind == "outliers":
        return _outlier_direction(root, effect)
    return before


def _misleads(root: Hypothesis, effect: Hypothesis, common: int, root_rows: int) -> bool:
    """Whether the bulk that an effect was compared with is itself damaged, so that sound rows stand out as well.

    Where a relation, a shift or the way of writing proves much of a column wrong, outliers that do not cover that part
    are no evidence. Nor is a relation that was found in the data and holds in the damaged part, where it cannot hold if
    it is true: it was found there.
    """
    if effect.kind == "relation_violation" and effect.origin == "discovered":
        changed = set(root.cells or root.columns) if root.kind in MOVING else set()
        return bool(changed & set(effect.columns)) and common <= (1 - MOSTLY) * root_rows
    if (
        effect.kind != "outliers"
        or root.kind not in INDEPENDENT | MOVING | {"malformed_values"}
        or common >= MOSTLY * root_rows
    ):
        return False
    return bool(set(root.columns) & set(effect.columns))


def _steps_with(root: Hypothesis, effect: Hypothesis, common: int) -> bool:
    """Whether a step is one of sums that amounts in another unit are part of."""
    if root.kind != "unit_change" or effect.kind != "level_shift":
        return False
    return common > 0 and bool(set(root.cells or root.columns) & set(effect.columns))


def _confirmed(
    hypotheses: Sequence[Hypothesis], effect: int, rows: Sequence[int], shared: Mapping[tuple[int, int], int]
) -> bool:
    """Whether one broken relation has nearly all rows of outliers: sound rows that stand out would break none."""
    return any(
        shared.get((min(i, effect), max(i, effect)), 0) >= COVERED * rows[effect]
        for i, other in enumerate(hypotheses)
        if other.kind in BROKEN and other.confidence >= SURE and _linked(other, hypotheses[effect])
    )


def _outlier_direction(root: Hypothesis, effect: Hypothesis) -> bool:
    """Values that start at the bound of a relation break that relation; values out of nowhere are outliers."""
    if root.kind == "outliers":
        return RANK[effect.kind] > RANK["outliers"]
    if root.kind in INDEPENDENT:
        return bool(set(effect.evidence.get("at_boundary_of", ())) & set(root.columns))
    return RANK[root.kind] < RANK["outliers"]


def _linked(root: Hypothesis, effect: Hypothesis) -> bool:
    if root.kind in MOVING:
        return True
    return bool(set(root.cells or root.columns) & set(effect.columns)) or bool(
        set(root.columns) & set(effect.cells or effect.columns)
    )


def _rank(hypothesis: Hypothesis) -> int:
    return RANK.get(hypothesis.kind, len(RANK))
