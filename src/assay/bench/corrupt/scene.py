"""The clean table as the kinds of error see it: columns by role, values in their type, draws for each row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from zlib import crc32

import numpy as np
from sqlglot import exp

from assay.bench.corrupt.error import NotApplicableError
from assay.bench.corrupt.sql import SPAN, column, day_number, is_true, named, select, sql
from assay.domain.pack import Pack
from assay.domain.role import Family, Role
from assay.domain.roles import assign_roles
from assay.errors import ConfigurationError
from assay.profile.arrays import Floats
from assay.profile.drawn import take_sample
from assay.profile.sample import SampleColumn
from assay.source.base import Column, ColumnType, Source

ROW = "assay_row"
SAMPLE_ROWS = 20_000
ENTITIES = (Family.ID, Family.NAME, Family.DIMENSION)
KEYS = (Family.ID, Family.NAME, Family.DIMENSION, Family.FLAG, Family.TEXT)

Hash = Callable[[int], exp.Expr]
"""A signed or unsigned 64-bit hash of the row's position and a number."""


def bigquery_hash(salt: int) -> exp.Expr:
    """The hash that BigQuery has."""
    told = sql("concat(CAST(:row AS TEXT), :salt)", row=column(ROW), salt=f":{salt}")
    return exp.Anonymous(this="FARM_FINGERPRINT", expressions=[told])


def duckdb_hash(salt: int) -> exp.Expr:
    """The hash that the embedded engine has."""
    return exp.Anonymous(this="hash", expressions=[column(ROW), exp.Literal.number(salt)])


class Scene:
    """What is known of the clean table, and the random draws of one seed.

    Attributes:
        rows: rows of the table.
        rng: draws that are made once for an error.
        error: the index of the error that is being made.
        gone: columns that an error drops.
        taken: columns that errors damage or need.
        written: columns that errors damage.
    """

    def __init__(self, source: Source, pack: Pack, seed: int, row_hash: Hash = duckdb_hash, number: str = "") -> None:
        """Look at a table.

        Args:
            row_hash: the engine's hash of a row.
            number: a column with the position of each row, where the engine knows none; it is no column of the table.
        """
        self.source = source
        self.rows = source.rows
        self.seed = seed
        self.rng = np.random.default_rng(seed)
        self.sample = take_sample(source, SAMPLE_ROWS)
        self.roles = assign_roles(self.sample, pack)
        self.pack = pack
        self.gone: set[str] = {number} - {""}
        self._number = number
        self._dialect = "bigquery" if row_hash is bigquery_hash else "duckdb"
        self.taken: set[str] = set()
        self.written: set[str] = set()
        self._hash = row_hash
        self.error = 0
        self._draws = 0

    def begin(self, error: int, kind: str) -> None:
        """Start the draws of another error, which do not depend on its rate, nor on the errors before it."""
        self.rng = np.random.default_rng([self.seed, error, crc32(kind.encode())])
        self.error, self._draws = error, 0

    # --- columns ---------------------------------------------------------------------------------------------------

    @cached_property
    def declared(self) -> dict[str, Column]:
        """The columns of the table by name."""
        return {c.name: c for c in self.source.columns}

    @property
    def names(self) -> list[str]:
        """The columns that can be damaged, in table order."""
        return [c for c in self.sample.names if c not in self.gone]

    def role(self, name: str) -> Role:
        return self.roles[name]

    def checked(self, names: Sequence[str]) -> list[str]:
        """The named columns, if the table has them."""
        for name in names:
            if name not in self.declared:
                raise ConfigurationError(f"{self.source.name} has no column {name}")
            if name not in self.sample:
                raise NotApplicableError(f"{name} is {self.declared[name].native}, which is not damaged")
        return list(names)

    def find(self, *roles: str) -> str | None:
        """The column that surely has the first of these roles that any column has."""
        for wanted in roles:
            having = [c for c in self.names if self.roles[c].name == wanted and not self.roles[c].qualifier]
            if having:
                return max(having, key=lambda c: self.roles[c].confidence)
        return None

    def need(self, *roles: str) -> str:
        """The column that has one of these roles."""
        found = self.find(*roles)
        if found is None:
            raise NotApplicableError(f"no column for {' or '.join(roles)}")
        return found

    def of_family(self, *families: Family) -> list[str]:
        return [c for c in self.names if self.roles[c].family in families]

    @property
    def metrics(self) -> list[str]:
        """Counts and amounts that are numbers in the table and not 0 throughout."""
        return [c for c in self.of_family(Family.COUNT, Family.MONEY) if self.is_number(c) and self.positive(c).size]

    @property
    def categories(self) -> list[str]:
        """Texts that repeat: names and dimensions."""
        return [c for c in self.of_family(Family.DIMENSION, Family.NAME) if self.is_text(c) and self.repeats(c)]

    @cached_property
    def event_date(self) -> str | None:
        """The column with the day that rows are about."""
        for name in self.sample.names:
            if self.roles[name].event_time and self.declared[name].type.temporal:
                return name
        return None

    def dated(self) -> str:
        """The day that rows are about."""
        if self.event_date is None or self.event_date in self.gone:
            raise NotApplicableError("no date column that says which day rows are about")
        return self.event_date

    def pick(self, names: Sequence[str], what: str) -> str:
        """One of the columns, drawn; those that no other error has taken are preferred."""
        if not names:
            raise NotApplicableError(f"no {what}")
        free = [n for n in names if n not in self.taken]
        return str(self.rng.choice(free or list(names)))

    # --- what the sample says --------------------------------------------------------------------------------------

    def is_number(self, name: str) -> bool:
        """Whether the column is declared numeric."""
        return self.declared[name].type.numeric

    def is_text(self, name: str) -> bool:
        """Whether the values are texts, and no numbers or dates that are written as text."""
        return self.sample[name].type is ColumnType.TEXT

    def dense(self, name: str) -> bool:
        """Whether every sampled row has a value."""
        return not self.sample[name].nulls.any()

    def repeats(self, name: str) -> bool:
        """Whether values occur several times each."""
        seen = self.sample[name]
        return len(seen.values) > 1 and seen.counts.sum() >= 3 * len(seen.values)

    def positive(self, name: str) -> Floats:
        """The sampled values above 0."""
        numbers = self.sample[name].numbers
        return numbers[numbers > 0]

    def seen(self, name: str) -> SampleColumn:
        return self.sample[name]

    # --- expressions -----------------------------------------------------------------------------------------------

    def number(self, name: str) -> exp.Expr:
        """The value as a number, 0 for a blank."""
        return sql("coalesce(:value, 0)", value=self.sample[name].value)

    def day(self) -> exp.Expr:
        """The row's day, as days since 1970."""
        return day_number(column(self.dated()))

    def fit(self, name: str, value: exp.Expr) -> exp.Expr:
        """The value in the column's declared type; null if it does not fit."""
        declared = self.declared[name]
        if declared.type is ColumnType.TEXT and declared.native.upper().startswith("ENUM"):
            return exp.cast(value, "text")
        kind = exp.DataType.build(declared.native, dialect=self._dialect)
        return exp.TryCast(this=value, to=kind, safe=True)

    def chance(self) -> exp.Expr:
        """A draw between 0 and 1 for each row, another one at each call."""
        return sql(":draw / CAST(:span AS DOUBLE)", draw=self.draw(), span=SPAN)

    def hidden(self, name: str) -> str:
        """Name of a column that the error that is being made adds to the rows while it needs it."""
        return f"assay_{name}_{self.error}"

    def draw(self) -> exp.Expr:
        """A whole number from 0 to 2**53 - 1 for each row, another one at each call."""
        self._draws += 1
        salt = (self.seed * 1_000_003 + self.error) * 1_009 + self._draws
        drawn = sql("abs(mod(:hash, :span))", hash=self._hash(salt), span=SPAN)
        return exp.cast(drawn, "bigint")

    def choice(self, count: int) -> exp.Expr:
        """A whole number from 0 to ``count - 1`` for each row."""
        return sql("mod(:draw, :count)", draw=self.draw(), count=count)

    # --- questions -------------------------------------------------------------------------------------------------

    def days(self, condition: exp.Expr | None = None) -> list[tuple[int, int]]:
        """Each day with its rows, in order."""
        return [(int(str(day)), n) for day, n in self.groups(self.day(), condition)]

    def groups(self, value: exp.Expr, condition: exp.Expr | None = None) -> list[tuple[object, int]]:
        """Each value with the rows that have it, in order of values; rows without one are left out."""
        query = exp.select(exp.alias_(value, "value"), exp.alias_(exp.Count(this=exp.Star()), "n"))
        query = query.from_(self.base().subquery("base")).where(
            exp.not_(exp.Is(this=value.copy(), expression=exp.null()))
        )
        if condition is not None:
            query = query.where(is_true(condition))
        answer = self.source.ask(query.group_by(value.copy()))
        pairs = zip(answer.column(0).to_pylist(), answer.column(1).to_pylist(), strict=True)
        return sorted(((v, int(n)) for v, n in pairs), key=lambda pair: (str(type(pair[0])), pair[0]))

    def run_of_days(self, wanted: int, margin: int = 0) -> tuple[int, int]:
        """First and last day of a run with about the wanted number of rows, after the first ``margin`` days."""
        days = self.days()
        if len(days) <= margin + 1:
            raise NotApplicableError("too few days")
        sizes = np.array([n for _, n in days])
        starts = [i for i in range(margin, len(days)) if sizes[i:].sum() >= wanted] or [margin]
        first = int(self.rng.choice(starts))
        reached = np.cumsum(sizes[first:])
        last = first + int(np.argmin(np.abs(reached - wanted)))
        return days[first][0], days[last][0]

    def clean(self, name: str) -> exp.Expr:
        """The clean value, beside what errors made of it."""
        return column(self._clean_name[name])

    @cached_property
    def _clean_name(self) -> dict[str, str]:
        return {name: f"assay_clean_{i}" for i, name in enumerate(self.declared)}

    def base(self) -> exp.Select:
        """The clean rows with their positions, each value twice: to be damaged, and to be compared with."""
        fields: list[exp.Expr] = []
        for name, declared in self.declared.items():
            enum = declared.native.upper().startswith("ENUM")
            value = exp.cast(column(name), "text") if enum else column(name)
            fields += [named(value, name), named(value.copy(), self._clean_name[name])]
        position = column(self._number) if self._number else self.source.position()
        return select([*fields, named(exp.cast(position, "bigint"), ROW)], self.source.relation())
