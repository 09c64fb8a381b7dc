"""From judgements to findings: rows, overlaps, root causes, samples and identities."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlglot import exp

from assay.errors import QueryError
from assay.hypothesis.hypothesis import Fact, Hypothesis, RowTest
from assay.judge.besides import beside, joined
from assay.judge.causes import fold, fold_together, fold_volumes
from assay.judge.finding import Finding, Verdict, claim
from assay.judge.severity import severity
from assay.judge.verdict import Judgement, decide, judged, metrics_of
from assay.scan.copies import Copies, keep
from assay.scan.evidence import Overlap, RowCheck, among, overlaps
from assay.scan.planner import TERMS_PER_STATEMENT, measure
from assay.source.base import Source

MAX_FIELDS = 60
LIKELY = 0.5  # a priori: copies that the sample shows
SHOWN_COLUMNS = 8  # of a finding's own, beside the key


@dataclass(frozen=True)
class Ruling:
    """The findings of an audit, and the row checks behind those that have rows.

    Attributes:
        findings: worst first.
        checks: for the findings that are row by row, by finding id.
        cells: the columns whose cells are bad, by finding id.
        failures: what could not be looked up.
        magnitudes: what says how far beyond a bad row is, by finding id, for findings that have such a measure.
    """

    findings: tuple[Finding, ...]
    checks: Mapping[str, RowCheck]
    cells: Mapping[str, tuple[str, ...]]
    failures: tuple[str, ...] = ()
    magnitudes: Mapping[str, exp.Expr] = field(default_factory=dict)


def finding_id(table: str, kind: str, columns: Sequence[str], segment: str = "") -> str:
    """The same table, kind, columns and segment give the same id in every run (12 hexadecimal digits)."""
    text = "\x1f".join([table, kind, segment, *columns])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def keep_copies(source: Source, hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
    """The same hypotheses, where the engine can keep answers with the places of the copies that are likely there.

    Copies are what takes longest to find. Kept, they are found once, and not for their number, their overlap with
    other errors and the bad rows each; and while others are still searching the sample.
    """
    likely = {i: h.test for i, h in enumerate(hypotheses) if isinstance(h.test, Copies) and h.prior >= LIKELY}
    told = list(hypotheses)
    try:
        found = keep(source, list(likely.values()))
    except QueryError:
        return told
    rows = {copies.columns: copies.kept.rows for copies in found if copies.kept and not copies.except_columns}
    now = dict(zip(likely, found, strict=True))
    for place, hypothesis in enumerate(hypotheses):
        if isinstance(hypothesis.test, Copies):
            test = now.get(place, hypothesis.test)
            told[place] = replace(hypothesis, test=replace(test, excepted=rows.get(test.except_columns)))
    return told


def confirm(source: Source, hypotheses: Sequence[Hypothesis]) -> list[Judgement]:
    """Test all hypotheses on the whole table in one scan."""
    measurements = measure(source, [metric for h in hypotheses for metric in metrics_of(h)])
    return [decide(h, measurements, source.rows) for h in hypotheses]


@dataclass(frozen=True)
class Seen:
    """The rows that fail the checks of hypotheses, looked at before it was known which of these are errors."""

    hypotheses: tuple[Hypothesis, ...]
    groups: tuple[Overlap, ...]


def confirm_and_look(
    source: Source,
    hypotheses: Sequence[Hypothesis],
    key: Sequence[str],
    sample_rows: int,
    errors: Sequence[Judgement],
) -> tuple[list[Judgement], Seen | None]:
    """Test hypotheses by looking at the rows that would be bad: the counts and the examples in one statement.

    Args:
        errors: what is known to be wrong already; its rows are looked at as well.

    Returns:
        The judgements of ``hypotheses``, and the rows: None where the engine could not answer all of it at once.
    """
    seen = [j.hypothesis for j in errors if not isinstance(j.hypothesis.test, Fact)]
    seen += [h for h in hypotheses if not isinstance(h.test, Fact)]
    checks = [row_check(h) for h in seen]
    whole = {id(h): h.test.predicate for h in hypotheses if isinstance(h.test, RowTest) and h.test.benign is not None}
    if len(checks) + len(whole) > TERMS_PER_STATEMENT:
        return confirm(source, hypotheses), None
    fields = _fields(seen, key)
    try:
        groups = overlaps(source, [*checks, *whole.values()], fields, sample_rows) if checks else []
    except QueryError:
        return confirm(source, hypotheses), None
    failing: Counter[int] = Counter()
    for group in groups:
        failing.update(dict.fromkeys(group.failed, group.rows))
    bad = {id(h): failing[i] for i, h in enumerate(seen)}
    legitimate = {h: failing[len(checks) + i] - bad[h] for i, h in enumerate(whole)}
    judgements = [judged(h, bad.get(id(h), 0), legitimate.get(id(h), 0), source.rows) for h in hypotheses]
    return judgements, Seen(tuple(seen), tuple(groups))


def rule(
    source: Source,
    judgements: Sequence[Judgement],
    key: Sequence[str],
    sample_rows: int,
    seen: Seen | None = None,
    proved_on: Source | None = None,
) -> Ruling:
    """Turn errors into findings: look at the bad rows once, fold what has one cause, grade the rest.

    Args:
        key: columns that identify a row, shown with each sample.
        sample_rows: bad rows kept with each finding.
        seen: the bad rows, where they were looked at already.
        proved_on: the table that the findings' statements are for, if ``source`` is a copy of it.
    """
    errors = _distinct([j for j in judgements if j.verdict is Verdict.ERROR], source.name)
    with_rows = [j for j in errors if not isinstance(j.hypothesis.test, Fact)]
    checks = [row_check(j.hypothesis) for j in with_rows]
    failures: tuple[str, ...] = ()
    groups: list[Overlap] = []
    if seen is not None:
        places = [next(i for i, h in enumerate(seen.hypotheses) if h is j.hypothesis) for j in with_rows]
        groups = among(seen.groups, places, sample_rows)
    elif checks:
        try:
            groups = overlaps(source, checks, _fields([j.hypothesis for j in with_rows], key), sample_rows)
        except QueryError as error:
            failures = (f"bad rows could not be looked up: {error}",)
    rows = [j.rows for j in with_rows]
    claims = [j.hypothesis for j in with_rows]
    shared = _shared(groups)
    cause = fold(claims, rows, shared, source.rows)
    cause |= fold_together(claims, rows, [(g.failed, g.rows) for g in groups], cause)
    facts = [j for j in errors if isinstance(j.hypothesis.test, Fact)]
    told = [*with_rows, *facts]
    volumes = fold_volumes([j.hypothesis for j in told], shared, cause)
    cause |= volumes
    findings, checked, cells, magnitudes = [], {}, {}, {}
    for place, judgement in enumerate(told):
        if place in cause:
            continue
        effects = [told[e] for e, root in sorted(cause.items()) if _root(root, cause) == place]
        index = place if place < len(with_rows) else None
        # Rows that are missing beyond chance make it sure that what had them did not just end.
        missing = [told[e].hypothesis.confidence for e, root in volumes.items() if root == place]
        sure = max([judgement.hypothesis.confidence, *missing])
        judgement = replace(judgement, hypothesis=replace(judgement.hypothesis, confidence=sure))
        besides = beside(place, with_rows, cause, shared)
        if besides:
            judgement = joined(
                judgement, [told[e] for e in besides], [g for g in groups if g.failed & {place, *besides}]
            )
            checks[place] = row_check(judgement.hypothesis)
        shown = [g for g in groups if g.failed & {index, *besides}] if index is not None else []
        finding = _finding(proved_on or source, judgement, effects, _first(shown, judgement, key, sample_rows))
        findings.append(finding)
        cells[finding.id] = judgement.hypothesis.cells or judgement.hypothesis.columns
        if index is not None:
            checked[finding.id] = checks[index]
        test = judgement.hypothesis.test
        if isinstance(test, RowTest) and test.magnitude is not None:
            magnitudes[finding.id] = test.magnitude
    findings.sort(key=lambda f: (f.severity.rank, -f.rows_affected, f.kind, f.columns, f.segment))
    return Ruling(tuple(findings), checked, cells, failures, magnitudes)


def row_check(hypothesis: Hypothesis) -> RowCheck:
    """What tells a bad row of a hypothesis."""
    test = hypothesis.test
    if isinstance(test, RowTest):
        return test.bad
    if isinstance(test, Copies):
        return test
    raise TypeError("a claim about the whole table has no rows")


def _distinct(errors: Sequence[Judgement], table: str) -> list[Judgement]:
    """One judgement an identity: where proposers agree, the surer one stands; of a day, the one that knows the past."""
    dated = {_day_of(j) for j in errors if j.hypothesis.origin == "memory" and j.hypothesis.segment}
    errors = [j for j in errors if j.hypothesis.segment or _day_of(j) not in dated - {None}]
    best: dict[str, Judgement] = {}
    for judgement in errors:
        h = judgement.hypothesis
        identity = finding_id(table, h.kind, h.columns, h.segment)
        if identity not in best or h.confidence > best[identity].hypothesis.confidence:
            best[identity] = judgement
    return list(best.values())


def _day_of(judgement: Judgement) -> tuple[str, tuple[str, ...], Any] | None:
    h = judgement.hypothesis
    return (h.kind, h.columns, h.evidence["day"]) if "day" in h.evidence else None


def _root(index: int, cause: Mapping[int, int]) -> int:
    while index in cause:
        index = cause[index]
    return index


def _fields(hypotheses: Sequence[Hypothesis], key: Sequence[str]) -> list[str]:
    wanted = dict.fromkeys(key)
    for hypothesis in hypotheses:
        wanted.update(dict.fromkeys(hypothesis.columns[:SHOWN_COLUMNS]))
    return list(wanted)[:MAX_FIELDS]


def _shared(groups: Sequence[Overlap]) -> dict[tuple[int, int], int]:
    shared: dict[tuple[int, int], int] = {}
    for group in groups:
        failed = sorted(group.failed)
        for place, a in enumerate(failed):
            for b in failed[place + 1 :]:
                shared[a, b] = shared.get((a, b), 0) + group.rows
    return shared


def _first(
    groups: Sequence[Overlap], judgement: Judgement, key: Sequence[str], limit: int
) -> tuple[Mapping[str, Any], ...]:
    rows = sorted((row for g in groups for row in g.first), key=lambda r: r["row_index"])[:limit]
    wanted = ["row_index", *dict.fromkeys([*key, *judgement.hypothesis.columns[:SHOWN_COLUMNS]])]
    return tuple({name: row[name] for name in wanted if name in row} for row in rows)


def _finding(
    source: Source, judgement: Judgement, effects: Sequence[Judgement], sample: tuple[Mapping[str, Any], ...]
) -> Finding:
    h = judgement.hypothesis
    rate = judgement.rows / source.rows if source.rows else 0.0
    predicate = source.render(h.test.bad) if isinstance(h.test, RowTest) else None
    if not source.positions:
        sample = tuple({**row, "row_index": None} for row in sample)
    return Finding(
        id=finding_id(source.name, h.kind, h.columns, h.segment),
        kind=h.kind,
        category=h.category,
        status="new",
        severity=severity(h, rate, judgement.rows),
        confidence=round(h.confidence, 3),
        columns=h.columns,
        rows_affected=judgement.rows,
        rate=rate,
        reason=h.reason,
        predicate=predicate,
        query=_proof(source, judgement),
        action=h.action,
        segment=h.segment,
        evidence={**judgement.measured, **h.evidence, "origin": h.origin},
        consequences=tuple(
            f"{claim(e.hypothesis.kind, e.hypothesis.columns)} ({e.rows:,} {'row' if e.rows == 1 else 'rows'})"
            for e in effects
        ),
        sample=sample,
    )


def _proof(source: Source, judgement: Judgement) -> str | None:
    """The statement that counts the bad rows, for the reader to run."""
    test = judgement.hypothesis.test
    count = exp.Count(this=exp.Star())
    if isinstance(test, RowTest):
        return source.proof(exp.select(count).from_(source.relation()).where(test.bad))
    if isinstance(test, Copies):

        def distinct(columns: Sequence[str]) -> exp.Expr:
            return exp.Count(this=exp.Distinct(expressions=[source.fingerprint(columns)]))

        whole = distinct(test.except_columns) if test.except_columns else count
        return source.proof(exp.select(exp.Sub(this=whole, expression=distinct(test.columns))).from_(source.relation()))
    return None
