"""The profile of a table: everything that hypotheses are proposed from."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from assay.profile.groups import Groups
from assay.profile.sample import Sample, SampleColumn


@dataclass(frozen=True, eq=False)
class Profile:
    """What one audit knows of a table before it tests anything.

    Attributes:
        table: name in reports.
        rows: rows of the whole table.
        sample: rows, or all of a small table.
        groups: counts by value and by day of the whole table.
        siblings: column names of the other tables of the same data set, by table.
    """

    table: str
    rows: int
    sample: Sample
    groups: Groups
    siblings: dict[str, tuple[str, ...]]

    def __getitem__(self, name: str) -> SampleColumn:
        return self.sample[name]

    @property
    def columns(self) -> tuple[SampleColumn, ...]:
        return self.sample.columns

    def value(self, name: str) -> exp.Expr:
        """SQL expression of a column's value in the type that its values have."""
        return self.sample[name].value.copy()
