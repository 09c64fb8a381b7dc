"""How the embedded engine reads a table that assay keeps a copy of: SQL that any reader of a report can run.

Text files are read once into a scratch table. Where one statement on the files gives the same rows, this is it; where
none does (rows had to be mended, text decoded, totals left out), there is no recipe, and a report says so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from sqlglot import exp


@dataclass(frozen=True)
class Recipe:
    """A relation and the types given to its columns afterwards.

    Attributes:
        relation: trusted SQL for a FROM clause, such as ``read_parquet('ads.parquet')`` or ``"ads"``.
        casts: steps in their order, each the expressions of the columns that it replaces, by name.
    """

    relation: str
    casts: tuple[Mapping[str, str], ...] = ()

    def beside(self, added: Mapping[str, str]) -> Recipe:
        """The recipe with more columns, by name, beside those of the relation as it is before any step."""
        if not added:
            return self
        listed = ", ".join(f"{sql} AS {exp.to_identifier(n, quoted=True).sql('duckdb')}" for n, sql in added.items())
        return replace(self, relation=f"(SELECT *, {listed} FROM {self.relation})")

    def then(self, casts: Mapping[str, str]) -> Recipe:
        """The recipe with one more step."""
        return replace(self, casts=(*self.casts, dict(casts))) if casts else self

    def sql(self, columns: Collection[str] | None = None) -> str:
        """SQL for a FROM clause; of the types given, those of these columns only (None: of all)."""
        wanted = None if columns is None else {c.casefold() for c in columns}
        told = self.relation
        for step in self.casts:
            chosen = {n: sql for n, sql in step.items() if wanted is None or n.casefold() in wanted}
            if chosen:
                replaced = ", ".join(
                    f"{sql} AS {exp.to_identifier(n, quoted=True).sql('duckdb')}" for n, sql in chosen.items()
                )
                told = f"(SELECT * REPLACE ({replaced}) FROM {told})"
        return told
