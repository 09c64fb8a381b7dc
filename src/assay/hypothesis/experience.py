"""How often hypotheses of a sort turned out true, and what people said of the findings: priors that learn.

A rate is shrunk towards the one of the next wider circle (beta-binomial, with the wider circle as prior): this table,
the other tables of its data set, all tables, and at last the rate of all hypotheses together. How far it is from that
last one, as a ratio of odds, moves the proposer's own guess, which knows what the sample shows (Bayes' rule, the guess
being the evidence). So one audit of a table moves its priors a little, ten move them a lot, and a source that repeats
rows in one table is suspected in its siblings.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assay.domain.role import Roles

WEIGHT = {"all": 12.0, "kin": 6.0, "own": 3.0}  # audits that the wider circle counts for
OPINION = 4.0  # decisions of people that a proposer's confidence counts for
STANDING = 1.0  # prior of what people want to be looked at in any case


@dataclass(frozen=True)
class Record:
    """What came of hypotheses of one sort: tested, true; findings that people accepted, rejected."""

    tested: int = 0
    true: int = 0
    accepted: int = 0
    rejected: int = 0

    def __add__(self, other: Record) -> Record:
        return Record(
            self.tested + other.tested,
            self.true + other.true,
            self.accepted + other.accepted,
            self.rejected + other.rejected,
        )


Sorted = Mapping[tuple[str, str], Record]
"""Records by kind and by what the columns mean."""


@dataclass(frozen=True)
class Experience:
    """Records of this table, of its siblings, of all tables, and the kinds that somebody wants always checked."""

    own: Sorted = field(default_factory=dict)
    kin: Sorted = field(default_factory=dict)
    all: Sorted = field(default_factory=dict)
    always: frozenset[str] = frozenset()

    def prior(self, kind: str, role: str, guess: float) -> float:
        """The probability that a hypothesis is true, before it is tested.

        Args:
            role: what its columns mean, as :func:`meaning` says.
            guess: the proposer's own prior.
        """
        if kind in self.always:
            return STANDING
        base = self.base
        rate = base
        for name, circle in (("all", self.all), ("kin", self.kin), ("own", self.own)):
            record = circle.get((kind, role))
            if record is not None and record.tested:
                # What people rejected was not true after all.
                true = max(0.0, record.true - record.rejected)
                rate = (WEIGHT[name] * rate + true) / (WEIGHT[name] + record.tested)
        return _probability(_log_odds(guess) + _log_odds(rate) - _log_odds(base))

    @property
    def base(self) -> float:
        """The share of all tested hypotheses that were true."""
        records = [r for circle in (self.own, self.kin, self.all) for r in circle.values()]
        return (sum(r.true for r in records) + 1) / (sum(r.tested for r in records) + 20)

    def confidence(self, kind: str, role: str, guess: float) -> float:
        """How sure a confirmed finding is, after what people said of such findings in this table and its siblings."""
        record = self.own.get((kind, role), Record()) + self.kin.get((kind, role), Record())
        said = record.accepted + record.rejected
        return (OPINION * guess + record.accepted) / (OPINION + said) if said else guess

    @property
    def troubled(self) -> float:
        """Share of the tested hypotheses of this table that were true: what decides how closely it is looked at."""
        tested = sum(r.tested for r in self.own.values())
        return sum(r.true for r in self.own.values()) / tested if tested else 0.0


def _log_odds(p: float) -> float:
    p = min(max(p, 1e-4), 1 - 1e-4)
    return math.log(p / (1 - p))


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


NONE = Experience()


def meaning(roles: Roles, columns: Sequence[str]) -> str:
    """What columns mean, as one text: roles or families, so that experience carries over to tables of other names."""
    return ",".join((roles[c].name or str(roles[c].family)) if c in roles else "?" for c in columns)
