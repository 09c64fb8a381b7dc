"""Hypotheses: falsifiable claims of how a table may be broken. They are data, and are tested where the table lives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlglot import exp

from assay.domain.pack import Pack, load_packs
from assay.domain.relation import Relation
from assay.domain.role import Role, Roles
from assay.hypothesis.experience import NONE, Experience
from assay.profile.history import History
from assay.profile.profile import Profile
from assay.scan.copies import Copies

Origin = Literal["pack", "discovered", "generic", "memory", "model"]

CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "structural": (
        "missing_values", "duplicate_rows", "duplicate_keys", "missing_columns", "categorical_corruption",
        "type_change", "column_shift", "malformed_values",
    ),
    "logical": (
        "clicks_exceed_impressions", "conversions_exceed_clicks", "spend_with_zero_impressions",
        "video_completions_exceed_plays", "purchases_without_add_to_cart", "landing_page_views_exceed_clicks",
        "negative_metric", "relation_violation", "dependency_violation",
    ),
    "statistical": ("outliers", "metric_anomaly", "distribution_drift"),
    "temporal": ("stale_data", "date_gap", "volume_anomaly", "level_shift", "unit_change", "future_dates"),
    "cross-table": ("orphan_keys", "totals_mismatch", "coverage_gap", "conflicting_values"),
}  # fmt: skip
CATEGORY_OF = {kind: category for category, kinds in CATEGORIES.items() for kind in kinds}


@dataclass(frozen=True)
class RowTest:
    """Rows for which a predicate is true are suspect.

    Attributes:
        predicate: true on bad rows; unknown (null) counts as not bad.
        benign: true on the rows among them that carry the signature of a legitimate exception (view-through
            conversions, rounding); they are counted apart and are not bad.
        tolerated: share of all rows that may be suspect (after ``benign``) in a clean table.
        magnitude: expression on a bad row that says how far beyond it is, never negative: a difference, or a factor.
            Audits with a memory tell its maximum, which an explanation may bound.
    """

    predicate: exp.Expr
    benign: exp.Expr | None = None
    tolerated: float = 0.0
    magnitude: exp.Expr | None = None

    @property
    def bad(self) -> exp.Expr:
        """The predicate of the rows that are reported."""
        if self.benign is None:
            return self.predicate
        legitimate = exp.Coalesce(this=exp.paren(self.benign.copy()), expressions=[exp.false()])
        return exp.and_(exp.paren(self.predicate.copy()), exp.not_(legitimate))


@dataclass(frozen=True)
class Fact:
    """A claim about the table as a whole, already measured on all of it (a vanished column, a gap of days).

    Attributes:
        rows: rows affected, where that is a number that makes sense.
    """

    rows: int = 0


Test = RowTest | Copies | Fact


@dataclass(frozen=True)
class Hypothesis:
    """One claim.

    Attributes:
        kind: of :data:`CATEGORIES`.
        columns: the columns it is about, the ones whose cells are bad first.
        reason: why this is suspected, in one sentence for an engineer; may name columns, never data values.
        test: how it is decided.
        cells: the columns whose cells are bad in a bad row (default: ``columns``).
        origin: where it comes from.
        prior: probability before the test, 0 to 1.
        strict: a single bad row is an error (else ``test.tolerated`` and the judge's significance decide).
        weight: how much harm one affected row does to models, 0 (cosmetic) to 1; moves severity.
        confidence: that the rows found are errors and not a rare truth, 0 to 1, if the test confirms.
        action: what an engineer should do about it.
        evidence: figures already measured that support it; JSON types; no data values unless under ``values``.
        segment: an entity or segment predicate in words, for kinds that concern one ("campaign_id 17"), else "".
        expected: why this would be normal, where it is known to be (an announced sale); then it is no error.
        explained_by: id of the explanation in whose scope the rows lie, where one part of the rows was explained.
    """

    kind: str
    columns: tuple[str, ...]
    reason: str
    test: Test
    cells: tuple[str, ...] = ()
    origin: Origin = "generic"
    prior: float = 0.5
    strict: bool = True
    weight: float = 0.7
    confidence: float = 0.95
    action: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    segment: str = ""
    expected: str = ""
    explained_by: str = ""

    @property
    def category(self) -> str:
        return CATEGORY_OF[self.kind]


@dataclass(frozen=True, eq=False)
class Context:
    """What proposers read.

    Attributes:
        profile: sample, value counts and days.
        roles: what each column means; every audited column has one.
        grain: the smallest set of columns that identifies a row, () where there is none.
        seed: for anything drawn.
        relations: what the loaded packs say must hold between roles.
        pack: all that the loaded packs say; the built-in ones by default.
        history: what earlier audits knew of the table; None where there were none.
        experience: how often such hypotheses were true before.
    """

    profile: Profile
    roles: Roles
    grain: tuple[str, ...] = ()
    seed: int = 0
    relations: tuple[Relation, ...] = ()
    pack: Pack = field(default_factory=load_packs)
    history: History | None = None
    experience: Experience = NONE

    def role(self, column: str) -> Role:
        return self.roles[column]

    def columns_with(self, *names: str) -> list[str]:
        """Columns whose role has one of the canonical ``names``, in table order."""
        return [c for c, role in self.roles.items() if role.name in names]
