"""All proposers, in the order of their findings' kinds, and the ranking of what they raise."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from assay.hypothesis.hypothesis import Context, Hypothesis

PROPOSERS = (
    "missing",
    "duplicates",
    "schema",
    "malformed",
    "categories",
    "column_shift",
    "known_relations",
    "discovered_orders",
    "discovered_identities",
    "ranges",
    "outliers",
    "dependencies",
    "time",
    "units",
)


def propose(context: Context, limit: int | None = None) -> list[Hypothesis]:
    """Raise the hypotheses of every proposer, the most probable first; keep ``limit`` of them (None: all).

    Ties keep the proposers' order, so that the same context gives the same list.
    """
    raised: list[Hypothesis] = []
    for name in PROPOSERS:
        if find_spec(f"assay.hypothesis.{name}") is not None:
            raised += import_module(f"assay.hypothesis.{name}").propose(context)
    raised.sort(key=lambda h: -h.prior)
    return raised if limit is None else raised[:limit]
