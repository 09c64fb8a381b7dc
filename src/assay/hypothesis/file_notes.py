"""What the source noticed while it read the files: torn rows, bytes that are no text, types that differ by file."""

from __future__ import annotations

from assay.hypothesis.hypothesis import Context, Fact, Hypothesis, RowTest
from assay.source.notes import Note


def propose(context: Context) -> list[Hypothesis]:
    """Make a hypothesis of every note of the source; its predicate is tested like any other."""
    return [_hypothesis(note, context) for note in context.profile.notes]


def _hypothesis(note: Note, context: Context) -> Hypothesis:
    return Hypothesis(
        note.kind,
        note.columns,
        note.reason,
        Fact(note.rows) if note.predicate is None else RowTest(note.predicate),
        cells=note.columns or context.profile.sample.names,
        origin="discovered",
        prior=0.95,
        weight=note.harm,
        confidence=note.confidence,
        action=note.action,
        evidence=note.evidence,
        segment=str(note.evidence.get("file", "")),
    )
