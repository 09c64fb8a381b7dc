"""The numbers that an entity had the day before, beside its row: for loads that deliver yesterday once more."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from assay.bench.corrupt.scene import Scene
from assay.bench.corrupt.sql import column, sql


@dataclass(frozen=True)
class Eve:
    """Columns of the day before, for the rows of some days that follow each other.

    Attributes:
        columns: whose values are wanted.
        keys: the columns that name the entity.
        day: the row's day, as days since 1970.
        first: the first day whose rows get them, as days since 1970.
        last: the last one.
        flag: the hidden column that is true where the entity had exactly one row the day before.
    """

    columns: tuple[str, ...]
    keys: tuple[str, ...]
    day: exp.Expr
    first: int
    last: int
    flag: str

    def value(self, name: str) -> exp.Expr:
        """The day before's value of a column."""
        return column(f"{self.flag}_{self.columns.index(name)}")


def with_eve(scene: Scene, rows: exp.Select, eve: Eve) -> exp.Select:
    """The rows with the columns of ``eve`` beside them.

    Only the wanted days are held by the join, so its memory does not grow with the table.
    """
    entity, day = scene.source.fingerprint(eve.keys), eve.day
    key, following = f"{eve.flag}_key", f"{eve.flag}_day"
    values = [exp.alias_(exp.AnyValue(this=column(c)), eve.value(c).name) for c in eve.columns]
    before = exp.select(
        exp.alias_(entity, key),
        exp.alias_(sql(":day + 1", day=day), following),
        exp.alias_(exp.true(), eve.flag),
        *values,
    )
    inside = sql(":day BETWEEN :first AND :last", day=day, first=eve.first - 1, last=eve.last - 1)
    before = before.from_(scene.base().subquery("eve")).where(inside)
    before = before.group_by(entity.copy(), sql(":day + 1", day=day)).having(sql("count(*) = 1"))
    here_key, here_day = f"{eve.flag}_my_key", f"{eve.flag}_my_day"
    here = exp.select(exp.Star(), exp.alias_(entity.copy(), here_key), exp.alias_(day.copy(), here_day))
    met = sql("(:a = :b) AND (:c = :d)", a=column(here_key), b=column(key), c=column(here_day), d=column(following))
    return (
        exp.select(exp.Star())
        .from_(here.from_(rows.subquery("here")).subquery("here"))
        .join(before.subquery("before"), on=met, join_type="left")
    )
