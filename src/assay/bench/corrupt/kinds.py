"""All kinds of error: how each is made, where it usually strikes, and what an audit should call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from assay.bench.corrupt import decoy, logical, realistic, structural
from assay.bench.corrupt.error import Damage
from assay.bench.corrupt.scene import Scene

MOST = 0.8  # of the rows that can carry an error, where not all rows can: the clean relation stays visible


@dataclass(frozen=True)
class Kind:
    """One way in which tables go wrong.

    Attributes:
        group: ``structural`` or ``logical`` as in the article's table, ``realistic`` beyond it, or a ``decoy``.
        make: finds the columns and says what happens to a row; its docstring says what the error is.
        expected: finding kinds that name it rightly, the best first; none for a decoy.
        mechanism: where it usually strikes.
        only: the mechanisms that make sense; empty for all.
        whole: whether a segment is hit completely, as a unit is of a whole account.
        several: whether several named columns are one error, rather than one error each.
    """

    group: Literal["structural", "logical", "realistic", "decoy"]
    make: Callable[[Scene, list[str], int], Damage]
    expected: tuple[str, ...]
    mechanism: str = "uniform"
    only: tuple[str, ...] = ()
    whole: bool = False
    several: bool = False


def _relation(make: Callable[[Scene, list[str], int], Damage], kind: str) -> Kind:
    return Kind("logical", make, (kind,), several=True)


KINDS: dict[str, Kind] = {
    "null_cells": Kind("structural", structural.null_cells, ("missing_values",)),
    "row_copies": Kind("structural", structural.row_copies, ("duplicate_rows",), several=True),
    "dropped_column": Kind("structural", structural.dropped_column, ("missing_columns",), only=("uniform",)),
    "random_strings": Kind("structural", structural.random_strings, ("categorical_corruption",)),
    "clicks_exceed_impressions": _relation(logical.clicks_exceed_impressions, "clicks_exceed_impressions"),
    "conversions_exceed_clicks": _relation(logical.conversions_exceed_clicks, "conversions_exceed_clicks"),
    "spend_with_zero_impressions": _relation(logical.spend_with_zero_impressions, "spend_with_zero_impressions"),
    "video_completions_exceed_plays": _relation(
        logical.video_completions_exceed_plays, "video_completions_exceed_plays"
    ),
    "purchases_without_add_to_cart": _relation(logical.purchases_without_add_to_cart, "purchases_without_add_to_cart"),
    "landing_page_views_exceed_clicks": _relation(
        logical.landing_page_views_exceed_clicks, "landing_page_views_exceed_clicks"
    ),
    "negative_metric": Kind("logical", logical.negative_metric, ("negative_metric",)),
    "outliers_plain": Kind("realistic", realistic.outliers_plain, ("outliers",)),
    "outliers_plausible": Kind("realistic", realistic.outliers_plausible, ("outliers", "relation_violation")),
    "disguised_nulls": Kind("realistic", structural.disguised_nulls, ("missing_values", "negative_metric")),
    "typos": Kind("realistic", realistic.typos, ("categorical_corruption", "dependency_violation")),
    "mojibake": Kind("realistic", realistic.mojibake, ("categorical_corruption", "malformed_values")),
    "wrong_category": Kind("realistic", realistic.wrong_category, ("dependency_violation",)),
    "swapped_columns": Kind(
        "realistic",
        structural.swapped_columns,
        ("column_shift", "categorical_corruption", "dependency_violation", "relation_violation", "outliers"),
        several=True,
    ),
    "unit_change": Kind("realistic", realistic.unit_change, ("unit_change",), mechanism="segment", whole=True),
    "decimal_comma": Kind("realistic", realistic.decimal_comma, ("unit_change", "malformed_values", "outliers")),
    "shifted_rows": Kind("realistic", structural.shifted_rows, ("column_shift",)),
    "restated_days": Kind(
        "realistic", realistic.restated_days, ("duplicate_keys",), mechanism="dates", only=("dates",), several=True
    ),
    "reloaded_days": Kind(
        "realistic", structural.reloaded_days, ("duplicate_rows", "duplicate_keys"), "dates", ("dates",), several=True
    ),
    "late_conversions": Kind("decoy", decoy.late_conversions, (), "since", ("since",), several=True),
    "stale_copies": Kind(
        "realistic",
        structural.stale_copies,
        ("stale_data", "duplicate_rows", "dependency_violation"),
        mechanism="dates",
        only=("dates",),
        several=True,
    ),
}
