"""Errors of the table's structure: cells, rows and columns that are lost, doubled or shifted."""

from __future__ import annotations

import string

from sqlglot import exp

from assay.bench.corrupt.error import Damage, NotApplicableError
from assay.bench.corrupt.eve import Eve
from assay.bench.corrupt.scene import KEYS, Scene
from assay.bench.corrupt.sql import column, sql, text
from assay.domain.role import Family

ALPHABET = string.ascii_letters + string.digits
WORDS = ("", "N/A", "null", "-", "unknown")
NUMBERS = (9999.0, -1.0, 999999.0)
DROPPABLE = ("spend", "clicks", "impressions", "date", "day", "reach", "video_plays", "purchases", "add_to_cart")
DAMAGEABLE = (Family.DIMENSION, Family.NAME, Family.COUNT, Family.MONEY, Family.NUMBER)


def null_cells(scene: Scene, columns: list[str], _: int) -> Damage:
    """Empty cells in a column that had a value in every row."""
    name = columns[0] if columns else scene.pick(_dense(scene), "column without empty cells")
    return Damage({name: exp.null()}, exp.Not(this=exp.Is(this=column(name), expression=exp.null())))


def disguised_nulls(scene: Scene, columns: list[str], _: int) -> Damage:
    """A placeholder in the place of a value: one word or number throughout."""
    dense = [c for c in _dense(scene) if scene.is_text(c) or scene.is_number(c)]
    name = columns[0] if columns else scene.pick(dense, "column without empty cells")
    if scene.is_text(name):
        word = str(scene.rng.choice([w for w in WORDS if w not in scene.seen(name).values]))
        return Damage({name: scene.fit(name, exp.Literal.string(word))}, variant=repr(word))
    if not scene.is_number(name):
        raise NotApplicableError(f"{name} holds neither text nor numbers")
    seen = set(scene.seen(name).numbers.tolist())
    number = float(scene.rng.choice([n for n in NUMBERS if n not in seen] or [-99999.0]))
    return Damage({name: scene.fit(name, exp.convert(number))}, variant=f"{number:g}")


def row_copies(scene: Scene, _: list[str], __: int) -> Damage:
    """Exact copies of rows, at the end of the table."""
    return Damage({}, columns=tuple(scene.names), adds=True)


def dropped_column(scene: Scene, columns: list[str], _: int) -> Damage:
    """A column is gone: one that the rest of the table makes no sense without, and that no other error needs."""
    if not columns:
        core = [c for r in DROPPABLE if (c := scene.find(r)) is not None and c not in scene.taken]
        other = [c for c in scene.names if scene.role(c).name and c not in scene.taken]
        columns = core[:1] or other[:1]
    if not columns:
        raise NotApplicableError("no column with a known role that the other errors can do without")
    return Damage({}, columns=tuple(columns), drops=tuple(columns))


def random_strings(scene: Scene, columns: list[str], _: int) -> Damage:
    """Random letters and digits, 4 to 10 of them, in a category."""
    name = columns[0] if columns else scene.pick(scene.categories, "text column whose values repeat")
    _need_text(scene, name)
    return Damage({name: scene.fit(name, random_word(scene))})


def random_word(scene: Scene) -> exp.Expr:
    """A random alphanumeric text of 4 to 10 characters for each row."""
    letters = []
    for draw in (scene.draw(), scene.draw()):
        for place in range(5):
            index = sql(
                "mod(CAST(floor(:draw / :unit) AS BIGINT), :size) + 1",
                draw=draw, unit=len(ALPHABET) ** place, size=len(ALPHABET),
            )  # fmt: skip
            letters.append(sql("substr(:letters, :index, 1)", letters=ALPHABET, index=index))
    word = exp.Concat(expressions=letters, safe=False, coalesce=False)
    return sql("substr(:word, 1, 4 + :more)", word=word, more=scene.choice(7))


def swapped_columns(scene: Scene, columns: list[str], _: int) -> Damage:
    """Two cells of a row in each other's place."""
    if len(columns) == 1:
        raise NotApplicableError("two columns are needed to swap them")
    pair = columns[:2] or _alike(scene)
    a, b = pair
    values = {a: scene.fit(a, column(b)), b: scene.fit(b, column(a))}
    both = sql(":a IS NOT NULL AND :b IS NOT NULL AND :x IS NOT NULL AND :y IS NOT NULL",
               a=column(a), b=column(b), x=values[a], y=values[b])  # fmt: skip
    return Damage(values, both)


def _alike(scene: Scene) -> list[str]:
    """Two columns of one kind of value."""
    texts = [c for c in scene.categories if scene.role(c).family is Family.DIMENSION]
    pairs = [group for group in (texts, scene.metrics) if len(group) > 1]
    if not pairs:
        raise NotApplicableError("no two columns of one kind")
    group = pairs[int(scene.rng.integers(len(pairs)))]
    return [str(c) for c in scene.rng.choice(group, 2, replace=False)]


def shifted_rows(scene: Scene, columns: list[str], _: int) -> Damage:
    """A lost field: the cells to its right are one place further left, and the last one is empty.

    Columns that get cells of another type become text, as they do where such a file is loaded.
    """
    names = [c for c in scene.declared if c not in scene.gone]
    if len(names) < 3:
        raise NotApplicableError("a table of fewer than three columns")
    start = names.index(columns[0]) if columns else int(scene.rng.integers(0, len(names) - 2))
    run = names[start:]
    values: dict[str, exp.Expr] = {}
    as_text = set()
    for name, following in zip(run, [*run[1:], None], strict=True):
        kind, arriving = scene.declared[name], scene.declared[following].type if following else None
        if arriving is None:
            values[name] = exp.null()
        elif arriving is kind.type:
            values[name] = scene.fit(name, column(following or ""))
        else:
            values[name] = text(column(following or ""))
            as_text.add(name)
    return Damage(values, columns=tuple(run), as_text=frozenset(as_text), variant=f"{run[0]} lost")


def reloaded_days(scene: Scene, _: list[str], wanted: int) -> Damage:
    """Days that were loaded twice."""
    first, last = scene.run_of_days(wanted)
    inside = sql(":day BETWEEN :first AND :last", day=scene.day(), first=first, last=last)
    return Damage({}, inside, columns=tuple(scene.names), adds=True)


def stale_copies(scene: Scene, columns: list[str], wanted: int) -> Damage:
    """Days that all show the numbers of the day before the first of them, for what ran then: the load was stuck."""
    metrics = columns or [c for c in scene.of_family(Family.COUNT, Family.MONEY, Family.RATE) if scene.is_number(c)]
    if not metrics:
        raise NotApplicableError("no numbers that a day could have of its eve")
    keys = scene.of_family(*KEYS)
    if not keys:
        raise NotApplicableError("nothing that tells the rows of a day apart")
    first, last = scene.run_of_days(wanted, margin=1)
    eve = Eve(tuple(metrics), tuple(keys), scene.day(), first, last, scene.hidden("eve"))
    values = {c: eve.value(c) for c in metrics}
    return Damage(values, column(eve.flag), columns=tuple(metrics), eve=eve)


def _dense(scene: Scene) -> list[str]:
    return [c for c in scene.of_family(*DAMAGEABLE) if scene.dense(c)]


def _need_text(scene: Scene, name: str) -> None:
    if not scene.is_text(name):
        raise NotApplicableError(f"{name} is no text")
