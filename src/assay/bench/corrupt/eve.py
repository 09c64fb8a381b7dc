"""The numbers that an entity had on the last good day, beside its row: for loads that deliver a day again."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from assay.bench.corrupt.scene import Scene
from assay.bench.corrupt.sql import column, sql


@dataclass(frozen=True)
class Eve:
    """Columns of the day before some days that follow each other, for the rows of all of them.

    Attributes:
        columns: whose values are wanted.
        keys: the columns that name the entity.
        day: the row's day, as days since 1970.
        first: the first day whose rows get them, as days since 1970.
        last: the last one.
        flag: the hidden column that is true where the entity had exactly one row on that day.
    """

    columns: tuple[str, ...]
    keys: tuple[str, ...]
    day: exp.Expr
    first: int
    last: int
    flag: str

    def value(self, name: str) -> exp.Expr:
        """The value of a column on that day."""
        return column(f"{self.flag}_{self.columns.index(name)}")


def with_eve(scene: Scene, rows: exp.Select, eve: Eve) -> exp.Select:
    """The rows with the columns of ``eve`` beside them.

    Only one day is held by the join, so its memory does not grow with the table.
    """
    entity, day, key = scene.source.fingerprint(eve.keys), eve.day, f"{eve.flag}_key"
    values = [exp.alias_(exp.AnyValue(this=column(c)), eve.value(c).name) for c in eve.columns]
    before = exp.select(exp.alias_(entity, key), exp.alias_(exp.true(), eve.flag), *values)
    before = before.from_(scene.base().subquery("eve")).where(sql(":day = :eve", day=day, eve=eve.first - 1))
    before = before.group_by(entity.copy()).having(sql("count(*) = 1"))
    here_key, here_day = f"{eve.flag}_my_key", f"{eve.flag}_my_day"
    here = exp.select(exp.Star(), exp.alias_(entity.copy(), here_key), exp.alias_(day.copy(), here_day))
    met = sql("(:a = :b) AND (:day BETWEEN :first AND :last)", a=column(here_key), b=column(key),
              day=column(here_day), first=eve.first, last=eve.last)  # fmt: skip
    return (
        exp.select(exp.Star())
        .from_(here.from_(rows.subquery("here")).subquery("here"))
        .join(before.subquery("before"), on=met, join_type="left")
    )
