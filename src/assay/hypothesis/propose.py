"""All proposers, and the ranking of what they raise."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

from sqlglot import exp

from assay.hypothesis.experience import meaning
from assay.hypothesis.hypothesis import Context, Fact, Hypothesis, RowTest

LONGEST_LITERAL = 1_000
PATTERNED = (exp.RegexpLike, exp.RegexpReplace)  # their patterns are ours, and long

log = logging.getLogger(__name__)

COSTLY = ("duplicates.propose",)
"""Proposers whose hypotheses take the engine longest: it begins with these, while the others are asked."""
QUICK = (
    "file_notes", "missing.propose", "schema.propose", "texts.malformed", "texts.written_units",
    "texts.lost_points", "shifted.propose", "relations.propose", "ranges", "history.propose",
)  # fmt: skip
"""Proposers that ask the sample little; what they raise can be tested while the others still search."""
SEARCHING = (
    "orders.propose", "identities.propose", "outliers.propose", "categories.propose", "dependencies.propose", "sources",
    "temporal.propose", "units.propose", "texts.wording",
)  # fmt: skip
"""Proposers that search the sample; those that need no counts come first, while the engine still counts."""
PROPOSERS = COSTLY + QUICK + SEARCHING


@dataclass(frozen=True)
class Raised:
    """What the proposers raised, and which of them failed and why: a proposer's bug costs its own hypotheses only."""

    hypotheses: tuple[Hypothesis, ...]
    failures: tuple[str, ...] = ()

    def __add__(self, other: Raised) -> Raised:
        """Those of both, in this order."""
        return Raised(self.hypotheses + other.hypotheses, self.failures + other.failures)


def preload() -> None:
    """Import every proposer, so that this can be done while the engine is busy."""
    for name in PROPOSERS:
        import_module(f"assay.hypothesis.{name}")
    import_module("assay.hypothesis.categories.distances")


def propose(context: Context, limit: int | None = None, proposers: Sequence[str] = PROPOSERS) -> Raised:
    """Raise the hypotheses of every proposer, the most probable first; keep ``limit`` of them (None: all).

    Where only some may be tested, what such hypotheses came to in earlier audits has a say in which. Ties keep the
    order of the proposers, so that the same context gives the same list.
    """
    raised: list[Hypothesis] = []
    failures: list[str] = []
    for name in proposers:
        try:
            raised += filter(_short, import_module(f"assay.hypothesis.{name}").propose(context))
        except Exception as error:
            log.debug("proposer %s failed", name, exc_info=True)
            failures.append(
                f"the proposer of {name.removesuffix('.propose')} failed: {type(error).__name__}: {error}".splitlines()[
                    0
                ]
            )
    raised.sort(key=lambda h: -h.prior)
    if limit is not None:
        raised = _likeliest(raised, limit, context)
    return Raised(tuple(raised), tuple(failures))


def _likeliest(raised: Sequence[Hypothesis], limit: int, context: Context) -> list[Hypothesis]:
    """The claims that may be tested, and those that need no test: what the counts or the memory told already."""
    facts = [h for h in raised if isinstance(h.test, Fact) or h.origin == "memory"]
    others = [h for h in raised if not isinstance(h.test, Fact) and h.origin != "memory"]
    others.sort(key=lambda h: -context.experience.prior(h.kind, meaning(context.roles, h.columns), h.prior))
    return facts + others[:limit]


def _short(hypothesis: Hypothesis) -> bool:
    """Whether a statement can carry the claim: documents in cells are no values to enumerate."""
    test = hypothesis.test
    if not isinstance(test, RowTest):
        return True
    literals = (one for one in test.bad.find_all(exp.Literal) if not isinstance(one.parent, PATTERNED))
    return all(len(literal.name) <= LONGEST_LITERAL for literal in literals)
