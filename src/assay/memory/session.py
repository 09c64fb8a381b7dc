"""Memory's part in one audit: what it adds before hypotheses are tested, after they are judged, and at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from secrets import token_bytes
from typing import Any

from sqlglot import exp

from assay.errors import MemoryStoreError
from assay.hypothesis.experience import meaning
from assay.hypothesis.history.delay import delay_of, slowest
from assay.hypothesis.hypothesis import Context, Hypothesis
from assay.hypothesis.scope import event_date
from assay.judge.finding import Finding
from assay.judge.findings import Ruling
from assay.judge.verdict import Judgement
from assay.memory.bad_rows import BadRows, look
from assay.memory.bank import Memory
from assay.memory.explanation import Explanation, divide, judge, usable
from assay.memory.naming import concealed
from assay.memory.observation import ALARMING, doubt_of, fingerprint, hider, iso_day, observe, texts_of
from assay.memory.recall import Recall
from assay.memory.recording import entry_of, states_of, tallies_of
from assay.profile.empties import empties_of
from assay.profile.history import History
from assay.profile.state import TableState
from assay.scan.metrics import Count, RowsWhere
from assay.scan.planner import measure
from assay.source.base import Source

UNUSED = 60  # days without use after which an explanation is pointed out
TROUBLED = 0.05  # share of true hypotheses from which a table is looked at more closely
DEEPER = 2
FEWEST_AUDITS = 3


class Session:
    """One table's memory during one audit."""

    def __init__(self, memory: Memory, table: str, today: date | None = None) -> None:
        """Recall what is known of a table.

        Args:
            table: its lasting name.
            today: the day of the audit; by default the clock's (UTC).

        Raises:
            MemoryStoreError: the memory cannot be read.
        """
        self._memory = memory
        self.today = today or datetime.now(UTC).date()
        self.recall: Recall = memory.recall(table, self.today)
        self.partial = False  # whether only the rows since some day are audited
        self._history: History | None = None
        self._print = ""
        self._plain: dict[str, str] = {}
        self._conditions: dict[str, exp.Expr] = {}
        self._scope: dict[str, int | None] = {}
        self._bad = BadRows()

    def since(self) -> str | None:
        """The first day (ISO) that is new, may have been restated, or was not accepted; None for all days."""
        history = self.recall.history(TableState(0), "", partial=True)
        if history.last is None:
            return None
        delay = delay_of(history)
        days = slowest(history) + 1
        back = days if delay.known else max(days, 14)
        return min([iso_day(history.last - back), *self.recall.unsettled])

    def depth(self, rows: int) -> int:
        """Rows to propose from: more where hypotheses were often true."""
        seen = {a.body.get("fingerprint") for a in self.recall.audits[1:]}
        close = len(seen) >= FEWEST_AUDITS and self.recall.experience.troubled >= TROUBLED
        return rows * DEEPER if close else rows

    def inform(self, context: Context) -> Context:
        """The context with the table's past; waits for its counts."""
        hide = hider(self._secret(), plain=False)
        state = observe(context, hide)
        if self._memory.keep_values:
            self._plain = {hide(v): v for counts in context.profile.groups.values.values() for v in counts.values[:500]}
        self._print = fingerprint(state, context.profile.groups)
        history = self.recall.history(state, self._print, partial=self.partial)
        self._history = replace(history, texts=texts_of(context.profile.groups, state, hide))
        return replace(context, history=self._history, experience=self.recall.experience)

    def _secret(self) -> bytes:
        try:
            return self._memory.store.secret()
        except MemoryStoreError:  # a memory that was never written and cannot be: nothing will be compared with it
            return token_bytes(32)

    def refine(self, source: Source, hypotheses: Sequence[Hypothesis], context: Context) -> list[Hypothesis]:
        """Hypotheses as memory knows them: explained rows apart from the others, confidence by what people said."""
        self._measure(source, hypotheses, list(context.profile.sample.names))
        refined = []
        for h in divide(hypotheses, self.recall.explanations, self._conditions):
            sure = self.recall.experience.confidence(h.kind, meaning(context.roles, h.columns), h.confidence)
            refined.append(h if sure == h.confidence else replace(h, confidence=sure))
        return refined

    def settle(self, source: Source, ruling: Ruling, context: Context) -> Ruling:
        """Findings with what memory says of each: new, known or expected, and when it was first seen."""
        seen = self.recall.first_seen()
        spoken = [e for e in self.recall.explanations if any(e.covers(f) for f in ruling.findings)]
        scope = {i: n for i, n in self._scope.items() if n is not None}
        alarming = [f.id for f in ruling.findings if f.severity.rank <= ALARMING.rank]
        bounded = [f.id for f in ruling.findings if any(e.at_most is not None and e.covers(f) for e in spoken)]
        self._bad = look(source, ruling, context, alarming, bounded)
        findings = []
        for finding in ruling.findings:
            first = seen.get((finding.kind, finding.columns, concealed(finding.segment)), self.recall.today)
            far = self._bad.magnitudes.get(finding.id)
            evidence = finding.evidence if far is None else {**finding.evidence, "magnitude": far}
            findings.append(judge(replace(finding, first_seen=first, evidence=evidence), spoken, scope, source.rows))
        lost = tuple(
            f"the explanation {i} covers nothing: the table does not have its columns, or cannot answer its condition"
            for i, n in self._scope.items()
            if n is None
        )
        return replace(ruling, findings=tuple(findings), failures=(*ruling.failures, *lost))

    def _measure(self, source: Source, hypotheses: Sequence[Hypothesis], names: Sequence[str]) -> None:
        """Count the rows of each condition that is needed; one that fails is left out, so that it fails no test."""
        wanted = [
            e
            for e in self.recall.explanations
            if e.where and e.id not in self._scope and any(e.speaks_of(h.kind, h.columns) for h in hypotheses)
        ]
        conditions = {e.id: c for e in wanted if (c := usable(e, names)) is not None}
        metrics = {i: RowsWhere(c) for i, c in conditions.items()}
        measured = measure(source, list(metrics.values())) if metrics else {}
        for one in wanted:
            state = measured[metrics[one.id]].state if one.id in metrics else None
            self._scope[one.id] = state.n if isinstance(state, Count) else None
            if isinstance(state, Count):
                self._conditions[one.id] = conditions[one.id]

    def record(self, source: Source, ruling: Ruling, judgements: Sequence[Judgement], context: Context) -> None:
        """Keep what this audit found.

        Raises:
            MemoryStoreError: the memory cannot be written.
        """
        history = self._history
        if history is None:
            return
        found, roles = ruling.findings, context.roles
        doubt = doubt_of(found, ruling.cells, self._bad.days)
        entry = entry_of(self.recall, history, self._print, source.name, ruling, judgements, roles, doubt)
        empties = empties_of(context.profile.sample, event_date(context))
        states = states_of(self.recall, history, self._print, found, ruling.cells, doubt, self._plain, empties)
        self._memory.record(entry, states, tallies_of(self.recall, self._print, judgements, context.roles))

    def gone(self, findings: Sequence[Finding]) -> list[Mapping[str, Any]]:
        """What the audit before reported and this one does not find; of a part of the table nothing is said."""
        if self.partial:
            return []
        earlier = self.recall.earlier(self._print)
        present = {(f.kind, f.columns, concealed(f.segment)) for f in findings}
        before = earlier[0].body.get("findings", ()) if earlier else ()
        return [one for one in before if (one["kind"], tuple(one["columns"]), one.get("segment", "")) not in present]

    def unused(self) -> list[Explanation]:
        """Explanations that no audit needed for long."""
        limit = (self.today - timedelta(days=UNUSED)).isoformat()
        used = {
            one.get("explained_by")
            for audit in self.recall.audits
            if audit.body.get("today", "") >= limit
            for one in audit.body.get("findings", ())
        }
        return [e for e in self.recall.explanations if e.created < limit and e.id not in used]

    @property
    def history(self) -> History | None:
        """The baseline of this audit, once the table was counted."""
        return self._history
