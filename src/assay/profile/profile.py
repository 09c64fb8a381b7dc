"""The profile of a table: everything that hypotheses are proposed from."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

from sqlglot import exp

from assay.profile.groups import Groups
from assay.profile.sample import Sample, SampleColumn
from assay.source.base import Column
from assay.source.notes import Note


@dataclass(frozen=True, eq=False)
class Profile:
    """What one audit knows of a table before it tests anything.

    Attributes:
        table: name in reports.
        rows: rows of the whole table.
        sample: rows, or all of a small table.
        counting: the counts by value and by day of the whole table, which may still be under way.
        siblings: columns of the other tables of the same data set, by table.
        parts: columns of each file of the table, where the files differ.
        notes: what is odd about how the table is written, as its source noticed.
    """

    table: str
    rows: int
    sample: Sample
    counting: Future[Groups]
    siblings: Mapping[str, tuple[Column, ...]]
    parts: Mapping[str, tuple[Column, ...]] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    @property
    def groups(self) -> Groups:
        """Counts by value and by day of the whole table; waits for them."""
        return self.counting.result()

    def __getitem__(self, name: str) -> SampleColumn:
        return self.sample[name]

    @property
    def columns(self) -> tuple[SampleColumn, ...]:
        return self.sample.columns

    def value(self, name: str) -> exp.Expr:
        """SQL expression of a column's value in the type that its values have."""
        return self.sample[name].value.copy()
