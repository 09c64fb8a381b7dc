"""What was tested, with the verdict that people and memory leave it with."""

from __future__ import annotations

from collections.abc import Sequence

from assay.judge.finding import Checked, Finding, Verdict, claim, of_effect
from assay.judge.verdict import Judgement


def checked(judgements: Sequence[Judgement], findings: Sequence[Finding]) -> tuple[Checked, ...]:
    """What was tested; of an error that memory explains the verdict is what its finding is: known, or expected."""
    explained: dict[tuple[str, str | None], Verdict] = {}
    for finding in findings:
        if finding.status != "new":
            explained[claim(finding.kind, finding.columns), finding.segment] = Verdict(finding.status)
            explained |= {(of_effect(c)[0], None): Verdict(finding.status) for c in finding.consequences}
    tested = []
    for judgement in judgements:
        h, verdict = judgement.hypothesis, judgement.verdict
        if verdict is Verdict.ERROR:
            name = claim(h.kind, h.columns)
            verdict = explained.get((name, h.segment)) or explained.get((name, None)) or verdict
        tested.append(Checked(h.kind, h.columns, verdict, judgement.measured))
    return tuple(sorted(tested, key=lambda c: (c.kind, c.columns, c.verdict)))
