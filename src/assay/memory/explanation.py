"""Explanations: a recurring finding has a known cause, up to a bound, within a scope, until a day.

What an explanation covers is decided afresh in every audit from the finding itself: same kind, same columns, the rows
of its scope, no more of them than its bound. Its recurrence never widens it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from assay.errors import AssayError, ConfigurationError
from assay.hypothesis.hypothesis import Hypothesis, RowTest
from assay.judge.finding import Finding, of_effect
from assay.memory.entry import Entry, EntryType
from assay.memory.naming import concealed
from assay.source import guard

MARGIN = 1.5  # of today's rate, where nobody states a bound
LEAST_BOUND = 0.001
MOST = 0.5  # of the rows of a finding


@dataclass(frozen=True)
class Explanation:
    """A cause that somebody confirmed, or (``rejected``) the word that such a finding is no error.

    Attributes:
        id, reason, author, created, until: as the entry says.
        kind, columns, segment: the finding it was given for; the segment as it is kept.
        where: condition of the rows it covers, in SQL; None for all rows.
        up_to: share of the rows in scope that may be affected.
        consequences: claims that its rows broke as well when it was given; None where that is not known.
        at_most: how far a row may be beyond what is right (a difference, or a factor); None without such a bound.
        dialect: what the condition is written in.
    """

    id: str
    kind: str
    columns: tuple[str, ...]
    reason: str
    up_to: float
    author: str = ""
    created: str = ""
    until: str | None = None
    segment: str = ""
    where: str | None = None
    dialect: str = "duckdb"
    rejected: bool = False
    at_most: float | None = None
    consequences: frozenset[str] | None = None

    @property
    def marker(self) -> str:
        """The segment of findings in the rows that it covers, where it has a condition."""
        return f"where {self.where}"

    def speaks_of(self, kind: str, columns: Sequence[str]) -> bool:
        """Whether a claim of this kind about these columns is the one that was explained."""
        return kind == self.kind and set(columns) == set(self.columns)

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is the one that was explained, however many rows it has."""
        part = finding.segment == self.marker if self.where else concealed(finding.segment) == self.segment
        return part and self.speaks_of(finding.kind, finding.columns)

    def condition(self) -> exp.Expr | None:
        """The condition of its rows.

        Raises:
            UnsafeQueryError: it is none.
        """
        return guard.parse_predicate(self.where, self.dialect) if self.where else None


def explanation_of(entry: Entry) -> Explanation:
    """The explanation that an entry holds."""
    body = entry.body
    return Explanation(
        entry.id,
        str(body["kind"]),
        tuple(body["columns"]),
        str(body.get("reason", entry.text)),
        float(body["up_to"]),
        entry.author,
        entry.created[:10],
        entry.until,
        str(body.get("segment", "")),
        body.get("where"),
        str(body.get("dialect", "duckdb")),
        entry.type is EntryType.REJECTION,
        None if body.get("at_most") is None else float(body["at_most"]),
        None if body.get("consequences") is None else frozenset(body["consequences"]),
    )


def default_bound(rate: float) -> float:
    """The bound where nobody states one: half as much again as today."""
    return min(1.0, max(LEAST_BOUND, MARGIN * rate))


def divide(
    hypotheses: Sequence[Hypothesis], explanations: Sequence[Explanation], conditions: Mapping[str, exp.Expr]
) -> list[Hypothesis]:
    """Split claims of which a part of the rows was explained: that part, and all other rows.

    Args:
        conditions: of the explanations, by id, those that the table can answer; the others cover nothing.
    """
    divided: list[Hypothesis] = []
    for hypothesis in hypotheses:
        rest = hypothesis
        for one in explanations:
            if not one.where or not one.speaks_of(hypothesis.kind, hypothesis.columns):
                continue
            condition = conditions.get(one.id)
            if condition is None or not isinstance(rest.test, RowTest):
                continue
            inside, outside = exp.paren(condition.copy()), exp.not_(_certain(condition))
            divided.append(
                replace(
                    rest,
                    test=_within(rest.test, inside),
                    segment=one.marker,
                    explained_by=one.id,
                )
            )
            rest = replace(rest, test=_within(rest.test, outside))
        divided.append(rest)
    return divided


def _within(test: RowTest, condition: exp.Expr) -> RowTest:
    benign = None if test.benign is None else test.benign.copy()
    return replace(test, predicate=exp.and_(exp.paren(test.predicate.copy()), condition.copy()), benign=benign)


def _certain(condition: exp.Expr) -> exp.Expr:
    """False also where the condition is unknown, so that no row is in neither part."""
    return exp.Coalesce(this=exp.paren(condition.copy()), expressions=[exp.false()])


def usable(explanation: Explanation, names: Sequence[str]) -> exp.Expr | None:
    """The condition of an explanation if the table has its columns, else None."""
    try:
        condition = explanation.condition()
    except AssayError:
        return None
    known = {n.lower() for n in names}
    if condition is None or any(c.name.lower() not in known for c in condition.find_all(exp.Column)):
        return None
    return condition


def judge(finding: Finding, explanations: Sequence[Explanation], scope_rows: Mapping[str, int], rows: int) -> Finding:
    """A finding as memory sees it: known, expected, or news and why.

    Args:
        explanations: those that count today, the newest first.
        scope_rows: rows of the table in the scope of each explanation with a condition, by id.
        rows: rows of the table.
    """
    said: dict[str, Any] = {}
    for one in explanations:
        if not one.covers(finding):
            continue
        among = scope_rows.get(one.id, 0) if one.where else rows
        rate = finding.rows_affected / among if among else 0.0
        far = finding.evidence.get("magnitude")
        over = [f"up to {share(one.up_to)}, now {share(rate)}"] if rate > one.up_to else []
        if one.at_most is not None and (far is None or far > one.at_most):
            over.append(f"by at most {one.at_most:,.6g}, now {'not measured' if far is None else f'{far:,.6g}'}")
        if one.consequences is not None:
            # A few of its rows stand out by chance; where most of them break something else, they changed.
            effects = [c for c, n in map(of_effect, finding.consequences) if n >= MOST * finding.rows_affected]
            over += [f"but not with {c}" for c in effects if c not in one.consequences]
        told = {
            "id": one.id,
            "by": one.author,
            "since": one.created,
            "until": one.until,
            "up_to": one.up_to,
            "rate_in_scope": rate,
            "at_most": one.at_most,
            "magnitude": far,
            "where": one.where,
            "reason": one.reason,
        }
        if not over:
            return replace(finding, status="expected" if one.rejected else "known", memory=told)
        if not said:
            word = "said to be no error" if one.rejected else "known"
            said = {**told, "beyond": f"{word} {'; '.join(over)}"}
    if said:
        reason = f"{finding.reason.rstrip('.')}: {said['beyond']} ({said['reason']})."
        return replace(finding, reason=reason, memory=said)
    return finding


def share(rate: float) -> str:
    """A share in per cent with the digits that matter."""
    return f"{100 * rate:.3g} %"


def bounds(up_to: float, at_most: float | None) -> str:
    """The bounds of an explanation in words: ``up to 8 %, by at most 50``."""
    return f"up to {share(up_to)}" + (f", by at most {at_most:,.6g}" if at_most is not None else "")


def check_condition(where: str, dialect: str, columns: Sequence[str]) -> None:
    """Refuse a condition that could never cover a row.

    Raises:
        UnsafeQueryError: it is no condition.
        ConfigurationError: it names columns that the table has not.
    """
    condition = guard.parse_predicate(where, dialect)
    known = {c.lower() for c in columns}
    unknown = sorted({c.name for c in condition.find_all(exp.Column)} - set(columns))
    unknown = [c for c in unknown if c.lower() not in known]
    if columns and unknown:
        raise ConfigurationError(f"the table has no column {', '.join(unknown)}; it has {', '.join(columns[:20])}")
    if condition.find(exp.AggFunc, exp.Window, exp.Rand) is not None:
        raise ConfigurationError(f"{where!r} does not tell row by row; leave sums, windows and random numbers out")
    if not list(condition.find_all(exp.Column)):
        raise ConfigurationError(f"{where!r} names no column; leave --where out to cover all rows")
